"""The Fourier transform of the scanner: centred and unitary, so energy is the same on both sides."""

import torch
from torch import Tensor

PLANE = (-2, -1)  # y (readout), x (phase encoding)


def fft2c(image: Tensor) -> Tensor:
    """Centred, unitary 2-D DFT over (y, x): image -> k-space, both with the origin at n // 2."""
    return torch.fft.fftshift(torch.fft.fft2(torch.fft.ifftshift(image, dim=PLANE), norm="ortho"), dim=PLANE)


def ifft2c(kspace: Tensor) -> Tensor:
    """Its inverse and adjoint: k-space -> image."""
    return torch.fft.fftshift(torch.fft.ifft2(torch.fft.ifftshift(kspace, dim=PLANE), norm="ortho"), dim=PLANE)
