"""How far can one go (C11)? SSIM of the picture and detection of one small plaque over R, up to nominal R = 16.

Each held-out virtual patient is scanned twice, with and without one faint plaque of 4 mm: same person, same lines,
other noise. Who reads it knows the place, and only compares the plaque with the ring around it; no reader of pictures
is this good or this simple. `python -m mrtutor.experiments.ladder.far` measures, and keeps the numbers in
`measured/far.json`.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ... import __version__, metrics, sampling
from ...methods import METHODS, Trained
from ...patients import Lesion, Patient, data_version, patient
from ...scan import Scan, acquire
from ...show import watch
from ...sparsity import wavelet_cs
from ...types import Mask, Reconstruction
from ..common import cohort
from .detection import auc, auc_interval, contrast_left
from .files import digest, store
from .rungs import FILL, RADIUS, lesion_contrast

FILE = Path(__file__).parent / "measured" / "far.json"
N = 24
ACCELERATIONS = (4, 6, 8, 12, 16)  # nominal
NOISE = 0.015  # the middle of the cohort's
# 20 % brighter than what it replaces: in steps of 5 %, the faintest that the full scan shows with an AUC above 0.95.
# With a plaque's own relaxation times it would add more than three times as much, and the task would be too easy to
# tell methods apart.
PLAQUE = Lesion("ms", size_mm=4, contrast=0.2)
CS = "Wavelet CS"
# one lam and one number of iterations for all R: on three people of the training heads within 0.006 of the best SSIM
# at R = 4, 8 and 16 among lam 0.0005 to 0.008 with 40 or 100 iterations
READ = {CS: partial(wavelet_cs, lam=1e-3, n_iter=100), **{name: METHODS[name] for name in ("U-Net", "VarNet", "MoDL")}}
MEASURES = ("SSIM", "present", "absent")


# The patients ------------------------------------------------------------------------------------------------------
class Pair(NamedTuple):
    """One person scanned twice, 8 coils, 128 x 128, every line, true maps.

    `lesion` bool (1, y, x): where the plaque is, or would be.
    """

    present: Scan
    absent: Scan
    lesion: Tensor


def person(number: int, lesions: Sequence[Lesion] = ()) -> Patient:
    """Virtual patient `number` of the test split, FLAIR-like, at the level of the ventricles.

    A lesion's place is drawn from the number.
    """
    return patient(number, "FLAIR", level="ventricles", lesions=list(lesions) or None, split="test", fill=FILL)


@lru_cache(maxsize=64)
def pair(number: int) -> Pair:
    """That patient with the plaque and without."""
    examine = partial(acquire, n_coils=cohort.N_COILS, size=cohort.SIZE, noise=NOISE, radius=RADIUS)
    present, absent = examine(person(number, [PLAQUE]), seed=2 * number), examine(person(number), seed=2 * number + 1)
    return Pair(present, absent, present.lesion)


def lines(acceleration: int, number: int) -> Mask:
    """Variable density, as many lines as the regular pattern of that nominal R has; other lines for each patient."""
    return cohort.mask("variable density", (cohort.SIZE, cohort.SIZE), acceleration, number)


# Measuring ---------------------------------------------------------------------------------------------------------
def read(number: int, method: Reconstruction | None = None, acceleration: int = 1) -> tuple[float, float, float]:
    """(SSIM, number read with the plaque, and without) of one patient; SSIM is the mean of both scans.

    No method: the full scan.
    """
    case = pair(number)
    ssim, seen = [], []
    for exam in (case.present, case.absent):
        if method is None:
            image = exam.image
        else:
            mask = lines(acceleration, number)
            image = method(mask * exam.kspace, mask, exam.maps)
        ssim.append(metrics.ssim(image, exam.truth, metrics.foreground(exam.truth)))
        seen.append(lesion_contrast(image, case.lesion))
    return sum(ssim) / 2, *seen


def row(numbers: Iterable[int], method: Reconstruction | None = None, acceleration: int = 1) -> dict[str, list[float]]:
    """ "SSIM", "present" and "absent": one number a patient."""
    columns = zip(*(read(number, method, acceleration) for number in numbers), strict=True)
    return {name: [round(value, 4) for value in column] for name, column in zip(MEASURES, columns, strict=True)}


def measure(n: int = N) -> dict:
    """The contents of the file: what the numbers depend on, "full": the full scan's `row`, "rows": one for each R.

    "rows" is method -> list, in the order of `ACCELERATIONS`.
    """
    true = [round(sampling.true_acceleration(lines(R, 0)), 4) for R in ACCELERATIONS]
    measured = {
        "mrtutor": __version__,
        "torch": torch.__version__,
        "data": data_version(),
        "n": n,
        "first patient": 0,
        "noise": NOISE,
        "plaque": vars(PLAQUE),
        "CS": READ[CS].keywords,
        "nominal R": list(ACCELERATIONS),
        "R": true,
        "weights": {name: digest(method) for name, method in READ.items() if isinstance(method, Trained)},
        "full": row(range(n)),
        "rows": {name: [] for name in READ},
    }
    for name, R in watch([(name, R) for name in READ for R in ACCELERATIONS], "rows"):
        measured["rows"][name].append(row(range(n), READ[name], R))
    return measured


def load(path: Path | None = None) -> dict:
    """What was measured."""
    return json.loads((path or FILE).read_text("utf-8"))


def by_R(measured: dict, name: str) -> dict[int, dict[str, list[float]]]:
    """One method's rows: nominal R -> {"SSIM", "present", "absent"}."""
    return dict(zip(measured["nominal R"], measured["rows"][name], strict=True))


# The command ------------------------------------------------------------------------------------------------------
def table(measured: dict) -> str:
    """The numbers as text, for the command line."""
    full = measured["full"]
    mean = lambda values: sum(values) / len(values)
    text = [f"full scan: SSIM {mean(full['SSIM']):.3f}, AUC {float(auc(full['present'], full['absent'])):.3f}"]
    for name in measured["rows"]:
        for true, (R, one) in zip(measured["R"], by_R(measured, name).items(), strict=True):
            area, low, high = auc_interval(one["present"], one["absent"])
            text.append(
                f"{name:10} R {R:2} ({true:.1f})  SSIM {mean(one['SSIM']):.3f}  AUC {area:.3f} ({low:.2f}-{high:.2f})  "
                f"contrast left {contrast_left(one, full):.0%}"
            )
    return "\n".join(text)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command; see `--help`."""
    parser = argparse.ArgumentParser(
        prog="python -m mrtutor.experiments.ladder.far", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--n", type=int, default=N, help="virtual patients (default %(default)s)")
    parser.add_argument("--out", type=Path, default=FILE, help="default: the file that the chapters read")
    asked = parser.parse_args(arguments)
    if asked.n < 2:
        parser.error(f"n must be 2 or more, for an interval; got {asked.n}")
    measured = measure(asked.n)
    store(measured, asked.out)
    print(table(measured))


if __name__ == "__main__":
    main()
