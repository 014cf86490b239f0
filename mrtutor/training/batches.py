"""From the stream of virtual patients to batches: step by step, each process its share."""

import signal
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from .parallel import rank, world_size
from .plan import Plan
from .stream import Example, Stream


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


def batches(stream: Stream, plan: Plan, after: int = 0) -> Iterator[tuple[int, list[Example]]]:
    """(step, its examples) for every step that is left after step `after`."""
    loader = DataLoader(
        Numbered(stream, after, plan.steps, plan.batch),
        batch_size=None,
        num_workers=plan.workers,
        prefetch_factor=8 if plan.workers else None,
        worker_init_fn=steady,
        generator=torch.Generator(),
    )
    return enumerate(loader, start=after + 1)


def steady(_number: int) -> None:
    """A signal goes to all processes of a run; the workers leave it to the loop, which ends its step and then them."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def stacked(examples: list[Example], device: str = "cpu") -> Iterator[tuple[list[Tensor], float]]:
    """Examples of one shape become one batch (b, ...): yields (kspace, mask, maps, target), share of the examples."""
    groups: dict[tuple, list[Example]] = {}
    for example in examples:
        groups.setdefault(example.kspace.shape, []).append(example)
    for group in groups.values():
        yield [torch.stack(arrays).to(device) for arrays in zip(*group, strict=True)], len(group) / len(examples)
