"""A widget as an object: it shows itself in JupyterLab (anywidget) and in the built book (a data payload)."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Callable

from ..show import in_book
from .pack import compress

WIDGET_MIME = "application/vnd.mrtutor.widget+json"


class View:
    """What `explore`, `compare`, `predict`, `paint_kspace` and `quiz` return: leave it on a cell's last line.

    In the book (MRTUTOR_BOOK=1) its display is {WIDGET_MIME: {"kind", "alt", "html", "key", "data"}} with the
    payload as base64 gzip, and no ipywidgets object comes into being; elsewhere it is an anywidget with the same
    payload. `html` is what a reader without JavaScript gets, already escaped (`words`: HTML after the alt text).

    `build(book)` makes the payload; `answer(state)` makes the payload of one state while a kernel is there.
    """

    def __init__(
        self,
        kind: str,
        build: Callable[[bool], bytes],
        alt: str,
        words: str = "",
        key: str | None = None,
        answer: Callable[[dict], bytes] | None = None,
    ):
        if not alt.strip():
            raise ValueError(f"alt must say in words what {kind} shows, got an empty text")
        self.kind, self.alt, self.key, self.answer = kind, alt, key, answer
        self.words = words
        self._build, self._payloads, self._widget = build, {}, None

    def payload(self, book: bool | None = None) -> bytes:
        """The bytes that the front end draws from (`book`: with every state that a reader can reach)."""
        book = in_book() if book is None else book
        if book not in self._payloads:
            self._payloads[book] = self._build(book)
        return self._payloads[book]

    def mime(self) -> dict:
        """What the book stores: see the class."""
        data = compress(self.payload(book=True), f"{self.kind} ({self.key or self.alt[:40]})")
        key = self.key or f"{self.kind}-{hashlib.sha256(data.encode()).hexdigest()[:8]}"
        words = (
            f'<p class="mrtutor-alt" data-key="{html.escape(key, quote=True)}">{html.escape(self.alt)}</p>{self.words}'
        )
        return {"kind": self.kind, "alt": self.alt, "html": words, "key": key, "data": data}

    @property
    def widget(self):
        """The live widget (anywidget), made when first asked for."""
        if self._widget is None:
            from .live import LiveView

            self._widget = LiveView(self)
        return self._widget

    def _repr_mimebundle_(self, include=None, exclude=None):
        if in_book():
            return {WIDGET_MIME: self.mime(), "text/plain": self.alt}
        return self.widget._repr_mimebundle_(include=include, exclude=exclude)

    def __repr__(self):
        return f"<{self.kind} widget: {self.alt}>"
