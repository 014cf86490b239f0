"""Chapter 0, still pictures: k-space with what was measured, and four records of what a scan took."""

import torch
from torch import Tensor

from ... import fourier, sampling
from ...types import Image, Mask


def kspace_picture(image: Image, measured: Mask | None = None, grey: float = 0.5) -> Tensor:
    """Log magnitude of the picture's own k-space, 0 to 1, (1, y, x); what was not measured is covered in flat grey."""
    magnitude = fourier.fft2c(image).abs()
    log = (1 + magnitude / magnitude.max() * 3e3).log()
    log = log / log.max()
    return log if measured is None else torch.where(measured, log, grey)


def records(quarter: Mask) -> dict[str, Mask]:
    """Four ways to measure, one of them `quarter`: name -> bool (1, y, x)."""
    shape = quarter.shape[-2:]
    return {
        "all of it": torch.ones_like(quarter),
        "every second line": sampling.equispaced(shape, 2),
        "the central third": sampling.centre_only(shape, 3),
        "a quarter, scattered": quarter,
    }
