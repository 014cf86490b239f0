"""Chapter 1, still pictures: ringing and a spike, and the table of minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ... import fourier, sampling
from ...scan import Scan
from ..common import figures
from ..common.cases import as_one_coil
from .claims import count
from .folding import zero_filled
from .limits import overshoot, scan_seconds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PROTOCOLS = ((256, 1, 0), (256, 2, 24), (256, 4, 0), (256, 4, 24), (128, 4, 24))


def spiked(image: Tensor, height: float = 0.5, at: tuple[int, int] = (14, 22)) -> Tensor:
    """The picture with one wrong point in k-space, `height` times the strongest, `at` steps from the centre."""
    kspace = fourier.fft2c(image).clone()
    kspace[..., kspace.shape[-2] // 2 + at[0], kspace.shape[-1] // 2 + at[1]] += height * kspace.abs().max()
    return fourier.ifft2c(kspace)


def ringing(case: Scan) -> tuple[Figure, str, str]:
    """Gibbs: an edge from 64 and from 128 lines, the head from a quarter of k-space; a spike. With alt and caption."""
    fig, axes = figures.row(3, 2.9, widths=[1.25, 1, 1])
    figures.curve(axes[0], "voxels of 256 lines", "signal")
    for n_lines, colour in ((64, figures.SECOND), (128, figures.ACCENT)):
        profile = overshoot(n_lines)["profile"][960:1280]
        axes[0].plot(
            (torch.arange(320).numpy() - 64) / 16, profile.numpy(), color=colour, lw=1.2, label=f"{n_lines} lines"
        )
    axes[0].axhline(1, color="#56606a", lw=0.8)
    axes[0].legend(facecolor=figures.PAPER, edgecolor="none", labelcolor=figures.INK, fontsize=10)
    top = float(case.image.abs().max())
    few = zero_filled(case.image, sampling.centre_only(case.kspace.shape[-2:], 4))
    figures.pane(axes[1], case, few, "central quarter: ringing", (0, 0.7 * top))
    figures.pane(axes[2], case, spiked(case.image), "one wrong point: a spike", (0, 0.7 * top))
    alt = (
        "Left: an edge from 64 and 128 lines overshoots by the same 9 percent, closer to the edge with more "
        "lines. Middle: a head from the central quarter of the lines, with stripes beside the scalp. Right: one "
        "wrong point draws fine stripes across the whole head."
    )
    caption = (
        f"Gibbs ringing and a spike. {case.label}, {as_one_coil(case)}, PE as the arrow. More lines move the "
        "overshoot closer to the edge; its height stays."
    )
    return fig, alt, caption


def minutes_table(tr: float = 4.0, echo_train: int = 16) -> str:
    """HTML: lines, spacing R and reference lines of the PROTOCOLS; what they measure, the true R, the scan time."""
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
    return (
        f'<table class="ladder"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>TR {tr:g} s, '
        f"{echo_train} echoes a train, one average.</p>"
    )
