"""The two slices that every table uses, and how times are taken."""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import torch

from mrtutor.coils import espirit_maps
from mrtutor.patients import patient
from mrtutor.scan import acquire

REAL = Path(os.environ.get("MRTUTOR_DATA", Path(__file__).parents[3] / "shared" / "real"))


def cases() -> dict[str, torch.Tensor]:
    """Fully sampled k-space (16, y, x), scaled so that the brightest combined pixel is 1."""
    found = {}
    path = REAL / "brain_pulseq_16ch.h5"
    if path.exists():
        with h5py.File(path) as file:
            found["real brain, 128 x 128 x 16"] = scaled(torch.from_numpy(file["kspace"][0]))
    virtual = acquire(patient(11, contrast="T1", split="test"), n_coils=16, size=256, noise=0.01, seed=11)
    found["virtual patient, 256 x 256 x 16"] = scaled(virtual.kspace)
    return found


def scaled(kspace: torch.Tensor) -> torch.Tensor:
    from mrtutor.coils import rss
    from mrtutor.fourier import ifft2c

    return kspace / rss(ifft2c(kspace)).max()


def maps_of(kspace: torch.Tensor) -> torch.Tensor:
    return espirit_maps(kspace, 24)


def times(**contestants: Callable) -> dict[str, tuple[float, object]]:
    """Median seconds and last result of each, run in turns so that a busy machine is unfair to nobody."""
    seconds, results = {name: [] for name in contestants}, {}
    for turn in range(4):
        for name, run in contestants.items():
            start = time.perf_counter()
            results[name] = run()
            if turn:  # the first turn warms up
                seconds[name].append(time.perf_counter() - start)
    return {name: (statistics.median(seconds[name]), results[name]) for name in contestants}
