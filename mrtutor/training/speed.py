"""Where a network computes, and how it computes faster there with the same numbers, up to rounding."""

from contextlib import AbstractContextManager

import torch
from torch import nn

COMPLEX = ("image", "kspace", "wavelet")  # what a module's `domain` says where complex numbers go through it
CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def checked_device(name: str) -> str:
    """The name of a device that is here. Raises ValueError, one sentence, for another."""
    here = [
        "cpu",
        *(["mps"] if torch.backends.mps.is_available() else []),
        *(f"cuda:{i}" for i in range(torch.cuda.device_count())),
    ]
    if name not in here and not (name == "cuda" and torch.cuda.is_available()):
        raise ValueError(f"device must be one that this machine has ({', '.join(here)}), got {name!r}")
    return name


def precision(device: str, bf16: bool | None = None) -> AbstractContextManager:
    """Convolutions in 16 bits where `bf16`, on CUDA by default. The Fourier transform and all else stay in 32 bits."""
    kind = torch.device(device).type
    return torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda" if bf16 is None else bf16)


def prepare(network: nn.Module, device: str, backend: str | None = None) -> list[nn.Module]:
    """Bring the network to the device and make it fast; returns the parts that were compiled (see `release`).

    Convolutions get the layout in which they run fastest (`layout`). On CUDA the real-valued parts are compiled,
    once for all sizes; `backend` compiles them elsewhere too.
    """
    kind = torch.device(device).type
    network.to(device)
    fastest = layout(network, kind)
    for layer in network.modules():
        if isinstance(layer, CONVOLUTIONS):
            layer.to(memory_format=fastest)
    backend = backend or ("inductor" if kind == "cuda" else None)
    parts = real_parts(network) if backend else []
    release(parts)
    for part in parts:
        part.forward = torch.compile(part.forward, dynamic=True, backend=backend)
    return parts


def layout(network: nn.Module, kind: str) -> torch.memory_format:
    """Channels last, which saves up to a quarter of a step; plain on a CPU where instance norms stand between the
    convolutions.

    Instance norm computes channel by channel: it would copy every picture there and back, and a step took a fifth
    longer.
    """
    norms = any(isinstance(layer, nn.InstanceNorm2d) for layer in network.modules())
    return torch.contiguous_format if norms and kind == "cpu" else torch.channels_last


def release(parts: list[nn.Module]) -> None:
    """Undo the compiling: the network then runs anywhere again, can be copied and exported."""
    for part in parts:
        vars(part).pop("forward", None)  # the instance's; the class keeps its own


def real_parts(network: nn.Module) -> list[nn.Module]:
    """The largest submodules that convolve and through which real numbers go only: what torch.compile can handle whole.

    Complex numbers go through the network itself, and through modules that carry a complex `domain` or hold one that
    does.
    """
    parts, inside = [], set()
    for module in network.modules():
        if module in inside or module is network or isinstance(module, (nn.ModuleList, *CONVOLUTIONS)):
            continue
        below = list(module.modules())
        if any(getattr(one, "domain", None) in COMPLEX for one in below) or not any(
            isinstance(one, CONVOLUTIONS) for one in below
        ):
            continue
        parts.append(module)
        inside.update(below)
    return parts
