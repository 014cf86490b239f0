"""The networks of the course: modules with the signature (kspace, mask, maps) -> image, one file a family.

`NETWORKS` is the only list of them: recipes, tests and tables iterate over it.

| family                  | file               | classes           | paper                            |
|-------------------------|--------------------|-------------------|----------------------------------|
| image to image          | `unet`             | `UnetImage`       | [Ronneberger2015, Zbontar2018]   |
|                         | `denoiser`         | `GrappaDenoiser`  | GRAPPA, then a denoiser          |
| unrolled, with the data | `cascade`          | `Cascade`         | [Schlemper2018]                  |
|                         | `unrolled`         | `VarNet`, `MoDL`  | [Hammernik2018], [Aggarwal2019]  |
|                         | `sigma`            | `Sigma`           | [Hammernik2021]                  |
|                         | `learned_dc`       | `LearnedDC`       | [Cheng2021]                      |
| several domains         | `kiki`             | `KIKI`            | [Eo2018]                         |
|                         | `mdrecon`          | `MDReconNet`      | [Ran2021]                        |
|                         | `wavelet_domain`   | `IKWI`, `HIWDNet` | [Wang2020ikwi], [Tong2022]       |
| complex numbers         | `complex_unrolled` | `ComplexUnrolled` | [Cole2021]                       |
|                         | `dense`            | `CDFNet`          | [Dedmari2018]                    |
|                         | `octave`           | `DualOctave`      | [Feng2021]                       |
|                         | `deepcomplex`      | `DeepComplexMRI`  | [Wang2020]                       |

What they are built of: `base` (the signature, scale and noise of a slice), `stages` (a network's steps as modules),
`consistency` and `trust` (ways back to the measured data, and how far to trust them), `complex_layers`,
`complex_activations` and `twins` (complex numbers, and real networks of equal size to compare with), `noise_laws`
(noise to train and test on).
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
