"""Classical methods against networks: what the measured numbers say of C08, C09, C10, C11, C16 and C100.

Nothing is reconstructed here. Scores come as `{method: {nominal R: [one a patient]}}`, the same patients in the same order for
every method; a method may lack an R that it refuses. Each function returns a dict of numbers with "holds", a "sentence" to
record, and a "reason" where it depends. Two methods are compared patient by patient; what lies inside the 95 % interval is
no answer. The rules were written before the final numbers were known; none was changed after.
"""

import itertools
from collections.abc import Mapping, Sequence
from statistics import fmean as mean

import numpy as np
import torch

from ...methods import METHODS, Trained
from ..common import cohort
from ..common.verdicts import UNITS, Scores, above_zero, agreed, best, unlike, written
from . import far

PARALLEL = ("CG-SENSE", "GRAPPA")
SPARSE = ("Wavelet CS", "TV CS", "Tuned CS")
NETWORKS = tuple(name for name, method in METHODS.items() if isinstance(method, Trained))
CLASSICAL = ("Zero-filled", *PARALLEL, *SPARSE)
FAMILIES = {"parallel imaging": PARALLEL, "compressed sensing": SPARSE, "networks": NETWORKS}
# C100. SSIM: a round number. PSNR: about where wavelet CS had that SSIM in a pilot on six other patients of the cohort (numbers 100
# to 105); the pilot showed CG-SENSE, U-Net and VarNet too, so that this bar was not drawn blindly
BARS = {"SSIM": 0.85, "PSNR": 25.0}


def error_from_psnr(scores: Scores) -> dict[str, dict[int, list[float]]]:
    """PSNR (dB) -> mean squared error as a share of the brightest pixel squared; on one slice, in proportion to NMSE."""
    return {
        name: {R: [10 ** (-value / 10) for value in values] for R, values in rows.items()}
        for name, rows in scores.items()
    }


# C08, C09: who is better -------------------------------------------------------------------------------------------
def networks_win(
    ssim: Scores,
    psnr: Scores,
    rows: Mapping[str, Mapping[int, Mapping]] | None = None,
    accelerations: Sequence[int] = (4, 8),
    pair: tuple[str, str] = ("MoDL", "Wavelet CS"),
) -> dict:
    """C08: the best network against the best classical method, patient by patient, at each R, in SSIM and in PSNR.

    Holds when the network is surely better each time; False when it is surely worse each time. `rows` (method -> `far.by_R`) add
    a small plaque: where the network of `pair` finds it surely less often than CS at some R, a yes becomes None.
    """
    result, answers = {}, {}
    for metric, scores in (("SSIM", ssim), ("PSNR", psnr)):
        for R in accelerations:
            network, rival = best(scores, NETWORKS, R), best(scores, CLASSICAL, R)
            difference = cohort.paired(scores[network][R], scores[rival][R])
            result[f"{metric} at R = {R}"] = {"network": network, "classical": rival, "difference": difference}
            answers[f"{metric} at R = {R}"] = above_zero(difference)
    holds = agreed(answers.values())
    reason = "" if holds is not None else unlike(answers)
    parts = [
        f"{key}: {one['network']} against {one['classical']} {written(one['difference'], key.split()[0])}"
        for key, one in result.items()
    ]
    sentence = "; ".join(parts)
    if rows is not None:
        found = {R: auc_difference(*(rows[name][R] for name in pair)) for R in accelerations}
        result["AUC"] = found
        sentence += "; detection of a faint 4 mm plaque, " + ", ".join(
            f"R = {R}: AUC {one['first']:.2f} ({pair[0]}) and {one['second']:.2f} ({pair[1]})"
            for R, one in found.items()
        )
        lost = [R for R, one in found.items() if one["high"] < 0]
        if holds and lost:
            holds, reason = (
                None,
                f"{pair[0]} shows the plaque less often than {pair[1]} at R = {', '.join(map(str, lost))}",
            )
    return {**result, "holds": holds, "reason": reason, "sentence": f"Patient by patient, {sentence}."}


