"""Sigma-net: one regulariser, four ways to be consistent with the data [Hammernik2021].

    z = x - R(x),  x = D(z),  n_unrolls times with the same R and the same D, from x = E^H y

none  D(z) = z                                             what is left is image processing
gd    D(z) = z - lam E^H (E z - y)                         a gradient step
prox  D(z) = argmin lam |E x - y|^2 + |x - z|^2            by CG
vs    soft correction of each coil's k-space, then a weighted mean with z

The comparison is fair because everything but D is held fixed: with the same seed the regulariser starts with the same
bits whichever `dc` is asked for. Ours: R is a small U-Net without instance norm (the paper's is a down-up network with
a complex norm), and its last convolution starts small, so that the untrained network gives D applied n_unrolls times.
"""

from torch import nn

from ..types import Image, Kspace, Maps, Mask
from .base import Network
from .stages import Data, Gradient, Prox, Residual, Splitting, Untouched, start_small
from .unet import Unet

DC: dict[str, type[nn.Module]] = {"none": Untouched, "gd": Gradient, "prox": Prox, "vs": Splitting}


class Sigma(Network):
    """`n_unrolls` iterations of a shared U-Net and a shared data consistency layer, `dc` one of none, gd, prox, vs."""

    def __init__(self, dc: str = "prox", n_unrolls: int = 4, width: int = 8, n_pools: int = 2, n_cg: int = 5):
        super().__init__()
        if dc not in DC:
            raise ValueError(f"dc must be one of {', '.join(DC)}, got {dc!r}")
        self.regulariser = Residual(
            Unet(2, 2, width, n_pools, norm=False)
        )  # first, so that `dc` cannot change its draw
        start_small(self.regulariser.get_submodule("net.last"))
        self.dc = DC[dc]()
        self.n_unrolls, self.n_cg = n_unrolls, n_cg

    def reconstruct(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        """Regulariser and data consistency in turns.

        kspace, maps (b, coil, y, x), mask (b, 1, y, x) -> image (b, 1, y, x).
        """
        data = Data.of(kspace, mask, maps, self.n_cg)
        x = data.fit.Ehy
        for _ in range(self.n_unrolls):
            x = self.dc(self.regulariser(x), data)
        return x
