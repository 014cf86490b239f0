"""What a file says about its picture: how it stands, letters, pixel size, label; text from a list, never evaluated."""

import math
from pathlib import Path

from ..sources import by_source
from .header import SAME, HeaderError, voxel_of
from .orientation import LETTERS, UPRIGHT
from .rules import ScanFileError, ignore, shown

DISPLAY = {"img": "as is", "img.T": "transpose"}  # how an earlier converter put it


def about(
    path, attributes: dict, header: bytes, shape: tuple[int, int], upright=None, letters=None, label=None
) -> dict:
    """The fields of a `Scan` that describe its picture: arguments, our own attributes, what is known of the source.

    An attribute or a header that breaks its rule is left out with a `ScanFileWarning`.
    """
    known = by_source(attributes.get("source"))
    if upright is None:
        upright = known.upright if known and "upright" not in attributes else _upright(path, attributes)
    elif upright not in UPRIGHT:
        raise ValueError(f"upright must be one of {', '.join(UPRIGHT)}, got {upright!r}")
    if letters is None:
        letters = known.letters if known and "letters" not in attributes else _letters(path, attributes)
    if label is None:
        label = known.label if known and "label" not in attributes else _label(path, attributes)
    if known and "voxel_mm" not in attributes:
        voxel = known.voxel_mm if known.matrix == tuple(shape) else None  # of another matrix nobody told the voxel
    else:
        voxel = _voxel(path, attributes, header, shape)
    real = attributes.get("real", True)
    return {
        "upright": upright,
        "letters": tuple(letters),
        "label": label,
        "voxel_mm": voxel or (1.0, 1.0),
        "voxel_known": voxel is not None,
        "real": bool(real) if isinstance(real, (bool, int)) else True,
    }


def _upright(path, attributes) -> str:
    upright = attributes.get("upright", DISPLAY.get(str(attributes.get("display")), "as is"))
    if isinstance(upright, str) and upright in UPRIGHT:
        return upright
    ignore(path, ScanFileError(path, "attribute 'upright'", f"be one of {', '.join(UPRIGHT)}", shown(upright)))
    return "as is"


def _letters(path, attributes) -> tuple:
    letters = tuple(str(attributes.get("letters", ",,,")).split(","))
    if len(letters) == 4 and all(letter in LETTERS for letter in letters):
        return letters
    rule = "be four of R, L, A, P, H, F or nothing, with commas between (top,right,bottom,left)"
    ignore(path, ScanFileError(path, "attribute 'letters'", rule, shown(attributes["letters"])))
    return ("", "", "", "")


def _label(path, attributes) -> str:
    """One short line. It may hold anything a stranger wrote: whoever shows it must show it as text."""
    label = attributes.get("label")
    if isinstance(label, str) and label.strip():
        return " ".join(label.split())[:120]
    return f"Your file: {Path(path).name}"


def _voxel(path, attributes, header: bytes, shape) -> tuple[float, float] | None:
    """(y, x) in mm from the attribute `voxel_mm` or the ISMRMRD header; None where neither is, or the two disagree."""
    said, parsed = _said(path, attributes), _parsed(path, header, shape)
    if said and parsed and any(abs(a - b) > SAME * max(a, b) for a, b in zip(said, parsed, strict=True)):
        rule = "be the voxel of the header, {:.4g} x {:.4g} mm".format(*parsed)
        ignore(path, ScanFileError(path, "attribute 'voxel_mm'", rule, "{:.4g} x {:.4g} mm".format(*said)))
        return None
    return said or parsed


def _said(path, attributes) -> tuple[float, float] | None:
    if "voxel_mm" not in attributes:
        return None
    voxel = attributes["voxel_mm"]
    numbers = isinstance(voxel, list) and len(voxel) == 2 and all(type(v) in (int, float) for v in voxel)
    if numbers and _plausible(voxel):
        return (float(voxel[0]), float(voxel[1]))
    rule = "be two sizes (y, x) in mm between 0.01 and 100"
    ignore(path, ScanFileError(path, "attribute 'voxel_mm'", rule, shown(voxel)))
    return None


def _parsed(path, header: bytes, shape) -> tuple[float, float] | None:
    try:
        voxel = voxel_of(header, shape) if header.strip() else None
    except HeaderError as error:
        ignore(path, ScanFileError(path, "ismrmrd_header", "be plain XML", error))
        return None
    return voxel if voxel and _plausible(voxel) else None


def _plausible(voxel) -> bool:
    return all(math.isfinite(v) and 0.01 <= v <= 100 for v in voxel)
