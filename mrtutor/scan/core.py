"""`Scan`: one slice of raw data, its coil maps, and how to look at it."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor

from ..coils import combine, rss
from ..fourier import ifft2c
from ..types import Image, Kspace, Maps, Mask
from .orientation import LETTERS, SWAPS_AXES, UPRIGHT, turn, turn_letters


@dataclass(frozen=True, eq=False, repr=False)
class Scan:
    """One slice. y (rows) is readout, x (columns) is phase encoding.

    kspace      (coil, y, x) complex64, zero where nothing was measured
    mask        (1, y, x) bool, what was measured
    maps        (coil, y, x) coil maps, unit norm in the object
    voxel_mm    size of a pixel in mm along (y, x); `voxel_known` is False where it is a guess of 1 mm
    upright     a key of UPRIGHT: how the stored picture is turned to stand upright
    letters     (top, right, bottom, left) of the UPRIGHT picture, "" where a side is not known
    label       what to write at the picture
    real        measured on a scanner (or read from a reader's file), not simulated by this package
    lesion      (1, y, x) bool or None; truth: (1, y, x) noise-free image or None; both only of a virtual patient
    maps_from   what kind of maps, in words: "ESPIRiT maps"; "" for those of a simulation
    attributes  plain text and numbers that came with the data; text from a file is never interpreted
    """

    kspace: Kspace
    mask: Mask
    maps: Maps
    voxel_mm: tuple[float, float] = (1.0, 1.0)
    upright: str = "as is"
    letters: tuple[str, str, str, str] = ("", "", "", "")
    label: str = ""
    real: bool = False
    lesion: Tensor | None = None
    truth: Image | None = None
    attributes: dict = field(default_factory=dict)
    voxel_known: bool = True
    maps_from: str = ""

    def __post_init__(self):
        plane = self.kspace.shape[-2:]
        if self.kspace.ndim != 3 or self.kspace.dtype != torch.complex64:
            raise ValueError(
                f"kspace must be (coil, y, x) complex64, got {tuple(self.kspace.shape)} {self.kspace.dtype}"
            )
        if self.maps.shape != self.kspace.shape:
            raise ValueError(
                f"maps must have the shape of kspace {tuple(self.kspace.shape)}, got {tuple(self.maps.shape)}"
            )
        for name in ("mask", "lesion", "truth"):
            array = getattr(self, name)
            if array is not None and array.shape != (1, *plane):
                raise ValueError(f"{name} must be (1, y, x) = {(1, *plane)}, got {tuple(array.shape)}")
        if self.mask.dtype != torch.bool:
            raise ValueError(f"mask must be bool (measured or not), got {self.mask.dtype}")
        if self.upright not in UPRIGHT:
            raise ValueError(f"upright must be one of {', '.join(UPRIGHT)}, got {self.upright!r}")
        if len(self.letters) != 4 or any(letter not in LETTERS for letter in self.letters):
            raise ValueError(f"letters must be four of R, L, A, P, H, F or '' (not known), got {self.letters!r}")

    def __repr__(self):
        coils, y, x = self.kspace.shape
        return f"Scan({self.label!r}, {coils} coils, {y} x {x}, {'real' if self.real else 'simulated'})"

    @property
    def fully_sampled(self) -> bool:
        """All of k-space was measured, so that `image` and `rss` can be the reference of a score."""
        return bool(self.mask.all())

    @property
    def plain_label(self) -> str:
        """The label without the words on the maps."""
        return self.label.removesuffix(f", {self.maps_from}")

    @cached_property
    def image(self) -> Image:
        """(1, y, x) complex: the coil images of what was measured, merged with the maps.

        The reference of every score where the scan is `fully_sampled`; else the zero-filled picture, and no reference.
        """
        return combine(ifft2c(self.kspace), self.maps)

    @cached_property
    def rss(self) -> Tensor:
        """(1, y, x) real: root sum of squares of the coil images of what was measured."""
        return rss(ifft2c(self.kspace))

    def stand_up(self, array):
        """Any (…, y, x) array of this scan turned upright: image, map, mask or k-space, NumPy or torch.

        A flip puts the centre of k-space at n - 1 - n // 2, one pixel beside n // 2 when n is even.
        """
        return turn(array, self.upright)

    @property
    def phase_encoding(self) -> str:
        """The direction of the phase-encoding arrow in the upright picture: "horizontal" or "vertical"."""
        return "vertical" if self.upright in SWAPS_AXES else "horizontal"

    @property
    def stored_letters(self) -> tuple[str, str, str, str]:
        """(top, right, bottom, left) of the picture as it is stored, before `stand_up`."""
        return turn_letters(self.letters, self.upright, "as is")

    def turned(self, upright: str) -> "Scan":
        """The same data shown another way up. The arrow and the letters turn with the picture."""
        if upright not in UPRIGHT:
            raise ValueError(f"upright must be one of {', '.join(UPRIGHT)}, got {upright!r}")
        return replace(self, upright=upright, letters=turn_letters(self.letters, self.upright, upright))

    def undersample(self, mask: Mask) -> "Scan":
        """As if only `mask` (1, y, x) had been measured; what the scanner skipped stays skipped. Maps are kept."""
        if mask.shape != self.mask.shape or mask.dtype != torch.bool:
            raise ValueError(f"mask must be bool {tuple(self.mask.shape)}, got {mask.dtype} {tuple(mask.shape)}")
        return replace(self, kspace=torch.where(mask, self.kspace, 0), mask=mask & self.mask)
