"""The three arrays of the course, and the one signature that every reconstruction shares."""

from collections.abc import Callable

from jaxtyping import Bool, Complex
from torch import Tensor

Kspace = Complex[Tensor, "*#b coil y x"]
Maps = Complex[Tensor, "*#b coil y x"]
Image = Complex[Tensor, "*#b 1 y x"]
Mask = Bool[Tensor, "*#b 1 y x"]
Reconstruction = Callable[[Kspace, Mask, Maps], Image]
