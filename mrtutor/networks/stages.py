"""The stages that unrolled networks are built of, as modules, so that `trace` sees what each of them hands on.

A data consistency layer takes the network's image z and the slice's `Data`, and returns an image.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..types import Image, Kspace, Maps, Mask
from .base import to_channels, to_complex
from .consistency import Proximal, coil_dc


class Data(NamedTuple):
    """What was measured, and the least-squares fit to it that is made once a slice."""

    kspace: Kspace
    mask: Mask
    maps: Maps
    fit: Proximal

    @classmethod
    def of(cls, kspace: Kspace, mask: Mask, maps: Maps, n_cg: int = 5) -> "Data":
        """With `n_cg` steps of CG where the fit is solved for."""
        return cls(kspace, mask, maps, Proximal(kspace, mask, maps, n_cg))


class Residual(nn.Module):
    """z = x + net(x, more): the image as two channels, and more real channels beside it where given."""

    domain = "image"

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, x: Image, *more: Tensor) -> Image:
        return x + to_complex(self.net(torch.cat([to_channels(x), *more], dim=1)))


class Probe(nn.Module):
    """Hands on what it is given, so that `trace` sees a stage that is written out in `reconstruct`."""

    def __init__(self, domain: str):
        super().__init__()
        self.domain = domain

    def forward(self, x: Tensor) -> Tensor:
        return x


class Untouched(nn.Module):
    """No data consistency: x = z."""

    domain = "image"

    def forward(self, z: Image, data: Data) -> Image:
        return z


class Hard(nn.Module):
    """Every measured sample back as it was, coil by coil (`coil_dc`)."""

    domain = "image"

    def forward(self, z: Image, data: Data) -> Image:
        return coil_dc(z, data.kspace, data.mask, data.maps)


class Soft(nn.Module):
    """(k + lam k_0) / (1 + lam) on measured samples, coil by coil, lam learned."""

    domain = "image"

    def __init__(self, log_lam: float = 2.0):
        super().__init__()
        self.log_lam = nn.Parameter(torch.tensor(log_lam))

    def forward(self, z: Image, data: Data) -> Image:
        return coil_dc(z, data.kspace, data.mask, data.maps, self.log_lam.exp())


class Gradient(nn.Module):
    """x = z - lam E^H (E z - y): one step downhill, lam learned."""

    domain = "image"

    def __init__(self, lam: float = 1.0):
        super().__init__()
        self.lam = nn.Parameter(torch.tensor(lam))

    def forward(self, z: Image, data: Data) -> Image:
        return z - self.lam * (data.fit.EhE(z) - data.fit.Ehy)


class Prox(nn.Module):
    """x = argmin lam |E x - y|^2 + |x - z|^2 by CG, lam learned: the image next to z that fits the data.

    lam starts at e: five steps of CG then come close to the minimum, which the implicit gradient takes for granted. At
    e^3 they do not, and training can run away.
    """

    domain = "image"

    def __init__(self, log_lam: float = 1.0):
        super().__init__()
        self.log_lam = nn.Parameter(torch.tensor(log_lam))

    def forward(self, z: Image, data: Data) -> Image:
        return data.fit(z, self.log_lam.exp())


class Splitting(nn.Module):
    """Variable splitting: soft data consistency coil by coil, then a weighted mean with z; both weights learned.

    x = beta z + (1 - beta) E_full^H [alpha k_z + (1 - alpha) y on measured samples, k_z elsewhere] [Duan2019].
    """

    domain = "image"

    def __init__(self, alpha: float = 0.1, beta: float = 0.1):
        super().__init__()
        self.logit_alpha, self.logit_beta = (nn.Parameter(torch.tensor(share).logit()) for share in (alpha, beta))

    def forward(self, z: Image, data: Data) -> Image:
        # alpha = 1 / (1 + lam)
        corrected = coil_dc(z, data.kspace, data.mask, data.maps, torch.exp(-self.logit_alpha))
        beta = self.logit_beta.sigmoid()
        return beta * z + (1 - beta) * corrected


def start_small(conv: nn.Module, factor: float = 0.01) -> None:
    """Scale a last convolution down: the stage then begins as the identity, or nearly."""
    with torch.no_grad():
        conv.get_parameter("weight").mul_(factor)
        conv.get_parameter("bias").zero_()
