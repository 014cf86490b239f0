"""Chapter 3, the transfer task: a drawn MRCP with a faint 5 mm side-branch cyst. A schematic, not a virtual patient."""

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor

from ... import sampling, sparsity
from ...scan import Scan, acquire
from ...types import Image
from ...widgets import Choice, Click, Option, Place, Target, image, quiz
from ...widgets.view import View
from ..common.places import upright_place
from .dots import contrast_of

TUBES = (  # points (x, y) in mm, x to the patient's left, y to the feet; diameter in mm; brightness
    (((-20, -45), (-22, -20), (-15, 10), (-8, 38), (-2, 50)), 6, 1.0),
    (((-20, -45), (-40, -60), (-64, -74)), 3.5, 0.9),
    (((-40, -60), (-56, -52), (-78, -50)), 2.5, 0.8),
    (((-52, -67), (-58, -84)), 2, 0.7),
    (((-20, -45), (0, -62), (30, -74)), 3.5, 0.9),
    (((0, -62), (10, -82)), 2.5, 0.7),
    (((-52, -22), (-38, -14), (-22, -8)), 2.5, 0.8),
    (((-2, 50), (20, 30), (45, 22), (75, 8), (98, -4)), 2.8, 0.9),
    (((-8, 72), (-34, 66), (-44, 40), (-40, 12)), 15, 0.22),
    (((48, 21), (52, 29)), 1.5, 0.3),
)
CYST = (54, 33.5, 5, 0.35)  # x, y, diameter, brightness
FOV, FINE = 256.0, 288


@dataclass(frozen=True)
class Drawing:
    """What `acquire` needs of a patient."""

    image: Image
    lesion: Tensor
    voxel_mm: tuple[float, float] = (FOV / FINE, FOV / FINE)
    letters: tuple[str, str, str, str] = ("H", "L", "F", "R")
    label: str = "Drawn MRCP, simulated"


def tube(x, y, points, diameter: float) -> Tensor:
    """Share of each pixel inside a bent tube, edges 1 mm wide: (y, x)."""
    distance = torch.full((x + y).shape, torch.inf)
    for (ax, ay), (bx, by) in itertools.pairwise(points):
        along = (((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)).clamp(0, 1)
        distance = torch.minimum(distance, torch.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)))
    return (0.5 + diameter / 2 - distance).clamp(0, 1)


def mrcp(noise: float = 0.02) -> Scan:
    """Bile ducts, gallbladder, pancreatic duct and a cyst, bright on a faint ground; 8 coils, 192 x 192.

    `lesion` marks the cyst.
    """
    mm = (torch.arange(FINE) - FINE // 2) * (FOV / FINE)
    x, y = mm[None, :], mm[:, None]
    drawn = 0.05 * (torch.hypot(x / 115, y / 105) < 1) * (1 + 0.3 * torch.sin(x / 9) * torch.sin(y / 7))
    shapes = [(tube(x, y, points, diameter), grey) for points, diameter, grey in TUBES]
    shapes.append(((0.5 + 15 * (1 - torch.hypot((x + 58) / 15, (y - 4) / 27))).clamp(0, 1), 0.95))
    cyst = tube(x, y, ((CYST[0], CYST[1]), (CYST[0] + 0.01, CYST[1])), CYST[2])
    for shape, grey in [*shapes, (cyst, CYST[3])]:
        drawn = torch.maximum(drawn, grey * shape)
    return acquire(
        Drawing(drawn[None].to(torch.complex64), (cyst > 0.5)[None]),
        n_coils=8,
        size=192,
        noise=noise,
        seed=3,
        radius=1.3,
    )


def breath_hold(case: Scan, acceleration: float = 10) -> dict[str, Image]:
    """The same undersampled data at a low and at a high lam."""
    mask = sampling.variable_density_2d(case.kspace.shape[-2:], acceleration, 20, torch.Generator().manual_seed(2))
    return {
        name: sparsity.wavelet_cs(mask * case.kspace, mask, case.maps, lam=lam)
        for name, lam in (("low", 4e-3), ("high", 5e-2))
    }


def transfer() -> View:
    """Back to the ducts: is the cyst resolved, or thresholded? And one question from chapter 2."""
    tree = mrcp()
    breath = breath_hold(tree)
    return quiz(
        [resolved_or_thresholded(tree, breath), where_is_the_cyst(tree, breath["low"]), which_grain()],
        key="ch3-transfer",
        title="Transfer and recall",
    )


def resolved_or_thresholded(tree: Scan, breath: dict[str, Image]) -> Choice:
    """The MRCP of the hook at a high lambda."""
    full = contrast_of(tree.image, tree.lesion)
    cyst = {name: contrast_of(picture, tree.lesion) / full for name, picture in breath.items()}
    return Choice(
        "Breath-hold MRCP, drawn, one point in ten measured. No side-branch cyst is seen. Resolved, or thresholded?",
        [
            Option(
                "Resolved: ducts are crisp, so a cyst would show",
                "Bright ducts survive any λ. A faint cyst has a small coefficient.",
            ),
            Option(
                "Thresholded: it was there last year",
                "Likely. But the last report is an assumption too. Look at the data first.",
            ),
            Option(
                "It cannot be told from this picture; reconstruct the same data at a lower λ",
                f"Here the cyst is there: {cyst['high']:.0%} of its contrast is left in this picture, "
                f"{cyst['low']:.0%} at a lower λ.",
                right=True,
            ),
            Option(
                "It cannot be told; repeat with a smaller voxel",
                "The measurement may hold it already. First ask the reconstruction: where the raw data were kept, it "
                "costs the patient nothing.",
            ),
        ],
        picture=image(breath["high"].abs().clamp(max=0.5), scan=tree),
        picture_alt="Bright bile ducts, gallbladder and pancreatic duct on a smooth dark ground.",
    )


def where_is_the_cyst(tree: Scan, picture: Image) -> Click:
    """The same data at a low lambda."""
    return Click(
        "The same data at a lower λ. Click the cyst.",
        image(picture.abs().clamp(max=0.5), scan=tree),
        Target(
            "One click.",
            places=[Place(*upright_place(tree, tree.lesion))],
            tolerance=0.04,
            right="A faint 5 mm dot below the pancreatic duct. It was measured all along.",
            otherwise="Follow the pancreatic duct towards the tail, and look below it.",
        ),
        scan=tree,
        picture_alt="The same ducts on a grainier ground, with a faint dot below the pancreatic duct.",
    )


def which_grain() -> Choice:
    """Recall of chapter 2: the g-factor has an address."""
    return Choice(
        "From chapter 2: which grain do you expect in a CG-SENSE picture from regular lines at R = 4?",
        [
            Option("Even grain", "True for √R. The g-factor has an address."),
            Option("Most at the skin", "There the elements differ most, and unfolding is easy."),
            Option(
                "Most in the middle, where the elements hear alike",
                "The price of parallel imaging. λ can hide it; it cannot pay it.",
                right=True,
            ),
            Option("None: unfolding is exact", "Exact on average, and noisy."),
        ],
    )
