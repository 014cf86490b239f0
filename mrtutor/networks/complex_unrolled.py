"""The same unrolled network with magnitudes, with two real channels, and with complex maps [Cole2021].

z = x + R_k(x, sigma);   x = argmin |E x - y|^2 + mu_k |x - z|^2, by CG [Aggarwal2019]
R_k: convolution, `n_blocks` times h + conv(act(conv(act(h)))), convolution

kind "complex"       R_k convolves complex maps: a weight stretches and turns, a phase stays a phase
kind "two-channel"   R_k convolves real channels; real and imaginary part enter as two pictures
kind "magnitude"     R_k sees and corrects |x| only. Data consistency cannot do without phase: the one it last found is
                     carried past the network unseen. The answer is a magnitude

Ours: 16 complex maps (the paper: 256); its step of proximal gradient descent is solved here by CG; the noise level of
the slice goes in beside the image and sets how far the data are trusted. `width_of` matches the weights of the kinds.
"""

import torch
from torch import Tensor, nn

from ..types import Image, Kspace, Maps, Mask
from .base import Network, Padding, low_resolution_phase, noise_level, to_channels, to_complex
from .complex_activations import activation
from .consistency import Proximal
from .stages import start_small
from .twins import convolution, matched_width

KINDS = ("magnitude", "two-channel", "complex")
INPUTS = {"complex": (2, 1), "two-channel": (3, 2), "magnitude": (2, 1)}  # (maps or channels in, out); the noise is one


class ComplexUnrolled(Network):
    """`n_unrolls` times a residual CNN of `width` maps (real channels, unless complex) and a least-squares fit.

    flatten_phase takes the smooth phase that the calibration lines show out of the image first, and puts it back at the
    end; a study of what complex maps gain leaves it in. Untrained the network is close to CG-SENSE: the last
    convolution of each CNN starts small.
    """

    def __init__(
        self,
        kind: str = "complex",
        activation: str = "crelu",
        n_unrolls: int = 4,
        width: int = 16,
        n_blocks: int = 2,
        n_cg: int = 6,
        padding_mode: Padding = "zeros",
        flatten_phase: bool = True,
    ):
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
        self.kind, self.n_cg, self.flatten_phase = kind, n_cg, flatten_phase
        self.nets = nn.ModuleList(Correction(kind, activation, width, n_blocks, padding_mode) for _ in range(n_unrolls))
        self.dc = nn.ModuleList(Fit() for _ in range(n_unrolls + 1))

    def reconstruct(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        """Correction and least-squares fit in turns.

        kspace, maps (b, coil, y, x), mask (b, 1, y, x) -> image (b, 1, y, x).
        """
        phase = low_resolution_phase(kspace, mask, maps) if self.flatten_phase else torch.ones_like(kspace[:, :1])
        nearest = Proximal(kspace, mask, maps * phase, self.n_cg)
        noise = (noise_level(kspace, mask) / 0.02).clamp_min(0.1).log()  # 0 at a noise of 2 % of the brightest tissue
        x = self.dc[0](nearest, torch.zeros_like(nearest.Ehy), noise)
        for net, dc in zip(self.nets, self.dc[1:], strict=True):
            x = dc(nearest, net(x, noise), noise)
        return x.abs() + 0j if self.kind == "magnitude" else phase * x


class Fit(nn.Module):
    """The image nearest to z that fits the data; the noisier they are, the less they are trusted."""

    domain = "image"

    def __init__(self):
        super().__init__()
        self.trust = nn.Parameter(torch.tensor([0.25, -0.1]))  # a tenth of log lam: it has to move faster than a kernel

    def forward(self, nearest: Proximal, z: Image, noise: Tensor) -> Image:
        return nearest(z, torch.exp(10 * (self.trust[0] + self.trust[1] * noise)))


class Correction(nn.Module):
    """z = x + R(x, noise): (b, 1, y, x) complex and (b, 1, 1, 1) real -> (b, 1, y, x) complex."""

    domain = "image"

    def __init__(self, kind: str, activation: str, width: int, n_blocks: int, padding_mode: Padding):
        super().__init__()
        self.kind = kind
        self.net = ResidualCNN(kind == "complex", *INPUTS[kind], width, n_blocks, activation, padding_mode)

    def forward(self, x: Image, noise: Tensor) -> Image:
        noise = noise.expand(x.shape)
        if self.kind == "magnitude":
            size = x.abs()
            return (size + self.net(torch.cat([size, noise], 1))) * torch.sgn(x)
        # the noise as one more complex map has imaginary part 0
        inputs = [to_channels(x), noise, torch.zeros_like(noise)][: 3 if self.kind == "complex" else 2]
        return x + to_complex(self.net(torch.cat(inputs, 1)))


class ResidualCNN(nn.Module):
    """Real channels (b, n_in, y, x) -> (b, n_out, y, x), or as many complex maps, each as two real channels."""

    def __init__(
        self, is_complex: bool, n_in: int, n_out: int, width: int, n_blocks: int, name: str, padding_mode: Padding
    ):
        super().__init__()
        if not is_complex and "crelu" not in name:
            raise ValueError(
                f'activation must be "crelu" or "leaky crelu" (ReLU part by part) for real channels, got {name!r}'
            )
        conv = lambda a, b: convolution(is_complex, a, b, padding_mode=padding_mode)
        act = lambda: activation(name, width)
        self.first, self.last = conv(n_in, width), conv(width, n_out)
        self.blocks = nn.ModuleList(
            nn.Sequential(act(), conv(width, width), act(), conv(width, width)) for _ in range(n_blocks)
        )
        self.act = act()
        start_small(self.last)

    def forward(self, x: Tensor) -> Tensor:
        h = self.first(x)
        for block in self.blocks:
            h = h + block(h)
        return self.last(self.act(h))


def width_of(kind: str, **arguments) -> int:
    """The width at which ComplexUnrolled(kind) has as many weights as ComplexUnrolled("complex", **arguments)."""
    rest = {name: value for name, value in arguments.items() if name != "width"}
    return matched_width(
        lambda width: ComplexUnrolled(kind, width=width, **rest), lambda: ComplexUnrolled("complex", **arguments)
    )
