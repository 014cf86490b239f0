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
        energy = sum(coil.real.astype(np.float64) ** 2 + coil.imag.astype(np.float64) ** 2 for coil in kspace)
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
        energy = [coil.real.astype(np.float64) ** 2 + coil.imag.astype(np.float64) ** 2 for coil in kspace]
        rows, columns = (sum(e.sum(axis) for e in energy) for axis in (1, 0))
        if len(kspace) > 1:
            _doubt_axes(path, np.array([e.sum() for e in energy]), rows, columns)
        elif n_slices >= 12 and max(peaks(rows)) > SHARP > max(peaks(columns)):
            value = f"{n_slices} 'slices' of {len(rows)} x {len(columns)} without a centre along the last axis"
            rule = "have the axes (slice, y, x), or be read with what they are, such as axes='y,x,coil'"
            raise ScanFileError(path, "kspace", rule, value)


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
    sharp = tuple(max(peaks(axis)) > SHARP for axis in (coils, rows, columns))
    known: dict[tuple[bool, ...], str] = {
        (True, True, False): "slice,y,x,coil",
        (True, False, True): "slice,y,coil,x",
        (True, False, False): "y,x,coil,slice",
    }
    axes = known.get(sharp)
    if axes is None and n_coils > 128 and n_x <= 64 and n_y > n_x:  # more than any scanner has, whatever they hear
        axes = "slice,y,x,coil"
    if axes is not None and (n_coils > n_x or sharp[2]):
        value = f"{n_coils} 'coils' that have a centre, of {n_y} x {n_x} without one"
        rule = f"have the axes (slice, coil, y, x), or be read with what they are, such as axes='{axes}'"
        raise ScanFileError(path, "kspace", rule, value)


def _doubt_space(path, kspace, energy) -> None:
    """A picture: its brightest places are little brighter than the rest, and those of its transform in the middle."""
    dark, bright = np.quantile(energy, (0.1, 0.9))
    if _top(energy) > FLAT_TOP or dark > AIR * bright:
        return
    other = np.zeros(kspace.shape[1:])
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
    at_ends = [_at_ends(axis) for axis in (rows, columns)]
    in_middle = [peaks(axis)[0] > CLEAR for axis in (rows, columns)]
    if any(at_ends) and all(a or b for a, b in zip(at_ends, in_middle, strict=True)):
        corner = "corner" if all(at_ends) else "corner of y" if at_ends[0] else "corner of x"
        rule = f"have its centre in the middle, or be read with centre='{corner}' (or centre='middle', if it is so)"
        raise ScanFileError(path, "kspace", rule, "the energy at the ends, as after numpy.fft.fft2 without fftshift")


def _at_ends(axis: np.ndarray) -> bool:
    middle, ends = peaks(axis)
    n = len(axis) // 8
    first, last = axis[1 : n + 1].sum(), axis[-n:].sum()  # of a cropped half k-space one end is empty
    return ends > CLEAR and middle < CLEAR / 2 and min(first, last) > 0.05 * max(first, last)
