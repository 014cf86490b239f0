"""Chapter 1, what skipped lines do to a picture: zero-filling, and the field that the lines can keep apart.

Images are (1, y, x) complex, measured with one uniform coil; phase encoding runs along x.
"""

import torch

from ... import fourier, metrics
from ...types import Image, Mask


def zero_filled(image: Image, mask: Mask) -> Image:
    """What one uniform coil shows of `image` when only `mask` is measured and the rest counts as zero."""
    return fourier.ifft2c(mask * fourier.fft2c(image))


def prescribe(image: Image, fov: int) -> Image:
    """What a scanner shows when lines lie 1/`fov` apart: a field of `fov` columns, (1, y, fov).

    Each line is measured by summing the object against its own wave, so that `fov` may be any number of columns,
    narrower or wider than the object. The lines reach equally far out, so the voxel does not change.
    """
    n_x = image.shape[-1]
    x, k = torch.arange(n_x) - n_x // 2, torch.arange(fov) - fov // 2
    waves = torch.polar(torch.ones(n_x, fov), -2 * torch.pi * x[:, None] * k / fov) / fov**0.5
    lines = image @ waves  # (1, y, fov): measured along phase encoding, not yet along the readout
    readout = torch.fft.fftshift(torch.fft.fft(torch.fft.ifftshift(lines, dim=-2), dim=-2, norm="ortho"), dim=-2)
    return fourier.ifft2c(readout)


def cut(image: Image, fov: int) -> Image:
    """The middle `fov` columns of an image, air added where it is narrower."""
    n_x = image.shape[-1]
    wide = torch.nn.functional.pad(image, (fov, fov))
    start = fov + n_x // 2 - fov // 2
    return wide[..., start : start + fov]


def object_only(image: Image) -> tuple[Image, int]:
    """The head without the air's noise and ringing, moved to the middle, and its width in columns."""
    inside = metrics.foreground(image)
    columns = inside.any(0).nonzero().flatten()
    first, last = int(columns[0]), int(columns[-1])
    width = last - first + 1
    return (image * inside).roll(image.shape[-1] // 2 - first - width // 2, -1), width


def piled_up(image: Image, acceleration: int) -> dict[str, float]:
    """Share of the head, and of the middle tenth of the field, onto which tissue folds when every R-th line is kept."""
    head = metrics.foreground(image)
    n_x = head.shape[-1]
    others = sum(head.roll(round(k * n_x / acceleration), -1).int() for k in range(1, acceleration)) > 0
    columns = head.any(0).nonzero().flatten()
    middle, half = int((columns[0] + columns[-1]) // 2), round(n_x / 20)
    midline = head[:, middle - half : middle + half]
    return {
        "head": float(others[head].float().mean()),
        "midline": float(others[:, middle - half : middle + half][midline].float().mean()),
        "width": len(columns) / n_x,
    }
