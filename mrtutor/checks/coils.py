"""K3 and K4: unfold a pixel with SENSE, learn GRAPPA's weights."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..coils import birdcage_maps
from ..encoding import add_noise, complex_normal
from ..fourier import fft2c, ifft2c
from ..grappa import fill
from ..sampling import equispaced
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
    answer, complaint = attempt(unfold, pixels, S, R, shape=(R,))
    if complaint:
        return say(False, complaint)
    if not close(answer, true):
        loud = S.abs().to(S.dtype)
        one_place = "Conjugate in one place, not in the other: phases add where they should cancel."
        wrong = {
            "Correct loudness, lost phase: elements can cancel each other.": R * torch.linalg.pinv(loud) @ pixels,
            one_place: R * torch.linalg.solve(S.mT @ S, S.mH @ pixels),
            "The folded pixel was a 1/R sum; undo it once.": true / R,
            "You undid the 1/R twice; the folded pixel was a 1/R sum, undo it once.": true * R,
        }
        other_place = R * torch.linalg.solve(S.mH @ S, S.mT @ pixels)
        otherwise = f"Without noise the true values should come back exactly; yours are off by {100 * _off(answer, true):.0f} %."
        return say(False, one_place if close(answer, other_place) else recognise(answer, wrong, otherwise))
    return _unfold_noise(unfold, pixels, S, true, R)


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
    if yours > 1.2 * best:
        return say(
            False,
            f"Right answer, wrong price: compare the noise. Its variance is {yours / best:.0f} times that of least squares; "
            "a transpose must be conjugated wherever the maps are complex.",
        )
    return say(True, "Exact without noise, and no noisier than least squares has to be.")


def windows(acs: Tensor, R: int) -> Tensor:
    """Every window of 5 readout samples x (3R + 1) lines of the centre: (coil, y, lines) -> (windows, coil, 5, 3R + 1).

    Lines 0, R, 2R, 3R of a window are the measured ones, lines R + 1 ... 2R - 1 the gap; sample 2 is the middle of the 5.
    """
    return acs.unfold(-2, 5, 1).unfold(-2, 3 * R + 1, 1).permute(1, 2, 0, 3, 4).flatten(0, 1)


def check_calibrate(calibrate: Callable, put_back: Callable | None = None) -> bool:
    """K4: calibrate(acs, R) -> weights (coil * 5 * 4, (R - 1) * coil) of `mrtutor.grappa.fill`; gap by gap, each with all elements.

    acs: complex (coil, y, lines). `windows(acs, R)` lays the neighbours out. put_back(estimate, kspace, mask), where given,
    makes the final k-space from estimates of all lines.
    """
    R, n_coils, shape = 3, 8, (48, 48)
    generator = torch.Generator().manual_seed(4)
    k = torch.cartesian_prod(*(torch.arange(n) - n // 2.0 for n in shape)).norm(dim=1).view(shape)
    image = ifft2c(complex_normal((1, *shape), generator) / (1 + (k / 8) ** 2))  # energy in the centre, as in anatomy
    kspace = add_noise(fft2c(birdcage_maps(shape, n_coils) * image), 0.002, generator)
    acs = kspace[..., 12:36]
    clue = "Perfect on the centre, useless outside: you used the answer as a clue."
    right_shape = (n_coils * 20, (R - 1) * n_coils)
    hints = {
        (n_coils * 5 * n, right_shape[1]): clue for n in (R, 5, 6, 3 * R + 1)
    }  # other lines than the four measured ones
    weights, complaint = attempt(calibrate, acs, R, shape=right_shape, hints=hints)
    if complaint:
        return say(False, complaint)
    X, gaps = windows(acs, R), range(R + 1, 2 * R)
    sources = X[..., ::R].flatten(1)
    right = torch.linalg.lstsq(sources, torch.cat([X[:, :, 2, line] for line in gaps], -1)).solution
    mask = equispaced(shape, R)
    error, best = (_off(fill(kspace, mask, w, R, shape[-1] // 2 % R), kspace) for w in (weights, right))
    if not error < 1.1 * best:
        fit = (sources @ weights).unflatten(-1, (R - 1, n_coils))
        if any(close(fit[:, gap], X[:, :, 2, line], 0.02) for gap in range(R - 1) for line in range(0, 3 * R + 1, R)):
            return say(False, clue)
        by_gap = right.unflatten(-1, (R - 1, n_coils))
        wrong = {
            "The fit is good, the image still folds: each recipe went into the other gap.": by_gap.flip(1).flatten(1),
            "The weights are right, their order is not: first all elements of gap 1, then all of gap 2.": by_gap.transpose(
                1, 2
            ).flatten(1),
        }
        otherwise = f"Filled with your weights, k-space is off by {100 * error:.0f} %; least squares reaches {100 * best:.0f} %."
        return say(False, recognise(weights, wrong, otherwise, 0.05))
    if put_back is not None:
        return _put_back(put_back, kspace, mask, generator)
    return say(True, f"Filled with your weights, k-space is off by {100 * error:.0f} %, as good as least squares gets.")


def _put_back(put_back: Callable, kspace: Tensor, mask: Tensor, generator: torch.Generator) -> bool:
    estimate = kspace + complex_normal(kspace.shape, generator, 0.05)
    answer, complaint = attempt(put_back, estimate, mask * kspace, mask, shape=tuple(kspace.shape))
    if complaint:
        return say(False, complaint)
    if close(answer, torch.where(mask, kspace, estimate), 1e-5):
        return say(True, "Good weights, and every measured line is the one that was measured.")
    wrong = {
        "You replaced data with predictions. Put the measured lines back.": estimate,
        "Measured lines count twice: replace, do not add.": estimate + mask * kspace,
        "You kept predictions where you measured, and zeros where you did not.": mask * estimate,
        "The missing lines are still empty. Keep the estimates there.": mask * kspace,
    }
    return say(False, recognise(answer, wrong, "Measured lines must be as measured, all others as estimated.", 1e-5))


def _off(answer: Tensor, right: Tensor) -> float:
    return float((answer - right).norm() / right.norm())
