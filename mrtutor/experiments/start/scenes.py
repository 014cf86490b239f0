"""Chapter 0, what the reader sees and moves: two heads, and the switch that shows what was measured."""

from functools import lru_cache

from ...patients import Lesion, patient
from ...scan import Scan, acquire
from ...sparsity import tv_cs
from ...types import Image
from ...widgets import Control, View, compare, image
from ..common.cases import contrast, n_coils
from ..ladder.rungs import RADIUS
from .claims import SEED, Pair, quarter
from .figures import kspace_picture

NOISE = 0.08  # per real and imaginary part in each coil; an average brain is 1: the grain of a hurried scan
PLAQUES = (
    Lesion("ms", at=(-24.0, 22.0), size_mm=7),
    Lesion("ms", at=(16.0, -30.0), size_mm=5),
    Lesion("ms", at=(4.0, 32.0), size_mm=4),
)


@lru_cache(maxsize=1)
def case() -> Scan:
    """One slice of a 3-D FLAIR-like scan, 8 coils, 192 x 192, plaques of 7, 5 and 4 mm, noisy as a full scan can be."""
    anatomy = patient(SEED, contrast="FLAIR", level="ventricles", lesions=list(PLAQUES), split="test", fill=0.85)
    return acquire(anatomy, n_coils=8, size=192, noise=NOISE, seed=SEED, radius=RADIUS)


def other() -> tuple[Scan, Image]:
    """For the transfer task: another head, T2-like, clean, and its picture from a quarter of k-space."""
    anatomy = patient(SEED + 1, contrast="T2", level="centrum semiovale", split="test", fill=0.85)
    calm = acquire(anatomy, n_coils=8, size=192, noise=NOISE / 8, seed=SEED, radius=RADIUS)
    mask = quarter(calm)
    return calm, tv_cs(mask * calm.kspace, mask, calm.maps, lam=1e-3)


def switch(case: Scan, pair: Pair) -> View:
    """Both pictures above their k-space; one switch covers in grey what was never measured."""
    top = 0.7 * float(case.image.abs().max())

    def panes(measured: bool) -> dict:
        shown = {
            f"Picture {name}": image(picture, window=(0, top), scan=case, corner=contrast(case))
            for name, (picture, _) in pair.items()
        }
        for name, (picture, mask) in pair.items():
            grey = kspace_picture(picture, mask if measured else None)
            corner = f"{float(mask.float().mean()):.0%} measured" if measured else "log scale"
            shown[f"k-space of {name}"] = image(grey, window=(0, 1), scan=case, corner=corner)
        return shown

    whose = case.label if case.real else "Virtual patient, simulated 3-D scan"
    words = "Two slices" if case.real else f"Two {contrast(case)} slices"
    return compare(
        panes,
        {"measured": Control([False, True], "Show", names=["the picture's k-space", "what was measured"])},
        scan=case,
        columns=2,
        key="duel",
        alt=(
            f"{words} of one head. Picture 1 is smooth, picture 2 is grainy. The switch covers what was never "
            "measured in grey: three quarters of picture 1, nothing of picture 2."
        ),
        caption=f"{whose}, {n_coils(case)}, same window. Phase encoding runs along the arrow and across it.",
    )
