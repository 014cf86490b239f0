"""The training loop, in sight: every line of it can be read in front of a class."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from .checkpoint import restore, store
from .losses import nrmse
from .parallel import average, average_gradients, rank, same_start, world_size
from .speed import checked_device, precision, prepare, release
from .stream import Example, Stream


@dataclass
class History:
    """What happened: one row a report, each a dict with "step", "loss", "lr", "seconds" and the scores of `validate`."""

    rows: list[dict] = field(default_factory=list)

    def column(self, name: str) -> list[float]:
        """The values of one column, where it was measured."""
        return [row[name] for row in self.rows if name in row]


def cosine(progress: float, warmup: float = 0.03) -> float:
    """Share of the peak learning rate: up in a straight line, then down a half cosine. progress: 0 to 1."""
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


def progress_at(step: int, steps: int, restarts: tuple[int, ...] = ()) -> float:
    """How far the middle of `step` (1 to steps) is through its period, 0 to 1; a period ends at each restart and at the
    last step.
    """
    begin = max(one for one in (0, *restarts) if one < step)
    end = min(one for one in (*restarts, steps) if one >= step)
    return (step - 0.5 - begin) / (end - begin)


class Numbered(Dataset):
    """The stream's examples of steps start..steps, each item one step's batch of this process."""

    def __init__(self, stream: Stream, start: int, steps: int, batch: int):
        self.stream, self.start, self.steps, self.batch = stream, start, steps, batch
        self.first, self.stride = rank() * batch, world_size() * batch  # processes take turns in one stream

    def __len__(self) -> int:
        return self.steps - self.start

    def __getitem__(self, index: int) -> list[Example]:
        i = (self.start + index) * self.stride + self.first
        return [self.stream.slice_number(i + k) for k in range(self.batch)]


def stacked(examples: list[Example]) -> Iterator[tuple[list[Tensor], float]]:
    """Examples of one shape become one batch (b, ...): yields (kspace, mask, maps, target), share of the examples."""
    groups: dict[tuple, list[Example]] = {}
    for example in examples:
        groups.setdefault(example.kspace.shape, []).append(example)
    for group in groups.values():
        yield [torch.stack(arrays) for arrays in zip(*group, strict=True)], len(group) / len(examples)


def name_of(function: Callable) -> str:
    """What a checkpoint remembers of a function."""
    return getattr(function, "__name__", type(function).__name__)


def fit(
    network: nn.Module,
    stream: Stream,
    steps: int,
    batch: int = 1,
    loss: Callable = nrmse,
    lr: float = 1e-3,
    schedule: Callable[[float], float] = cosine,
    device: str = "cpu",
    validate: Callable[[nn.Module], dict] | None = None,
    every: int = 250,
    checkpoint: Path | str | None = None,
    resume: bool = False,
    watch: Callable[[History], None] | None = None,
    workers: int = 0,
    bf16: bool | None = None,
    about: dict | None = None,
    stagewise: bool = False,
    restarts: tuple[int, ...] = (),
) -> History:
    """Train `network` in place on slices of `stream`; returns the history.

    loss        (prediction, target) -> number; schedule: progress 0..1 -> share of the peak learning rate `lr`
    validate    called every `every` steps with the network; its scores go into the history
    checkpoint  file that is written (beside, then renamed) at every report; with resume=True an existing one is
                continued, and ends in the same numbers as a run that was never stopped
    about       plain values that a checkpoint must agree with too, such as the arguments of the network
    watch       called with the history at every report (`LivePlot`, `Progress`); its `tick(step)`, if it has one, at
                every step
    workers     processes that draw the virtual patients while the network computes
    bf16        convolutions in 16 bits: on CUDA by default, elsewhere not
    stagewise   train the stages of a `Stagewise` network one after the other in equal parts of the steps, each with the
                whole schedule, the others frozen
    restarts    steps after which the schedule and Adam's moments begin anew (warm restarts, Loshchilov and Hutter 2017)
    Under torchrun each process takes its share of a batch `world_size` times as large. Raises ValueError where a number
    or the device is out of range, where the checkpoint is of another training, and where the loss is no number any
    more.
    """
    for name, value, least in (("steps", steps, 1), ("batch", batch, 1), ("every", every, 1), ("workers", workers, 0)):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name} must be a whole number of {least} or more, got {value!r}")
    if any(not isinstance(one, int) or not 0 < one < steps for one in restarts):
        raise ValueError(
            f"restarts must be whole numbers from 1 to {steps - 1}, one less than the steps, got {restarts!r}"
        )
    if stagewise and not hasattr(network, "freeze_all_but"):
        raise ValueError(f"stagewise needs a network of stages that can be frozen, got {type(network).__name__}")
    parts = prepare(network, checked_device(device))
    same_start(network)
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    plan = {
        "network": type(network).__name__,
        "steps": steps,
        "batch": batch * world_size(),
        "lr": lr,
        "loss": name_of(loss),
        "schedule": name_of(schedule),
        "stagewise": stagewise,
        "restarts": list(restarts),
        **(vars(stream) if is_dataclass(stream) else {}),
        **(about or {}),
    }
    start, history = 0, History()
    if resume and checkpoint is not None and Path(checkpoint).exists():
        start, history.rows = restore(Path(checkpoint), network, optimizer, plan)
        if not 0 <= start <= steps:
            raise ValueError(
                f"steps must be {start} or more, since {Path(checkpoint).name} has done so many, got {steps}"
            )
    loader = DataLoader(
        Numbered(stream, start, steps, batch),
        batch_size=None,
        num_workers=workers,
        prefetch_factor=8 if workers else None,
        generator=torch.Generator(),
    )
    tick = getattr(watch, "tick", None) if rank() == 0 else None
    losses, begun, before = [], time.perf_counter(), history.rows[-1]["seconds"] if history.rows else 0.0

    for step, examples in enumerate(loader, start=start + 1):
        if step - 1 in restarts:
            optimizer.state.clear()
        progress = progress_at(step, steps, restarts)
        if stagewise:
            stage, progress = divmod(progress * network.n_stages, 1)
            network.freeze_all_but(int(stage))
        for group in optimizer.param_groups:
            group["lr"] = lr * schedule(progress)
        optimizer.zero_grad()
        total = 0.0
        for arrays, share in stacked(examples):
            kspace, mask, maps, target = (array.to(device) for array in arrays)
            with precision(device, bf16):  # only the real-valued convolutions: the Fourier transform stays in 32 bits
                prediction = network(kspace, mask, maps)
            value = share * loss(prediction, target)
            value.backward()
            total += value.detach()
        average_gradients(network)
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        losses.append(total)
        if tick is not None:
            tick(step)

        if step % every == 0 or step == steps:
            row = {
                "step": step,
                "loss": float(average(torch.stack(losses).mean())),
                "lr": optimizer.param_groups[0]["lr"],
                "seconds": before + time.perf_counter() - begun,
            }
            if not math.isfinite(row["loss"]):
                raise ValueError(
                    f"lr must be small enough for the loss to stay a number, which it did not by step {step} "
                    f"with {lr:g}"
                )
            if validate is not None:
                network.eval()
                with torch.no_grad():
                    row |= validate(network)
                network.train()
            history.rows.append(row)
            losses = []
            if checkpoint is not None and rank() == 0:
                store(Path(checkpoint), network, optimizer, step, history.rows, plan)
            if watch is not None and rank() == 0:
                watch(history)
    if stagewise:
        network.freeze_all_but(None)
    release(parts)
    network.eval()
    return history
