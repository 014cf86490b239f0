"""Chapter 3, what lambda takes: the sweep over it, blur and ringing (C06), an SNR that lies, three assumptions.

"error" is the root of the NMSE inside the head, against the full scan.
"""

import itertools

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ... import metrics, sampling, sparsity
from ...claims import Record, record
from ...encoding import encode_adjoint
from ...fourier import fft2c, ifft2c
from ...scan import Scan
from ...show import watch
from ...types import Image, Mask
from .claims import error
from .dots import Dot, left

LAMS = (5e-4, 2e-3, 4e-3, 8e-3, 1.6e-2, 3.2e-2, 6.4e-2)
WATCHED = (5e-4, 2e-3, 4e-3, 1.6e-2, 6.4e-2)  # those that the reader turns through
STEPS = (0, 1, 3, 10, 40)  # rounds that are kept
BELIEFS = ("a little", "about right", "too much")
ASSUMED = {  # name -> method, options, one lambda for each of BELIEFS
    "smooth ripples": (sparsity.wavelet_cs, {}, (5e-4, 4e-3, 5e-2)),
    "blocks": (sparsity.wavelet_cs, {"wavelet": "haar", "cycle_spinning": False}, (5e-4, 2e-3, 4e-2)),
    "flat areas": (sparsity.tv_cs, {}, (2.5e-4, 2e-3, 2e-2)),
}


def sweep(case: Scan, mask: Mask, lams=LAMS, steps=(40,)) -> dict[tuple[float, int], Image]:
    """Wavelet CS watched: (lam, iteration) -> image; iteration 0 is zero-filling."""
    kspace, images = mask * case.kspace, {}
    start = encode_adjoint(kspace, mask, case.maps)
    for lam in watch(lams, "lambda"):
        images[lam, 0] = start

        def keep(i, x, lam=lam):
            if i + 1 in steps:
                images[lam, i + 1] = x

        sparsity.wavelet_cs(kspace, mask, case.maps, lam=lam, n_iter=max(steps), callback=keep)
    return images


def blur(case: Scan, images: dict[tuple[float, int], Image]) -> dict:
    """C06, blurring, from the last iteration of a `sweep`: HFEN and PSNR against lam, in increasing order.

    Holds when HFEN rises with every step beyond the lam of best PSNR, and more than doubles.
    """
    region, last = metrics.foreground(case.image), max(step for _, step in images)
    final = {lam: image for (lam, step), image in sorted(images.items(), key=lambda item: item[0]) if step == last}
    psnr = {lam: metrics.psnr(image, case.image, region) for lam, image in final.items()}
    hfen = {lam: metrics.hfen(image, case.image, region) for lam, image in final.items()}
    best = max(psnr, key=psnr.get)
    beyond = [value for lam, value in hfen.items() if lam >= best]
    rising = len(beyond) > 2 and all(a < b for a, b in itertools.pairwise(beyond))
    return {
        "psnr": psnr,
        "hfen": hfen,
        "best": best,
        "rise": beyond[-1] / beyond[0],
        "holds": rising and beyond[-1] > 2 * beyond[0],
    }


