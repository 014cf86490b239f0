"""The only list of methods. Adding one is one line; tables, tests, widgets and export iterate over it."""

from .encoding import encode_adjoint
from .grappa import grappa
from .sense import cg_sense
from .sparsity import tv_cs, wavelet_cs
from .types import Image, Kspace, Maps, Mask, Reconstruction


def zero_filled(kspace: Kspace, mask: Mask, maps: Maps) -> Image:
    """E^H y: what is missing counts as zero."""
    return encode_adjoint(kspace, mask, maps)


METHODS: dict[str, Reconstruction] = {
    "Zero-filled": zero_filled,
    "CG-SENSE": cg_sense,
    "GRAPPA": grappa,
    "Wavelet CS": wavelet_cs,
    "TV CS": tv_cs,
}
