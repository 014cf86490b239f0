"""Noise that a scanner can have: the usual white kind, and three that break the square penalty of data consistency.

Each takes (kspace, std, generator) and returns kspace with noise of standard deviation `std` per real and imaginary
part (for spikes: of the undisturbed samples).
"""

from collections.abc import Callable

import torch

from ..encoding import add_noise, complex_normal
from ..types import Kspace


def white(kspace: Kspace, std: float, generator: torch.Generator) -> Kspace:
    """Thermal noise: Gaussian, every sample and coil on its own."""
    return add_noise(kspace, std, generator)


def spikes(kspace: Kspace, std: float, generator: torch.Generator, share: float = 0.02, factor: float = 20.0) -> Kspace:
    """Gaussian noise, `factor` times as strong in a random `share` of the samples: sparks, a loose contact."""
    if not 0 <= share <= 1:
        raise ValueError(f"share must lie in 0..1, got {share}")
    struck = torch.rand(kspace.shape, generator=generator, device=generator.device).to(kspace.device) < share
    noise = complex_normal(kspace.shape, generator, std, kspace.device)
    return kspace + noise * (1 + (factor - 1) * struck)


def line_correlated(kspace: Kspace, std: float, generator: torch.Generator, correlation: float = 0.9) -> Kspace:
    """Noise that drifts slowly along each readout line: neighbours share `correlation`, k samples apart correlation^k.

    In the image it is not flat but a band across the middle rows. The line's end joins its start.
    """
    if not 0 <= correlation < 1:
        raise ValueError(f"correlation must lie from 0 to below 1, got {correlation}")
    n_y = kspace.shape[-2]
    distance = torch.arange(n_y).minimum(n_y - torch.arange(n_y))
    spectrum = torch.fft.fft(correlation ** distance.float()).real.clamp_min(0).sqrt()[:, None].to(kspace.device)
    noise = complex_normal(kspace.shape, generator, std, kspace.device)
    return kspace + torch.fft.ifft(spectrum * torch.fft.fft(noise, dim=-2), dim=-2)


def coil_correlated(kspace: Kspace, std: float, generator: torch.Generator, correlation: float = 0.7) -> Kspace:
    """Coils that hear each other's noise, each pair with the same `correlation`."""
    if not 0 <= correlation < 1:
        raise ValueError(f"correlation must lie from 0 to below 1, got {correlation}")
    n_coils = kspace.shape[-3]
    covariance = (1 - correlation) * torch.eye(n_coils) + correlation * torch.ones(n_coils, n_coils)
    return add_noise(kspace, std, generator, covariance.to(kspace.device))


NOISE_LAWS: dict[str, Callable] = {
    "white": white,
    "spikes": spikes,
    "line-correlated": line_correlated,
    "coil-correlated": coil_correlated,
}
