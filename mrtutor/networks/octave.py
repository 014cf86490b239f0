"""Dual-octave convolution: complex feature maps in two sizes, fine and coarse, that talk to each other [Feng2021].

A share alpha of the maps is kept at half the matrix (L, "low frequencies"), the rest at full matrix (H):
    H' = A * H + up(B * L)          up: each pixel becomes 2 x 2 equal ones
    L' = C * pool(H) + D * L        pool: mean of 2 x 2 pixels
with complex kernels A to D. It is the feature maps that are split, not k-space. alpha = 0 is the plain complex network.

    x <- DC(x + chain(x)), n_cascades times; measured samples put back as they were [Wang2020]

Ours: the coil-combined image goes in (any number of coils, through the maps), where the paper's network takes all coils
as channels; 3 blocks of 16 maps (10 of 64); the kernels that end in one map start with the variance of one layer; the
last layer starts small.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .base import Network
from .cascade import Cascade
from .complex_activations import CReLU
from .complex_layers import ComplexConv2d
from .stages import start_small


class ComplexCascade(Cascade):
    """Cascade of plain complex CNNs, `depth` convolutions of `width` complex maps each, and data consistency `dc`."""

    def __init__(self, n_cascades: int = 3, width: int = 16, depth: int = 5, dc: str = "hard", n_cg: int = 5):
        super().__init__(n_cascades, width, depth, dc, n_cg)

    def chain(self, width: int, depth: int) -> nn.Module:
        """Convolutions 3 x 3 with CReLU between."""
        layers: list[nn.Module] = []
        for i in range(depth):
            layers.append(ComplexConv2d(1 if i == 0 else width, 1 if i == depth - 1 else width))
            if i < depth - 1:
                layers.append(CReLU())
        start_small(layers[-1])
        return nn.Sequential(*layers)


class DualOctave(ComplexCascade):
    """The cascade with a share `alpha` of its maps at half the matrix."""

    def __init__(
        self,
        alpha: float = 0.125,
        n_cascades: int = 3,
        width: int = 16,
        depth: int = 5,
        dc: str = "hard",
        n_cg: int = 5,
    ):
        if not 0 <= alpha < 1:
            raise ValueError(f"alpha must lie in 0 <= alpha < 1 (the share of coarse maps), got {alpha}")
        self.alpha = alpha
        super().__init__(n_cascades, width, depth, dc, n_cg)

    def chain(self, width: int, depth: int) -> nn.Module:
        return OctaveChain(self.alpha, width, depth)


class OctaveChain(nn.Module):
    """(b, 2, y, x) -> (b, 2, y, x), real channels of one complex image; odd sizes are padded by one row or column."""

    def __init__(self, alpha: float, width: int, depth: int):
        super().__init__()
        coarse = round(alpha * width)
        self.convs = nn.ModuleList(
            OctaveConv(
                (1, 0) if i == 0 else (width - coarse, coarse), (1, 0) if i == depth - 1 else (width - coarse, coarse)
            )
            for i in range(depth)
        )
        start_small(self.convs[-1].get_submodule("fine"))
        self.is_plain, self.activation = coarse == 0, CReLU()

    def forward(self, x: Tensor) -> Tensor:
        y_size, x_size = x.shape[-2:]
        if not self.is_plain:
            x = F.pad(x, (0, x_size % 2, 0, y_size % 2), mode="replicate")
        fine, coarse = self.convs[0](x, None)
        for conv in self.convs[1:]:
            fine, coarse = conv(self.activation(fine), None if coarse is None else self.activation(coarse))
        return fine[..., :y_size, :x_size]


class OctaveConv(nn.Module):
    """(fine, coarse) -> (fine, coarse): (b, 2c, y, x) and (b, 2c', y / 2, x / 2) or None.

    n_in, n_out: how many (fine, coarse) maps.
    """

    def __init__(self, n_in: tuple[int, int], n_out: tuple[int, int]):
        super().__init__()

        def conv(a: int, b: int, bias: bool) -> ComplexConv2d | None:
            return ComplexConv2d(a, b, bias=bias) if a and b else None

        self.fine, self.to_coarse = ComplexConv2d(n_in[0], n_out[0]), conv(n_in[0], n_out[1], True)
        self.to_fine, self.coarse = conv(n_in[1], n_out[0], False), conv(n_in[1], n_out[1], False)
        for path, n in (
            (self.fine, n_in[0]),
            (self.to_coarse, n_in[0]),
            (self.to_fine, n_in[1]),
            (self.coarse, n_in[1]),
        ):
            if path is not None:  # two paths end in one map: together they have the variance of one layer
                with torch.no_grad():
                    path.weight.mul_((n / sum(n_in)) ** 0.5)

    def forward(self, fine: Tensor, coarse: Tensor | None) -> tuple[Tensor, Tensor | None]:
        new_fine = self.fine(fine)
        new_coarse = None if self.to_coarse is None else self.to_coarse(F.avg_pool2d(fine, 2))
        if coarse is not None and self.to_fine is not None:
            new_fine = new_fine + F.interpolate(self.to_fine(coarse), scale_factor=2.0, mode="nearest")
            if new_coarse is not None and self.coarse is not None:
                new_coarse = new_coarse + self.coarse(coarse)
        return new_fine, new_coarse


class Cost(NamedTuple):
    """Real multiply-adds of the convolutions for one slice, and bytes of all feature maps between them (float32).

    Training keeps the pooled copies of the fine maps as well: at alpha = 1/8 they outweigh what the coarse maps save.
    """

    multiply_adds: int
    map_bytes: int


def cost(network: Network, shape: tuple[int, int] = (128, 128)) -> Cost:
    """Count while a slice of that shape runs through: a complex product is four real ones."""
    counts = [0, 0]

    def convolved(conv, inputs, output):
        counts[0] += 2 * conv.weight.numel() * output.shape[-2] * output.shape[-1]

    def passed_on(activation, inputs, output):
        counts[1] += output.numel() * 4

    hooks = [m.register_forward_hook(convolved) for m in network.modules() if isinstance(m, ComplexConv2d)]
    hooks += [m.register_forward_hook(passed_on) for m in network.modules() if isinstance(m, CReLU)]
    ones = torch.ones(1, *shape)
    with torch.no_grad():
        network(ones + 0j, ones > 0, ones + 0j)
    for hook in hooks:
        hook.remove()
    return Cost(*counts)
