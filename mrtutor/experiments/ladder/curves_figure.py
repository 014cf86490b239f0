"""The curves of every method over acceleration as a picture, and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...methods import METHODS, Trained
from ..common import figures
from . import curves
from .curves import TUNED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# colour (told apart by colour-blind readers, as are the markers), line, marker; what is not listed is grey
STYLES = {
    "Zero-filled": ("#dbe2e7", ":", "x"),
    "CG-SENSE": ("#cc79a7", "--", "s"),
    "GRAPPA": ("#f0e442", "--", "^"),
    TUNED: ("#56b4e9", "--", "o"),
    "GRAPPA + denoiser": ("#f0e442", "-", "v"),
    "U-Net": ("#e69f00", "-", "P"),
    "MoDL": ("#2fc79a", "-", "D"),
}
GREY = "#6f7b85"


def figure(measured: dict) -> Figure:
    """PSNR and SSIM over the true acceleration: means with 95 % intervals. Classical methods dashed, networks solid.

    Grey: the methods that `STYLES` does not single out. Their intervals are left away.
    """
    from matplotlib.lines import Line2D

    fig, axes = figures.row(2, 4.2, widths=[1.3, 1.3])
    for ax, metric in zip(axes, curves.DIGITS, strict=True):
        figures.curve(ax, "R (true acceleration)", "PSNR (dB)" if metric == "PSNR" else metric)
        found = curves.summary(measured, metric)
        for name in sorted(found, key=lambda name: name in STYLES):
            R, mean, half = zip(*found[name], strict=True)
            colour, style, marker = STYLES.get(
                name, (GREY, "-" if isinstance(METHODS.get(name), Trained) else "--", "")
            )
            ax.plot(R, mean, color=colour, ls=style, marker=marker, lw=1.7 if name in STYLES else 0.9, ms=5.5)
            if name in STYLES:
                aside = 0.02 * (
                    list(STYLES).index(name) - (len(STYLES) - 1) / 2
                )  # so that the bars do not hide one another
                ax.errorbar([r + aside for r in R], mean, half, fmt="none", ecolor=colour, elinewidth=1, alpha=0.65)
    keys = [
        Line2D([], [], color=colour, ls=style, marker=marker, lw=1.7, ms=5.5, label=name)
        for name, (colour, style, marker) in STYLES.items()
    ]
    keys += [
        Line2D([], [], color=GREY, ls=style, lw=1, label=label)
        for style, label in (("--", "other classical methods"), ("-", "other networks"))
    ]
    fig.legend(
        handles=keys,
        loc="outside right center",
        facecolor=figures.PAPER,
        edgecolor="none",
        labelcolor=figures.INK,
        fontsize=10,
        handlelength=3,
    )
    return fig


def alt(measured: dict) -> str:
    """The figure in words: mean PSNR of the methods that it singles out, at the lowest, a middle and the highest R."""
    found = curves.summary(measured)
    places = sorted({measured["R"][0], measured["R"][len(measured["R"]) // 2], measured["R"][-1]})
    parts = []
    for name in STYLES:
        values = {R: f"{mean:.1f}" for R, mean, _ in found[name]}
        parts.append(f"{name} {', '.join(values.get(R, 'refused') for R in places)}")
    return f"Mean PSNR in dB of {measured['n']} virtual patients at R = {', '.join(f'{R:.1f}' for R in places)}. {'; '.join(parts)}."
