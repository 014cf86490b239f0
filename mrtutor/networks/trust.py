"""Data consistency with a trust in the data that follows the noise level of each slice.

The layers take the network's image z and the slice's `Data`, like those of stages.py, whose trust is one learned number
for all slices: right for one noise level, too high for a noisy slice and too low for a clean one.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..types import Image
from .base import noise_level
from .consistency import coil_dc
from .stages import Data, Hard


class Weight(nn.Module):
    """One learned number w = softplus(raw) that cannot fall to 0; it starts at 0.1."""

    def __init__(self):
        super().__init__()
        self.raw = nn.Parameter(torch.tensor(0.1).expm1().log())

    @property
    def w(self) -> Tensor:
        return F.softplus(self.raw)


class Trust(Weight):
    """lam = (2 % / noise) / w, one number a slice, (b, 1, 1, 1): a noisy slice's data are trusted less.

    lam ~ 1 / noise as in [Schlemper2018]. w is what the CNN's image counts, against 1 for the data, at a noise of 2 %
    of the brightest tissue. Noise below 0.2 % counts as 0.2 %: a few CG steps could not use more trust.
    """

    def forward(self, data: Data) -> Tensor:
        return 0.02 / noise_level(data.kspace, data.mask).clamp_min(0.002) / self.w


class TrustedSoft(nn.Module):
    """(k + lam k_0) / (1 + lam) on measured samples, coil by coil (`coil_dc`): one step towards the data."""

    domain = "image"

    def __init__(self):
        super().__init__()
        self.trust = Trust()

    def forward(self, z: Image, data: Data) -> Image:
        return coil_dc(z, data.kspace, data.mask, data.maps, self.trust(data))


class TrustedProx(nn.Module):
    """argmin_x lam |E x - y|^2 + |x - z|^2 by a few CG steps (`Proximal`).

    The coils are unfolded against each other.
    """

    domain = "image"

    def __init__(self):
        super().__init__()
        self.trust = Trust()

    def forward(self, z: Image, data: Data) -> Image:
        return data.fit(z, self.trust(data))


DC: dict[str, type[nn.Module]] = {"hard": Hard, "soft": TrustedSoft, "proximal": TrustedProx}


def consistency(dc: str) -> nn.Module:
    """The data consistency layer of that name, (z, data) -> image."""
    if dc not in DC:
        raise ValueError(f"dc must be one of {', '.join(DC)}, got {dc!r}")
    return DC[dc]()
