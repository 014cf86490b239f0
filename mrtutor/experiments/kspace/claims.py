"""Chapter 1, the claims: what skipping lines does (C01, C02), how many are left (C03), what centre and edge hold (C70, C104).

Images are (1, y, x) complex, measured with one uniform coil; phase encoding runs along x. Each function returns a dict
of numbers with "holds", which a test can turn red.
"""

import itertools

import torch
from torch import Tensor

from ... import fourier, metrics, sampling
from ...types import Image, Mask


def zero_filled(image: Image, mask: Mask) -> Image:
    """What one uniform coil shows of `image` when only `mask` is measured and the rest counts as zero."""
    return fourier.ifft2c(mask * fourier.fft2c(image))


def copies(image: Image, acceleration: int) -> dict:
    """C01: where the fold-over copies lie when every R-th line is kept, and that the outer half leaves none.

    The image of one bright dot has peaks of 1/R at multiples of W/R and nothing elsewhere; the zero-filled picture is
    the mean of R shifted pictures. R must divide the number of lines.
    """
    shape, n_x = image.shape[-2:], image.shape[-1]
    mask = sampling.equispaced(shape, acceleration)
    dot = torch.zeros(1, *shape, dtype=torch.complex64)
    dot[0, shape[0] // 2, n_x // 2] = 1
    row = zero_filled(dot, mask).abs()[0, shape[0] // 2]
    expected = sorted((n_x // 2 + k * n_x // acceleration) % n_x for k in range(acceleration))
    found = (row > 1e-3).nonzero().flatten().tolist()
    elsewhere = float(row[[x for x in range(n_x) if x not in expected]].max())
    stacked = sum(image.roll(k * n_x // acceleration, -1) for k in range(acceleration)) / acceleration
    folded = zero_filled(image, mask)
    mismatch = float((folded - stacked).abs().max() / image.abs().max())
    inner = zero_filled(image, sampling.centre_only(shape, acceleration))
    heights = row[expected]
    return {
        "positions": found,
        "height": float(heights.mean()),
        "elsewhere": elsewhere,
        "mismatch": mismatch,
        "copy": metrics.ghost_index(folded, image, acceleration),
        "copy_full": metrics.ghost_index(zero_filled(image, sampling.equispaced(shape, 1)), image, acceleration),
        "copy_centre": metrics.ghost_index(inner, image, acceleration),
        "holds": found == expected
        and bool((heights - 1 / acceleration).abs().max() < 1e-4)
        and elsewhere < 1e-4
        and mismatch < 1e-4,
    }


def prescribe(image: Image, fov: int) -> Image:
    """The picture when lines lie 1/`fov` apart (fov in columns): what a scanner shows in a field of that width, (1, y, fov).

    Each line is measured by summing the object against its own wave, so that `fov` may be any number of columns,
    narrower or wider than the object. The lines reach equally far out, so the voxel does not change.
    """
    n_x = image.shape[-1]
    x, k = torch.arange(n_x) - n_x // 2, torch.arange(fov) - fov // 2
    waves = torch.polar(torch.ones(n_x, fov), -2 * torch.pi * x[:, None] * k / fov) / fov**0.5
    lines = image @ waves  # (1, y, fov): measured along phase encoding, not yet along the readout
    readout = torch.fft.fftshift(torch.fft.fft(torch.fft.ifftshift(lines, dim=-2), dim=-2, norm="ortho"), dim=-2)
    return fourier.ifft2c(readout)


def cut(image: Image, fov: int) -> Image:
    """The middle `fov` columns of an image, air added where it is narrower."""
    n_x = image.shape[-1]
    wide = torch.nn.functional.pad(image, (fov, fov))
    start = fov + n_x // 2 - fov // 2
    return wide[..., start : start + fov]


def object_only(image: Image) -> tuple[Image, int]:
    """The head without the air's noise and ringing, moved to the middle, and its width in columns."""
    inside = metrics.foreground(image)
    columns = inside.any(0).nonzero().flatten()
    first, last = int(columns[0]), int(columns[-1])
    width = last - first + 1
    return (image * inside).roll(image.shape[-1] // 2 - first - width // 2, -1), width


def nyquist(image: Image, fields=(0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25)) -> dict:
    """C02: fold-over energy against the field of view, the latter in widths of the head.

    Wrap energy: |picture - head inside that field|^2 / |head|^2. Zero as long as lines lie no farther apart than
    1 / (width of the head).
    """
    head, width = object_only(image)
    energy = {}
    for field in fields:
        fov = round(field * width)
        wrong = prescribe(head, fov) - cut(head, fov)
        energy[field] = float(wrong.abs().square().sum() / head.abs().square().sum())
    enough = max(value for field, value in energy.items() if field >= 1)
    short = [energy[field] for field in sorted(energy) if field < 1]
    falling = all(a > b for a, b in itertools.pairwise(short))
    return {
        "energy": energy,
        "width": width,
        "enough": enough,
        "short": short[-1],
        "holds": enough < 1e-8 and short[-1] > 1e-6 and falling,
    }


def count(n_lines: int, acceleration: int, n_acs: int = 0) -> dict:
    """C03: lines measured, their share, and the true acceleration; "holds": the share is 1/R."""
    mask = sampling.equispaced((1, n_lines), acceleration, n_acs)
    lines = int(mask.sum())
    return {
        "lines": lines,
        "share": lines / n_lines,
        "true": sampling.true_acceleration(mask),
        "holds": abs(lines / n_lines - 1 / acceleration) < 0.5 / n_lines,
    }


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
