"""Where the real slices lie, and one of them."""

import os
from pathlib import Path

import pytest
import torch

REAL = Path(os.environ.get("MRTUTOR_DATA") or Path(__file__).parents[3] / "shared" / "real")


def real_file(name: str) -> Path:
    """The path of a real file; the test is skipped where it is absent."""
    path = REAL / name
    if not path.exists():
        pytest.skip(f"{name} is not in MRTUTOR_DATA; `mrtutor fetch --all` brings it")
    return path


def real_kspace(name: str) -> torch.Tensor:
    """First slice (coil, y, x) of a real file."""
    import h5py

    with h5py.File(real_file(name)) as file:
        return torch.from_numpy(file["kspace"][0])
