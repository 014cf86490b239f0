"""Chapter 0, what is measured: a full scan beside a picture of which three quarters were never measured.

The chapter tests no claim of the review; these are the numbers of its own duel.
"""

import torch

from ... import fourier, metrics, sampling
from ...coils import calibration_block
from ...scan import Scan
from ...sparsity import tv_cs
from ...types import Image, Mask
from ..ladder.rungs import lesion_contrast

SEED = 11

Pair = dict[str, tuple[Image, Mask]]  # "1" and "2": a picture and what was measured of it


def quarter(case: Scan) -> Mask:
    """A quarter of the points, dense near the centre, scattered along both phase encodings of a 3-D scan: (1, y, x)."""
    shape, generator = case.kspace.shape[-2:], torch.Generator().manual_seed(SEED)
    return sampling.poisson_disc(shape, 4, 16, generator, power=2.0)


def duel(case: Scan, strength: float = 0.013) -> Pair:
    """1: compressed sensing from a quarter of k-space. 2: the full scan. Each with what was measured of it.

    strength: of the assumption that pictures are smooth; staged so that picture 1 looks calm.
    """
    mask = quarter(case) & case.mask
    return {
        "1": (tv_cs(mask * case.kspace, mask, case.maps, lam=strength), mask),
        "2": (case.image, case.mask),
    }


def invented(image: Image, mask: Mask, core: int = 16) -> float:
    """Share of a picture's energy on points never measured; the central `core` x `core` points do not count."""
    kspace = fourier.fft2c(image).abs().square()
    calibration_block(kspace, core, core).zero_()
    return float(kspace[~mask].sum() / kspace.sum())


def numbers(case: Scan, pair: Pair) -> dict[str, dict[str, float]]:
    """For both pictures: share of k-space measured, deviation from the truth, plaque contrast (1: the true one).

    The deviation is the rms inside the head, as a share of its brightest pixel. Where no truth is known (a real scan)
    the full scan stands in for it, and plaques are left out.
    """
    truth = case.image if case.truth is None else case.truth
    region, found = metrics.foreground(truth), {}
    for name, (image, mask) in pair.items():
        wrong = (image.abs() - truth.abs())[0][region]
        found[name] = {
            "measured": float(mask.float().mean()),
            "error": float(wrong.square().mean().sqrt() / truth.abs().max()),
        }
        if case.lesion is not None:
            found[name]["plaques"] = lesion_contrast(image, case.lesion) / lesion_contrast(truth, case.lesion)
    return found


def in_words(case: Scan, pair: Pair) -> dict[str, str]:
    """The numbers of the prose, ready to print."""
    words = {"filled": f"{invented(*pair['1']):.0%}"}
    for name, row in numbers(case, pair).items():
        words[f"plaques_{name}"] = f"{row['plaques']:.0%}" if "plaques" in row else "an unknown part"
        words[f"error_{name}"] = f"{row['error']:.1%}"
    return words
