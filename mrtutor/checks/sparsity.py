"""K5, K8, K9: shrink coefficients, keep the largest of them, one round of compressed sensing."""

from collections.abc import Callable

import torch

from ..encoding import complex_normal, encode, encode_adjoint
from ..sampling import equispaced
from .run import attempt, close, recognise, say


def check_shrink(shrink: Callable) -> bool:
    """K5: shrink(z, lam) -> z with its magnitude made smaller by lam, never below zero, its phase kept. z: complex (n,)."""
    generator = torch.Generator().manual_seed(5)
    known = torch.tensor([3 + 4j, 0, 0.3 - 0.4j, -6 + 8j], dtype=torch.complex64)
    for z, lam in ((known, 1.0), (complex_normal((40,), generator), 0.7)):
        answer, complaint = attempt(shrink, z, lam, shape=tuple(z.shape))
        if complaint:
            return say(False, complaint)
        if bool(answer.isnan().any()):
            return say(False, "0/0 gives nan. Ask what should happen to an empty pixel.")
        size = z.abs()
        direction = z / size.clamp_min(1e-12)
        if close(answer, direction * (size - lam).clamp_min(0)):
            continue
        apart = torch.complex(*(part.sign() * (part.abs() - lam).clamp_min(0) for part in (z.real, z.imag)))
        wrong = {
            "Real and imaginary parts shrunk apart: you turned the phase.": apart,
            "You removed small values but did not shrink large ones: that is a different method, the hard threshold.": z
            * (size > lam),
            "Small values came back with the opposite sign: a magnitude cannot fall below zero.": direction
            * (size - lam),
            "That is the magnitude alone. Give each value its phase back.": (size - lam).clamp_min(0),
        }
        otherwise = (
            f"3+4j has magnitude 5; with lam = 1 it should become 2.4+3.2j, yours is {_text(answer[0])}."
            if z is known
            else ("Right for the first values, wrong for others: use lam and the magnitude of each value.")
        )
        return say(False, recognise(answer, wrong, otherwise))
    return say(True, "Every magnitude is smaller by lam, small ones are gone, and no phase was turned.")


def check_keep(keep: Callable) -> bool:
    """K8: keep(coefficients, share) -> the largest `share` of them by magnitude, all others zero. coefficients: complex (n,)."""
    coefficients = complex_normal((40,), torch.Generator().manual_seed(7))
    size = coefficients.abs()
    for share, n in ((0.1, 4), (0.5, 20)):
        answer, complaint = attempt(keep, coefficients, share, shape=(40,))
        if complaint:
            return say(False, complaint)
        cut = size.sort(descending=True).values[n - 1]
        largest = size >= cut
        if close(answer, coefficients * largest):
            continue
        by_real = coefficients.real >= coefficients.real.sort(descending=True).values[n - 1]
        wrong = {
            "You kept the smallest ones: the brain is in the large ones.": coefficients
            * (size <= size.sort().values[n - 1]),
            "You threw away the share that was to be kept.": coefficients * ~largest,
            "Compare magnitudes: a large coefficient may have a negative or an imaginary value.": coefficients
            * by_real,
            "That keeps what is above a share of the largest value. Count coefficients instead: here 40 times the share.": coefficients
            * (size > share * size.max()),
            "That keeps what is above so much of the largest value. Count coefficients instead: here 40 times the share.": coefficients
            * (size > (1 - share) * size.max()),
            "Right ones, but the last is missing: use >= where the threshold is itself a coefficient.": coefficients
            * (size > cut),
            "The kept ones came back smaller. Here they stay as they are; only K5 shrinks.": coefficients
            / size
            * (size - cut).clamp_min(0),
            "The first ones are not the largest. Sort by magnitude.": coefficients * (torch.arange(40) < n),
            "That is the magnitude alone. Keep the complex value.": (size * largest).to(coefficients.dtype),
        }
        kept = int((answer.abs() > 0).sum())
        return say(
            False,
            recognise(
                answer,
                wrong,
                f"{n} of the 40 coefficients should be left at a share of {share}; yours leaves {kept}, or not the largest.",
            ),
        )
    return say(
        True,
        "The largest stay as they were, the others are gone. That is all that the first slider of this chapter does.",
    )


def check_one_round(one_round: Callable) -> bool:
    """K9: one_round(image, kspace, mask, maps, shrink) -> image after one round: correct it by the measurement, then shrink it.

    image: complex (1, y, x); kspace: (coil, y, x), zero where not measured; shrink: image -> image. The step has size 1.
    """
    generator = torch.Generator().manual_seed(8)
    shape = (12, 16)
    image, maps = complex_normal((1, *shape), generator), complex_normal((4, *shape), generator)
    maps = maps / maps.abs().square().sum(0, keepdim=True).sqrt()
    mask = equispaced(shape, 2)
    kspace = mask * complex_normal((4, *shape), generator)

    def shrink(x):
        size = x.abs().clamp_min(1e-12)
        return x / size * (size - 0.3).clamp_min(0)

    answer, complaint = attempt(
        one_round,
        image,
        kspace,
        mask,
        maps,
        shrink,
        shape=(1, *shape),
        hints={(4, *shape): "One image is wanted, not one for each element: encode_adjoint combines them."},
    )
    if complaint:
        return say(False, complaint)
    misfit = encode(image, mask, maps) - kspace
    step = encode_adjoint(misfit, mask, maps)
    if close(answer, shrink(image - step)):
        return say(True, "Correct, then shrink. Forty such rounds, with a little momentum, are wavelet_cs.")
    wrong = {
        "You stepped away from the measurement: the misfit is what the image predicts minus what was measured; subtract it.": shrink(
            image + step
        ),
        "Corrected, not shrunk: without the assumption nothing fills the gaps.": image - step,
        "Shrunk, not corrected: the measurement never had a say.": shrink(image),
        "Other way round: correct first, then shrink, or the last word is the measurement's and its grain stays.": shrink(
            image
        )
        - encode_adjoint(encode(shrink(image), mask, maps) - kspace, mask, maps),
        "Shrink the corrected image, not the correction.": image - shrink(step),
        "That starts anew from what was measured: keep the image, and compare only where the mask is true.": shrink(
            encode_adjoint(kspace, mask, maps)
        ),
    }
    return say(
        False,
        recognise(answer, wrong, "Not one round yet: image minus encode_adjoint(encode(image) - kspace), then shrink."),
    )


def _text(value) -> str:
    return f"{value.real:.1f}{value.imag:+.1f}j"
