"""The only list of methods. Adding one is one line; tables, tests, widgets and export iterate over it."""

from functools import cached_property

import torch

from .border import checked, finite
from .encoding import encode_adjoint
from .grappa import grappa
from .networks.base import Network
from .sense import cg_sense
from .sparsity import tv_cs, wavelet_cs
from .types import Image, Kspace, Maps, Mask, Reconstruction


def zero_filled(kspace: Kspace, mask: Mask, maps: Maps) -> Image:
    """E^H y: what is missing counts as zero."""
    kspace, mask, maps = checked(kspace, mask, maps)
    return finite(encode_adjoint(kspace, mask, maps), kspace, maps)


class Trained:
    """A network of the course with its shipped weights, read at the first call: (kspace, mask, maps) -> image.

    `name` is that of its recipe and of its weight file; `network` is the module itself, to trace, train on or export.
    """

    def __init__(self, name: str):
        self.name = name

    @cached_property
    def network(self) -> Network:
        from .training.weights import load

        return load(self.name)

    def __call__(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        with torch.no_grad():
            return self.network.to(kspace.device)(kspace, mask, maps)


METHODS: dict[str, Reconstruction] = {
    "Zero-filled": zero_filled,
    "CG-SENSE": cg_sense,
    "GRAPPA": grappa,
    "Wavelet CS": wavelet_cs,
    "TV CS": tv_cs,
    "GRAPPA + denoiser": Trained("grappa_denoiser"),
    "U-Net": Trained("unet"),
    "Cascade": Trained("cascade"),
    "VarNet": Trained("varnet"),
    "Sigma-net": Trained("sigma"),
    "Learned DC": Trained("learned_dc"),
    "MoDL": Trained("modl"),
    "KIKI-net": Trained("kiki"),
    "MD-Recon-Net": Trained("mdrecon"),
    "IKWI-net": Trained("ikwi"),
    "HIWDNet": Trained("hiwdnet"),
    "Complex unrolled": Trained("complex_unrolled"),
    "Complex dense net": Trained("complex_dense"),
    "Dual-octave net": Trained("octave"),
    "DeepcomplexMRI": Trained("deepcomplex"),
}
