"""A training run small enough for a test. As a program, python training.py FOLDER [LOG HOLD], for tests that kill or
double it.
"""

import json
import sys
import time
from pathlib import Path

import torch

from helpers.networks import example, tiny
from mrtutor.training import parallel
from mrtutor.training.checkpoint import write
from mrtutor.training.logbook import History
from mrtutor.training.loop import fit
from mrtutor.training.plan import Plan
from mrtutor.training.stream import Example

STEPS, EVERY = 24, 4


class Ellipses:
    """A stream whose slice i is the same ellipse with other noise.

    With `log`, a file, it notes what it was asked for and takes ten milliseconds a slice; `hold` is never answered.
    """

    def __init__(self, log: Path | None = None, hold: int = -1):
        self.log, self.hold = log, hold

    def slice_number(self, i: int) -> Example:
        if self.log:
            with open(self.log, "a") as log:
                log.write(f"{i}\n")
            time.sleep(600 if i == self.hold else 0.01)
        return Example(*example(noise=0.05, seed=i))


def train(
    stream=None,
    batch: int = 1,
    steps: int = STEPS,
    every: int = EVERY,
    network: torch.nn.Module | None = None,
    **arguments,
) -> tuple[torch.nn.Module, History]:
    """A tiny cascade, or the given network, after a short run, on one thread: with more, sums are taken in another
    order and last digits differ.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        network = tiny("Cascade") if network is None else network
        dials = {name: arguments.pop(name) for name in list(arguments) if name in Plan.__dataclass_fields__}
        plan = Plan(steps, batch, **{"lr": 2e-2, "every": every, **dials})
        return network, fit(network, stream or Ellipses(), plan, **arguments)
    finally:
        torch.set_num_threads(threads)


def main(folder: Path, log: Path | None = None, hold: int = -1) -> None:
    """One run, under torchrun too; its checkpoint, its weights and history go into `folder`."""
    torch.set_num_threads(1)
    parallel.start("cpu")
    network, history = train(Ellipses(log, hold), checkpoint=folder / "checkpoint.safetensors")
    if parallel.rank() == 0:
        write(folder / "end.safetensors", network.state_dict(), {"rows": json.dumps(history.rows)})
    parallel.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(Path, sys.argv[2:3]), *map(int, sys.argv[3:4]))
