"""K6: put the measured lines back, element by element."""

from collections.abc import Callable

import torch

from ..encoding import complex_normal
from ..fourier import fft2c
from ..sampling import equispaced
from .run import attempt, close, recognise, say

SHAPE, N_COILS = (12, 16), 4


def check_hard_dc(hard_dc: Callable) -> bool:
    """K6: hard_dc(image, kspace, mask, maps) -> element k-space (coil, y, x).

    Measured lines as they were measured, everywhere else what the image predicts for each element.
    image: complex (1, y, x); kspace: (coil, y, x), zero where not measured; mask: bool (1, y, x).
    """
    generator = torch.Generator().manual_seed(6)
    image = complex_normal((1, *SHAPE), generator)
    maps = complex_normal((N_COILS, *SHAPE), generator)
    mask = equispaced(SHAPE, 2)
    kspace = mask * complex_normal((N_COILS, *SHAPE), generator)
    per_element = "Consistency lives in each element's k-space. Multiply by the maps first."
    answer, complaint = attempt(
        hard_dc,
        image,
        kspace,
        mask,
        maps,
        shape=(N_COILS, *SHAPE),
        hints={
            (1, *SHAPE): per_element + " Return every element: combined again, half of the promise is lost.",
            SHAPE: per_element,
        },
    )
    if complaint:
        return say(False, complaint)
    guess = fft2c(maps * image)
    if close(answer, torch.where(mask, kspace, guess)):
        return say(True, "Measured lines are exact in each element's k-space; the rest is the guess.")
    wrong = {
        "You kept the guess where you measured, and zeros where you did not.": mask * guess,
        "Measured lines count twice: replace, do not add.": guess + kspace,
        per_element: torch.where(mask, kspace, fft2c(image)),
        "Nothing was put back: that is the guess on every line.": guess,
        "The lines that were not measured are empty. Keep the guess there.": kspace,
    }
    measured = float((mask * (answer - kspace)).norm() / kspace.norm())
    free = float((~mask * (answer - guess)).norm() / guess.norm())
    otherwise = (
        f"On measured lines you are off by {100 * measured:.0f} %, on the others you differ from the guess "
        f"by {100 * free:.0f} %; both must be zero."
    )
    return say(False, recognise(answer, wrong, otherwise))
