"""The brain that several chapters measure on: the real one where it was fetched, else a virtual one with the same coils."""

import torch

from ...patients import patient
from ...scan import Scan, acquire, load


def brain() -> Scan:
    """The real 16-element brain where it was fetched, else `virtual`; its label says which."""
    return load("brain-16ch", otherwise=virtual)


def virtual(n_coils: int = 16) -> Scan:
    """Stands in for the real brain: `n_coils` elements close to the head, which share noise with their neighbours; 2 mm."""
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
