"""The training loop, in sight: every line of it can be read in front of a class."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from .batches import batches, stacked
from .logbook import History, Logbook
from .parallel import average_gradients, same_start
from .plan import Plan
from .speed import precision, prepare, release
from .stream import Stream


def fit(
    network: nn.Module,
    stream: Stream,
    plan: Plan,
    validate: Callable[[nn.Module], dict] | None = None,
    watch: Callable[[History], None] | None = None,
    checkpoint: Path | str | None = None,
    resume: bool = False,
    about: dict | None = None,
) -> History:
    """Train `network` in place on slices of `stream` as `plan` says; returns the history.

    validate    called at every report with the network; its scores go into the history
    watch       called with the history at every report (`LivePlot`, `Progress`); `begin(done)` and `tick(step)`, if any
    checkpoint  file that is written (beside, then renamed) at every report, once a minute, and when the run is stopped;
                with resume=True an existing one is continued, and ends in the same numbers as a run never stopped
    about       plain values that a checkpoint must agree with too, such as the arguments of the network
    Raises ValueError where the plan does not fit the network, the checkpoint is of another training, or the loss is no
    number any more.
    """
    if plan.stagewise and not hasattr(network, "freeze_all_but"):
        raise ValueError(f"stagewise needs a network of stages that can be frozen, got {type(network).__name__}")
    parts = prepare(network, plan.device)
    same_start(network)
    try:
        return loop(network, stream, plan, plan.identity(network, stream, about), validate, watch, checkpoint, resume)
    finally:
        if plan.stagewise:
            network.freeze_all_but(None)
        release(parts)
        network.eval()


def loop(network, stream, plan, *book_keeping) -> History:
    """Look at slices, see how wrong the pictures are, turn every weight a little to where they are less wrong."""
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=plan.lr)

    with Logbook(network, optimizer, plan, *book_keeping) as book:
        for step, examples in batches(stream, plan, after=book.step):
            plan.set_out(step, network, optimizer)  # the learning rate of this step
            optimizer.zero_grad()
            total = 0.0
            for (kspace, mask, maps, target), share in stacked(examples, plan.device):
                with precision(plan.device, plan.bf16):  # 16 bits for convolutions only, not for Fourier transforms
                    prediction = network(kspace, mask, maps)
                value = share * plan.loss(prediction, target)
                value.backward()
                total += value.detach()
            average_gradients(network)  # over all processes, where there are several
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            book.note(step, total)
    return book.history
