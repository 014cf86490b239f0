"""Orthonormal, periodic wavelets: a coarse picture plus layers of detail.

One level along one axis is an orthonormal matrix: half of its rows average, half of them differ.
"""

from functools import lru_cache

import torch
from torch import Tensor

from .border import whole_number

SQRT3, SQRT2 = 3**0.5, 2**0.5
LOW_PASS = {  # the averaging filters, named as PyWavelets names them [Daubechies1988]
    "haar": (1 / SQRT2, 1 / SQRT2),
    "db2": tuple(c / (4 * SQRT2) for c in (1 + SQRT3, 3 + SQRT3, 3 - SQRT3, 1 - SQRT3)),
    "db4": (
        0.23037781330885523,
        0.7148465705525415,
        0.6308807679295904,
        -0.02798376941698385,
        -0.18703481171888114,
        0.030841381835986965,
        0.032883011666982945,
        -0.010597401784997278,
    ),
}


@lru_cache(maxsize=64)
def level_matrix(n: int, wavelet: str) -> Tensor:
    """One level along an axis of even length n: (n, n) orthonormal; rows 0..n/2 average, the others differ."""
    if wavelet not in LOW_PASS:
        raise ValueError(f"wavelet must be one of {', '.join(LOW_PASS)}, got {wavelet!r}")
    low = torch.tensor(LOW_PASS[wavelet], dtype=torch.float64)
    n_taps = len(low)
    high = low.flip(0) * torch.tensor([1.0, -1.0]).repeat(n_taps // 2)
    matrix = torch.zeros(n, n, dtype=torch.float64)
    for row in range(n // 2):
        for tap in range(n_taps):
            column = (2 * row + tap + 1 - n_taps // 2) % n  # centred on the pair, as PyWavelets' periodization
            matrix[row, column] += low[tap]
            matrix[n // 2 + row, column] += high[tap]
    return matrix.to(torch.complex64)


def n_levels(shape, wanted: int) -> int:
    """As many of the wanted levels as both sides can be halved."""
    levels = 0
    while levels < wanted and all(n % 2 ** (levels + 1) == 0 for n in shape):
        levels += 1
    return levels


def dwt2(image: Tensor, wavelet: str = "db4", levels: int = 4) -> Tensor:
    """Wavelet coefficients in the usual nested layout, same shape as the image; the coarse picture lies top left.

    Orthonormal: energy is kept and `idwt2` is inverse and adjoint. Both sides must be divisible by 2^levels.
    """
    n_y, n_x = image.shape[-2:]
    whole_number("levels", levels, 0)
    if n_y % 2**levels or n_x % 2**levels:
        raise ValueError(f"image sides must be divisible by 2^levels = {2**levels}, got {n_y} x {n_x}")
    out = image.clone()
    for level in range(levels):
        y, x = n_y >> level, n_x >> level
        out[..., :y, :x] = level_matrix(y, wavelet) @ out[..., :y, :x] @ level_matrix(x, wavelet).T
    return out


def idwt2(coefficients: Tensor, wavelet: str = "db4", levels: int = 4) -> Tensor:
    """Image from its wavelet coefficients: the transposed matrices in reverse order."""
    n_y, n_x = coefficients.shape[-2:]
    out = coefficients.clone()
    for level in reversed(range(levels)):
        y, x = n_y >> level, n_x >> level
        out[..., :y, :x] = level_matrix(y, wavelet).T @ out[..., :y, :x] @ level_matrix(x, wavelet)
    return out


def detail_mask(shape, levels: int) -> Tensor:
    """True where a coefficient is detail, False for the coarse picture, which is never thresholded: (y, x)."""
    detail = torch.ones(shape, dtype=torch.bool)
    detail[: shape[0] >> levels, : shape[1] >> levels] = False
    return detail
