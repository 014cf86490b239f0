"""The only list of methods. Adding one is one line; tables, tests, widgets and export iterate over it."""

from functools import cached_property

import torch

from .border import checked, finite, measured
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


SMALLEST = 9  # below, a network that halves its picture three times is left with one pixel


def left_out(mask: Mask) -> float:
    """The true acceleration, the least of a batch, on rows that were measured: a short echo leaves no line out."""
    share = mask.sum((-3, -2, -1)) / (mask.any(-1).sum((-2, -1)) * mask.shape[-1])
    return 1 / float(share.amax())


class Trained:
    """A network of the course with its shipped weights, read at the first call: (kspace, mask, maps) -> image.

    `name` is that of its recipe and of its weight file; `network` is the module itself, to trace, train on or export.
    Raises ValueError where so little is left out that it never saw the like: it would spoil a picture that was whole.
    """

    def __init__(self, name: str):
        self.name = name

    @cached_property
    def network(self) -> Network:
        from .training.weights import load

        return load(self.name)

    @cached_property
    def accelerations(self) -> tuple[float, float]:
        """Nominal acceleration it was trained on, from and to."""
        from .training.recipe import from_dict
        from .training.weights import header

        return from_dict(header(self.name)["recipe"]).examples().acceleration

    def check_range(self, kspace: Kspace, mask: Mask) -> None:
        """Raises ValueError for a tiny picture, and below 0.6 of the nominal acceleration it was trained from.

        Nominal, since calibration lines come on top of it.
        """
        if min(kspace.shape[-2:]) < SMALLEST:
            raise ValueError(
                f"kspace must be {SMALLEST} x {SMALLEST} or more for a network, got {tuple(kspace.shape[-2:])}"
            )
        low, high = self.accelerations
        lowest = left_out(measured(kspace, mask))
        if lowest < 0.6 * low:
            raise ValueError(
                f"mask must leave out enough for a network that was trained on accelerations of {low:g} to {high:g}: "
                f"one line in {0.6 * low:.2g} may be measured, got one in {lowest:.2f}; "
                "zero-filled or CG-SENSE is better"
            )

    def __call__(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        kspace, mask, maps = checked(kspace, mask, maps)
        self.check_range(kspace, mask)
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
