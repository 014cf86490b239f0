"""Chapter 1, the claims: what skipping lines does (C01, C02), how many are left (C03); C70 and C104 are in `extent`.

Images are (1, y, x) complex, measured with one uniform coil; phase encoding runs along x. Each measurement returns a
dict of numbers with "holds", which a test can turn red; `review` records all five.
"""

import itertools

import torch

from ... import metrics, sampling
from ...claims import record
from ...types import Image
from .extent import best_lines, centre_and_edge
from .folding import cut, object_only, prescribe, zero_filled


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


def review(image: Image) -> None:
    """Record what the chapter measured for each of its claims, C01, C02, C03, C70, C104, on its own slice."""
    record_copies(copies(image, 2), copies(image, 4))
    record_nyquist(nyquist(image))
    record_count(count(256, 4), count(256, 4, 24), count(128, 4, 24))
    record_centre_and_edge(centre_and_edge(image))
    record_best_lines(best_lines(image))


def record_copies(two: dict, four: dict) -> None:
    """C01 in words."""
    elsewhere = max(two["elsewhere"], four["elsewhere"])
    record(
        "C01",
        two["holds"] and four["holds"],
        (
            f"With every 2nd line kept the dot has a copy of height {two['height']:.2f} half a field away; with "
            f"every 4th, copies of {four['height']:.2f} at each quarter; elsewhere at most {elsewhere:.0e}. The "
            f"word “may” is right: the central half leaves no copy ({two['copy_centre']:.3f}), it blurs."
        ),
        height_2=two["height"],
        height_4=four["height"],
        elsewhere=elsewhere,
    )


def record_nyquist(wrap: dict) -> None:
    """C02 in words."""
    record(
        "C02",
        wrap["holds"],
        (
            f"Signal at the wrong place: {wrap['enough']:.0e} of the head's energy with a field as wide as the "
            f"head or wider, {wrap['energy'][0.9]:.1%} at 90 % of its width, {wrap['energy'][0.5]:.0%} at 50 %."
        ),
        enough=wrap["enough"],
        at_90=wrap["energy"][0.9],
        at_50=wrap["energy"][0.5],
    )


def record_count(bare: dict, long: dict, short: dict) -> None:
    """C03 in words: 256 lines without and with reference lines, and 128 with."""
    record(
        "C03",
        {"without calibration lines": bare["holds"], "with calibration lines": long["holds"]},
        (
            f"Every 4th of 256 lines is {bare['share']:.0%}; with 24 reference lines it is {long['share']:.0%} "
            f"(true R {long['true']:.2f}), and of 128 lines {short['share']:.0%} (true R {short['true']:.2f})."
        ),
        share=bare["share"],
        share_256=long["share"],
        share_128=short["share"],
    )


def record_centre_and_edge(parts: dict) -> None:
    """C70 in words."""
    centre, edge = parts["centre"], parts["edge"]
    record(
        "C70",
        parts["holds"],
        (
            f"The central {parts['share']:.1%} of k-space gives patch brightness that correlates "
            f"{centre['contrast']:.2f} with the full picture, the rest {edge['contrast']:.2f}; of fine detail (1 "
            f"− HFEN) the centre holds {centre['detail']:.0%}, the rest {edge['detail']:.0%}."
        ),
        contrast_centre=centre["contrast"],
        contrast_edge=edge["contrast"],
        detail_centre=centre["detail"],
        detail_edge=edge["detail"],
    )


def record_best_lines(best: dict) -> None:
    """C104 in words."""
    record(
        "C104",
        best["holds"],
        (
            f"Zero-filled, {best['rows']['oracle']['lines']} lines: NMSE {best['oracle']:.4f} for lines chosen by "
            f"one who knows the picture, {best['best_fixed']:.4f} for the best fixed pattern. {best['shared']} of "
            "the chosen lines lie in the central block: for this score the best scan is the centre, and it is "
            "blurred."
        ),
        oracle=best["oracle"],
        best_fixed=best["best_fixed"],
    )
