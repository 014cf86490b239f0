"""Unrolled iterations: the textbook solver, with a small network where the hand-made sparsity used to be.

VarNet   x <- x - eta E^H (E x - y) - U_k(x)            a gradient step and a correction [Hammernik2018, Sriram2020]
MoDL     z = x + D(x);  x = argmin lam_k |E x - y|^2 + |x - z|^2, by CG             [Aggarwal2019]

Ours. VarNet: coil maps are given (the end-to-end VarNet estimates them with another network) and a U-Net corrects the
combined image. MoDL: it starts from a compressed-sensing image, and its denoiser D and trust lam are told the noise
level and the acceleration of the slice; the phase of the calibration lines is moved into the maps, so that D sees an
image that is nearly real, whatever phase the scanner wound into it.
"""

import torch
from torch import Tensor, nn

from ..encoding import encode_adjoint, normal
from ..sparsity import wavelet_cs
from ..types import Image, Kspace, Maps, Mask
from .base import Network, conditions, conv_chain, low_resolution_phase, noise_level, to_channels, to_complex
from .consistency import Proximal
from .stages import Probe, Residual, start_small
from .unet import Unet


class VarNet(Network):
    """Gradient descent with a learned step and a learned correction in each of `n_unrolls` iterations."""

    def __init__(self, n_unrolls: int = 6, width: int = 8, n_pools: int = 2):
        super().__init__()
        self.nets = nn.ModuleList(Unet(2, 2, width, n_pools, norm=False) for _ in range(n_unrolls))
        for net in self.nets:
            start_small(net.get_submodule("last"))
        self.eta = nn.Parameter(torch.ones(n_unrolls))
        self.x = Probe("image")

    def reconstruct(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        """Gradient step and correction in turns.

        kspace, maps (b, coil, y, x), mask (b, 1, y, x) -> image (b, 1, y, x).
        """
        Ehy, EhE = encode_adjoint(kspace, mask, maps), normal(mask, maps)
        x = Ehy
        for eta, net in zip(self.eta, self.nets, strict=True):
            x = self.x(x - eta * (EhE(x) - Ehy) - to_complex(net(to_channels(x))))
        return x


class MoDL(Network):
    """A denoiser that knows the noise level, alternating with a least-squares fit to the data."""

    def __init__(self, n_unrolls: int = 3, width: int = 32, depth: int = 5, n_cg: int = 8, n_start: int = 40):
        super().__init__()
        self.start = SparseStart(n_start)
        chains = [conv_chain(4, 2, width, depth) for _ in range(n_unrolls)]
        for chain in chains:
            nn.init.zeros_(chain[-1].get_parameter("weight"))  # untrained, it corrects nothing
        self.denoise = nn.ModuleList(Residual(chain) for chain in chains)
        # log lam from 10 trust . (1, noise, acceleration): noisy data are trusted less
        self.trust = nn.Parameter(torch.tensor([[0.1, -0.1, 0.0]]).repeat(n_unrolls, 1))
        self.fitted = Probe("image")
        self.n_cg = n_cg

    def reconstruct(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        """From a compressed-sensing image, denoiser and fit in turns.

        kspace, maps (b, coil, y, x), mask (b, 1, y, x) -> image (b, 1, y, x).
        """
        phase = low_resolution_phase(kspace, mask, maps)
        maps, about = maps * phase, conditions(kspace, mask)
        noise, R = about[..., :1, :1].split(1, dim=1)
        fit = Proximal(kspace, mask, maps, self.n_cg)
        x = self.start(kspace, mask, maps)
        for denoise, trust in zip(self.denoise, self.trust, strict=True):
            z = denoise(x, about)
            x = self.fitted(fit(z, bounded(10 * (trust[0] + trust[1] * noise + trust[2] * R))))
        return phase * x


def bounded(log_lam: Tensor) -> Tensor:
    """lam between 1/12 and 12: with more trust, a few steps of CG would no longer solve the fit, nor its gradient."""
    return torch.exp(2.5 * torch.tanh(log_lam / 2.5))


class SparseStart(nn.Module):
    """Where MoDL starts: `n_iter` iterations of compressed sensing, its lam set by the noise.

    Nothing is learned here.
    """

    domain = "image"

    def __init__(self, n_iter: int):
        super().__init__()
        self.n_iter = n_iter

    def forward(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        with torch.no_grad():
            largest = encode_adjoint(kspace, mask, maps).abs().amax((-3, -2, -1), keepdim=True)
            return wavelet_cs(
                kspace, mask, maps, 0.15 * noise_level(kspace, mask) / largest.clamp_min(1e-30), self.n_iter
            )
