"""KIKI-net: complete k-space, clean the image, and both once more [Eo2018].

K    k <- k + C_K(k)       a CNN on k-space fills in what was skipped
I    x <- x + C_I(x)       a CNN on the image takes away what is left of the aliasing
DC   x <- argmin_x lam |E x - y|^2 + |x - z|^2        z: the CNN's image, brought back to the measured samples

The order is a word of K and I: "K", "I", "KK", "II", "KI", "IK" and "KIKI" are the same class. The paper trains one
CNN after the other, each on what the frozen ones before it give (`freeze_all_but`); the L2 error in k-space that it
uses is the error of the image, since the Fourier transform keeps energy.

Ours: 5 layers a CNN (the paper's have 25). C_K predicts a correction, as C_I does; the paper's gives k-space itself.
DC follows every CNN (the paper's follows the image CNNs), so that all orders are treated alike. With several coils a
K stage works on the k-space of the combined image, k = F x, and DC goes through the coils; `dc` chooses how, and the
trust lam follows the noise level of the slice.
k-space is divided by its typical magnitude before C_K: the centre is a hundred times brighter than the rim. It is
periodic, so that C_K meets its left edge again beyond the right one (circular padding).
"""

from collections.abc import Iterable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..fourier import fft2c, ifft2c
from ..types import Image, Kspace, Maps, Mask
from .base import Network, conv_chain, to_channels, to_complex
from .stages import Data, Residual, start_small
from .trust import consistency


def correction(n_channels: int, width: int, depth: int) -> nn.Sequential:
    """A plain CNN whose answer, small before training, is added to its input:

    (b, n_channels, y, x) -> (b, n_channels, y, x).
    """
    convs = conv_chain(n_channels, n_channels, width, depth)
    start_small(convs[-1], 0.1)
    return convs


def typical_magnitude(shape, device=None) -> Tensor:
    """Magnitude of the k-space of a head of brightness 1, at each sample: (y, x).

    0.1 (1 + r / 3)^-1.5 sqrt(n_y n_x), r cycles over the field of view from the centre: a fit to virtual patients, good
    within a factor of 2. A fixed and smooth weight keeps what neighbouring samples say about each other; a power of
    each sample would not.
    """
    y, x = (torch.arange(n, device=device) - n // 2 for n in shape)
    r = (y[:, None].square() + x.square()).sqrt()
    return 0.1 * (shape[0] * shape[1]) ** 0.5 * (1 + r / 3) ** -1.5


class KCNN(nn.Module):
    """k + C_K(k) on the k-space of the combined image, (b, 1, y, x) -> (b, 1, y, x)."""

    domain = "kspace"

    def __init__(self, width: int, depth: int):
        super().__init__()
        self.convs, self.depth = correction(2, width, depth), depth

    def forward(self, k: Kspace) -> Kspace:
        size = typical_magnitude(k.shape[-2:], k.device)
        return k + size * to_complex(self.periodic(to_channels(k / size)))

    def periodic(self, x: Tensor) -> Tensor:
        """The convolutions with circular padding, wrapped once for all layers: (b, 2, y, x) -> (b, 2, y, x)."""
        d = self.depth  # each 3 x 3 layer spoils one more sample from the outer edge, and d of them are cut off
        return self.convs(F.pad(x, (d, d, d, d), mode="circular"))[..., d:-d, d:-d]


def icnn(width: int, depth: int) -> Residual:
    """x + C_I(x) on the image, (b, 1, y, x) -> (b, 1, y, x)."""
    return Residual(correction(2, width, depth))


class Stage(nn.Module):
    """An image goes into another domain, through a CNN there, back, and through data consistency."""

    def __init__(self, into, cnn: nn.Module, back, dc: str):
        super().__init__()
        self.into, self.cnn, self.back, self.dc = into, cnn, back, consistency(dc)

    def forward(self, x: Image, data: Data) -> Image:
        z = self.back(self.cnn(self.into(x)))[..., : x.shape[-2], : x.shape[-1]]
        return self.dc(z, data)


class Stagewise(Network):
    """Stages one after the other, trained together or, after `freeze_all_but(stage)`, one at a time."""

    def __init__(self, stages: Iterable[Stage], n_cg: int):
        super().__init__()
        self.stages, self.n_cg = nn.ModuleList(stages), n_cg
        self.in_training: int | None = None  # None: all stages

    @property
    def n_stages(self) -> int:
        return len(self.stages)

    def freeze_all_but(self, stage: int | None) -> None:
        """Train stage `stage`, 0 .. n_stages - 1, and run the network no further than it; None: train and run all.

        The other stages get no gradient and stay in evaluation mode. `training.loop.fit(…, stagewise=True)` trains so.
        """
        if stage is not None and not 0 <= stage < self.n_stages:
            raise ValueError(f"stage must be None or lie in 0..{self.n_stages - 1}, got {stage}")
        self.in_training = stage
        for number, one in enumerate(self.stages):
            one.requires_grad_(stage in (None, number))
        self.train(self.training)

    def train(self, mode: bool = True):
        super().train(mode)
        for number, one in enumerate(self.stages):
            one.train(mode and self.in_training in (None, number))
        return self

    def reconstruct(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        """Every stage in its domain, one after the other.

        kspace, maps (b, coil, y, x), mask (b, 1, y, x) -> image (b, 1, y, x).
        """
        data = Data.of(kspace, mask, maps, self.n_cg)
        x = data.fit.Ehy
        for stage in self.stages[: None if self.in_training is None else self.in_training + 1]:
            x = stage(x, data)
        return x


class KIKI(Stagewise):
    """K and I stages in the order given.

    `width` channels, `depth` convolutions a CNN, `n_cg` CG steps a proximal DC.
    """

    letters = {"K": (fft2c, KCNN, ifft2c), "I": (nn.Identity(), icnn, nn.Identity())}
    names = "K (k-space) and I (image)"

    def __init__(self, order: str = "KIKI", width: int = 24, depth: int = 5, dc: str = "proximal", n_cg: int = 5):
        if not order or not set(order) <= set(self.letters):
            raise ValueError(f"order must be a word of the letters {self.names}, got {order!r}")
        stage = partial(Stage, dc=dc)
        super().__init__(
            (stage(into, cnn(width, depth), back) for into, cnn, back in (self.letters[one] for one in order)), n_cg
        )
