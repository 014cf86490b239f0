"""A plausible shape with the wrong meaning: what k-space must look like, and what the common mistakes look like.

The energy of k-space lies in its middle, along y and along x. Where it does not, and lies just as clearly where a
common mistake puts it, the mistake gets a sentence. Noise, a peak a few samples off and half a k-space do not.
"""

from dataclasses import dataclass

import numpy as np

from .rules import ScanFileError, shown

CENTRES = ("middle", "corner", "corner of y", "corner of x")
SPACES = ("k-space", "image")
CLEAR = 0.15  # share of the energy beyond an even spread: clearly there
SHARP = 0.3
AIR = 0.2  # energy of the darkest tenth, of the brightest tenth: a picture has air, the k-space of a point has none
FLAT_TOP, POINTED_TOP = 0.25, 0.4  # share of the energy in the brightest 1 %: a picture has a flat top, k-space none


@dataclass(frozen=True)
class Meaning:
    """What the reader said of the array, None where nothing: its axes, where its centre lies, which space it is."""

    axes: tuple[str, ...] | None = None
    centre: str | None = None
    space: str | None = None

    def __post_init__(self):
        for name, known in (("centre", CENTRES), ("space", SPACES)):
            if getattr(self, name) not in (None, *known):
                raise ValueError(f"{name} must be one of {', '.join(known)}, got {shown(getattr(self, name))}")

    def doubt(self, path, kspace: np.ndarray) -> None:
        """`ScanFileError` where a slice (coil, y, x) looks like a mistake that the reader did not rule out."""
        energy = np.zeros(kspace.shape[1:])
        for coil in kspace:
            energy += _energy(coil)
        if self.axes is None:
            self.doubt_axes(path, kspace)
        if min(energy.shape) < 8:
            return
        if self.space is None:
            _doubt_space(path, kspace, energy)
        if self.centre is None and self.space != "image":
            _doubt_centre(path, energy.sum(1), energy.sum(0))

    def doubt_axes(self, path, kspace: np.ndarray, n_slices: int = 1) -> None:
        """The doubt about the axes, from one slice: the middle one of `n_slices` where those may be lines."""
        n_coils, n_y, n_x = kspace.shape
        coils, rows, columns = np.zeros(n_coils), np.zeros(n_y), np.zeros(n_x)
        for c, coil in enumerate(kspace):
            energy = _energy(coil)
            coils[c], rows, columns = energy.sum(), rows + energy.sum(1), columns + energy.sum(0)
        if n_coils > 1:
            _doubt_axes(path, coils, rows, columns)
        elif n_slices >= 12 and max(peaks(rows)) > SHARP > max(peaks(columns)):
            value = f"{n_slices} 'slices' of {n_y} x {n_x} without a centre along the last axis"
            rule = "have the axes (slice, y, x), or be read with what they are, such as axes='y,x,coil'"
            raise ScanFileError(path, "kspace", rule, value)


def _energy(coil: np.ndarray) -> np.ndarray:
    return coil.real.astype(np.float64) ** 2 + coil.imag.astype(np.float64) ** 2


def peaks(energy: np.ndarray) -> tuple[float, float]:
    """Energy, beyond an even spread, in the middle quarter of an axis and in the quarter round its ends."""
    n = len(energy)
    window = slice(n // 2 - n // 8, n // 2 + n // 8 + 1)
    even = len(range(n)[window]) / n
    middle, ends = (float(e[window].sum() / e.sum()) - even for e in (energy, np.fft.fftshift(energy)))
    return middle, ends


def _doubt_axes(path, coils, rows, columns) -> None:
    """The "coils" have a centre, as only an axis of k-space has, and "rows" or "columns" have none."""
    n_coils, n_y, n_x = (len(axis) for axis in (coils, rows, columns))
    if n_coils < 12:
        return
    a, b, c = (max(peaks(axis)) > SHARP for axis in (coils, rows, columns))
    axes = {
        (True, True, False): "slice,y,x,coil",
        (True, False, True): "slice,y,coil,x",
        (True, False, False): "y,x,coil,slice",
    }.get((a, b, c))
    if axes is None and n_coils > 128 and n_x <= 64 and n_y > n_x:  # more than any scanner has, whatever they hear
        axes = "slice,y,x,coil"
    if axes is not None and (n_coils > n_x or c):
        value = f"{n_coils} 'coils' that have a centre, of {n_y} x {n_x} without one"
        rule = f"have the axes (slice, coil, y, x), or be read with what they are, such as axes='{axes}'"
        raise ScanFileError(path, "kspace", rule, value)


def _doubt_space(path, kspace, energy) -> None:
    """A picture: its brightest places are little brighter than the rest, and those of its transform in the middle."""
    dark, bright = np.quantile(energy, (0.1, 0.9))
    if _top(energy) > FLAT_TOP or dark > AIR * bright:
        return
    other = np.zeros(energy.shape)
    for coil in kspace:
        other += np.abs(np.fft.fftshift(np.fft.fft2(coil))) ** 2
    if _top(other) > POINTED_TOP and all(peaks(other.sum(axis))[0] > SHARP for axis in (0, 1)):
        rule = "hold k-space; if it holds coil images, read it with space='image', else with space='k-space'"
        raise ScanFileError(path, "kspace", rule, "what looks like a picture, and like k-space after a transform")


def _top(energy) -> float:
    values = np.sort(energy, axis=None)[::-1]
    return float(values[: max(1, values.size // 100)].sum() / values.sum())


def _doubt_centre(path, rows, columns) -> None:
    """The energy lies at both ends of an axis, where numpy.fft.fft2 without fftshift leaves the centre."""
    y, x = _at_ends(rows), _at_ends(columns)
    if (y or x) and all(ends or peaks(axis)[0] > CLEAR for ends, axis in ((y, rows), (x, columns))):
        corner = "corner" if y and x else "corner of y" if y else "corner of x"
        rule = f"have its centre in the middle, or be read with centre='{corner}' (or centre='middle', if it is so)"
        raise ScanFileError(path, "kspace", rule, "the energy at the ends, as after numpy.fft.fft2 without fftshift")


def _at_ends(axis: np.ndarray) -> bool:
    middle, ends = peaks(axis)
    n = len(axis) // 8
    first, last = axis[1 : n + 1].sum(), axis[-n:].sum()  # of a cropped half k-space one end is empty
    return ends > CLEAR and middle < CLEAR / 2 and min(first, last) > 0.05 * max(first, last)
