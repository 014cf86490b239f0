"""What a training run leaves behind: a history, a checkpoint to go on from, and word to whoever watches."""

import math
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from .checkpoint import restore, store
from .parallel import average, rank
from .plan import Plan

KEEP_S = 60  # seconds from one checkpoint to the next at most, however far apart the reports are


@dataclass
class History:
    """One row a report, each a dict with "step", "loss", "lr", "seconds" and the scores of `validate`."""

    rows: list[dict] = field(default_factory=list)

    def column(self, name: str) -> list[float]:
        """The values of one column, where it was measured."""
        return [row[name] for row in self.rows if name in row]


class Logbook:
    """Around the loop of `fit`: `step` is the last one done, `note` writes down the next.

    A run that is stopped (Ctrl-C, SIGTERM) ends its step, keeps a checkpoint of it, and then stops. Raises ValueError
    where the checkpoint is of another training, and where the loss is no number any more.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: torch.optim.Adam,
        plan: Plan,
        identity: dict,
        validate: Callable[[nn.Module], dict] | None = None,
        watch: Callable[[History], None] | None = None,
        checkpoint: Path | str | None = None,
        resume: bool = False,
    ):
        self.network, self.optimizer, self.plan, self.identity = network, optimizer, plan, identity
        self.validate, self.watch = validate, watch if rank() == 0 else None
        self.checkpoint = None if checkpoint is None else Path(checkpoint)
        self.step, self.history, self.losses = 0, History(), []
        if resume and self.checkpoint is not None and self.checkpoint.exists():
            self.step, self.history.rows, self.losses = restore(self.checkpoint, network, optimizer, identity)
            if not 0 <= self.step <= plan.steps:
                done = f"{self.step} or more, since {self.checkpoint.name} has done so many"
                raise ValueError(f"steps must be {done}, got {plan.steps}")
        self.before = self.history.rows[-1]["seconds"] if self.history.rows else 0.0
        self.began = self.kept = time.perf_counter()
        self.asked, self.handlers = None, {}

    def note(self, step: int, loss: Tensor) -> None:
        """Step `step` is done: a report every `every` steps, a checkpoint there and once a minute."""
        self.losses.append(loss)
        self.step = step
        if hasattr(self.watch, "tick"):
            self.watch.tick(step)
        if step % self.plan.every == 0 or step == self.plan.steps:
            self.report()
        elif self.asked or time.perf_counter() - self.kept > KEEP_S:
            self.keep()
        if self.asked:
            raise KeyboardInterrupt if self.asked == signal.SIGINT else SystemExit(128 + self.asked)

    def report(self) -> None:
        """One more row of the history: mean loss since the last, scores; then a checkpoint, and word to `watch`."""
        row = {
            "step": self.step,
            "loss": float(average(torch.tensor([float(one) for one in self.losses]).mean())),
            "lr": self.optimizer.param_groups[0]["lr"],
            "seconds": self.before + time.perf_counter() - self.began,
        }
        if not math.isfinite(row["loss"]):
            rule = f"small enough for the loss to stay a number, which it did not by step {self.step}"
            raise ValueError(f"lr must be {rule} with {self.plan.lr:g}")
        if self.validate is not None:
            self.network.eval()
            with torch.no_grad():
                row |= self.validate(self.network)
            self.network.train()
        self.history.rows.append(row)
        self.losses = []
        self.keep()
        if self.watch is not None:
            self.watch(self.history)

    def keep(self) -> None:
        """A checkpoint of the last step done, with the losses that are not in the history yet."""
        if self.checkpoint is not None and rank() == 0:
            losses = [float(one) for one in self.losses]
            store(self.checkpoint, self.network, self.optimizer, self.step, self.history.rows, self.identity, losses)
        self.kept = time.perf_counter()

    def __enter__(self) -> "Logbook":
        if threading.current_thread() is threading.main_thread():  # only there Python takes signals
            for number in (signal.SIGINT, signal.SIGTERM):
                self.handlers[number] = signal.signal(number, self._ask)
        if hasattr(self.watch, "begin"):
            self.watch.begin(self.step)
        return self

    def _ask(self, number: int, _frame) -> None:
        self.asked = number
        signal.signal(number, self.handlers[number] or signal.SIG_DFL)  # a second time stops at once

    def __exit__(self, kind, error, trace) -> None:
        for number, handler in self.handlers.items():
            signal.signal(number, handler or signal.SIG_DFL)
