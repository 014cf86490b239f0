"""Chapter 3, the claims: sparsity (C05) and how far (C10); blur and ringing are in `strength`, patterns in `patterns`.

Scans are fully sampled; NMSE inside the head against the full scan, and "error" is its root. Each function returns a
dict of numbers with "holds".
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

from ... import metrics, sampling, sense, sparsity
from ...claims import Record, record
from ...encoding import complex_normal
from ...scan import Scan
from ...show import watch
from ...types import Image
from ...wavelet import dwt2, idwt2
from ..common.cases import prepare
from ..ladder import rungs
from .dots import Dot, left

LEVELS = 4
SHARES = (1, 0.5, 0.2, 0.1, 0.07, 0.05, 0.04, 0.03, 0.02, 0.01)  # of the coefficients, as the reader goes through them


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
    """Where the grid of the wavelets lies is chance, and a small dot's fate depends on it: `n_grids` positions.

    "shift": the most typical one, whose dots come nearest to the mean; "mean": share -> {dot: contrast left}, over all
    positions.
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


def knee(case: Scan, accelerations=(2, 3, 4, 5, 6, 8), seed: int = 1) -> dict:
    """C10 for compressed sensing: NMSE over R of CG-SENSE and wavelet CS from the same lines of variable density.

    "steeper": how many times faster wavelet CS worsens, per unit of R, beyond 4 than up to 4. Holds when that is 3 or
    more, the rule of chapter 2; else None: parallel imaging bends there, this method does not.
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


def first_lost(kept: dict[float, Image], dots: list[Dot]) -> float:
    """The first share of `kept` (share -> picture, falling) at which a dot has lost half its contrast."""
    return next((share for share, picture in kept.items() if min(left(picture, dots).values()) < 0.5), list(kept)[-1])


def in_words(dots: list[Dot], kept: dict[float, Image], grids: dict, few: dict[str, dict]) -> dict[str, str]:
    """For the prose: what a tenth of the coefficients leaves, and which dot goes first. `few`: label -> of `sparse`."""
    (plain, real), label = few.values(), list(few)[-1]
    first, small, faint = first_lost(kept, dots), dots[0].name, dots[1].name
    return {
        "error_10": f"{plain['error']:.0%}",
        "error_real": f"{real['error']:.0%} ({label})",
        "error_pixels": f"{plain['pixels']:.0%}",
        "first": f"{first:.0%}",
        "faint_10": f"{left(kept[0.1], dots)[faint]:.0%}",
        "faint_first": f"{left(kept[first], dots)[faint]:.0%}",
        "bright_first": f"{left(kept[first], dots)[small]:.0%}",
        "faint_mean": f"{grids['mean'][0.05][faint]:.0%}",
    }


def knees(brain: Scan) -> dict[str, dict]:
    """`knee` of the ladder's slice and of `brain`: label -> what was found."""
    heads = {scan.label: scan for scan in (rungs.case(), prepare(brain))}
    return {label: knee(scan) for label, scan in watch(heads.items(), "error over R")}


def record_sparse(few: dict[str, dict]) -> Record:
    """What `sparse` found on two heads (label -> found), in the words of C05."""
    (label, virtual), (real_label, real) = few.items()
    return record(
        "C05",
        virtual["holds"] and real["holds"],
        f"The largest 10 % of the wavelet coefficients give the slice back with an error of {virtual['error']:.1%} "
        f"({label}) and {real['error']:.1%} ({real_label}); the brightest 10 % of its pixels would leave "
        f"{virtual['pixels']:.0%}, and white noise in 10 % of its coefficients {virtual['noise']:.0%}.",
        virtual=virtual["error"],
        brain=real["error"],
        pixels=virtual["pixels"],
        noise=virtual["noise"],
    )


def record_knee(far: dict[str, dict]) -> Record:
    """What `knees` found, in the words of C10."""
    virtual, brain = far.values()
    at = [virtual["R"].index(R) for R in (2, 4, 8)]
    curves = [", ".join(f"{one['Wavelet CS'][i]:.2%}" for i in at) + f" ({label})" for label, one in far.items()]
    return record(
        "C10",
        virtual["holds"] if virtual["holds"] is brain["holds"] else None,
        f"Compressed sensing has no bend at 4. NMSE at R = 2, 4, 8, lines of variable density: {', '.join(curves)}. "
        f"Per unit of R it worsens {virtual['steeper']:.1f} and {brain['steeper']:.1f} times as fast beyond 4 as up to "
        "4; parallel imaging does bend there (chapter 2).",
        steeper_virtual=virtual["steeper"],
        steeper_brain=brain["steeper"],
    )
