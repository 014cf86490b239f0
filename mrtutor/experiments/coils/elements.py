"""Chapter 2, what more elements add, and what is lost when they are merged too early."""

import itertools
from dataclasses import replace

import torch
from torch import Tensor

from ... import coils, metrics, sampling, sense, sparsity
from ...fourier import ifft2c
from ...scan import Scan
from .claims import head


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


def more_elements(case: Scan, numbers=(1, 2, 4, 8, 16), acceleration: int = 4, n_acs: int = 20) -> dict:
    """C42: NMSE of SENSE at equal lines with more and more of the scan's own elements, each against its own full scan."""
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
    rank = {name: int(torch.linalg.matrix_rank(S, rtol=1e-3)) for name, S in rank.items()}
    return {
        "single": single,
        "multi": multi,
        **rank,
        "places": heard.shape[1],
        "holds": multi < single and rank["rank_single"] < min(rank["rank_multi"], heard.shape[1]),
    }
