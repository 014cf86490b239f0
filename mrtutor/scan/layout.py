"""Which axis of the stored array is slice, coil, y and x, and how a sample is stored. Known from the header alone."""

from dataclasses import dataclass

from .rules import MAX_AXIS, MAX_COILS, MAX_SLICE_BYTES, MAX_SLICES, ScanFileError, shown

AXES = ("slice", "coil", "y", "x")
LIMITS = {"slice": MAX_SLICES, "coil": MAX_COILS, "y": MAX_AXIS, "x": MAX_AXIS}


def parse_axes(axes) -> tuple[str, ...] | None:
    """ "coil,y,x" or ("coil", "y", "x") -> names; None stays None. ValueError for anything else."""
    if axes is None:
        return None
    names = axes.replace(",", " ").split() if isinstance(axes, str) else axes
    names = tuple(names) if isinstance(names, (list, tuple)) and all(isinstance(n, str) for n in names) else ()
    if not {"y", "x"} <= set(names) <= set(AXES) or len(set(names)) < len(names):
        rule = "name y and x, and slice and coil where there are such, each once, as in 'slice,coil,y,x'"
        raise ValueError(f"axes must {rule}, got {shown(axes)}")
    return names


@dataclass(frozen=True)
class Layout:
    """`names` of the stored axes, in order; `sizes` of slice, coil, y, x (1 where an axis is not stored).

    pairs: the numbers are real, and a last axis of two holds the real and the imaginary part.
    """

    names: tuple[str, ...]
    sizes: dict[str, int]
    pairs: bool

    def to_coil_y_x(self, data):
        """One slice with its axes in stored order -> (coil, y, x)."""
        kept = [name for name in self.names if name != "slice"]
        data = data.transpose([kept.index(name) for name in ("coil", "y", "x") if name in kept])
        return data if "coil" in kept else data[None]


def layout_of(path, shape: tuple, dtype, axes: tuple[str, ...] | None = None) -> Layout:
    """The layout of the dataset kspace: by `axes` where they are given, else (slice, coil, y, x) or (slice, y, x)."""
    pairs = dtype.kind in "fiu" and len(shape) > 2 and shape[-1] == 2
    stored = shape[:-1] if pairs else shape
    if axes is None and len(stored) not in (3, 4):
        rule = "have the axes (slice, coil, y, x), or (slice, y, x) of a single coil, or be read with axes='...'"
        raise ScanFileError(path, "kspace", rule, f"{len(shape)} axes {shape}")
    if axes is not None and len(axes) != len(stored):
        raise ScanFileError(path, "kspace", f"have the axes ({', '.join(axes)})", f"{len(shape)} axes {shape}")
    if not pairs and (dtype.kind != "c" or dtype.itemsize not in (8, 16)):
        rule = "be complex64 or complex128 (or real and imaginary part along a last axis of 2)"
        raise ScanFileError(path, "kspace", rule, dtype)
    names = axes or (AXES if len(stored) == 4 else ("slice", "y", "x"))
    sizes = {"slice": 1, "coil": 1, **dict(zip(names, stored, strict=True))}
    for name, n in zip(names, stored, strict=True):
        if n < 1:
            raise ScanFileError(path, "kspace", f"have 1 or more along {name}", f"{n} in shape {shape}")
        if n > LIMITS[name]:
            raise ScanFileError(path, "kspace", f"have at most {LIMITS[name]} along {name}", f"{n} in shape {shape}")
    megabytes = 8 * sizes["coil"] * sizes["y"] * sizes["x"] >> 20
    if megabytes > MAX_SLICE_BYTES >> 20:
        rule = f"have slices of at most {MAX_SLICE_BYTES >> 20} MiB"
        raise ScanFileError(path, "kspace", rule, f"{megabytes} MiB in shape {shape}")
    return Layout(names, sizes, pairs)
