"""A progress bar with the time left, for `fit(..., watch=Progress(steps))`."""

import sys

from ..show import bar, in_book, in_notebook
from .loop import History

NOT_SCORES = ("step", "loss", "lr", "seconds")


class Progress:
    """A bar in a terminal and in a notebook, and a line a report wherever it runs; see `mrtutor.show.bar` for the place.

    Nothing in the book, where nobody waits.
    """

    def __init__(self, steps: int):
        self.steps, self.bar = steps, None

    def tick(self, step: int) -> None:
        """After each step the bar moves."""
        if self.bar is None:
            silent = in_book() or not (sys.stderr.isatty() or in_notebook())
            self.bar = bar(total=self.steps, initial=step - 1, unit="step", disable=silent)
        self.bar.update(step - self.bar.n)

    def __call__(self, history: History) -> None:
        if in_book():
            return
        print_above = self.bar is not None and not self.bar.disable
        if print_above:
            self.bar.write(line(history, self.steps), file=self.bar.fp)
        else:
            print(line(history, self.steps), file=sys.stdout if in_notebook() else sys.stderr, flush=True)
        if self.bar is not None and history.rows[-1]["step"] >= self.steps:
            self.bar.close()


def line(history: History, steps: int) -> str:
    """Where the run stands, what it scored, and how long it still takes."""
    row = history.rows[-1]
    scores = "".join(f"  {name} {value:.2f}" for name, value in row.items() if name not in NOT_SCORES)
    return f"step {row['step']} of {steps}  loss {row['loss']:.4f}{scores}  {time_left(row, steps)}"


def time_left(row: dict, steps: int) -> str:
    """In words, from the pace so far."""
    seconds = row["seconds"] / row["step"] * (steps - row["step"])
    return f"{seconds:.0f} s left" if seconds < 100 else f"{seconds / 60:.0f} min left"
