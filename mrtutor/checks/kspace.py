"""K1 and K2: count the lines honestly, fold an image without a Fourier transform."""

from collections.abc import Callable

import torch

from ..encoding import complex_normal
from ..fourier import fft2c, ifft2c
from ..sampling import equispaced, uniform_random
from .run import SOLUTION, attempt, close, recognise, say, transforms


def check_true_acceleration(true_acceleration: Callable) -> bool:
    """K1: true_acceleration(mask) -> all lines / lines measured. mask: bool (1, y, x), whole lines along y."""
    mask = equispaced(
        (8, 256), 4, n_acs=24, offset=0
    )  # 64 lines on the grid, 24 reference lines, 6 of them on the grid too
    answer, complaint = attempt(true_acceleration, mask)
    if complaint:
        return say(False, complaint)
    n_x, measured, n_y = 256, 82, 8
    if not _near(answer, n_x / measured):
        wrong = {
            "That is the protocol's number. Count the lines that were measured.": 4.0,
            "You counted six reference lines twice; they were already on the grid.": n_x / 88,
            "That is the share measured. Turn it over.": measured / n_x,
            "You counted every point of every line. Compare lines with lines, or points with points.": n_x
            / (measured * n_y),
            "You compared all points with the lines measured. Compare lines with lines, or points with points.": n_x
            * n_y
            / measured,
        }
        found = [message for message, value in wrong.items() if _near(answer, value)]
        return say(
            False,
            found[0]
            if found
            else f"256 lines in all, {measured} of them measured: {answer.real:.2f} is not their ratio. Hint: "
            f"`mask.numel()` counts all points, `mask.sum()` those that were measured. {SOLUTION}",
        )
    other = uniform_random((8, 60), 2.5, 6, torch.Generator().manual_seed(1))
    answer, complaint = attempt(true_acceleration, other)
    if complaint or not _near(answer, 2.5):
        return say(
            False,
            complaint or "Right for this mask only: another mask has another number of lines. Count them in the mask.",
        )
    return say(True, "256 lines, 82 measured: the scan is 3.12 times shorter, not 4 times.")


def _near(answer, value: float) -> bool:
    return bool((answer - value).abs() < 0.01)  # an answer rounded to two digits is fine


def check_folded(folded: Callable) -> bool:
    """K2: folded(image, R) -> what zero-filling shows when every R-th line is measured, the centre line among them.

    image: complex (1, y, x); without a Fourier transform, which a right answer is watched for.
    """
    generator = torch.Generator().manual_seed(2)
    for R in (3, 2, 4):
        image = complex_normal((1, 10, 24), generator)
        right = _zero_filled(image, R)
        answer, complaint = attempt(folded, image, R, shape=(1, 10, 24))
        if complaint:
            return say(False, complaint)
        if not close(answer, right):
            error = float((answer - right).norm() / right.norm())
            otherwise = (
                f"At R = {R} your image differs from zero-filling by {100 * error:.0f} %. Hint: R copies, W/R apart, "
                f"each 1/R as bright; `image.roll(W // R, -1)` is one of them. {SOLUTION}"
            )
            return say(False, recognise(answer, _wrong_folds(image, R), otherwise))
        if transforms(folded, image, R):
            return say(False, "Right picture, but by a Fourier transform. Fold it in the picture: add shifted copies.")
    return say(True, "R sharp copies, W/R apart, each 1/R as bright: folding is addition.")


def _zero_filled(image, R: int, beside: int = 0):
    """The picture when every R-th line is measured, the first of them `beside` the centre line."""
    shape = image.shape[-2:]
    return ifft2c(equispaced(shape, R, offset=shape[-1] // 2 + beside) * fft2c(image))


def _wrong_folds(image, R: int) -> dict:
    """Message -> the answer it belongs to."""
    apart = image.shape[-1] // R
    copies = torch.stack([image.roll(j * apart, -1) for j in range(R)])
    across = sum(image.roll(j * apart, -2) for j in range(R)) / R
    return {
        "R times too bright: each copy keeps 1/R.": copies.sum(0),
        "The copies sit W/R apart, not R pixels.": sum(image.roll(j * R, -1) for j in range(R)) / R,
        "Copies add as complex numbers; magnitudes only agree where the other is air.": copies.abs().sum(0) / R,
        "Right distance, wrong direction: the copies march along phase encoding, the last axis.": across,
        "That is one copy moved. The image itself stays, and R - 1 copies join it.": copies[1],
        "R copies share the pixel, not two: add one for each multiple of W/R.": (image + copies[1]) / R,
        "Right copies, turned in phase: your grid starts beside the centre line.": _zero_filled(image, R, 1),
        "Right copies, turned in phase: your grid starts before the centre line.": _zero_filled(image, R, -1),
    }
