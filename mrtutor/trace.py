"""Look inside a network: every image, k-space and feature map on the way from the data to the picture."""

from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .encoding import encode_adjoint
from .networks.base import Network, brightness
from .types import Image, Kspace, Maps, Mask, Reconstruction

DOMAINS = ("image", "kspace", "wavelet", "features")
SINGULAR = {"nets": "net", "stages": "stage", "cascades": "cascade", "blocks": "block", "layers": "layer"}


@dataclass(frozen=True)
class Step:
    """One intermediate result: its name, its domain (image, kspace, wavelet or features) and the tensor."""

    name: str
    domain: str
    tensor: Tensor


@dataclass(frozen=True)
class Trace:
    """All steps in the order in which they were computed, and the image that came out."""

    steps: tuple[Step, ...]
    image: Image

    def __getitem__(self, name: str) -> Tensor:
        """The tensor of that name."""
        found = [step.tensor for step in self.steps if step.name == name]
        if not found:
            raise KeyError(f"name must be one of {', '.join(self.names())}, got {name!r}")
        return found[0]

    def names(self, domain: str | None = None) -> list[str]:
        """Names in order, of one domain or of all."""
        if domain not in (None, *DOMAINS):
            raise ValueError(f"domain must be one of {', '.join(DOMAINS)}, got {domain!r}")
        return [step.name for step in self.steps if domain in (None, step.domain)]


def trace(network: Reconstruction, kspace: Kspace, mask: Mask, maps: Maps) -> Trace:
    """Run the network, or a method of `METHODS` that has one, and keep what its submodules hand on.

    Seen are submodules that carry `domain` ("image", "kspace", "wavelet" or "features") and convolutions (features,
    before the activation that follows). All but features are complex, in the units of `kspace`, with its batch axes;
    features are (b, channel, y, x), in the network's own units. A module that is used again is numbered: "dc 1", "dc
    2". The network runs as in use (`eval`), without gradient, and is left as it was.
    """
    network = getattr(network, "network", network)
    if not isinstance(network, nn.Module):
        raise TypeError(f"network must be a module with stages to look at, got {network!r}")
    seen: list[tuple[str, str, Tensor]] = []
    watched = dict(_watched(network))
    modes = [(module, module.training) for module in network.modules()]
    hooks = []
    try:
        network.eval()
        for module, (name, domain) in watched.items():
            hooks.append(module.register_forward_hook(_keep(seen, name, domain)))
        with torch.no_grad():
            image = network(kspace, mask, maps)
            scale = (
                brightness(_flat(encode_adjoint(kspace, mask, maps))) if isinstance(network, Network) else torch.ones(1)
            )
    finally:
        for hook in hooks:
            hook.remove()
        for module, mode in modes:
            module.training = mode
    batch = image.shape[:-3]
    calls, counted = Counter(name for name, _, _ in seen), Counter[str]()
    steps = []
    for name, domain, tensor in seen:
        counted[name] += 1
        if domain != "features":
            tensor = scale.to(tensor.device) * tensor
            if isinstance(network, Network):
                tensor = tensor.reshape(*batch, *tensor.shape[-3:])
        steps.append(Step(f"{name} {counted[name]}" if calls[name] > 1 else name, domain, tensor))
    return Trace(tuple(steps), image)


def _watched(network: nn.Module):
    """(module, (name, domain)) of everything worth seeing; inside a module that shows features, nothing more."""
    inside: list[str] = []
    n_convolutions: Counter = Counter()
    for path, module in network.named_modules():
        if not path or any(path.startswith(outer + ".") for outer in inside):
            continue
        domain = getattr(module, "domain", None)
        if domain == "features":
            inside.append(path)
        elif domain is None and isinstance(module, nn.modules.conv._ConvNd):
            domain = "features"
        if domain is None:
            continue
        if domain not in DOMAINS:
            raise ValueError(f"domain must be one of {', '.join(DOMAINS)}, got {domain!r} in {path}")
        parent, _, last = path.rpartition(".")
        if domain == "features" and last.isdigit():  # a place in a Sequential says little: count the convolutions
            n_convolutions[parent] += 1
            yield module, (f"{_words(parent)}: convolution {n_convolutions[parent]}".removeprefix(": "), domain)
        else:
            yield module, (_words(path), domain)


def _words(path: str) -> str:
    """Where a module sits, for people: "nets.1.down.0" -> "net 2: down 1"."""
    words: list[str] = []
    for part in path.split(".") if path else []:
        if part.isdigit() and words:
            words[-1] = f"{SINGULAR.get(words[-1], words[-1])} {int(part) + 1}"
        else:
            words.append(part)
    return ": ".join(words)


def _keep(seen: list, name: str, domain: str):
    def hook(module, inputs, output: Tensor) -> None:
        seen.append((name, domain, output.detach().clone()))

    return hook


def _flat(image: Image) -> Image:
    return image.reshape(-1, *image.shape[-3:])
