"""Chapter 2, what the reader moves round the head: a pair of elements, the elements one by one, the fading copy."""

import math

import torch

from ... import sense
from ...coils import rss
from ...encoding import add_noise
from ...fourier import fft2c, ifft2c
from ...metrics import foreground
from ...sampling import equispaced
from ...scan import Scan
from ...types import Maps
from ...widgets import Control, Place, bars, compare, image
from ...widgets.view import View
from ..common.places import upright_pixel
from .claims import head
from .elements import round_the_head
from .scenes_unfolding import WINDOW, folded_column, scanner_field

ANGLES = (180, 120, 90, 60, 40, 25, 15, 10, 5)  # of element 2, degrees from element 1


def pair_maps(shape, angle: float, radius: float = 1.15) -> Maps:
    """Maps of two elements, RSS = 1: (2, y, x). A lies before the first column, B `angle` degrees from it.

    Each hears with 1 / distance squared and with the phase of its angle of view; `radius` in half-fields.
    """
    y, x = ((torch.arange(n) - n // 2) / (n / 2) for n in shape)
    maps = []
    for turn in (0.0, math.radians(angle)):
        dx, dy = x[None, :] + radius * math.cos(turn), y[:, None] - radius * math.sin(turn)
        maps.append(torch.polar(1 / (dx**2 + dy**2), torch.atan2(dy, dx) + turn))
    heard = torch.stack(maps)
    return heard / rss(heard)


def pair(case: Scan, angle: float, noise: float = 0.01, seed: int = 0) -> dict:
    """R = 2 with two simulated elements round the picture of `case`: "maps", "g"; "folded", "unfolded" (1, y, x)."""
    maps = pair_maps(case.image.shape[-2:], angle)
    mask = equispaced(case.image.shape[-2:], 2)
    kspace = mask * add_noise(fft2c(maps * case.image), noise, torch.Generator().manual_seed(seed))
    return {
        "maps": maps,
        "folded": rss(ifft2c(kspace)),
        "unfolded": sense.unfold(kspace, mask, maps),
        "g": sense.g_factor(maps, 2),
    }


def partners(case: Scan) -> tuple[int, int, int]:
    """A row off the midline and two columns half a field apart, both inside the head: (y, x of P, x of Q)."""
    inside = foreground(case.image)
    n_x = inside.shape[-1]
    both = inside & inside.roll(-(n_x // 2), -1)
    both[:, n_x // 2 :] = False
    rows = inside.any(1).nonzero().flatten()
    y = int(rows[0] + 0.3 * (rows[-1] - rows[0]))
    columns = both[y].nonzero().flatten()
    if not len(columns):
        columns = torch.tensor([n_x // 4])
    x = int(columns[len(columns) // 2])
    return y, x, x + n_x // 2


def pairs(case: Scan) -> dict[int, dict]:
    """Angle -> `pair` with its "price", the mean g inside the head, for element 2 on its way to element 1."""
    inside = head(case)
    found = {angle: pair(case, angle) for angle in ANGLES}
    return {angle: two | {"price": float(two["g"][0][inside].mean())} for angle, two in found.items()}


def two_elements(case: Scan, pairs: dict[int, dict]) -> View:
    """Element 2 moves round the head: how loudly both hear two places, what they unfold. `pairs`: of `pairs`."""
    row, x, y = partners(case)
    X, Y = Place(*upright_pixel(case, row, x), "X"), Place(*upright_pixel(case, row, y), "Y")
    both = Place(*upright_pixel(case, row, folded_column(x, case.image.shape[-1], 2)), "X and Y")

    def panes(angle):
        two = pairs[angle]
        heard = {
            f"{element}: {name}": float(two["maps"][element - 1, row, column].abs())
            for element in (1, 2)
            for name, column in (("X", x), ("Y", y))
        }
        pile = scanner_field(two["folded"], 2)
        return {
            "Folded, as the scanner sees it": image(pile, window=(0, 0.7), marks=[both]),
            "How loud": bars(heard, top=1),
            "Unfolded": image(two["unfolded"], window=WINDOW, marks=[X, Y], corner=f"noise x {two['price']:.1f}"),
        }

    names = ["opposite 1", *(f"{a}° from 1" for a in ANGLES[1:])]
    return compare(
        panes,
        {"angle": Control(list(ANGLES), "Element 2", names=names)},
        scan=case,
        key="two-elements",
        alt="Two coil elements unfold a head at R = 2. As element 2 moves from the back of the head to element 1 at "
        "the front, the bars of both become equal and the unfolded picture drowns in noise; no copy returns.",
        caption=f"{case.label}, heard by two simulated elements, R = 2, noise added. Loudness: share of both elements "
        "together.",
    )


def one_by_one(case: Scan) -> View:
    """The elements' pictures and maps, in order round the head."""
    order, share = round_the_head(case.maps), len(case.maps) ** -0.5  # of loudness, were all alike
    return compare(
        {
            "One element": image(ifft2c(case.kspace)[order].abs(), window=(0, min(1.8 * share, 1))),
            "Its map": image(case.maps[order].abs(), kind="map", window=(0, min(3.2 * share, 1))),
        },
        scan=case,
        key="elements",
        alt="A stack of coil elements and their maps. Each is bright on its own side of the head and fades with "
        "distance; together they go round the head.",
        caption=f"{case.label}. {len(case.maps)} elements in order round the head; maps by ESPIRiT.",
    )


def fading(case: Scan, found: dict) -> View:
    """R = 2 without unfolding, merged in three ways. `found`: of `elements.fading_copy`."""
    return compare(
        {
            name: image(picture.abs(), window=(0, 0.6), corner=f"copy {found['copy'][name]:.0%}")
            for name, picture in found["images"].items()
        },
        scan=case,
        key="fading",
        alt="R = 2, not unfolded. With one uniform coil and with RSS the copy is as bright as the head. Weighted by "
        "the maps, it fades.",
        caption=f"{case.label}, every second line, zero-filled. Corner: brightness of the copy as a share of the full "
        "scan.",
    )
