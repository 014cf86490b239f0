"""Classical methods against networks: what the measured numbers say of C08, C09, C11 and C16; C10, C100 are in `ends`.

Nothing is reconstructed here. Scores come as `{method: {nominal R: [one a patient]}}`, the same patients in the same
order for every method; a method may lack an R that it refuses. Each function returns a dict of numbers with "holds", a
"sentence" to record, and a "reason" where it depends. Two methods are compared patient by patient; what lies inside the
95 % interval is no answer. The rules were written before the final numbers were known; none was changed after.
"""

import itertools
from collections.abc import Mapping, Sequence
from statistics import fmean as mean

import torch

from ...methods import METHODS
from ...networks.base import n_weights
from ..common import cohort
from ..common.verdicts import Scores, above_zero, agreed, best, unlike, written
from . import cascades, curves, detection, ends, far
from .sides import CLASSICAL, NETWORKS


def findings(measured: dict, seen: dict, trained: dict) -> dict[str, dict]:
    """Every claim of the ladder's page, from the files of `curves`, `far` and `cascades`: id -> what its rule found."""
    ssim, psnr = (curves.by_R(measured, metric) for metric in ("SSIM", "PSNR"))
    true, rows = curves.true_R(measured), {name: far.by_R(seen, name) for name in seen["rows"]}
    weights = {name: n_weights(METHODS[name].network) for name in ("U-Net", "VarNet", "MoDL")}
    learned = {name: row for name, row in rows.items() if name in NETWORKS}
    return {
        "C08": networks_win(ssim, psnr, rows),
        "C09": unrolled_win(ssim, weights),
        "C10": ends.knees(ends.error_from_psnr(psnr), true),
        "C11": flat_longer(learned, seen["full"]),
        "C16": rises_then_flat(cascades.scores(trained), trained["CG-SENSE"]),
        "C100": ends.order(ssim, psnr, true),
    }


def spoken(finding: dict) -> str:
    """A finding's sentence, and why it depends where it does."""
    return " ".join(filter(None, [finding["sentence"], finding["reason"] and f"Why it depends: {finding['reason']}."]))


# C08, C09: who is better -------------------------------------------------------------------------------------------
def networks_win(
    ssim: Scores,
    psnr: Scores,
    rows: Mapping[str, Mapping[int, Mapping]] | None = None,
    accelerations: Sequence[int] = (4, 8),
    pair: tuple[str, str] = ("MoDL", "Wavelet CS"),
) -> dict:
    """C08: the best network against the best classical method, patient by patient, at each R, in SSIM and in PSNR.

    Holds when the network is surely better each time; False when it is surely worse each time. `rows` (method ->
    `far.by_R`) add a small plaque: where the network of `pair` finds it surely less often than CS at some R, a yes
    becomes None.
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
            at = ", ".join(map(str, lost))
            holds, reason = None, f"{pair[0]} shows the plaque less often than {pair[1]} at R = {at}"
    return {**result, "holds": holds, "reason": reason, "sentence": f"Patient by patient, {sentence}."}


def auc_difference(a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """AUC of two methods on the same patients: "first", "second", and their "difference".

    "low" to "high" is its 95 % interval, by resampling the patients.
    """
    draws = detection.resampled(len(a["present"]))
    drawn = lambda one, name: torch.tensor(one[name])[draws]
    first, second = (detection.auc(drawn(one, "present"), drawn(one, "absent")) for one in (a, b))
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

    Holds when each is surely better at each R, False when each is surely worse. Raises ValueError where none has so few
    weights.
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


# C11: SSIM and the lesion ------------------------------------------------------------------------------------------
def flat_longer(
    rows: Mapping[str, Mapping[int, Mapping]], full: Mapping[str, Sequence[float]], at: Sequence[int] = (8, 12)
) -> dict:
    """C11: of networks (name -> `far.by_R`), does SSIM stay flat longer than AUC? See `detection.dropped`.

    Holds when all say so. "AUC", "SSIM", "contrast left": name -> R -> number, beside those of the full scan.
    """
    found = {name: detection.dropped(row, at) for name, row in rows.items()}
    answers = {name: one["holds"] for name, one in found.items()}
    holds = agreed(answers.values())
    areas = {name: one["AUC by R"] for name, one in found.items()}
    why = lambda one: one["reason"] or ("yes" if one["holds"] else "no")
    reason = "" if holds is not None else "; ".join(f"{name}: {why(one)}" for name, one in found.items())
    left = {name: {R: detection.contrast_left(row[R], full) for R in row} for name, row in rows.items()}
    full_ssim, full_auc, R = mean(full["SSIM"]), float(detection.auc(full["present"], full["absent"])), max(at)
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
        "sentence": f"At nominal R = {R}: {'; '.join(parts)}; "
        f"the full scan has SSIM {full_ssim:.2f} and AUC {full_auc:.2f}.",
    }


# C16: cascades -----------------------------------------------------------------------------------------------------
def rises_then_flat(
    psnr: Mapping[int, Sequence[float]], linear: Sequence[float] | None = None, flat: float = 1 / 3
) -> dict:
    """C16, from number of cascades -> PSNR of each patient: does PSNR rise, and is the last step flat?

    Rise: the most cascades are surely better than one. Flat: the last step changes PSNR by less than `flat` of the
    first step's gain. Holds when both; False when the most cascades are surely worse than one; else None. `linear`:
    CG-SENSE on the same data; it does not enter the verdict, and belongs beside it.
    """
    numbers = sorted(psnr)
    steps = {f"{a} to {b}": cohort.paired(psnr[b], psnr[a]) for a, b in itertools.pairwise(numbers)}
    total = cohort.paired(psnr[numbers[-1]], psnr[numbers[0]])
    first, *_, last = steps.values()
    level = first[0] > 0 and abs(last[0]) < flat * first[0]
    holds = False if above_zero(total) is False else True if above_zero(total) and level else None
    in_all, one, other = (written(step, "PSNR") for step in (total, first, last))
    reason = "" if holds is not None else f"in all {in_all}, the first step {one}, the last {other}"
    means = {n: mean(psnr[n]) for n in numbers}
    parts = ", ".join(f"{value:.1f} dB ({n})" for n, value in means.items())
    gains = ", ".join(written(step, "PSNR") for step in steps.values())
    sentence = f"PSNR by number of cascades, with about equal weights: {parts}; from step to step {gains}."
    if linear is not None:
        sentence = f"{sentence[:-1]}; CG-SENSE, which learns nothing, has {mean(linear):.1f} dB."
    return {"PSNR": means, "steps": steps, "total": total, "holds": holds, "reason": reason, "sentence": sentence}
