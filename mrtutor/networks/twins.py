"""The same layer for complex maps or for real channels, and how wide its twin must be to hold as many weights.

Both start by He's rule (weights of variance 2 / fan_in, no bias), so that a comparison does not compare beginnings.
"""

from collections.abc import Callable

import torch
from torch import nn

from .base import Padding, n_weights
from .complex_layers import ComplexConv2d, ComplexUpsample


def convolution(
    is_complex: bool,
    n_in: int,
    n_out: int,
    kernel_size: int = 3,
    stride: int = 1,
    padding_mode: Padding = "zeros",
    bias: bool = True,
) -> nn.Module:
    """A convolution from n_in to n_out complex maps, or real channels."""
    if is_complex:
        return ComplexConv2d(n_in, n_out, kernel_size, stride, padding_mode, bias)
    return he(
        nn.Conv2d(n_in, n_out, kernel_size, stride, kernel_size // 2, padding_mode=padding_mode, bias=bias),
        kernel_size**2 * n_in,
    )


def upsample(is_complex: bool, n_in: int, n_out: int) -> nn.Module:
    """A transposed convolution that doubles the size."""
    return ComplexUpsample(n_in, n_out) if is_complex else he(nn.ConvTranspose2d(n_in, n_out, 2, stride=2), n_in)


def he(conv: nn.Module, fan_in: int) -> nn.Module:
    """Give a real convolution the initial weights that the complex ones have."""
    nn.init.normal_(conv.get_parameter("weight"), std=(2 / fan_in) ** 0.5)
    if conv.bias is not None:
        nn.init.zeros_(conv.get_parameter("bias"))
    return conv


def matched_width(make: Callable[[int], nn.Module], model: Callable[[], nn.Module]) -> int:
    """The width for which `make(width)` has the number of weights nearest to that of `model()`.

    More width must mean more weights. The networks are made to be counted only: the global seed is as before.
    """
    with torch.random.fork_rng(devices=[]):
        count, target = (lambda width: n_weights(make(width))), n_weights(model())
        low, high = 0, 1  # count(low) < target <= count(high)
        while count(high) < target:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if count(middle) < target else (low, middle)
        return low if low and target - count(low) < count(high) - target else high
