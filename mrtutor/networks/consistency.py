"""Data consistency: ways to bring a network's image back to what was measured.

Papers write the weight in opposite directions. Here `lam` always means trust in the measurement: lam = 0 leaves the
network's answer alone, lam -> infinity puts the measured lines back exactly.
"""

import torch
from torch import Tensor

from ..encoding import encode_adjoint, normal
from ..fourier import fft2c
from ..solvers import cg, dot
from ..types import Image, Kspace, Maps, Mask


def hard_dc(k: Kspace, k0: Kspace, mask: Mask) -> Kspace:
    """Measured samples as measured (noise included), the others from the network [Schlemper2018]."""
    return torch.where(mask, k0, k)


def soft_dc(k: Kspace, k0: Kspace, mask: Mask, lam: float | Tensor) -> Kspace:
    """(k + lam k0) / (1 + lam) on measured samples, k on the others:

    argmin_q |q - k|^2 + lam |M q - k0|^2 [Schlemper2018].
    """
    return torch.where(mask, (k + lam * k0) / (1 + lam), k)


def coil_dc(image: Image, kspace: Kspace, mask: Mask, maps: Maps, lam: float | Tensor | None = None) -> Image:
    """Weight by the coils, correct each coil's k-space (hard where `lam` is None), combine again.

    With one coil this is exact. With many it is one step towards the data: the combination loses what does not fit
    the maps, so that measured lines are met only approximately. `Proximal` solves for them.
    """
    k = fft2c(maps * image)
    k = hard_dc(k, kspace, mask) if lam is None else soft_dc(k, kspace, mask, lam)
    # outside the maps' support there is no data: keep the network's pixel
    everywhere = torch.ones_like(mask)
    return encode_adjoint(k, everywhere, maps) + (1 - maps.abs().square().sum(-3, keepdim=True)) * image


class Proximal:
    """argmin_x |E x - y|^2 lam + |x - z|^2: the image nearest to the network's z that fits the data [Aggarwal2019].

    Made once a slice, called at each unroll: `Proximal(kspace, mask, maps)(z, lam)`, (b, 1, y, x) -> (b, 1, y, x).
    Solved as (E^H E + 1 / lam) x = E^H y + z / lam by `n_iter` steps of CG. The gradient solves the same system once
    more instead of remembering every step (implicit differentiation), so memory does not grow with n_iter.
    """

    def __init__(self, kspace: Kspace, mask: Mask, maps: Maps, n_iter: int = 8):
        self.Ehy, self.EhE, self.n_iter = encode_adjoint(kspace, mask, maps), normal(mask, maps), n_iter

    def __call__(self, z: Image, lam: Tensor) -> Image:
        # with x = z + d the system is (E^H E + mu) d = E^H (y - E z): d = 0 when the data already fit
        mu = (1 / lam).expand(z.shape[0], 1, 1, 1)
        return z + SolveNormal.apply(self.Ehy - self.EhE(z), mu, self.EhE, self.n_iter)


class SolveNormal(torch.autograd.Function):
    """x = (E^H E + mu)^-1 b by CG; db = (E^H E + mu)^-1 dx by CG, dmu = -Re<db, x>."""

    @staticmethod
    def forward(ctx, b: Image, mu: Tensor, EhE, n_iter: int) -> Image:
        x = cg(lambda v: EhE(v) + mu * v, b, n_iter)
        ctx.save_for_backward(x, mu)
        ctx.EhE, ctx.n_iter = EhE, n_iter
        return x

    @staticmethod
    def backward(ctx, dx: Image):
        x, mu = ctx.saved_tensors
        db = cg(lambda v: ctx.EhE(v) + mu * v, dx, ctx.n_iter)
        return db, -dot(db, x), None, None
