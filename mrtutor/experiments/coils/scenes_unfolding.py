"""Chapter 2, what the reader moves in a pile: it is solved row by row, and its noise has an address."""

from collections.abc import Callable

import torch
from torch import Tensor

from ... import sense
from ...coils import rss
from ...fourier import ifft2c
from ...sampling import equispaced
from ...scan import Scan
from ...types import Image
from ...widgets import Control, Place, bars, compare, image
from ...widgets.view import View
from ..common.places import upright_pixel
from .claims import head

WINDOW = (0, 0.9)  # of the pictures; the brightest pixel is 1


def scanner_field(image: Tensor, acceleration: int) -> Tensor:
    """What a scanner shows of an R-fold pile: the central 1/R of the field, black around it. (1, y, x) -> (1, y, x)."""
    n_x = image.shape[-1]
    width = n_x // acceleration
    start = n_x // 2 - width // 2
    shown = (torch.arange(n_x) >= start) & (torch.arange(n_x) < start + width)
    return image * shown


def folded_column(x: int, n_x: int, acceleration: int) -> int:
    """The column of that picture into which column `x` folds."""
    width = n_x // acceleration
    start = n_x // 2 - width // 2
    return start + (x - start) % width


def unfold_until(case: Scan, acceleration: int, solved: int) -> dict:
    """SENSE on its way: the first `solved` columns of the pile are unfolded, the rest is still dark.

    "image" (1, y, x); "heard": loudness of the pixel solved last in each element; "places": the R values found for it.
    """
    mask = equispaced(case.image.shape[-2:], acceleration)
    image = sense.unfold(mask * case.kspace, mask, case.maps)
    width, row = image.shape[-1] // acceleration, image.shape[-2] // 2
    done = (torch.arange(image.shape[-1]) % width < solved).expand_as(image)
    last = max(solved - 1, 0)
    return {
        "image": image * done,
        "heard": ifft2c(mask * case.kspace)[:, row, last].abs(),
        "places": image[0, row, last::width].abs(),
        "row": row,
        "column": last,
    }


def pixel_by_pixel(case: Scan) -> View:
    """R = 4: the pile is solved row after row, and each row fills four rows of the picture."""
    n_x, loudest = case.image.shape[-1], len(case.maps) ** -0.5
    solved = sorted({1, n_x // 4, *range(n_x // 32, n_x // 4 + 1, n_x // 32)})
    pile = scanner_field(rss(ifft2c(equispaced(case.image.shape[-2:], 4) * case.kspace)), 4)

    def panes(done):
        now = unfold_until(case, 4, done)
        here = Place(*upright_pixel(case, now["row"], folded_column(now["column"], n_x, 4)), "this pixel")
        return {
            "Folded": image(pile, window=(0, 0.6), marks=[here]),
            "What each element hears there": bars(now["heard"], top=loudest),
            "Unfolded so far": image(now["image"], window=WINDOW),
            "The four places, solved": bars(now["places"], top=1, labels=["1st", "2nd", "3rd", "4th"]),
        }

    return compare(
        panes,
        {"done": Control(solved, "Rows solved")},
        scan=case,
        key="pixel-by-pixel",
        columns=2,
        start={"done": solved[3]},
        alt="Row after row of the folded picture is solved; each row fills four rows of the head, a quarter of the "
        "field apart.",
        caption=f"{case.label}, {len(case.maps)} elements, R = 4. One row of the pile becomes four rows of the head.",
    )


def noise_map(case: Scan, unfold: Callable[[int], Image], top: float) -> View:
    """R = 1, 2, 4: the full scan, `unfold(R)` (1, y, x) and the g-map, up to `top`."""
    inside = head(case)

    def panes(R):
        g = sense.g_factor(case.maps, R)
        return {
            "Full scan": image(case.image.abs(), window=WINDOW),
            "Unfolded": image(unfold(R).abs(), window=WINDOW, corner=f"R = {R}"),
            "Noise, beyond √R": image(
                g, kind="map", window=(1, max(2, round(top))), corner=f"mean g {float(g[0][inside].mean()):.2f}"
            ),
        }

    return compare(
        panes,
        {"R": Control([1, 2, 4], "R")},
        scan=case,
        key="g-map",
        alt="The g-factor is 1 everywhere at R = 1, nearly 1 at R = 2, and at R = 4 about half as large again in the "
        "core as at the rim, with sharp borders where one more place joins the pile.",
        caption=f"{case.label}, {len(case.maps)} elements, SENSE. PE: phase encoding.",
    )
