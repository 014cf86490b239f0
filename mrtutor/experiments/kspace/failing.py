"""Chapter 1, what the reader moves where skipping fails: random lines, lost lines, half of k-space; the ladder."""

from ...scan import Scan
from ...widgets import Control, View, compare, explore, image, paint_kspace
from ..common.cases import as_one_coil, whose
from ..ladder import rungs
from .limits import PATTERNS


def at_random(case: Scan, n_acs: int = 16) -> View:
    """Regular lines, random lines, random points, at about the same number; `n_acs` central lines are always kept."""
    return explore(
        case,
        acceleration=Control([2, 3, 4], "Acceleration R"),
        pattern=PATTERNS,
        n_acs=n_acs,
        panes=["image", "mask", "profile"],
        window=(0, 0.7),
        start={"acceleration": 4},
        key="random",
        alt=(
            "Regular lines give copies. Random lines give a smear along phase encoding. Random points, dense "
            "near the centre, give a grain that looks like noise."
        ),
        caption=(
            f"{whose(case)}, {as_one_coil(case)}, {n_acs} central lines always kept, about the same number of lines or "
            "points. To afford the centre, the regular lines at R = 4 lie six apart, and their copies a sixth of "
            "a field. Random points need a 3-D scan."
        ),
    )


def paint(case: Scan) -> View:
    """A brush on k-space."""
    return paint_kspace(
        case,
        key="paint",
        alt=(
            "A brush on k-space. Without the centre only edges are left; without the edge only a blurred head is "
            "left; one wrong point draws stripes over the whole picture."
        ),
        caption=f"{whose(case)}, {as_one_coil(case)}. The centre holds contrast, the edge detail.",
    )


def half_and_mirror(case: Scan, fractions=(1.0, 0.75, 0.625, 0.55)) -> View:
    """One side of k-space replaced by its mirror image, with and without the object's own phase."""
    return explore(
        case,
        partial_fourier=list(fractions),
        fill=Control(["mirror", "zeros"], "Missing side"),
        phase=[True, False],
        panes=["image", "kspace", "error"],
        window=(0, 0.8),
        start={"partial_fourier": fractions[-1]},
        key="half",
        alt=(
            "One side of k-space is cut and replaced by its mirror image. Without phase the picture is perfect; "
            "with the patient's phase it is not."
        ),
        caption=f"{whose(case)}, {as_one_coil(case)}.",
    )


def zero_filled(case: Scan, accelerations=(2, 3, 4)) -> dict[str, dict]:
    """The ladder's slice zero-filled: name -> its rung, as `rungs.rung` returns."""
    return {f"Zero-filled, R = {R}": rungs.rung(["Zero-filled"], case, R)["Zero-filled"] for R in accelerations}


def first_rung(case: Scan, found: dict[str, dict]) -> View:
    """The pictures that `zero_filled` found, beside the full scan."""
    shared = (0, rungs.WINDOW * float(case.image.abs().max()))
    return compare(
        {"Full scan": image(case.image, window=shared)}
        | {name: image(row["image"], window=shared, corner=f"true R {row['R']:.2f}") for name, row in found.items()},
        scan=case,
        reference="Full scan",
        columns=2,
        key="ladder",
        alt=(
            "The ladder's slice, full scan and zero-filled at R 2, 3 and 4 with reference lines: fold-over "
            "copies grow and detail is lost."
        ),
        caption=(
            f"{case.label}, simulated, 8 coils, same window. Flicker against the full scan, or press d for the "
            "difference."
        ),
    )
