"""Are these the slices of one coil, or the coils of one slice? Both are an array of three axes."""

import warnings
from itertools import combinations
from pathlib import Path

import numpy as np

from .rules import ScanFileWarning

SHADING = 0.12  # coils shade the same picture differently: spread of the smooth part of the logarithm of their ratio
DETAIL = 0.6  # and they see the same details: correlation of the rest
BRIGHT = 0.1  # of the brightest pixel


def doubt_slices(path, blocks: np.ndarray) -> None:
    """A `ScanFileWarning` where the centres of k-space of several slices (slice, y, x) look like coils of one slice.

    Slices of one coil are shaded alike and differ in their details; coils share the details and differ in shading.
    """
    shading, detail = _compare(blocks)
    if shading > SHADING and detail > DETAIL:
        warnings.warn(
            f"{Path(path).name}: kspace of three axes is read as (slice, y, x) of a single coil, but its first "
            f"{len(blocks)} slices look like the coils of one slice: if so, say axes='coil,y,x', "
            "else axes='slice,y,x'.",
            ScanFileWarning,
            stacklevel=2,
        )


def _compare(blocks: np.ndarray) -> tuple[float, float]:
    """Difference in shading and likeness of details, both as the median over all pairs; zeros where nothing is seen."""
    n_y, n_x = blocks.shape[-2:]
    window = np.hanning(n_y + 2)[1:-1, None] * np.hanning(n_x + 2)[1:-1]
    images = np.abs(np.fft.fftshift(np.fft.ifft2(np.fft.ifftshift(blocks * window, (-2, -1))), (-2, -1)))
    bright = images > BRIGHT * images.max((-2, -1), keepdims=True)
    found = [_pair(images[a], images[b], bright[a] & bright[b]) for a, b in combinations(range(len(blocks)), 2)]
    shading, detail = np.median(found, axis=0) if found else (0.0, 0.0)
    return float(shading), float(detail)


def _pair(one: np.ndarray, other: np.ndarray, both: np.ndarray) -> tuple[float, float]:
    if both.sum() < 50:
        return 0.0, 0.0
    logs = [np.log(np.where(both, image, 1)) for image in (one, other)]
    smooth = [_smooth(log, both) for log in logs]
    rest = [(log - low)[both] for log, low in zip(logs, smooth, strict=True)]
    if min(r.std() for r in rest) == 0:
        return 0.0, 0.0
    return (smooth[0] - smooth[1])[both].std(), np.corrcoef(*rest)[0, 1]


def _smooth(values: np.ndarray, inside: np.ndarray) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    blur = lambda a: gaussian_filter(a.astype(float), 4)
    return blur(np.where(inside, values, 0)) / np.maximum(blur(inside), 1e-9)
