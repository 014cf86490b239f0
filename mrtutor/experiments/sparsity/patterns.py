"""Chapter 3, the claims on patterns at equal budget: incoherence (C27) and variable density (C29). One uniform coil."""

import torch
from torch import Tensor

from ... import metrics, sparsity
from ...fourier import fft2c, ifft2c
from ...types import Image, Mask
from ...wavelet import dwt2, idwt2
from .claims import LEVELS, error
from .scenes import equal_budget


def spread(mask: Mask, level: int = 2, wavelet: str = "db4") -> tuple[Tensor, float]:
    """Where one detail coefficient goes when only `mask` is measured: the transform point spread [Lustig2007].

    Its size in every coefficient, its own = 1, (y, x); and the largest wrong one. level 1: the finest layer; the ripple
    differs along both directions.
    """
    n_y, n_x = mask.shape[-2:]
    own = (3 * n_y >> level + 1, 3 * n_x >> level + 1)  # the middle of the layer's lower right block
    one = torch.zeros(1, n_y, n_x, dtype=torch.complex64)
    one[(0, *own)] = 1
    seen = dwt2(ifft2c(mask * fft2c(idwt2(one, wavelet, LEVELS))), wavelet, LEVELS)[0].abs()
    seen = seen / seen[own]
    wrong = seen.clone()
    wrong[own] = 0
    return seen, float(wrong.max())


def pattern(image: Image, name: str, lams=(1e-3, 4e-3), n_draws: int = 3, n_iter: int = 40) -> dict[str, float]:
    """C27 and C29: one pattern of `equal_budget` with one uniform coil, wavelet CS at its best lam: means over `n_draws` draws.

    "zero-filled", "cs": errors; "fine", "coarse": largest wrong coefficient of a ripple of layer 1 and 3; "measured": points.
    """
    shape, region = image.shape[-2:], metrics.foreground(image)
    masks = [equal_budget(shape, seed=seed + 1)[name] for seed in range(1 if name == "equispaced lines" else n_draws)]
    batch, maps = torch.stack(masks), torch.ones(1, *shape, dtype=torch.complex64)
    kspace = batch * fft2c(image)
    mean = lambda images: sum(error(one, image, region) for one in images) / len(images)
    worst = lambda level: sum(spread(mask, level)[1] for mask in masks) / len(masks)
    return {
        "zero-filled": mean(ifft2c(kspace)),
        "cs": min(mean(sparsity.wavelet_cs(kspace, batch, maps, lam=lam, n_iter=n_iter)) for lam in lams),
        "fine": worst(1),
        "coarse": worst(3),
        "measured": int(masks[0].sum()),
    }


def incoherence(rows: dict[str, dict]) -> dict:
    """C27 from `pattern` for each name: does random beat regular for CS at equal budget? Asked for points and for lines; None (depends) when they differ."""
    regular = rows["equispaced lines"]
    better = {
        name: rows[name]["cs"] < regular["cs"] and rows[name]["fine"] < regular["fine"]
        for name in ("random lines", "random points")
    }
    return {**better, "holds": better["random points"] if len(set(better.values())) == 1 else None}


def density(rows: dict[str, dict]) -> dict:
    """C29 from `pattern` for each name: variable density against even chances, error after CS. Holds when it is lower for lines and for points."""
    gain = {kind: rows[f"random {kind}"]["cs"] / rows[f"dense {kind}"]["cs"] for kind in ("lines", "points")}
    return {**gain, "holds": all(ratio > 1 for ratio in gain.values())}
