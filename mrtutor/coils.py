"""Receive coils: how each hears the head, how to estimate that, and how to merge what they heard."""

import torch
from torch import Tensor

from .border import whole_number
from .fourier import ifft2c
from .maps import calibration_block, espirit_maps, low_resolution_maps, measured_block, rss
from .types import Image, Kspace, Maps

__all__ = [
    "birdcage_maps",
    "calibration_block",
    "combine",
    "emulate_single_coil",
    "espirit_maps",
    "loop_maps",
    "low_resolution_maps",
    "measured_block",
    "noise_covariance",
    "prewhiten",
    "rss",
]


def birdcage_maps(shape, n_coils: int, radius: float = 1.5, rotation: float = 0.0) -> Maps:
    """Maps of loop elements evenly around the field of view, RSS = 1 everywhere: (coil, y, x).

    Each element hears with 1 / distance to its centre, which lies `radius` half-fields from the middle,
    and with the phase of its angle of view. `rotation` in radians. One coil is a uniform map.
    """
    if n_coils < 1:
        raise ValueError(f"n_coils must be 1 or more, got {n_coils}")
    if n_coils == 1:
        return torch.ones(1, *shape, dtype=torch.complex64)
    angles = rotation + 2 * torch.pi * torch.arange(n_coils) / n_coils
    return loop_maps(shape, angles, torch.full((n_coils,), float(radius)))


def loop_maps(shape, angles: Tensor, radii: Tensor, heights: Tensor | None = None) -> Maps:
    """Maps of loop elements wherever they stand, RSS = 1 everywhere: (coil, y, x).

    angles (coil,) in radians around the field of view; radii (coil,) in half-fields from its middle; heights (coil,)
    in half-fields above the slice, 0 where not given.
    """
    y, x = (((torch.arange(n) - n // 2) / (n / 2)) for n in shape)
    dx = x[None, None, :] - (radii * torch.cos(angles))[:, None, None]
    dy = y[None, :, None] - (radii * torch.sin(angles))[:, None, None]
    distance = torch.hypot(dx, dy)
    if heights is not None:
        distance = torch.hypot(distance, heights[:, None, None])
    maps = torch.polar(1 / distance.clamp_min(1e-3), torch.atan2(dx, -dy) - angles[:, None, None])
    return maps / rss(maps)


def combine(coil_images: Tensor, maps: Maps) -> Image:
    """S^H x: the coil combination with the best SNR for white noise and unit-norm maps [Roemer1990]."""
    return (maps.conj() * coil_images).sum(-3, keepdim=True)


def noise_covariance(noise: Tensor) -> Tensor:
    """Psi (coil, coil) from noise-only samples (coil, ...): what the coils hear of each other's noise, E[n n^H].

    Raises ValueError below one sample a coil, of which no covariance can be told (a hundred times as many are good).
    """
    samples = noise.flatten(1)
    n_coils, n_samples = samples.shape
    if n_samples < n_coils:
        raise ValueError(f"noise must hold at least as many samples as its {n_coils} coils, got {n_samples}")
    if not bool(samples.isfinite().all()):
        raise ValueError("noise must hold finite numbers, got NaN or infinity")
    return samples @ samples.mH / n_samples


def prewhiten(kspace: Kspace, covariance: Tensor) -> Kspace:
    """L^-1 y, L L^H = covariance: coil noise becomes white, of unit variance. Do the same to the maps [Pruessmann2001].

    A coil without noise and without signal, one that is switched off, stays zero. Raises ValueError where a coil has
    signal and no noise, or only noise that other coils hear too: then there is no such L.
    """
    n_coils = kspace.shape[-3]
    if covariance.shape != (n_coils, n_coils) or not bool(covariance.isfinite().all()):
        raise ValueError(
            f"covariance must be {n_coils} x {n_coils} finite numbers (one row per coil), got {tuple(covariance.shape)}"
        )
    variance = covariance.diagonal().real
    alive = variance > 1e-12 * variance.amax()
    for coil in (~alive).nonzero().flatten().tolist():
        if bool(kspace.select(-3, coil).any()):
            raise ValueError(
                f"covariance must give every coil noise, got none for coil {coil} (from 0) that has signal"
            )
    # in units of each coil's own noise, so that a quiet coil is not taken for a silent one
    size = variance[alive].sqrt().to(torch.complex128)
    L, failed = torch.linalg.cholesky_ex(covariance[alive][:, alive].to(torch.complex128) / size[:, None] / size)
    own = L.diagonal().real
    if bool(failed) or bool((own < 1e-3).any()):
        place = int(failed) - 1 if bool(failed) else int(own.argmin())
        raise ValueError(
            f"covariance must be Hermitian positive definite, got noise of coil {int(alive.nonzero()[place])} (from 0) "
            "that follows from other coils: too few noise samples, or a coil twice"
        )
    L = (L * size[:, None]).to(kspace.dtype)
    white = torch.zeros_like(kspace)
    heard = kspace[..., alive, :, :]
    white[..., alive, :, :] = torch.linalg.solve_triangular(L, heard.flatten(-2), upper=False).reshape(heard.shape)
    return white


def emulate_single_coil(kspace: Kspace, n_iter: int = 20) -> Image:
    """One complex weight a coil, so that the weighted sum looks like the RSS image [Tygert2020].

    (coil, y, x) -> (1, y, x). Alternates between the phase of the target and least-squares weights, as the single-coil
    data of fastMRI. A coil that hears nothing gets the weight 0.
    """
    whole_number("n_iter", n_iter, 0)
    coil_images = ifft2c(kspace)
    target, X = rss(coil_images).flatten(), coil_images.flatten(1).T  # (pixels, coil)
    weights = torch.ones(X.shape[1], 1, dtype=X.dtype, device=X.device)
    # the shortest weights where there is a choice: 0 for a silent coil, alike for equal ones
    fit = torch.linalg.pinv((X.mH @ X).to(torch.complex128), rtol=1e-10, hermitian=True)
    for _ in range(n_iter):
        phase = torch.sgn(X @ weights).squeeze(-1)
        weights = (fit @ (X.mH @ (target * phase)[:, None]).to(fit.dtype)).to(X.dtype)
    return (weights[..., None] * kspace).sum(-3, keepdim=True)
