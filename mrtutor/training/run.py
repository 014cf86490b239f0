"""`mrtutor train NAME`: a recipe becomes a weight file."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

from ..patients import data_version
from . import parallel
from .evaluate import validation
from .loop import fit
from .losses import LOSSES
from .plan import Plan
from .progress import Progress
from .recipe import Recipe, from_dict, recipe
from .speed import checked_device
from .weights import header, save


def run(
    name: str,
    folder: Path = Path(),
    steps: int | None = None,
    device: str = "cpu",
    resume: bool = False,
    every: int = 250,
) -> Path:
    """Train recipe `name`; returns the weight file written in `folder`. A checkpoint lies beside it until then.

    With `resume` an unfinished run goes on, and a finished one is left as it is. Without it an unfinished run is not
    overwritten. Raises ValueError, one sentence, before anything is computed.
    """
    plan = recipe(name)
    plan = plan if steps is None else replace(plan, steps=steps)
    folder = writable(folder)
    device = parallel.start(checked_device(device))
    plan = replace(plan, batch=plan.batch * parallel.world_size())
    target, checkpoint = folder / f"{name}.safetensors", folder / f"{name}.checkpoint.safetensors"
    if resume and not checkpoint.exists() and made_by(target, plan):
        parallel.stop()
        return target
    if checkpoint.exists() and not resume:
        raise ValueError(
            f"{checkpoint.name} in {folder} is an unfinished run: go on with --resume, or delete it and start anew"
        )
    none = ", no checkpoint to resume" if resume and not checkpoint.exists() else ""
    network = plan.build()
    try:
        history = fit(
            network,
            plan.examples(),
            Plan(
                plan.steps,
                plan.batch // parallel.world_size(),
                LOSSES[plan.loss],
                plan.lr,
                stagewise=plan.stagewise,
                restarts=plan.restart_steps(),
                every=min(every, plan.steps),
                device=device,
                workers=1 if (os.cpu_count() or 1) > 1 else 0,
            ),
            validation(plan.examples()),
            Progress(plan.steps, f"{name}, {plan.steps} steps on {device}{none}"),
            checkpoint,
            resume,
            about={"arguments": plan.arguments, "data": data_version()},
        )
    except (KeyboardInterrupt, SystemExit):
        if parallel.rank() == 0 and checkpoint.exists():
            print(f"stopped; {checkpoint.name} is kept, and mrtutor train {name} --resume goes on", flush=True)
        raise
    if parallel.rank() == 0:
        save(target, network.cpu(), plan, history.rows[-1])
        for left in (checkpoint, *folder.glob(f"{name}.*.part")):  # what a killed run could not take away
            left.unlink(missing_ok=True)
    parallel.stop()
    return target


def made_by(path: Path, plan: Recipe) -> bool:
    """Is this a whole weight file of that recipe?"""
    try:
        return from_dict(header(path)["recipe"]).as_dict() == plan.as_dict()
    except (OSError, ValueError):
        return False


def writable(folder: Path) -> Path:
    """The folder, made where it is missing. Raises ValueError where nothing can be written."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise ValueError(f"--folder must be a folder where you may write, got {folder} ({error.strerror})") from None
