"""Shared by all tests: the real slices, and reference packages that need a shim beside torch's CPU build."""

import os
from pathlib import Path

import pytest
import torch
from helpers import typecheck
from helpers.real import real_kspace
from hypothesis import settings
from jaxtyping import install_import_hook

# what a test starts as a process of its own finds `helpers` too
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))

settings.register_profile("mrtutor", deadline=None)  # laws are about numbers, not about time
settings.load_profile("mrtutor")
CORE = ("coils", "encoding", "espirit", "fourier", "grappa", "maps", "sense", "solvers", "sparsity", "wavelet")
install_import_hook(
    [f"mrtutor.{name}" for name in CORE], f"{typecheck.__name__}.check"
)  # shapes and types of every call are checked

_library = torch.library.Library("torchvision", "DEF")  # torchvision's compiled operators are absent in the CPU build
for _name in ("nms", "qnms"):
    _library.define(_name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


@pytest.fixture(scope="session")
def brain() -> torch.Tensor:
    """The real 16-channel brain: (16, 128, 128) k-space, fully sampled."""
    return real_kspace("brain_pulseq_16ch.h5")


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(2023)
