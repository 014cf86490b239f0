"""Chapter 3, what is scanned: a slice with five dots, or the reader's own with the same dots drawn in."""

from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ... import sampling
from ...fourier import fft2c
from ...metrics import foreground
from ...patients import Lesion, patient
from ...patients.anatomy import SHARES
from ...scan import Scan, acquire
from ...types import Image
from ..common.cases import own_or, prepare
from ..common.places import upright_place
from ..ladder.rungs import lesion_contrast

SEED = 11  # of the test split

DOTS = {12: 0.35, 8: 0.8, 6: 0.8, 5: 0.35, 4: 1.4}  # size in mm: how much brighter than the white matter under it

LEVEL = {"contrast": "T2", "level": "centrum semiovale", "split": "test", "fill": 0.85}

NOISE = 0.03  # per real and imaginary part in each coil; an average brain is 1


def white_places(anatomy, sizes, apart_mm: float = 8) -> list[tuple[float, float]]:
    """(y, x) in mm from the picture's centre for each size, in turn: the deepest white matter that is still free."""
    from scipy.ndimage import distance_transform_edt

    white = anatomy.tissues[SHARES.index("white")].numpy() > 0.85
    depth = torch.from_numpy(distance_transform_edt(white, sampling=anatomy.voxel_mm))
    mm = [(torch.arange(n) - n // 2) * v for n, v in zip(depth.shape, anatomy.voxel_mm, strict=True)]
    places = []
    for size in sizes:
        row, column = divmod(int(depth.argmax()), depth.shape[1])
        y, x = float(mm[0][row]), float(mm[1][column])
        places.append((y, x))
        depth[torch.hypot(mm[0][:, None] - y, mm[1][None, :] - x) < size + apart_mm] = 0
    return places


@lru_cache(maxsize=1)
def case() -> Scan:
    """Five bright dots of 4 to 12 mm in white matter, two of them faint; T2-like, 8 coils, 192 x 192, about 1 mm.

    A slice of a 3-D scan: both directions are phase encoded, so that single points of k-space can be skipped.
    """
    places = white_places(patient(SEED, **LEVEL), DOTS)
    dots = [
        Lesion("metastasis", at=at, size_mm=size, contrast=contrast)
        for at, (size, contrast) in zip(places, DOTS.items(), strict=True)
    ]
    return acquire(patient(SEED, lesions=dots, **LEVEL), n_coils=8, size=192, noise=NOISE, seed=SEED, radius=1.1)


@dataclass(frozen=True)
class Dot:
    """name says its size, label its millimetres; contrast in the full scan.

    mask bool (1, y, x); place: fractions (x, y) of the upright picture.
    """

    name: str
    mask: Tensor
    place: tuple[float, float]
    contrast: float

    @property
    def label(self) -> str:
        """Its size in mm, with a star when it is faint."""
        return self.name.replace(" mm", "").replace(", faint", "*")


def contrast_of(image: Image, mask: Tensor) -> float:
    """Mean magnitude in a dot minus that of a ring two pixels wide, one pixel apart."""
    return lesion_contrast(image, mask, ring=2)


def dots(scan: Scan) -> list[Dot]:
    """The five dots of `case` or `with_dots`, smallest first; one of less than half the usual contrast is "faint".

    Raises ValueError where `scan.lesion` does not mark five of them.
    """
    from scipy.ndimage import label

    pieces, n = label(scan.lesion[0].numpy(), structure=torch.ones(3, 3).numpy())
    if n != len(DOTS):
        raise ValueError(f"lesion must mark {len(DOTS)} dots, got {n}")
    masks = sorted((torch.from_numpy(pieces == i + 1)[None] for i in range(n)), key=lambda mask: int(mask.sum()))
    usual = sorted(DOTS.values())[n // 2]
    names = [f"{size} mm" + (", faint" if 2 * DOTS[size] < usual else "") for size in sorted(DOTS)]
    return [
        Dot(name, mask, upright_place(scan, mask), contrast_of(scan.image, mask))
        for name, mask in zip(names, masks, strict=True)
    ]


def left(image: Image, found: list[Dot]) -> dict[str, float]:
    """Contrast of each dot in `image`, as a share of its contrast in the full scan."""
    return {dot.name: contrast_of(image, dot.mask) / dot.contrast for dot in found}


def taken(scan: Scan) -> Scan:
    """The reader's scan with the five dots drawn in; else one printed sentence, and the chapter's own case."""
    own = own_or(scan, case, coils=2)
    if own is case():
        return own
    own = with_dots(prepare(own, 192))
    if own is not None:
        return own
    print(
        f"{scan.label or 'Your scan'} has no five calm places inside a head for dots of 4 to 12 mm; this "
        f"chapter goes on with its own case: {case().label}."
    )
    return case()


def with_dots(scan: Scan) -> Scan | None:
    """`scan` with the five dots drawn in at calm places; None where it has no room for them.

    A dot is a disc with an edge of one pixel, brighter than the usual brightness of the head by its share in DOTS.
    Their sizes in pixels always differ, however coarse the pixels are, so that each keeps its name.
    """
    places = calm_places(scan, sorted(DOTS, reverse=True))
    if places is None:
        return None
    image = scan.image
    level, pixel = float(image.abs()[0][foreground(image)].median()), min(scan.voxel_mm)
    y, x = (torch.arange(n) * v for n, v in zip(image.shape[-2:], scan.voxel_mm, strict=True))
    gain, lesion, n_last = torch.zeros_like(scan.rss), torch.zeros_like(scan.mask), 0
    for size, (row, column) in sorted(places.items()):
        distance = torch.hypot(y[:, None] - y[row], x[None, :] - x[column])[None]
        shape = ((size / 2 - distance) / pixel + 0.5).clamp(0, 1)
        n_last = max(int((shape > 0.5).sum()), n_last + 1)
        lesion |= distance <= distance.flatten().kthvalue(n_last).values
        gain += DOTS[size] * level * shape
    drawn = replace(scan, kspace=scan.kspace + fft2c(scan.maps * torch.sgn(image) * gain), lesion=lesion)
    seen = zip(sorted(DOTS), dots(drawn), strict=True)
    return drawn if all(dot.contrast > 0.4 * DOTS[size] * level for size, dot in seen) else None


def calm_places(scan: Scan, sizes, rim_mm: float = 4, apart_mm: float = 8) -> dict[int, tuple[int, int]] | None:
    """Size in mm -> (row, column), in turn the evenest free place inside the head; None where one is missing."""
    from scipy.ndimage import distance_transform_edt

    magnitude, head = scan.image.abs(), foreground(scan.image)
    if not bool(head.any()):
        return None
    depth = torch.from_numpy(distance_transform_edt(head.numpy(), sampling=scan.voxel_mm))
    usual = magnitude[0][head].median()
    y, x = (torch.arange(n) * v for n, v in zip(head.shape, scan.voxel_mm, strict=True))
    apart_mm += 3 * max(scan.voxel_mm)  # coarse pixels must not join two dots
    free, places = torch.ones_like(head), {}
    for size in sizes:
        window = [2 * int((size / 2 + rim_mm) / v) + 1 for v in scan.voxel_mm]
        mean, square = (
            avg_pool2d(f[None], window, 1, [n // 2 for n in window])[0, 0] for f in (magnitude, magnitude.square())
        )
        uneven = (square - mean.square()).clamp_min(0).sqrt() / mean.clamp_min(1e-6 * usual)
        allowed = free & (depth > size / 2 + rim_mm) & (mean > 0.5 * usual)
        if not bool(allowed.any()):
            return None
        row, column = divmod(int(torch.where(allowed, uneven, torch.inf).argmin()), head.shape[1])
        places[size] = row, column
        free &= torch.hypot(y[:, None] - y[row], x[None, :] - x[column]) > size + apart_mm
    return places


def never_complete() -> Scan:
    """Stands in where the prospectively undersampled brain was not fetched: 1 point in 8 of a virtual T1 scan."""
    full = acquire(
        patient(SEED + 1, contrast="T1", split="test"), n_coils=8, size=192, noise=NOISE, seed=SEED + 1, radius=1.1
    )
    return full.undersample(sampling.poisson_disc(full.kspace.shape[-2:], 8, 24, torch.Generator().manual_seed(1)))
