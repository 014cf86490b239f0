"""A reader's scan as a chapter uses it."""

import torch

from ...coils import calibration_block, espirit_maps, rss
from ...fourier import ifft2c
from ...scan import Scan


def prepare(case: Scan, size: int = 128) -> Scan:
    """The scan as this chapter uses it: brightest pixel 1, ESPIRiT maps, at most `size` lines and a number of them that 8 divides.

    A finer scan is cut to the centre of its k-space. Raises ValueError for one coil or a scan with missing lines.
    """
    if case.kspace.shape[0] < 2 or not bool(case.mask.all()):
        raise ValueError(
            f"this chapter needs a fully sampled scan of 2 or more coils, got {case.kspace.shape[0]} "
            f"coils with {float(case.mask.float().mean()):.0%} measured"
        )
    n_y, n_x = case.kspace.shape[-2:]
    x = min(size, n_x // 8 * 8)
    y = round(n_y * x / n_x / 2) * 2
    kspace = calibration_block(case.kspace, y, x).contiguous()
    kspace = kspace / rss(ifft2c(kspace)).max()
    voxel = (case.voxel_mm[0] * n_y / y, case.voxel_mm[1] * n_x / x)
    return Scan(
        kspace,
        torch.ones(1, y, x, dtype=torch.bool),
        espirit_maps(kspace, crop=0.8),
        voxel,
        case.upright,
        case.letters,
        case.label,
        case.real,
        voxel_known=case.voxel_known,
    )
