"""CG-SENSE beside sigpy (goal: 1e-3, and faster), and the mean g-factor beside 2,000 noise draws (goal: 1 %)."""

from functools import partial

import numpy as np
import sigpy.mri.app
import torch
from cases import cases, maps_of, times

from mrtutor.coils import rss
from mrtutor.fourier import ifft2c
from mrtutor.metrics import foreground
from mrtutor.sampling import equispaced
from mrtutor.sense import cg_sense, g_factor, pseudo_replica, unfold


def theirs(y, maps, weights):
    return sigpy.mri.app.SenseRecon(
        y.numpy(), maps.numpy(), lamda=0.01, weights=weights, max_iter=30, tol=0, show_pbar=False
    ).run()


def main() -> None:
    print(
        f"{'case':34}{'R':>3}{'difference':>12}{'ms ours':>10}{'sigpy':>10}{'speed-up':>10}"
        f"{'mean g':>9}{'replica':>9}{'ratio':>8}"
    )
    for name, kspace in cases().items():
        maps = maps_of(kspace)
        region = foreground(rss(ifft2c(kspace))) & (rss(maps)[0] > 0)
        for R in (2, 4):
            mask = equispaced(kspace.shape[-2:], R, 24)
            y = kspace * mask
            weights = mask.expand(y.shape).numpy().astype(np.float32)
            result = times(
                ours=partial(cg_sense, y, mask, maps, lam=0.01, n_iter=30), theirs=partial(theirs, y, maps, weights)
            )
            (t, x), (t_ref, x_ref) = result["ours"], result["theirs"]
            x_ref = torch.from_numpy(x_ref)
            difference = float((x[0] - x_ref).norm() / x_ref.norm())
            g, replica = replica_g(maps, region, R) if kspace.shape[-1] == 128 else (float("nan"),) * 2
            print(
                f"{name:34}{R:3}{difference:12.1e}{1e3 * t:10.0f}{1e3 * t_ref:10.0f}{t_ref / t:10.1f}"
                f"{g:9.3f}{replica:9.3f}{g / replica:8.3f}",
                flush=True,
            )


def replica_g(maps: torch.Tensor, region: torch.Tensor, R: int) -> tuple[float, float]:
    """Mean g over the head: closed form, and from the spread of 2,000 unfolded noise images."""
    mask = equispaced(maps.shape[-2:], R)
    spread = pseudo_replica(
        lambda k: unfold(k, mask, maps), torch.zeros_like(maps), 1.0, 2000, torch.Generator().manual_seed(5)
    )
    return float(g_factor(maps, R)[0][region].mean()), float(spread[0][region].mean() / R**0.5)
