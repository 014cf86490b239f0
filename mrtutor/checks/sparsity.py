"""K5: shrink complex coefficients."""

from collections.abc import Callable

import torch

from ..encoding import complex_normal
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
            "You removed small values but did not shrink large ones: that is a different method, the hard threshold.": z * (size > lam),
            "Small values came back with the opposite sign: a magnitude cannot fall below zero.": direction * (size - lam),
            "That is the magnitude alone. Give each value its phase back.": (size - lam).clamp_min(0),
        }
        otherwise = f"3+4j has magnitude 5; with lam = 1 it should become 2.4+3.2j, yours is {_text(answer[0])}." if z is known else (
            "Right for the first values, wrong for others: use lam and the magnitude of each value.")
        return say(False, recognise(answer, wrong, otherwise))
    return say(True, "Every magnitude is smaller by lam, small ones are gone, and no phase was turned.")


def _text(value) -> str:
    return f"{value.real:.1f}{value.imag:+.1f}j"
