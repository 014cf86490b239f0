"""HDF5 files of other makers, known by their contents: each gets its name and the next step."""

import itertools

from .formats import SAVE
from .hdf5 import dataset
from .layout import layout_of
from .rules import ScanFileError


def find_kspace(path, file, axes: tuple[str, ...] | None):
    """The dataset kspace and its layout; `ScanFileError` with the format and the next step where the maker is known."""
    try:
        kspace = dataset(path, file, "kspace", required=True)
        assert kspace is not None  # it is required
        return kspace, layout_of(path, kspace.shape, kspace.dtype, axes)
    except ScanFileError:
        known = _recognised(path, file)
        if not known:
            raise
        name, step = known
    raise ScanFileError(path, "the file", "be fastMRI-style HDF5", f"{name}; {step}")


def _recognised(path, file) -> tuple[str, str] | None:
    try:
        groups, datasets = _contents(file)
        return _container(groups, datasets) or _numbers(datasets) or _matlab(path)
    except Exception:
        return None  # damage of which another sentence tells


def _contents(file) -> tuple[dict, dict]:
    """The groups of the root, and shape and type of its datasets; links that lead elsewhere are not followed."""
    import h5py

    groups, datasets = {}, {}
    for name in itertools.islice(file, 64):
        if file.id.links.get_info(name.encode()).type != h5py.h5l.TYPE_HARD:
            continue
        found = file[name]
        if isinstance(found, h5py.Group):
            groups[name] = found
        elif isinstance(found, h5py.Dataset) and found.shape is not None:
            datasets[name] = (found.shape, found.dtype)
    return groups, datasets


def _container(groups: dict, datasets: dict) -> tuple[str, str] | None:
    for name, group in groups.items():
        if "xml" in group and (name == "dataset" or "data" in group):
            return (
                f"ISMRMRD (group {name!r} with 'xml')",
                "read its lines with the package ismrmrd, sort them into k, and " + SAVE,
            )
    if {"OnlineRecon", "DownloadData"} & set(groups) or "DownloadMetaFiles.txt" in datasets:
        return "a GE ScanArchive", "read it with GE's Orchestra, and " + SAVE
    return None


def _numbers(datasets: dict) -> tuple[str, str] | None:
    """Makers that store the real and the imaginary part in a way of their own."""
    for name, (shape, dtype) in datasets.items():
        if dtype.names and {part.lower()[:2] for part in dtype.names} == {"re", "im"} and len(dtype.names) == 2:
            real, imag = sorted(dtype.names, key=str.lower, reverse=True)
            maker = "CMRxRecon, " if name.startswith("kspace_") else ""
            return (
                f"a MATLAB v7.3 file ({maker}{name!r} in real and imaginary parts)",
                f"read it with h5py as k = f[{name!r}][{real!r}] + 1j * f[{name!r}][{imag!r}], "
                f"see which axis is which (MATLAB's order comes reversed), and {SAVE}",
            )
        if name == "kspace" and dtype.kind == "f" and len(shape) in (3, 4):
            y, x, last = shape[-3:]
            if 2 <= last < min(y, x) and last % 2 == 0:
                return (
                    f"Calgary-Campinas ('kspace' of real numbers, whose last axis is {last // 2} coils of two parts)",
                    "read it with h5py as k = f['kspace'][..., ::2] + 1j * f['kspace'][..., 1::2], "
                    "move its last axis, the coils, np.moveaxis(k, -1, -3), and " + SAVE,
                )
    return None


def _matlab(path) -> tuple[str, str] | None:
    with open(path, "rb") as stream:
        if stream.read(10) != b"MATLAB 7.3":
            return None
    return "a MATLAB v7.3 file", "read its k-space with h5py, see which axis is which, and " + SAVE
