"""What the tests of networks share: every class at a tiny size, a tiny slice, and the loss of a few steps."""

import torch

from mrtutor.coils import birdcage_maps
from mrtutor.encoding import add_noise, encode
from mrtutor.networks import NETWORKS
from mrtutor.sampling import equispaced

TINY = {
    "UnetImage": {"width": 4, "n_pools": 2},
    "GrappaDenoiser": {"width": 4, "n_pools": 2},
    "Cascade": {"n_cascades": 2, "width": 6, "depth": 3, "n_cg": 3},
    "VarNet": {"n_unrolls": 2, "width": 4, "n_pools": 1},
    "MoDL": {"n_unrolls": 2, "width": 6, "depth": 3, "n_cg": 3, "n_start": 2},
    "Sigma": {"n_unrolls": 2, "width": 4, "n_pools": 1, "n_cg": 3},
    "LearnedDC": {"n_unrolls": 2, "width": 4, "n_pools": 1, "fidelity_width": 4},
    "KIKI": {"width": 4, "depth": 2, "n_cg": 2},
    "MDReconNet": {"n_stages": 2, "width": 4, "depth": 2, "n_cg": 2},
    "IKWI": {"width": 4, "depth": 2, "n_cg": 2},
    "HIWDNet": {"n_cascades": 1, "width": 4, "growth": 2, "n_cg": 2},
    "ComplexUnrolled": {"n_unrolls": 2, "width": 4, "n_blocks": 1, "n_cg": 8},
    "CDFNet": {"growth": 2, "n_levels": 2, "n_layers": 2},
    "DualOctave": {"n_cascades": 2, "width": 8, "depth": 3},
    "DeepComplexMRI": {"n_coils": 4, "n_blocks": 2, "width": 4, "depth": 2},
}


def tiny(name: str, **arguments):
    """The network `name` at its tiny size, its weights drawn from one seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        return NETWORKS[name](**{**TINY[name], **arguments})


def example(shape=(32, 32), n_coils: int = 4, noise: float = 0.01, acceleration: int = 2, seed: int = 0):
    """(kspace, mask, maps, image): an ellipse with an edge inside and a smooth phase, every R-th line, 8 calibration
    lines.
    """
    y, x = torch.meshgrid(*(torch.linspace(-1, 1, n) for n in shape), indexing="ij")
    magnitude = 1.0 * (x.square() + 1.4 * y.square() < 0.7) - 0.5 * ((x - 0.2).abs() + y.abs() < 0.3)
    image = torch.polar(magnitude, 0.8 * x - 0.6 * y + 0.5 * x * y)[None]
    mask, maps = equispaced(shape, acceleration, 8), birdcage_maps(shape, n_coils)
    kspace = encode(image, torch.ones_like(mask), maps)
    return mask * add_noise(kspace, noise, torch.Generator().manual_seed(seed)), mask, maps, image


def losses(network, n_steps: int = 30, lr: float = 1e-2) -> list[float]:
    """Squared error of each of `n_steps` of Adam on one noisy slice at R = 4."""
    kspace, mask, maps, image = example(n_coils=network.n_coils or 4, noise=0.05, acceleration=4)
    optimizer, history = torch.optim.Adam(network.parameters(), lr=lr), []
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss = (network(kspace, mask, maps) - image).abs().square().mean()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    return history
