"""Shared by all tests: the real slices, and reference packages that need a shim beside torch's CPU build."""

import os
from pathlib import Path

import pytest
import torch
from hypothesis import settings
from jaxtyping import install_import_hook

settings.register_profile("mrtutor", deadline=None)  # laws are about numbers, not about time
settings.load_profile("mrtutor")
CORE = ("coils", "encoding", "fourier", "grappa", "sense", "solvers", "sparsity", "wavelet")
install_import_hook([f"mrtutor.{name}" for name in CORE], "typecheck.check")  # shapes and types of every call are checked

_library = torch.library.Library("torchvision", "DEF")  # torchvision's compiled operators are absent in the CPU build
for _name in ("nms", "qnms"):
    _library.define(_name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

REAL = Path(os.environ.get("MRTUTOR_DATA", Path(__file__).parent.parent.parent / "shared" / "real"))


def real_kspace(name: str) -> torch.Tensor:
    """First slice (coil, y, x) of a real file; the test is skipped where the file is absent."""
    import h5py

    path = REAL / name
    if not path.exists():
        pytest.skip(f"{name} is not in MRTUTOR_DATA; `mrtutor fetch --all` brings it")
    with h5py.File(path) as file:
        return torch.from_numpy(file["kspace"][0])


@pytest.fixture(scope="session")
def brain() -> torch.Tensor:
    """The real 16-channel brain: (16, 128, 128) k-space, fully sampled."""
    return real_kspace("brain_pulseq_16ch.h5")


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(2023)
