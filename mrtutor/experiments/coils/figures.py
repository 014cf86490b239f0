"""Chapter 2, the still pictures: the price of unfolding, the kernel, what more elements and more skipping do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...scan import Scan
from ..common import figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def noise_maps(case: Scan, loss: dict, acceleration: int) -> Figure:
    """From `chapter2.snr_loss`: how many times noisier than the full scan each place is, measured by repetition and predicted."""
    fig, axes = figures.row(2, 3.2)
    for ax, key, title in (
        (axes[0], "map", "measured, repeated scans"),
        (axes[1], "theory", f"g x root of R, R = {acceleration}"),
    ):
        figures.pane(ax, case, loss[key], title, (0, float(loss["theory"].max())))
    bar = fig.colorbar(axes[1].images[0], ax=axes, shrink=0.8, pad=0.02)
    bar.set_label("noise, times that of the full scan", color=figures.INK, fontsize=9)
    bar.ax.tick_params(colors=figures.INK, labelsize=8)
    return fig


def kernel(acceleration: int = 4, n_readout: int = 9) -> Figure:
    """GRAPPA's kernel: learnt in the centre, where the gap is known, used outside, where it is not."""
    fig, axes = figures.row(2, 3.4, widths=[1, 1])
    span, middle = 3 * acceleration, n_readout // 2
    for ax, known, title in ((axes[0], True, "In the centre: learn"), (axes[1], False, "Outside: use")):
        for line in range(-2, span + 3):
            measured = known or line % acceleration == 0
            for sample in range(n_readout):
                source = line in range(0, span + 1, acceleration) and abs(sample - middle) <= 2
                target = acceleration < line < 2 * acceleration and sample == middle
                colour = figures.ACCENT if source else figures.SECOND if target else "#7d8992"
                ax.plot(
                    sample,
                    line,
                    "o",
                    ms=6 if source or target else 4,
                    mec=colour,
                    mfc=colour if measured else "none",
                    mew=1.2,
                )
        for gap in range(acceleration + 1, 2 * acceleration):
            ax.annotate(
                "" if known else "?", (middle, gap), (middle + 0.45, gap), color=figures.SECOND, fontsize=9, va="center"
            )
        ax.set_title(title, color=figures.INK, fontsize=10)
        ax.invert_yaxis()
        figures.curve(ax, "readout", "phase-encoding lines" if known else "")
        ax.set_xticks([])
        ax.set_yticks([])
    return fig


def curves(knee: dict, elements: dict) -> Figure:
    """Left: error over R, from `chapter2.knee`. Right: error over the number of elements, from `chapter2.more_elements`."""
    fig, axes = figures.row(2, 3.0, widths=[1.2, 1.2])
    figures.curve(axes[0], "R (spacing of the lines)", "squared error, % (NMSE)")
    for name, colour, style in (("SENSE", figures.ACCENT, "o-"), ("GRAPPA", figures.SECOND, "s--")):
        axes[0].plot(knee["R"], [100 * e for e in knee[name]], style, color=colour, lw=1.4, ms=5, label=name)
    axes[0].set_xticks(knee["R"])
    axes[0].legend(facecolor=figures.PAPER, edgecolor="none", labelcolor=figures.INK, fontsize=9)
    figures.curve(axes[1], "coil elements used", "squared error, % (NMSE)")
    axes[1].plot(
        range(len(elements["elements"])), [100 * e for e in elements["nmse"]], "o-", color=figures.ACCENT, lw=1.4, ms=5
    )
    axes[1].set_xticks(range(len(elements["elements"])), elements["elements"])
    for ax, errors in ((axes[0], knee["GRAPPA"]), (axes[1], elements["nmse"])):
        ax.set_ylim(0, 130 * max(errors))  # SENSE may leave the picture
    return fig


def correlation(noise: dict) -> Figure:
    """From `chapter2.noise_correlation`: how much each pair of elements shares its noise."""
    fig, axes = figures.row(1, 3.2)
    axes[0].imshow(noise["correlation"], cmap="gray", vmin=0, vmax=1)
    figures.curve(axes[0], "coil element", "coil element")
    return fig
