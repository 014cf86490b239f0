"""Turning a picture upright in the front end: one of eight turns, found from what `scan.stand_up` does to a grid."""

import numpy as np


def geometry(scan) -> dict:
    """Of a `Scan` (or None): the turn [transpose, flip rows, flip columns], letters, arrow, voxel size, label.

    The turn means: transpose first, then flip. Letters are (top, right, bottom, left) of the upright picture. The
    arrow says along which direction of the upright picture the phase encoding runs.
    """
    if scan is None:
        return {
            "turn": [False, False, False],
            "letters": None,
            "pe": None,
            "mm": [1.0, 1.0],
            "mm_known": True,
            "label": "",
            "real": None,
        }
    probe = np.arange(6).reshape(2, 3)
    upright = np.asarray(scan.stand_up(probe))
    transpose = upright.shape != probe.shape
    plain = probe.T if transpose else probe
    for flip_rows in (False, True):
        for flip_columns in (False, True):
            turned = plain[::-1] if flip_rows else plain
            turned = turned[:, ::-1] if flip_columns else turned
            if np.array_equal(turned, upright):
                turn = [transpose, flip_rows, flip_columns]
    return {
        "turn": turn,
        "letters": list(scan.letters) if any(scan.letters) else None,
        "pe": scan.phase_encoding,
        "mm": [float(v) for v in scan.voxel_mm],
        "mm_known": bool(getattr(scan, "voxel_known", True)),
        "label": str(scan.label),
        "real": bool(scan.real),
    }


def is_scan(thing) -> bool:
    """Anything with k-space and a way to stand upright."""
    return hasattr(thing, "stand_up") and hasattr(thing, "kspace")


def picture(thing, scan=None) -> tuple[np.ndarray, dict]:
    """A `Scan`, an array or a pane made by `image(…)` as (values (y, x), {show, window, geometry})."""
    from .panes import Pane, image

    if is_scan(thing):
        scan, thing = thing, thing.image
    data = (thing if isinstance(thing, Pane) else image(thing)).data
    if "array" not in data or data["array"].shape[0] != 1:
        raise ValueError("a picture of a question must be one slice, (y, x) or (1, y, x)")
    kind, array = data["kind"], data["array"][0]
    return np.abs(array) if kind == "complex" else array, {
        "show": "magnitude" if kind == "complex" else kind,
        "window": [float(v) for v in data["window"]] if data["window"] else None,
        "geometry": geometry(data["scan"] if data["scan"] is not None else scan),
    }
