"""A picture of learning that draws itself: loss, validation beside the old methods, and one slice as it gets better."""

import torch
from torch import nn

from .. import metrics
from ..scan import Scan
from ..show import drawn, in_book, reading_room
from ..types import Image, Mask
from .logbook import History
from .progress import time_left

GREY, LEARNING, TO_PASS = "#a2adb6", "#58d0e6", "#ecc26b"


class LivePlot:
    """For `fit(..., watch=LivePlot(network, steps, scan, mask, lines))` in a notebook.

    network  the one in training; steps: how many it will have
    scan     whose slice is shown, undersampled by `mask`, next to its reference
    lines    name -> dB on the slices of `validate`, such as zero-filled and tuned CS; the last is the one to pass
    score    the column of the history that holds the validation
    One picture, replaced at every report; in the book, where only its last state is seen, drawn once at the end. Its
    alt text says what came out. Outside a notebook nothing is displayed, but `words` and `figure` can be asked for.
    """

    def __init__(
        self, network: nn.Module, steps: int, scan: Scan, mask: Mask, lines: dict[str, float], score: str = "PSNR"
    ):
        if not lines:
            raise ValueError("lines must hold at least one method to pass, got none")
        self.network, self.steps, self.scan, self.lines, self.score = network, steps, scan, lines, score
        self.measured = scan.undersample(mask)
        self.reference = scan.image if scan.truth is None else scan.truth
        self.handle = None

    def __call__(self, history: History) -> None:
        from IPython import get_ipython
        from IPython.display import display

        if get_ipython() is None or (in_book() and history.rows[-1]["step"] < self.steps):
            return
        data, metadata = drawn(self.figure(history), self.words(history), self.caption(history))
        if self.handle is None:
            self.handle = display(data, raw=True, metadata=metadata, display_id=True)
        else:
            self.handle.update(data, raw=True, metadata=metadata)

    def passed(self, history: History) -> dict | None:
        """The first report at which validation stood above the line to pass."""
        return next((row for row in history.rows if row.get(self.score, -torch.inf) > self.goal[1]), None)

    @property
    def goal(self) -> tuple[str, float]:
        """Name and dB of the line to pass."""
        return list(self.lines.items())[-1]

    def now(self) -> Image:
        """The slice as the network reconstructs it now; the network is left as it was."""
        was, device = self.network.training, next(self.network.parameters()).device
        with torch.no_grad():
            image = self.network.eval()(
                *(array.to(device) for array in (self.measured.kspace, self.measured.mask, self.measured.maps))
            )
        self.network.train(was)
        return image.cpu()

    def words(self, history: History) -> str:
        """The finding in two sentences: the alt text."""
        rows, first, (name, goal) = history.rows, self.passed(history), self.goal
        passed = (
            f"has not passed {name} ({goal:.1f} dB) so far"
            if first is None
            else f"first passed {name} ({goal:.1f} dB) at step {first['step']}, after {first['seconds']:.0f} s"
        )
        others = "".join(f" {other}: {value:.1f} dB." for other, value in self.lines.items() if other != name)
        return (
            f"Step {rows[-1]['step']} of {self.steps}, after {rows[-1]['seconds']:.0f} s: the loss went from "
            f"{rows[0]['loss']:.3g} to {rows[-1]['loss']:.3g}. "
            f"PSNR on held-out slices is {rows[-1].get(self.score, torch.nan):.1f} dB; it {passed}.{others}"
        )

    def caption(self, history: History) -> str:
        """What is to be seen, and how far the run is."""
        row = history.rows[-1]
        left = "done" if row["step"] >= self.steps else time_left(row, self.steps)
        return (
            f"Above, how the training goes; below, {self.scan.label} as the network reconstructs it now, "
            f"beside the reference, both from 0 to the "
            f"reference's maximum. Step {row['step']} of {self.steps}, {left}."
        )

    def figure(self, history: History):
        """The matplotlib figure of this moment."""
        from matplotlib import rc_context
        from matplotlib.figure import Figure

        with rc_context():
            reading_room()
            fig = Figure(figsize=(8, 7))  # not pyplot's, which a notebook would keep until the cell ends
            axes = fig.subplot_mosaic([["loss", "score"], ["now", "reference"]], height_ratios=(2, 3))
            self.curves(axes["loss"], axes["score"], history)
            image, high = self.now(), float(self.reference.abs().max())
            psnr = metrics.psnr(image, self.reference)
            for ax, picture, title in (
                (axes["now"], image, f"Network, step {history.rows[-1]['step']}: {psnr:.1f} dB"),
                (
                    axes["reference"],
                    self.reference,
                    "Reference: noise-free full scan" if self.scan.truth is not None else "Reference: full scan",
                ),
            ):
                self.picture(ax, picture, high, title)
        return fig

    def curves(self, loss_axis, score_axis, history: History) -> None:
        """Loss and validation over steps; the methods to beat as lines, the moment of passing as a mark."""
        at = [row["step"] for row in history.rows if self.score in row]
        loss_axis.plot(history.column("step"), history.column("loss"), color=LEARNING, marker=".")
        score_axis.plot(at, history.column(self.score), color=LEARNING, marker=".")
        for ax, title in ((loss_axis, "Training loss"), (score_axis, "Held-out slices: PSNR in dB")):
            ax.set(title=title, xlabel="step", xlim=(0, self.steps))
        seen = [*history.column(self.score), *self.lines.values()]
        bottom, top = max(min(seen), self.goal[1] - 3) - 0.4, max(seen) + 0.4  # what is far below is named at the edge
        score_axis.set_ylim(bottom, top)
        for name, value in self.lines.items():
            is_goal = name == self.goal[0]
            colour = TO_PASS if is_goal else GREY
            score_axis.axhline(value, color=colour, linestyle="-" if is_goal else "--", linewidth=1)
            below = "" if value > bottom else "below: "
            score_axis.text(
                0.01 if is_goal else 0.99,
                max(value, bottom),
                f"{below}{name} {value:.1f}",
                color=colour,
                fontsize=9,
                transform=score_axis.get_yaxis_transform(),
                ha="left" if is_goal else "right",
                va="bottom" if is_goal or below else "top",
            )
        first = self.passed(history)
        if first is not None:
            score_axis.axvline(first["step"], color=TO_PASS, linestyle=":", linewidth=1)
            score_axis.plot(first["step"], first[self.score], "o", color=TO_PASS, markersize=9, fillstyle="none")
            score_axis.set_title(f"Held-out slices: passed after {first['seconds']:.0f} s", color=TO_PASS)

    def picture(self, ax, image: Image, high: float, title: str) -> None:
        """A slice upright, with its letters."""
        y, x = self.scan.voxel_mm
        upright = self.scan.stand_up(image.abs())[0].numpy()
        ax.imshow(
            upright, cmap="gray", vmin=0, vmax=high, aspect=y / x if self.scan.phase_encoding == "horizontal" else x / y
        )
        ax.set(title=title)
        ax.set_axis_off()
        for letter, (left, up) in zip(
            self.scan.letters, ((0.5, 0.96), (0.965, 0.5), (0.5, 0.04), (0.035, 0.5)), strict=True
        ):
            ax.text(left, up, letter, color=GREY, transform=ax.transAxes, ha="center", va="center")
