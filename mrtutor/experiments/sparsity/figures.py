"""Chapter 3, the still pictures: what a wavelet is, how far the methods go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ...scan import Scan
from ...show import show
from ...wavelet import detail_mask, dwt2, idwt2
from ..common import figures
from .claims import LEVELS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def ripples(shape, wavelet: str = "db4") -> torch.Tensor:
    """Three wavelets of one family, coarse, middle and fine, each of height 1, in one picture: (1, y, x) real."""
    picture = torch.zeros(1, *shape)
    for level, (row, column) in ((4, (0.3, 0.3)), (3, (0.62, 0.68)), (2, (0.8, 0.32))):
        n_y, n_x = shape[0] >> level, shape[1] >> level
        one = torch.zeros(1, *shape, dtype=torch.complex64)
        one[0, int(row * n_y), n_x + int(column * n_x)] = 1
        wave = idwt2(one, wavelet, LEVELS).real
        picture += wave / wave.abs().max()
    return picture


def what_is_a_wavelet(case: Scan) -> None:
    """Show the slice, its coarse picture, its coefficients, and three ripples."""
    show(
        _what_is_a_wavelet(case),
        "Four pictures: the slice; a very blurred slice, its coarse picture alone; its coefficients, nearly all of "
        "them dark, with outlines of the head in each layer; three ripples of different size.",
        f"{case.label}, full scan. Coefficients: the coarse picture top left, finer layers outwards; brightness is the "
        "root of their size. Nearly all are close to zero.",
    )


def _what_is_a_wavelet(case: Scan) -> Figure:
    """The slice, its coarse picture alone, its coefficients in layers, and three ripples of db4."""
    n_y, n_x = (n // 2**LEVELS * 2**LEVELS for n in case.image.shape[-2:])
    image = case.image[..., :n_y, :n_x]
    coefficients = dwt2(image, "db4", LEVELS)
    coarse = idwt2(torch.where(detail_mask((n_y, n_x), LEVELS), 0, coefficients), "db4", LEVELS)
    top = 0.75 * float(image.abs().max())
    fig, axes = figures.row(4, 2.9)
    figures.pane(axes[0], case, image, "the slice", (0, top))
    figures.pane(axes[1], case, coarse, "its coarse picture", (0, top))
    axes[2].imshow((coefficients[0].abs() / coefficients.abs().max()).sqrt(), cmap="gray", vmin=0, vmax=0.5)
    for level in range(1, LEVELS + 1):
        y, x = n_y >> level, n_x >> level
        axes[2].plot([x - 0.5, x - 0.5], [-0.5, 2 * y - 0.5], color=figures.ACCENT, lw=0.6)
        axes[2].plot([-0.5, 2 * x - 0.5], [y - 0.5, y - 0.5], color=figures.ACCENT, lw=0.6)
    axes[3].imshow(ripples((n_y, n_x))[0], cmap="gray", vmin=-1, vmax=1)
    for ax, title in ((axes[2], "its coefficients"), (axes[3], "three of the ripples")):
        ax.set_axis_off()
        ax.set_title(title, color=figures.INK, fontsize=12)
    return fig


def thicker(points: torch.Tensor) -> torch.Tensor:
    """Single bright pixels drawn three pixels wide, so that they can be seen: (1, y, x) or (y, x) real, same shape."""
    return torch.nn.functional.max_pool2d(points.reshape(1, 1, *points.shape[-2:]), 3, 1, 1).reshape(points.shape)


def how_far(curves: dict[str, dict]) -> None:
    """Show error over R, from `claims.knees`."""
    show(
        _how_far(curves),
        "Squared error over R for CG-SENSE and wavelet CS on a virtual and on a real brain. Wavelet CS rises without a "
        "sharp bend at 4 and stays below CG-SENSE.",
        "Lines of variable density, same lines for both methods, squared error inside the head.",
    )


def _how_far(curves: dict[str, dict]) -> Figure:
    """One pane for each named scan."""
    fig, axes = figures.row(len(curves), 2.9, widths=[1.3] * len(curves))
    for ax, (name, found) in zip(axes, curves.items(), strict=True):
        figures.curve(ax, "R (true acceleration)", "squared error, % (NMSE)" if ax is axes[0] else "")
        for method, colour, style in (("CG-SENSE", figures.SECOND, "s--"), ("Wavelet CS", figures.ACCENT, "o-")):
            ax.plot(found["R"], [100 * e for e in found[method]], style, color=colour, lw=1.4, ms=5, label=method)
        ax.set_title(name, color=figures.INK, fontsize=12)
        ax.set_xticks(found["R"])
        ax.set_ylim(bottom=0)
    axes[0].legend(facecolor=figures.PAPER, edgecolor="none", labelcolor=figures.INK, fontsize=10)
    return fig
