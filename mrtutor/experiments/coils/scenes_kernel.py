"""Chapter 2, what the reader moves in k-space: a kernel on its way, and the reference lines that teach it."""

from collections.abc import Callable

import torch

from ... import grappa, metrics
from ...coils import combine, rss
from ...fourier import ifft2c
from ...sampling import equispaced, true_acceleration
from ...scan import Scan
from ...types import Image, Mask
from ...widgets import Control, Place, compare, image
from ...widgets.view import View
from ..common.places import upright_pixel
from .claims import score
from .scenes_unfolding import WINDOW

REFERENCE_LINES = (32, 24, 16, 12, 8, 6)


def kernel_until(case: Scan, acceleration: int, n_acs: int, filled: int) -> dict:
    """GRAPPA on its way: the gaps of the first `filled` lines are estimated, the rest is still empty.

    "kspace" (1, y, x): RSS of the elements' k-space; "image" (1, y, x).
    """
    mask = equispaced(case.image.shape[-2:], acceleration, n_acs)
    R, offset, acs = grappa.grid(mask)
    centre = case.kspace[..., acs]
    kernel = grappa.choose_kernel(centre.shape, R)
    whole = grappa.fill(mask * case.kspace, mask, grappa.calibrate(centre, R, kernel), R, offset, kernel)
    known = mask | (torch.arange(mask.shape[-1]) < filled)
    return {"kspace": rss(whole * known), "image": combine(ifft2c(whole * known), case.maps)}


def kernel_slides(case: Scan) -> View:
    """R = 4 with 24 reference lines: k-space and picture, as far as the kernel has come."""
    n_y, n_x = case.image.shape[-2:]

    def panes(filled):
        now = kernel_until(case, 4, 24, filled)
        kernel = Place(*upright_pixel(case, n_y // 2, min(filled, n_x - 1)), "kernel")
        return {
            "k-space": image(now["kspace"], kind="kspace", marks=[kernel]),
            "Picture": image(now["image"].abs(), window=WINDOW),
        }

    return compare(
        panes,
        {"filled": Control(list(range(0, n_x + 1, n_x // 8)), "Lines done")},
        scan=case,
        key="kernel-slides",
        alt="The kernel passes through k-space and fills the gaps line by line; the copies in the picture fade and "
        "detail appears.",
        caption=f"{case.label}, R = 4, 24 reference lines. Measured lines stay as they are.",
    )


def limits(case: Scan, fill_in: Callable[[Mask], Image]) -> View:
    """`fill_in(mask)` (1, y, x) over R and the number of reference lines, with its error."""

    def panes(acceleration, n_acs):
        mask = equispaced(case.image.shape[-2:], acceleration, n_acs)
        picture = fill_in(mask)
        lines = grappa.choose_kernel(case.kspace[..., grappa.grid(mask)[2]].shape, acceleration)[1]
        words = f"true R {true_acceleration(mask):.1f}, NMSE {score(picture, case):.2%}"
        wrong = metrics.error_map(picture, case.image)
        return {
            "GRAPPA": image(picture.abs(), window=WINDOW, corner=words),
            "Error": image(wrong, kind="error", gain=5, of=1, corner=f"kernel {lines} lines"),
        }

    return compare(
        panes,
        {
            "acceleration": Control([2, 3, 4, 5], "R"),
            "n_acs": Control(list(REFERENCE_LINES), "Reference lines"),
        },
        scan=case,
        key="grappa-limits",
        start={"acceleration": 3, "n_acs": 24},
        alt="GRAPPA holds at R = 2 and 3 with few reference lines. At R = 5 grain covers the head, and with six "
        "reference lines dark and bright bands of fold-over return.",
        caption=f"{case.label}. The kernel spans 4 lines where the reference lines teach it well, else 2.",
    )
