"""K4: learn GRAPPA's weights in the centre."""

from collections.abc import Callable
from itertools import permutations

import torch
from torch import Tensor

from ..coils import birdcage_maps
from ..encoding import add_noise, complex_normal
from ..fourier import fft2c, ifft2c
from ..grappa import fill
from ..sampling import equispaced
from .coils import _off
from .run import attempt, close, recognise, say

CLUE = "Perfect on the centre, useless outside: you used the answer as a clue."
R, N_COILS = 3, 8


def windows(acs: Tensor, R: int) -> Tensor:
    """Every window of 5 readout samples x (3R + 1) lines of the centre: (coil, y, lines) -> (windows, coil, 5, 3R + 1).

    Lines 0, R, 2R, 3R of a window are the measured ones, R + 1 ... 2R - 1 the gap; sample 2 is the middle of the 5.
    """
    return acs.unfold(-2, 5, 1).unfold(-2, 3 * R + 1, 1).permute(1, 2, 0, 3, 4).flatten(0, 1)


def check_calibrate(calibrate: Callable, put_back: Callable | None = None) -> bool:
    """K4: calibrate(acs, R) -> weights (coil * 5 * 4, (R - 1) * coil) of `grappa.fill`, gap by gap with all elements.

    acs: complex (coil, y, lines). `windows(acs, R)` lays the neighbours out. put_back(estimate, kspace, mask), where
    given, makes the final k-space from estimates of all lines.
    """
    kspace, mask, generator = _scan()
    acs, right_shape = kspace[..., 12:36], (N_COILS * 20, (R - 1) * N_COILS)
    # other lines than the four measured ones
    hints = {(N_COILS * 5 * n, right_shape[1]): CLUE for n in (R, 5, 6, 3 * R + 1)}
    weights, complaint = attempt(calibrate, acs, R, shape=right_shape, hints=hints)
    if complaint:
        return say(False, complaint)
    X = windows(acs, R)
    right = torch.linalg.lstsq(X[..., ::R].flatten(1), _targets(X, range(R + 1, 2 * R))).solution

    def filled(weights) -> float:
        """How far k-space, filled with these weights, is from the full scan."""
        return _off(fill(kspace, mask, weights, R, mask.shape[-1] // 2 % R), kspace)

    error, best = filled(weights), filled(right)
    if not error < 1.1 * best:
        repaired = (message for message, repair in _repairs() if filled(repair(weights)) < 1.1 * best)
        otherwise = (
            f"Filled with your weights, k-space is off by {100 * error:.0f} %; least squares reaches "
            f"{100 * best:.0f} %. Hint: one row of sources a window, one row of targets a window, and weights that "
            "turn the first into the second. (Solutions: folded, further down.)"
        )
        return say(False, _other_lines(weights, X) or next(repaired, otherwise))
    if put_back is not None:
        return _put_back(put_back, kspace, mask, generator)
    return say(True, f"Filled with your weights, k-space is off by {100 * error:.0f} %, as good as least squares gets.")


def _scan() -> tuple[Tensor, Tensor, torch.Generator]:
    """k-space (coil, y, x) of a random picture with its energy in the centre, as in anatomy; mask; generator."""
    shape, generator = (48, 48), torch.Generator().manual_seed(4)
    k = torch.cartesian_prod(*(torch.arange(n) - n // 2.0 for n in shape)).norm(dim=1).view(shape)
    image = ifft2c(complex_normal((1, *shape), generator) / (1 + (k / 8) ** 2))
    kspace = add_noise(fft2c(birdcage_maps(shape, N_COILS) * image), 0.002, generator)
    return kspace, equispaced(shape, R), generator


def _repairs() -> list[tuple[str, Callable]]:
    """What is wrong with weights that fill well once they are laid out anew, and how that is done."""
    gaps = lambda w: w.unflatten(-1, (R - 1, N_COILS)).flip(1).flatten(1)
    by_element = lambda w: w.unflatten(-1, (N_COILS, R - 1)).transpose(1, 2).flatten(1)
    found = [
        ("The fit is good, the image still folds: each recipe went into the other gap.", gaps),
        ("The weights are right, their order is not: first all elements of gap 1, then all of gap 2.", by_element),
    ]
    size = (N_COILS, 5, 4)
    sources = (
        "The weights are right, the order of their sources is not: element, then readout sample, then line, as "
        "`X[..., ::R].flatten(1)` lays them."
    )
    for order in permutations(range(3)):
        laid = [size[axis] for axis in order]
        back = [order.index(axis) for axis in range(3)]
        for turned in ([], [1], [2], [1, 2]):  # samples or lines backwards
            found.append(
                (
                    sources,
                    lambda w, laid=laid, back=back, turned=turned: (
                        w.unflatten(0, laid).permute(*back, 3).flip(turned).flatten(0, 2)
                    ),
                )
            )
    return found


def _targets(X: Tensor, lines, sample: int = 2) -> Tensor:
    """Those lines of every window, gap by gap, each with all elements: (windows, lines * coil)."""
    return torch.cat([X[:, :, sample, line] for line in lines], -1)


def _other_lines(weights: Tensor, X: Tensor) -> str:
    """What to say to who learned, as well as can be, from other sources or to other targets of the window; or ""."""
    sources, gap = X[..., ::R].flatten(1), range(R + 1, 2 * R)
    fit = (sources @ weights).unflatten(-1, (R - 1, N_COILS))
    if any(close(fit[:, i], X[:, :, 2, line], 0.02) for i in range(R - 1) for line in range(0, 3 * R + 1, R)):
        return CLUE
    middle = f"Learn the one between the two middle sources: lines R + 1 … 2R − 1 ({R + 1} … {2 * R - 1} at R = {R})."
    known = [
        (f"You learned lines 1 … R − 1: that gap has one source before it and three behind. {middle}", range(1, R), 2),
        (f"You learned lines 2R + 1 … 3R − 1: the last gap of the window. {middle}", range(2 * R + 1, 3 * R), 2),
    ]
    known += [(f"You learned sample {n} of the 5; the target is the middle one, 2.", gap, n) for n in (0, 1, 3, 4)]
    for message, lines, sample in known:
        targets = _targets(X, lines, sample)
        best = _off(sources @ torch.linalg.lstsq(sources, targets).solution, targets)
        if _off(sources @ weights, targets) < 1.5 * best:
            return message
    return ""


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
