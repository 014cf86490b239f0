"""Chapter 2, what the reader moves: the scan that is taken, maps that moved since, the ladder; and all other scenes."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from ... import metrics, sense
from ...encoding import add_noise
from ...fourier import fft2c
from ...sampling import equispaced
from ...scan import Scan
from ...show import in_book
from ...widgets import Control, compare, image
from ...widgets.view import View
from ..common import cases
from ..common.brain import brain, virtual
from ..ladder import rungs as ladder
from .claims import can_tell, head, score
from .scenes_elements import fading, one_by_one, pairs, two_elements
from .scenes_kernel import kernel_slides, limits
from .scenes_unfolding import WINDOW, noise_map, pixel_by_pixel

__all__ = [
    "fading",
    "kernel_slides",
    "limits",
    "mismatched",
    "moved",
    "noise_map",
    "one_by_one",
    "pairs",
    "pixel_by_pixel",
    "second_rung",
    "swapped",
    "taken",
    "two_elements",
    "virtual",
    "where_four_fit",
]

AVERAGES = (1, 4, 16)
SHIFTS = (0, 2, 4, 6)  # pixels
RUNGS = {"zf": "Zero-filled", "cg": "CG-SENSE", "grappa": "GRAPPA"}


def taken(measured: Scan) -> Scan:
    """The reader's scan ready for the chapter; else one printed sentence, and the chapter's own case."""
    chosen = cases.own_or(cases.centre(measured), brain, coils=2)
    if not in_book():
        print("Estimating coil maps, a few seconds …")
    case = cases.prepare(chosen)
    if bool(head(case).any()) and can_tell(case, 2):
        return case
    own = brain()
    print(f"The elements of {case.label or 'your scan'} hear too little, or all the same; here is {own.label} instead.")
    return cases.prepare(own)


def where_four_fit(case: Scan) -> Scan:
    """`case` where its elements can tell four piled places apart, in either direction; else the chapter's own case."""
    if can_tell(case, 4) and can_tell(swapped(case), 4):
        return case
    own = brain()
    print(
        f"Four piled places ask for four elements or more that hear differently; {case.label or 'your scan'} has "
        f"{len(case.maps)}. Where R = 4 this chapter shows its own case: {own.label}."
    )
    return cases.prepare(own)


def swapped(case: Scan) -> Scan:
    """The same slice as if phase encoding ran along the other direction."""
    pairs = {
        "as is": "transpose",
        "flip y": "rotate 90",
        "flip x": "rotate 270",
        "rotate 180": "transpose and rotate 180",
    }
    upright = {**pairs, **{b: a for a, b in pairs.items()}}[case.upright]
    return replace(
        case,
        kspace=case.kspace.mT.contiguous(),
        maps=case.maps.mT.contiguous(),
        mask=case.mask.mT,
        voxel_mm=case.voxel_mm[::-1],
        upright=upright,
    )


def mismatched(
    case: Scan, shift: int, averages: int = 1, acceleration: int = 4, noise: float = 0.02, seed: int = 0
) -> Tensor:
    """SENSE whose maps lie `shift` pixels along phase encoding from where the elements were in the scan: (1, y, x).

    The measured picture is scanned anew through the measured maps, with fresh noise of `noise` / sqrt(averages).
    """
    mask = equispaced(case.image.shape[-2:], acceleration)
    kspace = add_noise(fft2c(case.maps * case.image), noise / math.sqrt(averages), torch.Generator().manual_seed(seed))
    return sense.unfold(mask * kspace, mask, case.maps.roll(shift, -1))


def moved(case: Scan) -> View:
    """R = 4 with maps from a coil that has moved since, and more or fewer averages."""

    def panes(shift, averages):
        picture = mismatched(case, shift, averages)
        copy, wrong = metrics.ghost_index(picture, case.image, 4), metrics.error_map(picture, case.image)
        return {
            "SENSE": image(picture.abs(), window=WINDOW, corner=f"copy {copy:.0%}"),
            "Error": image(wrong, kind="error", gain=5, of=1, corner=f"NMSE {score(picture, case):.1%}"),
        }

    names = [f"{shift * case.voxel_mm[1]:.0f} mm" for shift in SHIFTS]
    return compare(
        panes,
        {
            "shift": Control(list(SHIFTS), "Array moved by", names=names),
            "averages": Control(list(AVERAGES), "Averages"),
        },
        scan=case,
        key="moved",
        alt="With matching maps more averages remove the grain. With maps a few millimetres off, arcs of the skull "
        "remain inside the brain however many averages are taken.",
        caption=f"{case.label}, simulated noise, SENSE at R = 4.",
    )


def second_rung(rungs: dict[str, dict]) -> View:
    """The ladder's slice at R = 4 by each method of `rungs`, beside the full scan."""
    from IPython.display import HTML, display

    display(HTML(ladder.table(rungs)))
    case = ladder.case()
    top = 0.9 * float(case.image.abs().max())
    pictures = {"Full scan": case.image} | {name: row["image"] for name, row in rungs.items()}
    return compare(
        {name: image(picture.abs(), window=(0, top)) for name, picture in pictures.items()},
        scan=case,
        reference="Full scan",
        columns=2,
        key="ladder-2",
        alt="The ladder's slice at R = 4. Zero-filled: copies and blur. CG-SENSE and GRAPPA: no copies, sharper "
        "plaques, grain.",
        caption=f"{case.label}, 8 simulated coils, R = 4 with reference lines, same window.",
    )
