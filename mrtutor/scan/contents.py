"""What is inside a checked file: one slice of k-space, mask, reference picture, attributes, header text."""

import h5py
import numpy as np

from .hdf5 import check_blocks, check_storage, dataset
from .rules import MAX_ATTRIBUTE_BYTES, MAX_ATTRIBUTES, MAX_AXIS, ScanFileError, from_the_depths, shown

MAX_HEADER_BYTES = 2**20


def kspace_slice(path, ds: h5py.Dataset, i: int) -> np.ndarray:
    """Slice `i` as (coil, y, x) complex64, bit for bit when it is stored so; the only large array there is."""
    check_blocks(path, ds, "kspace", i)
    kspace = np.empty(ds.shape[1:], np.complex64)
    with from_the_depths(path, f"kspace, slice {i},"):
        ds.read_direct(kspace, np.s_[i])
    return kspace if kspace.ndim == 3 else kspace[None]


def mask(path, file: h5py.File, shape: tuple[int, int]) -> np.ndarray:
    """(1, y, x) bool: the dataset `mask`, [x] or [y, x] of zeros and ones; everything measured where there is none."""
    ds = dataset(path, file, "mask")
    if ds is None:
        return np.ones((1, *shape), bool)
    if ds.shape not in ((shape[1],), tuple(shape)):
        raise ScanFileError(
            path, "mask", f"have the axes (x) = {(shape[1],)} or (y, x) = {tuple(shape)} of kspace", ds.shape
        )
    if ds.dtype.kind not in "buif":
        raise ScanFileError(path, "mask", "be bool or numbers 0 and 1", f"type {ds.dtype}")
    check_storage(path, ds, "mask")
    check_blocks(path, ds, "mask")
    with from_the_depths(path, "mask"):
        values = ds[()]
    other = values[(values != 0) & (values != 1)]  # NaN is neither
    if other.size:
        raise ScanFileError(path, "mask", "hold only 0 and 1", other.ravel()[0])
    if not values.any():
        raise ScanFileError(path, "mask", "measure at least one sample", "zeros everywhere")
    return np.broadcast_to(values.astype(bool), (1, *shape)).copy()


def reference(path, file: h5py.File, n_slices: int) -> h5py.Dataset | None:
    """The dataset `reconstruction_rss` [slice, y, x], its header checked; None where there is none."""
    ds = dataset(path, file, "reconstruction_rss")
    if ds is None:
        return None
    if ds.ndim != 3 or ds.shape[0] != n_slices or not all(1 <= n <= MAX_AXIS for n in ds.shape[1:]):
        raise ScanFileError(
            path, "reconstruction_rss", f"have the axes (slice, y, x) with the {n_slices} slices of kspace", ds.shape
        )
    if ds.dtype.kind != "f":
        raise ScanFileError(path, "reconstruction_rss", "be real floating-point numbers", ds.dtype)
    check_storage(path, ds, "reconstruction_rss")
    return ds


def reference_slice(path, ds: h5py.Dataset, i: int) -> np.ndarray:
    """Slice `i` of the reference picture, (y, x) float32."""
    check_blocks(path, ds, "reconstruction_rss", i)
    with from_the_depths(path, "reconstruction_rss"):
        picture = ds[i].astype(np.float32)
    if not np.isfinite(picture).all():
        raise ScanFileError(path, "reconstruction_rss", "hold finite numbers", f"NaN or Inf in slice {i}")
    return picture


def header_text(path, file: h5py.File) -> str:
    """The ISMRMRD header of a fastMRI file, as text and no more than that; "" where there is none."""
    ds = dataset(path, file, "ismrmrd_header")
    if ds is None:
        return ""
    with from_the_depths(path, "ismrmrd_header"):
        if ds.shape != () or ds.id.get_type().get_class() != h5py.h5t.STRING or ds.dtype.itemsize > MAX_HEADER_BYTES:
            raise ScanFileError(
                path, "ismrmrd_header", f"be one text of at most {MAX_HEADER_BYTES} bytes", f"{ds.dtype} {ds.shape}"
            )
        text = ds[()]
    if len(text) > MAX_HEADER_BYTES:
        raise ScanFileError(
            path, "ismrmrd_header", f"be one text of at most {MAX_HEADER_BYTES} bytes", f"{len(text)} bytes"
        )
    return text.decode("utf-8", errors="replace")


def attributes(path, file: h5py.File) -> dict:
    """The file's own attributes as plain text, numbers and lists of them. Text is kept to the letter and never interpreted."""
    result = {}
    with from_the_depths(path, "the attributes"):
        n = h5py.h5a.get_num_attrs(file.id)
        if n > MAX_ATTRIBUTES:
            raise ScanFileError(path, "the attributes", f"be at most {MAX_ATTRIBUTES}", n)
        for i in range(n):
            attribute = h5py.h5a.open(file.id, index=i)
            name, kind, size = attribute.name, attribute.get_type(), attribute.get_storage_size()
            try:
                name = name.decode("utf-8")
            except UnicodeDecodeError:
                raise ScanFileError(path, "the name of an attribute", "be UTF-8 text", name[:20]) from None
            what = f"attribute {shown(name, 40)}"
            if size > MAX_ATTRIBUTE_BYTES:
                raise ScanFileError(path, what, f"be at most {MAX_ATTRIBUTE_BYTES} bytes", f"{size} bytes")
            if kind.get_class() not in (h5py.h5t.STRING, h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM):
                raise ScanFileError(path, what, "be text or numbers", f"HDF5 type class {kind.get_class()}")
            with from_the_depths(path, what):
                value = file.attrs[name]
            result[name] = _plain(path, what, value)
    return result


def _plain(path, what: str, value):
    """An attribute's value in Python's own types."""
    if isinstance(value, h5py.Empty):
        return ""
    if isinstance(value, np.ndarray):
        return [_plain(path, what, v) for v in value.ravel()]
    if isinstance(value, (bytes, str)):
        if len(value) > MAX_ATTRIBUTE_BYTES:
            raise ScanFileError(path, what, f"be at most {MAX_ATTRIBUTE_BYTES} bytes", f"{len(value)}")
        try:  # h5py hides undecodable bytes in surrogates
            return value.decode("utf-8") if isinstance(value, bytes) else value.encode("utf-8").decode("utf-8")
        except UnicodeError:
            raise ScanFileError(path, what, "be UTF-8 text", shown(value, 40)) from None
    return value.item()
