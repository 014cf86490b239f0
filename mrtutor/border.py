"""What every method asks of its three arrays and of its own picture: looked at once, where they come in and go out.

Numbers are brought to complex64 and bool. Anything else that is not as `types` says gets one sentence. A network that
is being compiled or exported is let through as it is.
"""

import math
from collections.abc import Callable
from functools import wraps

import numpy as np
import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from .types import Image, Kspace, Maps, Mask

TOLERANCE = 0.02  # how far from 1 the root sum of squares of the maps may be
RIM = 0.1  # share of the places inside where it may lie between 0 and 1: a soft edge
_looked_at = WeakIdKeyDictionary()  # maps whose values are known to be right -> their version, so as not to look twice


def guarded(method: Callable, unit_norm: bool = True, doubts: bool = True) -> Callable:
    """The method (kspace, mask, maps, …) -> image behind `checked`, `measured` (where it `doubts`) and `finite`."""

    @wraps(method)
    def reconstruct(kspace: Kspace, mask: Mask, maps: Maps, *arguments, **named) -> Image:
        kspace, mask, maps = checked(kspace, mask, maps, unit_norm)
        mask = measured(kspace, mask) if doubts else mask
        return finite(method(kspace, mask, maps, *arguments, **named), kspace, maps)

    return reconstruct


def checked(kspace: Tensor, mask: Tensor, maps: Tensor, unit_norm: bool = True) -> tuple[Kspace, Mask, Maps]:
    """The three arrays as complex64, bool, complex64. Raises ValueError, one sentence, where they cannot be used.

    kspace, maps (*b, coil, y, x) complex, mask (*b, 1, y, x) bool or numbers 0 and 1, with batch axes that go together.
    `unit_norm`: over the coils, the squares of the maps must add up to 1, or to 0 where nothing is heard.
    """
    if torch.compiler.is_compiling():
        return kspace, mask, maps
    kspace, mask, maps = in_complex64("kspace", kspace), in_bool(mask), in_complex64("maps", maps)
    if maps.shape[-3:] != kspace.shape[-3:]:
        raise ValueError(
            f"maps must have the axes (coil, y, x) = {tuple(kspace.shape[-3:])} of kspace, got {tuple(maps.shape[-3:])}"
        )
    if mask.ndim < 3 or mask.shape[-3:] != (1, *kspace.shape[-2:]):
        raise ValueError(f"mask must have the axes (1, y, x) = {(1, *kspace.shape[-2:])}, got {tuple(mask.shape)}")
    try:
        np.broadcast_shapes(kspace.shape[:-3], mask.shape[:-3], maps.shape[:-3])
    except ValueError:
        batches = ", ".join(str(tuple(array.shape[:-3])) for array in (kspace, mask, maps))
        raise ValueError(f"kspace, mask and maps must have batch axes that go together, got {batches}") from None
    if not bool(mask.any()):
        raise ValueError("mask must measure at least one sample, got none")
    check_maps(maps, unit_norm)
    return kspace, mask, maps


def in_complex64(name: str, array: Tensor) -> Tensor:
    """The array in complex64, where it is complex with at least the axes (coil, y, x)."""
    if not isinstance(array, Tensor) or not array.is_complex():
        got = array.dtype if isinstance(array, Tensor) else type(array).__name__
        raise ValueError(f"{name} must be a complex tensor (torch.complex64), got {got}")
    if array.ndim < 3 or not array.numel():
        raise ValueError(f"{name} must have the axes (coil, y, x), each of 1 or more, got {tuple(array.shape)}")
    return array.to(torch.complex64)


def in_bool(mask: Tensor) -> Tensor:
    """The mask in bool, where it holds nothing but 0 and 1."""
    if not isinstance(mask, Tensor):
        raise ValueError(f"mask must be a tensor of bool, got {type(mask).__name__}")
    if mask.dtype == torch.bool:
        return mask
    if mask.is_complex() or not bool(((mask == 0) | (mask == 1)).all()):
        raise ValueError(f"mask must be bool, or hold only 0 and 1, got {mask.dtype} with other numbers")
    return mask == 1


