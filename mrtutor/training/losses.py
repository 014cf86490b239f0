"""What a network is asked to make small: (prediction, target) complex images (b, 1, y, x) -> one number."""

import torch
from torch import Tensor

from ..types import Image


def decibel(prediction: Image, target: Image) -> Tensor:
    """20 log10 of |p - t| / |t| per slice, then the mean: a decibel counts alike on an easy and on a hard slice."""
    error, size = ((z.abs().square().sum((-3, -2, -1)) + 1e-12).sqrt() for z in (prediction - target, target))
    return 20 * torch.log10(error / size).mean()


def nrmse(prediction: Image, target: Image) -> Tensor:
    """|p - t| / |t| per slice, then the mean: bright and dim, easy and hard slices pull with like force."""
    error, size = ((z.abs().square().sum((-3, -2, -1)) + 1e-12).sqrt() for z in (prediction - target, target))
    return (error / size).mean()


def l1(prediction: Image, target: Image) -> Tensor:
    """mean |p - t| / mean |t| per slice, then the mean: magnitude and phase count, and single bad pixels less than
    squared.
    """
    return relative_mean((prediction - target).abs(), target).mean()


def magnitude_l1(prediction: Image, target: Image) -> Tensor:
    """mean ||p| - |t|| / mean |t| per slice, then the mean: for networks that give no phase."""
    return relative_mean((prediction.abs() - target.abs()).abs(), target).mean()


def relative_mean(error: Tensor, target: Image) -> Tensor:
    """Mean of an error over a slice, in units of the target's mean magnitude: one number a slice."""
    return error.mean((-3, -2, -1)) / target.abs().mean((-3, -2, -1)).clamp_min(1e-12)


def perp(prediction: Image, target: Image, eps: float = 1e-6) -> Tensor:
    """Mean of P + (|p| - |t|)^2 over all pixels: phase and magnitude each for itself [Terpstra2022].

    P = |Re p Im t - Im p Re t| / |p| = |t| |sin dphi|, the distance of t from the line through p; where p points the
    wrong way (|dphi| > pi / 2), P = 2 |t| - |t| |sin dphi|. P does not depend on |p|, so that uncertain phase does not
    darken the image, as it does with squared error. Images of brightness around 1: the terms have different units.
    """
    p, t = prediction.abs(), target.abs()
    product = prediction * target.conj()  # |p| |t| exp(i dphi)
    distance = product.imag.abs() / (p + eps)
    distance = torch.where(product.real < 0, 2 * t - distance, distance)
    return (distance + (p - t).square()).mean()


LOSSES = {"decibel": decibel, "nrmse": nrmse, "l1": l1, "magnitude_l1": magnitude_l1, "perp": perp}
