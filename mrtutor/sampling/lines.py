"""Which lines of k-space are measured.

Every mask is bool (1, y, x); shape = (y, x). 1-D patterns skip phase-encoding lines (columns, constant along y);
2-D patterns skip single points, as a 3-D scan with two phase-encoding directions can.

Random-type patterns: `acceleration` is the budget, exact, with the calibration lines inside it.
Equispaced: `acceleration` is the spacing, with the calibration lines on top. `true_acceleration` tells what came out.
"""

import math

import torch
from torch import Tensor

from ..fourier import ifft2c


def true_acceleration(mask: Tensor) -> float:
    """Lines (or points) in all / lines measured: the only honest R."""
    measured = int(mask.sum())
    if measured == 0:
        raise ValueError("mask must measure at least one point, got none")
    return mask.numel() / measured


def default_n_acs(acceleration: float, n_lines: int = 128) -> int:
    """Calibration lines used when nobody asks: 24, 20, 12, 8 of 128 at R <= 3, 4, 6, >= 8; else in proportion."""
    for_128 = 24 if acceleration <= 3 else 20 if acceleration <= 4 else 12 if acceleration < 8 else 8
    return round(for_128 * n_lines / 128)


def point_spread(mask: Tensor) -> Tensor:
    """The image of one bright dot in the middle: (1, y, x) complex, its own peak scaled to 1.

    An aliasing copy of height h means: each place lends h of its signal to another place.
    """
    if not bool(mask.any()):
        raise ValueError("mask must measure at least one point, got none")
    psf = ifft2c(mask.to(torch.complex64))
    return psf / psf[..., mask.shape[-2] // 2, mask.shape[-1] // 2].abs()[..., None, None]


def _check(shape, acceleration, n_acs) -> int:
    """Validate what every 1-D pattern needs; return the number of lines."""
    check_shape(shape)
    n_x = shape[-1]
    check_range("acceleration", acceleration, 1)
    if not 0 <= n_acs <= n_x or n_acs != int(n_acs):
        raise ValueError(f"n_acs must lie in 0..{n_x} (the number of lines), got {n_acs}")
    return n_x


def check_shape(shape) -> None:
    """Raises ValueError where the shape is not two whole numbers (y, x) of 1 or more."""
    if len(shape) != 2 or not all(n >= 1 and n == int(n) for n in shape):
        raise ValueError(f"shape must be two whole numbers (y, x) of 1 or more, got {tuple(shape)}")


def check_range(name: str, value: float, least: float) -> None:
    """Raises ValueError where the number lies below `least`, or is none or infinite."""
    if not least <= value < math.inf:
        raise ValueError(f"{name} must be {least} or more, got {value}")


def _centre(n_acs: int, n_x: int) -> slice:
    start = n_x // 2 - n_acs // 2
    return slice(start, start + n_acs)


def _lines(lines: Tensor, shape) -> Tensor:
    if not bool(lines.any()):
        raise ValueError(f"acceleration must leave at least one of the {len(lines)} lines, got none")
    return lines.expand(1, *shape).clone()  # (x,) -> (1, y, x)


def equispaced(shape, acceleration: int, n_acs: int = 0, offset: int | None = None) -> Tensor:
    """Every R-th line, plus `n_acs` central lines.

    The grid is placed so that it holds line `offset` (default: the centre line).
    """
    n_x = _check(shape, acceleration, n_acs)
    if acceleration != int(acceleration):
        raise ValueError(f"acceleration of an equispaced mask must be a whole number (its spacing), got {acceleration}")
    acceleration = int(acceleration)
    offset = n_x // 2 if offset is None else offset
    lines = torch.zeros(n_x, dtype=torch.bool)
    lines[offset % acceleration :: acceleration] = True
    lines[_centre(n_acs, n_x)] = True
    return _lines(lines, shape)


def offset_symmetric(shape, acceleration: int, n_acs: int = 0, offset: int = 0) -> Tensor:
    """Equispaced lines whose negative half falls between the mirror images of the positive half [Defazio2019].

    For near-real images k(-f) is close to conj k(f), so each |f| need be measured once only.
    """
    n_x = _check(shape, acceleration, n_acs)
    if not 0 <= offset < acceleration:
        raise ValueError(f"offset must lie in 0..{acceleration - 1} (below the acceleration), got {offset}")
    first, last = (offset + 1, offset + 2) if offset % 2 == 0 else (offset + 2, offset - 1)
    lines = torch.zeros(n_x, dtype=torch.bool)  # in FFT order: f = 0, 1, 2 ... -2, -1
    n_positive = (n_x + 1) // 2
    lines[:n_positive][first::acceleration] = True
    negative = torch.zeros(n_x - n_positive, dtype=torch.bool)
    negative[last::acceleration] = True
    lines[n_positive:] = negative.flip(0)
    lines = torch.fft.fftshift(lines)
    lines[_centre(n_acs, n_x)] = True
    return _lines(lines, shape)


def _draw(weights: Tensor, budget: int, generator: torch.Generator) -> Tensor:
    """Choose exactly `budget` points without repetition, in proportion to weights (0 = never)."""
    chosen = torch.zeros(weights.numel(), dtype=torch.bool)
    if budget > 0:
        chosen[torch.multinomial(weights.flatten().double(), budget, generator=generator)] = True
    return chosen.view(weights.shape)


def _random_lines(shape, acceleration, n_acs, generator, density) -> Tensor:
    n_x = _check(shape, acceleration, n_acs)
    budget = round(n_x / acceleration)
    if n_acs > budget:
        raise ValueError(
            f"n_acs must fit the budget of {budget} lines ({n_x} lines at acceleration {acceleration}), got {n_acs}"
        )
    k = (torch.arange(n_x) - n_x // 2).abs() / (n_x / 2)  # 0 at the centre, 1 at the edge
    weights = density(k).clamp_min(1e-6)
    weights[_centre(n_acs, n_x)] = 0
    lines = _draw(weights, budget - n_acs, generator)
    lines[_centre(n_acs, n_x)] = True
    return _lines(lines, shape)


def uniform_random(shape, acceleration: float, n_acs: int, generator: torch.Generator) -> Tensor:
    """Lines drawn with equal chance everywhere outside the calibration block."""
    return _random_lines(shape, acceleration, n_acs, generator, torch.ones_like)


def variable_density(shape, acceleration: float, n_acs: int, generator: torch.Generator, power: float = 3.0) -> Tensor:
    """Lines drawn with chance ~ (1 - |k|/k_max)^power: dense where the energy is [Lustig2007]."""
    check_range("power", power, 0)
    return _random_lines(shape, acceleration, n_acs, generator, lambda k: (1 - k) ** power)


def gaussian(shape, acceleration: float, n_acs: int, generator: torch.Generator, width: float = 0.35) -> Tensor:
    """Lines drawn with Gaussian chance; `width` is its standard deviation as a share of k_max."""
    check_range("width", width, 1e-3)
    return _random_lines(shape, acceleration, n_acs, generator, lambda k: torch.exp(-0.5 * (k / width) ** 2))


def centre_only(shape, acceleration: float, n_acs: int = 0, generator: torch.Generator | None = None) -> Tensor:
    """The central 1/R of the lines and nothing else: the low-resolution scan."""
    n_x = _check(shape, acceleration, n_acs)
    lines = torch.zeros(n_x, dtype=torch.bool)
    lines[_centre(max(round(n_x / acceleration), n_acs), n_x)] = True
    return _lines(lines, shape)


def partial_fourier(shape, fraction: float) -> Tensor:
    """One side of k-space and a little of the other: the last `fraction` (above one half) of the lines."""
    if not 0.5 < fraction <= 1:
        raise ValueError(f"fraction must lie above 0.5 and at most 1 (the share of lines measured), got {fraction}")
    check_shape(shape)
    n_x = shape[-1]
    lines = torch.zeros(n_x, dtype=torch.bool)
    lines[n_x - max(1, round(fraction * n_x)) :] = True
    return _lines(lines, shape)
