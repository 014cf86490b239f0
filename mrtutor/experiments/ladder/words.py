"""The numbers that the ladder's prose prints: each function returns name -> text, for `glue`."""

from statistics import fmean

from ...scan import Scan
from ...training import weights
from ..common import cohort
from . import curves, detection, far, gains
from .scenes import best, rungs


def of_rungs(first: Scan) -> dict[str, str]:
    """True accelerations on the page's first slice, GRAPPA where it breaks, and how long MoDL was trained."""
    grappa = rungs(first, 8)["GRAPPA"]
    return {
        **{f"true_{R}": f"{rungs(first, R)['MoDL']['R']:.1f}" for R in (4, 8)},
        "grappa_8": f"{grappa['lesion']:.0%} ({grappa['PSNR']:.1f} dB)",
        "modl_training": f"{weights.header('modl')['scores']['seconds'] / 3600:.1f} hours",
    }


def of_the_real_brain(first: Scan, real: Scan | None = None) -> str:
    """What to look for on the real brain, and how the order differs from that on the page's first slice."""
    if real is None:
        return (
            "A real brain stands here where it was fetched (mrtutor fetch --all). It was not when this page was built."
        )
    here, there = best(rungs(real, 4)), best(rungs(first, 4))
    order = f"{here} scores highest here, {there} on the first slice"
    if here == there:
        order = f"{here} scores highest here as on the first slice"
    refused = [name for name, row in rungs(real, 4).items() if "refuses" in row]
    silent = f" {' and '.join(refused)} will not take these data, and the pane says why." if refused else ""
    return (
        f"A real head: {len(real.kspace)} coils, {real.voxel_mm[1]:.1f} mm pixels, no known lesion. No network saw a "
        f"real scan in training. At R = 4 {order}: the order belongs to the coils, the noise and the matrix as much "
        f"as to the method.{silent}"
    )


def of_curves(measured: dict) -> dict[str, str]:
    """Of `curves.load()`: MoDL's gain over tuned CS at R = 4 and 8, and how methods stand at R = 2."""
    ssim, psnr = (curves.by_R(measured, metric) for metric in ("SSIM", "PSNR"))
    found = {}
    for R in (4, 8):
        mean, half = cohort.paired(psnr["MoDL"][R], psnr[curves.TUNED][R])
        found[f"gain_{R}"] = f"{mean:.1f} ± {half:.1f}"
    keys = {"GRAPPA": "grappa", "CG-SENSE": "sense", "MoDL": "modl", "U-Net": "unet", "Zero-filled": "zero"}
    found |= {f"{key}_2": f"{fmean(psnr[name][2]):.1f} dB" for name, key in keys.items()}
    found["ssim_2"] = f"{fmean(ssim['U-Net'][2]):.2f} against {fmean(ssim['Zero-filled'][2]):.2f}"
    return found


def of_gains(measured: dict) -> dict[str, str]:
    """Of `gains.load()`: what the lines alone determine of the real brain, what CS gets, and the draws of lines."""
    noiseless = measured["without noise"]
    return {
        **{f"noiseless_{pattern.split()[-1]}": f"{fmean(rows[0]):.0f}" for pattern, rows in noiseless.items()},
        "noisy_cs": f"{measured['rows'][gains.REAL]['equispaced'][0][curves.TUNED][0]:.0f}",
        "draws": str(gains.N_DRAWS),
    }


def of_detection(seen: dict) -> dict[str, str]:
    """Of `far.load()`: SSIM and AUC of MoDL and CS at R = 8, and how many pixels the plaque has."""
    rows = {name: far.by_R(seen, name)[8] for name in ("MoDL", far.CS)}
    found = {"pixels": f"{int(far.pair(0).lesion.sum())} pixels"}
    found["ssim_8"] = " to ".join(f"{fmean(rows[name]['SSIM']):.2f}" for name in ("MoDL", far.CS))
    for name, key in (("MoDL", "modl"), (far.CS, "cs")):
        area, low, high = detection.auc_interval(rows[name]["present"], rows[name]["absent"])
        found[f"auc_{key}"] = f"{area:.2f} ({low:.2f} to {high:.2f})"
    return found
