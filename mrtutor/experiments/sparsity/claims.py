"""Chapter 3, the claims: sparsity (C05), blur and ringing (C06), how far (C10); patterns are in `chapter3_patterns`.

Scans are fully sampled; NMSE inside the head against the full scan, and "error" is its root. Each function returns a
dict of numbers with "holds".
"""

import itertools

import torch
from torch import Tensor
from torch.nn.functional import pad

from ... import metrics, sampling, sense, sparsity
from ...encoding import complex_normal, encode_adjoint
from ...fourier import fft2c, ifft2c
from ...scan import Scan
from ...types import Image, Mask
from ...wavelet import dwt2, idwt2
from .scenes import Dot, left

LEVELS = 4
LAMS = (5e-4, 2e-3, 4e-3, 8e-3, 1.6e-2, 3.2e-2, 6.4e-2)


def few_numbers(image: Image, share: float, wavelet: str = "db4", shift: tuple[int, int] = (0, 0)) -> Image:
    """The picture from the largest `share` of its wavelet coefficients; `shift` moves the grid of the wavelets."""
    n_y, n_x = image.shape[-2:]
    padded = pad(image, (0, -n_x % 2**LEVELS, 0, -n_y % 2**LEVELS)).roll(shift, (-2, -1))
    kept = idwt2(sparsity.keep_largest(dwt2(padded, wavelet, LEVELS), share), wavelet, LEVELS)
    return kept.roll((-shift[0], -shift[1]), (-2, -1))[..., :n_y, :n_x]


def error(image: Image, reference: Image, region: Tensor | None = None) -> float:
    """Root of the NMSE inside the head: the size of what is wrong as a share of the picture."""
    return metrics.nmse(image, reference, region) ** 0.5


def sparse(image: Image, share: float = 0.1) -> dict:
    """C05: error of a picture in the largest `share` of its wavelet coefficients, and three comparisons.

    "pixels": its brightest pixels, as many; "noise": white noise in as many of its wavelet coefficients.
    Holds when the error is below 15 % and below a third of both.
    """
    everywhere = torch.ones(image.shape[-2:], dtype=torch.bool)
    noise = complex_normal(image.shape, torch.Generator().manual_seed(0))
    result = {
        "error": error(few_numbers(image, share), image),
        "pixels": error(sparsity.keep_largest(image, share), image),
        "noise": float((few_numbers(noise, share) - noise).norm() / noise.norm()),
        "everywhere": error(few_numbers(image, share), image, everywhere),
    }
    return {**result, "holds": result["error"] < 0.15 and result["error"] < min(result["pixels"], result["noise"]) / 3}


def typical_grid(image: Image, found: list[Dot], shares=(0.05, 0.03), n_grids: int = 16) -> dict:
    """Where the grid of the wavelets lies is chance, and a small dot's fate depends on it: the most typical of `n_grids` positions.

    "shift": the one whose dots come nearest to the mean; "mean": share -> {dot: contrast left}, over all positions.
    """
    generator = torch.Generator().manual_seed(0)
    shifts = torch.randint(0, 2**LEVELS, (n_grids, 2), generator=generator).tolist()
    rows = [[left(few_numbers(image, share, shift=tuple(shift)), found) for share in shares] for shift in shifts]
    table = torch.tensor([[list(row.values()) for row in each] for each in rows])  # (grid, share, dot)
    nearest = int((table - table.mean(0)).flatten(1).norm(dim=1).argmin())
    mean = {
        share: {dot.name: float(v) for dot, v in zip(found, values, strict=True)}
        for share, values in zip(shares, table.mean(0), strict=True)
    }
    return {"shift": tuple(shifts[nearest]), "mean": mean}


def sweep(case: Scan, mask: Mask, lams=LAMS, steps=(40,)) -> dict[tuple[float, int], Image]:
    """Wavelet CS watched: (lam, iteration) -> image; iteration 0 is zero-filling."""
    kspace, images = mask * case.kspace, {}
    start = encode_adjoint(kspace, mask, case.maps)
    for lam in lams:
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
    """C06, ringing: how far a disc overshoots inside its edge, as a share of the step; one uniform coil, dense random points, no noise.

    Along 16 radii, the highest value within `width` pixels inside the edge. Holds when some lam overshoots more than the full scan.
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


def knee(case: Scan, accelerations=(2, 3, 4, 5, 6, 8), seed: int = 1) -> dict:
    """C10 for compressed sensing: NMSE over R of CG-SENSE and wavelet CS from the same lines of variable density.

    "steeper": how many times faster wavelet CS worsens, per unit of R, beyond 4 than up to 4. Holds when that is 3 or more, the
    rule of chapter 2; else None: parallel imaging bends there, this method does not.
    """
    shape, region = case.kspace.shape[-2:], metrics.foreground(case.image)
    curves = {"CG-SENSE": [], "Wavelet CS": []}
    for R in accelerations:
        mask = sampling.variable_density(
            shape, R, sampling.default_n_acs(R, shape[-1]), torch.Generator().manual_seed(seed)
        )
        curves["CG-SENSE"].append(metrics.nmse(sense.cg_sense(mask * case.kspace, mask, case.maps), case.image, region))
        curves["Wavelet CS"].append(
            metrics.nmse(sparsity.wavelet_cs(mask * case.kspace, mask, case.maps), case.image, region)
        )
    at, cs = accelerations.index(4), curves["Wavelet CS"]
    steeper = (cs[-1] - cs[at]) / (accelerations[-1] - 4) / ((cs[at] - cs[0]) / (4 - accelerations[0]))
    return {"R": list(accelerations), **curves, "steeper": steeper, "holds": steeper > 3 or None}


def flat_patch(case: Scan, size: int = 9) -> Tensor:
    """A region of interest as one would draw it: the most even `size` x `size` patch inside the head, bool (y, x)."""
    image = (case.image if case.truth is None else case.truth).abs()[None]
    mean = torch.nn.functional.avg_pool2d(image, size, 1, size // 2)[0, 0]
    uneven = (
        (torch.nn.functional.avg_pool2d(image.square(), size, 1, size // 2)[0, 0] - mean.square()).clamp_min(0).sqrt()
    )
    bright = mean > 0.3 * mean[metrics.foreground(case.image)].quantile(0.95)
    row, column = divmod(int(torch.where(bright, uneven / mean.clamp_min(1e-6), torch.inf).argmin()), mean.shape[1])
    patch = torch.zeros_like(mean, dtype=torch.bool)
    patch[row - size // 2 : row + size // 2 + 1, column - size // 2 : column + size // 2 + 1] = True
    return patch


def snr_by_air(image: Image, case: Scan, patch: Tensor) -> float:
    """SNR as two regions of interest have it: mean in the patch over the noise in air (its deviation / 0.655) [Dietrich2007]."""
    from scipy.ndimage import binary_dilation

    magnitude = image.abs()[0]
    air = torch.from_numpy(~binary_dilation(metrics.foreground(case.image).numpy(), iterations=8))
    return float(magnitude[patch].mean() / (magnitude[air].std() / 0.655))
