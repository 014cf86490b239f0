"""Siemens raw data (TWIX, .dat) to k-space [slice, coil, y, x]; the header with the patient's name is not passed on."""

import numpy as np

INSTALL = "Siemens raw data needs the package twixtools, which is not installed: pip install twixtools"


def require_twixtools():
    """The package twixtools, or one sentence on how to get it."""
    try:
        import twixtools
    except ImportError:
        raise ImportError(INSTALL) from None
    return twixtools


def read_twix(path) -> tuple[np.ndarray, np.ndarray]:
    """The image lines of the last measurement: k-space complex64 (slice, coil, y = column, x = line), lines measured
    (x,) bool.

    2-D Cartesian scans of one echo and one set. A line measured more than once is averaged. Lines with the reflect flag
    are reversed. Where the sequence gave no line numbers (all are 0), the order of acquisition is the order of the
    lines, and several slices cannot be told apart. Partial echoes and partial Fourier get zeros where nothing was
    measured. Oversampling along readout is kept; nothing is turned, scaled or filtered. Raises ValueError when there
    are no image lines, or more dimensions than that.
    """
    twixtools = require_twixtools()
    measurement = twixtools.read_twix(
        str(path), parse_prot=False, parse_pmu=False, parse_geometry=False, verbose=False
    )[-1]
    lines = [block for block in measurement["mdb"] if block.is_image_scan()]
    if not lines:
        raise ValueError(f"{path} must hold image lines, got none in its last measurement")
    for counter in ("cEco", "cSet", "cPar", "cPhs", "cRep"):
        if len({getattr(line, counter) for line in lines}) > 1:
            raise ValueError(f"{path} must be a 2-D scan of one echo, got several values of the counter {counter[1:]}")
    x, z = np.array([line.cLin for line in lines]), np.array([line.cSlc for line in lines])
    if len(lines) > 1 and not x.any() and not z.any():
        x = np.arange(len(lines))  # unlabelled: one line after another
    n_coils, n_columns = lines[0].data.shape
    total = np.zeros((z.max() + 1, n_coils, n_columns, x.max() + 1), np.complex64)
    count = np.zeros((z.max() + 1, 1, 1, x.max() + 1), np.float32)
    for line, slice_, column in zip(lines, z, x, strict=True):
        total[slice_, :, :, column] += line.data[:, ::-1] if line.is_flag_set("REFLECT") else line.data
        count[slice_, :, :, column] += 1
    kspace, measured = total / np.maximum(count, 1), np.asarray(count.any((0, 1, 2)))
    if not any(line.is_flag_set("REFLECT") for line in lines):
        kspace = _in_the_middle(kspace, -2, lines[0].mdh.CenterCol)
    return _in_the_middle(kspace, -1, lines[0].mdh.CenterLin), _in_the_middle(measured, -1, lines[0].mdh.CenterLin)


def _in_the_middle(array: np.ndarray, axis: int, centre: int) -> np.ndarray:
    """Zeros at the shorter side, so that the `centre` of a partial echo or of partial Fourier lies at n // 2.

    A centre that is not given (0), lies outside or is off by 1/16 or less moves nothing.
    """
    n = array.shape[axis]
    if not 0 < centre < n or abs(centre - n // 2) <= n / 16:
        return array
    whole = 2 * max(centre, n - centre)
    sides = [(0, 0)] * array.ndim
    sides[axis] = (whole // 2 - centre, whole - n - (whole // 2 - centre))
    return np.pad(array, sides)


def to_hdf5(path, result):
    """Your own Siemens raw data as fastMRI-style HDF5 at `result`, for `scan.read`; nothing of the header is kept.

    Raises what `read_twix` raises. Returns the path of the result.
    """
    from .scan.saving import save

    kspace, lines = read_twix(path)
    mask = np.broadcast_to(lines, kspace.shape[-2:])
    return save(result, iter(kspace), len(kspace), mask, {"axes": "slice, coil, y (readout), x (phase encoding)"})
