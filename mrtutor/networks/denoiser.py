"""GRAPPA, then a denoiser: what many installed products do.

    x = GRAPPA(y),  x_hat = x + U(x, sigma)

GRAPPA does the unfolding as ever; the network only takes away the noise that GRAPPA has amplified, and is told how much
noise the slice had to begin with. It is a residual U-Net without instance norm, which would lose the grey values.

Nothing returns to k-space after the network. GRAPPA's weights are solved for anew in each slice and carry no gradient;
a mask that GRAPPA cannot use is refused in GRAPPA's own words.
"""

import torch

from ..grappa import grappa
from ..types import Image, Kspace, Maps, Mask
from .base import Network, log_noise
from .stages import Residual, start_small
from .unet import Unet


class Unfold(torch.nn.Module):
    """GRAPPA on each slice of a batch, without gradient."""

    domain = "image"

    @torch.no_grad()
    def forward(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        return grappa(kspace, mask, maps)


class GrappaDenoiser(Network):
    """GRAPPA and a U-Net of `width` channels that is told the noise level.

    Equispaced lines with a calibration block only.
    """

    def __init__(self, width: int = 16, n_pools: int = 3):
        super().__init__()
        self.unfold = Unfold()
        self.denoise = Residual(Unet(3, 2, width, n_pools, norm=False))
        start_small(self.denoise.get_submodule("net.last"))

    def reconstruct(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        """GRAPPA, then the denoiser: kspace, maps (b, coil, y, x), mask (b, 1, y, x) -> image (b, 1, y, x)."""
        x = self.unfold(kspace, mask, maps)
        return self.denoise(x, log_noise(kspace, mask).expand(x.shape))
