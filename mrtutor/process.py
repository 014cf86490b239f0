"""What a process asks of the system before torch is loaded. All of it is environment, and the user's own choice stays.

Threads that wait for work spin by default, to start sooner. Beside other programs they then take the very cores that
the others wait for: wavelet CS, 0.1 s on a quiet machine, took 4 s in every second start beside two busy processes,
and 0.2 to 0.4 s with a passive wait. OpenMP reads the variables when torch is loaded and not again, so they are set
by `import mrtutor` where torch was not imported before it, and for every kernel that `mrtutor lab` or the book starts,
since a chapter may import torch first. Windows' own OpenMP does not know the policy; Intel's and Apple's do.
"""

import os
import sys

THREADS = {"OMP_WAIT_POLICY": "PASSIVE"}
MEMORY = {"MALLOC_ARENA_MAX": "2"}  # glibc: threads share what was freed; read when a process starts, elsewhere unknown


def calm() -> None:
    """For this process and its children: `THREADS`, as long as torch has not read them yet."""
    if "torch" not in sys.modules:
        _add(THREADS)


def calm_children() -> None:
    """For kernels that this process starts: `THREADS` and `MEMORY`."""
    _add(THREADS | MEMORY)


def _add(settings: dict[str, str]) -> None:
    for name, value in settings.items():
        os.environ.setdefault(name, value)
