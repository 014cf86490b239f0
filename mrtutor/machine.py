"""`mrtutor check`: is this machine ready for the course? Ten lines, the last one says what to do."""

import importlib.metadata
import platform
import shutil
import time
from collections.abc import Callable
from pathlib import Path

NOTEBOOK = ("jupyterlab", "ipywidgets", "anywidget", "jupytext")
MEMORY_GB, DISK_GB = 1.0, 0.5  # torch and one chapter's arrays; notebooks and real slices


def python() -> str:
    """Version of Python. Raises RuntimeError when older than the package asks for."""
    if tuple(int(part) for part in platform.python_version_tuple()[:2]) < (3, 11):
        raise RuntimeError(f"{platform.python_version()} is too old; install Python 3.11 or newer")
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def packages(notebook: bool) -> str:
    """Versions of what the course stands on. Raises RuntimeError that names what is missing or too old."""
    from packaging.requirements import Requirement

    needed = [Requirement(line) for line in importlib.metadata.requires("mrtutor") or () if "extra" not in line]
    found, wrong = [], []
    for need in needed:
        if (need.name in NOTEBOOK) != notebook:
            continue
        try:
            version = importlib.metadata.version(need.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(str(need))
            continue
        found.append(f"{need.name} {version}")
        if not need.specifier.contains(version, prereleases=True):
            wrong.append(str(need))
    if wrong:
        raise RuntimeError(f"missing or too old; install with: pip install {' '.join(repr(need) for need in wrong)}")
    return ", ".join(found)


def best_device() -> str:
    """ "cuda", "mps" or "cpu": the fastest one on which <E x, y> = <x, E^H y> holds."""
    import torch

    from .encoding import encode, encode_adjoint

    generator = torch.Generator().manual_seed(0)
    x, y, maps = (torch.randn(n, 32, 32, dtype=torch.complex64, generator=generator) for n in (1, 4, 4))
    mask = torch.rand(1, 1, 32, generator=generator).expand(1, 32, 32) < 0.5
    offered = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    for device in (name for name, there in offered.items() if there):
        try:
            a, b, m, s = (array.to(device) for array in (x, y, mask, maps))
            there = torch.vdot(b.flatten(), encode(a, m, s).flatten())
            back = torch.vdot(encode_adjoint(b, m, s).flatten(), a.flatten())
        except RuntimeError:  # a device that lacks complex numbers or the FFT
            continue
        if abs(there - back) < 1e-3 * abs(there):
            return device
    raise RuntimeError("the Fourier transform of torch gives wrong numbers here; install torch again")


def device() -> str:
    """What computes. Raises RuntimeError when torch computes wrongly."""
    import torch

    name = best_device()
    model = {"cuda": lambda: torch.cuda.get_device_name(), "mps": lambda: "Apple GPU"}
    return (
        f"{name} ({model[name]()})"
        if name in model
        else f"cpu, {torch.get_num_threads()} threads (enough for every chapter)"
    )


def memory() -> str:
    """Memory that is free, under a container's limit too. Raises RuntimeError when it is short."""
    import psutil

    free = psutil.virtual_memory().available
    limit, used = (Path("/sys/fs/cgroup", name) for name in ("memory.max", "memory.current"))
    if limit.is_file() and limit.read_text().strip().isdigit():
        free = min(free, int(limit.read_text()) - int(used.read_text()))
    if free < MEMORY_GB * 1e9:
        raise RuntimeError(f"{free / 1e9:.1f} GB free; close other programs until {MEMORY_GB:.0f} GB is free")
    return f"{free / 1e9:.1f} GB free"


def disk() -> str:
    """Room in the current folder. Raises RuntimeError when it is short."""
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    if free < DISK_GB:
        raise RuntimeError(f"{free:.1f} GB free here; make room, {DISK_GB} GB is enough")
    return f"{free:.1f} GB free here"


def course() -> str:
    """Chapters that came with the package. Raises RuntimeError when there are none."""
    from .lab.notebooks import chapters

    paths = chapters()
    if not paths:
        raise RuntimeError("no chapter came with the package; install it again: pip install --force-reinstall mrtutor")
    return f"{len(paths)} ({paths[0].stem} to {paths[-1].stem})"


def real_data() -> str:
    """Which real scans are here. None is no fault: the chapters then show virtual patients."""
    from .scan import find
    from .sources import SOURCES

    here = [name for name in SOURCES if find(name)]
    away = [name for name in SOURCES if name not in here]
    hint = f"; for more: mrtutor fetch {away[0]}" if away else ""
    return (", ".join(here) or "none, the chapters show virtual patients") + hint


def first_image() -> str:
    """A virtual patient at R = 3, 8 coils, 128 x 128: NMSE and time. RuntimeError when CG-SENSE does not help."""
    from .methods import METHODS
    from .metrics import nmse
    from .patients import patient
    from .sampling import equispaced
    from .scan import acquire

    scan = acquire(patient(1, size=128), n_coils=8, size=128, seed=1)
    mask, where, said, errors = equispaced((128, 128), 3, n_acs=20), best_device(), [], []
    for name in ("Zero-filled", "CG-SENSE"):
        start = time.perf_counter()
        image = METHODS[name](*(array.to(where) for array in (scan.kspace * mask, mask, scan.maps))).cpu()
        milliseconds = 1000 * (time.perf_counter() - start)
        errors.append(nmse(image, scan.image))
        said.append(f"{name} {milliseconds:.0f} ms, NMSE {errors[-1]:.4f}")
    if not errors[1] < errors[0]:
        raise RuntimeError(f"wrong numbers ({'; '.join(said)}); install torch again")
    return f"{'; '.join(said)} (R = 3, 8 coils)"


CHECKS: dict[str, Callable[[], str]] = {
    "Python": python,
    "Packages": lambda: packages(notebook=False),
    "Notebook": lambda: packages(notebook=True),
    "Device": device,
    "Memory": memory,
    "Disk": disk,
    "Chapters": course,
    "Real data": real_data,
    "First image": first_image,
}


def check(say: Callable[[str], None] = print) -> bool:
    """Say ten lines, one as soon as it is known; True when the machine is ready."""
    wrong = []
    for name, ask in CHECKS.items():
        try:
            say(f"ok    {name:12} {ask()}")
        except (RuntimeError, ImportError, OSError, ValueError) as error:
            wrong.append(name)
            say(f"NOT   {name:12} {error}")
    say(
        "Ready. Start with: mrtutor lab"
        if not wrong
        else f"Not ready yet. Mend first: {wrong[0]} (the line says how), then run mrtutor check again."
    )
    return not wrong
