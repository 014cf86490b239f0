"""U-Net: clean an aliased image, looking at ever coarser copies of it [Ronneberger2015, Zbontar2018].

x_hat = x_zf + U(x_zf): zero-filled image in, correction out. Nothing ties the answer to the measured k-space.
Ours: fastMRI's takes a magnitude; here the smooth phase that the calibration lines show is taken out, the rest goes in
as two channels, and the phase is put back at the end. The network predicts the error, not the image; how large the
error is depends on noise level and acceleration, which it is told, since its instance norms forget sizes. `Unet` itself
is layer for layer that of fastMRI.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..encoding import encode_adjoint
from ..types import Image, Kspace, Maps, Mask
from .base import Network, conditions, low_resolution_phase, to_channels, to_complex
from .stages import start_small


class ConvBlock(nn.Sequential):
    """Twice: convolution 3 x 3, instance norm (unless `norm` is False), leaky ReLU."""

    def __init__(self, n_in: int, n_out: int, norm: bool = True):
        layers = []
        for a, b in ((n_in, n_out), (n_out, n_out)):
            layers += [
                nn.Conv2d(a, b, 3, padding=1, bias=not norm),
                *([nn.InstanceNorm2d(b)] if norm else []),
                nn.LeakyReLU(0.2),
            ]
        super().__init__(*layers)


class UpBlock(nn.Sequential):
    """Transposed convolution that doubles the size, instance norm, leaky ReLU."""

    def __init__(self, n_in: int, n_out: int, norm: bool = True):
        super().__init__(
            nn.ConvTranspose2d(n_in, n_out, 2, stride=2, bias=not norm),
            *([nn.InstanceNorm2d(n_out)] if norm else []),
            nn.LeakyReLU(0.2),
        )


class Unet(nn.Module):
    """(b, n_in, y, x) -> (b, n_out, y, x), real. `width` channels at full size, doubled at each of `n_pools` halvings.

    norm=False leaves out the instance norms: then the network keeps absolute grey values, as a denoiser must.
    Any size: the picture is padded to a multiple of 2^n_pools and cut back.
    """

    def __init__(self, n_in: int = 2, n_out: int = 2, width: int = 16, n_pools: int = 3, norm: bool = True):
        super().__init__()
        widths = [width * 2**k for k in range(n_pools + 1)]
        self.down = nn.ModuleList(ConvBlock(a, b, norm) for a, b in zip([n_in, *widths[:-2]], widths[:-1], strict=True))
        self.bottom = ConvBlock(widths[-2], widths[-1], norm)
        self.up = nn.ModuleList(UpBlock(2 * w, w, norm) for w in reversed(widths[:-1]))
        self.merge = nn.ModuleList(ConvBlock(2 * w, w, norm) for w in reversed(widths[:-1]))
        self.last = nn.Conv2d(width, n_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        y_size, x_size = x.shape[-2:]
        block = 2 ** len(self.down)
        # repeat the edge up to a multiple of 2^n_pools; (b, c, y, x) -> (b, c, Y, X)
        x = F.pad(x, (0, -x_size % block, 0, -y_size % block), mode="replicate")
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
            x = F.avg_pool2d(x, 2)
        x = self.bottom(x)
        for up, merge in zip(self.up, self.merge, strict=True):
            x = merge(torch.cat([up(x), skips.pop()], dim=1))
        return self.last(x)[..., :y_size, :x_size]


class UnetImage(Network):
    """The U-Net as a reconstruction: image in, image out, no data consistency [Hyun2018]."""

    def __init__(self, width: int = 16, n_pools: int = 3):
        super().__init__()
        self.unet = Unet(2, 2, width, n_pools)
        start_small(self.unet.last)  # untrained, it gives the zero-filled image
        self.gain = nn.Parameter(torch.zeros(3))

    def reconstruct(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        """The zero-filled image without its smooth phase, corrected once.

        kspace, maps (b, coil, y, x), mask (b, 1, y, x) -> image (b, 1, y, x).
        """
        phase = low_resolution_phase(kspace, mask, maps)
        aliased = encode_adjoint(kspace, mask, maps * phase)
        constant, noise, R = self.gain
        told_noise, told_R = conditions(kspace, mask).split(1, dim=1)
        size = torch.exp(constant + noise * told_noise + R * told_R)
        return phase * (aliased + size * to_complex(self.unet(to_channels(aliased))))
