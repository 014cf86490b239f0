"""Chapter 2, the transfer task: a drawn abdomen, elements in front and behind, a breath before the scan."""

import torch

from ... import sense
from ...coils import rss
from ...encoding import add_noise
from ...fourier import fft2c
from ...sampling import equispaced
from ...scan import Scan


def draw(phase_encoding: str = "vertical", across: tuple = (-90, 90), breath_mm: float = 0, size: int = 126) -> Scan:
    """A drawn axial abdomen, 378 x 378 mm, with elements in front and behind, none at the sides; no noise.

    A schematic, not a virtual patient: body wall, liver with a bright 8 mm dot, spleen, aorta, vertebra, spinal canal,
    kidneys. `across`: where the elements of each row lie, mm to the patient's left. `breath_mm`: the front row lies
    that much further out.
    """
    mm = (torch.arange(size) - size // 2) * (378 / size)
    y, x = mm[:, None], mm[None, :]  # x to the patient's left, which is the picture's right
    image = torch.zeros(size, size)
    for cx, cy, a, b, grey in (
        (0, 0, 172, 118, 0.8),
        (0, 2, 158, 104, 0.35),
        (-45, -20, 105, 66, 0.5),
        (95, 25, 38, 46, 0.6),
        (-62, 56, 22, 30, 0.65),
        (62, 56, 22, 30, 0.65),
        (0, 58, 24, 20, 0.4),
        (0, 90, 8, 8, 1.0),
        (12, 28, 10, 10, 0.9),
        (-95, -20, 4.5, 4.5, 0.8),
    ):
        image = torch.where(((x - cx) / a) ** 2 + ((y - cy) / b) ** 2 < 1, grey, image)
    centres = [(cx, cy) for cy in (-140 - breath_mm, 140) for cx in across]
    loudness = torch.stack(
        [torch.polar(1 / ((x - cx) ** 2 + (y - cy) ** 2 + 400), torch.atan2(x - cx, y - cy)) for cx, cy in centres]
    )
    maps, image, upright = (loudness / rss(loudness)).to(torch.complex64), image[None].to(torch.complex64), "as is"
    if phase_encoding == "vertical":
        image, maps, upright = image.mT, maps.mT, "transpose"
    return Scan(
        fft2c(maps * image).contiguous(),
        torch.ones(1, size, size, dtype=torch.bool),
        maps.contiguous(),
        (378 / size,) * 2,
        upright,
        ("A", "L", "P", "R"),
        "Drawn abdomen, simulated elements",
        truth=image.contiguous(),
    )


def after_a_breath(breath_mm: float = 30, acceleration: int = 3, noise: float = 0.004) -> dict:
    """The drawn abdomen, unfolded with maps from another breath-hold: "image" (1, y, x).

    Bool (y, x): "arc", where fold-over is left, "dot", the lesion.
    """
    case, deeper = draw(), draw(breath_mm=breath_mm).maps
    mask = equispaced(case.image.shape[-2:], acceleration)
    wrong = sense.unfold(mask * case.kspace, mask, deeper)
    image = sense.unfold(mask * add_noise(case.kspace, noise, torch.Generator().manual_seed(0)), mask, deeper)
    grey, step = case.truth[0].abs(), case.truth.shape[-1] // acceleration
    wall = grey > 0.7  # and canal, aorta, lesion: bright things, whose copies lie a third of the field away
    copies = (wall.roll(step, -1) | wall.roll(-step, -1)) & ~wall & ((wrong - case.truth)[0].abs() > 0.03)
    grown = lambda spot, n: (
        torch.nn.functional.max_pool2d(spot[None, None].float(), 2 * n + 1, stride=1, padding=n)[0, 0] > 0
    )
    mm = (torch.arange(len(grey)) - len(grey) // 2) * case.voxel_mm[0]
    dot = (mm[:, None] + 95) ** 2 + (mm + 20) ** 2 < 9**2  # (y, x) as stored: the abdomen lies on its side
    return {"image": image, "arc": grown(copies, 1) & ~grown(dot, 2), "dot": dot}
