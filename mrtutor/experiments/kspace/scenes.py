"""Chapter 1, what the reader moves: spacing, extent, the width of the field; see `failing` for what fails.

Each function takes the slice and returns its widget; captions follow the slice.
"""

import torch

from ...scan import Scan
from ...widgets import Control, View, compare, explore, image, line
from ..common.cases import as_one_coil, whose
from .claims import nyquist
from .failing import at_random, first_rung, half_and_mirror, paint, zero_filled
from .folding import object_only, prescribe
from .slices import case, dots, spot

__all__ = [
    "at_random",
    "case",
    "directions",
    "every_second",
    "field_of_view",
    "first_rung",
    "half_and_mirror",
    "one_dot",
    "paint",
    "spread_or_centre",
    "two_views",
    "zero_filled",
]


def every_second(case: Scan, keep=(1, 2, 3, 4)) -> View:
    """The chapter's first control: keep every line, every 2nd, 3rd, 4th."""
    return explore(
        case,
        acceleration=Control(list(keep), "Keep every"),
        panes=["full", "image", "kspace"],
        window=(0, 0.7),
        marks=spot(case),
        key="every-second",
        alt=(
            "Full scan, picture and k-space of one head. With every second line kept, two sharp, half-bright "
            "heads lie on top of each other, half a field of view apart along phase encoding."
        ),
        caption=f"{whose(case)}, {as_one_coil(case)}. PE: phase encoding. Move “keep every” from 1 to 2, then to 3.",
    )


def spread_or_centre(case: Scan) -> View:
    """The same number of lines, spread to the edge of k-space or taken from its centre."""
    return explore(
        case,
        acceleration=Control([2, 3, 4], "Keep one in"),
        pattern=Control(["equispaced", "centre only"], "Which lines", names=["spread to the edge", "only the centre"]),
        panes=["image", "kspace"],
        window=(0, 0.6),
        start={"acceleration": 4},
        key="spacing-extent",
        alt=(
            "The same number of lines, spread out or only from the centre. Spread out: several sharp heads. "
            "Centre only: one blurred head."
        ),
        caption=f"{whose(case)}, {as_one_coil(case)}. Both patterns take the same minutes.",
    )


def two_views(case: Scan) -> View:
    """R copies in the whole field, or the one folded head that a scanner shows."""
    return explore(
        case,
        acceleration=Control([2, 3, 4], "Keep every"),
        view=Control(["whole field", "scanner"], "Show"),
        panes=["full", "image"],
        window=(0, 0.7),
        key="two-views",
        alt=(
            "At R = 2 the whole field shows two heads; as the scanner would show it, one folded head fills half "
            "the field."
        ),
        caption=f"{whose(case)}, {as_one_coil(case)}.",
    )


def one_dot(case: Scan) -> View:
    """The image of one bright dot for four ways to measure."""
    curves = dots(case).items()
    return compare(
        {name: line({"one dot": curve}, "mm along phase encoding", "height") for name, curve in curves},
        columns=2,
        key="dots",
        alt=(
            "Four curves of the image of one bright dot. All lines: one narrow peak. Every second line: two "
            "equal peaks half a field apart. Central quarter: one peak four times as wide. A quarter at random: "
            "one peak over a low uneven floor."
        ),
        caption=(
            "The image of one bright dot, its own peak scaled to 1. Regular gaps give copies, a missing edge "
            "gives width, random gaps give a floor."
        ),
    )


def field_of_view(case: Scan, fields=(1.25, 1.1, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5)) -> View:
    """The field shrinks along phase encoding; `fields` are its widths, the widest first, in widths of the head."""
    head, width = object_only(case.image)
    energy = nyquist(case.image, fields)["energy"]
    folded = [100 * f for f in fields], [100 * energy[f] for f in fields]

    def panes(field: float) -> dict:
        fov = round(field * width)
        picture = prescribe(head, fov).abs()
        shown = torch.nn.functional.pad(picture, ((round(fields[0] * width) - fov) // 2,) * 2)
        here = [100 * field] * 2, [0, 100 * max(energy.values())]
        return {
            "picture": image(shown, scan=case, corner=f"field {field:.0%} of the head"),
            "folded": line(
                {"folded in": folded, "you are here": here},
                "field of view, % of the head's width",
                "signal at the wrong place, %",
            ),
        }

    return compare(
        panes,
        {"field": Control(list(fields), "Field of view", names=[f"{f:.0%}" for f in fields])},
        scan=case,
        key="nyquist",
        alt=(
            "The field of view shrinks along phase encoding. Down to the width of the head nothing folds; below "
            "it the signal at the wrong place rises steadily."
        ),
        caption=f"{whose(case)}. The voxel stays the same: fewer lines, farther apart.",
    )


def directions(case: Scan) -> View:
    """Swap phase encoding and readout; skip readout samples."""
    return explore(
        case,
        acceleration=Control([1, 2, 3], "Keep every"),
        swap=[False, True],
        oversampling=[2, 1],
        panes=["image", "kspace"],
        window=(0, 0.8),
        key="directions",
        alt=(
            "Swapping the phase-encoding direction turns the fold with it. Dropping every second readout sample "
            "folds the head along readout, and would save no time."
        ),
        caption=(
            f"{whose(case)}, {as_one_coil(case)}. Swap phase encoding: the fold turns with it. Skipped readout "
            "samples fold as well, and save no time."
        ),
    )
