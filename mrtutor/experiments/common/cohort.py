"""Held-out virtual patients on whom every method is measured: drawn from the head that no network was trained on.

Same dials as in training (any contrast, level, orientation and phase; a head array nobody has seen), 8 coils,
128 x 128.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from ... import metrics, sampling, scan
from ...coils import combine, rss
from ...encoding import add_noise
from ...fourier import ifft2c
from ...training.stream import Stream, examination, generator
from ...types import Image, Kspace, Maps, Mask
from .cases import course_maps
from .references import against_rss

SIZE, N_COILS = 128, 8
HELD_OUT = Stream(
    seed=2023, split="test", n_coils=(N_COILS, N_COILS), noise=(0.01, 0.02), sizes=(SIZE,), maps=(1, 0, 0), reuse=1
)
ACCELERATIONS = (2, 3, 4, 5, 6, 8, 10, 12)  # nominal


class Case(NamedTuple):
    """A slice to be undersampled, and what should come out."""

    kspace: Kspace  # every line, with noise
    maps: Maps
    target: Image  # virtual: without noise; real: the full scan
    region: Tensor  # bool (y, x), where scores are taken
    label: str
    rss: Tensor | None = None  # (1, y, x): root sum of squares of all lines, as noisy as the target


@lru_cache(maxsize=256)
def person(number: int) -> Case:
    """Virtual patient `number` of the cohort; ESPIRiT maps from a calibration scan of their own."""
    exam = examination(HELD_OUT, number)
    target = combine(ifft2c(exam.clean), exam.maps)
    kspace = add_noise(exam.clean, exam.noise, generator(HELD_OUT.seed, 2, number))
    merged = rss(ifft2c(exam.clean))
    return Case(kspace, exam.maps, target, metrics.foreground(target), f"virtual patient {number}", merged)


def patients(n: int, first: int = 0) -> list[Case]:
    """`n` of them, from number `first` on."""
    return [person(number) for number in range(first, first + n)]


def real_brain() -> Case | None:
    """The 16-channel brain, 128 x 128: raw data that no network has seen. None where not fetched.

    ESPIRiT maps from its 24 central lines.
    """
    if (path := scan.find("brain-16ch")) is None:
        return None
    kspace = scan.read(path).kspace
    maps = course_maps(kspace)
    target = combine(ifft2c(kspace), maps)
    kspace, target = kspace / target.abs().max(), target / target.abs().max()
    return Case(kspace, maps, target, metrics.foreground(target), "real brain", rss(ifft2c(kspace)))


def mask(pattern: str, shape: Sequence[int], acceleration: int, seed: int = 0) -> Mask:
    """Every `acceleration`-th line and the usual calibration lines; for other `PATTERNS` as many, drawn from `seed`."""
    return sampling.as_many_lines(pattern, shape, acceleration, generator=generator(seed))


def scores(image: Image, case: Case) -> dict[str, float]:
    """PSNR (dB), SSIM, HFEN and NMSE inside the head, against the case's target.

    And, where the case has it, "RSS PSNR" and "RSS SSIM" against the root sum of squares (see `against_rss`).
    """
    row = {name: metric(image, case.target, case.region) for name, metric in metrics.SCORES.items()}
    return row | (against_rss(image, case.rss) if case.rss is not None else {})


def interval(values: Sequence[float]) -> tuple[float, float]:
    """(mean, half width of its 95 % interval) by Student's t; at least two values."""
    from scipy.special import stdtrit  # scipy.stats has it too, and loads 44 MB

    values = torch.as_tensor(values, dtype=torch.float64)
    n = len(values)
    return float(values.mean()), float(stdtrit(n - 1, 0.975) * values.std() / n**0.5)


def paired(a: Sequence[float], b: Sequence[float]) -> tuple[float, float]:
    """The same for the differences a - b, patient by patient."""
    return interval([x - y for x, y in zip(a, b, strict=True)])
