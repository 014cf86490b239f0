"""What a complex network uses in place of ReLU: with no order among complex numbers there is more than one answer.

CReLU      ReLU(Re z) + i ReLU(Im z)                  cuts both parts; phase bends towards the first quadrant
zReLU      z where 0 <= phase <= pi / 2, else 0       a gate that only phase opens [Guberman2016]
modReLU    ReLU(|z| + b) z / |z|                      a gate that only magnitude opens; keeps phase [Arjovsky2016]
cardioid   (1 + cos phase) z / 2                      fades with phase; keeps phase [Virtue2017]

Real positive numbers pass all four as they pass ReLU (modReLU: with b = 0).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .complex_layers import ComplexLayer, paired, parts


class CReLU(ComplexLayer):
    """ReLU of the real and of the imaginary part; `slope` lets that much of the negative side pass."""

    def __init__(self, slope: float = 0.0):
        super().__init__()
        self.slope = slope

    def on_channels(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, self.slope) if self.slope else F.relu(x)


class ZReLU(ComplexLayer):
    """z in the first quadrant, 0 elsewhere."""

    def on_channels(self, x: Tensor) -> Tensor:
        real, imag = parts(x)
        first_quadrant = (real >= 0) & (imag >= 0)
        return paired(real * first_quadrant, imag * first_quadrant)


class ModReLU(ComplexLayer):
    """ReLU(|z| + b) z / |z|, with one learned b a map: with b < 0 small numbers become 0, phase never changes."""

    def __init__(self, n_maps: int):
        super().__init__()
        self.bias = nn.Parameter(torch.full((n_maps, 1, 1), -0.01))

    def on_channels(self, x: Tensor) -> Tensor:
        size = magnitude(x)
        factor = F.relu(size + self.bias) / size
        return paired(*(part * factor for part in parts(x)))


class Cardioid(ComplexLayer):
    """z (1 + cos phase) / 2: positive reals pass, negative reals vanish, the rest fades in between."""

    def on_channels(self, x: Tensor) -> Tensor:
        real, imag = parts(x)
        factor = (1 + real / magnitude(x)) / 2
        return paired(real * factor, imag * factor)


def magnitude(x: Tensor) -> Tensor:
    """|z|, kept off 0 so that its gradient stays finite there: (b, 2c, y, x) -> (b, c, y, x)."""
    real, imag = parts(x)
    return (real.square() + imag.square() + 1e-12).sqrt()


ACTIVATIONS = {
    "crelu": lambda n_maps: CReLU(),
    "leaky crelu": lambda n_maps: CReLU(0.2),
    "zrelu": lambda n_maps: ZReLU(),
    "modrelu": ModReLU,
    "cardioid": lambda n_maps: Cardioid(),
}


def activation(name: str, n_maps: int) -> ComplexLayer:
    """The activation of that name for `n_maps` complex maps."""
    if name not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {name!r}")
    return ACTIVATIONS[name](n_maps)
