"""Scores against a reference that no coil map has touched, so that maps cannot hide behind their own reference."""

from torch import Tensor

from ... import metrics
from ...types import Image


def against_rss(image: Image, rss: Tensor) -> dict[str, float]:
    """ "RSS PSNR" (dB) and "RSS SSIM" of an image (1, y, x) against the full scan's root sum of squares (1, y, x).

    Taken where that is head (`metrics.foreground` of `rss`). The usual reference merges the full scan with the same
    maps as the method: what the maps shade or cut away is missing in both, and costs nothing. Here it does. In turn no
    method reaches a perfect score: a root sum of squares adds up the noise of all coils, and holds signal where the
    maps are zero.
    """
    region = metrics.foreground(rss)
    return {f"RSS {name}": metrics.SCORES[name](image, rss, region) for name in ("PSNR", "SSIM")}
