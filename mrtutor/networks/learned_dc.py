"""Learned data consistency: the network also learns how to mistrust a measurement [Cheng2021].

For each unroll, with the residual r = M (A x - y) in k-space (A = F S: coils, Fourier transform):
    d   = Gamma_n(r, d, y)             the fidelity block
    x  <- x - eta_n A^H d + U_n(x, A^H d)    the image block

If d is the gradient of |r|^2 / 2, then d = r: the right thing for white Gaussian noise, and "l2" does this.
"l1" clips long residuals: d = r min(1, delta / |r|), which is what robust statistics does [Huber1964].
"learned" is a small CNN on k-space, the same for every coil: d = M g (r + c), where the gain g (0 to 2) and the
correction c come from r, its mean over the coils, d, y and the mask.

Ours: static images, coils through maps, layer sizes of our choice; the three kinds share one image block. All are told
the noise level of the slice. The learned block starts at g = 1, c = 0, which is "l2". It can still learn to ignore y:
look at the error on measured samples before trusting it.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..encoding import encode_adjoint
from ..fourier import fft2c
from ..types import Image, Kspace, Maps, Mask
from .base import Network, noise_level, to_channels
from .stages import Residual, start_small
from .unet import Unet


class SquareFidelity(nn.Module):
    """d = r: every measured sample pulls as hard as it is off."""

    domain = "kspace"

    def forward(self, r: Kspace, d: Kspace, y: Kspace, mask: Mask, noise: Tensor) -> Kspace:
        return r


class RobustFidelity(nn.Module):
    """d = r, shortened to delta where longer; delta is learned, in units of the noise."""

    domain = "kspace"

    def __init__(self, delta: float = 10.0):
        super().__init__()
        self.log_delta = nn.Parameter(torch.tensor(delta).log())

    def forward(self, r: Kspace, d: Kspace, y: Kspace, mask: Mask, noise: Tensor) -> Kspace:
        return r * (self.log_delta.exp() * noise / r.abs().clamp_min(1e-9)).clamp(max=1)


class LearnedFidelity(nn.Module):
    """d = M g (r + c), g and c from a CNN over k-space, coil by coil: (b, coil, y, x) -> (b, coil, y, x)."""

    domain = "kspace"

    def __init__(self, width: int):
        super().__init__()
        self.coil, self.common = nn.Conv2d(6, width, 1), nn.Conv2d(3, width, 1, bias=False)
        self.net = nn.Sequential(
            nn.LeakyReLU(0.2), nn.Conv2d(width, width, 3, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(width, 3, 1)
        )
        start_small(self.net[-1])

    def forward(self, r: Kspace, d: Kspace, y: Kspace, mask: Mask, noise: Tensor) -> Kspace:
        n_coils, dtype = r.shape[1], noise.dtype
        own = torch.cat(
            [to_channels((v / noise).flatten(0, 1)[:, None]) for v in (r, d)]
            + [(v.abs() / noise).log1p().flatten(0, 1)[:, None] for v in (r, y)],
            1,
        )  # (b * coil, 6, y, x)
        shared = torch.cat([to_channels(r.mean(1, keepdim=True) / noise), mask.to(dtype)], 1)  # what all coils hear
        features = self.coil(own) + self.common(shared).repeat_interleave(n_coils, 0)
        out = self.net(features).unflatten(0, (-1, n_coils))  # (b, coil, 3, y, x)
        gain, correction = 2 * out[:, :, 0].sigmoid(), torch.complex(out[:, :, 1], out[:, :, 2])
        return mask * (gain * (r + noise * correction))


FIDELITY = ("learned", "l2", "l1")


class LearnedDC(Network):
    """`n_unrolls` of fidelity block (`fidelity`: learned, l2 or l1) and an image block, a U-Net (`width` channels)."""

    def __init__(
        self, fidelity: str = "learned", n_unrolls: int = 4, width: int = 8, n_pools: int = 2, fidelity_width: int = 8
    ):
        super().__init__()
        if fidelity not in FIDELITY:
            raise ValueError(f"fidelity must be one of {', '.join(FIDELITY)}, got {fidelity!r}")
        self.image = nn.ModuleList(Residual(Unet(4, 2, width, n_pools, norm=False)) for _ in range(n_unrolls))
        for block in self.image:
            start_small(block.get_submodule("net.last"))
        self.eta = nn.Parameter(torch.ones(n_unrolls))
        make: dict[str, Callable[[], nn.Module]] = {
            "l2": SquareFidelity,
            "l1": RobustFidelity,
            "learned": lambda: LearnedFidelity(fidelity_width),
        }
        self.fidelity = nn.ModuleList(make[fidelity]() for _ in range(n_unrolls))

    def reconstruct(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        """Gradient steps along what the fidelity block makes of the residual.

        kspace, maps (b, coil, y, x), mask (b, 1, y, x) -> image (b, 1, y, x).
        """
        noise = noise_level(kspace, mask).clamp_min(1e-3)
        x, d = encode_adjoint(kspace, mask, maps), torch.zeros_like(kspace)
        for eta, fidelity, image in zip(self.eta, self.fidelity, self.image, strict=True):
            d = fidelity(mask * (fft2c(maps * x) - kspace), d, kspace, mask, noise)
            Ahd = encode_adjoint(d, mask, maps)
            x = image(x, to_channels(Ahd)) - eta * Ahd
        return x
