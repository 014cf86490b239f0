"""Layers that add and multiply complex numbers: a weight is a stretch and a turn of the phase [Trabelsi2018].

Convolution   (A + iB) * (x + iy) = (A * x - B * y) + i (B * x + A * y)
Whitening     z -> gamma V^(-1/2) (z - mean) + beta,  V the 2 x 2 covariance of real and imaginary part

A complex layer from n to n maps holds 2 n^2 k^2 real weights; a real one on the same 2n channels holds 4 n^2 k^2.
Ours: each complex convolution is one real convolution whose weights are tied. At 8 to 24 maps on a CPU that is faster
than torch's own complex convolution (three real ones), and the layer runs in bf16 and in ONNX.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .base import to_channels, to_complex


class ComplexLayer(nn.Module):
    """Complex maps (b, c, y, x) in, complex maps out; or the same numbers as real channels (b, 2c, y, x), and so out.

    Real channels in the order of `to_channels` are what the networks pass along: no copy between two layers.
    A subclass writes `on_channels(x)`.
    """

    def forward(self, z: Tensor) -> Tensor:
        return to_complex(self.on_channels(to_channels(z))) if z.is_complex() else self.on_channels(z)

    def on_channels(self, x: Tensor) -> Tensor:
        raise TypeError(f"{type(self).__name__} must define on_channels(x)")


class ComplexConv2d(ComplexLayer):
    """Equal to torch.nn.Conv2d(n_in, n_out, kernel_size, dtype=torch.complex64): (b, n_in, y, x) -> (b, n_out, y, x).

    weight: (n_out, n_in, k, k, 2), real and imaginary part last. padding_mode "zeros", or "circular" as k-space implies
    [Cole2021]; with stride 1 the size stays. Initial weights: Rayleigh magnitude, uniform phase, variance 2 / fan_in
    as He's rule asks [Trabelsi2018].
    """

    domain = "features"

    def __init__(
        self,
        n_in: int,
        n_out: int,
        kernel_size: int = 3,
        stride: int = 1,
        padding_mode: str = "zeros",
        bias: bool = True,
    ):
        super().__init__()
        if padding_mode not in ("zeros", "circular"):
            raise ValueError(f'padding_mode must be "zeros" or "circular", got {padding_mode!r}')
        fan_in = n_in * kernel_size**2
        # a normal law in both parts is a Rayleigh law in magnitude and a uniform one in phase
        self.weight = nn.Parameter(torch.randn(n_out, n_in, kernel_size, kernel_size, 2) / fan_in**0.5)
        self.bias = nn.Parameter(torch.zeros(n_out, 2)) if bias else None
        self.stride, self.padding, self.padding_mode = stride, kernel_size // 2, padding_mode

    def on_channels(self, x: Tensor) -> Tensor:
        bias, padding = None if self.bias is None else self.bias.flatten(), self.padding
        if self.padding_mode == "circular":
            x, padding = F.pad(x, (padding,) * 4, mode="circular"), 0
        return F.conv2d(x, tied(self.weight), bias, self.stride, padding)


class ComplexUpsample(ComplexLayer):
    """Twice the size, (b, n_in, y, x) -> (b, n_out, 2y, 2x).

    Equal to torch.nn.ConvTranspose2d(n_in, n_out, 2, stride=2, dtype=torch.complex64).
    weight: (n_in, n_out, 2, 2, 2), real and imaginary part last; variance 2 / n_in, since each new pixel has one
    source.
    """

    domain = "features"

    def __init__(self, n_in: int, n_out: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_in, n_out, 2, 2, 2) / n_in**0.5)
        self.bias = nn.Parameter(torch.zeros(n_out, 2))

    def on_channels(self, x: Tensor) -> Tensor:
        # transposing the tied matrix conjugates the weights: conjugate them first
        conjugate = torch.stack([self.weight[..., 0], -self.weight[..., 1]], -1)
        return F.conv_transpose2d(x, tied(conjugate), self.bias.flatten(), stride=2)


def tied(weight: Tensor) -> Tensor:
    """Complex weights as those of a real convolution: (n_out, n_in, k, k, 2) -> (2 n_out, 2 n_in, k, k)."""
    real, imag = weight.unbind(-1)
    to_real, to_imag = torch.stack([real, -imag], 2), torch.stack([imag, real], 2)
    return torch.stack([to_real, to_imag], 1).flatten(0, 1).flatten(1, 2)


def parts(x: Tensor) -> tuple[Tensor, Tensor]:
    """Real channels (b, 2c, y, x) -> real parts and imaginary parts, (b, c, y, x) each."""
    return x.unflatten(1, (-1, 2)).unbind(2)


def paired(real: Tensor, imag: Tensor) -> Tensor:
    """The way back from `parts`."""
    return torch.stack([real, imag], 2).flatten(1, 2)


class ComplexBatchNorm2d(ComplexLayer):
    """Mean 0, and real and imaginary part uncorrelated with variance 1, map by map; then gamma (2 x 2) and beta.

    Two separate batch norms would leave the parts correlated. gamma starts at 1 / sqrt(2), for a magnitude of variance
    1 [Trabelsi2018]; affine=False leaves gamma and beta out. In eval mode the running mean and covariance are used.
    """

    running_mean: Tensor
    running_covariance: Tensor

    def __init__(self, n_maps: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.gamma = nn.Parameter(torch.eye(2).repeat(n_maps, 1, 1) / 2**0.5) if affine else None
        self.beta = nn.Parameter(torch.zeros(n_maps, 2)) if affine else None
        self.register_buffer("running_mean", torch.zeros(n_maps, 2))
        self.register_buffer("running_covariance", torch.eye(2).repeat(n_maps, 1, 1) / 2)

    @torch.autocast("cpu", enabled=False)
    @torch.autocast("cuda", enabled=False)  # a covariance needs float32
    def on_channels(self, x: Tensor) -> Tensor:
        z = x.float().unflatten(1, (-1, 2)).permute(1, 2, 0, 3, 4).flatten(2)  # (c, 2, n), n: pixels of all slices
        if self.training:
            mean = z.mean(-1)
            z = z - mean[..., None]
            covariance = z @ z.mT / z.shape[-1]
            self.remember(mean.detach(), covariance.detach() * (z.shape[-1] / max(z.shape[-1] - 1, 1)))
        else:
            z, covariance = z - self.running_mean[..., None], self.running_covariance
        matrix = inverse_root(covariance, self.eps)
        if self.gamma is None or self.beta is None:
            z = matrix @ z
        else:
            z = torch.baddbmm(self.beta[..., None], self.gamma @ matrix, z)
        return z.unflatten(2, (x.shape[0], *x.shape[2:])).permute(2, 0, 1, 3, 4).flatten(1, 2)

    def remember(self, mean: Tensor, covariance: Tensor) -> None:
        """Move the running statistics a step (`momentum`) towards these."""
        self.running_mean.lerp_(mean, self.momentum)
        self.running_covariance.lerp_(covariance, self.momentum)


def inverse_root(V: Tensor, eps: float) -> Tensor:
    """(V + eps)^(-1/2) of symmetric 2 x 2 matrices in closed form: (*, 2, 2) -> (*, 2, 2)."""
    a, b, d = V[..., 0, 0] + eps, V[..., 0, 1], V[..., 1, 1] + eps
    s = (a * d - b * b).clamp_min(eps**2).sqrt()
    t = (a + d + 2 * s).sqrt()
    return torch.stack([torch.stack([d + s, -b], -1), torch.stack([-b, a + s], -1)], -2) / (s * t)[..., None, None]
