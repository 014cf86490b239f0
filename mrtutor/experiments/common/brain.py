"""The brain that several chapters measure on: real where it was fetched, else virtual with the same coils."""

from dataclasses import replace

import torch

from ...patients import patient
from ...scan import Scan, acquire, load


def brain() -> Scan:
    """The real 16-element brain where it was fetched, else `virtual`; its label says which.

    Low-resolution maps: they take away the smooth phase of the picture. Who unfolds it takes `cases.prepare`.
    """
    scan = load("brain-16ch", otherwise=virtual, maps="low resolution")
    return replace(scan, label=scan.plain_label)


def virtual(n_coils: int = 16) -> Scan:
    """Stands in for the real brain: `n_coils` elements close to the head, which share noise with neighbours; 2 mm."""
    steps = (torch.arange(n_coils)[:, None] - torch.arange(n_coils)).abs()
    covariance = (0.35 ** torch.minimum(steps, n_coils - steps).float()).to(torch.complex64)
    return acquire(
        patient(3, contrast="PD", size=256, split="test"),
        n_coils,
        128,
        0.008,
        phase_encoding="vertical",
        radius=1.05,
        covariance=covariance,
    )