def check_maps(maps: Maps, unit_norm: bool = True) -> None:
    """Raises ValueError where maps are not finite, silent everywhere, or (`unit_norm`) of another norm than 1 and 0.

    Between 0 and 1 they may be on a rim, a tenth of the places: maps that were smoothed or brought to another matrix.
    """
    version = None if maps.is_inference() else (maps._version, unit_norm)
    if version is not None and _looked_at.get(maps) == version:
        return
    power = coil_power(maps)
    largest = float(power.amax())
    if not math.isfinite(largest):
        raise ValueError(f"maps must hold finite numbers, got {n_bad(maps)} of {maps.numel()} that are not")
    if not largest:
        raise ValueError("maps must hear something somewhere, got zeros everywhere")
    if unit_norm:
        low, high = (1 - TOLERANCE) ** 2, (1 + TOLERANCE) ** 2
        inside = power > 0
        if largest > high or bool((inside & (power < low)).sum() > RIM * inside.sum()):
            raise ValueError(
                "maps must have a root sum of squares of 1 over the coils, or 0 outside the object: "
                f"got up to {largest**0.5:.3g}, {float(power[inside].median()) ** 0.5:.3g} in the middle of them; "
                "divide them by coils.rss(maps) where that is not 0"
            )
    if version is not None:
        _looked_at[maps] = version


def coil_power(maps: Maps) -> Tensor:
    """The sum of squares over the coils, (*b, coil, y, x) -> (*b, y, x), coil by coil: torch's own sum takes longer."""
    total = torch.zeros_like(torch.view_as_real(maps.select(-3, 0)))
    for coil in torch.view_as_real(maps.detach().resolve_conj()).unbind(-4):
        total.addcmul_(coil, coil)
    return total[..., 0] + total[..., 1]


def measured(kspace: Kspace, mask: Mask) -> Mask:
    """The mask without samples that are exactly zero in all coils: they were stored, not measured.

    So partial echoes, shutters and padded ends look the same to a method whether the mask leaves them out or not.
    A slice that is zero everywhere keeps its mask.
    """
    if torch.compiler.is_compiling():  # no branches there
        return mask & (kspace.abs() > 0).any(-3, keepdim=True)
    first = torch.view_as_real(kspace.detach().resolve_conj()[..., :1, :, :])[..., 0]
    if not bool((mask & (first == 0)).any()):  # the quick way to see that nothing is missing
        return mask
    true = mask & kspace.any(-3, keepdim=True)
    return torch.where(true.any(-1, keepdim=True).any(-2, keepdim=True), true, mask)


def finite(image: Image, kspace: Kspace, maps: Maps) -> Image:
    """The image; ValueError, with the reason where it is plain, when one of its pixels is no number."""
    if torch.compiler.is_compiling():
        return image
    # a sum is quicker than a look at each pixel, and no number only where there is reason to look
    if not bool(torch.view_as_real(image.detach().resolve_conj()).sum().isfinite()) and n_bad(image):
        if n_bad(kspace):
            raise ValueError(f"kspace must hold finite numbers, got {n_bad(kspace)} of {kspace.numel()} that are not")
        check_maps(maps, unit_norm=False)
        raise ValueError(
            "kspace must lie in a range that float32 can square and add, got numbers up to "
            f"{float(kspace.abs().max()):.3g} and a picture with {n_bad(image)} pixels that are no number"
        )
    return image


def flat(kspace: Kspace, mask: Mask, maps: Maps) -> tuple[tuple, tuple[Kspace, Mask, Maps]]:
    """The batch axes that the arrays have together, and the arrays with one batch axis.

    kspace and maps (b, coil, y, x), mask (b, 1, y, x).
    """
    arrays = (kspace, mask, maps)
    # torch's own loads sympy: 35 MB
    batch = np.broadcast_shapes(*(array.shape[:-3] for array in arrays))
    kspace, mask, maps = (array.expand(*batch, *array.shape[-3:]).reshape(-1, *array.shape[-3:]) for array in arrays)
    return batch, (kspace, mask, maps)


def n_bad(array: Tensor) -> int:
    """How many numbers are NaN or infinite."""
    return int((~array.isfinite()).sum())


def whole_number(name: str, value, least: int, most: float = math.inf) -> int:
    """The value as an int. Raises ValueError where it is no whole number in least .. most."""
    if isinstance(value, bool) or not least <= value <= most or value != int(value):
        between = f"of {least} or more" if most == math.inf else f"in {least}..{most}"
        raise ValueError(f"{name} must be a whole number {between}, got {value!r}")
    return int(value)


def at_least_0(name: str, value) -> None:
    """Raises ValueError where a number, or one of a tensor's, is negative, NaN or infinite."""
    if torch.compiler.is_compiling():
        return
    right = bool(((value >= 0) & value.isfinite()).all()) if isinstance(value, Tensor) else 0 <= value < math.inf
    if not right:
        raise ValueError(f"{name} must be 0 or more (a finite number), got {value}")
