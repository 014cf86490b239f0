"""Chapter 3, what the reader moves on the slice with five dots: the share of coefficients, lambda, the assumption."""

import torch

from ... import metrics, sampling
from ...scan import Scan
from ...types import Image, Mask
from ...widgets import Control, Place, bars, compare, image, line
from ...widgets.view import View
from .claims import error, first_lost
from .dots import Dot, left
from .strength import ASSUMED, BELIEFS, STEPS, WATCHED


def window(case: Scan) -> tuple[float, float]:
    """Of all pictures of the chapter's slice."""
    return 0, 0.75 * float(case.image.abs().max())


def about(case: Scan) -> str:
    """How a caption begins: which scan, how many coils."""
    return f"{case.label}, {len(case.kspace)} coils"


def diameter(case: Scan) -> str:
    """What a caption says of the dots' numbers."""
    return "diameter in mm" + ("" if case.voxel_known else " (1 mm a pixel is assumed, the file does not say)")


def full_scan(case: Scan, dots: list[Dot]):
    """The pane of the full scan, its dots named."""
    return image(case.image.abs(), window=window(case), marks=[Place(*dot.place, dot.label) for dot in dots])


def contrast_bars(picture: Image, dots: list[Dot]):
    """The pane of what is left of each dot's contrast in `picture`."""
    remaining = left(picture, dots)
    return bars([max(0, remaining[dot.name]) for dot in dots], labels=[dot.label for dot in dots], top=1)


def keeping(case: Scan, dots: list[Dot], kept: dict[float, Image]) -> View:
    """The largest share of the wavelet coefficients is kept; `kept`: share -> picture."""
    first = first_lost(kept, dots)

    def largest(share):
        wrong = error(kept[share], case.image)
        return {
            "full": full_scan(case, dots),
            "kept": image(kept[share].abs(), window=window(case), corner=f"error {wrong:.0%}"),
            "contrast left (mm)": contrast_bars(kept[share], dots),
        }

    return compare(
        largest,
        {"share": Control(list(kept), "Keep the largest", names=[f"{share:.0%}" for share in kept])},
        scan=case,
        key="keep",
        alt="Full scan with five dots, the same slice from its largest wavelet coefficients, and bars of the dots' "
        f"contrast. At 10 % the slice looks complete. At {first:.0%} the faint 5 mm dot is lost, the others keep most "
        "of their contrast, and the cortex is still drawn.",
        caption=f"{about(case)}, nothing undersampled. db4 wavelets. Numbers at the dots and below the bars: "
        f"{diameter(case)}, * faint. Bars: contrast left, 1 is all.",
    )


def turn_lambda(case: Scan, dots: list[Dot], mask: Mask, images: dict[tuple[float, int], Image]) -> View:
    """Lambda and the rounds of compressed sensing; `images`: of `strength.sweep`."""
    region = metrics.foreground(case.image)

    def believed(lam, step):
        picture = images[lam, step]
        corner = f"PSNR {metrics.psnr(picture, case.image, region):.1f} dB"
        return {
            "full": full_scan(case, dots),
            "compressed sensing": image(picture.abs(), window=window(case), corner=corner),
            "contrast left (mm)": contrast_bars(picture, dots),
        }

    return compare(
        believed,
        {
            "lam": Control(list(WATCHED), "λ", names=[f"{100 * lam:g} %" for lam in WATCHED]),
            "step": Control(list(STEPS), "Rounds"),
        },
        scan=case,
        key="lambda",
        reference="full",
        start={"lam": 4e-3, "step": STEPS[-1]},
        alt="With a low lambda grain stays. With a middle lambda the picture is close to the full scan and the faint "
        "5 mm dot is weaker. With a high lambda the grain is gone, the brain is smooth, and the dots fade, the faint "
        "5 mm dot first.",
        caption=f"{about(case)}, true R = {sampling.true_acceleration(mask):.0f}, both directions phase encoded. "
        f"λ in % of the brightest pixel. Round 0 is zero-filled. Dots: {diameter(case)}, * faint.",
    )


def too_much(case: Scan, dots: list[Dot], mask: Mask, painted: dict[tuple[str, int], Image]) -> View:
    """Three assumptions, each believed a little, about right and too much; `painted`: of `strength.believe`."""
    row = int(dots[-1].mask[0].nonzero().double().mean(0)[0])
    across = torch.arange(case.image.shape[-1]) * case.voxel_mm[1]

    def paint(assumption, belief):
        picture = painted[assumption, belief].abs()
        remains = max(0, left(picture, dots)[dots[1].name])
        profile = {"full": case.image[0, row].abs(), "reconstructed": picture[0, row]}
        return {
            "picture": image(picture, window=window(case), corner=f"faint 5 mm dot {remains:.0%}"),
            "along one line": line(profile, "mm", "signal", x=across),
        }

    return compare(
        paint,
        {
            "assumption": Control(list(ASSUMED), "Assumed"),
            "belief": Control([0, 1, 2], "Believed", names=list(BELIEFS)),
        },
        scan=case,
        key="paint-look",
        start={"assumption": "flat areas", "belief": 2},
        alt="Believed too much, smooth ripples blur the whole head, blocks turn it into a mosaic, flat areas paint it: "
        "calm patches with hard borders. The profile of one line becomes rounded, stepped, or terraced.",
        caption=f"{about(case)}, R = {sampling.true_acceleration(mask):.0f}. Smooth ripples: db4. Blocks: Haar on a "
        "fixed grid. Flat areas: total variation. The line runs through the faint 12 mm dot.",
    )
