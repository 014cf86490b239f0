"""GRAPPA: learn in the fully sampled centre how a missing line follows from its neighbours, then use it everywhere."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from .border import at_least_0, flat, guarded, whole_number
from .coils import combine
from .encoding import whole_lines
from .fourier import ifft2c
from .types import Image, Kspace, Maps, Mask

KERNEL = (5, 4)  # readout samples x measured lines


def _windows(kspace: Tensor, n_y: int, n_x: int, step: int) -> Tensor:
    """Every patch of n_y readout samples x n_x lines that lie `step` apart:

    (coil, y, x) -> (y', x', coil * n_y * n_x).
    """
    span = (n_x - 1) * step + 1
    patches = kspace.unfold(-2, n_y, 1).unfold(-2, span, 1)[..., ::step]  # (coil, y', x', n_y, n_x)
    return patches.permute(1, 2, 0, 3, 4).flatten(-3)


def calibrate(acs: Kspace, acceleration: int, kernel: tuple[int, int] = KERNEL, lam: float = 1e-3) -> Tensor:
    """Weights W of argmin |X W - Y|^2 + lam |W|^2 over all windows of the centre [Griswold2002].

    acs: (coil, y, n_acs), all readout samples and the fully sampled central lines.
    X holds the measured neighbours of every window, Y what lies in its gap: R - 1 missing lines, each with its own
    recipe. lam is relative to the mean diagonal of X^H X. Returns (coil * n_y * n_x, (R - 1) * coil).
    """
    n_y, n_x = kernel
    if min(n_y, n_x) < 1 or n_x % 2 or not n_y % 2:
        raise ValueError(f"kernel must be (odd, even) (readout samples, measured lines), got {kernel}")
    whole_number("acceleration", acceleration, 2)
    at_least_0("lam", lam)
    span = (n_x - 1) * acceleration + 1
    if acs.shape[-1] < span or acs.shape[-2] < n_y:
        raise ValueError(
            f"n_acs must be {span} or more for a kernel of {n_x} lines at acceleration {acceleration}, and its lines "
            f"{n_y} samples long or more, got {acs.shape[-1]} lines of {acs.shape[-2]} samples"
        )
    X = _windows(acs, n_y, n_x, acceleration)  # (y', x', sources)
    gap = (n_x // 2 - 1) * acceleration  # the missing lines lie between the two middle sources
    row = slice(n_y // 2, n_y // 2 + X.shape[0])
    targets = [acs[:, row, gap + r : gap + r + X.shape[1]].permute(1, 2, 0) for r in range(1, acceleration)]
    X, Y = X.flatten(0, 1), torch.cat(targets, -1).flatten(0, 1)
    gram = X.mH @ X
    # lam = 0 or an empty slice would leave nothing to divide by
    ridge = (lam * gram.diagonal().real.mean()).clamp_min(torch.finfo(torch.float32).tiny)
    weights, failed = torch.linalg.solve_ex(gram + ridge * torch.eye(len(gram), device=gram.device), X.mH @ Y)
    if bool(failed):
        raise ValueError(f"lam must be above 0 where coils hear alike (or one hears nothing), got {lam}")
    return weights


def fill(
    kspace: Kspace, mask: Mask, weights: Tensor, acceleration: int, offset: int, kernel: tuple[int, int] = KERNEL
) -> Kspace:
    """Estimate every missing line from its measured neighbours; every measured line is put back untouched.

    Beyond the edge of k-space the neighbours are zero; where both nearest neighbours are missing (the cut end of an
    echo, a padded rim), so is the estimate. kspace: (coil, y, x); mask: the grid offset, offset + R, ... and any more.
    """
    n_coils, _n_y, n_x = kspace.shape
    R, lead = acceleration, -offset % acceleration  # pad so that the grid starts in column 0 ...
    n_gaps = -(-(lead + n_x) // R)
    ends = (lead, n_gaps * R - lead - n_x)
    measured = pad(kspace * mask, ends)[..., ::R]  # ... (coil, y, gaps)
    half_y, left, right = kernel[0] // 2, kernel[1] // 2 - 1, kernel[1] // 2
    X = _windows(pad(measured, (left, right, half_y, half_y)), *kernel, 1)  # (y, gaps, sources)
    missing = (X @ weights).unflatten(-1, (R - 1, n_coils))
    before = pad(mask, ends)[
        0, :, ::R
    ]  # is the grid line at the left of the gap measured there, and the one at its right?
    missing = missing * (before | pad(before[:, 1:], (0, 1)))[..., None, None]
    # (y, gaps * R, coil): each grid line, then its R - 1 missing ones
    estimate = pad(missing, (0, 0, 1, 0)).flatten(1, 2)
    estimate = estimate[:, lead : lead + n_x].permute(2, 0, 1)
    return torch.where(mask, kspace, estimate)


def grid(mask: Mask) -> tuple[int, int, slice]:
    """(R, offset, calibration lines) of an equispaced mask; one sentence when GRAPPA cannot use it.

    Readouts may lack their ends, and k-space its outer lines.
    """
    lines = whole_lines(mask)
    if lines is None:
        raise ValueError("mask must skip whole lines for GRAPPA, got a pattern that changes along the readout")
    n_x, centre = lines.numel(), lines.numel() // 2
    if not lines[centre]:
        raise ValueError("mask must measure the centre of k-space for GRAPPA, got none there")
    start = stop = centre
    while start > 0 and lines[start - 1]:
        start -= 1
    while stop < n_x and lines[stop]:
        stop += 1
    acs = slice(start, stop)
    number = lines.nonzero().flatten()
    first, last = int(number[0]), int(number[-1])
    for R in range(1, n_x + 1):
        expected = torch.zeros_like(lines)
        expected[first : last + 1 : R] = True
        expected[acs] = True
        if torch.equal(expected, lines):
            return R, first % R, acs
    raise ValueError(
        "mask must be equispaced lines plus a calibration block for GRAPPA, "
        f"got {int(lines.sum())} lines of another pattern"
    )


def choose_kernel(acs_shape, acceleration: int) -> tuple[int, int]:
    """4 lines where the calibration block holds at least 4 windows for each source, else 2 lines.

    Barely more windows than sources, and the longer recipe fits the noise: on the real 16-channel brain at R = 4, 16
    lines it has half as much error again as the short one; with 24 lines they are level.
    """
    n_coils, n_y, n_acs = acs_shape[-3:]
    windows = (n_y - KERNEL[0] + 1) * (n_acs - (KERNEL[1] - 1) * acceleration)
    return KERNEL if windows >= 4 * n_coils * KERNEL[0] * KERNEL[1] else (KERNEL[0], 2)


def calibration_lines(kspace: Kspace, mask: Mask, acs: slice) -> Tensor:
    """The lines `acs`, as far along the readout as all of them are measured: (coil, y', n_acs)."""
    rows = mask[0, :, acs].all(-1)
    return kspace[:, rows][..., acs]


@guarded
def grappa(kspace: Kspace, mask: Mask, maps: Maps, lam: float = 1e-3) -> Image:
    """Calibrate on the block in the middle, fill the gaps, combine the coils: slice by slice, (*b, 1, y, x).

    A kernel of 4 lines where the block teaches it well, else of 2 lines (`choose_kernel`); ValueError below R + 1
    calibration lines.
    """
    batch, arrays = flat(kspace, mask, maps)
    images = [_slice(*one, lam) for one in zip(*arrays, strict=True)]
    return torch.stack(images).reshape(*batch, *images[0].shape)


def _slice(kspace: Kspace, mask: Mask, maps: Maps, lam: float) -> Image:
    R, offset, acs = grid(mask)
    if R == 1:
        return combine(ifft2c(mask * kspace), maps)
    block = calibration_lines(kspace, mask, acs)
    kernel = choose_kernel(block.shape, R)
    weights = calibrate(block, R, kernel, lam)
    return combine(ifft2c(fill(kspace, mask, weights, R, offset, kernel)), maps)
