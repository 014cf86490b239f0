"""Chapter 1, what centre and edge hold (C70), and lines chosen by one who knows the picture (C104)."""

import torch
from torch import Tensor

from ... import fourier, metrics, sampling
from ...types import Image, Mask
from .folding import zero_filled


def patches(image: Image, size: int = 6) -> Tensor:
    """Mean brightness of `size` x `size` patches: what is left when detail does not count."""
    image = image.abs() if image.is_complex() else image
    return torch.nn.functional.avg_pool2d(image[None], size)[0, 0]


def centre_and_edge(image: Image, centre: float = 0.125) -> dict:
    """C70: the picture from the central disc of k-space (radius `centre` of the full extent), and from all but it.

    contrast: correlation of patch brightness with the full picture, inside the head; detail: 1 - HFEN, the share of
    fine detail that is right (0 or less: none). Both of the picture in the phase of the full one, so that an edge-only
    picture may be dark on one side of an edge and bright on the other.
    """
    in_phase = torch.sgn(image).conj()
    y, x = (torch.arange(n) - n // 2 for n in image.shape[-2:])
    disc = (torch.hypot(y[:, None] / image.shape[-2], x / image.shape[-1]) <= centre / 2)[None]
    inside, full = patches(metrics.foreground(image)[None].float()) > 0.99, patches(image)
    result = {"share": float(disc.float().mean())}
    for name, mask in (("centre", disc), ("edge", ~disc)):
        part = (zero_filled(image, mask) * in_phase).real
        pair = torch.stack([patches(part)[inside], full[inside]])
        result[name] = {
            "image": part,
            "contrast": float(torch.corrcoef(pair)[0, 1]),
            "detail": 1 - metrics.hfen(part, image),
        }
    result["energy"] = float((disc * fourier.fft2c(image)).abs().square().sum() / image.abs().square().sum())
    result["holds"] = (
        result["centre"]["contrast"] > result["edge"]["contrast"] + 0.05
        and result["edge"]["detail"] > result["centre"]["detail"] + 0.05
    )
    return result


def oracle_lines(image: Image, n_lines: int) -> Mask:
    """The `n_lines` lines that leave the least squared error in the zero-filled picture of this very image.

    Lines add up their energies (Parseval), so taking the strongest first is greedy and optimal at once. No scanner can
    do this: it must know the picture beforehand.
    """
    energy = fourier.fft2c(image).abs().square().sum((0, 1))
    lines = torch.zeros(image.shape[-1], dtype=torch.bool)
    lines[energy.argsort(descending=True)[:n_lines]] = True
    return lines.expand(1, *image.shape[-2:]).clone()


def best_lines(image: Image, acceleration: int = 4, n_acs: int = 12, n_draws: int = 8) -> dict:
    """C104, zero-filled part: NMSE and HFEN of the oracle's lines against fixed patterns with as many lines.

    Random patterns: NMSE is the mean of `n_draws` draws, HFEN that of the first.
    """
    shape = image.shape[-2:]
    budget = round(shape[-1] / acceleration)
    masks = {
        "oracle": [oracle_lines(image, budget)],
        "centre only": [sampling.centre_only(shape, acceleration)],
        "equispaced": [sampling.equispaced(shape, acceleration)],
    }
    for name in ("variable density", "gaussian", "uniform random"):
        masks[name] = [
            sampling.PATTERNS[name](shape, acceleration, n_acs, torch.Generator().manual_seed(seed))
            for seed in range(n_draws)
        ]
    rows, region = {}, metrics.foreground(image)
    for name, drawn in masks.items():
        images = [zero_filled(image, mask) for mask in drawn]
        rows[name] = {
            "nmse": sum(metrics.nmse(one, image, region) for one in images) / len(images),
            "hfen": metrics.hfen(images[0], image, region),
            "lines": int(drawn[0][0, 0].sum()),
        }
    best = min(row["nmse"] for name, row in rows.items() if name != "oracle")
    return {
        "rows": rows,
        "oracle": rows["oracle"]["nmse"],
        "best_fixed": best,
        "shared": int((masks["oracle"][0] & masks["centre only"][0])[0, 0].sum()),
        "holds": rows["oracle"]["nmse"] <= best and len({row["lines"] for row in rows.values()}) == 1,
    }
