"""Read fastMRI-style HDF5 files, one slice at a time."""

from pathlib import Path

import torch
from torch import Tensor

from ..maps import CALIBRATION_ROWS, MAX_COILS, low_resolution_maps, measured_block
from ..types import Kspace, Maps, Mask
from .about import about
from .centring import centred, to_kspace
from .core import Scan
from .kept_maps import kept_espirit_maps
from .layout import parse_axes
from .meaning import Meaning
from .measured import measured
from .own_maps import own_maps
from .probe import look_from_outside
from .rules import ScanFileError, check_kspace_values
from .siblings import doubt_slices
from .slices import is_whole, slice_number

N_ACS = 24  # central lines from which coil maps are estimated, when the file has as many
MIN_ACS = 4
AIR = 0.008  # of the brightest RSS: low enough that a forehead far from the coils stays in the picture


AS_USUAL = Meaning()


class ScanFile:
    """An open fastMRI-style file: `len(file)` slices, `file[i]` a `Scan`. Holds one slice in memory, never the file.

    `attributes`, `mask` (1, y, x), `n_slices`, `n_coils` and `shape` (y, x) are known from the header; the mask of a
    slice leaves out what is zero in all coils too (`measured`). Close it, or use it in a `with` block.
    """

    def __init__(self, path, maps="espirit", upright=None, letters=None, label=None, meaning: Meaning = AS_USUAL):
        from . import contents, hdf5, relatives
        from .attributes import attributes

        self.path, self._maps, self._meaning, self._labelled = Path(path), maps, meaning, label is not None
        self._file = hdf5.open_hdf5(self.path)
        try:
            self._kspace, self._layout = relatives.find_kspace(self.path, self._file, meaning.axes)
            hdf5.check_storage(self.path, self._kspace, "kspace")
            self.n_slices, self.n_coils, *shape = self._layout.sizes.values()
            self.shape, self.single_coil = tuple(shape), "coil" not in self._layout.names
            self.attributes = attributes(self.path, self._file)
            self._stored_mask = contents.mask(self.path, self._file, self.shape)
            self.mask = torch.from_numpy(centred(self._stored_mask, meaning).copy())
            self._rss = contents.reference(self.path, self._file, self.n_slices)
            header = contents.header(self.path, self._file)
            self._about = about(self.path, self.attributes, header, self.shape, upright, letters, label)
            if meaning.axes is None:
                self._doubt_axes()
        except BaseException:
            self._file.close()
            raise

    def _doubt_axes(self):
        """Look at what no single slice can tell: whether the slices are coils, or the lines of k-space."""
        from . import contents

        blocks = contents.neighbours(self.path, self._kspace, self._layout)
        if blocks is not None:
            doubt_slices(self.path, blocks)
        middle = contents.middle(self.path, self._kspace, self._layout)
        if middle is not None:
            self._meaning.doubt_axes(self.path, middle, self.n_slices)

    def __len__(self) -> int:
        return self.n_slices

    def __iter__(self):
        return (self[i] for i in range(self.n_slices))

    def __getitem__(self, i: int) -> Scan:
        kspace = self.kspace(i)
        mask = torch.from_numpy(measured(kspace.numpy(), self.mask.numpy()))
        maps, maps_from = self._maps_of(kspace, mask)
        about = {**self._about, "label": self._label(mask, maps_from)}
        return Scan(kspace, mask, maps, attributes=dict(self.attributes), maps_from=maps_from, **about)

    def kspace(self, i: int) -> Kspace:
        """(coil, y, x) of slice `i` as it is stored; complex128 is rounded to complex64."""
        from . import contents

        i = slice_number(i, self.n_slices, self.path)
        kspace = contents.kspace_slice(self.path, self._kspace, i, self._layout)
        check_kspace_values(self.path, i, kspace, self._stored_mask[0])
        self._meaning.doubt(self.path, kspace)
        return torch.from_numpy(to_kspace(kspace, self._meaning))

    def reconstruction_rss(self, i: int) -> Tensor | None:
        """(1, y, x) the reference picture that came with slice `i`, perhaps cropped; None where the file has none."""
        from . import contents

        i = slice_number(i, self.n_slices, self.path)
        return None if self._rss is None else torch.from_numpy(contents.reference_slice(self.path, self._rss, i))[None]

    def _label(self, mask: Mask, maps_from: str) -> str:
        """With the maps, and the share that was measured unless the label says it; as the reader gave it, if he did."""
        label = self._about["label"]
        if self._labelled:
            return label
        told = "% measured" in label or ("label" in self.attributes and torch.equal(mask, self.mask))
        said = "" if mask.all() or told else f"{share(mask)} measured"
        return ", ".join(words for words in (label, said, maps_from) if words)

    def _maps_of(self, kspace: Kspace, mask: Mask) -> tuple[Maps, str]:
        """Maps, and which they are in words."""
        if isinstance(self._maps, Tensor):
            return own_maps(self._maps, kspace.shape), "maps as given"
        if self.n_coils == 1:  # nothing to compare with: one coil hears everything alike
            return torch.ones_like(kspace), ""
        block = measured_block(mask, CALIBRATION_ROWS, N_ACS)
        if min(block) < MIN_ACS:
            rule = f"measure the {MIN_ACS} central lines or more, for coil maps (or give maps=)"
            raise ScanFileError(self.path, "mask", rule, min(block))
        estimate, words = MAPS[self._maps if self.n_coils <= MAX_COILS else "low resolution"]
        return estimate(kspace, block), words

    def close(self):
        self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


