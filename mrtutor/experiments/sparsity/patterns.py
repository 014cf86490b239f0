"""Chapter 3, patterns: the chapter's own, and five at equal budget with the claims on them (C27, C29).

One uniform coil in all that compares the five.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

from ... import metrics, sampling, sparsity
from ...claims import Record, record
from ...fourier import fft2c, ifft2c
from ...scan import Scan
from ...show import watch
from ...types import Image, Mask
from ...wavelet import dwt2, idwt2
from .claims import LEVELS, error

PATTERNS = {
    "equispaced lines": "every 3rd line",
    "random lines": "random lines",
    "dense lines": "lines, more near the centre",
    "random points": "random points",
    "dense points": "points, more near the centre",
}


def points(scan: Scan, acceleration: float = 6, n_acs: int = 24, seed: int = 1) -> Mask:
    """The chapter's pattern: random points, dense near the centre; at most a sixth of them complete it."""
    n_acs = min(n_acs, int((scan.mask.numel() / acceleration / 6) ** 0.5))
    return sampling.variable_density_2d(
        scan.kspace.shape[-2:], acceleration, n_acs, torch.Generator().manual_seed(seed)
    )


def equal_budget(shape, acceleration: int = 3, n_acs: int = 8, seed: int = 1) -> dict[str, Mask]:
    """The names of PATTERNS -> masks that measure exactly as much, with the same share complete in the centre.

    Every R-th line and `n_acs` central ones; lines or points drawn at random, evenly or by variable density.
    """
    regular = sampling.equispaced(shape, acceleration, n_acs)
    R, side = sampling.true_acceleration(regular), int((n_acs * shape[-2]) ** 0.5)
    draw = lambda pattern, n, **more: pattern(shape, R, n, torch.Generator().manual_seed(seed), **more)
    return {
        "equispaced lines": regular,
        "random lines": draw(sampling.uniform_random, n_acs),
        "dense lines": draw(sampling.variable_density, n_acs),
        "random points": draw(sampling.variable_density_2d, side, power=0.0),
        "dense points": draw(sampling.variable_density_2d, side),
    }


def spread(mask: Mask, level: int = 2, wavelet: str = "db4") -> tuple[Tensor, float]:
    """Where one detail coefficient goes when only `mask` is measured: the transform point spread [Lustig2007].

    Its size in every coefficient, its own = 1, (y, x); and the largest wrong one. level 1: the finest layer; the ripple
    differs along both directions. Sides that cannot be halved often enough are padded for the transform.
    """
    rows, columns = mask.shape[-2:]
    n_y, n_x = (n + -n % 2**LEVELS for n in (rows, columns))
    own = (3 * n_y >> level + 1, 3 * n_x >> level + 1)  # the middle of the layer's lower right block
    one = torch.zeros(1, n_y, n_x, dtype=torch.complex64)
    one[(0, *own)] = 1
    ripple = idwt2(one, wavelet, LEVELS)[..., :rows, :columns]
    back = pad(ifft2c(mask * fft2c(ripple)), (0, n_x - columns, 0, n_y - rows))
    seen = dwt2(back, wavelet, LEVELS)[0].abs()
    seen = seen / seen[own]
    wrong = seen.clone()
    wrong[own] = 0
    return seen, float(wrong.max())


def pattern(image: Image, name: str, lams=(1e-3, 4e-3), n_draws: int = 3, n_iter: int = 40) -> dict[str, float]:
    """C27 and C29: one pattern of `equal_budget`, wavelet CS at its best lam: means over `n_draws` draws.

    "zero-filled", "cs": errors; "fine", "coarse": largest wrong coefficient of a ripple of layer 1 and 3; "measured":
    number of points.
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
    """C27 from `pattern` for each name: does random beat regular for CS at equal budget?

    Asked for points and for lines; None (depends) when they differ.
    """
    regular = rows["equispaced lines"]
    better = {
        name: rows[name]["cs"] < regular["cs"] and rows[name]["fine"] < regular["fine"]
        for name in ("random lines", "random points")
    }
    return {**better, "holds": better["random points"] if len(set(better.values())) == 1 else None}


def density(rows: dict[str, dict]) -> dict:
    """C29 from `pattern` for each name: variable density against even chances, error after CS.

    Holds when it is lower for lines and for points.
    """
    gain = {kind: rows[f"random {kind}"]["cs"] / rows[f"dense {kind}"]["cs"] for kind in ("lines", "points")}
    return {**gain, "holds": all(ratio > 1 for ratio in gain.values())}


def reconstruct(case: Scan, budget: dict[str, Mask], lam: float = 4e-3) -> dict[tuple[str, bool], Image]:
    """The picture of `case`, measured by one uniform coil: (pattern, compressed sensing on or off) -> picture."""
    kspace, ones, solved = fft2c(case.image), torch.ones_like(case.image), {}
    for name, mask in watch(budget.items(), "pattern"):
        solved[name, False] = ifft2c(mask * kspace)
        solved[name, True] = sparsity.wavelet_cs(mask * kspace, mask, ones, lam=lam)
    return solved


def in_words(rows: dict[str, dict]) -> dict[str, str]:
    """For the prose: each pattern's error with compressed sensing off and on, from `pattern` for each name."""
    short = {"equispaced lines": "eq", "random lines": "rl", "dense lines": "dl"}
    short |= {"random points": "rp", "dense points": "dp"}
    off = {f"{short[name]}_off": f"{row['zero-filled']:.0%}" for name, row in rows.items()}
    return off | {f"{short[name]}_on": f"{row['cs']:.0%}" for name, row in rows.items()}


def record_incoherence(rows: dict[str, dict]) -> Record:
    """What `incoherence` makes of `rows`, in the words of C27."""
    three = [rows[name] for name in ("equispaced lines", "random lines", "random points")]
    fine, cs = [row["fine"] for row in three], [row["cs"] for row in three]
    return record(
        "C27",
        incoherence(rows)["holds"],
        f"Largest wrong coefficient of a fine ripple at equal budget: every 3rd line {fine[0]:.2f}, random lines "
        f"{fine[1]:.2f}, random points {fine[2]:.2f}. Error after compressed sensing: "
        f"{', '.join(f'{one:.0%}' for one in cs)}. Random points help; random lines look less like copies and still do "
        "no better.",
        regular=cs[0],
        random_lines=cs[1],
        random_points=cs[2],
    )


def record_density(rows: dict[str, dict]) -> Record:
    """What `density` makes of `rows`, in the words of C29."""
    found, even, dense = density(rows), rows["random points"], rows["dense points"]
    return record(
        "C29",
        found["holds"],
        "Error after compressed sensing, even chances against variable density: lines "
        f"{rows['random lines']['cs']:.0%} and {rows['dense lines']['cs']:.0%}, points {even['cs']:.0%} and "
        f"{dense['cs']:.0%}. The largest wrong coefficient falls in a coarse layer ({even['coarse']:.2f} to "
        f"{dense['coarse']:.2f}, points) and rises in the finest ({even['fine']:.2f} to {dense['fine']:.2f}).",
        lines=found["lines"],
        points=found["points"],
    )
