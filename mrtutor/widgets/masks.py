"""The explorer's masks: made here by `mrtutor.sampling`, shipped as bits, so that page and Python measure the same
lines.
"""

from itertools import product

import numpy as np
import torch

from .pack import Packer, to_numpy

MASK_CONTROLS = ("pattern", "acceleration", "n_acs", "seed", "offset", "swap")  # the order of the table's index


def _direction(value, geo):
    vertical = (geo["pe"] == "vertical") != bool(value)
    top, right, bottom, left = geo["letters"] or ("", "", "", "")
    ends = (top, bottom) if vertical else (right, left)
    return "–".join(ends) if all(ends) else "up–down" if vertical else "left–right"


CONTROLS = {  # parameter: label, unit, what a value is called on screen
    "acceleration": ("Acceleration R", "", None),
    "pattern": ("Pattern", "", None),
    "n_acs": ("Calibration lines", "", None),
    "seed": ("Random draw", "", None),
    "offset": ("Grid through line", "", lambda v, geo: "centre" if v is None else str(v)),
    "coils": ("Coils", "", lambda v, geo: "all" if v is None else str(v)),
    "noise": ("Noise", "", lambda v, geo: f"{100 * v:g} %"),
    "partial_fourier": ("Lines measured", "", lambda v, geo: f"{100 * v:g} %"),
    "fill": ("Missing side", "", lambda v, geo: {"zeros": "zeros", "mirror": "mirrored"}.get(v, str(v))),
    "swap": ("Phase encoding", "", _direction),
    "phase": ("Signal phase", "", lambda v, geo: "real" if v else "none"),
    "oversampling": ("Readout samples", "", lambda v, geo: "all" if v == 2 else "every 2nd"),
    "lost_line": ("Line lost", "", lambda v, geo: "none" if v is None else "centre" if v == 0 else f"{v:+d}"),
    "spike": ("Spike", "", lambda v, geo: "none" if v == 0 else f"{v:g}"),
    "view": (
        "View",
        "",
        lambda v, geo: {"whole field": "whole field", "scanner": "as the scanner would"}.get(v, str(v)),
    ),
}


def make_mask(shape, state: dict, functions: dict | None = None) -> torch.Tensor:
    """The mask (1, y, x) of one state; with `swap`, lines run along the other direction.

    Raises ValueError when the pattern does not allow the state (its own sentence).
    """
    from ..sampling import PATTERNS, default_n_acs, equispaced

    functions = functions or PATTERNS
    name, acceleration = state["pattern"], state["acceleration"]
    if name not in functions:
        raise ValueError(f"pattern must be one of {', '.join(functions)}, got {name!r}")
    shape = tuple(shape[::-1]) if state["swap"] else tuple(shape)
    n_acs = default_n_acs(acceleration, shape[-1]) if state["n_acs"] == "default" else state["n_acs"]
    if name == "equispaced" and functions is PATTERNS:
        mask = equispaced(shape, acceleration, n_acs, state["offset"])
    else:
        mask = functions[name](shape, acceleration, n_acs, torch.Generator().manual_seed(int(state["seed"])))
    return mask.transpose(-1, -2) if state["swap"] else mask


def mask_table(packer: Packer, shape, by_name: dict, functions=None) -> list:
    """One entry a combination of MASK_CONTROLS: a block (of lines, or of points), or the sentence why there is none."""
    table = []
    for values in product(*(by_name[name] for name in MASK_CONTROLS)):
        state = dict(zip(MASK_CONTROLS, values, strict=True))
        try:
            table.append(_block(packer, make_mask(shape, state, functions), state["swap"]))
        except ValueError as error:
            if "must be one of" in str(error):
                raise
            table.append(str(error))
    if all(isinstance(entry, str) for entry in table):
        raise ValueError(f"no state of this explorer has a mask: {table[0]}")
    return table


def partial_table(packer: Packer, shape, by_name: dict) -> list:
    """The partial Fourier cut for each (fraction, swap)."""
    from ..sampling import partial_fourier

    table = []
    for fraction, swap in product(by_name["partial_fourier"], by_name["swap"]):
        mask = partial_fourier(tuple(shape[::-1]) if swap else tuple(shape), fraction)
        table.append(_block(packer, mask.transpose(-1, -2) if swap else mask, swap))
    return table


def _block(packer: Packer, mask, swap) -> dict:
    points = to_numpy(mask)[0].astype(bool)
    lines = points[:, 0] if swap else points[0]
    whole = lines[:, None] if swap else lines[None, :]
    return packer.bits(lines if np.array_equal(points, np.broadcast_to(whole, points.shape)) else points)
