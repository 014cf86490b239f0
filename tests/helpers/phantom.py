"""A drawn head in a coil array: k-space whose truth is known, of any size."""

import torch

from mrtutor.coils import birdcage_maps
from mrtutor.encoding import add_noise
from mrtutor.fourier import fft2c


def disc(n_y: int, n_x: int) -> torch.Tensor:
    """An ellipse with a bright and a dark place in it and a slow phase: (1, y, x) complex."""
    y, x = torch.meshgrid(
        (torch.arange(n_y) - n_y // 2) / (n_y / 2), (torch.arange(n_x) - n_x // 2) / (n_x / 2), indexing="ij"
    )
    inside = lambda cy, cx, ry, rx: (((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1).float()
    image = inside(0, 0, 0.75, 0.6) + 0.6 * inside(0.2, 0.15, 0.15, 0.2) - 0.4 * inside(-0.3, -0.1, 0.2, 0.12)
    return (image * torch.exp(0.6j * (y + 0.5 * x)))[None].to(torch.complex64)


def disc_kspace(n_coils: int, n_y: int, n_x: int, noise: float = 1e-3, seed: int = 0) -> torch.Tensor:
    """Its k-space (coil, y, x) with noise of standard deviation `noise` per real and imaginary part."""
    kspace = fft2c(birdcage_maps((n_y, n_x), n_coils) * disc(n_y, n_x))
    return add_noise(kspace, noise, torch.Generator().manual_seed(seed))
