"""What a process asks of the system: threads that wait without spinning, and memory that goes back after each cell."""

import os
import sys

SETTINGS = {"OMP_WAIT_POLICY": "PASSIVE"}  # of OpenMP, for torch; the number of threads is left to torch


def calm() -> None:
    """For every process that imports mrtutor: passive waiting where torch is not there yet; in a kernel, `give_back`.

    torch's threads spin while they wait, to start sooner. Beside other programs they take the very cores that the
    others wait for: wavelet CS, 0.1 s on a quiet machine, took 4 s in every second start beside two busy processes, and
    0.2 to 0.4 s with a passive wait. OpenMP reads its variables when torch is loaded and never again. So this is one
    for `import mrtutor`: scripts, notebooks elsewhere and `mrtutor train` have it too. A value of the user's stays, and
    where torch came first nothing is set, which only other programs would feel.
    """
    if "torch" not in sys.modules:
        calm_children()
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and hasattr(shell, "kernel") and give_back not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", give_back)


def calm_children() -> None:
    """`SETTINGS` for kernels that this process starts, which may import torch before mrtutor."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)


def give_back(*_) -> None:
    """Freed memory back to the system, in milliseconds; glibc would keep some 40 MB of a chapter. Elsewhere nothing."""
    if sys.platform == "linux":
        import ctypes

        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim:
            trim(0)
