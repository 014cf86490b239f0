"""What a training run does at each of its steps, in numbers that were checked."""

import math
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass

import torch
from torch import nn

from .losses import nrmse
from .parallel import world_size
from .speed import checked_device


def cosine(progress: float, warmup: float = 0.03) -> float:
    """Share of the peak learning rate: up in a straight line, then down a half cosine. progress: 0 to 1."""
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


def progress_at(step: int, steps: int, restarts: tuple[int, ...] = ()) -> float:
    """How far the middle of `step` (1 to steps) is through its period, 0 to 1.

    A period ends at each restart and at the last step.
    """
    begin = max(one for one in (0, *restarts) if one < step)
    end = min(one for one in (*restarts, steps) if one >= step)
    return (step - 0.5 - begin) / (end - begin)


@dataclass(frozen=True)
class Plan:
    """The dials of `fit`. Raises ValueError where a number or the device is out of range.

    loss        (prediction, target) -> number; schedule: progress 0..1 -> share of the peak learning rate `lr`
    stagewise   train the stages of a `Stagewise` network one after the other in equal parts of the steps, each with the
                whole schedule, the others frozen
    restarts    steps after which the schedule and Adam's moments begin anew (warm restarts, Loshchilov and Hutter 2017)
    every       steps from one report to the next; workers: processes that draw patients while the network computes
    bf16        convolutions in 16 bits: on CUDA by default, elsewhere not
    Under torchrun each process takes its share of a batch `world_size` times as large.
    """

    steps: int
    batch: int = 1
    loss: Callable = nrmse
    lr: float = 1e-3
    schedule: Callable[[float], float] = cosine
    stagewise: bool = False
    restarts: tuple[int, ...] = ()
    every: int = 250
    device: str = "cpu"
    workers: int = 0
    bf16: bool | None = None

    def __post_init__(self):
        for name, least in (("steps", 1), ("batch", 1), ("every", 1), ("workers", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ValueError(f"{name} must be a whole number of {least} or more, got {value!r}")
        if any(not isinstance(one, int) or not 0 < one < self.steps for one in self.restarts):
            rule = f"whole numbers from 1 to {self.steps - 1}, one less than the steps"
            raise ValueError(f"restarts must be {rule}, got {self.restarts!r}")
        checked_device(self.device)

    def set_out(self, step: int, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Before a step: its learning rate; after a restart no moments; stagewise, all but one stage frozen."""
        progress = progress_at(step, self.steps, self.restarts)
        if step - 1 in self.restarts:
            optimizer.state.clear()
        if self.stagewise:
            stage, progress = divmod(progress * network.n_stages, 1)
            network.freeze_all_but(int(stage))
        for group in optimizer.param_groups:
            group["lr"] = self.lr * self.schedule(progress)

    def identity(self, network: nn.Module, stream, about: dict | None = None) -> dict:
        """Plain values that a checkpoint must agree with, or it is of another training. `about`: more of them."""
        names = {name: getattr(self, name) for name in ("steps", "lr", "stagewise")}
        functions = {name: name_of(getattr(self, name)) for name in ("loss", "schedule")}
        dials = vars(stream) if is_dataclass(stream) else {}
        whole = {"network": type(network).__name__, "batch": self.batch * world_size(), "restarts": list(self.restarts)}
        return {**names, **functions, **whole, **dials, **(about or {})}


def name_of(function: Callable) -> str:
    """What a checkpoint remembers of a function."""
    return getattr(function, "__name__", type(function).__name__)
