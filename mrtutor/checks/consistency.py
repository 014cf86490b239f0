"""K6 and K9: put the measured points back, element by element; one round of compressed sensing."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..encoding import complex_normal, encode, encode_adjoint
from ..fourier import fft2c, ifft2c
from ..sampling import equispaced
from .run import SOLUTION, attempt, close, off, recognise, say

SHAPE, N_COILS = (12, 16), 4
PER_ELEMENT = "Consistency lives in each element's k-space. Multiply by the maps first."


def _scan(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """image (1, y, x), kspace (coil, y, x), mask bool (1, y, x), maps of unit norm: all random, R = 2."""
    generator = torch.Generator().manual_seed(seed)
    image, maps = complex_normal((1, *SHAPE), generator), complex_normal((N_COILS, *SHAPE), generator)
    mask = equispaced(SHAPE, 2)
    kspace = mask * complex_normal((N_COILS, *SHAPE), generator)
    return image, kspace, mask, maps / maps.abs().square().sum(0, keepdim=True).sqrt()


def check_hard_dc(hard_dc: Callable) -> bool:
    """K6: hard_dc(image, kspace, mask, maps) -> element k-space (coil, y, x).

    Measured lines as they were measured, everywhere else what the image predicts for each element.
    image: complex (1, y, x); kspace: (coil, y, x), zero where not measured; mask: bool (1, y, x).
    """
    image, kspace, mask, maps = _scan(6)
    combined = PER_ELEMENT + " Return every element: combined again, half of the promise is lost."
    hints = {(1, *SHAPE): combined, SHAPE: PER_ELEMENT}
    answer, complaint = attempt(hard_dc, image, kspace, mask, maps, shape=(N_COILS, *SHAPE), hints=hints)
    if complaint:
        return say(False, complaint)
    guess = fft2c(maps * image)
    right = torch.where(mask, kspace, guess)
    if close(answer, right):
        return say(True, "Measured lines are exact in each element's k-space; the rest is the guess.")
    wrong = {
        "You kept the guess where you measured, and zeros where you did not.": mask * guess,
        "Measured lines count twice: replace, do not add.": guess + kspace,
        PER_ELEMENT: torch.where(mask, kspace, fft2c(image)),
        "Nothing was put back: that is the guess on every line.": guess,
        "The lines that were not measured are empty. Keep the guess there.": kspace,
        "The measured lines are empty. Put the measurement there.": ~mask * guess,
        "Half guess, half measurement: that is soft. Hard means that the measurement wins.": (guess + kspace) / 2,
        "That is each element's picture. Stay in its k-space.": ifft2c(right),
        "You went to k-space by the inverse transform: the image's k-space is fft2c of it.": torch.where(
            mask, kspace, ifft2c(maps * image)
        ),
        "The conjugate maps combine elements. To predict what each one hears, multiply by the maps.": torch.where(
            mask, kspace, fft2c(maps.conj() * image)
        ),
    }
    measured = float((mask * (answer - kspace)).norm() / kspace.norm())
    free = float((~mask * (answer - guess)).norm() / (~mask * guess).norm())
    otherwise = (
        f"On measured lines you are off by {100 * measured:.0f} %, on the others you differ from the guess "
        f"by {100 * free:.0f} %; both must be zero. Hint: predict the k-space of every element, then choose at each "
        f"point between two values. {SOLUTION}"
    )
    return say(False, recognise(answer, wrong, otherwise))


def check_one_round(one_round: Callable) -> bool:
    """K9: one_round(image, kspace, mask, maps, shrink) -> image, corrected by what was measured, then shrunk.

    image: complex (1, y, x); kspace: (coil, y, x), zero where not measured; shrink: image -> image. Step 1.
    """
    image, kspace, mask, maps = _scan(8)
    per_element = "One image is wanted, not one for each element: encode_adjoint combines them."
    hints = {(N_COILS, *SHAPE): per_element}
    answer, complaint = attempt(one_round, image, kspace, mask, maps, _shrink, shape=(1, *SHAPE), hints=hints)
    if complaint:
        return say(False, complaint)
    step = encode_adjoint(encode(image, mask, maps) - kspace, mask, maps)
    right = _shrink(image - step)
    if close(answer, right):
        return say(True, "Correct, then shrink. Forty such rounds, with a little momentum, are wavelet_cs.")
    otherwise = (
        f"Not one round yet: you are off by {off(answer, right)}. Hint: what does the image predict, minus what was "
        f"measured? encode_adjoint of that is the correction; then shrink. {SOLUTION}"
    )
    return say(False, recognise(answer, _wrong_rounds(image, kspace, mask, maps, step), otherwise))


def _shrink(x: Tensor) -> Tensor:
    return torch.sgn(x) * (x.abs() - 0.3).clamp_min(0)


def _wrong_rounds(image: Tensor, kspace: Tensor, mask: Tensor, maps: Tensor, step: Tensor) -> dict[str, Tensor]:
    shrunk = _shrink(image)
    late = shrunk - encode_adjoint(encode(shrunk, mask, maps) - kspace, mask, maps)
    away = "You stepped away from the measurement: the misfit is the predicted minus the measured; subtract it."
    order = "Other way round: correct first, then shrink, or the last word is the measurement's and its grain stays."
    anew = "That starts anew from what was measured: keep the image, and compare only where the mask is true."
    no_maps = "The conjugate of the maps combines the elements; encode_adjoint does that for you."
    return {
        away: _shrink(image + step),
        "Corrected, not shrunk: without the assumption nothing fills the gaps.": image - step,
        "Shrunk, not corrected: the measurement never had a say.": shrunk,
        order: late,
        "Shrink the corrected image, not the correction.": image - _shrink(step),
        anew: _shrink(encode_adjoint(kspace, mask, maps)),
        no_maps: _shrink(image - (maps * ifft2c(encode(image, mask, maps) - kspace)).sum(0, keepdim=True)),
        "That is the correction alone: subtract it from the image, then shrink.": step,
        "That is the correction alone, and shrunk: subtract it from the image first.": _shrink(step),
        "Shrunk twice: once is enough.": _shrink(_shrink(image - step)),
        "Half a step: here it has size 1.": _shrink(image - step / 2),
        "Two steps in one: here it has size 1.": _shrink(image - 2 * step),
        "Nothing happened: that is the image as it came.": image,
    }
