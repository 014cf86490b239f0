"""How far a training is, with the time left, for `fit(..., watch=Progress(steps))`."""

import sys
import time

from ..show import bar, in_book, in_notebook
from .logbook import History

NOT_SCORES = ("step", "loss", "lr", "seconds")
SILENT_S = 30  # a log is never silent for longer


class Progress:
    """A line on stdout for every report. Between them a bar in a terminal or a notebook, else a line now and then.

    So a log that nobody watches (`mrtutor train NAME > log`) shows where the run is. Nothing in the book, where nobody
    waits. See `mrtutor.show.bar` for the bar's place.
    """

    def __init__(self, steps: int, title: str = ""):
        self.steps, self.title, self.bar, self.first = steps, title, None, 0
        self.began, self.said = time.perf_counter(), 0.0

    def begin(self, done: int) -> None:
        """Before the first step: whose run this is, and where it goes on."""
        if self.title and not in_book():
            self.say(f"{self.title}: {f'goes on after step {done}' if done else 'begins at step 1'}")

    def tick(self, step: int) -> None:
        """After each step the bar moves; without one, half a minute after the last line there is another."""
        if in_book():
            return
        self.first = self.first or step
        if sys.stderr.isatty() or in_notebook():
            if self.bar is None:
                self.bar = bar(total=self.steps, initial=step - 1, unit="step")
            self.bar.update(step - self.bar.n)
        elif time.perf_counter() - max(self.said, self.began) > SILENT_S and step < self.steps:
            pace = (time.perf_counter() - self.began) / (step - self.first + 1)
            self.say(f"step {step} of {self.steps}  {in_words(pace * (self.steps - step))} left")

    def say(self, words: str) -> None:
        """A line, above the bar where there is one."""
        self.said = time.perf_counter()
        if self.bar is None:
            print(words, flush=True)
        else:
            self.bar.write(words, file=sys.stdout)

    def __call__(self, history: History) -> None:
        if in_book():
            return
        self.say(line(history, self.steps))
        if self.bar is not None and history.rows[-1]["step"] >= self.steps:
            self.bar.close()


def line(history: History, steps: int) -> str:
    """Where the run stands, what it scored, and how long it still takes."""
    row = history.rows[-1]
    scores = "".join(f"  {name} {value:.2f}" for name, value in row.items() if name not in NOT_SCORES)
    return f"step {row['step']} of {steps}  loss {row['loss']:.4f}{scores}  {time_left(row, steps)}"


def time_left(row: dict, steps: int) -> str:
    """In words, from the pace so far."""
    return f"{in_words(row['seconds'] / row['step'] * (steps - row['step']))} left"


def in_words(seconds: float) -> str:
    """Seconds, or minutes where there are many."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
