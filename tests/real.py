"""Where the real slices lie, and one of them."""

import os
from pathlib import Path

import pytest
import torch

REAL = Path(os.environ.get("MRTUTOR_DATA", Path(__file__).parent.parent.parent / "shared" / "real"))


def real_kspace(name: str) -> torch.Tensor:
    """First slice (coil, y, x) of a real file; the test is skipped where the file is absent."""
    import h5py

    path = REAL / name
    if not path.exists():
        pytest.skip(f"{name} is not in MRTUTOR_DATA; `mrtutor fetch --all` brings it")
    with h5py.File(path) as file:
        return torch.from_numpy(file["kspace"][0])
