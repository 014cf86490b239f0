"""Every method over acceleration, on held-out virtual patients: `python -m mrtutor.experiments.ladder.curves` measures.

Each method gets the lines that it likes (`about(name).lines`), all as many as every R-th line and calibration lines
are. What is measured is kept in `measured/curves.json`, so that no reader waits for it. A new method is measured by
`--only NAME`; the others keep their rows.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from ... import __version__, metrics, sampling
from ...about import about
from ...methods import METHODS, Trained
from ...patients import data_version
from ...show import watch
from ...types import Mask, Reconstruction
from ..common import cohort
from ..common.tuning import Tuned, tuned_cs
from .files import digest, store

FILE = Path(__file__).parent / "measured" / "curves.json"
N, N_TUNING = 20, 4  # patients in all, and of them those on which CS is tuned
TUNED = "Tuned CS"
DIGITS = {"PSNR": 2, "SSIM": 4}  # kept of each metric
CONDITIONS = ("seed", "mrtutor", "torch", "data", "n", "nominal R", "R")


def names() -> list[str]:
    """Every method that has a curve or can have one."""
    return [*METHODS, TUNED]


# Measuring ---------------------------------------------------------------------------------------------------------
def lines(name: str, acceleration: int, number: int) -> Mask:
    """The lines that a method is given for patient `number`: bool (1, y, x)."""
    return cohort.mask(about(name).lines, (cohort.SIZE, cohort.SIZE), acceleration, number)


def conditions(n: int = N, accelerations: Sequence[int] = cohort.ACCELERATIONS) -> dict:
    """What the numbers depend on besides the methods; "R" are the true accelerations."""
    true = [round(sampling.true_acceleration(lines(TUNED, R, 0)), 4) for R in accelerations]
    return {
        "seed": cohort.HELD_OUT.seed,
        "mrtutor": __version__,
        "torch": torch.__version__,
        "data": data_version(),
        "n": n,
        "nominal R": list(accelerations),
        "R": true,
    }


def tune(acceleration: int, n: int = N_TUNING) -> Tuned:
    """CS tuned on the first `n` patients, on the lines that they are measured with."""
    return tuned_cs(cohort.patients(n), [lines(TUNED, acceleration, number) for number in range(n)])


def row(name: str, method: Reconstruction, acceleration: int, n: int) -> dict[str, list[float]] | None:
    """{"PSNR": one a patient, "SSIM": ...} of the first `n` patients; None where there are too few calibration lines.

    A method says so as GRAPPA does: ValueError that names n_acs. Any other is raised.
    """
    scores = {metric: [] for metric in DIGITS}
    for number, case in enumerate(cohort.patients(n)):
        mask = lines(name, acceleration, number)
        try:
            with torch.no_grad():
                image = method(mask * case.kspace, mask, case.maps)
        except ValueError as refusal:
            if "n_acs" in str(refusal):
                return None
            raise
        for metric, digits in DIGITS.items():
            scores[metric].append(round(metrics.SCORES[metric](image, case.target, case.region), digits))
    return scores


def measure(only: Iterable[str], n: int = N, accelerations: Sequence[int] = cohort.ACCELERATIONS) -> dict:
    """The contents of the file, for these methods: `conditions`, "weights", "tuned", and "rows".

    "rows" is method -> one `row` for each R.
    """
    measured = conditions(n, accelerations) | {"weights": {}, "tuned": [], "rows": {name: [] for name in only}}
    bar = watch([(name, R) for name in measured["rows"] for R in accelerations], "rows")
    for name, R in bar:
        bar.set_postfix_str(f"{name}, R = {R}")
        if name == TUNED:
            method = tune(R, min(n, N_TUNING))
            measured["tuned"].append(asdict(method))
        else:
            method = METHODS[name]
        if isinstance(method, Trained):
            measured["weights"][name] = digest(method)
        measured["rows"][name].append(row(name, method, R, n))
    return measured


def stored_methods(measured: dict, acceleration: int) -> dict[str, Reconstruction]:
    """Every method of the file, CS with the dials that were found for this nominal acceleration."""
    tuned = Tuned(**measured["tuned"][measured["nominal R"].index(acceleration)])
    return {name: tuned if name == TUNED else METHODS[name] for name in measured["rows"]}


# The file ----------------------------------------------------------------------------------------------------------
def load(path: Path | None = None) -> dict:
    """What was measured."""
    return json.loads((path or FILE).read_text("utf-8"))


def check_fits(old: dict, only: Iterable[str], now: dict) -> None:
    """ValueError, one sentence, where rows of `only`, measured under the conditions `now`, do not fit the old ones."""
    other = [key for key in CONDITIONS if old[key] != now[key]]
    if other:
        raise ValueError(
            f"the file was measured with another {', '.join(other)}: measure all methods anew, without --only"
        )


def merged(old: dict, new: dict) -> dict:
    """New rows in the place of the old ones, in the order of METHODS; what METHODS no longer holds is dropped."""
    joined = {
        part: {
            name: (new if name in new["rows"] else old)[part][name]
            for name in names()
            if name in {**old[part], **new[part]}
        }
        for part in ("weights", "rows")
    }
    return {**new, **joined, "tuned": new["tuned"] or old["tuned"]}


def main(arguments: Sequence[str] | None = None) -> None:
    """The command; see `--help`."""
    parser = argparse.ArgumentParser(
        prog="python -m mrtutor.experiments.ladder.curves", description=__doc__.split(":")[0] + "."
    )
    only = "measure these methods only, keep the rows of the others"
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names(), help=only)
    parser.add_argument("--n", type=int, default=N, help="virtual patients (default %(default)s)")
    parser.add_argument(
        "--accelerations", type=int, nargs="+", default=cohort.ACCELERATIONS, metavar="R", help="nominal"
    )
    parser.add_argument("--out", type=Path, default=FILE, help="default: the file that the chapters read")
    asked = parser.parse_args(arguments)
    if asked.n < 2:
        parser.error(f"n must be 2 or more, for an interval; got {asked.n}")
    old = None
    if asked.only:
        try:
            old = load(asked.out)
            check_fits(old, asked.only, conditions(asked.n, asked.accelerations))
        except (OSError, ValueError) as error:
            parser.error(str(error))
    measured = measure(asked.only or names(), asked.n, asked.accelerations)
    store(merged(old, measured) if old else measured, asked.out)
    print(asked.out)


# Reading it --------------------------------------------------------------------------------------------------------
def by_R(measured: dict, metric: str) -> dict[str, dict[int, list[float]]]:
    """method -> nominal R -> one score a patient, without what a method refused."""
    return {
        name: {R: row[metric] for R, row in zip(measured["nominal R"], rows, strict=True) if row}
        for name, rows in measured["rows"].items()
    }


def unmeasured(measured: dict) -> list[str]:
    """Methods that are new: the file has no rows of them yet."""
    return [name for name in names() if name not in measured["rows"]]


def true_R(measured: dict) -> dict[int, float]:
    """nominal R -> true R."""
    return dict(zip(measured["nominal R"], measured["R"], strict=True))


def summary(measured: dict, metric: str = "PSNR") -> dict[str, list[tuple[float, float, float]]]:
    """method -> [(true R, mean, half width of the 95 % interval)], without the accelerations that a method refuses.

    The width is that of the patients: they differ more than the methods do. For two methods compare patient by patient.
    """
    return {
        name: [(R, *cohort.interval(scores[metric])) for R, scores in zip(measured["R"], rows, strict=True) if scores]
        for name, rows in measured["rows"].items()
    }


if __name__ == "__main__":
    main()
