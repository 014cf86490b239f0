"""Coil maps that the reader brings: looked at before any method believes them."""

import torch
from torch import Tensor

from ..types import Maps

EMPTY = 1e-4  # of the largest RSS: below it a pixel lies outside the maps


def own_maps(maps: Tensor, shape: tuple[int, ...]) -> Maps:
    """Maps (coil, y, x) of any scale and precision -> complex64 with RSS 1, and 0 where all of them are.

    Raises ValueError for another shape, NaN or Inf, numbers that are no floats, and maps that are zero everywhere.
    """
    if tuple(maps.shape) != tuple(shape):
        raise ValueError(f"maps must have the shape of kspace {tuple(shape)}, got {tuple(maps.shape)}")
    if not (maps.is_complex() or maps.is_floating_point()):
        raise ValueError(f"maps must be complex numbers, got {maps.dtype}")
    if not torch.isfinite(maps).all():
        place = tuple(int(v) for v in (~torch.isfinite(maps)).nonzero()[0])
        raise ValueError("maps must hold finite numbers, got {} at coil {}, y {}, x {}".format(maps[place], *place))
    maps = maps.detach().to(torch.complex128)
    loudness = maps.abs().square().sum(0, keepdim=True).sqrt()
    if not loudness.any():
        raise ValueError("maps must hear something, got zeros everywhere")
    inside = loudness > EMPTY * loudness.max()
    return torch.where(inside, maps / loudness.clamp_min(torch.finfo(torch.float64).tiny), 0).to(torch.complex64)
