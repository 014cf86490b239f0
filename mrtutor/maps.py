"""Coil maps from the centre of a scan's own k-space, where it was measured in full."""

import torch
from torch import Tensor

from .border import whole_number
from .espirit import eigenmaps
from .fourier import ifft2c
from .types import Kspace, Maps

CALIBRATION_ROWS = 48  # samples of each calibration line; more teach no more
MAX_COILS = 64


def rss(coil_images: Tensor) -> Tensor:
    """Root sum of squares over coils: (*b, coil, y, x) -> (*b, 1, y, x), real.

    No phase, biased up at low SNR [Roemer1990].
    """
    return coil_images.abs().square().sum(-3, keepdim=True).sqrt()


def calibration_block(kspace: Tensor, n_y: int, n_x: int) -> Tensor:
    """The central n_y x n_x samples: (*b, coil, n_y, n_x)."""
    top, left = kspace.shape[-2] // 2 - n_y // 2, kspace.shape[-1] // 2 - n_x // 2
    return kspace[..., top : top + n_y, left : left + n_x]


def measured_block(mask: Tensor, n_y: int, n_x: int) -> tuple[int, int]:
    """Sides of the fully measured block in the centre of a bool mask (*b, y, x), at most n_y x n_x: (0, 0) where none.

    The largest square first, then longer along y, as for the lines of a 2-D scan, then along x.
    """
    n_y, n_x = min(n_y, mask.shape[-2]), min(n_x, mask.shape[-1])

    def measured(*sides):
        return bool(calibration_block(mask, *sides).all())

    side = next((n for n in range(min(n_y, n_x), 0, -1) if measured(n, n)), 0)
    y = next((n for n in range(n_y, side, -1) if side and measured(n, side)), side)
    return y, next((n for n in range(n_x, side, -1) if side and measured(y, n)), side)


def calibration_images(kspace: Kspace, n_y: int, n_x: int) -> Tensor:
    """Blurred coil images of the central n_y x n_x samples, under a Hann window so that they do not ring."""
    centre = torch.zeros_like(kspace)
    across, along = (torch.hann_window(n + 2, periodic=False, device=kspace.device)[1:-1] for n in (n_y, n_x))
    calibration_block(centre, n_y, n_x).copy_(calibration_block(kspace, n_y, n_x) * across[:, None] * along)
    return ifft2c(centre)


def low_resolution_maps(kspace: Kspace, n_acs: int = 24, threshold: float = 0.02) -> Maps:
    """Each coil's blurred image divided by the RSS of all [Pruessmann1999]: unit norm where there is signal, else 0.

    Uses the central `n_acs` x `n_acs` samples under a Hann window. `threshold`: air, as a share of the brightest RSS.
    """
    n = min(n_acs, *kspace.shape[-2:])
    blurred = calibration_images(kspace, n, n)
    loudness = rss(blurred)
    object_ = loudness > threshold * loudness.amax((-2, -1), keepdim=True)
    return torch.where(object_, blurred / loudness.clamp_min(torch.finfo(torch.float32).tiny), 0)


@torch.no_grad()
def espirit_maps(
    kspace: Kspace,
    n_acs: int | tuple[int, int] = 24,
    crop: float | None = None,
    kernel: int | None = None,
    n_iter: int | None = None,
) -> Maps:
    """ESPIRiT maps of a slice (coil, y, x) from its calibration lines [Uecker2014]: unit norm in the object, else 0.

    n_acs   the most central lines to use, 48 samples of each, and never more than was measured: a sample that is
            exactly zero in all coils was not. Or the block itself: (samples along y, lines)
    crop    zero where the eigenvalue is at most this. None: zero outside the object, found by eigenvalue or brightness
            and without holes, since few lines leave eigenvalues far below 1 inside the head too
    kernel  side of the window in k-space. None: 6, less for fewer than 12 lines (half of them) or more than 44 coils
    n_iter  power iterations from a vector of ones, as sigpy does it; None: as many as it takes

    A single line teaches no kernel, and with more than `MAX_COILS` it takes too long: then as `low_resolution_maps`.
    """
    if kspace.ndim != 3:
        raise ValueError(f"kspace must be one slice (coil, y, x), got {tuple(kspace.shape)}")
    if not bool(kspace.isfinite().all()):
        raise ValueError("kspace must hold finite numbers, got NaN or infinity")
    if isinstance(n_acs, tuple):
        found = n_acs
    else:
        found = measured_block((kspace != 0).any(0), CALIBRATION_ROWS, whole_number("n_acs", n_acs, 1))
    block = tuple(min(n, side) for n, side in zip(found, kspace.shape[-2:], strict=True))
    loudest = torch.view_as_real(calibration_block(kspace, *block)).abs().amax() if min(block) > 0 else torch.tensor(0)
    if loudest == 0:
        raise ValueError(f"n_acs must leave a measured centre of k-space, got {n_acs} and a centre of zeros")
    kspace = kspace / loudest  # so that squares stay within what a float can hold
    images = calibration_images(kspace, *block)
    loudness = rss(images)
    if min(block) < 2 or len(kspace) > MAX_COILS:
        return images / loudness.clamp_min(torch.finfo(torch.float32).tiny)
    kernel = max(2, min(6, min(block) // 2, int((1600 / len(kspace)) ** 0.5))) if kernel is None else kernel
    if not 2 <= kernel <= min(block):
        raise ValueError(
            f"kernel must lie in 2..{min(block)} (the shorter side of the calibration block), got {kernel}"
        )
    maps, eigenvalue = eigenmaps(
        calibration_block(kspace, *block), (kspace.shape[-2], kspace.shape[-1]), kernel, n_iter
    )
    if crop is None:
        return maps * without_holes((eigenvalue > 0.8) | (loudness > 0.03 * loudness.max()))
    return maps * (eigenvalue > crop)


def without_holes(region: Tensor) -> Tensor:
    """Bool (1, y, x) with what it surrounds: a sinus inside the head keeps its maps, to carry what noise it hears."""
    from scipy.ndimage import binary_fill_holes

    return torch.from_numpy(binary_fill_holes(region[0].cpu().numpy()))[None].to(region.device)
