"""Which slice: a whole number of any integer type, and nothing else."""

from operator import index

from .rules import ScanFileError


def is_whole(value) -> bool:
    """A whole number of any integer type; not True, 2.0 or "2"."""
    if isinstance(value, bool) or "bool" in str(getattr(value, "dtype", "")):
        return False
    try:
        index(value)
    except TypeError:
        return False
    return True


def slice_number(value, n_slices: int, path) -> int:
    """`value` as an int in 0..n_slices - 1, or a `ScanFileError` that blames the number and not the file."""
    if is_whole(value) and 0 <= index(value) < n_slices:
        return index(value)
    raise ScanFileError(path, "slice", f"be a whole number in 0..{n_slices - 1}", repr(value))
