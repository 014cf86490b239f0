"""How good a method is on slices it has not seen."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache

import torch

from .. import metrics
from ..types import Reconstruction
from .stream import Example, Stream

SEEN_HEADS, NEW_HEAD = "PSNR new people", "PSNR new anatomy"


def evaluate(method: Reconstruction, stream: Stream, numbers: Iterable[int]) -> dict[str, float]:
    """Mean PSNR (dB) and SSIM inside the foreground over the stream's examples `numbers`, against the noise-free full
    scan.
    """
    scores = []
    for example in examples(stream, tuple(numbers)):
        with torch.no_grad():
            image = method(*example[:3])
        region = metrics.foreground(example.target)
        scores.append((metrics.psnr(image, example.target, region), metrics.ssim(image, example.target, region)))
    psnr, ssim = torch.tensor(scores).mean(0).tolist()
    return {"PSNR": psnr, "SSIM": ssim}


def validation(stream: Stream | None = None, n: int = 12) -> Callable[[Reconstruction], dict[str, float]]:
    """Scores for the history: PSNR on `n` new people drawn from the training heads, and on as many from a head kept
    out.

    Their slices have the dials of `stream`, so that a network tied to a coil count or a pattern meets its own; but no
    leaves.
    """

    def validate(method: Reconstruction) -> dict[str, float]:
        device = next(method.parameters()).device if hasattr(method, "parameters") else "cpu"

        def on_device(*arrays):
            return method(*(array.to(device) for array in arrays)).cpu()

        return {
            label: evaluate(on_device, replace(stream or Stream(), seed=900, split=split, leaves=(0.0, 0.0)), range(n))[
                "PSNR"
            ]
            for label, split in ((SEEN_HEADS, "val"), (NEW_HEAD, "test"))
        }

    return validate


@lru_cache(maxsize=4)
def examples(stream: Stream, numbers: tuple[int, ...]) -> list[Example]:
    """The stream's examples of these numbers, remembered."""
    return [stream.slice_number(i) for i in numbers]
