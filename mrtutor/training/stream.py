"""Training slices without end: another virtual patient, coil array, noise, mask and set of maps for each number.

`slice_number(i)` is a pure function of (seed, i), so that a run can stop anywhere and resume, and several processes
can share one stream, without a dataset on disk.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from .. import sampling
from ..coils import combine, espirit_maps, loop_maps, low_resolution_maps
from ..encoding import add_noise
from ..fourier import fft2c, ifft2c
from ..patients import LESION_KINDS, SEQUENCES, patient
from ..patients.anatomy import SHARES
from ..scan.acquire import fewer_samples
from ..types import Image, Kspace, Maps, Mask
from .leaves import leafy

PATTERNS = ("equispaced", "uniform random", "variable density")
MAPS = ("espirit", "true", "ratio")


class Example(NamedTuple):
    """What a network is given, and what it should answer: the noise-free image that a full scan would give."""

    kspace: Kspace  # (coil, y, x), zero where not measured
    mask: Mask
    maps: Maps
    target: Image


@dataclass(frozen=True)
class Stream:
    """The dials of the stream; pairs are ranges to draw from.

    n_coils both ends included (one coil is a uniform map); acceleration nominal; noise per real and imaginary part,
    brain 1; sizes: sides of the reconstructed matrix, drawn for y and x apart; phase: the most that a smooth
    phase may wander, in radians of standard deviation, as in gradient echoes near the sinuses; maps: weights of `MAPS`:
    ESPIRiT, true (half of them cut to where there is signal), quick ratio; reuse: examples drawn from one examination
    (patient, coils, matrix), since drawing the anatomy is the slow part; leaves: the chance that a head is filled with
    a texture of no anatomy (`leaves`), and from which example on.
    """

    seed: int = 0
    split: str = "train"
    n_coils: tuple[int, int] = (4, 12)
    acceleration: tuple[float, float] = (2.5, 8)
    noise: tuple[float, float] = (0.004, 0.04)
    sizes: tuple[int, ...] = (96, 112, 128)
    patterns: tuple[str, ...] = PATTERNS
    phase: float = 4.0
    maps: tuple[float, float, float] = (0.25, 0.65, 0.1)
    reuse: int = 8
    leaves: tuple[float, float] = (0.0, 0.0)

    def slice_number(self, i: int) -> Example:
        """Example `i` of the stream; the same i gives the same example."""
        # eight examinations at a time, in turns, so that neighbours in the stream differ
        block, place = divmod(i, 8 * self.reuse)
        exam = examination(self, block * 8 + place % 8)
        rng = generator(self.seed, 1, i)
        kspace = add_noise(exam.clean, exam.noise, rng)
        mask, n_acs = random_mask(kspace.shape[-2:], self.acceleration, self.patterns, rng)
        measured = mask * kspace
        maps = low_resolution_maps(measured, max(n_acs, 8)) if exam.maps is None else exam.maps
        return Example(measured, mask, maps, combine(ifft2c(exam.clean), maps))


class Examination(NamedTuple):
    """A patient in a coil array: what does not change from one example to the next."""

    clean: Kspace  # noise-free
    noise: float
    maps: Maps | None  # None: the quick ratio of the lines at hand, another for each mask


@lru_cache(maxsize=16)
def examination(stream: Stream, number: int) -> Examination:
    """Draw examination `number`; its maps are as they may be at test time, see `Stream.maps`."""
    rng = generator(stream.seed, 0, number)
    image = turned(anatomy(rng, stream.split), rng)
    image = recoloured(image, rng)
    chance, first = stream.leaves
    if chance and number // 8 * 8 * stream.reuse >= first and uniform((0, 1), rng) < chance:
        image = leafy(image, rng)
    image = image * smooth_phase(image.shape[-2:], uniform((0, stream.phase), rng), rng)
    shape = (pick(stream.sizes, rng), pick(stream.sizes, rng))
    fine_maps = random_coils(image.shape[-2:], whole(stream.n_coils, rng), rng)
    clean, noise = fewer_samples(fft2c(fine_maps * image), shape), log_uniform(stream.noise, rng)
    kind = MAPS[int(torch.multinomial(torch.tensor(stream.maps, dtype=torch.float32), 1, generator=rng))]
    if kind == "espirit" and len(clean) > 1:  # from a calibration scan of its own
        return Examination(
            clean, noise, espirit_maps(add_noise(clean, noise, rng), (24, 24), crop=0.8, kernel=5, n_iter=20)
        )
    if kind == "ratio" and len(clean) > 1:
        return Examination(clean, noise, None)
    y, x = ((torch.arange(n) - n // 2) * big / n + big // 2 for n, big in zip(shape, image.shape[-2:], strict=True))
    true = fine_maps[..., y.round().long()[:, None], x.round().long()]
    heard = low_resolution_maps(clean, 24, threshold=0.05).abs().amax(0) > 0
    return Examination(clean, noise, true * heard if uniform((0, 1), rng) < 0.5 else true)


def generator(*numbers: int) -> torch.Generator:
    """A generator for one thing of the stream: different numbers, different draws."""
    seed = 0
    for number in numbers:
        seed = (seed * 1_000_003 + number + 1) % 2**61
    return torch.Generator().manual_seed(seed)


def anatomy(rng, split: str) -> Image:
    """The noise-free slice of a new virtual patient, any level, contrast and field of view: (1, 256, 256)."""
    lesions = pick((None, None, *LESION_KINDS), rng)
    fill = None if uniform((0, 1), rng) < 0.3 else uniform((0.7, 1.0), rng)
    level = uniform((-38, 60), rng) if lesions is None else uniform((0, 40), rng)  # every kind has a place there
    drawn = patient(
        whole((0, 2**31), rng),
        pick(tuple(SEQUENCES), rng),
        256,
        level,
        lesions,
        split,
        texture=uniform((0.5, 1.6), rng),
        fill=fill,
        bias=uniform((0.5, 2.0), rng),
    )
    return drawn.image * tissue_phase(drawn.tissues, rng)


def tissue_phase(tissues: Tensor, rng) -> Tensor:
    """exp(i phi): each tissue turned by an angle of its own, fat by any, as chemical shift and susceptibility do at an
    echo time.
    """
    angles = uniform((0, 0.4), rng) * torch.randn(len(SHARES), generator=rng)
    angles[SHARES.index("fat")] = uniform((-torch.pi, torch.pi), rng)
    phi = (angles[:, None, None] * tissues).sum(0, keepdim=True)
    return torch.polar(torch.ones_like(phi), phi)


def turned(image: Image, rng) -> Image:
    """Mirrored and laid on its side at random: the course's networks shall not know which way is up."""
    for axis in (-2, -1):
        image = image.flip(axis) if uniform((0, 1), rng) < 0.5 else image
    return image.mT if uniform((0, 1), rng) < 0.5 else image


