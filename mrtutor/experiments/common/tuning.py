"""Rivals at their best: compressed sensing and GRAPPA with their dials set on the cases at hand.

A network that beats an untuned rival has shown little. Dials are chosen by the mean PSNR inside the head, against
targets that no user has: this favours the rival.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch

from ... import metrics
from ...coils import combine
from ...fourier import ifft2c
from ...grappa import KERNEL, calibrate, fill, grid
from ...sparsity import absolute_lam, wavelet_cs
from ...types import Image, Kspace, Maps, Mask, Reconstruction
from .cohort import Case

LAMS = (1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2)  # of CS, relative to the brightest pixel of E^H y
ITERATIONS = (40, 100, 200)
RIDGES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)  # of GRAPPA
KERNEL_LINES = (2, 4, 6)
WORTH = 0.01  # dB; a dial is not turned further for less


def course_cs(kspace: Kspace, mask: Mask, maps: Maps, lam: float, iterations: Sequence[int]) -> list[Image]:
    """`wavelet_cs` as it stands after each number of `iterations`, all from one run."""
    images = []

    def keep(i, x):
        if i + 1 in iterations:
            images.append(x)

    wavelet_cs(kspace, mask, maps, lam, max(iterations), callback=keep)
    return images


def sigpy_cs(kspace: Kspace, mask: Mask, maps: Maps, lam: float, iterations: Sequence[int]) -> list[Image]:
    """The same of sigpy's `L1WaveletRecon`: db4, a fixed grid of wavelets. Its step is 1, the most |E| <= 1 allows."""
    from sigpy.mri.app import L1WaveletRecon

    weights = mask.expand(kspace.shape).float().numpy()
    app = L1WaveletRecon(
        (mask * kspace).numpy(),
        maps.numpy(),
        float(absolute_lam(lam, kspace, mask, maps)),
        weights=weights,
        alpha=1,
        max_iter=max(iterations),
        show_pbar=False,
    )
    images = []
    for i in range(max(iterations)):
        app.alg.update()
        if i + 1 in iterations:
            images.append(torch.from_numpy(app.alg.x.copy())[None])
    return images


IMPLEMENTATIONS = {"mrtutor": course_cs, "sigpy": sigpy_cs}


@dataclass(frozen=True)
class Tuned:
    """Wavelet CS with its dials set: (kspace, mask, maps) -> image.

    implementation: "mrtutor" or "sigpy", the stronger one. psnr: of those tried, each at its own best, mean over the
    cases in dB.
    """

    implementation: str
    lam: float
    n_iter: int
    psnr: dict[str, float]

    def __call__(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        return IMPLEMENTATIONS[self.implementation](kspace, mask, maps, self.lam, (self.n_iter,))[0]


@dataclass(frozen=True)
class TunedGrappa:
    """GRAPPA with its dials set: (kspace, mask, maps) -> image. psnr: mean over the cases in dB."""

    lam: float
    kernel: tuple[int, int]
    psnr: float

    def __call__(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        acceleration, offset, acs = grid(mask)
        weights = calibrate(kspace[..., acs], acceleration, self.kernel, self.lam)
        return combine(ifft2c(fill(kspace, mask, weights, acceleration, offset, self.kernel)), maps)


def tuned_cs(cases: Sequence[Case], masks: Sequence[Mask], names: Sequence[str] = tuple(IMPLEMENTATIONS)) -> Tuned:
    """The stronger of `wavelet_cs` and sigpy's `L1WaveletRecon`, at its best lam and number of iterations.

    names: one of them only. One mask a case. Ours tries every pair of `LAMS` and `ITERATIONS`. sigpy takes ten times as
    long an iteration: it tries every lam at 40 and 100, and 200 at its best lam only. Both go beyond the ends of `LAMS`
    where that pays.
    """

    def score(name: str, lam: float, iterations: Sequence[int]) -> dict[int, float]:
        run = IMPLEMENTATIONS[name]
        images = [
            run(mask * case.kspace, mask, case.maps, lam, iterations) for case, mask in zip(cases, masks, strict=True)
        ]
        return {n: mean_psnr(each, cases) for n, each in zip(iterations, zip(*images, strict=True), strict=True)}

    best = {}
    for name in names:
        early, late = (ITERATIONS, ()) if name == "mrtutor" else (ITERATIONS[:2], ITERATIONS[2:])
        found = sweep(partial(score, name, iterations=early), LAMS)
        if late:
            lam = top(found)[1]
            found[lam] |= score(name, lam, late)
        best[name] = top(found)
    stronger = max(best, key=best.get)
    _, lam, n_iter = best[stronger]
    return Tuned(stronger, lam, n_iter, {name: psnr for name, (psnr, _, _) in best.items()})


def tuned_grappa(cases: Sequence[Case], masks: Sequence[Mask]) -> TunedGrappa:
    """GRAPPA at its best lam (over `RIDGES`, and beyond where that pays) and lines of kernel (of `KERNEL_LINES`).

    Every R-th line and calibration lines only; ValueError where they are fewer than R + 1, as in `grappa`.
    """
    acceleration, _, acs = grid(masks[0])
    lines = [n for n in KERNEL_LINES if n == min(KERNEL_LINES) or (n - 1) * acceleration < acs.stop - acs.start]

    def run(lam: float, n: int) -> float:
        return evaluate(TunedGrappa(lam, (KERNEL[0], n), 0.0), cases, masks)

    psnr, lam, n = top(sweep(lambda lam: {n: run(lam, n) for n in lines}, RIDGES))
    return TunedGrappa(lam, (KERNEL[0], n), psnr)


def evaluate(method: Reconstruction, cases: Sequence[Case], masks: Sequence[Mask]) -> float:
    """Mean PSNR inside the head over the cases, in dB."""
    return mean_psnr(
        [method(mask * case.kspace, mask, case.maps) for case, mask in zip(cases, masks, strict=True)], cases
    )


def mean_psnr(images: Sequence[Image], cases: Sequence[Case]) -> float:
    """The same of images that are there already."""
    return sum(metrics.psnr(image, case.target, case.region) for image, case in zip(images, cases, strict=True)) / len(
        cases
    )


def sweep(score: Callable[[float], dict[int, float]], lams: Sequence[float]) -> dict[float, dict[int, float]]:
    """{lam: score(lam)} over geometric `lams`, and beyond either end as long as the best lies there and gains `WORTH`.

    score(lam) is {other dial: PSNR}.
    """
    found = {lam: score(lam) for lam in lams}
    ratio = lams[1] / lams[0]
    for lam, factor in ((lams[0], 1 / ratio), (lams[-1], ratio)):
        while top(found)[1] == lam:
            before, lam = top(found)[0], lam * factor
            found[lam] = score(lam)
            if top(found)[0] < before + WORTH:
                break
    return found


def top(found: dict[float, dict[int, float]]) -> tuple[float, float, int]:
    """(PSNR, lam, other dial) of the highest PSNR of a `sweep`."""
    return max((psnr, lam, n) for lam, row in found.items() for n, psnr in row.items())
