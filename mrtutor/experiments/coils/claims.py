"""What chapter 2 measures, on any fully sampled scan: the fading copy, the price of unfolding, noise that elements share.

Every function takes a `Scan` that went through `common.cases.prepare` and returns a dict of numbers.
"""

from dataclasses import replace

import torch
from torch import Tensor

from ... import coils, grappa, metrics, sampling, sense
from ...checks.run import attempt, close, recognise, say
from ...encoding import add_noise, complex_normal
from ...fourier import fft2c, ifft2c
from ...scan import Scan


def head(case: Scan) -> Tensor:
    """Bool (y, x): where the chapter's numbers are taken."""
    return metrics.foreground(case.image)


def score(image: Tensor, case: Scan) -> float:
    """NMSE inside the head against the full scan."""
    return metrics.nmse(image, case.image, head(case))


def alikeness(maps: Tensor, acceleration: int = 2) -> Tensor:
    """|rho|, how alike the elements hear a place and the place W/R columns further: 0 never confused, 1 the same. (1, y, x)."""
    partner = maps.roll(maps.shape[-1] // acceleration, -1)
    return (maps.conj() * partner).sum(-3, keepdim=True).abs()


def fading_copy(case: Scan) -> dict:
    """R = 2 without unfolding: brightness of the wanted image and of its copy, for three ways to merge the elements.

    "images" (1, y, x); "wanted" where only the head lies, "copy" where only its copy lies, both as a share of the full scan.
    """
    mask = sampling.equispaced(case.image.shape[-2:], 2)
    everywhere = coils.low_resolution_maps(case.kspace, threshold=0)  # in air too, where the copy shows alone
    coil_images = ifft2c(mask * case.kspace)
    images = {
        "One uniform coil": ifft2c(mask * fft2c(case.image)),
        "All elements, RSS": coils.rss(coil_images),
        "All elements, by their maps": coils.combine(coil_images, everywhere),
    }
    full, here, half = case.image.abs()[0], head(case), case.image.shape[-1] // 2
    there, air = here.roll(half, -1), ~metrics.foreground(case.image, 0.03)
    share = lambda x, region, of: float(x.abs()[0][region].sum() / of[region].sum())
    return {
        "images": images,
        "wanted": {k: share(x, here & ~there, full) for k, x in images.items()},
        "copy": {k: share(x, there & air, full.roll(half, -1)) for k, x in images.items()},
    }


def doubled(case: Scan, acceleration: int = 2) -> float:
    """Share of the head that has a partner in the pile."""
    here, n_x = head(case), case.image.shape[-1]
    others = sum(here.roll(round(k * n_x / acceleration), -1).int() for k in range(1, acceleration))
    return float((others[here] > 0).float().mean())


def trimmed(case: Scan, acceleration: int) -> Scan:
    """The same slice in a field that `acceleration` divides: at most R - 1 columns of air are cut at the sides."""
    n_x = case.maps.shape[-1]
    left = n_x % acceleration // 2
    field = slice(left, left + n_x // acceleration * acceleration)
    return replace(
        case, kspace=fft2c(ifft2c(case.kspace)[..., field]), maps=case.maps[..., field], mask=case.mask[..., field]
    )


def mean_g(case: Scan, accelerations=(2, 3, 4, 5, 6, 8)) -> dict[int, float]:
    """Mean g-factor inside the head at each R."""
    fields = {R: trimmed(case, R) for R in accelerations}
    return {R: float(sense.g_factor(field.maps, R)[0][head(field)].mean()) for R, field in fields.items()}


def rim_and_core(case: Scan, acceleration: int = 4, rim_mm: float = 12) -> dict:
    """Mean g in the outer `rim_mm` of the head and in its core (the inner half by depth), and the regions, bool (y, x)."""
    from scipy.ndimage import distance_transform_edt

    g, inside = sense.g_factor(case.maps, acceleration)[0], head(case)
    depth = torch.from_numpy(distance_transform_edt(inside.numpy(), sampling=case.voxel_mm))
    rim, core = inside & (depth < rim_mm), depth > depth.max() / 2
    return {
        "rim": float(g[rim].mean()),
        "core": float(g[core].mean()),
        "most": float(g[inside].max()),
        "rim_region": rim,
        "core_region": core,
        "air_region": ~inside,
        "noisiest": inside & (g > g[inside].quantile(2 / 3)),
    }


def snr_loss(
    case: Scan, accelerations=(2, 4), n_acs: int = 24, n_draws: int = 40, std: float = 0.005, seed: int = 0
) -> dict:
    """C04: noise of the reconstruction over noise of the full scan, by repetition of the scan with fresh noise.

    R -> SENSE at R beside g sqrt(R): "measured", "predicted" (means over the head), "ratio" (median of one by the other), "map"
    and "theory" (y, x). It holds when the ratio is 1 within 5 % and no place has g < 1. "GRAPPA": at the largest R with `n_acs`
    reference lines and weights learnt once, beside the root of the true acceleration.
    """
    R_grappa = max(accelerations)
    masks = {R: sampling.equispaced(case.image.shape[-2:], R) for R in accelerations}
    dense = sampling.equispaced(case.image.shape[-2:], R_grappa, n_acs)
    R, offset, acs = grappa.grid(dense)
    centre = case.kspace[..., acs]
    kernel = grappa.choose_kernel(centre.shape, R)
    weights = grappa.calibrate(centre, R, kernel)

    def every(
        noise,
    ):  # the same noise through each, so that only the method differs; all are linear: silence may lie below
        unfolded = [sense.unfold(mask * noise, mask, case.maps) for mask in masks.values()]
        filled = grappa.fill(dense * noise, dense, weights, R, offset, kernel)
        return torch.cat([coils.combine(ifft2c(noise), case.maps), coils.combine(ifft2c(filled), case.maps), *unfolded])

    full, filled, *unfolded = sense.pseudo_replica(
        every, torch.zeros_like(case.kspace), std, n_draws, torch.Generator().manual_seed(seed)
    )
    heard = coils.rss(case.maps)[0] > 0
    region = head(case) & heard
    result = {}
    for R, noisy in zip(accelerations, unfolded, strict=True):
        g = sense.g_factor(case.maps, R)[0]
        measured, theory = noisy / full.clamp_min(1e-12) * heard, g * R**0.5
        ratio, least = float((measured / theory)[region].median()), float(g[region].min())
        result[R] = {
            "measured": float(measured[region].mean()),
            "predicted": float(theory[region].mean()),
            "root": R**0.5,
            "ratio": ratio,
            "least_g": least,
            "map": measured,
            "theory": theory,
            "holds": abs(ratio - 1) < 0.05 and least > 1 - 1e-4,
        }
    measured, root = float((filled / full.clamp_min(1e-12))[region].mean()), sampling.true_acceleration(dense) ** 0.5
    return result | {"GRAPPA": {"measured": measured, "root": root, "holds": measured >= root}}


def knee(case: Scan, accelerations=(2, 3, 4, 5, 6), n_acs: int = 24) -> dict:
    """C10 for parallel imaging: NMSE over R of plain SENSE and of GRAPPA with `n_acs` reference lines on top.

    Holds when both rise at least three times as fast, per unit of R, beyond 4 as up to 4.
    """
    curves = {"SENSE": [], "GRAPPA": []}
    for R in accelerations:
        field = trimmed(case, R)
        mask = sampling.equispaced(field.image.shape[-2:], R)
        curves["SENSE"].append(score(sense.unfold(mask * field.kspace, mask, field.maps), field))
        mask = sampling.equispaced(case.image.shape[-2:], R, n_acs)
        curves["GRAPPA"].append(score(grappa.grappa(mask * case.kspace, mask, case.maps), case))
    at = accelerations.index(4)
    early = {k: (v[at] - v[0]) / (4 - accelerations[0]) for k, v in curves.items()}
    late = {k: (v[-1] - v[at]) / (accelerations[-1] - 4) for k, v in curves.items()}
    return {
        "R": list(accelerations),
        **curves,
        "steeper": {k: late[k] / early[k] for k in curves},
        "holds": all(late[k] > 3 * early[k] > 0 for k in curves),
    }


def noise_correlation(case: Scan, acceleration: int = 4) -> dict:
    """What the elements hear of each other's noise, from the four corners of the picture, and what prewhitening saves.

    "covariance" (coil, coil) of mean variance 1; noise of the unfolded image without and with prewhitening, means over the head.
    """
    coil_images, n = ifft2c(case.kspace), case.kspace.shape[-1] // 10
    corners = torch.cat(
        [coil_images[:, y, x].flatten(1) for y in (slice(n), slice(-n, None)) for x in (slice(n), slice(-n, None))], 1
    )
    covariance = coils.noise_covariance(corners)
    covariance = covariance / covariance.diagonal().real.mean()
    scale = covariance.diagonal().real.sqrt()
    correlation = (covariance / (scale[:, None] * scale)).abs()
    mask, region = sampling.equispaced(case.image.shape[-2:], acceleration), head(case)
    white = coils.prewhiten(case.maps, covariance)
    draw = lambda generator: add_noise(torch.zeros_like(case.kspace), 1.0, generator, covariance)
    deviation = {}
    for name, reconstruct in {
        "as it comes": lambda k: sense.unfold(mask * k, mask, case.maps),
        "prewhitened": lambda k: sense.unfold(mask * coils.prewhiten(k, covariance), mask, white),
    }.items():
        generator = torch.Generator().manual_seed(0)
        power = sum(reconstruct(draw(generator)).real[0].square() for _ in range(15)) / 15
        deviation[name] = float(power[region].mean().sqrt())
    return {
        "covariance": covariance,
        "correlation": correlation,
        "largest": float((correlation - torch.eye(len(scale))).max()),
        **deviation,
        "saved": 1 - deviation["prewhitened"] / deviation["as it comes"],
    }


def check_price(price) -> bool:
    """K7: price(p, q) -> g at R = 2. p, q: complex (coil,) of length 1, how the elements hear the two places."""
    p, q = (x / x.norm() for x in complex_normal((2, 4), torch.Generator().manual_seed(7)))
    rho, plain, real = torch.vdot(p, q).abs(), (p @ q).abs(), torch.vdot(p, q).real.abs()
    answer, complaint = attempt(price, p, q)
    if complaint:
        return say(False, complaint)
    right = 1 / (1 - rho**2).sqrt()
    if close(answer, right.to(answer.dtype), 1e-4):
        return say(True, "1 when the elements never confuse the places, without limit when they always do.")
    wrong = {
        "That is the variance. Noise grows with its root.": 1 / (1 - rho**2),
        "Likeness enters squared: noise adds in power.": 1 / (1 - rho).sqrt(),
        "Conjugate one of the two: with p @ q phases add where they should cancel.": 1 / (1 - plain**2).sqrt(),
        "You kept the real part of the likeness. A turned phase is no difference: take its magnitude.": 1
        / (1 - real**2).sqrt(),
        "That is the likeness itself. How much noise does it cost?": rho,
    }
    return say(
        False,
        recognise(
            answer,
            {k: v.to(answer.dtype) for k, v in wrong.items()},
            f"The likeness here is {rho:.2f} and g is {right:.2f}; yours is {float(answer.abs()):.2f}.",
            1e-4,
        ),
    )
