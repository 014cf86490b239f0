"""The networks of the course: modules with the signature (kspace, mask, maps) -> image, one file a family.

`NETWORKS` is the only list of them: recipes, tests and tables iterate over it.
"""

from .base import Network
from .cascade import Cascade
from .complex_unrolled import ComplexUnrolled
from .deepcomplex import DeepComplexMRI
from .denoiser import GrappaDenoiser
from .dense import CDFNet
from .kiki import KIKI
from .learned_dc import LearnedDC
from .mdrecon import MDReconNet
from .octave import DualOctave
from .sigma import Sigma
from .unet import UnetImage
from .unrolled import MoDL, VarNet
from .wavelet_domain import IKWI, HIWDNet

NETWORKS: dict[str, type[Network]] = {
    network.__name__: network
    for network in (
        UnetImage,
        GrappaDenoiser,
        Cascade,
        VarNet,
        MoDL,
        Sigma,
        LearnedDC,
        KIKI,
        MDReconNet,
        IKWI,
        HIWDNet,
        ComplexUnrolled,
        CDFNet,
        DualOctave,
        DeepComplexMRI,
    )
}
