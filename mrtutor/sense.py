"""SENSE: C coils hear R piled-up places with different loudness, so C equations separate R unknowns."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from .border import at_least_0, check_maps, guarded, in_complex64, whole_number
from .encoding import add_noise, encode_adjoint, normal, whole_lines
from .fourier import ifft2c
from .solvers import cg
from .types import Image, Kspace, Maps, Mask

ALIKE = 1e3  # noise of two coils that differ by a thousandth grows a thousandfold: no picture


def spacing_and_offset(mask: Mask) -> tuple[int, int]:
    """R and first line of an equispaced mask without extra calibration lines; raises when it is anything else."""
    lines = whole_lines(mask)
    if lines is None or not bool(lines.any()):
        raise ValueError("mask must be every R-th line of k-space; use cg_sense for patterns that are not of lines")
    number = lines.nonzero().flatten()
    first, last = int(number[0]), int(number[-1])
    R = int(number[1]) - first if len(number) > 1 else lines.numel()
    expected = torch.zeros_like(lines)
    expected[first : last + 1 : R] = True  # lines that are missing at the ends make the picture blurred, no more
    if lines.numel() % R or not torch.equal(lines, expected):
        raise ValueError(
            f"mask must be every R-th line with R dividing {lines.numel()} and no calibration lines on top, "
            f"got {int(lines.sum())} lines; use cg_sense for other patterns"
        )
    return R, first % R


def _pile(maps: Maps, acceleration: int) -> Tensor:
    """(*b, coil, y, x) -> (*b, y, x/R, coil, R): the R places that fold on each other, x/R columns apart."""
    n_x = maps.shape[-1]
    R = whole_number("acceleration", acceleration, 1, n_x)
    if n_x % R:
        raise ValueError(f"acceleration must divide the {n_x} lines, got {R}")
    return maps.unflatten(-1, (R, n_x // R)).movedim((-4, -2), (-2, -1))


def _fold_phase(n_x: int, acceleration: int, offset: int) -> Tensor:
    """The phase each of the R copies carries when the grid misses the centre line: (R, R), entry [p, q]."""
    p = torch.arange(acceleration)
    return torch.exp(2j * torch.pi * (offset - n_x // 2) * (p[:, None] - p) / acceleration)


@partial(guarded, unit_norm=False, doubts=False)
def unfold(kspace: Kspace, mask: Mask, maps: Maps) -> Image:
    """v = (S^H S)^-1 S^H a, pixel group by pixel group [Pruessmann1999].

    kspace, maps: (*b, coil, y, x); mask: every R-th line, nothing else (R must divide the number of lines).
    Prewhiten k-space and maps first when the coils' noise is correlated. Zero where the maps are zero.
    """
    R, offset = spacing_and_offset(mask)
    n_x = maps.shape[-1]
    folded = ifft2c(mask * kspace) * R  # each of the R piles holds sum_q phase[p, q] S_q x_q
    a = folded[..., : n_x // R].movedim(-3, -1)[..., None]  # (*b, y, x/R, coil, 1), as seen at copy p = 0
    S = _pile(maps, R) * _fold_phase(n_x, R, offset)[0].to(maps.device)
    v = _least_squares(S) @ a  # (*b, y, x/R, R, 1)
    return _unpiled(v.squeeze(-1))


def _unpiled(values: Tensor) -> Tensor:
    """(*b, y, x/R, R) -> (*b, 1, y, x)."""
    return values.mT.flatten(-2)[..., None, :, :]


def _least_squares(S: Tensor) -> Tensor:
    """(S^H S)^-1 S^H over the places inside the object; rows of places outside (zero maps) are zero."""
    return _inverse_gram(S) @ S.mH


def _inverse_gram(S: Tensor) -> Tensor:
    S = S.to(torch.complex128)
    gram = S.mH @ S
    power = gram.diagonal(dim1=-2, dim2=-1).real
    inside = power > 1e-6 * power.amax()
    outside = torch.diag_embed(torch.where(inside, 0, power.amax()).to(gram.dtype))  # an empty place: 1 * v = 0
    inverse, failed = torch.linalg.inv_ex(gram + outside)
    # g says how alike two places sound; rounding turns an infinite one into a large number or a negative square
    g2 = torch.where(inside, inverse.diagonal(dim1=-2, dim2=-1).real * power, 1)
    alike = (failed > 0) | ~((g2 > 0.5) & (g2 < ALIKE**2)).all(-1)
    if bool(alike.any()):
        raise ValueError(
            f"maps must hear the {S.shape[-1]} folded places differently, got {int(alike.sum())} piles of "
            f"{alike.numel()} where some sound alike to {S.shape[-2]} coils"
        )
    return (inverse * inside[..., None]).to(torch.complex64)


def g_factor(maps: Maps, acceleration: int) -> Tensor:
    """g = sqrt([(S^H S)^-1]_ii [S^H S]_ii), 1 or more inside the object, 0 outside: (*b, 1, y, x) [Pruessmann1999].

    Noise grows by g sqrt(R). For white coil noise; prewhiten the maps otherwise. The grid's offset does not matter.
    """
    maps = in_complex64("maps", maps)
    check_maps(maps, unit_norm=False)
    S = _pile(maps, acceleration)
    power = (S.mH @ S).diagonal(dim1=-2, dim2=-1).real
    g2 = _inverse_gram(S).diagonal(dim1=-2, dim2=-1).real * power  # (*b, y, x/R, R)
    return _unpiled(g2.clamp_min(0).sqrt())


@guarded
def cg_sense(
    kspace: Kspace, mask: Mask, maps: Maps, lam: float = 1e-2, n_iter: int = 20, callback: Callable | None = None
) -> Image:
    """argmin_x |E x - y|^2 + lam |x|^2, solved as (E^H E + lam) x = E^H y [Pruessmann2001].

    Any mask, calibration lines included. Maps of unit norm, so lam is relative to 1. Where the coils' noise is
    correlated, prewhiten both first, divide the maps by their root sum of squares, and the image by it too.
    """
    at_least_0("lam", lam)
    whole_number("n_iter", n_iter, 0)
    EhE = normal(mask, maps)
    return cg(lambda x: EhE(x) + lam * x, encode_adjoint(kspace, mask, maps), n_iter, callback=callback)


def pseudo_replica(
    reconstruct: Callable[[Kspace], Image], kspace: Kspace, std: float, n_draws: int, generator: torch.Generator
) -> Tensor:
    """Standard deviation of the reconstructed noise (real part), by repeating it with fresh noise [Robson2008].

    reconstruct: kspace -> image, with mask and maps bound. Returns (1, y, x).
    """
    whole_number("n_draws", n_draws, 2)
    total = total_sq = torch.zeros((), dtype=torch.float64)
    for _ in range(n_draws):
        image = reconstruct(add_noise(kspace, std, generator)).real.double()
        total, total_sq = total + image, total_sq + image.square()
    mean = total / n_draws
    return ((total_sq / n_draws - mean.square()).clamp_min(0) * n_draws / (n_draws - 1)).sqrt().float()
