"""How a stored picture is turned to stand upright: eight ways, chosen from a list by name, never evaluated."""

import numpy as np
from torch import Tensor


def _flip(array, axis: int):
    return array.flip(axis) if isinstance(array, Tensor) else np.flip(array, axis)


def _transpose(array):
    return array.swapaxes(-1, -2)


# The first step moves phase encoding from the columns to the rows or leaves it there; the flips come after it.
UPRIGHT = {
    "as is": lambda a: a,
    "flip y": lambda a: _flip(a, -2),
    "flip x": lambda a: _flip(a, -1),
    "rotate 180": lambda a: _flip(_flip(a, -2), -1),
    "transpose": _transpose,
    "rotate 90": lambda a: _flip(_transpose(a), -2),  # counter-clockwise
    "rotate 270": lambda a: _flip(_transpose(a), -1),
    "transpose and rotate 180": lambda a: _flip(_flip(_transpose(a), -2), -1),
}
BACK = {name: {"rotate 90": "rotate 270", "rotate 270": "rotate 90"}.get(name, name) for name in UPRIGHT}
SWAPS_AXES = frozenset({"transpose", "rotate 90", "rotate 270", "transpose and rotate 180"})
LETTERS = frozenset({"", "R", "L", "A", "P", "H", "F"})  # "" where the side is not known


def turn(array, upright: str):
    """`array` (…, y, x), NumPy or torch, turned upright. Flips reverse the order of the pixels."""
    return UPRIGHT[upright](array)


def turn_letters(letters: tuple, before: str, after: str) -> tuple:
    """Letters (top, right, bottom, left) of a picture turned by `before`, for the same picture turned by `after`."""
    top, right, bottom, left = letters
    cross = np.array([["", top, ""], [left, "", right], ["", bottom, ""]])
    cross = turn(turn(cross, BACK[before]), after)
    return tuple(str(cross[place]) for place in ((0, 1), (1, 2), (2, 1), (1, 0)))
