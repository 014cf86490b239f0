"""What is inside a checked file: one slice of k-space, mask, reference picture, header."""

import h5py
import numpy as np

from .hdf5 import check_blocks, check_storage, dataset
from .layout import Layout
from .rules import MAX_AXIS, ScanFileError, from_the_depths, ignore, out_of_memory

MAX_HEADER_BYTES = 2**20
NEIGHBOURS, MIDDLE = 8, 48  # how many slices, and how much of their centre, are compared with each other


def kspace_slice(path, ds: h5py.Dataset, i: int, how: Layout) -> np.ndarray:
    """Slice `i` as (coil, y, x) complex64, bit for bit when it is stored so; the only large array there is."""
    return _samples(path, ds, i, how, slice(None), slice(None))


def neighbours(path, ds: h5py.Dataset, how: Layout) -> np.ndarray | None:
    """The centre of the first slices of a file without coil axis: (slice, y, x); None where there is one slice or one
    that cannot be read."""
    if how.names != ("slice", "y", "x") or how.sizes["slice"] < 2:
        return None
    ranges = []
    for axis in "yx":
        n = how.sizes[axis]
        few = min(n, MIDDLE)
        ranges.append(slice(n // 2 - few // 2, n // 2 - few // 2 + few))
    return _if_sound(path, ds, how, range(min(NEIGHBOURS, how.sizes["slice"])), *ranges)


def middle(path, ds: h5py.Dataset, how: Layout) -> np.ndarray | None:
    """The middle slice where the slices are so many, and their sides so short, that they may be lines; else None."""
    side = how.sizes["x"] if how.sizes["coil"] == 1 else max(how.sizes["y"], how.sizes["x"])
    if how.sizes["slice"] <= side:
        return None
    return _if_sound(path, ds, how, [how.sizes["slice"] // 2], slice(None), slice(None))


def _if_sound(path, ds, how: Layout, slices, rows: slice, columns: slice) -> np.ndarray | None:
    """These samples of some slices, one behind the other; None where they cannot be read or hold nothing to compare."""
    try:
        samples = np.concatenate([_samples(path, ds, i, how, rows, columns) for i in slices])
    except ScanFileError as error:
        if out_of_memory(error):
            raise
        return None  # whoever asks for the slice will be told
    return samples if np.isfinite(samples).all() and samples.any() else None


def _samples(path, ds: h5py.Dataset, i: int, how: Layout, rows: slice, columns: slice) -> np.ndarray:
    """Rows and columns of slice `i`, (coil, y, x) complex64."""
    axis = how.names.index("slice") if "slice" in how.names else None
    check_blocks(path, ds, "kspace", None if axis is None else i, axis or 0)
    wanted = {"slice": i, "coil": slice(None), "y": rows, "x": columns}
    place = tuple(wanted[name] for name in how.names)
    with from_the_depths(path, f"kspace, slice {i},"):
        shape = [len(range(n)[at]) for n, at in zip(ds.shape, place, strict=False) if isinstance(at, slice)]
        stored = np.empty([*shape, 2] if how.pairs else shape, np.float32 if how.pairs else np.complex64)
        ds.read_direct(stored, (*place, slice(None)) if how.pairs else place)
    return how.to_coil_y_x(stored.view(np.complex64)[..., 0] if how.pairs else stored)


def mask(path, file: h5py.File, shape: tuple[int, int]) -> np.ndarray:
    """(1, y, x) bool: the dataset `mask`, [x] or [y, x] of zeros and ones; everything measured where there is none."""
    ds = dataset(path, file, "mask")
    if ds is None:
        return np.ones((1, *shape), bool)
    stored = ds.shape
    while len(stored) > 1 and stored[0] == 1 and stored != tuple(shape):
        stored = stored[1:]  # (1, x) and (1, 1, y, x) mean what (x) and (y, x) mean
    if stored not in ((shape[1],), tuple(shape)):
        rule = f"have the axes (x) = {(shape[1],)} or (y, x) = {tuple(shape)} of kspace"
        raise ScanFileError(path, "mask", rule, ds.shape)
    if ds.dtype.kind not in "buif":
        raise ScanFileError(path, "mask", "be bool or numbers 0 and 1", f"type {ds.dtype}")
    check_storage(path, ds, "mask")
    check_blocks(path, ds, "mask")
    with from_the_depths(path, "mask"):
        values = ds[()].reshape(stored)
    other = values[(values != 0) & (values != 1)]  # NaN is neither
    if other.size:
        raise ScanFileError(path, "mask", "hold only 0 and 1", other.ravel()[0])
    if not values.any():
        raise ScanFileError(path, "mask", "measure at least one sample", "zeros everywhere")
    return np.broadcast_to(values.astype(bool), (1, *shape)).copy()


def reference(path, file: h5py.File, n_slices: int) -> h5py.Dataset | None:
    """The dataset `reconstruction_rss` [slice, y, x], its header checked; None where there is none that can be used."""
    name = "reconstruction_rss"
    try:
        ds = dataset(path, file, name)
        if ds is None:
            return None
        if ds.ndim != 3 or ds.shape[0] != n_slices or not all(1 <= n <= MAX_AXIS for n in ds.shape[1:]):
            raise ScanFileError(
                path, name, f"have the axes (slice, y, x) with the {n_slices} slices of kspace", ds.shape
            )
        if ds.dtype.kind != "f":
            raise ScanFileError(path, name, "be real floating-point numbers", ds.dtype)
        check_storage(path, ds, name)
    except ScanFileError as error:
        ignore(path, error)
        return None
    return ds


def reference_slice(path, ds: h5py.Dataset, i: int) -> np.ndarray:
    """Slice `i` of the reference picture, (y, x) float32."""
    check_blocks(path, ds, "reconstruction_rss", i)
    with from_the_depths(path, "reconstruction_rss"):
        picture = ds[i].astype(np.float32)
    if not np.isfinite(picture).all():
        raise ScanFileError(path, "reconstruction_rss", "hold finite numbers", f"NaN or Inf in slice {i}")
    return picture


def header(path, file: h5py.File) -> bytes:
    """The ISMRMRD header of a fastMRI file as it is stored; b"" where there is none that could be read."""
    name, rule = "ismrmrd_header", f"be one text of at most {MAX_HEADER_BYTES} bytes"
    try:
        ds = dataset(path, file, name)
        if ds is None:
            return b""
        with from_the_depths(path, name):
            text, size = ds.id.get_type().get_class() == h5py.h5t.STRING, ds.size * ds.dtype.itemsize
            if size > MAX_HEADER_BYTES or not ((text and ds.size == 1) or (ds.dtype == np.uint8 and ds.ndim == 1)):
                raise ScanFileError(path, name, rule, f"{ds.dtype} {ds.shape}")
            if ds.shape:
                check_storage(path, ds, name)
                check_blocks(path, ds, name)
            value = ds[()]
        value = value.tobytes() if ds.dtype == np.uint8 else value.item() if ds.shape else value
        if len(value) > MAX_HEADER_BYTES:
            raise ScanFileError(path, name, rule, f"{len(value)} bytes")
    except ScanFileError as error:
        ignore(path, error)
        return b""
    return value
