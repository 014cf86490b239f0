"""What a file says about its picture: how it stands, letters, pixel size, label; text from a list, never evaluated."""

import math
import re
from pathlib import Path

from ..sources import by_source
from .orientation import LETTERS, UPRIGHT
from .rules import ScanFileError, shown

DISPLAY = {"img": "as is", "img.T": "transpose"}  # how an earlier converter put it


def about(path, attributes: dict, header: str, shape: tuple[int, int], upright=None, letters=None, label=None) -> dict:
    """The fields of a `Scan` that describe its picture. Arguments come first, then our own attributes, then what is known of the source."""
    known = by_source(attributes.get("source"))
    if upright is None:
        upright = known.upright if known and "upright" not in attributes else _upright(path, attributes)
    elif upright not in UPRIGHT:
        raise ValueError(f"upright must be one of {', '.join(UPRIGHT)}, got {upright!r}")
    if letters is None:
        letters = known.letters if known and "letters" not in attributes else _letters(path, attributes)
    if label is None:
        label = known.label if known and "label" not in attributes else _label(path, attributes)
    voxel = known.voxel_mm if known and "voxel_mm" not in attributes else _voxel(path, attributes, header, shape)
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
    if "upright" not in attributes:
        return DISPLAY.get(str(attributes.get("display")), "as is")
    if attributes["upright"] not in UPRIGHT:
        raise ScanFileError(
            path, "attribute 'upright'", f"be one of {', '.join(UPRIGHT)}", shown(attributes["upright"])
        )
    return attributes["upright"]


def _letters(path, attributes) -> tuple:
    if "letters" not in attributes:
        return ("", "", "", "")
    letters = tuple(str(attributes["letters"]).split(","))
    if len(letters) != 4 or any(letter not in LETTERS for letter in letters):
        rule = "be four of R, L, A, P, H, F or nothing, with commas between (top,right,bottom,left)"
        raise ScanFileError(path, "attribute 'letters'", rule, shown(attributes["letters"]))
    return letters


def _label(path, attributes) -> str:
    """One short line. It may hold anything a stranger wrote: whoever shows it must show it as text."""
    label = attributes.get("label")
    return (
        " ".join(label.split())[:120] if isinstance(label, str) and label.strip() else f"Your file: {Path(path).name}"
    )


def _voxel(path, attributes, header: str, shape) -> tuple[float, float] | None:
    """(y, x) in mm from the attribute `voxel_mm`, or from the field of view in an ISMRMRD header; None where neither is."""
    if "voxel_mm" in attributes:
        voxel = attributes["voxel_mm"]
        numbers = isinstance(voxel, list) and len(voxel) == 2 and all(isinstance(v, (int, float)) for v in voxel)
        if not numbers or not all(math.isfinite(v) and 0.01 <= v <= 100 for v in voxel):
            raise ScanFileError(
                path, "attribute 'voxel_mm'", "be two sizes (y, x) in mm between 0.01 and 100", shown(voxel)
            )
        return (float(voxel[0]), float(voxel[1]))
    field = re.search(
        r"<encodedSpace>.{0,600}?<fieldOfView_mm>\s*<x>([\d.]{1,12})</x>\s*<y>([\d.]{1,12})</y>", header, re.DOTALL
    )
    if not field or any(v.count(".") > 1 or v == "." for v in field.groups()):
        return None
    voxel = tuple(float(v) / n for v, n in zip(field.groups(), shape, strict=True))
    return voxel if all(0.01 <= v <= 100 for v in voxel) else None
