"""What a file must be: the limits, and the one sentence that a file which breaks a rule gets."""

import re
import warnings
from contextlib import contextmanager
from pathlib import Path

MAX_AXIS = 8192  # samples along y or x
MAX_COILS = 1024
MAX_SLICES = 100_000
MAX_SLICE_BYTES = 2**30  # one slice, and one compressed block, must fit in memory
MAX_CHUNKS = 2**16  # compressed blocks of one slice
MAX_RATIO = 1100  # gzip cannot do better than 1032 : 1
SMALLEST, LARGEST = 1e-15, 1e15  # of the largest number of a slice, in single precision
MAX_ATTRIBUTES = 256  # more are not looked at
MAX_ATTRIBUTE_BYTES = 2**16


class ScanFileError(ValueError):
    """A file that cannot be used: "FILE: WHAT must RULE, got VALUE." `what` is the part at fault."""

    def __init__(self, path, what: str, rule: str, value):
        self.path, self.what, self.rule, self.value = str(path), what, rule, value
        sentence = f"{Path(path).name}: {what} must {rule}, got {value}."
        super().__init__(" ".join(sentence.split()))


class ScanFileWarning(UserWarning):
    """Something optional in a file is not what it should be, and was left out: one sentence."""


def ignore(path, error: ScanFileError) -> None:
    """Say that an optional part is left out. A claim of absurd memory is damage, whatever part makes it."""
    if out_of_memory(error):
        raise error
    sentence = f"{Path(path).name}: {error.what} is ignored: it must {error.rule}, got {error.value}."
    warnings.warn(" ".join(sentence.split()), ScanFileWarning, stacklevel=3)


def out_of_memory(error: ScanFileError) -> bool:
    return "damage" in str(error.value) and ("alloc" in str(error.value) or "MemoryError" in str(error.value))


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


def check_kspace_values(path, i: int, kspace, mask) -> None:
    """One slice (coil, y, x): finite, not empty, zero outside mask (y, x). Coil by coil: it needs no second slice."""
    import numpy as np

    largest = 0.0
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
        largest = max(largest, float(np.abs(coil.real).max()), float(np.abs(coil.imag).max()))
    if not largest:
        raise ScanFileError(path, "kspace", "hold a signal", f"zeros everywhere in slice {i}")
    if not SMALLEST <= largest <= LARGEST:
        rule = f"have its largest number in {SMALLEST:g}..{LARGEST:g}, whose squares can be summed (scale it)"
        raise ScanFileError(path, "kspace", rule, f"{largest:.3g} in slice {i}")
