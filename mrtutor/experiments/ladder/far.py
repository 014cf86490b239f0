"""How far can one go (C11)? SSIM of the picture and detection of one small plaque over acceleration, up to nominal R = 16.

Each held-out virtual patient is scanned twice, with and without one faint plaque of 4 mm: same person, same lines, other
noise. Who reads it knows the place, and only compares the plaque with the ring around it; no reader of pictures is this good
or this simple. `python -m mrtutor.experiments.ladder.far` measures, and keeps the numbers in `measured/far.json`.
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
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
from .curves import digest, store
from .rungs import FILL, RADIUS, lesion_contrast

FILE = Path(__file__).parent / "measured" / "far.json"
N = 24
ACCELERATIONS = (4, 6, 8, 12, 16)  # nominal
NOISE = 0.015  # the middle of the cohort's
# 20 % brighter than what it replaces: in steps of 5 %, the faintest that the full scan shows with an AUC above 0.95. With a plaque's
# own relaxation times it would add more than three times as much, and the task would be too easy to tell methods apart.
PLAQUE = Lesion("ms", size_mm=4, contrast=0.2)
CS = "Wavelet CS"
# one lam and one number of iterations for all R: on three people of the training heads within 0.006 of the best SSIM at R = 4, 8 and 16
# among lam 0.0005 to 0.008 with 40 or 100 iterations
READ = {CS: partial(wavelet_cs, lam=1e-3, n_iter=100), **{name: METHODS[name] for name in ("U-Net", "VarNet", "MoDL")}}
MEASURES = ("SSIM", "present", "absent")


# The patients ------------------------------------------------------------------------------------------------------
class Pair(NamedTuple):
    """One person scanned twice, 8 coils, 128 x 128, every line, true maps. `lesion` bool (1, y, x): where the plaque is, or would be."""

    present: Scan
    absent: Scan
    lesion: Tensor


def person(number: int, lesions: Sequence[Lesion] = ()) -> Patient:
    """Virtual patient `number` of the test split, FLAIR-like, at the level of the ventricles. A lesion's place is drawn from the number."""
    return patient(number, "FLAIR", level="ventricles", lesions=list(lesions) or None, split="test", fill=FILL)


@lru_cache(maxsize=64)
def pair(number: int) -> Pair:
    """That patient with the plaque and without."""
    examine = partial(acquire, n_coils=cohort.N_COILS, size=cohort.SIZE, noise=NOISE, radius=RADIUS)
    present, absent = examine(person(number, [PLAQUE]), seed=2 * number), examine(person(number), seed=2 * number + 1)
    return Pair(present, absent, present.lesion)


def lines(acceleration: int, number: int) -> Mask:
    """Variable density, as many lines as the regular pattern of that nominal acceleration has; other lines for each patient."""
    return cohort.mask("variable density", (cohort.SIZE, cohort.SIZE), acceleration, number)


# Measuring ---------------------------------------------------------------------------------------------------------
def read(number: int, method: Reconstruction | None = None, acceleration: int = 1) -> tuple[float, float, float]:
    """(SSIM, number read with the plaque, and without) of one patient; no method: the full scan. SSIM is the mean of both scans."""
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
    """The contents of the file: what the numbers depend on, "full": the full scan's `row`, "rows": method -> one `row` for each R."""
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


# What it says ------------------------------------------------------------------------------------------------------
def auc(present: Sequence[float] | Tensor, absent: Sequence[float] | Tensor) -> Tensor:
    """Chance that a scan with the lesion gives the higher number than one without, ties half (Mann-Whitney): (*b, n), (*b, m) -> (*b,)."""
    a, b = (torch.as_tensor(values, dtype=torch.float64) for values in (present, absent))
    a, b = a[..., :, None], b[..., None, :]
    return ((a > b).double() + 0.5 * (a == b)).mean((-2, -1))


def contrast_left(row: Mapping[str, Sequence[float]], full: Mapping[str, Sequence[float]]) -> float:
    """What the plaque adds to the number read, mean over the patients, as a share of what it adds in the full scan."""
    added = lambda one: sum(a - b for a, b in zip(one["present"], one["absent"], strict=True))
    return added(row) / added(full)


def resampled(n: int, draws: int = 2000, seed: int = 0) -> Tensor:
    """Patients drawn with repetition: (draws, n) numbers 0..n-1; the first draw is everybody once."""
    drawn = torch.randint(n, (draws, n), generator=torch.Generator().manual_seed(seed))
    return torch.cat([torch.arange(n)[None], drawn])


def auc_interval(present: Sequence[float], absent: Sequence[float]) -> tuple[float, float, float]:
    """(AUC, low, high): 95 % of 2000 resamples of the patients, each with both scans."""
    draws = resampled(len(present))
    values = auc(torch.tensor(present)[draws], torch.tensor(absent)[draws])
    return float(values[0]), *values[1:].quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()


def dropped(rows: Mapping[int, Mapping[str, Sequence[float]]], at: Sequence[int] = (8, 12)) -> dict:
    """Does SSIM stay flat longer than AUC? From one method's `by_R`.

    Of the way that each falls from the lowest to the highest R, the share that it has fallen at each R of `at`: "SSIM", "AUC".
    "lead" is the mean of AUC's shares less that of SSIM's: above 0 the lesion goes before SSIM warns. Patients are resampled:
    "sure" is the share of resamples with AUC ahead. holds: True from 95 % on, False up to 5 %, else None; None too where
    the AUC of the highest R is not below that of the lowest in 95 % of resamples: then there is no way to share out.
    """
    order = sorted(rows)
    first, last = order[0], order[-1]
    draws = resampled(len(rows[first]["SSIM"]))
    drawn = lambda R, name: torch.tensor(rows[R][name], dtype=torch.float64)[draws]
    ssim = {R: drawn(R, "SSIM").mean(-1) for R in order}
    area = {R: auc(drawn(R, "present"), drawn(R, "absent")) for R in order}
    way = {name: curve[first] - curve[last] for name, curve in (("SSIM", ssim), ("AUC", area))}
    fallen = lambda curve, R: curve[first] - curve[R]
    # the sign of lead without its denominators, which a resample can bring close to 0
    ahead = sum(fallen(area, R) * way["SSIM"] - fallen(ssim, R) * way["AUC"] for R in at)
    falls = float((way["AUC"][1:] > 0).double().mean())
    sure = float((ahead[1:] > 0).double().mean())
    result = {
        "falls": falls,
        "sure": sure,
        "AUC by R": {R: float(area[R][0]) for R in order},
        "SSIM by R": {R: float(ssim[R][0]) for R in order},
    }
    if falls < 0.95 or float(way["SSIM"][0]) <= 0:
        return {**result, "holds": None, "reason": f"AUC does not surely fall from R = {first} to {last}"}
    shares = {
        name: {R: float(fallen(curve, R)[0] / way[name][0]) for R in at}
        for name, curve in (("SSIM", ssim), ("AUC", area))
    }
    lead = sum(shares["AUC"][R] - shares["SSIM"][R] for R in at) / len(at)
    holds = True if sure >= 0.95 else False if sure <= 0.05 else None
    reason = "" if holds is not None else "both fall alike, as far as so few patients can tell"
    return {**result, **shares, "lead": lead, "holds": holds, "reason": reason}


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
