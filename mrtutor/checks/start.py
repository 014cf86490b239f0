"""Warm-ups of chapters 0 and 1: shares and seconds, and a first picture from what was measured."""

from collections.abc import Callable

import torch

from ..encoding import complex_normal
from ..fourier import fft2c, ifft2c
from ..sampling import uniform_random
from .run import SOLUTION, attempt, close, recognise, say


def check_share_measured(share_measured: Callable) -> bool:
    """share_measured(mask) -> measured points / all points, 0 to 1. mask: bool (1, y, x)."""
    mask = uniform_random((8, 64), 4, 6, torch.Generator().manual_seed(3))  # 16 of 64 lines
    answer, complaint = attempt(share_measured, mask)
    if complaint:
        return say(False, complaint)
    if bool((answer - 0.25).abs() < 1e-3):
        return say(True, "16 of 64 lines were measured: a quarter. Who supplied the rest?")
    wrong = {
        4.0: "That is the acceleration factor. Turn it over.",
        0.75: "That is the share that was left out.",
        25.0: "Right in percent; give it as a share, 0 to 1.",
        16.0: "That counts the lines. Divide by how many there are.",
        128.0: "That counts the points. Divide by how many there are.",
    }
    found = [message for value, message in wrong.items() if bool((answer - value).abs() < 1e-3)]
    otherwise = (
        f"16 of 64 lines are true in this mask; {answer.real:.2f} is not their share. "
        f"Hint: a true point counts 1, a false one 0; what is their mean? {SOLUTION}"
    )
    return say(False, found[0] if found else otherwise)


def check_share_supplied(share_supplied: Callable) -> bool:
    """share_supplied(kspace, mask) -> energy on points never measured / all energy; both arguments (1, y, x)."""
    mask = uniform_random((8, 64), 4, 6, torch.Generator().manual_seed(3))
    kspace = complex_normal((1, 8, 64), torch.Generator().manual_seed(5)) * (1 + 3 * mask)  # measured points are louder
    answer, complaint = attempt(share_supplied, kspace, mask)
    if complaint:
        return say(False, complaint)
    energy, size = kspace.abs().square(), kspace.abs()
    right = energy[~mask].sum() / energy.sum()
    if close(answer, right):
        return say(True, f"{right:.0%} of this energy was never measured. No picture tells you that; the mask does.")
    wrong = {
        "That is the share that was measured. Turn the mask round: ~mask.": 1 - right,
        "You counted points. Weigh each with its squared magnitude.": (~mask).float().mean(),
        "You added magnitudes. Energy is the square of the magnitude.": size[~mask].sum() / size.sum(),
        "You divided by the measured energy. Divide by all of it.": energy[~mask].sum() / energy[mask].sum(),
        "Right in percent; give it as a share, 0 to 1.": 100 * right,
    }
    return say(
        False,
        recognise(
            answer,
            wrong,
            f"Not that share yet. Hint: squared magnitudes where the mask is false, over all of them. {SOLUTION}",
        ),
    )


def check_scan_seconds(scan_seconds: Callable) -> bool:
    """scan_seconds(lines, tr, echo_train) -> seconds for `lines` lines in trains, one train every `tr` seconds."""
    answer, complaint = attempt(scan_seconds, 140, 4, 16)
    if complaint:
        return say(False, complaint)
    wrong = {
        "A train that has begun is finished: round up.": 35.0,
        "You rounded down: the last 12 lines need a train too.": 32.0,
        "That counts the trains. Each takes one TR.": 9.0,
        "Each train brings 16 lines, not one.": 560.0,
        "Seconds, please: you gave minutes.": 0.6,
    }
    if close(answer, torch.tensor(36.0)):
        return say(True, "140 lines, 9 trains of 16, 36 seconds. Chapter 1 says where 140 comes from.")
    return say(
        False,
        recognise(
            answer,
            {message: torch.tensor(value) for message, value in wrong.items()},
            f"Not 36 s yet. Hint: 140 lines in trains of 16: how many trains, and how long is each? {SOLUTION}",
        ),
    )


def check_zero_filled(zero_filled: Callable) -> bool:
    """zero_filled(kspace, mask) -> picture of one uniform coil, complex (1, y, x).

    What was not measured counts as zero. kspace here is full: what the mask leaves out must not be used.
    """
    generator = torch.Generator().manual_seed(4)
    image = complex_normal((1, 12, 16), generator)
    kspace, mask = fft2c(image), uniform_random((12, 16), 2, 4, generator)
    right = ifft2c(mask * kspace)
    answer, complaint = attempt(zero_filled, kspace, mask, shape=(1, 12, 16))
    if complaint:
        return say(False, complaint)
    if close(answer, right):
        return say(True, "Mask, then transform. Every other method of this book begins here.")
    plain = torch.fft.ifft2(mask * kspace, norm="ortho")
    wrong = {
        "You used lines that were never measured. Multiply by the mask first.": image,
        "You kept what was left out. The mask is true where something was measured.": ifft2c(~mask * kspace),
        "Wrong way round: fft2c goes from picture to k-space, you need ifft2c.": fft2c(mask * kspace),
        "The magnitude is for the eye. Keep the complex picture; later methods need its phase.": right.abs().to(
            torch.complex64
        ),
        (
            "Our k-space has its centre in the middle. Use ifft2c of this package, or the head comes out in four "
            "corners."
        ): plain,
    }
    return say(
        False,
        recognise(
            answer,
            wrong,
            f"Not zero-filling yet. Hint: multiply k-space by the mask, then transform with ifft2c. {SOLUTION}",
        ),
    )
