"""The HDF5 side of a file: datasets and attributes, looked at before anything is allocated.

Only what lies in the file itself is read: no links, no virtual datasets, no outside storage. Blocks compressed with
gzip are unpacked under a limit first, so that a small file cannot ask for all the memory.
"""

import itertools
import math
import zlib
from pathlib import Path

import h5py

from .formats import check_is_hdf5
from .rules import MAX_CHUNKS, MAX_RATIO, MAX_SLICE_BYTES, ScanFileError, from_the_depths, shown

FILTERS = {
    h5py.h5z.FILTER_DEFLATE: "gzip",
    h5py.h5z.FILTER_SHUFFLE: "shuffle",
    h5py.h5z.FILTER_FLETCHER32: "fletcher32",
}


def open_hdf5(path) -> h5py.File:
    check_is_hdf5(path)
    with from_the_depths(path, "the file"):
        return h5py.File(path, "r", locking=False)


def dataset(path, file: h5py.File, name: str, required: bool = False) -> h5py.Dataset | None:
    """The dataset `name` of the root, if it lies in this very file and can be read; None where there is none."""
    with from_the_depths(path, name):
        links = file.id.links
        if not links.exists(name.encode()):
            if not required:
                return None
            found = ", ".join(shown(n, 30) for n in itertools.islice(file, 6)) or "nothing"
            raise ScanFileError(path, "the file", f"hold a dataset named {name}", found)
        kind = links.get_info(name.encode()).type
        if kind != h5py.h5l.TYPE_HARD:
            raise ScanFileError(
                path,
                name,
                "lie in the file itself",
                "an external link" if kind == h5py.h5l.TYPE_EXTERNAL else "a soft link",
            )
        found = file[name]
        if not isinstance(found, h5py.Dataset):
            raise ScanFileError(path, name, "be a dataset", f"a {type(found).__name__.lower()}")
        creation = found.id.get_create_plist()
        if creation.get_layout() == h5py.h5d.VIRTUAL:
            raise ScanFileError(path, name, "lie in the file itself", "a virtual dataset that points elsewhere")
        if creation.get_external_count():
            raise ScanFileError(path, name, "lie in the file itself", "storage in another file")
        if found.shape is None:
            raise ScanFileError(path, name, "hold numbers", "an empty dataset without axes")
        _ = found.dtype  # raises where the type cannot be told
    return found


def check_storage(path, ds: h5py.Dataset, name: str) -> None:
    """The bytes that the header declares are there, within what compression can do."""
    with from_the_depths(path, name):
        creation, stored, size = ds.id.get_create_plist(), ds.id.get_storage_size(), Path(path).stat().st_size
        declared = math.prod(ds.shape) * ds.id.get_type().get_size()
        if creation.get_layout() == h5py.h5d.CONTIGUOUS:
            start = ds.id.get_offset()
            if start is None or stored == 0:
                raise ScanFileError(
                    path, name, "hold its data", f"a header that declares {declared} bytes and none written"
                )
            if stored != declared or start + stored > size:
                raise ScanFileError(
                    path, name, "hold the bytes its header declares", f"{declared} declared in a file of {size}"
                )
        elif creation.get_layout() == h5py.h5d.CHUNKED:
            filters = [creation.get_filter(i)[0] for i in range(creation.get_nfilters())]
            for code in filters:
                if code not in FILTERS or filters.count(code) > 1:
                    raise ScanFileError(
                        path, name, "be stored plain or with gzip, shuffle and fletcher32", f"filters {filters}"
                    )
            if stored == 0:
                raise ScanFileError(
                    path, name, "hold its data", f"a header that declares {declared} bytes and none written"
                )
            if stored > size or declared > MAX_RATIO * stored:
                rule = f"hold the bytes its header declares (compressed at most {MAX_RATIO} times)"
                raise ScanFileError(path, name, rule, f"{declared} declared and {stored} stored")


def check_blocks(path, ds: h5py.Dataset, name: str, i: int | None = None, axis: int = 0) -> None:
    """The compressed blocks of slice `i` along `axis` (None: all): in the file, unpacked no larger than declared."""
    if ds.chunks is None:
        return
    with from_the_depths(path, name):
        block = math.prod(ds.chunks) * ds.id.get_type().get_size()
        if block > MAX_SLICE_BYTES:
            raise ScanFileError(
                path, name, f"be stored in blocks of at most {MAX_SLICE_BYTES >> 20} MiB", f"chunks {ds.chunks}"
            )
        starts = [range(0, n, c) for n, c in zip(ds.shape, ds.chunks, strict=True)]
        if i is not None:
            size = ds.chunks[axis]
            starts[axis] = range(i // size * size, i + 1, size)
        n_blocks = math.prod(len(r) for r in starts)
        if n_blocks > MAX_CHUNKS:
            raise ScanFileError(
                path, name, f"have at most {MAX_CHUNKS} blocks a slice", f"{n_blocks} with chunks {ds.chunks}"
            )
        creation, size = ds.id.get_create_plist(), Path(path).stat().st_size
        filters = [creation.get_filter(k)[0] for k in range(creation.get_nfilters())]
        for corner in itertools.product(*starts):
            info = ds.id.get_chunk_info_by_coord(corner)
            if not info.size:
                continue  # never written: zeros by HDF5's own rule
            if info.size > block + block // 100 + 4096:
                raise ScanFileError(
                    path, name, f"pack its {block} bytes a block into at most {block + block // 100 + 4096}", info.size
                )
            if info.byte_offset is None or info.byte_offset + info.size > size:
                value = f"a block of {info.size} bytes at {info.byte_offset} in a file of {size}"
                raise ScanFileError(path, name, "have its blocks inside the file", value)
            skipped, packed = ds.id.read_direct_chunk(corner)
            if h5py.h5z.FILTER_DEFLATE in filters and not skipped >> filters.index(h5py.h5z.FILTER_DEFLATE) & 1:
                unpacker = zlib.decompressobj()
                unpacked = len(unpacker.decompress(packed, block + 5))
                if unpacked > block + 4:
                    raise ScanFileError(
                        path, name, f"unpack to its declared {block} bytes a block", "a block that grows beyond them"
                    )
                if not unpacker.eof and unpacked < block:
                    raise ScanFileError(
                        path, name, f"unpack to its declared {block} bytes a block", f"{unpacked} bytes"
                    )
