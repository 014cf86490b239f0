"""Textures that no anatomy has, so that a network cannot learn one kind of head by heart: dead leaves [Lee2001].

Ellipses of all sizes fall on a plane and cover each other, as objects do in any picture: sharp edges everywhere, and
like detail at every scale.
"""

import math

import torch
from torch import Tensor

from ..types import Image

SMALLEST, LARGEST, LONGEST, N = (
    1.0,
    0.15,
    4.0,
    3000,
)  # short half axis: pixels, share of the side; long over short axis; leaves


def dead_leaves(n: int, generator: torch.Generator) -> Tensor:
    """(n, n) grey values 0..1: ellipses laid one upon the other, the number of half axis r falling as r**-3."""
    image = torch.full((n, n), 0.5)
    for u, y, x, angle, stretch, grey in reversed(torch.rand(N, 6, generator=generator).tolist()):
        short = (u * SMALLEST**-2 + (1 - u) * (LARGEST * n) ** -2) ** -0.5
        long = short * (1 + (LONGEST - 1) * stretch**2)
        cos, sin = math.cos(math.pi * angle), math.sin(math.pi * angle)
        rows, columns = (slice(max(0, int(centre * n - long)), int(centre * n + long) + 2) for centre in (y, x))
        dy, dx = torch.arange(n)[rows, None] - y * n, torch.arange(n)[columns] - x * n
        leaf = ((cos * dx + sin * dy) / long).square() + ((cos * dy - sin * dx) / short).square() < 1
        image[rows, columns] = torch.where(leaf, grey, image[rows, columns])
    return image


def leafy(image: Image, generator: torch.Generator) -> Image:
    """The head of (1, n, n) `image` filled with leaves, or dappled by them where its anatomy shows through; its phase
    stays.
    """
    magnitude = image.abs()
    head = torch.nn.functional.avg_pool2d((magnitude > 0.05 * magnitude.max()).float(), 9, 1, 4) > 0.5
    darkest, dappled = torch.rand(2, generator=generator).tolist()
    leaves = head * torch.lerp(torch.tensor(0.4 * darkest), torch.tensor(1.0), dead_leaves(image.shape[-1], generator))
    if dappled < 0.5:
        return image * (0.5 + leaves)
    return torch.polar(0.7 * magnitude.max() * leaves, image.angle())
