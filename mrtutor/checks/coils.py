"""K3 and K7: unfold a pixel with SENSE, and what it costs."""

from collections.abc import Callable
from itertools import combinations

import torch
from torch import Tensor

from ..encoding import complex_normal
from .run import attempt, close, recognise, say


def check_unfold(unfold: Callable) -> bool:
    """K3: unfold(pixels, maps, R) -> the R true values that are piled up in one folded pixel.

    pixels: complex (coil,), what each element shows there: 1/R times the sum of maps times true values.
    maps: complex (coil, R), how each element hears the R places.
    """
    R, n_coils = 3, 6
    generator = torch.Generator().manual_seed(5)  # maps for which the wrong transpose costs 28 times the noise variance
    S, true = complex_normal((n_coils, R), generator), complex_normal((R,), generator)
    pixels = S @ true / R
    hints = {(R, 1): "The values are right or not, but they stand in a column: return (R,), the first column `[:, 0]`."}
    answer, complaint = attempt(unfold, pixels, S, R, shape=(R,), hints=hints)
    if complaint:
        return say(False, complaint)
    if not close(answer, true):
        return say(False, _wrong_values(answer, pixels, S, true, R))
    return _unfold_noise(unfold, pixels, S, true, R)


def _wrong_values(answer: Tensor, pixels: Tensor, S: Tensor, true: Tensor, R: int) -> str:
    power = S.abs().square().sum(0)
    alone = "The adjoint alone is not enough: each place still holds what sounds like the others. Undo that with S^H S."
    plain = "That is the transpose alone: conjugate it, so that phases cancel, and undo S^H S after it."
    for message, matrix in ((alone, S.mH), (plain, S.mT)):
        if any(_proportional(answer, heard) for heard in (matrix @ pixels, matrix @ pixels / power)):
            return message
    one_place = "Conjugate in one place, not in the other: phases add where they should cancel."
    if close(answer, R * torch.linalg.solve(S.mH @ S, S.mT @ pixels)):
        return one_place
    loud = S.abs().to(S.dtype)
    wrong = {
        "Correct loudness, lost phase: elements can cancel each other.": R * torch.linalg.pinv(loud) @ pixels,
        one_place: R * torch.linalg.solve(S.mT @ S, S.mH @ pixels),
        "The folded pixel was a 1/R sum; undo it once.": true / R,
        "You undid the 1/R twice; the folded pixel was a 1/R sum, undo it once.": true * R,
    }
    otherwise = (
        f"Without noise the true values should come back exactly; yours are off by {100 * _off(answer, true):.0f} %. "
        "Hint: `maps @ values / R = pixels` is more equations than unknowns. Multiply both sides by S^H from the left "
        "and solve. (Solutions: folded, further down.)"
    )
    return recognise(answer, wrong, otherwise)


def _unfold_noise(unfold: Callable, pixels: Tensor, S: Tensor, true: Tensor, R: int) -> bool:
    """Exact answers can still differ in price: repeat with fresh noise, compare with least squares."""
    generator = torch.Generator().manual_seed(33)
    yours = best = 0.0
    for _ in range(50):
        noisy = pixels + complex_normal(pixels.shape, generator, 0.01)
        answer, complaint = attempt(unfold, noisy, S, R, shape=(R,))
        if complaint:
            return say(False, complaint)
        yours += float((answer - true).norm() ** 2)
        best += float((R * torch.linalg.pinv(S) @ noisy - true).norm() ** 2)
    if yours <= 1.2 * best:
        return say(True, "Exact without noise, and no noisier than least squares has to be.")
    times = f"{yours / best:.0f} times that of least squares"
    price = f"Right answer, wrong price: compare the noise. Its variance is {times}"
    if asked := _elements_asked(answer, noisy, S, R):
        return say(False, f"{price}: you asked {asked} of the {len(S)} elements. The others heard the places too.")
    return say(False, f"{price}; a transpose must be conjugated wherever the maps are complex.")


def _elements_asked(answer: Tensor, noisy: Tensor, S: Tensor, R: int) -> int | None:
    """How many elements were used, where least squares over part of them gives this answer; else None."""
    for n in range(R, len(S)):
        for some in map(list, combinations(range(len(S)), n)):
            if close(answer, R * torch.linalg.pinv(S[some]) @ noisy[some], 1e-4):
                return n
    return None


def check_price(price) -> bool:
    """K7: price(p, q) -> g at R = 2. p, q: complex (coil,) of length 1, how the elements hear the two places."""
    p, q = (x / x.norm() for x in complex_normal((2, 4), torch.Generator().manual_seed(7)))
    rho, plain, real = torch.vdot(p, q).abs(), (p @ q).abs(), torch.vdot(p, q).real.abs()
    answer, complaint = attempt(price, p, q)
    if complaint:
        return say(False, complaint)
    right = 1 / (1 - rho**2).sqrt()
    if close(answer, right.to(answer.dtype), 1e-4):
        return say(True, "1 when the elements never confuse the places, without limit when they always do.")
    wrong = {
        "That is the variance. Noise grows with its root.": 1 / (1 - rho**2),
        "Likeness enters squared: noise adds in power.": 1 / (1 - rho).sqrt(),
        "Conjugate one of the two: with p @ q phases add where they should cancel.": 1 / (1 - plain**2).sqrt(),
        "You kept the real part of the likeness. A turned phase is no difference: take its magnitude.": 1
        / (1 - real**2).sqrt(),
        "That is the likeness itself. How much noise does it cost?": rho,
    }
    return say(
        False,
        recognise(
            answer,
            {k: v.to(answer.dtype) for k, v in wrong.items()},
            f"The likeness here is {rho:.2f} and g is {right:.2f}; yours is {float(answer.abs()):.2f}. Hint: "
            "likeness is |p^H q|, and what it takes from the signal is its square.",
            1e-4,
        ),
    )


def _proportional(answer: Tensor, other: Tensor) -> bool:
    return bool(torch.vdot(answer, other).abs() > (1 - 1e-4) * answer.norm() * other.norm() > 0)


def _off(answer: Tensor, right: Tensor) -> float:
    return float((answer - right).norm() / right.norm())
