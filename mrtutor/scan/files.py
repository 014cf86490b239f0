"""Read fastMRI-style HDF5 files, one slice at a time."""

from operator import index
from pathlib import Path

import torch
from torch import Tensor

from ..coils import calibration_block, espirit_maps, low_resolution_maps
from ..types import Kspace, Maps, Mask
from .about import about
from .core import Scan
from .probe import look_from_outside
from .rules import ScanFileError, check_kspace_layout, check_kspace_values

N_ACS = 24  # central lines from which coil maps are estimated, when the file has as many
MIN_ACS = 4
AIR = 0.008  # of the brightest RSS: low enough that a forehead far from the coils stays in the picture


class ScanFile:
    """An open fastMRI-style file: `len(file)` slices, `file[i]` a `Scan`. Holds one slice in memory, never the file.

    `attributes`, `mask` (1, y, x), `n_slices`, `n_coils` and `shape` (y, x) are known from the header. Close it, or
    use it in a `with` block.
    """

    def __init__(self, path, maps: str | Tensor = "low resolution", upright=None, letters=None, label=None):
        from . import contents, hdf5

        self.path, self._maps = Path(path), maps
        self._file = hdf5.open_hdf5(self.path)
        try:
            self._kspace = hdf5.dataset(self.path, self._file, "kspace", required=True)
            check_kspace_layout(self.path, self._kspace.shape, self._kspace.dtype)
            hdf5.check_storage(self.path, self._kspace, "kspace")
            self.single_coil = self._kspace.ndim == 3
            self.n_slices, self.shape = self._kspace.shape[0], self._kspace.shape[-2:]
            self.n_coils = 1 if self.single_coil else self._kspace.shape[1]
            self.attributes = contents.attributes(self.path, self._file)
            self.mask = torch.from_numpy(contents.mask(self.path, self._file, self.shape))
            self._rss = contents.reference(self.path, self._file, self.n_slices)
            header = contents.header_text(self.path, self._file)
            self._about = about(self.path, self.attributes, header, self.shape, upright, letters, label)
        except BaseException:
            self._file.close()
            raise

    def __len__(self) -> int:
        return self.n_slices

    def __iter__(self):
        return (self[i] for i in range(self.n_slices))

    def __getitem__(self, i: int) -> Scan:
        kspace = self.kspace(i)
        return Scan(
            kspace=kspace, mask=self.mask, maps=self._maps_of(kspace), attributes=dict(self.attributes), **self._about
        )

    def kspace(self, i: int) -> Kspace:
        """(coil, y, x) of slice `i` as it is stored; complex128 is rounded to complex64."""
        from . import contents

        if not 0 <= index(i) < self.n_slices:
            raise ScanFileError(self.path, "slice", f"lie in 0..{self.n_slices - 1}", i)
        kspace = contents.kspace_slice(self.path, self._kspace, index(i))
        check_kspace_values(self.path, i, kspace, self.mask[0].numpy())
        return torch.from_numpy(kspace)

    def reconstruction_rss(self, i: int) -> Tensor | None:
        """(1, y, x) the reference picture that came with slice `i`, perhaps cropped; None where the file has none."""
        from . import contents

        if self._rss is None:
            return None
        if not 0 <= index(i) < self.n_slices:
            raise ScanFileError(self.path, "slice", f"lie in 0..{self.n_slices - 1}", i)
        return torch.from_numpy(contents.reference_slice(self.path, self._rss, index(i)))[None]

    def _maps_of(self, kspace: Kspace) -> Maps:
        if isinstance(self._maps, Tensor):
            return self._maps
        if self.n_coils == 1:  # nothing to compare with: one coil hears everything alike
            return torch.ones_like(kspace)
        n_acs = measured_centre(self.mask)
        if n_acs < MIN_ACS:
            raise ScanFileError(
                self.path, "mask", f"measure the {MIN_ACS} central lines or more, for coil maps (or give maps=)", n_acs
            )
        return MAPS[self._maps](kspace, n_acs)

    def close(self):
        self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


MAPS = {"low resolution": lambda kspace, n_acs: low_resolution_maps(kspace, n_acs, AIR), "espirit": espirit_maps}


def measured_centre(mask: Mask) -> int:
    """Side of the fully measured square in the centre of k-space, at most N_ACS."""
    most = min(N_ACS, *mask.shape[-2:])
    return next((n for n in range(most, 0, -1) if calibration_block(mask, n, n).all()), 0)


def open_file(
    path,
    maps: str | Tensor = "low resolution",
    upright: str | None = None,
    letters=None,
    label: str | None = None,
    trusted: bool = False,
    slice: int = 0,
) -> ScanFile:
    """Open a fastMRI-style HDF5 file: `kspace` [slice, coil, y, x] or [slice, y, x], optional `mask` [x] or [y, x].

    Every rule that the header can break is checked here, those of a slice when it is read; a broken one raises
    `ScanFileError`, one sentence with file, dataset, rule and value.
    maps     "low resolution" or "espirit" from the measured centre, or a tensor (coil, y, x)
    upright  a key of UPRIGHT, when the file does not say how it stands; letters: (top, right, bottom, left) then
    trusted  False: a process of its own looks first at the header and at `slice`, since the HDF5 library can hang or
             crash on a damaged file (half a second, once per file; later slices are read without it). True: no such look
    """
    if not isinstance(maps, Tensor) and maps not in MAPS:
        raise ValueError(f"maps must be a tensor (coil, y, x) or one of {', '.join(MAPS)}, got {maps!r}")
    if not trusted:
        look_from_outside(path, slice)
    return ScanFile(path, maps, upright, letters, label)


def read(path, slice: int = 0, **options) -> Scan:
    """One slice of a file as a `Scan`; the options and errors of `open_file`."""
    with open_file(path, slice=slice, **options) as file:
        return file[slice]
