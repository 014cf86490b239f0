"""What all networks share: one signature, one scale per slice, and the way between complex images and real channels."""

from typing import Literal

import torch
from torch import Tensor, nn

from ..border import checked, finite, flat, measured
from ..encoding import encode_adjoint
from ..types import Image, Kspace, Maps, Mask

Padding = Literal["zeros", "reflect", "replicate", "circular"]


class Network(nn.Module):
    """(kspace, mask, maps) -> image, like every method of the course.

    `forward` undersamples, divides the slice by one number taken from measured data only, calls `reconstruct` on a
    flat batch (b, coil, y, x), and multiplies back: an input ten times brighter gives an image ten times brighter.
    A subclass writes `reconstruct(kspace, mask, maps)`.
    """

    n_coils: int | None = None  # a network tied to one coil count says so here

    def forward(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        kspace, mask, maps = checked(kspace, mask, maps)
        if self.n_coils is not None and kspace.shape[-3] != self.n_coils:
            raise ValueError(
                f"{type(self).__name__} was built for {self.n_coils} coils (its first layer has two channels a coil), "
                f"got {kspace.shape[-3]}"
            )
        batch, (kspace, mask, maps) = flat(kspace, measured(kspace, mask), maps)
        kspace = mask * kspace
        scale = brightness(finite(encode_adjoint(kspace, mask, maps), kspace, maps))
        image = scale * self.reconstruct(kspace / scale, mask, maps)
        image = image.reshape(*batch, *image.shape[-3:])
        return image if self.training else finite(image, kspace, maps)  # a training says itself where it came apart

    def reconstruct(self, kspace: Kspace, mask: Mask, maps: Maps) -> Image:
        """The network itself, on data of brightness 1.

        kspace, maps (b, coil, y, x), mask (b, 1, y, x) -> image (b, 1, y, x).
        """
        raise TypeError(f"{type(self).__name__} must define reconstruct(kspace, mask, maps)")


def brightness(image: Image, share: float = 0.98) -> Tensor:
    """The magnitude that `share` of the pixels stay below, one number a slice: (b, 1, y, x) -> (b, 1, 1, 1)."""
    magnitude = image.detach().abs().flatten(1)
    rank = max(1, round(share * magnitude.shape[1]))
    return magnitude.kthvalue(rank, dim=1).values.clamp_min(1e-12)[:, None, None, None]


def noise_level(kspace: Kspace, mask: Mask) -> Tensor:
    """Noise per real and imaginary part, from the outermost measured rows of k-space: (b, coil, y, x) -> (b, 1, 1, 1).

    There is next to no signal there: an eighth of the rows, those farthest from the centre that hold samples. What is
    exactly zero was stored, not measured. The median of a Rayleigh law is 1.1774 standard deviations
    [Gudbjartsson1995].
    """
    n_y = kspace.shape[-2]
    edge = max(1, n_y // 16)
    rows = torch.cat([kspace[..., :edge, :], kspace[..., n_y - edge :, :]], -2).detach().abs()
    rows = rows * torch.cat([mask[..., :edge, :], mask[..., n_y - edge :, :]], -2)
    if not torch.compiler.is_compiling() and not bool((rows > 0).any(-1).any(1).all()):
        magnitude = (mask * kspace).detach().abs()
        farthest = outermost_rows(magnitude, 2 * edge)[:, None, :, None]
        rows = magnitude.gather(-2, farthest.expand(*magnitude.shape[:2], -1, magnitude.shape[-1]))
    outer = torch.where(rows > 0, rows, torch.nan).flatten(1)
    return (outer.nanmedian(dim=1).values / 1.1774).nan_to_num(0.0)[:, None, None, None]


def outermost_rows(magnitude: Tensor, n: int) -> Tensor:
    """Numbers of the n rows farthest from the centre that hold samples: (b, coil, y, x) -> (b, n)."""
    n_y = magnitude.shape[-2]
    y = torch.arange(n_y, device=magnitude.device)
    distance = 2 * (y - n_y // 2).abs() + (y > n_y // 2)  # no two rows alike
    held = (magnitude > 0).any(-1).any(1)
    return torch.where(held, distance, -1).topk(min(n, n_y)).indices


def log_noise(kspace: Kspace, mask: Mask) -> Tensor:
    """The noise level as a network is told it, 0 at 2 % of the brightest tissue: (b, coil, y, x) -> (b, 1, 1, 1)."""
    return (noise_level(kspace, mask) / 0.02).clamp_min(1e-3).log()


def conditions(kspace: Kspace, mask: Mask) -> Tensor:
    """What a network is told of a slice, the same two numbers in every pixel: (b, coil, y, x) -> (b, 2, y, x).

    Its `log_noise`, and the logarithm of the true acceleration, 0 at 4.
    """
    R = -mask.float().mean((-3, -2, -1), keepdim=True).log() - 1.4
    return torch.cat([log_noise(kspace, mask), R], dim=1).expand(-1, -1, *kspace.shape[-2:])


def low_resolution_phase(kspace: Kspace, mask: Mask, maps: Maps) -> Image:
    """exp(i phi) of the blurred image that the calibration lines give: (b, coil, y, x) -> (b, 1, y, x).

    Multiplied into the maps, it leaves an image that is nearly real, whatever phase the scanner wound into it.
    """
    n_y, n_x = mask.shape[-2:]
    y, x = ((torch.arange(n, device=mask.device) - n // 2).abs() for n in (n_y, n_x))
    # distance from the centre to the first line not measured
    reach_x = torch.where(mask[..., n_y // 2, :], n_x // 2, x).amin(-1)[..., None, None]
    reach_y = torch.where(mask[..., :, n_x // 2], n_y // 2, y).amin(-1)[..., None, None]
    share = torch.minimum(reach_x / n_x, reach_y / n_y).clamp_min(1 / n_x)
    window = (1 - (y[:, None] / (n_y * share)).clamp(max=1) ** 2) * (1 - (x / (n_x * share)).clamp(max=1) ** 2)
    blurred = encode_adjoint(window * kspace, mask, maps)
    return torch.where(blurred.abs() > 0, torch.sgn(blurred), torch.ones_like(blurred))


def to_channels(image: Tensor) -> Tensor:
    """(b, c, y, x) complex -> (b, 2c, y, x) real: each real part followed by its imaginary part."""
    return torch.view_as_real(image).permute(0, 1, 4, 2, 3).flatten(1, 2)


def to_complex(channels: Tensor) -> Tensor:
    """(b, 2c, y, x) real -> (b, c, y, x) complex."""
    return torch.view_as_complex(channels.unflatten(1, (-1, 2)).permute(0, 1, 3, 4, 2).float().contiguous())


def n_weights(network: nn.Module) -> int:
    """Learned real numbers; a complex weight counts as two."""
    return sum(p.numel() for p in network.parameters())


def conv_chain(
    n_in: int, n_out: int, width: int, depth: int, padding_mode: Padding = "zeros", slope: float = 0.01
) -> nn.Sequential:
    """`depth` convolutions 3 x 3 with a leaky ReLU between: the plain CNN of the cascades [Schlemper2018]."""
    layers: list[nn.Module] = []
    for i in range(depth):
        a, b = n_in if i == 0 else width, n_out if i == depth - 1 else width
        layers.append(nn.Conv2d(a, b, 3, padding=1, padding_mode=padding_mode))
        if i < depth - 1:
            layers.append(nn.LeakyReLU(slope))
    return nn.Sequential(*layers)
