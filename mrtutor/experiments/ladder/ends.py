"""Where it ends: what the measured numbers say of C10 (a knee) and of C100 (the order in which families fail).

As in `claims`: nothing is reconstructed, and the rules were written before the final numbers were known.
"""

import itertools
from collections.abc import Mapping, Sequence
from statistics import fmean as mean

import numpy as np

from ..common import cohort
from ..common.verdicts import UNITS, Scores, above_zero, agreed, best, unlike
from .sides import FAMILIES, PARALLEL, SPARSE

# C100. SSIM: a round number. PSNR: about where wavelet CS had that SSIM in a pilot on six other patients of the cohort
# (numbers 100 to 105); the pilot showed CG-SENSE, U-Net and VarNet too, so that this bar was not drawn blindly
BARS = {"SSIM": 0.85, "PSNR": 25.0}


def error_from_psnr(scores: Scores) -> dict[str, dict[int, list[float]]]:
    """PSNR (dB) -> mean squared error as a share of the brightest pixel squared; on one slice, proportional to NMSE."""
    return {
        name: {R: [10 ** (-value / 10) for value in values] for R, values in rows.items()}
        for name, rows in scores.items()
    }


def knees(
    errors: Scores,
    true: Mapping[int, float],
    names: Sequence[str] = (*PARALLEL, *SPARSE),
    at: float = 4.0,
    steeper: float = 3.0,
) -> dict:
    """C10: does a classical method's mean error bend at a true R of `at`?

    As in chapters 2 and 3: it bends when the error rises at least `steeper` times as fast, per unit of R, beyond `at`
    as up to it. Straight lines between the measured R. Holds when every method bends, False when none does, else None.
    Methods that were not measured on both sides are left out; one at least must stay.
    """
    ratios = {}
    for name in names:
        rows = sorted((true[R], mean(values)) for R, values in errors.get(name, {}).items())
        if not rows or not rows[0][0] < at < rows[-1][0]:
            continue
        (first, low), (last, high) = rows[0], rows[-1]
        middle = float(np.interp(at, *zip(*rows, strict=True)))
        early, late = (middle - low) / (at - first), (high - middle) / (last - at)
        ratios[name] = late / early if early > 0 else float("inf") if late > 0 else 0.0
    bends = {name: ratio >= steeper for name, ratio in ratios.items()}
    holds = agreed(bends.values())
    reason = "" if holds is not None else f"a knee at {at:g}? {unlike(bends)}"
    parts = ", ".join(f"{ratio:.1f} times as fast ({name})" for name, ratio in ratios.items())
    return {
        "steeper": ratios,
        "bends": bends,
        "holds": holds,
        "reason": reason,
        "sentence": f"Beyond a true R of {at:g} the mean error rises, per unit of R, {parts}.",
    }


def fails_at(rows: Sequence[tuple[float, float]], bar: float) -> float:
    """The R at which (R, score), in order of R, first goes below `bar`, on straight lines.

    The first R where it begins below; the last where it never goes: so far it was measured.
    """
    if rows[0][1] < bar:
        return rows[0][0]
    for (x0, y0), (x1, y1) in itertools.pairwise(rows):
        if y1 < bar:
            return x0 + (x1 - x0) * (y0 - bar) / (y0 - y1)
    return rows[-1][0]


def family(scores: Scores, names: Sequence[str]) -> dict[int, list[float]]:
    """A family at its best: at each R the patients' scores of its member with the highest mean."""
    accelerations = sorted({R for name in names for R in scores.get(name, {})})
    return {R: scores[best(scores, names, R)][R] for R in accelerations}


def order(ssim: Scores, psnr: Scores, true: Mapping[int, float], bars: Mapping[str, float] = BARS) -> dict:
    """C100: parallel imaging fails first, compressed sensing next, networks last?

    A family, at each R its best member, fails on a patient at the true R where its score first goes below the bar.
    Holds when each family outlasts the one before, surely, in SSIM and in PSNR; False when each surely does not; else
    None.
    """
    ends, gaps, answers = {}, {}, {}
    for metric, scores in (("SSIM", ssim), ("PSNR", psnr)):
        curves = {name: family(scores, members) for name, members in FAMILIES.items()}
        patients = range(len(next(iter(curves["networks"].values()))))
        each = {
            name: [fails_at([(true[R], curve[R][p]) for R in curve], bars[metric]) for p in patients]
            for name, curve in curves.items()
        }
        ends[metric] = {name: cohort.interval(values) for name, values in each.items()}
        names = list(FAMILIES)
        gaps[metric] = {
            f"{later} after {sooner}": cohort.paired(each[later], each[sooner])
            for sooner, later in itertools.pairwise(names)
        }
        answers |= {f"{gap} ({metric})": above_zero(value) for gap, value in gaps[metric].items()}
    holds = agreed(answers.values())
    parts = [
        f"{metric} below {bars[metric]:g}{UNITS[metric][0]} from a true R of "
        + ", ".join(f"{R:.1f} ({name})" for name, (R, _) in row.items())
        for metric, row in ends.items()
    ]
    return {
        "ends": ends,
        "gaps": gaps,
        "bars": dict(bars),
        "holds": holds,
        "reason": "" if holds is not None else unlike(answers),
        "sentence": f"Mean over patients: {'; '.join(parts)}.",
    }
