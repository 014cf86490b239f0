"""What a file must be: the limits, and the one sentence that a file which breaks a rule gets."""

import re
from contextlib import contextmanager
from pathlib import Path

MAX_AXIS = 8192  # samples along y or x
MAX_COILS = 1024
MAX_SLICES = 100_000
MAX_SLICE_BYTES = 2**30  # one slice, and one compressed block, must fit in memory
MAX_CHUNKS = 2**16  # compressed blocks of one slice
MAX_RATIO = 1100  # gzip cannot do better than 1032 : 1
MAX_ATTRIBUTES = 256
MAX_ATTRIBUTE_BYTES = 2**16

SIGNATURE = b"\x89HDF\r\n\x1a\n"
OTHER_FORMATS = {
    b"\x93NUMPY": "a NumPy .npy file",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"MATLAB 5.0": "an old MATLAB .mat file",
    b"%PDF": "a PDF",
    b"\x89PNG": "a PNG picture",
    b"CDF": "an old NetCDF file",
}


class ScanFileError(ValueError):
    """A file that cannot be used: "FILE: WHAT must RULE, got VALUE." `what` is the dataset, attribute or file at fault."""

    def __init__(self, path, what: str, rule: str, value):
        self.path, self.what, self.rule, self.value = str(path), what, rule, value
        sentence = f"{Path(path).name}: {what} must {rule}, got {value}."
        super().__init__(" ".join(sentence.split()))


def shown(text, length: int = 60) -> str:
    """Foreign text on one line, quoted and cut: control characters, markup and all stay harmless characters."""
    text = repr(text if isinstance(text, str) else str(text))
    return text if len(text) <= length else text[:length] + "…'"


@contextmanager
def from_the_depths(path, what: str):
    """Around a call into the HDF5 library: whatever a damaged file makes it raise becomes one sentence."""
    try:
        yield
    except ScanFileError:
        raise
    except Exception as error:
        message = str(error.args[0]) if error.args else type(error).__name__
        cut = re.search(r"truncated file: eof = (\d+), .*stored_eof = (\d+)", message)
        if cut:
            raise ScanFileError(
                path, "the file", f"be complete ({cut[2]} bytes by its own header)", f"{cut[1]} bytes"
            ) from None
        raise ScanFileError(
            path, what, "be readable HDF5", f"damage that the library reports as {shown(message, 100)}"
        ) from None


def check_is_hdf5(path) -> None:
    """An existing file with the HDF5 signature, before the library touches it."""
    path = Path(path)
    if not path.exists():
        raise ScanFileError(path, "the file", "exist", f"nothing at {shown(str(path), 200)}")
    if not path.is_file():
        raise ScanFileError(path, "the file", "be a plain file", "a folder" if path.is_dir() else "something else")
    try:
        with open(path, "rb") as stream:
            size, start = path.stat().st_size, stream.read(512)
            offset = 0
            while stream.seek(offset) < size and stream.read(8) != SIGNATURE:
                offset = max(512, 2 * offset)  # a user block may come first
    except OSError as error:
        raise ScanFileError(path, "the file", "be open to reading", error.strerror) from None
    if offset < size:
        return
    if size == 0:
        raise ScanFileError(path, "the file", "be HDF5", "an empty file")
    for first, name in OTHER_FORMATS.items():
        if start.startswith(first):
            raise ScanFileError(path, "the file", "be HDF5", name)
    if start[128:132] == b"DICM":
        raise ScanFileError(path, "the file", "be HDF5 with raw k-space", "DICOM, which holds finished pictures")
    if all(32 <= byte < 127 or byte in b"\t\r\n" for byte in start):
        raise ScanFileError(path, "the file", "be HDF5", f"text that begins {shown(start[:40].decode())}")
    raise ScanFileError(path, "the file", "be HDF5", f"other first bytes, {start[:8].hex(' ')}")


def check_kspace_layout(path, shape: tuple, dtype) -> None:
    """Rank, axes, size and number type of `kspace`, from its header alone."""
    if len(shape) not in (3, 4):
        rule = "have the axes (slice, coil, y, x), or (slice, y, x) of a single coil"
        raise ScanFileError(path, "kspace", rule, f"{len(shape)} axes {shape}")
    if dtype.kind != "c" or dtype.itemsize not in (8, 16):
        raise ScanFileError(path, "kspace", "be complex64 or complex128", dtype)
    names = ("slice", "coil", "y", "x") if len(shape) == 4 else ("slice", "y", "x")
    limits = {"slice": MAX_SLICES, "coil": MAX_COILS, "y": MAX_AXIS, "x": MAX_AXIS}
    for name, n in zip(names, shape, strict=True):
        if n < 1:
            raise ScanFileError(path, "kspace", f"have 1 or more along {name}", f"{n} in shape {shape}")
        if n > limits[name]:
            raise ScanFileError(path, "kspace", f"have at most {limits[name]} along {name}", f"{n} in shape {shape}")
    slice_bytes = 8
    for n in shape[1:]:
        slice_bytes *= n
    if slice_bytes > MAX_SLICE_BYTES:
        raise ScanFileError(
            path,
            "kspace",
            f"have slices of at most {MAX_SLICE_BYTES >> 20} MiB",
            f"{slice_bytes >> 20} MiB in shape {shape}",
        )


def check_kspace_values(path, i: int, kspace, mask) -> None:
    """One slice (coil, y, x): finite, not empty, zero outside mask (y, x). Coil by coil, so that it needs no second slice."""
    import numpy as np

    anything = False
    for c, coil in enumerate(kspace):
        bad = np.argwhere(~np.isfinite(coil))
        if len(bad):
            y, x = (int(v) for v in bad[0])
            raise ScanFileError(
                path, "kspace", "hold finite numbers", f"{complex(coil[y, x])} at slice {i}, coil {c}, y {y}, x {x}"
            )
        outside = np.argwhere((coil != 0) & ~mask)
        if len(outside):
            y, x = (int(v) for v in outside[0])
            value = f"{complex(coil[y, x])} at slice {i}, coil {c}, y {y}, x {x}"
            raise ScanFileError(path, "kspace", "be zero where mask says that nothing was measured", value)
        anything = anything or bool(coil.any())
    if not anything:
        raise ScanFileError(path, "kspace", "hold a signal", f"zeros everywhere in slice {i}")
