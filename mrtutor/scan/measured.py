"""Stored is not measured: which samples of a k-space that arrived filled up with zeros the scanner really measured."""

import numpy as np

PATCH = 5  # a patch of zeros this wide and high is no accident, however coarsely the samples are rounded
STRAYS = 0.01  # single zeros that are fewer than this share of the samples are accidents
NEARLY = 0.1  # as many samples to a zero that miss being zero by one part: rounding makes both


def measured(kspace: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(coil, y, x) and what the file calls measured (1, y, x) bool -> what was measured, (1, y, x) bool.

    A sample that is exactly zero in all coils counts as not measured if it lies in a whole line, a whole column or a
    patch of 5 x 5 of such zeros; the other zeros count too, unless they are few (under 1 %) or made by rounding.

    So skipped lines and points, zero-filled ends, partial echoes and elliptical shutters are found, while a dead sample
    or a weak signal stored as whole numbers changes nothing: where samples are rounded to zero, others are zero but for
    one part (real or imaginary, of one coil). A drawn square without noise, whose spectrum is zero along whole lines,
    cannot be told from skipped lines.
    """
    zero = (kspace == 0).all(0)
    if not zero.any():
        return mask
    skipped = _lines_and_patches(zero)
    others = zero & ~skipped & mask[0]
    if not _rounded(kspace, others):
        skipped = zero if others.sum() >= STRAYS * zero.size else _grown(skipped, zero)
    return mask & ~skipped


def _lines_and_patches(zero: np.ndarray) -> np.ndarray:
    """Whole lines and columns, and among the rest patches of PATCH x PATCH, or as wide as the matrix."""
    from scipy.ndimage import binary_opening

    rows, columns = (~np.asarray(zero.all(axis)) for axis in (1, 0))
    rest = zero[np.ix_(rows, columns)]
    skipped = ~(rows[:, None] & columns)
    if rest.size:  # else all is zero
        skipped[np.ix_(rows, columns)] = binary_opening(rest, np.ones([min(PATCH, n) for n in rest.shape], bool))
    return skipped


def _grown(seeds: np.ndarray, zero: np.ndarray) -> np.ndarray:
    """All zeros that hang together with the seeds, by their sides: the steps of a round edge."""
    from scipy.ndimage import binary_propagation

    return binary_propagation(seeds, mask=zero)


def _rounded(kspace: np.ndarray, zeros: np.ndarray) -> bool:
    parts = sum((coil.real != 0).astype(np.int16) + (coil.imag != 0) for coil in kspace)
    return bool(np.sum(parts == 1) > NEARLY * zeros.sum() > 0)
