"""To centred k-space, from what the reader says is stored: the centre in a corner, or coil images."""

import numpy as np

from .meaning import Meaning

AXES = {"corner": (-2, -1), "corner of y": (-2,), "corner of x": (-1,)}


def centred(array: np.ndarray, meaning: Meaning) -> np.ndarray:
    """A mask or k-space (…, y, x), its centre moved to n // 2 from where the reader said that it lies."""
    return np.fft.fftshift(array, AXES[meaning.centre]) if meaning.centre in AXES else array


def to_kspace(stored: np.ndarray, meaning: Meaning) -> np.ndarray:
    """What is stored (coil, y, x) -> centred k-space complex64, by `space` and `centre` of `meaning`.

    numpy.fft.fft2 takes the corner for the centre of the picture too: a picture that then lies in quarters is put
    together, by a sign (a phase, where the size is odd) at every sample, which leaves zeros zero.
    """
    if meaning.space == "image":
        stored = np.fft.fftshift(np.fft.fft2(np.fft.ifftshift(stored, (-2, -1)), norm="ortho"), (-2, -1))
        return stored.astype(np.complex64)
    if meaning.centre not in AXES:
        return stored
    kspace = centred(stored, meaning)
    for axis in AXES[meaning.centre]:
        if _in_two(kspace, axis):
            n = kspace.shape[axis]
            wave = np.exp(2j * np.pi * (np.arange(n) - n // 2) * (n // 2) / n)
            wave = wave.real.round() if n % 2 == 0 else wave
            kspace = kspace * (wave[:, None] if axis == -2 else wave)
    return np.ascontiguousarray(kspace, np.complex64)


def _in_two(kspace: np.ndarray, axis: int) -> bool:
    """The picture lies half at one end of the axis and half at the other: the outer half is brighter than the inner."""
    images = np.fft.ifft2(np.fft.ifftshift(kspace, (-2, -1)))
    other = -1 if axis == -2 else -2
    energy = np.fft.fftshift((np.abs(images) ** 2).sum(0), (-2, -1)).sum(other)
    n = len(energy)
    return bool(energy[n // 4 : n - n // 4].sum() < energy.sum() / 2)
