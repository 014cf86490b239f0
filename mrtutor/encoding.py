"""What the scanner does to an image, and the transpose of it.

E = M F S: the coils weight the image (S), the scanner takes its Fourier transform (F),
and we measure only part of it (M). Every method of the course is an attempt to undo E.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from .border import at_least_0
from .fourier import PLANE, fft2c, ifft2c
from .types import Image, Kspace, Maps, Mask


def encode(image: Image, mask: Mask, maps: Maps) -> Kspace:
    """E = M F S: image -> undersampled coil k-space."""
    return mask * fft2c(maps * image)


def encode_adjoint(kspace: Kspace, mask: Mask, maps: Maps) -> Image:
    """E^H = S^H F^H M: coil k-space -> coil-combined image."""
    return (maps.conj() * ifft2c(mask * kspace)).sum(-3, keepdim=True)


def normal(mask: Mask, maps: Maps) -> Callable[[Image], Image]:
    """E^H E as a function of the image, for solvers that apply it many times.

    Equal to `encode_adjoint(encode(x))`. Mask and maps are moved to the corner-origin layout of the plain FFT once,
    so that each call shifts one image instead of every coil twice. Where whole lines are skipped, the transforms along
    the readout undo each other and are left out.
    """
    # an exported network must take any mask, so that it cannot choose
    whole_lines = not torch.compiler.is_compiling() and bool((mask == mask[..., :1, :]).all())
    axes = (-1,) if whole_lines else PLANE
    corner_mask = torch.fft.ifftshift(mask, dim=axes)
    corner_maps = torch.fft.ifftshift(maps, dim=axes)
    corner_maps_conj = corner_maps.conj().resolve_conj()

    def apply(image: Image) -> Image:
        kspace = torch.fft.fftn(corner_maps * torch.fft.ifftshift(image, dim=axes), dim=axes, norm="ortho")
        coil_images = torch.fft.ifftn(corner_mask * kspace, dim=axes, norm="ortho")
        return torch.fft.fftshift((corner_maps_conj * coil_images).sum(-3, keepdim=True), dim=axes)

    return apply


def whole_lines(mask: Mask) -> Tensor | None:
    """Which lines a mask measures, bool (x,), where it skips nothing but lines; None for other patterns.

    A line may lack the ends of its readout (partial echo, shutter), but is one piece through the middle of k-space.
    """
    measured = mask.reshape(-1, *mask.shape[-2:])
    lines = measured[0].any(-2)
    begins = measured[:, 0].long() + (measured[:, 1:] & ~measured[:, :-1]).sum(-2)  # pieces of each line, (b, x)
    one_piece = bool((begins == lines).all()) and bool((measured[:, mask.shape[-2] // 2] == lines).all())
    return lines if one_piece else None


def complex_normal(shape, generator: torch.Generator, std: float = 1.0, device=None) -> Tensor:
    """White complex Gaussian noise; `std` is per real and imaginary part."""
    noise = torch.randn((*shape, 2), generator=generator, device=generator.device)
    return torch.view_as_complex(std * noise).to(device or generator.device)


def add_noise(kspace: Kspace, std: float, generator: torch.Generator, covariance: Tensor | None = None) -> Kspace:
    """Thermal noise on every sample, measured or not.

    `std` is per real and imaginary part, in k-space units. `covariance` (coil, coil), Hermitian positive
    definite, lets the coils hear each other's noise: the noise is then L n with L L^H = covariance.
    """
    at_least_0("std", std)
    noise = complex_normal(kspace.shape, generator, std, kspace.device)
    if covariance is not None:
        n_coils = kspace.shape[-3]
        if covariance.shape != (n_coils, n_coils):
            raise ValueError(
                f"covariance must be {n_coils} x {n_coils} (one row per coil), got {tuple(covariance.shape)}"
            )
        mixing, failed = torch.linalg.cholesky_ex(covariance.to(noise.dtype))
        if bool(failed):
            raise ValueError(
                f"covariance must be Hermitian positive definite, got one whose coil {int(failed) - 1} (from 0) "
                "has no noise of its own"
            )
        noise = (mixing @ noise.flatten(-2)).unflatten(-1, kspace.shape[-2:])
    return kspace + noise
