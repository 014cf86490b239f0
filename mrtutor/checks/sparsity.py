"""K5, K8: shrink coefficients, keep the largest of them."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..encoding import complex_normal
from .run import SOLUTION, attempt, close, off, recognise, say


def check_shrink(shrink: Callable) -> bool:
    """K5: shrink(z, lam) -> z with its magnitude made smaller by lam, never below zero, its phase kept. z: (n,)."""
    known = torch.tensor([3 + 4j, 0, 0.3 - 0.4j, -6 + 8j], dtype=torch.complex64)
    for z, lam in ((known, 1.0), (complex_normal((40,), torch.Generator().manual_seed(5)), 0.7)):
        answer, complaint = attempt(shrink, z, lam, shape=tuple(z.shape))
        if complaint:
            return say(False, complaint)
        if not bool(answer.isfinite().all()):
            return say(False, "0/0 gives nan. Ask what should happen to an empty pixel.")
        size = z.abs()
        right = torch.sgn(z) * (size - lam).clamp_min(0)
        if close(answer, right):
            continue
        otherwise = (
            f"3+4j has magnitude 5; with lam = 1 it becomes 2.4+3.2j, yours is {_text(answer[0])}: in all you are "
            f"off by {off(answer, right)}. Hint: z / |z| is its direction; give it the length |z| - lam where that is "
            f"positive. {SOLUTION}"
            if z is known
            else "Right for the first values, wrong for others: use lam and the magnitude of each value."
        )
        return say(False, recognise(answer, _wrong_shrinking(z, lam), otherwise))
    return say(True, "Every magnitude is smaller by lam, small ones are gone, and no phase was turned.")


def _wrong_shrinking(z: Tensor, lam: float) -> dict[str, Tensor]:
    size, direction = z.abs(), torch.sgn(z)
    left = (size - lam).clamp_min(0)
    parts = [part.sign() * (part.abs() - lam).clamp_min(0) for part in (z.real, z.imag)]
    hard = "You removed small values but did not shrink large ones: that is a different method, the hard threshold."
    return {
        "Real and imaginary parts shrunk apart: you turned the phase.": torch.complex(*parts),
        hard: z * (size > lam),
        "Small values came back with the opposite sign: a magnitude cannot fall below zero.": direction * (size - lam),
        "That is the magnitude alone. Give each value its phase back.": left,
        "That is the magnitude alone, and small ones fell below zero. Cut at zero, and give the phase back.": size
        - lam,
        "Only the real part was shrunk, and the imaginary part is gone: work on the magnitude.": parts[0],
        "You took lam off the real part. Take it off the magnitude.": z - lam,
        "The same factor for all: small values must vanish, large ones lose the same length.": z / (1 + lam),
        "That is what shrinking takes away. Return what is left.": z - direction * left,
        "Magnitudes became larger by lam: subtract it.": direction * (size + lam),
        "Right magnitudes, but each phase has changed its sign: use z, not its conjugate.": left * direction.conj(),
        "The direction is missing its scale: z times the new magnitude must be divided by the old one.": z * left,
        "Nothing was shrunk: that is z.": z,
        "Nothing is left. Only magnitudes below lam vanish.": torch.zeros_like(z),
    }


def check_keep(keep: Callable) -> bool:
    """K8: keep(coefficients, share) -> the largest `share` by magnitude, all others zero. coefficients: (n,)."""
    coefficients = complex_normal((40,), torch.Generator().manual_seed(7))
    size = coefficients.abs()
    for share, n in ((0.1, 4), (0.5, 20)):
        alone = f"Those are {n} values without their places. Return all 40, zero where one was thrown away."
        answer, complaint = attempt(keep, coefficients, share, shape=(40,), hints={(n,): alone})
        if complaint:
            return say(False, complaint)
        largest = size >= size.topk(n).values[-1]
        if close(answer, coefficients * largest):
            continue
        kept = int((answer.abs() > 0).sum())
        otherwise = (
            f"{n} of the 40 coefficients should be left at a share of {share}; yours leaves {kept}, off by "
            f"{off(answer, coefficients * largest)}. Hint: sort the magnitudes; number {n} is the lowest that stays. "
            f"{SOLUTION}"
        )
        return say(False, recognise(answer, _wrong_keeping(coefficients, share, n), otherwise))
    return say(
        True,
        "The largest stay as they were, the others are gone. That is all that the first slider of this chapter does.",
    )


def _wrong_keeping(coefficients: Tensor, share: float, n: int) -> dict[str, Tensor]:
    size, top = coefficients.abs(), coefficients.abs().max()
    falling = size.sort(descending=True).values
    cut = falling[n - 1]
    largest, by_real = size >= cut, coefficients.real >= coefficients.real.topk(n).values[-1]
    kept = coefficients * largest
    count = "Count coefficients instead: here 40 times the share."
    return {
        "You kept the smallest ones: the brain is in the large ones.": coefficients * (size <= falling[-n]),
        "You threw away the share that was to be kept.": coefficients * ~largest,
        "Compare magnitudes: a large coefficient may have a negative or an imaginary value.": coefficients * by_real,
        f"That keeps what is above a share of the largest value. {count}": coefficients * (size > share * top),
        f"That keeps what is above so much of the largest value. {count}": coefficients * (size > (1 - share) * top),
        "Right ones, but the last is missing: use >= where the threshold is itself a coefficient.": coefficients
        * (size > cut),
        "One too many: counting starts at 0, so the last that stays is number n - 1.": coefficients
        * (size >= falling[n]),
        "The kept ones came back smaller. Here they stay as they are; only K5 shrinks.": torch.sgn(coefficients)
        * (size - cut).clamp_min(0),
        "The first ones are not the largest. Sort by magnitude.": coefficients * (torch.arange(40) < n),
        "Right ones, but sorted: each must stay at its place, or the picture cannot be built again.": kept[
            size.argsort(descending=True)
        ],
        "That is the magnitude alone. Keep the complex value.": size * largest,
        "That says where the largest are. Multiply by the coefficients.": largest,
        "Nothing was thrown away.": coefficients,
        "Nothing is left: compare with the threshold the other way round?": torch.zeros_like(coefficients),
    }


def _text(value) -> str:
    return f"{value.real:.1f}{value.imag:+.1f}j"
