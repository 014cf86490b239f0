"""Questions that answer back: every wrong answer has its own message."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

from .geometry import picture
from .pack import Packer
from .predict import Option, Target
from .view import View


def _picture(packer: Packer, thing, scan=None) -> dict | None:
    if thing is None:
        return None
    array, about = picture(thing, scan)
    return {"data": packer.quantised(array), **about}


@dataclass(frozen=True)
class Choice:
    """One right answer among `options` (`Option(text, why, right)`; each `why` is said when it is chosen).

    picture: a `Scan`, an array (turned upright with `scan`) or `image(…)`, shown above the options; pictures: one for
    each option. picture_alt: what the picture shows, without giving the answer away.
    """

    question: str
    options: list[Option]
    picture: object = None
    pictures: list | None = None
    scan: object = None
    picture_alt: str = "The picture of this question."

    def header(self, packer: Packer) -> dict:
        if not any(o.right for o in self.options):
            raise ValueError(f"one option must be right=True in the question {self.question!r}")
        if self.pictures is not None and len(self.pictures) != len(self.options):
            raise ValueError(
                f"pictures must be one for each of the {len(self.options)} options, got {len(self.pictures)}"
            )
        return {
            "type": "choice",
            "options": [{"text": o.text, "why": o.why, "right": o.right} for o in self.options],
            "picture": _picture(packer, self.picture, self.scan),
            "picture_alt": self.picture_alt,
            "pictures": None if self.pictures is None else [_picture(packer, p, self.scan) for p in self.pictures],
        }


@dataclass(frozen=True)
class Number:
    """A number to type: right within `tolerance`; known wrong values {value: message} answer in their own words."""

    question: str
    value: float
    tolerance: float = 0.0
    unit: str = ""
    right: str = "Right."
    wrong: dict[float, str] = field(default_factory=dict)
    otherwise: str = "Not yet. Try again."
    picture: object = None
    scan: object = None
    picture_alt: str = "The picture of this question."

    def header(self, packer: Packer) -> dict:
        return {
            "type": "number",
            "value": float(self.value),
            "tolerance": float(self.tolerance),
            "unit": self.unit,
            "right": self.right,
            "wrong": [[float(v), m] for v, m in self.wrong.items()],
            "otherwise": self.otherwise,
            "picture": _picture(packer, self.picture, self.scan),
            "picture_alt": self.picture_alt,
        }


@dataclass(frozen=True)
class Click:
    """A place (or several: `target.clicks`) to click in a picture; by keyboard a square A1 to H8."""

    question: str
    picture: object
    target: Target
    scan: object = None
    picture_alt: str = "The picture of this question."

    def header(self, packer: Packer) -> dict:
        return {
            "type": "click",
            "picture": _picture(packer, self.picture, self.scan),
            "picture_alt": self.picture_alt,
            "target": self.target.header(packer),
        }


@dataclass(frozen=True)
class Order:
    """Things to put in order, given here in the RIGHT order; shown shuffled (by `seed`).

    messages: {tuple of positions in the reader's order: message}, e.g. {(4, 3, 2, 1, 0): "Reversed …"}; a message
    under ("first", i) is said when the reader puts item i first. pictures: one for each item.
    """

    question: str
    items: list[str]
    right: str = "Right."
    messages: dict = field(default_factory=dict)
    otherwise: str = "Not yet in order."
    pictures: list | None = None
    scan: object = None
    seed: int = 0

    def header(self, packer: Packer) -> dict:
        if self.pictures is not None and len(self.pictures) != len(self.items):
            raise ValueError(f"pictures must be one for each of the {len(self.items)} items, got {len(self.pictures)}")
        return {
            "type": "order",
            "items": list(self.items),
            "right": self.right,
            "messages": [[list(k), m] for k, m in self.messages.items()],
            "otherwise": self.otherwise,
            "seed": self.seed,
            "pictures": None if self.pictures is None else [_picture(packer, p, self.scan) for p in self.pictures],
        }


@dataclass(frozen=True)
class Match:
    """Pictures to name: picture i belongs to names[i]; names are offered in a fixed, shuffled order (by `seed`).

    messages: {(i, j): message} for calling picture i by the name j.
    """

    question: str
    pictures: list
    names: list[str]
    messages: dict = field(default_factory=dict)
    right: str = "All matched."
    otherwise: str = "Not all are right yet."
    scan: object = None
    seed: int = 0

    def header(self, packer: Packer) -> dict:
        if len(self.pictures) != len(self.names):
            raise ValueError(f"names must be one for each of the {len(self.pictures)} pictures, got {len(self.names)}")
        return {
            "type": "match",
            "pictures": [_picture(packer, p, self.scan) for p in self.pictures],
            "names": list(self.names),
            "right": self.right,
            "messages": [[list(k), m] for k, m in self.messages.items()],
            "otherwise": self.otherwise,
            "seed": self.seed,
        }


def quiz(items: list, *, key: str, title: str = "Check yourself", alt: str | None = None) -> View:
    """Questions one below the other, each answered at once, tried again as often as wanted.

    items: `Choice`, `Number`, `Click`, `Order`, `Match`. key: names the answers in the reader's own browser (unique in
    the book): they survive a reload, and can be exported (CSV, JSON) and cleared there; nothing leaves it.
    """
    if not items:
        raise ValueError("quiz needs at least one item")

    def build(book: bool) -> bytes:
        packer = Packer()
        return packer.finish(
            {
                "kind": "quiz",
                "key": key,
                "title": title,
                "items": [{"question": i.question, **i.header(packer)} for i in items],
                "alt": alt or title,
            }
        )

    words = "<ol>" + "".join(f"<li>{html.escape(i.question)}</li>" for i in items) + "</ol>"
    return View("quiz", build, alt or f"{title}: {len(items)} question{'s' if len(items) > 1 else ''}", words, key=key)
