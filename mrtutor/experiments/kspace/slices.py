"""Chapter 1, the slice, where its plaque and the copies lie, and the object of the transfer task."""

from functools import lru_cache

import torch
from torch import Tensor

from ... import sampling
from ...patients import Lesion, patient
from ...scan import Scan, acquire, find, load
from ...widgets import Place
from ..common.places import upright_place

SEED = 3  # of the test split
PLAQUE = Lesion("ms", at=(-8.0, 29.0), size_mm=11)  # mm down and to the right of the middle


@lru_cache(maxsize=1)
def case() -> Scan:
    """One uniform coil, the head 80 % of the field along phase encoding, one plaque off the midline, 192 x 192."""
    anatomy = patient(SEED, contrast="FLAIR", level="ventricles", lesions=[PLAQUE], split="test", fill=0.8)
    return acquire(anatomy, coils="uniform", size=192, noise=0.03, seed=SEED)


def landmark(case: Scan) -> Tensor:
    """The largest lesion, or in a scan without one the brightest small spot off the midline: bool (1, y, x)."""
    from scipy.ndimage import gaussian_filter, label

    if case.lesion is not None and bool(case.lesion.any()):
        pieces, n = label(case.lesion[0].numpy())
        largest = max(range(1, n + 1), key=lambda i: (pieces == i).sum())
        return torch.from_numpy(pieces == largest)[None]
    smooth = torch.from_numpy(gaussian_filter(case.image.abs()[0].numpy(), 2.0))
    n_x = smooth.shape[1]
    smooth[:, int(0.42 * n_x) : int(0.58 * n_x)] = 0
    return (smooth >= 0.98 * smooth.max())[None]


def thing(case: Scan) -> str:
    """What the landmark is called."""
    return "brightest spot" if case.lesion is None else "plaque"


def spot(case: Scan) -> list[Place]:
    """The landmark as a mark on the picture where no plaque was drawn, so that the reader knows which spot is meant."""
    return [] if case.lesion is not None else [Place(*copies_of(case, 1)[0], "this spot")]


def moved(case: Scan, place: tuple[float, float], along: float = 0.0, across: float = 0.0) -> tuple[float, float]:
    """A place (x, y) shifted by shares of the field along phase encoding and across it; the field wraps around."""
    x, y = (along, across) if case.phase_encoding == "horizontal" else (across, along)
    return (place[0] + x) % 1, (place[1] + y) % 1


def mirrored(case: Scan, place: tuple[float, float]) -> tuple[float, float]:
    """A place (x, y) on the other side of the midline, along phase encoding."""
    x, y = place
    return (1 - x, y) if case.phase_encoding == "horizontal" else (x, 1 - y)


def copies_of(case: Scan, acceleration: int) -> list[tuple[float, float]]:
    """The landmark and its R - 1 copies when every R-th line is kept, itself first, in the upright picture."""
    itself = upright_place(case, landmark(case))
    return [moved(case, itself, along=k / acceleration) for k in range(acceleration)]


def dots(case: Scan) -> dict[str, tuple[Tensor, Tensor]]:
    """The image of one bright dot for four ways to measure: name -> (mm along phase encoding, height; peak 1)."""
    shape = case.kspace.shape[-2:]
    masks = {
        "all lines": sampling.equispaced(shape, 1),
        "every 2nd line": sampling.equispaced(shape, 2),
        "central quarter": sampling.centre_only(shape, 4),
        "a quarter, at random": sampling.uniform_random(shape, 4, 0, torch.Generator().manual_seed(1)),
    }
    mm = (torch.arange(shape[1]) - shape[1] // 2) * case.voxel_mm[1]
    beside = shape[1] // 8  # the dot lies a little beside the middle, so that its copy is not at the very edge
    return {
        name: (mm, sampling.point_spread(mask).abs()[0, shape[0] // 2].roll(beside)) for name, mask in masks.items()
    }


def transfer_object() -> tuple[Scan, str, list[tuple[float, float]]]:
    """Phase encoding vertical, not seen in the chapter: the real phantom where it was fetched, else another patient.

    Returns the scan, the name of a thing in it, and where that thing and its copy at R = 2 lie.
    """
    if find("phantom-gre") is not None:
        x, y = 0.377, 0.745  # in the upright picture
        return load("phantom-gre"), "the ring", [(x, y), (x, (y + 0.5) % 1)]
    anatomy = patient(SEED + 8, contrast="T2", level="centrum semiovale", lesions=[PLAQUE], split="test", fill=0.8)
    head = acquire(anatomy, coils="uniform", size=192, noise=0.02, seed=1, phase_encoding="vertical")
    return head, "the plaque", copies_of(head, 2)
