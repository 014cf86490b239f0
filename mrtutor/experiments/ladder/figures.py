"""The still pictures of the ladder's page, each with its words: every method over R, and the faint plaque."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...methods import METHODS, Trained
from ..common import figures
from . import curves, far
from .curves import TUNED
from .detection import auc

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


def curves_figure(measured: dict) -> Figure:
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
            other = (GREY, "-" if isinstance(METHODS.get(name), Trained) else "--", "")
            colour, style, marker = STYLES.get(name, other)
            ax.plot(R, mean, color=colour, ls=style, marker=marker, lw=1.7 if name in STYLES else 0.9, ms=5.5)
            if name in STYLES:
                # so that the bars do not hide one another
                aside = 0.02 * (list(STYLES).index(name) - (len(STYLES) - 1) / 2)
                ax.errorbar([r + aside for r in R], mean, half, fmt="none", ecolor=colour, elinewidth=1, alpha=0.65)
    keys = [
        Line2D([], [], color=colour, ls=style, marker=marker, lw=1.7, ms=5.5, label=name)
        for name, (colour, style, marker) in STYLES.items()
    ]
    keys += [
        Line2D([], [], color=GREY, ls=style, lw=1, label=label)
        for style, label in (("--", "other classical methods"), ("-", "other networks"))
    ]
    legend(fig, keys)
    return fig


def curves_words(measured: dict) -> str:
    """The figure in words: mean PSNR of the methods that it singles out, at the lowest, a middle and the highest R."""
    found = curves.summary(measured)
    places = sorted({measured["R"][0], measured["R"][len(measured["R"]) // 2], measured["R"][-1]})
    parts = []
    for name in STYLES:
        values = {R: f"{mean:.1f}" for R, mean, _ in found[name]}
        parts.append(f"{name} {', '.join(values.get(R, 'refused') for R in places)}")
    at = ", ".join(f"{R:.1f}" for R in places)
    return f"Mean PSNR in dB of {measured['n']} virtual patients at R = {at}. {'; '.join(parts)}."


def curves_caption(measured: dict) -> str:
    """What is drawn, and which methods are not there yet."""
    absent = curves.unmeasured(measured)
    return (
        f"Means over {measured['n']} virtual patients, 8 coils, 128 × 128, with 95 % intervals. Dashed: classical; "
        "solid: networks; grey: the others. Regular lines for zero-filled, SENSE and GRAPPA, variable density for "
        f"the rest.{' Not measured yet: ' + ', '.join(absent) + '.' if absent else ''}"
    )


def lesion_figure(seen: dict) -> Figure:
    """SSIM and AUC of `far.load()` over true R, a curve a method; the full scan as a line."""
    fig, axes = figures.row(2, 3.6, widths=[1.3, 1.3])
    for ax, label in zip(axes, ("SSIM", "AUC, faint 4 mm plaque"), strict=True):
        figures.curve(ax, "R (true acceleration)", label)
        value = mean_ssim if label == "SSIM" else plaque_auc
        ax.axhline(value(seen["full"]), color=figures.INK, lw=1, ls=":", label="full scan")
        for name in seen["rows"]:
            colour, style, marker = STYLES.get(name, STYLES[TUNED] if name == far.CS else (GREY, "-", "x"))
            values = [value(row) for row in seen["rows"][name]]
            ax.plot(seen["R"], values, color=colour, ls=style, marker=marker, lw=1.7, label=name)
    legend(fig, axes[1].get_legend_handles_labels()[0])
    return fig


def lesion_words(seen: dict) -> str:
    """The same in words: the alt text."""
    last = len(seen["nominal R"]) - 1
    parts = []
    for name, rows in seen["rows"].items():
        parts.append(f"{name} {plaque_auc(rows[0]):.2f} and {plaque_auc(rows[last]):.2f}")
    return f"SSIM and AUC fall with R. AUC at R = {seen['R'][0]:.1f} and {seen['R'][last]:.1f}: {'; '.join(parts)}."


def lesion_caption(seen: dict) -> str:
    """What was measured, and how."""
    plaque = seen["plaque"]
    return (
        f"{seen['n']} virtual patients, each with and without a plaque of {plaque['size_mm']} mm, "
        f"{plaque['contrast']:.0%} brighter than what it replaces. Left: SSIM. Right: AUC for the plaque at a known "
        "place; the axis does not reach down to one half, guessing."
    )


def mean_ssim(row: dict) -> float:
    """Of a `far.row`."""
    return sum(row["SSIM"]) / len(row["SSIM"])


def plaque_auc(row: dict) -> float:
    """Of a `far.row`."""
    return float(auc(row["present"], row["absent"]))


def legend(fig: Figure, handles: list) -> None:
    """The names of the curves, beside them."""
    fig.legend(
        handles=handles,
        loc="outside right center",
        facecolor=figures.PAPER,
        edgecolor="none",
        labelcolor=figures.INK,
        fontsize=10,
        handlelength=3,
    )
