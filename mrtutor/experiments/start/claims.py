"""Chapter 0: a full scan beside a picture of the same head of which three quarters were never measured."""

from functools import lru_cache

import torch
from torch import Tensor

from ... import fourier, metrics, sampling
from ...coils import calibration_block
from ...patients import Lesion, patient
from ...scan import Scan, acquire
from ...sparsity import tv_cs
from ...types import Image, Mask
from ..ladder.rungs import RADIUS, lesion_contrast

SEED = 11  # of the test split
ACCELERATION = 4
NOISE = 0.08  # per real and imaginary part in each coil; an average brain is 1: the grain of a hurried scan
STRENGTH = 0.013  # of the assumption that pictures are smooth: staged so that picture 1 looks calm
PLAQUES = (
    Lesion("ms", at=(-24.0, 22.0), size_mm=7),
    Lesion("ms", at=(16.0, -30.0), size_mm=5),
    Lesion("ms", at=(4.0, 32.0), size_mm=4),
)


@lru_cache(maxsize=1)
def case() -> Scan:
    """One slice of a 3-D FLAIR-like scan, 8 coils, 192 x 192, plaques of 7, 5 and 4 mm, noisy as a full scan can be."""
    anatomy = patient(SEED, contrast="FLAIR", level="ventricles", lesions=list(PLAQUES), split="test", fill=0.85)
    return acquire(anatomy, n_coils=8, size=192, noise=NOISE, seed=SEED, radius=RADIUS)


def quarter(case: Scan) -> Mask:
    """A quarter of the points, dense near the centre, as a 3-D scan with two phase-encoding directions can skip them: bool (1, y, x)."""
    return sampling.poisson_disc(
        case.kspace.shape[-2:], ACCELERATION, 16, torch.Generator().manual_seed(SEED), power=2.0
    )


def duel(case: Scan) -> dict[str, tuple[Image, Mask]]:
    """1: compressed sensing from a quarter of k-space. 2: the full scan. Each with what was measured of it."""
    mask = quarter(case)
    return {
        "1": (tv_cs(mask * case.kspace, mask, case.maps, lam=STRENGTH), mask),
        "2": (case.image, torch.ones_like(mask)),
    }


def kspace_picture(image: Image, measured: Mask | None = None, grey: float = 0.5) -> Tensor:
    """Log magnitude of the picture's own k-space, 0 to 1, (1, y, x); what was not measured is covered in flat grey."""
    magnitude = fourier.fft2c(image).abs()
    log = (1 + magnitude / magnitude.max() * 3e3).log()
    log = log / log.max()
    return log if measured is None else torch.where(measured, log, grey)


def invented(image: Image, mask: Mask, core: int = 16) -> float:
    """Share of a picture's energy that lies on points never measured, the central `core` x `core` points left out of the account."""
    kspace = fourier.fft2c(image).abs().square()
    calibration_block(kspace, core, core).zero_()
    return float(kspace[~mask].sum() / kspace.sum())


def numbers(case: Scan) -> dict[str, dict[str, float]]:
    """For both pictures: share of k-space measured, deviation from the truth inside the head (rms, as a share of its brightest pixel), plaque contrast as a share of the true one.

    Where no truth is known (a real scan) the full scan stands in for it, and plaques are left out.
    """
    truth = case.image if case.truth is None else case.truth
    region, found = metrics.foreground(truth), {}
    for name, (image, mask) in duel(case).items():
        wrong = (image.abs() - truth.abs())[0][region]
        found[name] = {
            "measured": float(mask.float().mean()),
            "error": float(wrong.square().mean().sqrt() / truth.abs().max()),
        }
        if case.lesion is not None:
            found[name]["plaques"] = lesion_contrast(image, case.lesion) / lesion_contrast(truth, case.lesion)
    return found


def other() -> dict:
    """For the transfer task: another head, T2-like, clean, from a quarter of k-space: its scan and its picture."""
    anatomy = patient(SEED + 1, contrast="T2", level="centrum semiovale", split="test", fill=0.85)
    calm = acquire(anatomy, n_coils=8, size=192, noise=NOISE / 8, seed=SEED, radius=RADIUS)
    mask = quarter(calm)
    return {"scan": calm, "picture": tv_cs(mask * calm.kspace, mask, calm.maps, lam=1e-3)}
