"""Several processes, one training: under torchrun each computes its share, then all gradients are averaged."""

import os

import torch
import torch.distributed as dist
from torch import Tensor, nn


def start(device: str) -> str:
    """Join the group that torchrun announces, return this process's device; nothing happens without torchrun."""
    if "RANK" not in os.environ or "WORLD_SIZE" not in os.environ:
        return device
    if device == "cuda":  # one card each
        number, cards = int(os.environ.get("LOCAL_RANK", 0)), torch.cuda.device_count()
        if number >= cards:
            raise ValueError(
                f"torchrun must start one process for each of the {cards} GPUs here, got number {number + 1}"
            )
        torch.cuda.set_device(number)
        device = f"cuda:{number}"
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    return device


def stop() -> None:
    """Leave the group."""
    if dist.is_initialized():
        dist.destroy_process_group()


def rank() -> int:
    """Number of this process, 0 where it is alone."""
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def same_start(network: nn.Module) -> None:
    """Every process begins with the weights of the first."""
    if world_size() > 1:
        for value in network.state_dict().values():
            dist.broadcast(value, 0)


def average_gradients(network: nn.Module) -> None:
    """Every process ends with the mean gradient, as if one had seen the whole batch."""
    if world_size() == 1:
        return
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    flat = average(torch.cat([g.flatten() for g in gradients]))
    for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))


def average(value: Tensor) -> Tensor:
    """The mean of a tensor over all processes."""
    if world_size() > 1:
        dist.all_reduce(value)
        value /= world_size()
    return value
