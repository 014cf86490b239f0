"""Scan a virtual patient: coils, Fourier transform, a smaller matrix, noise."""

import torch
from torch import Tensor

from ..coils import birdcage_maps
from ..encoding import add_noise
from ..fourier import fft2c, ifft2c
from .core import Scan


def acquire(
    patient,
    n_coils: int = 8,
    size: int | tuple[int, int] = 128,
    noise: float = 0.0,
    coils: str = "birdcage",
    seed: int = 0,
    covariance: Tensor | None = None,
    phase_encoding: str = "horizontal",
    radius: float = 1.5,
    rotation: float = 0.0,
) -> Scan:
    """A `Scan` of a `patients.Patient`, whose anatomy is finer than the scan: (1, Y, X) -> (coil, y, x).

    y = crop(F(S x)) + n: the coil maps weight the fine image, its k-space is cut to `size` (y, x or one number for
    both), so that the truth has the scan's own blur and ringing and no pixel is simulated on its own grid.
    noise           standard deviation per real and imaginary part, in each coil; F is unitary, so the same number holds
                    in k-space and in a coil image, where white matter is about 0.5
    covariance      (coil, coil), optional: the coils hear each other's noise
    coils           "birdcage", around the head at `radius` half-fields, turned by `rotation` (radians); or "uniform":
                    one coil that hears everything alike, whatever n_coils
    phase_encoding  "horizontal" or "vertical" in the upright picture
    seed            of the noise alone; the global seed is untouched
    """
    if coils not in ("birdcage", "uniform"):
        raise ValueError(f"coils must be 'birdcage' or 'uniform', got {coils!r}")
    if phase_encoding not in ("horizontal", "vertical"):
        raise ValueError(f"phase_encoding must be 'horizontal' or 'vertical', got {phase_encoding!r}")
    n_coils = 1 if coils == "uniform" else n_coils
    image, lesion, voxel, upright = patient.image, patient.lesion, patient.voxel_mm, "as is"
    if phase_encoding == "vertical":  # columns are phase encoding: lay the patient on the side, stand up when shown
        image, lesion, voxel, upright = image.mT, None if lesion is None else lesion.mT, voxel[::-1], "transpose"

    fine = image.shape[-2:]
    n_y, n_x = (size, size) if isinstance(size, int) else size
    shape = (n_y, n_x)
    if any(not 1 <= n <= big for n, big in zip(shape, fine, strict=True)):
        raise ValueError(f"size must lie in 1..{min(fine)} (the patient's own matrix), got {size}")
    maps = birdcage_maps(fine, n_coils, radius, rotation)
    kspace = fewer_samples(fft2c(maps * image), shape)
    truth = ifft2c(fewer_samples(fft2c(image), shape))
    kspace = add_noise(kspace, noise, torch.Generator().manual_seed(seed), covariance)
    return Scan(
        kspace=kspace.to(torch.complex64),
        mask=torch.ones(1, *shape, dtype=torch.bool),
        maps=birdcage_maps(shape, n_coils, radius, rotation),
        voxel_mm=tuple(float(v) * big / n for v, big, n in zip(voxel, fine, shape, strict=True)),
        upright=upright,
        letters=tuple(patient.letters),
        label=patient.label,
        real=False,
        lesion=None if lesion is None else _coarser(lesion, shape),
        truth=truth.to(torch.complex64),
        attributes={
            "noise": float(noise),
            "seed": int(seed),
            "coils": coils,
            "radius": float(radius),
            "rotation": float(rotation),
        },
    )


def fewer_samples(kspace: Tensor, shape: tuple[int, int]) -> Tensor:
    """The centre of k-space, scaled so that the smaller image keeps its grey values: (…, Y, X) -> (…, y, x)."""
    (big_y, big_x), (y, x) = kspace.shape[-2:], shape
    top, left = big_y // 2 - y // 2, big_x // 2 - x // 2
    return kspace[..., top : top + y, left : left + x] * (y * x / (big_y * big_x)) ** 0.5


def _overlap(big: int, small: int) -> Tensor:
    """(small, big): the share of each small-matrix pixel that each fine pixel fills, centres at n // 2."""
    ratio = big / small
    centre = (torch.arange(small) - small // 2)[:, None] * ratio + big // 2
    fine = torch.arange(big)[None, :]
    high = torch.minimum(centre + ratio / 2, fine + 0.5)
    low = torch.maximum(centre - ratio / 2, fine - 0.5)
    return (high - low).clamp_min(0) / ratio


def _coarser(lesion: Tensor, shape: tuple[int, int]) -> Tensor:
    """The lesion mask on the scan's pixels: those at least half filled, and of a tiny lesion its fullest pixel."""
    from scipy.ndimage import find_objects, label

    down, across = (_overlap(big, n) for big, n in zip(lesion.shape[-2:], shape, strict=True))
    pieces, _ = label(lesion[0].numpy(), structure=[[1, 1, 1]] * 3)
    result = torch.zeros(shape, dtype=torch.bool)
    for number, (rows, columns) in enumerate(find_objects(pieces), start=1):
        piece = torch.from_numpy(pieces[rows, columns] == number).float()
        filled = down[:, rows] @ piece @ across[:, columns].T
        result |= filled >= min(0.5, float(filled.max()))
    return result[None]