MAPS = {
    "espirit": (kept_espirit_maps, "ESPIRiT maps"),
    "low resolution": (lambda kspace, block: low_resolution_maps(kspace, min(block), AIR), "low-resolution maps"),
}  # what `maps` may be called -> how they are estimated from the measured centre, and what the label says


def share(mask: Mask) -> str:
    """The share of k-space that was measured, never rounded up to all of it or down to nothing."""
    measured = float(mask.float().mean())
    return f"{100 * min(max(measured, 0.01), 0.99):.0f} %"


def open_file(
    path,
    maps: str | Tensor = "espirit",
    upright: str | None = None,
    letters=None,
    label: str | None = None,
    trusted: bool = False,
    slice: int = 0,
    axes: str | None = None,
    centre: str | None = None,
    space: str | None = None,
) -> ScanFile:
    """Open a fastMRI-style HDF5 file: `kspace` [slice, coil, y, x] or [slice, y, x], optional `mask` [x] or [y, x].

    Every rule that the header can break is checked here, those of a slice when it is read; a broken one raises
    `ScanFileError`, one sentence with file, dataset, rule and value. Attributes, header and further datasets never
    refuse a file: what cannot be used of them is left out, with a `ScanFileWarning` where it would have meant much.
    maps     "espirit" (kept in the user's cache) or "low resolution", from the measured centre, or a tensor
             (coil, y, x), scaled to unit norm; the label of the scan says which, unless it is given here
    upright  a key of UPRIGHT, when the file does not say how it stands; letters: (top, right, bottom, left) then
    trusted  False: a process of its own looks first at the header and at `slice`, since the HDF5 library can hang or
             crash on a damaged file (half a second, once per file; later slices are read without it). True: no look
    axes     what the axes of `kspace` are, where it is not the above: "coil,y,x", "slice,y,x,coil"
    centre   where the centre of k-space lies: "middle", or "corner" as numpy.fft.fft2 leaves it (of both axes, or
             "corner of y", "corner of x")
    space    "k-space", or "image" where the array holds coil images
    What is not said of the last three is looked at, and doubted in one sentence where it looks otherwise.
    """
    if not isinstance(maps, Tensor) and maps not in MAPS:
        raise ValueError(f"maps must be a tensor (coil, y, x) or one of {', '.join(MAPS)}, got {maps!r}")
    meaning = Meaning(parse_axes(axes), centre, space)
    if not trusted:
        look_from_outside(path, int(slice) if is_whole(slice) else 0, meaning.axes)
    return ScanFile(path, maps, upright, letters, label, meaning)


def read(path, slice: int = 0, **options) -> Scan:
    """One slice of a file as a `Scan`; the options and errors of `open_file`."""
    with open_file(path, slice=slice, **options) as file:
        return file[slice]
