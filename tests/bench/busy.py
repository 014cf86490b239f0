"""Every classical method and U-Net on a quiet machine and beside two busy processes, ten starts each.

Goal: busy at most 3 times quiet. Whether threads that wait spin is decided when a process starts, so each start is a
process of its own. A second table has the time by number of threads, on a quiet machine.
"""

import importlib
import json
import os
import statistics
import subprocess
import sys
import time

NAMES = ("Zero-filled", "CG-SENSE", "GRAPPA", "Wavelet CS", "TV CS", "U-Net")
STARTS = 10
SPIN = "while True: pass"  # what another program looks like


def child(size: int, threads: int) -> dict[str, float]:
    """Seconds of each method in this process, median of three calls after a first one."""
    importlib.import_module("mrtutor")  # before torch, as in a chapter's kernel: it says how threads wait
    import torch

    from mrtutor.coils import birdcage_maps
    from mrtutor.encoding import complex_normal, encode
    from mrtutor.methods import METHODS
    from mrtutor.sampling import equispaced

    if threads:
        torch.set_num_threads(threads)
    maps, mask = birdcage_maps((size, size), 16), equispaced((size, size), 3, 24)
    kspace = encode(complex_normal((1, size, size), torch.Generator().manual_seed(size)), mask, maps)
    seconds = {}
    for name in NAMES:
        times = []
        for _ in range(4):
            began = time.perf_counter()
            METHODS[name](kspace, mask, maps)
            times.append(time.perf_counter() - began)
        seconds[name] = statistics.median(times[1:])
    return seconds


def start(size: int = 128, threads: int = 0, environment: dict | None = None) -> dict[str, float]:
    """The same in a fresh process. threads: 0 leaves the default."""
    command = [sys.executable, __file__, str(size), str(threads)]
    said = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, **(environment or {})}
    ).stdout
    return json.loads(said.splitlines()[-1])


def starts(busy: int) -> dict[str, list[float]]:
    """Seconds of each method in `STARTS` processes, beside `busy` that spin."""
    others = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(busy)]
    try:
        found = [start() for _ in range(STARTS)]
    finally:
        for one in others:
            one.kill()
            one.wait()
    return {name: [one[name] for one in found] for name in NAMES}


def main() -> None:
    print(f"128 x 128, 16 coils, {STARTS} starts each, OMP_WAIT_POLICY={os.environ.get('OMP_WAIT_POLICY', 'unset')}")
    quiet, busy = starts(0), starts(2)
    print(f"{'method':14}{'ms quiet':>10}{'ms busy':>10}{'ratio':>8}{'worst':>8}{'its ratio':>11}")
    for name in NAMES:
        usual, middle, worst = statistics.median(quiet[name]), statistics.median(busy[name]), max(busy[name])
        print(
            f"{name:14}{1e3 * usual:10.1f}{1e3 * middle:10.1f}{middle / usual:8.1f}{1e3 * worst:8.0f}"
            f"{worst / usual:11.1f}"
        )
    counts = sorted({1, 2, os.cpu_count() or 1})
    for size in (128, 256):
        found = {n: start(size, n) for n in counts}
        print(f"\n{size} x {size}, quiet, ms by number of threads (default: {default_threads()})")
        print(f"{'method':14}" + "".join(f"{n:>10}" for n in counts))
        for name in NAMES:
            print(f"{name:14}" + "".join(f"{1e3 * found[n][name]:10.1f}" for n in counts))


def default_threads() -> int:
    """What a kernel of the course gets where nobody chose."""
    code = "import mrtutor, torch; print(torch.get_num_threads())"
    return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    print(json.dumps(child(int(sys.argv[1]), int(sys.argv[2]))))
