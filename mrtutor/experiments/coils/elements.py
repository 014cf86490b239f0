"""Chapter 2: what elements hear: how alike, each other's noise, what more of them add (C42) and merging loses (C41)."""

import itertools
from dataclasses import replace

import torch
from torch import Tensor

from ... import coils, metrics, sampling, sense, sparsity
from ...claims import record
from ...encoding import add_noise
from ...fourier import fft2c, ifft2c
from ...scan import Scan
from .claims import head

MERGED = {"uniform": "One uniform coil", "rss": "All elements, RSS", "maps": "All elements, by their maps"}


def round_the_head(maps: Tensor) -> Tensor:
    """Elements ordered by the direction in which each hears best: indices (coil,)."""
    loudness = maps.abs().square()
    y, x = (torch.arange(n) - n // 2 for n in maps.shape[-2:])
    return torch.atan2((loudness * y[:, None]).sum((-2, -1)), (loudness * x).sum((-2, -1))).argsort()


def fewer_elements(case: Scan, n_elements: int) -> Scan:
    """The same scan heard by `n_elements` of its elements, evenly spread round the head."""
    chosen = round_the_head(case.maps)[:: len(case.maps) // n_elements][:n_elements]
    maps = case.maps[chosen]
    loudness = coils.rss(maps)
    return replace(case, kspace=case.kspace[chosen], maps=torch.where(loudness > 0, maps / loudness.clamp_min(1e-6), 0))


def alikeness(maps: Tensor, acceleration: int = 2) -> Tensor:
    """|rho|, how alike elements hear a place and one W/R columns further: 0 never confused, 1 the same; (1, y, x)."""
    partner = maps.roll(maps.shape[-1] // acceleration, -1)
    return (maps.conj() * partner).sum(-3, keepdim=True).abs()


def fading_copy(case: Scan) -> dict:
    """R = 2 without unfolding: brightness of the wanted image and of its copy, for three ways to merge the elements.

    "images" (1, y, x); as a share of the full scan, "wanted" where only the head lies, "copy" where only its copy lies.
    """
    mask = sampling.equispaced(case.image.shape[-2:], 2)
    everywhere = coils.low_resolution_maps(case.kspace, threshold=0)  # in air too, where the copy shows alone
    coil_images = ifft2c(mask * case.kspace)
    images = {
        MERGED["uniform"]: ifft2c(mask * fft2c(case.image)),
        MERGED["rss"]: coils.rss(coil_images),
        MERGED["maps"]: coils.combine(coil_images, everywhere),
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


def noise_correlation(case: Scan, acceleration: int = 4) -> dict:
    """What the elements hear of each other's noise, from the four corners of the picture, and what prewhitening saves.

    "covariance" (coil, coil) of mean variance 1; noise of the unfolded image without and with prewhitening, means over
    the head.
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


def more_elements(case: Scan, numbers=(1, 2, 4, 8, 16), acceleration: int = 4, n_acs: int = 20) -> dict:
    """C42: NMSE of SENSE at equal lines with more and more of the scan's elements, each against its own full scan."""
    numbers = [n for n in numbers if n <= len(case.maps)]
    mask = sampling.equispaced(case.image.shape[-2:], acceleration, n_acs)
    errors = []
    for n in numbers:
        some = fewer_elements(case, n)
        errors.append(metrics.nmse(sense.cg_sense(mask * some.kspace, mask, some.maps), some.image, head(case)))
    return {"elements": numbers, "nmse": errors, "holds": all(b < a for a, b in itertools.pairwise(errors))}


def one_or_many(case: Scan, acceleration: int = 4, n_acs: int = 20, seed: int = 0) -> dict:
    """C41: wavelet CS from the elements merged into one before undersampling, and from all of them, same lines.

    Each with the best of three lam, against its own full scan. "rank": how many of the `places` that
    pile up in one pixel the equations can tell apart.
    """
    shape, region = case.image.shape[-2:], head(case)
    regular = sampling.equispaced(shape, acceleration, n_acs)
    mask = sampling.variable_density(
        shape, sampling.true_acceleration(regular), n_acs, torch.Generator().manual_seed(seed)
    )
    merged = coils.emulate_single_coil(case.kspace)
    ones = torch.ones_like(merged)

    def best(kspace, maps, full):
        return min(
            metrics.nmse(sparsity.wavelet_cs(mask * kspace, mask, maps, lam=lam), full, region)
            for lam in (1e-3, 4e-3, 1e-2)
        )

    single, multi = best(merged, ones, ifft2c(merged)), best(case.kspace, case.maps, case.image)
    pile = slice(shape[1] // 2 % (shape[1] // acceleration), None, shape[1] // acceleration)
    heard = case.maps[:, shape[0] // 2, pile]
    heard = heard[:, heard.abs().sum(0) > 0]  # the places of the central pile that lie in the head
    rank = {"rank_single": torch.ones_like(heard[:1]), "rank_multi": heard}
    rank = {name: int(torch.linalg.matrix_rank(S, rtol=1e-3)) if S.numel() else 0 for name, S in rank.items()}
    places = heard.shape[1]
    lost = rank["rank_single"] < min(rank["rank_multi"], places) if places > 1 else None  # one place: nothing piled up
    return {"single": single, "multi": multi, **rank, "places": places, "holds": lost and multi < single}


def record_one_or_many(case: Scan, tracks: dict) -> None:
    """What `one_or_many` found, in the words of C41."""
    record(
        "C41",
        tracks["holds"],
        f"Compressed sensing at R = 4, same lines, best of three lambda each: NMSE {tracks['single']:.2%} from one "
        f"merged coil, {tracks['multi']:.2%} from {len(case.maps)} elements. For {tracks['places']} piled places the "
        f"merged coil has {tracks['rank_single']} independent equation, the elements have {tracks['rank_multi']}.",
        single=tracks["single"],
        multi=tracks["multi"],
    )


def record_more_elements(growing: dict) -> None:
    """What `more_elements` found, in the words of C42."""
    numbers, errors = growing["elements"], growing["nmse"]
    record(
        "C42",
        growing["holds"],
        f"NMSE at R = 4 with {', '.join(map(str, numbers))} elements: {', '.join(f'{e:.2%}' for e in errors)}.",
        **{f"elements_{n}": error for n, error in zip(numbers, errors, strict=True)},
    )
