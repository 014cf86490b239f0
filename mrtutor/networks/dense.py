"""CDFNet: a complex U-shaped network whose layers see the maps of all layers before them [Dedmari2018].

    x_hat = x_zf + D(x_zf);   layer j of a block:  h_j = W_j * CReLU(BN([h_0, h_1 ... h_{j-1}])),   `growth` maps
BN whitens: it takes away the correlation of real and imaginary part (`ComplexBatchNorm2d`). Coarser levels are reached
by convolutions of stride 2, since a complex number has no maximum to pool. No data consistency, as in the paper.

kind "real" is its twin: real channels, batch norm and ReLU; `growth_of` matches its weights (10 channels for 7 maps).
Ours: 3 levels, 3 layers a block, 7 maps a layer (we do not know the paper's); the error is predicted, not the image;
the last layer starts small: untrained it gives the zero-filled image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..encoding import encode_adjoint
from ..types import Image, Kspace, Maps, Mask
from .base import Network
from .complex_activations import CReLU
from .complex_layers import ComplexBatchNorm2d
from .stages import Residual, start_small
from .twins import convolution, matched_width, upsample

KINDS = ("complex", "real")


class CDFNet(Network):
    """Dense encoder-decoder on the zero-filled image; `growth` complex maps (real channels for kind "real") a layer."""

    def __init__(self, kind: str = "complex", growth: int = 7, n_levels: int = 3, n_layers: int = 3):
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
        self.net = Residual(DenseUnet(kind == "complex", growth, n_levels, n_layers))

    def reconstruct(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        """The zero-filled image, corrected once.

        kspace, maps (b, coil, y, x), mask (b, 1, y, x) -> image (b, 1, y, x).
        """
        return self.net(encode_adjoint(kspace, mask, maps))


class DenseUnet(nn.Module):
    """(b, 2, y, x) -> (b, 2, y, x), real channels of one complex image; any size."""

    def __init__(self, is_complex: bool, growth: int, n_levels: int, n_layers: int):
        super().__init__()
        image, width, n_down = 1 if is_complex else 2, growth * n_layers, n_levels - 1
        self.first = convolution(is_complex, image, growth)
        self.encode = nn.ModuleList(
            DenseBlock(is_complex, growth if i == 0 else width, growth, n_layers) for i in range(n_levels)
        )
        self.down = nn.ModuleList(convolution(is_complex, width, width, stride=2) for _ in range(n_down))
        self.up = nn.ModuleList(upsample(is_complex, width, growth) for _ in range(n_down))
        self.decode = nn.ModuleList(DenseBlock(is_complex, width + growth, growth, n_layers) for _ in range(n_down))
        self.last = convolution(is_complex, width, image, 1)
        start_small(self.last)

    def forward(self, x: Tensor) -> Tensor:
        y_size, x_size = x.shape[-2:]
        side = 2 ** len(self.down)
        x = self.first(F.pad(x, (0, -x_size % side, 0, -y_size % side), mode="replicate"))
        skips = []
        for block, down in zip(self.encode[:-1], self.down, strict=True):
            x = block(x)
            skips.append(x)
            x = down(x)
        x = self.encode[-1](x)
        for up, block in zip(self.up, self.decode, strict=True):
            x = block(torch.cat([up(x), skips.pop()], 1))
        return self.last(x)[..., :y_size, :x_size]


class DenseBlock(nn.Module):
    """n_in -> n_layers * growth: every layer sees the block's input and all maps made so far; the new maps go on."""

    def __init__(self, is_complex: bool, n_in: int, growth: int, n_layers: int):
        super().__init__()
        norm = ComplexBatchNorm2d if is_complex else nn.BatchNorm2d
        widths = [n_in + j * growth for j in range(n_layers)]
        self.norms = nn.ModuleList(norm(width) for width in widths)
        self.convs = nn.ModuleList(convolution(is_complex, width, growth) for width in widths)
        self.activation = CReLU()  # on real channels this is ReLU

    def forward(self, x: Tensor) -> Tensor:
        maps = [x]
        for norm, conv in zip(self.norms, self.convs, strict=True):
            maps.append(conv(self.activation(norm(torch.cat(maps, 1)))))
        return torch.cat(maps[1:], 1)


def growth_of(kind: str, **arguments) -> int:
    """The growth at which CDFNet(kind) has as many weights as CDFNet("complex", **arguments)."""
    rest = {name: value for name, value in arguments.items() if name != "growth"}
    return matched_width(lambda growth: CDFNet(kind, growth, **rest), lambda: CDFNet("complex", **arguments))
