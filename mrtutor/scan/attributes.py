"""The attributes of a file, as plain text and numbers; none of them is worth refusing a file."""

import h5py
import numpy as np

from .rules import MAX_ATTRIBUTE_BYTES, MAX_ATTRIBUTES, ScanFileError, from_the_depths, ignore, out_of_memory, shown

OURS = ("source", "label", "upright", "letters", "display", "voxel_mm", "real")  # the attributes that mean something


def attributes(path, file: h5py.File) -> dict:
    """The file's own attributes as plain text, numbers and lists of them; others are left out, ours not without a word.

    Text is kept to the letter and never interpreted.
    """
    result = {}
    with from_the_depths(path, "the attributes"):
        found = [
            h5py.h5a.open(file.id, index=i).name for i in range(min(h5py.h5a.get_num_attrs(file.id), MAX_ATTRIBUTES))
        ]
        found += [name for ours in OURS if (name := ours.encode()) not in found and h5py.h5a.exists(file.id, name)]
    for name in found:
        try:
            result[name.decode("utf-8")] = _attribute(path, file, name)
        except UnicodeDecodeError:
            pass  # a name of no letters is no name of ours
        except ScanFileError as error:
            if out_of_memory(error) or name.decode("utf-8") in OURS:
                ignore(path, error)
    return result


def _attribute(path, file: h5py.File, name: bytes):
    what = f"attribute {shown(name.decode('utf-8'), 40)}"
    with from_the_depths(path, what):
        attribute = h5py.h5a.open(file.id, name)
        kind, size = attribute.get_type().get_class(), attribute.get_storage_size()
        if size > MAX_ATTRIBUTE_BYTES:
            raise ScanFileError(path, what, f"be at most {MAX_ATTRIBUTE_BYTES} bytes", f"{size} bytes")
        if kind not in (h5py.h5t.STRING, h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM):
            raise ScanFileError(path, what, "be text or numbers", f"HDF5 type class {kind}")
        return _plain(path, what, file.attrs[name])


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
    value = value.item()
    if not isinstance(value, (bool, int, float)):
        raise ScanFileError(path, what, "be text or plain numbers", type(value).__name__)
    return value