def auc_difference(a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """AUC of two methods on the same patients: "first", "second", their "difference", and its 95 % interval, "low" to "high", by resampling."""
    draws = far.resampled(len(a["present"]))
    first, second = (far.auc(torch.tensor(one["present"])[draws], torch.tensor(one["absent"])[draws]) for one in (a, b))
    low, high = (first - second)[1:].quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return {
        "first": float(first[0]),
        "second": float(second[0]),
        "difference": float(first[0] - second[0]),
        "low": low,
        "high": high,
    }


def unrolled_win(
    ssim: Scores,
    weights: Mapping[str, int],
    unet: str = "U-Net",
    unrolled: Sequence[str] = ("VarNet", "MoDL"),
    accelerations: Sequence[int] = (4, 8),
) -> dict:
    """C09: unrolled networks that have no more weights than the U-Net against it, SSIM patient by patient.

    Holds when each is surely better at each R, False when each is surely worse. Raises ValueError where none has so few weights.
    """
    small = [name for name in unrolled if weights[name] <= weights[unet]]
    if not small:
        raise ValueError(
            f"one of {', '.join(unrolled)} must have at most the {weights[unet]} weights of {unet}, got {dict(weights)}"
        )
    found = {name: {R: cohort.paired(ssim[name][R], ssim[unet][R]) for R in accelerations} for name in small}
    answers = {f"{name} at R = {R}": above_zero(found[name][R]) for name in small for R in accelerations}
    holds = agreed(answers.values())
    at = lambda row: ", ".join(f"{written(difference, 'SSIM')} at R = {R}" for R, difference in row.items())
    parts = "; ".join(f"{name} ({weights[name]:,}) {at(row)}" for name, row in found.items())
    sentence = f"SSIM against {unet} ({weights[unet]:,} weights): {parts}."
    return {
        "differences": found,
        "weights": dict(weights),
        "left out": [name for name in unrolled if name not in small],
        "holds": holds,
        "reason": "" if holds is not None else unlike(answers),
        "sentence": sentence,
    }


# C10, C100: where it ends ------------------------------------------------------------------------------------------
def knees(
    errors: Scores,
    true: Mapping[int, float],
    names: Sequence[str] = (*PARALLEL, *SPARSE),
    at: float = 4.0,
    steeper: float = 3.0,
) -> dict:
    """C10: does a classical method's mean error bend at a true R of `at`?

    As in chapters 2 and 3: it bends when the error rises at least `steeper` times as fast, per unit of R, beyond `at` as up to
    it. Straight lines between the measured R. Holds when every method bends, False when none does, else None.
    Methods that were not measured on both sides are left out; one at least must stay.
    """
    ratios = {}
    for name in names:
        rows = sorted((true[R], mean(values)) for R, values in errors.get(name, {}).items())
        if not rows or not rows[0][0] < at < rows[-1][0]:
            continue
        (first, low), (last, high), middle = rows[0], rows[-1], float(np.interp(at, *zip(*rows, strict=True)))
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

    A family, at each R its best member, fails on a patient at the true R where its score first goes below the bar. Holds when
    each family outlasts the one before, surely, in SSIM and in PSNR; False when each surely does not; else None.
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


# C11: SSIM and the lesion ------------------------------------------------------------------------------------------
def flat_longer(
    rows: Mapping[str, Mapping[int, Mapping]], full: Mapping[str, Sequence[float]], at: Sequence[int] = (8, 12)
) -> dict:
    """C11: of networks (name -> `far.by_R`), does SSIM stay flat longer than AUC? See `far.dropped`. Holds when all say so.

    "AUC", "SSIM", "contrast left": name -> R -> number, beside those of the full scan.
    """
    found = {name: far.dropped(row, at) for name, row in rows.items()}
    answers = {name: one["holds"] for name, one in found.items()}
    holds = agreed(answers.values())
    areas = {name: one["AUC by R"] for name, one in found.items()}
    why = lambda one: one["reason"] or ("yes" if one["holds"] else "no")
    reason = "" if holds is not None else "; ".join(f"{name}: {why(one)}" for name, one in found.items())
    left = {name: {R: far.contrast_left(row[R], full) for R in row} for name, row in rows.items()}
    full_ssim, full_auc, R = mean(full["SSIM"]), float(far.auc(full["present"], full["absent"])), max(at)
    parts = [
        f"{name} SSIM {one['SSIM by R'][R]:.2f}, AUC {areas[name][R]:.2f}, {left[name][R]:.0%} of the plaque's contrast"
        for name, one in found.items()
    ]
    return {
        "dropped": found,
        "AUC": areas,
        "SSIM": {name: one["SSIM by R"] for name, one in found.items()},
        "contrast left": left,
        "full": {"SSIM": full_ssim, "AUC": full_auc},
        "holds": holds,
        "reason": reason,
        "sentence": f"At nominal R = {R}: {'; '.join(parts)}; the full scan has SSIM {full_ssim:.2f} and AUC {full_auc:.2f}.",
    }


# C16: cascades -----------------------------------------------------------------------------------------------------
def rises_then_flat(
    psnr: Mapping[int, Sequence[float]], linear: Sequence[float] | None = None, flat: float = 1 / 3
) -> dict:
    """C16, from number of cascades -> PSNR of each patient: does PSNR rise, and is the last step flat?

    Rise: the most cascades are surely better than one. Flat: the last step changes PSNR by less than `flat` of the first step's gain.
    Holds when both; False when the most cascades are surely worse than one; else None. `linear`: CG-SENSE on the same data;
    it does not enter the verdict, and belongs beside it.
    """
    numbers = sorted(psnr)
    steps = {f"{a} to {b}": cohort.paired(psnr[b], psnr[a]) for a, b in itertools.pairwise(numbers)}
    total = cohort.paired(psnr[numbers[-1]], psnr[numbers[0]])
    first, *_, last = steps.values()
    level = first[0] > 0 and abs(last[0]) < flat * first[0]
    holds = False if above_zero(total) is False else True if above_zero(total) and level else None
    reason = (
        ""
        if holds is not None
        else f"in all {written(total, 'PSNR')}, the first step {written(first, 'PSNR')}, the last {written(last, 'PSNR')}"
    )
    means = {n: mean(psnr[n]) for n in numbers}
    parts = ", ".join(f"{value:.1f} dB ({n})" for n, value in means.items())
    gains = ", ".join(written(step, "PSNR") for step in steps.values())
    sentence = f"PSNR by number of cascades, with about equal weights: {parts}; from step to step {gains}."
    if linear is not None:
        sentence = f"{sentence[:-1]}; CG-SENSE, which learns nothing, has {mean(linear):.1f} dB."
    return {"PSNR": means, "steps": steps, "total": total, "holds": holds, "reason": reason, "sentence": sentence}
