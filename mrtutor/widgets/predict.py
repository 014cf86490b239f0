"""The gate: commit to a prediction, then the control unlocks and the prediction stays in sight."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

from .pack import Packer
from .panes import Place, Region
from .view import View


@dataclass(frozen=True)
class Option:
    """One belief to commit to, and what the reader is told about it afterwards (right or wrong, with respect)."""

    text: str
    why: str
    right: bool = False


@dataclass(frozen=True)
class Target:
    """A place to click before the control unlocks.

    places: where it is right: `Place`s (each with its own message or none) or one `Region`; positions are fractions of
    the upright picture. tolerance: as a fraction of the field of view. clicks: how many marks the reader sets.
    pane: the pane of `then` that is clicked; the marks stay drawn on every picture of it. right: said when all marks
    are right; wrong: known wrong `Place`s and `Region`s, each with its message, first match wins; otherwise: said else.
    """

    prompt: str
    places: list[Place | Region] = field(default_factory=list)
    tolerance: float = 0.05
    pane: str = "full"
    clicks: int = 1
    right: str = "That is the place."
    wrong: list[Place | Region] = field(default_factory=list)
    otherwise: str = "Not there."

    def header(self, packer: Packer) -> dict:
        if not 0 < self.tolerance < 0.5:
            raise ValueError(
                f"tolerance must lie between 0 and 0.5 (a fraction of the field of view), got {self.tolerance}"
            )
        if not self.places:
            raise ValueError("a click target needs at least one place or region where it is right")
        return {
            "prompt": self.prompt,
            "places": [p.header(packer) for p in self.places],
            "tolerance": self.tolerance,
            "pane": self.pane,
            "clicks": self.clicks,
            "right": self.right,
            "wrong": [p.header(packer) for p in self.wrong],
            "otherwise": self.otherwise,
        }


def predict(
    question: str,
    options: list[Option] = (),
    *,
    click: Target | None = None,
    then: View,
    key: str,
    alt: str | None = None,
) -> View:
    """Ask first: one of the options and/or a click, and a confidence (guess, fairly sure, sure); then `then` unlocks.

    question: one or two sentences (*word* for emphasis). options: usually four real beliefs; each gets its own
    explanation afterwards. click: a place to click on a pane of `then`. then: an `explore` or `compare` whose controls
    stay locked until the reader commits, or asks to be shown anyway. key: names the answer in the reader's own
    browser, unique in the book; nothing leaves it. Keyboard: A to H choose an option; a click is a square A1 to H8.
    """
    options = list(options)
    if not options and click is None:
        raise ValueError("predict needs options, a click target, or both")
    if options and not any(o.right for o in options):
        raise ValueError("one option of predict must be right=True")

    def build(book: bool) -> bytes:
        packer = Packer()
        header = {
            "kind": "predict",
            "key": key,
            "question": question,
            "options": [{"text": o.text, "why": o.why, "right": o.right} for o in options],
            "click": click.header(packer) if click else None,
            "then": packer.raw(then.payload(book)),
            "alt": alt or then.alt,
        }
        return packer.finish(header)

    items = "".join(f"<li>{html.escape(o.text)}</li>" for o in options)
    words = f"<p>{html.escape(question)}</p>" + (f'<ol type="A">{items}</ol>' if items else "")
    return View("predict", build, alt or then.alt, words, key=key, answer=then.answer)