def disc(size: int = 192, radius: float = 0.3, finer: int = 4) -> Image:
    """A flat disc of brightness 1, drawn on a finer grid and measured to `size` lines: (1, size, size)."""
    n = size * finer
    x = (torch.arange(n) - n // 2) / n
    fine = (torch.hypot(x[:, None], x[None, :]) < radius).to(torch.complex64)[None]
    low = n // 2 - size // 2
    return ifft2c(fft2c(fine)[..., low : low + size, low : low + size] / finer)


def ringing(lams=(5e-4, 4e-3, 1.6e-2, 6.4e-2), acceleration: float = 6, n_acs: int = 24, width: int = 12) -> dict:
    """C06, ringing: how far a disc overshoots inside its edge, as a share of the step; one uniform coil, no noise.

    Dense random points. Along 16 radii, the highest value within `width` pixels inside the edge. Holds when some lam
    overshoots more than the full scan.
    """
    full = disc()
    n = full.shape[-1]
    mask = sampling.variable_density_2d((n, n), acceleration, n_acs, torch.Generator().manual_seed(1))
    maps = torch.ones_like(full)
    angles = torch.arange(16) * (2 * torch.pi / 16)
    r = 0.3 * n - torch.arange(1, width + 1)
    y, x = ((n // 2 + r * f(angles)[:, None]).round().long() for f in (torch.sin, torch.cos))
    over = lambda image: float((image[0].abs()[y, x].amax(1) - 1).mean())
    row = lambda image: image[0, n // 2].abs()
    images = {lam: sparsity.wavelet_cs(mask * fft2c(full), mask, maps, lam=lam) for lam in lams}
    found = {lam: over(image) for lam, image in images.items()}
    return {
        "full": over(full),
        "overshoot": found,
        "profiles": {"full": row(full), **{lam: row(image) for lam, image in images.items()}},
        "most": max(found.values()),
        "holds": max(found.values()) > over(full),
    }


def flat_patch(case: Scan, size: int = 9) -> Tensor:
    """A region of interest as one would draw it: the most even `size` x `size` patch inside the head, bool (y, x)."""
    image = (case.image if case.truth is None else case.truth).abs()[None]
    mean = avg_pool2d(image, size, 1, size // 2)[0, 0]
    uneven = (avg_pool2d(image.square(), size, 1, size // 2)[0, 0] - mean.square()).clamp_min(0).sqrt()
    bright = mean > 0.3 * mean[metrics.foreground(case.image)].quantile(0.95)
    row, column = divmod(int(torch.where(bright, uneven / mean.clamp_min(1e-6), torch.inf).argmin()), mean.shape[1])
    patch = torch.zeros_like(mean, dtype=torch.bool)
    patch[row - size // 2 : row + size // 2 + 1, column - size // 2 : column + size // 2 + 1] = True
    return patch


def snr_by_air(image: Image, case: Scan, patch: Tensor) -> float:
    """SNR as two regions of interest have it [Dietrich2007]: mean in the patch over noise in air (its std / 0.655)."""
    from scipy.ndimage import binary_dilation

    magnitude = image.abs()[0]
    air = torch.from_numpy(~binary_dilation(metrics.foreground(case.image).numpy(), iterations=8))
    return float(magnitude[patch].mean() / (magnitude[air].std() / 0.655))


def believe(case: Scan, mask: Mask) -> dict[tuple[str, int], Image]:
    """Each of ASSUMED, believed a little, about right, too much: (name, 0 to 2) -> image from the points of `mask`."""
    kspace, painted = mask * case.kspace, {}
    for name, (method, options, lams) in watch(ASSUMED.items(), "assumption"):
        for belief, lam in enumerate(lams):
            painted[name, belief] = method(kspace, mask, case.maps, lam=lam, **options)
    return painted


def in_words(case: Scan, dots: list[Dot], images: dict[tuple[float, int], Image]) -> dict[str, str]:
    """For the prose: the lambda of best PSNR and what it leaves of the faint 5 mm dot; what 1.6 % leaves."""
    best, faint = blur(case, images)["best"], dots[1].name
    return {
        "best": f"{100 * best:g} %",
        "faint_best": f"{left(images[best, STEPS[-1]], dots)[faint]:.0%}",
        "faint_more": f"{left(images[1.6e-2, STEPS[-1]], dots)[faint]:.0%}",
    }


def air_in_words(case: Scan, images: dict[tuple[float, int], Image]) -> dict[str, str]:
    """For the prose: SNR by a region in air, full scan and lambda = 1.6 %, and how far each is from the truth."""
    patch, smooth = flat_patch(case), images[1.6e-2, STEPS[-1]]
    return {
        "roi_full": f"{snr_by_air(case.image, case, patch):.0f}",
        "roi_more": f"{snr_by_air(smooth, case, patch):.0f}",
        "worse": f"{error(smooth, case.truth) / error(case.image, case.truth):.1f}",
    }


def record_blur(softer: dict, round_disc: dict) -> Record:
    """What `blur` and `ringing` found, in the words of C06."""
    return record(
        "C06",
        {"blurring": softer["holds"], "ringing": round_disc["holds"]},
        f"Blurring: beyond the best lambda ({softer['best']:.1%}) the error of fine detail (HFEN) rises with every "
        f"step, {softer['rise']:.0f}-fold in all. Ringing: a flat disc overshoots its edge by {round_disc['full']:.1%} "
        f"in the full scan and by at most {round_disc['most']:.1%} after wavelet CS at R = 6; what rings is the end of "
        "k-space.",
        rise=softer["rise"],
        overshoot_full=round_disc["full"],
        overshoot_cs=round_disc["most"],
    )
