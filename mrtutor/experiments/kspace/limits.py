"""Chapter 1, where it fails: random smears, a lost line, half of k-space, ringing at edges; and minutes.

Images are (1, y, x) complex, measured with one uniform coil; phase encoding runs along x.
"""

from math import ceil

import torch
from torch import Tensor

from ... import fourier, metrics, sampling
from ...types import Image, Kspace, Mask
from .folding import zero_filled


def squared_error(image: Image, reference: Image) -> float:
    """|image - reference|^2 / |reference|^2 of the complex pictures, over the whole field."""
    return float((image - reference).abs().square().sum() / reference.abs().square().sum())


def smoothness(error: Tensor) -> tuple[float, float]:
    """Correlation of a real error (1, y, x) with its neighbour along readout and along phase encoding; noise has 0."""
    error = error - error.mean()
    return tuple(float((error * error.roll(1, axis)).sum() / error.square().sum()) for axis in (-2, -1))


def regular(shape, acceleration: float, n_acs: int, generator: torch.Generator | None = None) -> Mask:
    """Equispaced lines plus `n_acs` central ones, spaced so that they come closest to 1/`acceleration` of all lines.

    The offset of the grid is drawn when a generator is given.
    """
    budget = round(shape[-1] / acceleration)
    masks = []
    for spacing in range(1, shape[-1]):
        offset = None if generator is None else int(torch.randint(spacing, (1,), generator=generator))
        masks.append(sampling.equispaced(shape, spacing, n_acs, offset))
    return min(masks, key=lambda mask: abs(int(mask[0, 0].sum()) - budget))


PATTERNS = {
    "regular lines": lambda shape, acceleration, n_acs, generator: regular(shape, acceleration, n_acs),
    "random lines": sampling.uniform_random,
    "denser centre": sampling.variable_density,
    "random points": sampling.variable_density_2d,
}


def smears(image: Image, acceleration: float = 4, n_acs: int = 16, n_draws: int = 30) -> dict:
    """Does random skipping give harmless noise? Error and its smoothness for the PATTERNS at equal budget.

    Means of `n_draws` draws. "no centre": random lines without the `n_acs` central ones.
    """
    shape, rows = image.shape[-2:], {}
    draw = PATTERNS | {
        "regular lines": regular,
        "no centre": lambda shape, R, n_acs, generator: sampling.uniform_random(shape, R, 0, generator),
    }
    for name, make in draw.items():
        masks = [make(shape, acceleration, n_acs, torch.Generator().manual_seed(seed)) for seed in range(n_draws)]
        pictures = [zero_filled(image, mask) for mask in masks]
        along = [smoothness((picture - image).real) for picture in pictures]
        rows[name] = {
            "measured": sum(float(mask.float().mean()) for mask in masks) / n_draws,
            "error": sum(squared_error(picture, image) for picture in pictures) / n_draws,
            "along readout": sum(pair[0] for pair in along) / n_draws,
            "along phase encoding": sum(pair[1] for pair in along) / n_draws,
        }
    return rows


def lost_lines(image: Image) -> Tensor:
    """NMSE of the magnitude inside the head when one phase-encoding line is lost, for each line in turn: (x,).

    Each line is one stripe pattern of the whole picture; losing it subtracts that pattern.
    """
    kspace, region, full = fourier.fft2c(image), metrics.foreground(image), image.abs()[0]
    errors = []
    for line in range(kspace.shape[-1]):
        pattern = torch.zeros_like(kspace)
        pattern[..., line] = kspace[..., line]
        wrong = (image - fourier.ifft2c(pattern)).abs()[0] - full
        errors.append(float(wrong[region].square().sum()))
    return torch.tensor(errors) / full[region].square().sum()


def line_energy(kspace: Kspace, n_lines: int = 1) -> float:
    """Share of all energy in the central `n_lines` phase-encoding lines, all coils together."""
    energy, start = kspace.abs().square().sum((-3, -2)), kspace.shape[-1] // 2 - n_lines // 2
    return float(energy[start : start + n_lines].sum() / energy.sum())


def mirror_fill(kspace: Kspace, mask: Mask) -> Kspace:
    """Missing samples from their mirror image: k(-f) = conj k(f), true only where the object has no phase."""

    def mirrored(array):  # index n // 2 + f -> n // 2 - f
        shift = tuple((n + 1) % 2 for n in array.shape[-2:])
        return array.flip((-2, -1)).roll(shift, (-2, -1))

    return torch.where(mask, kspace, torch.where(mirrored(mask), mirrored(kspace).conj(), 0))


def half_of_kspace(image: Image, fraction: float = 0.55) -> dict:
    """Partial Fourier: NMSE of zero-filling and of the mirror fill, with the object's own phase and without any."""
    mask, result = sampling.partial_fourier(image.shape[-2:], fraction), {}
    for name, true in (("phase", image), ("no phase", image.abs().to(image.dtype))):
        kspace = mask * fourier.fft2c(true)
        result[name] = {
            "zeros": metrics.nmse(fourier.ifft2c(kspace), true),
            "mirror": metrics.nmse(fourier.ifft2c(mirror_fill(kspace, mask)), true),
        }
    return result


def overshoot(n_lines: int, n_fine: int = 4096) -> dict:
    """Gibbs: a sharp edge from `n_lines` lines.

    "height": overshoot as a share of the step; "distance": of its peak from the edge, in voxels.
    """
    edge = torch.zeros(1, 1, n_fine, dtype=torch.complex64)
    edge[..., n_fine // 4 : n_fine // 4 + n_fine // 2] = 1
    profile = zero_filled(edge, sampling.centre_only((1, n_fine), n_fine / n_lines)).real[0, 0]
    near = profile[n_fine // 4 : n_fine // 4 + n_fine // 8]
    return {"height": float(near.max()) - 1, "distance": float(near.argmax()) * n_lines / n_fine, "profile": profile}


def scan_seconds(
    n_lines: int, acceleration: int = 1, n_acs: int = 0, tr: float = 4.0, echo_train: int = 16, averages: int = 1
) -> float:
    """Seconds the sequence runs: whole echo trains; calibration lines on the grid are not measured twice."""
    measured = int(sampling.equispaced((1, n_lines), acceleration, n_acs).sum())
    return ceil(measured / echo_train) * tr * averages


def visit(true_acceleration: float, n_sequences: int = 5, minutes: float = 4.0, fixed: float = 15.0) -> dict:
    """Shares of scan and of room minutes saved when sequences run faster; `fixed` minutes (assumed) go to the rest."""
    scan = n_sequences * minutes
    saved = scan * (1 - 1 / true_acceleration)
    return {"scan": saved / scan, "room": saved / (scan + fixed), "fixed": fixed}