def recoloured(image: Image, rng) -> Image:
    """Half of the time other grey values: magnitudes sent through a random curve from 0, as no known sequence weighs
    them.
    """
    if uniform((0, 1), rng) < 0.5:
        return image
    magnitude = image.abs()
    top, n_knots = float(magnitude.max()), 6
    heights = torch.cat([torch.zeros(1), torch.rand(n_knots, generator=rng) * 1.5])
    place = magnitude / top * n_knots
    left = place.long().clamp(0, n_knots - 1)
    curve = torch.lerp(heights[left], heights[left + 1], place - left)
    strength = uniform((0.3, 1), rng)
    return torch.sgn(image) * (strength * curve + (1 - strength) * magnitude)


def smooth_phase(shape, strength: float, rng) -> Tensor:
    """exp(i phi): a smooth random field phi of `strength` radians and a constant drawn from the whole circle."""
    knots = pick((3, 4, 5, 6), rng)
    field = torch.randn(1, 1, knots, knots, generator=rng)
    field = torch.nn.functional.interpolate(field, shape, mode="bicubic", align_corners=True)[0]
    phi = strength * field + uniform((0, 2 * torch.pi), rng)
    return torch.polar(torch.ones_like(phi), phi)


def random_coils(shape, n_coils: int, rng) -> Maps:
    """A head array nobody has seen: elements around the head, each a little off its place, some above the slice."""
    if n_coils == 1:
        return torch.ones(1, *shape, dtype=torch.complex64)
    jitter = torch.randn(3, n_coils, generator=rng)
    angles = 2 * torch.pi * (torch.arange(n_coils) / n_coils + uniform((0, 1), rng)) + jitter[0] * 0.2
    radii = uniform((0.8, 1.4), rng) * (1 + 0.08 * jitter[1])
    return loop_maps(shape, angles, radii.clamp_min(0.7), uniform((0, 0.6), rng) * jitter[2].abs())


def random_mask(shape, acceleration, patterns, rng) -> tuple[Mask, int]:
    """(mask, calibration lines): 1-D, nominal acceleration in the range, calibration lines about as many as usual."""
    pattern = pick(patterns, rng)
    R = uniform(acceleration, rng)
    R = round(R) if pattern == "equispaced" else R
    usual = sampling.default_n_acs(R, shape[-1])
    n_acs = min(max(4, round(usual * uniform((0.6, 1.4), rng))), int(0.8 * shape[-1] / R))
    if pattern == "equispaced":
        return sampling.equispaced(shape, R, n_acs, whole((0, R - 1), rng)), n_acs
    return sampling.PATTERNS[pattern](shape, R, n_acs, rng), n_acs


def uniform(between, rng) -> float:
    low, high = between
    return low + (high - low) * float(torch.rand((), generator=rng))


def log_uniform(between, rng) -> float:
    low, high = (torch.tensor(float(v)).log() for v in between)
    return float(torch.exp(low + (high - low) * torch.rand((), generator=rng)))


def whole(between, rng) -> int:
    low, high = between
    return int(torch.randint(low, high + 1, (), generator=rng))


def pick(choices, rng):
    return choices[int(torch.randint(len(choices), (), generator=rng))]
