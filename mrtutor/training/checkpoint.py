"""Where a training run stands, in one safetensors file: weights, Adam's two moments, step and history."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn


def store(
    path: Path,
    network: nn.Module,
    optimizer: torch.optim.Adam,
    step: int,
    rows: list[dict],
    plan: dict,
    losses: Sequence[float] = (),
) -> None:
    """Write beside and rename: whoever is killed meanwhile keeps the old file whole.

    plan: plain values, what run this is; losses: of the steps since the last row.
    """
    parts = {"history": rows, "plan": plan, "losses": list(losses)}
    header = {"step": str(step), **{name: json.dumps(part) for name, part in parts.items()}}
    write(path, everything(network, optimizer), header)


def restore(
    path: Path, network: nn.Module, optimizer: torch.optim.Adam, plan: dict
) -> tuple[int, list[dict], list[float]]:
    """Put weights and moments back; returns (step, rows of the history, losses since the last row).

    Raises ValueError, one sentence, and changes nothing where the file is none of these, is cut short, or is of a run
    with another plan.
    """
    tensors, header = read(path)
    try:
        step, rows, before = int(header["step"]), json.loads(header["history"]), json.loads(header.get("plan", "{}"))
        before, plan = dict(before), json.loads(json.dumps(plan))
        losses = [float(one) for one in json.loads(header.get("losses", "[]"))]
    except (KeyError, ValueError, TypeError, RecursionError):
        raise ValueError(f"{path.name} must be the checkpoint of a training run, and its header is not") from None
    for key, value in before.items():
        if key in plan and value != plan[key]:
            raise ValueError(
                f"{path.name} is of another training ({key} was {value!r:.80}, now it is {plan[key]!r:.80}): "
                f"go on with the same, or delete it and start anew"
            )
    check_fit(path, tensors, everything(network, optimizer), "this network and optimiser")
    with torch.no_grad():
        for name, value in network.state_dict().items():
            value.copy_(tensors[f"network.{name}"])
    for number, weight in enumerate(network.parameters()):
        # in the layout of the weight, as Adam itself keeps them
        moments = {
            key: torch.empty_like(weight).copy_(tensors[f"adam.{number}.{key}"]) for key in ("exp_avg", "exp_avg_sq")
        }
        optimizer.state[weight] = {"step": tensors[f"adam.{number}.step"].clone(), **moments}
    return step, rows, losses


def everything(network: nn.Module, optimizer: torch.optim.Adam) -> dict[str, Tensor]:
    """Weights as network.NAME, Adam's state as adam.NUMBER.KEY: zeros where it has not begun."""
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    for number, weight in enumerate(network.parameters()):
        zeros = torch.zeros_like(weight)
        begun = {
            "step": torch.tensor(0.0),
            "exp_avg": zeros,
            "exp_avg_sq": zeros.clone(),
            **optimizer.state.get(weight, {}),
        }
        tensors |= {f"adam.{number}.{name}": value for name, value in begun.items()}
    return tensors


def write(path: Path, tensors: dict[str, Tensor], header: dict[str, str]) -> None:
    """A safetensors file with a text header, written beside and renamed."""
    from safetensors.torch import save

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(save({name: value.detach().contiguous().cpu() for name, value in tensors.items()}, header))
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def read(path: Path, most: int = 2**30) -> tuple[dict[str, Tensor], dict[str, str]]:
    """(tensors, header) of a safetensors file. Raises ValueError when it is none, is cut short or has more than `most`
    bytes.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if path.stat().st_size > most:
        raise ValueError(f"{path.name} must have at most {most >> 20} MiB, got {path.stat().st_size >> 20}")
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}
    except SafetensorError as error:
        raise ValueError(f"{path.name} must be a whole safetensors file, but reading it says: {error!s:.200}") from None


def check_fit(path: Path, found: Mapping[str, Tensor], expected: Mapping[str, Tensor], whose: str) -> None:
    """ValueError that names the first tensor which is missing, of another shape or type, foreign, or not finite."""

    def words(tensor: Tensor | None) -> str:
        return "nothing" if tensor is None else f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"

    for key, like in expected.items():
        if words(found.get(key)) != words(like):
            raise ValueError(
                f"{path.name} does not fit {whose}: {key:.80} must be {words(like)}, got {words(found.get(key))}"
            )
    for key, value in found.items():
        if key not in expected:
            raise ValueError(f"{path.name} does not fit {whose}: it holds {key!r:.80}, which has no place there")
        if not bool(value.isfinite().all()):
            raise ValueError(f"{path.name} is of no use: {key:.80} holds values that are not finite numbers")
