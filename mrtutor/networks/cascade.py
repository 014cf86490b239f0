"""Deep cascade: a small CNN cleans the image, then the measured k-space is put back; and again [Schlemper2018].

For each cascade   z = x + CNN_k(x),   x = DC(z), and DC in k-space is
    q = (k_z + lam k_0) / (1 + lam) where a sample was measured, k_z where not;  lam -> infinity puts it back as it was.
D5C5 has 5 convolutions of 32 channels in each of 5 cascades.

Ours: several coils. Each coil's k-space is corrected and the coils are combined again ("hard", "soft"), which is one
step towards the data; "proximal" solves for the image next to z that fits them. 24 channels, so that a training step
stays below 250 ms on one core. The last convolution of each CNN starts small: the untrained cascade gives what data
consistency gives without a network.
"""

from torch import nn

from ..types import Image, Kspace, Maps, Mask
from .base import Network, conv_chain
from .stages import Data, Hard, Prox, Residual, Soft, start_small

DC: dict[str, type[nn.Module]] = {"hard": Hard, "soft": Soft, "proximal": Prox}


class Cascade(Network):
    """`n_cascades` times a CNN of `depth` convolutions and data consistency, `dc` one of hard, soft, proximal."""

    def __init__(self, n_cascades: int = 5, width: int = 24, depth: int = 5, dc: str = "proximal", n_cg: int = 5):
        super().__init__()
        if dc not in DC:
            raise ValueError(f"dc must be one of {', '.join(DC)}, got {dc!r}")
        self.nets = nn.ModuleList(Residual(self.chain(width, depth)) for _ in range(n_cascades))
        self.dc = nn.ModuleList(DC[dc]() for _ in range(n_cascades))
        self.n_cg = n_cg

    def chain(self, width: int, depth: int) -> nn.Module:
        """The CNN of one cascade, on two real channels."""
        convs = conv_chain(2, 2, width, depth)
        start_small(convs[-1])
        return convs

    def reconstruct(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        """CNN and data consistency in turns: kspace, maps (b, coil, y, x), mask (b, 1, y, x) -> image (b, 1, y, x)."""
        data = Data.of(kspace, mask, maps, self.n_cg)
        x = data.fit.Ehy
        for net, dc in zip(self.nets, self.dc, strict=True):
            x = dc(net(x), data)
        return x
