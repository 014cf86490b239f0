"""MD-Recon-Net: k-space and image side by side, blended after every stage [Ran2021].

k' = DC(k + C_K(k)),   x' = DC(x + C_I(x))                        each branch by itself
k  = (k' + w_k F x') / (1 + w_k),   x = (x' + w_x F^-1 k') / (1 + w_x)    then each hears the other
The answer is the image after the last blend.

Ours: 3 stages of 16 channels (the paper's 5 of 32). The learned weights are softplus(raw) > 0; in the paper nothing
keeps them from passing -1, where the blend divides by 0. No leaky ReLU after the residual sum: it would all but erase
the negative half of a complex image. No batch norm, no fixed mask. Several coils, the scale of k-space, its circular
padding and data consistency as in kiki.py.
"""

from torch import Tensor, nn

from ..fourier import fft2c, ifft2c
from ..types import Image, Kspace, Maps, Mask
from .base import Network
from .kiki import KCNN, icnn
from .stages import Data
from .trust import Weight, consistency


class Fusion(Weight):
    """(a + w b) / (1 + w): a branch a, and the other branch b seen in its domain, which counts w against 1."""

    def __init__(self, domain: str):
        super().__init__()
        self.domain = domain

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return (a + self.w * b) / (1 + self.w)


class Pair(nn.Module):
    """Both CNNs, each followed by its own data consistency: (k, x) -> (k', x')."""

    def __init__(self, width: int, depth: int, dc: str):
        super().__init__()
        self.k_cnn, self.i_cnn = KCNN(width, depth), icnn(width, depth)
        self.k_dc, self.i_dc = consistency(dc), consistency(dc)

    def forward(self, k: Kspace, x: Image, data: Data) -> tuple[Kspace, Image]:
        return fft2c(self.k_dc(ifft2c(self.k_cnn(k)), data)), self.i_dc(self.i_cnn(x), data)


class MDReconNet(Network):
    """`n_stages` pairs of CNNs; `width` channels, `depth` convolutions a CNN, `n_cg` CG steps a proximal DC."""

    def __init__(self, n_stages: int = 3, width: int = 16, depth: int = 5, dc: str = "proximal", n_cg: int = 5):
        super().__init__()
        self.pairs = nn.ModuleList(Pair(width, depth, dc) for _ in range(n_stages))
        self.fuse_k = nn.ModuleList(Fusion("kspace") for _ in range(n_stages - 1))
        self.fuse_i = nn.ModuleList(Fusion("image") for _ in range(n_stages))
        self.n_cg = n_cg

    def reconstruct(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        """Both branches side by side, blended after every pair.

        kspace, maps (b, coil, y, x), mask (b, 1, y, x) -> image (b, 1, y, x).
        """
        data = Data.of(kspace, mask, maps, self.n_cg)
        k, x = fft2c(data.fit.Ehy), data.fit.Ehy
        for pair, fuse_k, fuse_i in zip(self.pairs, [*self.fuse_k, None], self.fuse_i, strict=True):
            k_branch, x_branch = pair(k, x, data)
            x = fuse_i(x_branch, ifft2c(k_branch))
            k = k if fuse_k is None else fuse_k(k_branch, fft2c(x_branch))  # the last blend gives the image only
        return x
