"""SENSE: C coils hear R piled-up places with different loudness, so C equations separate R unknowns."""

from collections.abc import Callable

import torch
from torch import Tensor

from .encoding import encode_adjoint, normal
from .fourier import ifft2c
from .solvers import cg
from .types import Image, Kspace, Maps, Mask


def spacing_and_offset(mask: Mask) -> tuple[int, int]:
    """R and first line of an equispaced mask without extra calibration lines; raises when it is anything else."""
    lines = mask[..., 0, :].reshape(-1, mask.shape[-1])[0]
    measured = lines.nonzero().flatten() if bool(lines.any()) else torch.zeros(1, dtype=torch.int64)
    R = int(measured[1] - measured[0]) if len(measured) > 1 else lines.numel()
    expected = torch.zeros_like(lines)
    expected[int(measured[0]) % R :: R] = True
    if lines.numel() % R or not torch.equal(lines, expected) or not bool((mask == lines).all()):
        raise ValueError(
            f"mask must be every R-th line with R dividing {lines.numel()} and no calibration lines on top, "
            f"got {int(lines.sum())} lines; use cg_sense for other patterns"
        )
    return R, int(measured[0]) % R


def _pile(maps: Maps, acceleration: int) -> Tensor:
    """(coil, y, x) -> (y, x/R, coil, R): the R places that fold on each other, x/R columns apart."""
    n_x = maps.shape[-1]
    if n_x % acceleration:
        raise ValueError(f"acceleration must divide the {n_x} lines, got {acceleration}")
    return maps.unflatten(-1, (acceleration, n_x // acceleration)).permute(1, 3, 0, 2)


def _fold_phase(n_x: int, acceleration: int, offset: int) -> Tensor:
    """The phase each of the R copies carries when the grid misses the centre line: (R, R), entry [p, q]."""
    p = torch.arange(acceleration)
    return torch.exp(2j * torch.pi * (offset - n_x // 2) * (p[:, None] - p) / acceleration)


def unfold(kspace: Kspace, mask: Mask, maps: Maps) -> Image:
    """v = (S^H S)^-1 S^H a, pixel group by pixel group [Pruessmann1999].

    kspace, maps: (coil, y, x); mask: every R-th line, nothing else (R must divide the number of lines).
    Prewhiten k-space and maps first when the coils' noise is correlated. Zero where the maps are zero.
    """
    R, offset = spacing_and_offset(mask)
    n_x = maps.shape[-1]
    folded = ifft2c(mask * kspace) * R  # each of the R piles holds sum_q phase[p, q] S_q x_q
    a = folded[..., : n_x // R].permute(1, 2, 0)[..., None]  # (y, x/R, coil, 1), as seen at copy p = 0
    S = _pile(maps, R) * _fold_phase(n_x, R, offset)[0]
    v = _least_squares(S) @ a  # (y, x/R, R, 1)
    return v.squeeze(-1).permute(0, 2, 1).flatten(-2)[None].to(kspace.dtype)


def _least_squares(S: Tensor) -> Tensor:
    """(S^H S)^-1 S^H over the places inside the object; rows of places outside (zero maps) are zero."""
    return _inverse_gram(S) @ S.mH


def _inverse_gram(S: Tensor) -> Tensor:
    gram = (S.mH @ S).to(torch.complex128)
    power = gram.diagonal(dim1=-2, dim2=-1).real
    outside = torch.diag_embed((power < 1e-6).to(gram.dtype))  # an empty place gets the equation 1 * v = 0
    inverse, failed = torch.linalg.inv_ex(gram + outside)
    if bool((failed > 0).any()):
        raise ValueError(
            f"maps must hear the {S.shape[-1]} folded places differently, got {int((failed > 0).sum())} piles where two sound alike"
        )
    return inverse.to(S.dtype) * (power >= 1e-6)[..., None]


def g_factor(maps: Maps, acceleration: int) -> Tensor:
    """g = sqrt([(S^H S)^-1]_ii [S^H S]_ii), 1 or more inside the object, 0 outside: (1, y, x) [Pruessmann1999].

    Noise grows by g sqrt(R). For white coil noise; prewhiten the maps otherwise. The grid's offset does not matter.
    """
    S = _pile(maps, acceleration)
    power = (S.mH @ S).diagonal(dim1=-2, dim2=-1).real
    g2 = _inverse_gram(S).diagonal(dim1=-2, dim2=-1).real * power  # (y, x/R, R)
    return g2.clamp_min(0).sqrt().permute(0, 2, 1).flatten(-2)[None]


def cg_sense(
    kspace: Kspace, mask: Mask, maps: Maps, lam: float = 1e-2, n_iter: int = 20, callback: Callable | None = None
) -> Image:
    """argmin_x |E x - y|^2 + lam |x|^2, solved as (E^H E + lam) x = E^H y [Pruessmann2001].

    Any mask, calibration lines included. Maps of unit norm, so lam is relative to 1. Prewhiten both first if needed.
    """
    EhE = normal(mask, maps)
    return cg(lambda x: EhE(x) + lam * x, encode_adjoint(kspace, mask, maps), n_iter, callback=callback)


def pseudo_replica(
    reconstruct: Callable[[Kspace], Image], kspace: Kspace, std: float, n_draws: int, generator: torch.Generator
) -> Tensor:
    """Standard deviation of the reconstructed noise (real part), by repeating it with fresh noise [Robson2008].

    reconstruct: kspace -> image, with mask and maps bound. Returns (1, y, x).
    """
    from .encoding import add_noise

    total = total_sq = 0
    for _ in range(n_draws):
        image = reconstruct(add_noise(kspace, std, generator)).real.double()
        total, total_sq = total + image, total_sq + image.square()
    mean = total / n_draws
    return ((total_sq / n_draws - mean.square()).clamp_min(0) * n_draws / (n_draws - 1)).sqrt().float()
