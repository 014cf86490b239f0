"""Still pictures with the habits of the reading room: upright, letters, phase-encoding arrow, window stated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ...scan import Scan

INK, PAPER, ACCENT, SECOND = "#dbe2e7", "#11161b", "#6fcdc8", "#ecc26b"


def row(n: int, height: float = 3.4, widths=None) -> tuple[Figure, list[Axes]]:
    """A dark figure with `n` axes side by side."""
    from matplotlib import pyplot

    widths = list(widths or [1] * n)
    fig, axes = pyplot.subplots(
        1,
        n,
        figsize=(height * sum(widths), height),
        facecolor=PAPER,
        layout="constrained",
        gridspec_kw={"width_ratios": widths},
        squeeze=False,
    )
    return fig, list(axes[0])


def pane(
    ax: Axes, scan: Scan, array, title: str = "", window: tuple[float, float] | None = None, letters: bool = True
) -> None:
    """One picture of `scan` (magnitude where complex) with letters, arrow and window.

    window: in the array's own units; None = 0 to its maximum.
    """
    array = torch.as_tensor(array)
    picture = scan.stand_up(array.abs() if array.is_complex() else array).reshape(
        array.shape[-2:] if scan.phase_encoding == "horizontal" else array.shape[-2:][::-1]
    )
    low, high = window or (0.0, float(picture.max()))
    aspect = (
        scan.voxel_mm[0] / scan.voxel_mm[1]
        if scan.phase_encoding == "horizontal"
        else scan.voxel_mm[1] / scan.voxel_mm[0]
    )
    ax.imshow(picture.numpy(), cmap="gray", vmin=low, vmax=high, interpolation="nearest", aspect=aspect)
    ax.set_axis_off()
    ax.text(
        0.97,
        0.03,
        f"{low:.3g} to {high:.3g}",
        color="#a2adb6",
        fontsize=9,
        transform=ax.transAxes,
        ha="right",
        va="bottom",
    )
    ax.set_title(title, color=INK, fontsize=12)
    style = {"color": ACCENT, "fontsize": 11, "transform": ax.transAxes, "ha": "center", "va": "center"}
    for letter, place in zip(
        scan.letters if letters else (), ((0.5, 0.96), (0.965, 0.5), (0.5, 0.04), (0.035, 0.5)), strict=False
    ):
        ax.text(*place, letter, **style)
    start, end = ((0.06, 0.06), (0.26, 0.06)) if scan.phase_encoding == "horizontal" else ((0.06, 0.26), (0.06, 0.06))
    ax.annotate("", end, start, xycoords="axes fraction", arrowprops={"arrowstyle": "<->", "color": ACCENT, "lw": 1.2})
    ax.text(start[0] + 0.01, start[1] + 0.045, "PE", **{**style, "fontsize": 9, "ha": "left"})


def curve(ax: Axes, x_label: str, y_label: str) -> None:
    """Axes for a curve, in the colours of the panes."""
    ax.set_facecolor(PAPER)
    ax.set_xlabel(x_label, color=INK, fontsize=11)
    ax.set_ylabel(y_label, color=INK, fontsize=11)
    ax.tick_params(colors=INK, labelsize=10)
    for side, spine in ax.spines.items():
        spine.set_color("#56606a")
        spine.set_visible(side in ("left", "bottom"))
