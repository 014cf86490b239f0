"""Chapter 2, the still pictures: the price of unfolding, the kernel, what more elements and more skipping do."""

from ...scan import Scan
from ...show import show
from ..common import figures


def noise_maps(case: Scan, loss: dict, acceleration: int) -> None:
    """From `claims.snr_loss`: how many times noisier than the full scan each place is, measured and predicted."""
    fig, axes = figures.row(2, 3.2)
    for ax, key, title in (
        (axes[0], "map", "measured, repeated scans"),
        (axes[1], "theory", f"g x root of R, R = {acceleration}"),
    ):
        figures.pane(ax, case, loss[key], title, (0, float(loss["theory"].max())))
    bar = fig.colorbar(axes[1].images[0], ax=axes, shrink=0.8, pad=0.02)
    bar.set_label("noise, times that of the full scan", color=figures.INK, fontsize=9)
    bar.ax.tick_params(colors=figures.INK, labelsize=8)
    show(
        fig,
        "Two maps of noise at R = 4, measured by repetition and predicted as g times root of R. They agree: two bright "
        "bands in the middle, calm front and back.",
        f"{case.label}, R = {acceleration}, SENSE. Noise as a multiple of the full scan's. Left: 40 repetitions. "
        "Right: the formula.",
    )


def kernel(acceleration: int = 4, n_readout: int = 9) -> None:
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
    show(
        fig,
        "Two grids of k-space points. Left, in the centre: twenty measured neighbours and the three points between "
        "them, all known. Right, outside: the same twenty neighbours, and three unknown points to be filled.",
        f"The kernel at R = {acceleration}: 5 readout points on 4 measured lines, in every element, predict the "
        f"{acceleration - 1} points in the gap. Filled: measured. Open: missing.",
    )


def curves(case: Scan, knee: dict, elements: dict) -> None:
    """Left: error over R, from `claims.knee`. Right: over the number of elements, from `elements.more_elements`."""
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
    show(
        fig,
        "Left: squared error of SENSE and GRAPPA over R stays low up to 4 and climbs steeply beyond. Right: at R = 4 "
        "the error falls with every doubling of the elements.",
        f"{case.label}. Left: SENSE without reference lines, GRAPPA with 24. Right: CG-SENSE at R = 4 with 20 "
        "reference lines, from part of the elements.",
    )


def correlation(case: Scan, noise: dict) -> None:
    """From `elements.noise_correlation`: how much each pair of elements shares its noise."""
    fig, axes = figures.row(1, 3.2)
    axes[0].imshow(noise["correlation"].numpy(), cmap="gray", vmin=0, vmax=1)
    figures.curve(axes[0], "coil element", "coil element")
    show(
        fig,
        "A matrix of coil elements against coil elements. The diagonal is 1; neighbours share up to half of their "
        "noise.",
        f"{case.label}: share of noise that two elements have in common. 0 black, 1 white.",
    )
