"""Chapter 3, what is scanned: a slice with five dots, the patterns at equal budget, their masks."""

from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor

from ... import sampling
from ...fourier import fft2c
from ...patients import Lesion, patient
from ...patients.anatomy import SHARES
from ...scan import Scan, acquire
from ...types import Image, Mask
from ..common.cases import prepare
from ..common.places import upright_place
from ..ladder.rungs import lesion_contrast

SEED = 11  # of the test split
DOTS = {12: 0.35, 8: 0.8, 6: 0.8, 5: 0.35, 4: 1.4}  # size in mm: how much brighter than the white matter under it
LEVEL = {"contrast": "T2", "level": "centrum semiovale", "split": "test", "fill": 0.85}
NOISE = 0.03  # per real and imaginary part in each coil; an average brain is 1


def white_places(anatomy, sizes, apart_mm: float = 8) -> list[tuple[float, float]]:
    """(y, x) in mm from the picture's centre for each size: the deepest white matter that is still free, largest size first."""
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
    """T2-like, five bright dots of 4 to 12 mm in white matter, two of them faint; 8 coils, 192 x 192, pixels of about 1 mm.

    A slice of a 3-D scan: both directions of the picture are phase encoded, so that single points of k-space can be skipped.
    """
    places = white_places(patient(SEED, **LEVEL), DOTS)
    dots = [
        Lesion("metastasis", at=at, size_mm=size, contrast=contrast)
        for at, (size, contrast) in zip(places, DOTS.items(), strict=True)
    ]
    return acquire(patient(SEED, lesions=dots, **LEVEL), n_coils=8, size=192, noise=NOISE, seed=SEED, radius=1.1)


@dataclass(frozen=True)
class Dot:
    """name says its size, label its millimetres; mask bool (1, y, x); place: fractions (x, y) of the upright picture; contrast in the full scan."""

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
    """The five dots of `case` or `with_dots`, smallest first; one with less than half the usual contrast is called faint."""
    from scipy.ndimage import label

    pieces, n = label(scan.lesion[0].numpy(), structure=torch.ones(3, 3).numpy())
    masks = sorted((torch.from_numpy(pieces == i + 1)[None] for i in range(n)), key=lambda mask: int(mask.sum()))
    contrasts = [contrast_of(scan.image, mask) for mask in masks]
    across = [2 * (int(mask.sum()) * scan.voxel_mm[0] * scan.voxel_mm[1] / torch.pi) ** 0.5 for mask in masks]
    names = [
        f"{min(DOTS, key=lambda size: abs(size - mm))} mm" + (", faint" if 2 * c < sorted(contrasts)[n // 2] else "")
        for mm, c in zip(across, contrasts, strict=True)
    ]
    return [
        Dot(name, mask, upright_place(scan, mask), c) for name, mask, c in zip(names, masks, contrasts, strict=True)
    ]


def left(image: Image, found: list[Dot]) -> dict[str, float]:
    """Contrast of each dot in `image`, as a share of its contrast in the full scan."""
    return {dot.name: contrast_of(image, dot.mask) / dot.contrast for dot in found}


def with_dots(scan: Scan) -> Scan:
    """A reader's own scan, at most 192 lines of it, with the five dots drawn in; `case()` has them already and comes back as it is.

    Raises ValueError for one coil or a scan with missing lines.
    """
    if scan.lesion is not None:
        return scan
    scan = prepare(scan, 192)
    n_y, n_x = scan.image.shape[-2:]
    y, x = torch.arange(n_y)[:, None] * scan.voxel_mm[0], torch.arange(n_x)[None, :] * scan.voxel_mm[1]
    inside = (scan.rss[0] > 0.08 * scan.rss.max()).nonzero().double()
    low, high = inside.quantile(0.02, 0), inside.quantile(0.98, 0)
    gain, mask = torch.zeros(n_y, n_x), torch.zeros(1, n_y, n_x, dtype=torch.bool)
    for (size, contrast), at in zip(
        DOTS.items(), ((0.4, 0.3), (0.4, 0.7), (0.6, 0.3), (0.6, 0.7), (0.25, 0.5)), strict=True
    ):
        row, column = ((low + torch.tensor(at) * (high - low)) * torch.tensor(scan.voxel_mm)).tolist()
        shape = (0.5 + size / 2 - torch.hypot(y - row, x - column)).clamp(0, 1)
        gain, mask = gain + contrast * shape, mask | (shape > 0.5)
    return replace(scan, kspace=scan.kspace + scan.mask * fft2c(scan.maps * scan.image * gain), lesion=mask)


def points(scan: Scan, acceleration: float = 6, n_acs: int = 24, seed: int = 1) -> Mask:
    """The chapter's pattern: random points, dense near the centre."""
    return sampling.variable_density_2d(
        scan.kspace.shape[-2:], acceleration, n_acs, torch.Generator().manual_seed(seed)
    )


PATTERNS = {
    "equispaced lines": "every 3rd line",
    "random lines": "random lines",
    "dense lines": "lines, more near the centre",
    "random points": "random points",
    "dense points": "points, more near the centre",
}


def equal_budget(shape, acceleration: int = 3, n_acs: int = 8, seed: int = 1) -> dict[str, Mask]:
    """The names of PATTERNS -> masks that measure exactly as much: every R-th line and `n_acs` central ones; lines or points drawn
    at random, evenly or by variable density, with the same share of k-space complete in the centre."""
    regular = sampling.equispaced(shape, acceleration, n_acs)
    R, side = sampling.true_acceleration(regular), int((n_acs * shape[-2]) ** 0.5)
    draw = lambda pattern, n, **more: pattern(shape, R, n, torch.Generator().manual_seed(seed), **more)
    return {
        "equispaced lines": regular,
        "random lines": draw(sampling.uniform_random, n_acs),
        "dense lines": draw(sampling.variable_density, n_acs),
        "random points": draw(sampling.variable_density_2d, side, power=0.0),
        "dense points": draw(sampling.variable_density_2d, side),
    }


def never_complete() -> Scan:
    """Stands in where the prospectively undersampled brain was not fetched: a virtual T1 scan of which 1 point in 8 is kept."""
    full = acquire(
        patient(SEED + 1, contrast="T1", split="test"), n_coils=8, size=192, noise=NOISE, seed=SEED + 1, radius=1.1
    )
    return full.undersample(sampling.poisson_disc(full.kspace.shape[-2:], 8, 24, torch.Generator().manual_seed(1)))
