"""What differs between scans of one patient: motion between shots, and what a vendor's scanner adds."""

from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor


def shift(kspace: Tensor, offset_mm: Tensor, voxel_mm: tuple[float, float]) -> Tensor:
    """Phase ramps of a displaced patient: (coil, y, x), one offset (y, x) in mm per line: (x, 2) -> the same shape.

    A shift by d multiplies k-space by exp(-2 pi i k d): the magnitude of every line stays, the lines no longer agree.
    """
    n_y, n_x = kspace.shape[-2:]
    k_y, k_x = ((torch.arange(n) - n // 2) / n for n in (n_y, n_x))  # cycles per pixel
    pixels = offset_mm / torch.tensor(voxel_mm)
    turns = k_y[:, None] * pixels[:, 0] + k_x * pixels[:, 1]
    return kspace * torch.polar(torch.ones(()), (-2 * pi * turns).float())


def motion(
    kspace: Tensor,
    voxel_mm: tuple[float, float],
    amplitude_mm: float,
    n_shots: int,
    generator: torch.Generator,
    order: str = "interleaved",
) -> tuple[Tensor, Tensor]:
    """A patient who moves between shots and lies still within one: returns (k-space, offsets (x, 2) in mm).

    The position is a random walk whose last step lies about amplitude_mm from the first; the position when the
    centre of k-space is measured is the origin, so that the picture stays where it is.
    order: "interleaved" (shot s takes lines s, s + n_shots, ...) or "blocks" (each shot takes adjacent lines).
    """
    n_x = kspace.shape[-1]
    if not 1 <= n_shots <= n_x:
        raise ValueError(f"n_shots must lie in 1..{n_x} (the number of lines), got {n_shots}")
    if order not in ("interleaved", "blocks"):
        raise ValueError(f"order must be 'interleaved' or 'blocks', got {order!r}")
    steps = torch.randn(n_shots, 2, generator=generator) * amplitude_mm / max(n_shots - 1, 1) ** 0.5
    position = steps.cumsum(0)
    line = torch.arange(n_x)
    shot = line % n_shots if order == "interleaved" else line * n_shots // n_x
    offset = (position - position[shot[n_x // 2]])[shot]
    return shift(kspace, offset, voxel_mm), offset


@dataclass(frozen=True)
class Vendor:
    """A scanner as `scan.acquire` and the functions below take it.

    noise: std per real and imaginary part where brain is about 1; n_coils, radius (half fields), rotation (rad): the
    array; correction: intensity filter, 0 (raw) to 1 (flat); matrix: k-space zero-filled to this size, None as
    measured; phase_encoding: "horizontal" or "vertical" in the upright picture.
    """

    noise: float = 0.01
    n_coils: int = 8
    radius: float = 1.5
    rotation: float = 0.0
    correction: float = 0.0
    matrix: int | None = None
    phase_encoding: str = "horizontal"

    def acquisition(self) -> dict:
        """The arguments for `scan.acquire`."""
        return {name: getattr(self, name) for name in ("noise", "n_coils", "radius", "rotation", "phase_encoding")}


VENDORS = {
    "A": Vendor(noise=0.010, n_coils=8, radius=1.5),
    "B": Vendor(noise=0.020, n_coils=16, radius=1.15, rotation=0.2, correction=1.0, phase_encoding="vertical"),
    "C": Vendor(noise=0.015, n_coils=4, radius=1.8, rotation=0.5, correction=0.5, matrix=256),
}


def zero_fill(kspace: Tensor, size: int) -> Tensor:
    """Zeros around k-space: (..., y, x) -> (..., size, size), a smoother picture with no more information, same grey
    values.
    """
    n_y, n_x = kspace.shape[-2:]
    if size < max(n_y, n_x):
        raise ValueError(f"size must be at least {max(n_y, n_x)} (what was measured), got {size}")
    full = kspace.new_zeros(*kspace.shape[:-2], size, size)
    top, left = size // 2 - n_y // 2, size // 2 - n_x // 2
    full[..., top : top + n_y, left : left + n_x] = kspace * (size * size / (n_y * n_x)) ** 0.5
    return full


def even_intensity(image: Tensor, strength: float = 1.0, width: float = 0.12) -> Tensor:
    """A vendor's intensity filter: divide by the blurred magnitude to the power `strength`, (..., y, x); width as a
    share of the field.

    Where there is no signal the blur is held at a tenth of its largest value, so that air is not amplified.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"strength must lie in 0..1, got {strength}")
    k = (torch.fft.fftfreq(image.shape[-2])[:, None] * image.shape[-2]).hypot(
        torch.fft.fftfreq(image.shape[-1]) * image.shape[-1]
    )
    blur = torch.fft.ifft2(torch.fft.fft2(image.abs()) * torch.exp(-((pi * k * width) ** 2) / 2)).real
    blur = blur.clamp_min(0.1 * float(blur.max())) / blur.max()
    return image / blur**strength
