"""Chapter 3, what the reader moves elsewhere: the pattern, a scan that was never complete, the ladder's third rung."""

from ... import metrics, sampling
from ...scan import Scan
from ...types import Image, Mask
from ...widgets import Control, compare, image
from ...widgets.view import View
from ..ladder import rungs
from .claims import error
from .figures import thicker
from .patterns import PATTERNS, spread
from .scenes import window

RUNG = ("Zero-filled", "CG-SENSE", "GRAPPA", "Wavelet CS", "TV CS")


def names(budget: dict[str, Mask]) -> Control:
    """Which of the patterns at equal budget was measured."""
    return Control(list(budget), "Measured", names=[PATTERNS[name] for name in budget])


def share(budget: dict[str, Mask]) -> str:
    """How much each of them measures, in words."""
    return f"{100 * float(next(iter(budget.values())).float().mean()):.0f} %"


def harm(case: Scan, budget: dict[str, Mask]) -> View:
    """What one bright dot and one fine ripple become under each pattern of `budget`."""

    def panes(pattern):
        seen, worst = spread(budget[pattern], 1)
        dot = thicker(sampling.point_spread(budget[pattern]).abs())
        return {
            "measured": image(budget[pattern].float(), kind="mask", scan=case),
            "one bright dot becomes": image(dot, window=(0, 0.25), scan=case),
            "one fine ripple becomes": image(thicker(seen), window=(0, 0.25), corner=f"worst {worst:.2f}", scan=case),
        }

    return compare(
        panes,
        {"pattern": names(budget)},
        key="patterns",
        alt="Every third line: one dot becomes three, one coefficient becomes several equal ones. Random lines: a "
        "streak along phase encoding. Random points: a low even floor. Points, more near the centre: a small halo of "
        "wrong coefficients near the own one, little elsewhere.",
        caption="Calculated, one uniform coil. Each pattern measures the same number of points, "
        f"{share(budget)} of all, with the same share complete in the centre. Right: all coefficients in their "
        "layers; the ripple's own is 1, the worst wrong one is printed. Bright pixels are drawn wider.",
    )


def fair(case: Scan, budget: dict[str, Mask], solved: dict[tuple[str, bool], Image]) -> View:
    """Each pattern of `budget`, with compressed sensing off and on; `solved`: of `patterns.reconstruct`."""
    region = metrics.foreground(case.image)

    def panes(pattern, on):
        picture = solved[pattern, on]
        corner = f"error {error(picture, case.image, region):.0%}"
        return {
            "picture": image(picture.abs(), window=window(case), corner=corner),
            "what is wrong": image(metrics.error_map(picture, case.image), kind="error", gain=5, of=1),
        }

    return compare(
        panes,
        {
            "pattern": names(budget),
            "on": Control([False, True], "Compressed sensing", names=["off", "on"]),
        },
        scan=case,
        key="fair",
        start={"pattern": "equispaced lines", "on": True},
        alt="Every third line: fold-over copies stay with compressed sensing on. Random lines: a smear stays. More "
        "near the centre: most of the harm goes. Points, more near the centre: little is left.",
        caption=f"{case.label}, one uniform coil, {share(budget)} of the points measured each time.",
    )


def prospective(never: Scan, unfolded: Image, beliefs: dict[float, Image]) -> View:
    """A scan that was never complete: CG-SENSE `unfolded`, and wavelet CS at each lambda of `beliefs`."""
    bright = (0, 0.8 * float(unfolded.abs().max()))

    def panes(lam):
        return {
            "measured": image(never.mask.float(), kind="mask"),
            "zero-filled": image(never.image.abs()),
            "CG-SENSE": image(unfolded.abs(), window=bright),
            "wavelet CS": image(beliefs[lam].abs(), window=bright),
        }

    return compare(
        panes,
        {"lam": Control(list(beliefs), "λ", names=[f"{100 * lam:g} %" for lam in beliefs])},
        scan=never,
        key="prospective",
        columns=2,
        flicker=("CG-SENSE", "wavelet CS"),
        start={"lam": 4e-3},
        alt="The measured points, the zero-filled picture with a haze, CG-SENSE with grain, and compressed sensing: "
        "calm white matter, clear cortex; at the highest lambda it turns smooth.",
        caption=f"{never.label}. Undersampled on the scanner, not afterwards. Both directions are phase encoded.",
    )


def how_complete(never: Scan) -> dict[str, str]:
    """For the prose: how much of that scan was ever measured."""
    what = "were measured while the patient lay there; the rest never were"
    if not never.real:
        what = "are kept, of a virtual patient, since the real scan was not fetched"
    return {"never": f"{float(never.mask.float().mean()):.0%} of its points {what}"}


def third_rung(case: Scan, found: dict[str, dict]) -> View:
    """The ladder's slice at R = 4, its table above the pictures; `found`: of `rungs.rung`."""
    from IPython.display import HTML, display

    display(HTML(rungs.table(found)))
    top = 0.9 * float(case.image.abs().max())
    full = {"Full scan": image(case.image.abs(), window=(0, top))}
    return compare(
        full | {name: image(row["image"].abs(), window=(0, top)) for name, row in found.items()},
        scan=case,
        reference="Full scan",
        columns=3,
        key="ladder-3",
        alt="The ladder's slice at R = 4. Zero-filled: copies. CG-SENSE and GRAPPA: grain. Wavelet CS and TV CS: calm, "
        "sharp, close to the full scan.",
        caption=f"{case.label}, {len(case.kspace)} simulated coils, same window. CS: as many lines as the others, of "
        "variable density.",
    )


def rung_in_words(found: dict[str, dict]) -> dict[str, str]:
    """For the prose: what the ladder's rung says of CG-SENSE, GRAPPA and wavelet CS."""
    return {
        "psnr_cg": f"{found['CG-SENSE']['PSNR']:.1f}",
        "psnr_cs": f"{found['Wavelet CS']['PSNR']:.1f}",
        "lesion_gr": f"{found['GRAPPA']['lesion']:.0%}",
        "lesion_cs": f"{found['Wavelet CS']['lesion']:.0%}",
    }
