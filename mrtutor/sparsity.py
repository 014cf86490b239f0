"""Compressed sensing: among the images that fit the data, prefer the one with the fewest details."""

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import pad

from .border import at_least_0, guarded, whole_number
from .encoding import encode_adjoint, normal
from .solvers import fista, primal_dual
from .types import Image, Kspace, Maps, Mask
from .wavelet import detail_mask, dwt2, idwt2


def soft_threshold(z: Tensor, lam) -> Tensor:
    """argmin_x |x - z|^2 / 2 + lam |x|: shortens every arrow by lam, keeps its direction (phase); small ones vanish."""
    magnitude = z.abs()
    return z * ((magnitude - lam).clamp_min(0) / magnitude.clamp_min(torch.finfo(torch.float32).tiny))


def keep_largest(coefficients: Tensor, share: float) -> Tensor:
    """Keep the largest `share` (0..1) of the coefficients by magnitude, set the others to zero."""
    if not 0 < share <= 1:
        raise ValueError(f"share must lie above 0 and at most 1, got {share}")
    n_keep = max(1, round(share * coefficients.numel()))
    threshold = coefficients.abs().flatten().topk(n_keep).values[-1]
    return torch.where(coefficients.abs() >= threshold, coefficients, 0)


def absolute_lam(lam: float, kspace: Kspace, mask: Mask, maps: Maps) -> Tensor:
    """lam relative to the brightest pixel of E^H y, which means the same at every signal level: (*b, 1, 1, 1)."""
    return lam * encode_adjoint(kspace, mask, maps).abs().amax((-3, -2, -1), keepdim=True)


def wavelet_shrink(image: Image, threshold, wavelet: str, levels: int, shift: tuple[int, int] = (0, 0)) -> Image:
    """Soft threshold on the details of the image's wavelet transform.

    The image is rolled by `shift` first: the grid of the wavelets then lies elsewhere (cycle spinning [Coifman1995]).
    Sides that cannot be halved `levels` times are padded with zeros for the transform.
    """
    n_y, n_x = image.shape[-2:]
    whole_number("levels", levels, 0, max(4, (max(n_y, n_x) - 1).bit_length()))
    padded = pad(image, (0, -n_x % 2**levels, 0, -n_y % 2**levels)).roll(shift, (-2, -1))
    coefficients = dwt2(padded, wavelet, levels)
    shrunk = torch.where(
        detail_mask(padded.shape[-2:], levels).to(image.device), soft_threshold(coefficients, threshold), coefficients
    )
    return idwt2(shrunk, wavelet, levels).roll((-shift[0], -shift[1]), (-2, -1))[..., :n_y, :n_x]


@lru_cache(maxsize=16)
def _random_shifts(seed: int, n: int, levels: int) -> tuple[tuple[int, int], ...]:
    """n shifts (y, x) of less than 2^levels pixels; remembered, so that an exported network finds them drawn."""
    generator = torch.Generator().manual_seed(seed)
    return tuple(tuple(torch.randint(0, 2**levels, (2,), generator=generator).tolist()) for _ in range(n))


@guarded
def wavelet_cs(
    kspace: Kspace,
    mask: Mask,
    maps: Maps,
    lam: float | Tensor = 4e-3,
    n_iter: int = 40,
    wavelet: str = "db4",
    levels: int = 4,
    cycle_spinning: bool = True,
    seed: int = 0,
    callback: Callable | None = None,
) -> Image:
    """argmin_x |E x - y|^2 / 2 + lam max|E^H y| |details of W x|_1, by FISTA with step 1 [Lustig2007].

    Maps of unit norm (then |E| <= 1). With `cycle_spinning` W is shifted at random in each iteration, by `seed`;
    the small blocks that a fixed grid of wavelets leaves behind average out.
    """
    at_least_0("lam", lam)
    whole_number("n_iter", n_iter, 0)
    whole_number("levels", levels, 0)
    Ehy = encode_adjoint(kspace, mask, maps)
    EhE = normal(mask, maps)
    threshold = lam * Ehy.abs().amax((-3, -2, -1), keepdim=True)
    shifts = iter(_random_shifts(seed, n_iter, levels) if cycle_spinning else [(0, 0)] * n_iter)

    def shrink(x, step):
        return wavelet_shrink(x, step * threshold, wavelet, levels, next(shifts))

    return fista(lambda x: EhE(x) - Ehy, shrink, Ehy, 1.0, n_iter, callback)


def gradient(image: Image) -> Tensor:
    """Differences to the next row and the next column, wrapping around: (*b, 1, y, x) -> (*b, 2, y, x)."""
    return torch.cat([image.roll(-1, -2) - image, image.roll(-1, -1) - image], -3)


def gradient_adjoint(differences: Tensor) -> Image:
    """Its adjoint (minus a divergence): (*b, 2, y, x) -> (*b, 1, y, x)."""
    dy, dx = differences.split(1, -3)
    return dy.roll(1, -2) - dy + dx.roll(1, -1) - dx


def total_variation(image: Image) -> Tensor:
    """Sum over pixels of the length of the gradient (isotropic): (*b, 1, 1, 1) [Rudin1992]."""
    return gradient(image).abs().square().sum(-3, keepdim=True).sqrt().sum((-2, -1), keepdim=True)


@guarded
def tv_cs(
    kspace: Kspace, mask: Mask, maps: Maps, lam: float = 2e-3, n_iter: int = 80, callback: Callable | None = None
) -> Image:
    """argmin_x |E x - y|^2 / 2 + lam max|E^H y| TV(x), by a primal-dual iteration [Rudin1992, Condat2013].

    TV prefers flat areas with sharp borders. Maps of unit norm.
    """
    at_least_0("lam", lam)
    Ehy = encode_adjoint(kspace, mask, maps)
    EhE = normal(mask, maps)
    radius = lam * Ehy.abs().amax((-3, -2, -1), keepdim=True).clamp_min(torch.finfo(torch.float32).tiny)

    def project(u):  # the dual of lam * length: arrows no longer than lam
        length = u.abs().square().sum(-3, keepdim=True).sqrt()
        return u / (length / radius).clamp_min(1)

    # |gradient|^2 <= 8 and L = 1: 1 / tau - 8 sigma = 1 / 2
    return primal_dual(
        lambda x: EhE(x) - Ehy,
        gradient,
        gradient_adjoint,
        project,
        Ehy,
        tau=0.5,
        sigma=3 / 16,
        n_iter=n_iter,
        callback=callback,
    )
