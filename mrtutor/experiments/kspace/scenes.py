"""Chapter 1, what is shown: the slice, where its plaque and the copies lie, and the still pictures."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ... import fourier, metrics, sampling
from ...patients import Lesion, patient
from ...scan import Scan, acquire, find, load
from ..common import figures
from ..common.places import upright_place
from .claims import count, zero_filled
from .limits import overshoot, scan_seconds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SEED = 3  # of the test split
PLAQUE = Lesion("ms", at=(-8.0, 29.0), size_mm=11)  # mm down and to the right of the middle


@lru_cache(maxsize=1)
def case() -> Scan:
    """One uniform coil, the head 80 % of the field along phase encoding, one plaque off the midline: 192 x 192, FLAIR-like."""
    anatomy = patient(SEED, contrast="FLAIR", level="ventricles", lesions=[PLAQUE], split="test", fill=0.8)
    return acquire(anatomy, coils="uniform", size=192, noise=0.03, seed=SEED)


def landmark(case: Scan) -> Tensor:
    """The largest lesion, or in a scan without one the brightest small spot off the midline: bool (1, y, x)."""
    from scipy.ndimage import gaussian_filter, label

    if case.lesion is not None and bool(case.lesion.any()):
        pieces, n = label(case.lesion[0].numpy())
        largest = max(range(1, n + 1), key=lambda i: (pieces == i).sum())
        return torch.from_numpy(pieces == largest)[None]
    smooth = torch.from_numpy(gaussian_filter(case.image.abs()[0].numpy(), 2.0))
    n_x = smooth.shape[1]
    smooth[:, int(0.42 * n_x) : int(0.58 * n_x)] = 0
    return (smooth >= 0.98 * smooth.max())[None]


def copies_of(case: Scan, acceleration: int) -> list[tuple[float, float]]:
    """Where the landmark appears when every R-th line is kept: itself first, then its R - 1 copies, in the upright picture."""
    x, y = upright_place(case, landmark(case))
    steps = [k / acceleration for k in range(acceleration)]
    if case.phase_encoding == "horizontal":
        return [((x + step) % 1, y) for step in steps]
    return [(x, (y + step) % 1) for step in steps]


def piled_up(image: Tensor, acceleration: int) -> dict[str, float]:
    """Share of the head, and of its middle tenth of the field, onto which other tissue folds when every R-th line is kept."""
    head = metrics.foreground(image)
    n_x = head.shape[-1]
    others = sum(head.roll(round(k * n_x / acceleration), -1).int() for k in range(1, acceleration)) > 0
    columns = head.any(0).nonzero().flatten()
    middle, half = int((columns[0] + columns[-1]) // 2), round(n_x / 20)
    midline = head[:, middle - half : middle + half]
    return {
        "head": float(others[head].float().mean()),
        "midline": float(others[:, middle - half : middle + half][midline].float().mean()),
        "width": len(columns) / n_x,
    }


def dots(case: Scan) -> dict[str, tuple[Tensor, Tensor]]:
    """The image of one bright dot along phase encoding, for four ways to measure: name -> (mm, height; its own peak is 1)."""
    shape = case.kspace.shape[-2:]
    masks = {
        "all lines": sampling.equispaced(shape, 1),
        "every 2nd line": sampling.equispaced(shape, 2),
        "central quarter": sampling.centre_only(shape, 4),
        "a quarter, at random": sampling.uniform_random(shape, 4, 0, torch.Generator().manual_seed(1)),
    }
    mm = (torch.arange(shape[1]) - shape[1] // 2) * case.voxel_mm[1]
    beside = shape[1] // 8  # the dot lies a little beside the middle, so that its copy is not at the very edge
    return {
        name: (mm, sampling.point_spread(mask).abs()[0, shape[0] // 2].roll(beside)) for name, mask in masks.items()
    }


def spiked(image: Tensor, height: float = 0.5, at: tuple[int, int] = (14, 22)) -> Tensor:
    """The picture with one wrong point in k-space, `height` times as strong as the strongest, `at` steps from the centre."""
    kspace = fourier.fft2c(image).clone()
    kspace[..., kspace.shape[-2] // 2 + at[0], kspace.shape[-1] // 2 + at[1]] += height * kspace.abs().max()
    return fourier.ifft2c(kspace)


def ringing(case: Scan) -> Figure:
    """Gibbs: an edge from 64 and from 128 lines, and the head from a quarter of its k-space."""
    fig, axes = figures.row(3, 2.9, widths=[1.25, 1, 1])
    figures.curve(axes[0], "voxels of 256 lines", "signal")
    for n_lines, colour in ((64, figures.SECOND), (128, figures.ACCENT)):
        profile = overshoot(n_lines)["profile"][960:1280]
        axes[0].plot((torch.arange(320) - 64) / 16, profile, color=colour, lw=1.2, label=f"{n_lines} lines")
    axes[0].axhline(1, color="#56606a", lw=0.8)
    axes[0].legend(facecolor=figures.PAPER, edgecolor="none", labelcolor=figures.INK, fontsize=10)
    top = float(case.image.abs().max())
    few = zero_filled(case.image, sampling.centre_only(case.kspace.shape[-2:], 4))
    figures.pane(axes[1], case, few, "central quarter: ringing", (0, 0.7 * top))
    figures.pane(axes[2], case, spiked(case.image), "one wrong point: a spike", (0, 0.7 * top))
    return fig


PROTOCOLS = ((256, 1, 0), (256, 2, 24), (256, 4, 0), (256, 4, 24), (128, 4, 24))


def minutes_table(tr: float = 4.0, echo_train: int = 16) -> str:
    """HTML: lines, spacing R, reference lines; what is measured, the true R, the scan time. Last, how long the scan runs."""
    head = "".join(
        f'<th scope="col">{word}</th>'
        for word in ("Lines", "R of the protocol", "Reference lines", "Measured", "Share", "True R", "Scan")
    )
    body = ""
    for n_lines, acceleration, n_acs in PROTOCOLS:
        counted = count(n_lines, acceleration, n_acs)
        seconds = scan_seconds(n_lines, acceleration, n_acs, tr, echo_train)
        cells = (
            acceleration,
            n_acs or "none",
            counted["lines"],
            f"{counted['share']:.0%}",
            f"{counted['true']:.2f}",
            f"{seconds:.0f} s",
        )
        body += f'<tr><th scope="row">{n_lines}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    return f'<table class="ladder"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>TR {tr:g} s, {echo_train} echoes a train, one average.</p>'


def transfer() -> tuple[Scan, str, list[tuple[float, float]]]:
    """Something not seen in the chapter, phase encoding vertical: the real phantom where it was fetched, else another patient.

    Returns the scan, the name of a thing in it, and where that thing and its copy at R = 2 lie.
    """
    if find("phantom-gre") is not None:
        x, y = 0.377, 0.745  # in the upright picture
        return load("phantom-gre"), "the ring", [(x, y), (x, (y + 0.5) % 1)]
    anatomy = patient(SEED + 8, contrast="T2", level="centrum semiovale", lesions=[PLAQUE], split="test", fill=0.8)
    head = acquire(anatomy, coils="uniform", size=192, noise=0.02, seed=1, phase_encoding="vertical")
    return head, "the plaque", copies_of(head, 2)
