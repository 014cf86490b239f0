"""DeepcomplexMRI: all coil images in, all coil images out, tied by complex convolutions [Wang2020].

    x_c <- x_c + CNN_k(x_1 ... x_C)_c,   then each coil's measured samples are put back:  k_c = y_c on the mask
n_blocks times, from the zero-filled coil images. The network learns how coils belong together: it needs neither maps
nor kernels fitted to calibration lines, but is tied to the number of coils it was trained with.

Ours: 4 blocks of 3 convolutions with 12 complex maps (the paper: 10 blocks of 5 with 32) and 8 coils (12). Last layers
start small. The paper combines the coils by root sum of squares at the very end; here the maps combine them, which
keeps the phase and does not raise the background. So maps enter once, after the network; `coil_images` does without
them.
"""

import itertools

from torch import Tensor, nn

from ..coils import combine
from ..fourier import fft2c, ifft2c
from ..types import Image, Kspace, Maps, Mask
from .base import Network
from .complex_activations import CReLU
from .complex_layers import ComplexConv2d
from .consistency import hard_dc
from .stages import Residual, start_small


class DeepComplexMRI(Network):
    """`n_blocks` complex CNNs of `depth` convolutions over all coils, hard data consistency per coil after each."""

    def __init__(self, n_coils: int = 8, n_blocks: int = 4, width: int = 12, depth: int = 3):
        super().__init__()
        self.n_coils = n_coils
        self.nets = nn.ModuleList(Residual(chain(n_coils, width, depth)) for _ in range(n_blocks))
        self.dc = nn.ModuleList(HardPerCoil() for _ in range(n_blocks))

    def reconstruct(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        """`coil_images`, combined: kspace, maps (b, coil, y, x), mask (b, 1, y, x) -> image (b, 1, y, x)."""
        return combine(self.coil_images(kspace, mask), maps)

    def coil_images(self, kspace: Kspace, mask: Mask) -> Tensor:
        """The network without maps: (b, coil, y, x) measured k-space of brightness 1 -> (b, coil, y, x) images."""
        x = ifft2c(mask * kspace)
        for net, dc in zip(self.nets, self.dc, strict=True):
            x = dc(net(x), kspace, mask)
        return x


class HardPerCoil(nn.Module):
    """Each coil's measured samples as measured: exact, since no combination lies between."""

    domain = "image"

    def forward(self, x: Tensor, kspace: Kspace, mask: Mask) -> Tensor:
        return ifft2c(hard_dc(fft2c(x), kspace, mask))


def chain(n_coils: int, width: int, depth: int) -> nn.Sequential:
    """Complex convolutions 3 x 3 with CReLU between, all coils to all coils."""
    widths = [n_coils, *[width] * (depth - 1), n_coils]
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(widths):
        layers += [ComplexConv2d(a, b), CReLU()]
    start_small(layers[-2])
    return nn.Sequential(*layers[:-1])
