"""Every method on held-out virtual patients and the real brain, R = 4, 6, 8, three patterns with as many lines each.

20 patients, or 100 with FULL=1. "to tuned CS": PSNR minus tuned CS, patient by patient, with its 95 % interval. CS and
GRAPPA are tuned for each condition, on its first 4 patients or on the brain itself, which favours them: a network is as
it was shipped. For the brain the interval is over 4 draws of the lines, not over people. "RSS": PSNR and SSIM against
the root sum of squares of the full scan, behind which no maps can hide (`experiments.common.references`); the row "full
scan" says how near the map-combined reference itself comes. Milliseconds: median over the slices, on all cores.
"""

import os
import statistics
import time

from mrtutor import sampling
from mrtutor.experiments.common import cohort, tuning
from mrtutor.methods import METHODS
from mrtutor.networks.base import n_weights
from mrtutor.training.stream import PATTERNS

N, N_TUNING, N_DRAWS = (100 if os.environ.get("FULL") == "1" else 20), 4, 4
TUNED = "Tuned CS"
COLUMNS = {"PSNR": (7, 2), "SSIM": (8, 4), "HFEN": (8, 4), "NMSE": (9, 5), "RSS PSNR": (10, 2), "RSS SSIM": (10, 4)}


def main() -> None:
    brain = cohort.real_brain()
    for R in (4, 6, 8):
        for pattern in PATTERNS:
            condition(f"{N} virtual patients", cohort.patients(N), pattern, R)
            if brain is not None:
                condition("real brain", [brain] * (1 if pattern == "equispaced" else N_DRAWS), pattern, R)
    if brain is None:
        print("real brain: not fetched")


def condition(label: str, cases, pattern: str, R: int) -> None:
    """Heading, tuning and rows of one pattern at one acceleration; mask number i for case number i."""
    masks = [cohort.mask(pattern, case.kspace.shape[-2:], R, seed) for seed, case in enumerate(cases)]
    print(f"\n{label}, {pattern}, nominal R = {R}, true R = {sampling.true_acceleration(masks[0]):.2f}")
    methods = METHODS | tuned(cases[:N_TUNING], masks[:N_TUNING])
    head = "".join(f"{name:>{width}}" for name, (width, _) in COLUMNS.items())
    print(f"{'':20}{head}{'to tuned CS':>16}{'parameters':>12}{'ms':>7}", flush=True)
    full = [cohort.scores(case.target, case) for case in cases]
    print(f"{'full scan':20}{numbers(full)}")
    rival = [row["PSNR"] for row in scored(methods[TUNED], cases, masks)]
    for name, method in methods.items():
        try:
            rows = scored(method, cases, masks)
        except ValueError as refusal:  # other lines than GRAPPA can use, other coils than a network was built for
            print(f"{name:20} refuses: {str(refusal)[:90]}")
            continue
        ms = statistics.median(row["ms"] for row in rows)
        print(f"{name:20}{numbers(rows)}{gain(rows, rival):>16}{size(method):>12}{ms:7.0f}", flush=True)


def numbers(rows) -> str:
    """Means over the cases, a column each."""
    return "".join(f"{statistics.mean(row[name] for row in rows):{w}.{n}f}" for name, (w, n) in COLUMNS.items())


def tuned(cases, masks) -> dict:
    """The tuned rivals of a condition; what was found is printed."""
    cs = tuning.tuned_cs(cases, masks)
    both = ", ".join(f"{name} {psnr:.2f} dB" for name, psnr in cs.psnr.items())
    print(
        f"{TUNED}: {cs.implementation}, lam {cs.lam:g}, {cs.n_iter} iterations (each at its best, where tuned: {both})"
    )
    try:
        grappa = tuning.tuned_grappa(cases, masks)
    except ValueError as refusal:
        print(f"Tuned GRAPPA: refuses, {refusal}")
        return {TUNED: cs}
    print(f"Tuned GRAPPA: lam {grappa.lam:g}, kernel of {grappa.kernel[1]} lines ({grappa.psnr:.2f} dB where tuned)")
    return {TUNED: cs, "Tuned GRAPPA": grappa}


def scored(method, cases, masks) -> list[dict[str, float]]:
    """The metrics and milliseconds of every case."""
    rows = []
    for case, mask in zip(cases, masks, strict=True):
        kspace, start = mask * case.kspace, time.perf_counter()
        image = method(kspace, mask, case.maps)
        rows.append({"ms": 1e3 * (time.perf_counter() - start)} | cohort.scores(image, case))
    return rows


def gain(rows, rival) -> str:
    """Paired difference in PSNR with its interval; without one where there is a single case."""
    difference = [row["PSNR"] for row in rows]
    if len(rival) == 1:
        return f"{difference[0] - rival[0]:+.2f}"
    mean, half = cohort.paired(difference, rival)
    return f"{mean:+.2f} ± {half:.2f}"


def size(method) -> str:
    """Trained numbers; none in a classical method."""
    network = getattr(method, "network", None)
    return "–" if network is None else f"{n_weights(network):,}"
