"""Where lesions sit: a map of plausible places for each kind, and a draw from it."""

import numpy as np

STEP = 2  # maps are made on every second pixel


def plausible(kind, tissues, down, right):
    """Odds (y, x), on every STEP-th pixel, that a lesion of this kind has its centre there.

    Plaques: white matter beside the ventricles. Lacunes: deep grey and white matter. Metastases: the border of grey and
    white matter. Microbleeds: anywhere in the parenchyma, off the CSF.
    """
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    mm = (abs(down[STEP] - down[0]), abs(right[STEP] - right[0]))
    csf, grey, white = tissues[:3, ::STEP, ::STEP]
    blur = lambda share, width: gaussian_filter(share, [width / v for v in mm])
    brain = blur(csf + grey + white, 3) > 0.8
    depth = distance_transform_edt(brain, sampling=mm)
    solid, bulk = brain & (blur(csf, 1.5) < 0.15), blur(white, 2)
    if kind == "ms":
        ventricle = (csf > 0.6) & (depth > 28)
        near = distance_transform_edt(~ventricle, sampling=mm) if ventricle.any() else np.full(csf.shape, 12.0)
        return (bulk > 0.8) * np.exp(-near / 8)
    if kind == "infarct":
        return 1.0 * solid * (depth > 25)
    if kind == "metastasis":
        return 1.0 * solid * (depth > 5) * (bulk > 0.35) * (bulk < 0.8)
    return 1.0 * solid * (depth > 6)


def place(odds, down, right, apart_mm, taken, rng):
    """(y, x) in mm from the picture's centre, drawn by the odds, `apart_mm` from those `taken` where there is room.

    Raises ValueError where the level shows no place for it.
    """
    down, right = down[::STEP], right[::STEP]
    far = [np.hypot(down[:, None] - y, right[None, :] - x) > apart_mm for y, x in taken]
    for weight in (odds * np.all(far, axis=0) if far else odds, odds):
        total = np.cumsum(weight.ravel(), dtype=float)
        if total[-1] > 0:
            row, column = divmod(int(np.searchsorted(total, rng.random() * total[-1], side="right")), odds.shape[1])
            return float(down[row]), float(right[column])
    raise ValueError("lesions need a level that has a place for their kind; give `at`, or another level")
