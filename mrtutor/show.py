"""What a chapter shows besides widgets: figures with alt text, numbers for the prose, code on demand."""

from __future__ import annotations

import base64
import html
import inspect
import io
import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from tqdm import tqdm

GLUE_PREFIX = "application/papermill.record/"  # the MIME prefix under which the book looks for glued values


def in_book() -> bool:
    """True while the book is built: no kernel will answer later, so nothing may wait for one."""
    return os.environ.get("MRTUTOR_BOOK") == "1"


def in_notebook() -> bool:
    """True in a notebook's kernel, where a page shows what is printed; False in a terminal and in a script."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


def bar(**settings) -> tqdm:
    """A progress bar: in a notebook below the cell, and gone at the end; else on stderr; none in the book.

    `settings` are tqdm's: `total`, `desc`, `unit`, … Plain text: tqdm's notebook bar is a widget, which a book cannot
    hold, and what a notebook gets on stderr is red.
    """
    from tqdm import tqdm

    where = {"file": sys.stdout, "leave": False} if in_notebook() else {"file": sys.stderr}
    return tqdm(**{"disable": in_book()} | where | settings)


def watch(things: Iterable, what: str) -> tqdm:
    """`things` one by one, for a cell that takes long: a `bar` says what it is at, how far, and how long still."""
    return bar(iterable=things, desc=what)


def reading_room() -> None:
    """Set matplotlib's style for a chapter: dark figures, the same on a light and on a dark page; grey images."""
    from matplotlib import pyplot

    wall, ink, line = "#11161b", "#dbe2e7", "#56626c"
    pyplot.rcParams.update(
        {
            "figure.facecolor": wall,
            "savefig.facecolor": wall,
            "axes.facecolor": wall,
            "axes.edgecolor": line,
            "text.color": ink,
            "axes.labelcolor": ink,
            "axes.titlecolor": ink,
            "xtick.color": ink,
            "ytick.color": ink,
            "legend.facecolor": wall,
            "legend.edgecolor": line,
            "grid.color": "#2f383f",
            "font.size": 11,
            "axes.titlesize": 11,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "image.cmap": "gray",
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": pyplot.cycler(color=["#58d0e6", "#ecc26b", "#ff9d8a", "#a9b8f0", "#dbe2e7"]),
        }
    )


def show(fig: Figure, alt: str, caption: str = "", dpi: int = 144) -> None:
    """Display a matplotlib figure with its alt text and caption, then close it.

    `alt` carries the finding for a reader who cannot see the picture, `caption` can be read alone.
    Raises ValueError when `alt` is empty.
    """
    from IPython.display import display

    data, metadata = drawn(fig, alt, caption, dpi)
    display(data, raw=True, metadata=metadata)


def drawn(fig: Figure, alt: str, caption: str = "", dpi: int = 144) -> tuple[dict, dict]:
    """What `show` displays, as MIME data and metadata, for a display that is updated later; the figure is closed."""
    from matplotlib import pyplot
    from matplotlib.colors import to_rgb

    if not alt.strip():
        raise ValueError("alt must say in words what the figure shows, got an empty text")
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=dpi, bbox_inches="tight")
    dark = sum(to_rgb(fig.get_facecolor())) < 1
    pyplot.close(fig)
    png = base64.b64encode(buffer.getvalue()).decode("ascii")
    width = (
        int.from_bytes(buffer.getvalue()[16:20], "big") * 72 // dpi
    )  # drawn at 144 dpi, shown at 72: sharp on any screen
    if in_book():
        return {"image/png": png, "text/plain": alt}, {
            "image/png": {"alt": alt, "caption": caption, "width": width, "dark": dark}
        }
    below = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    image = f'<img src="data:image/png;base64,{png}" alt="{html.escape(alt, quote=True)}" width="{width}">'
    return {"text/html": f'<figure style="margin:0">{image}{below}</figure>', "text/plain": alt}, {}


def glue(name: str, text: object) -> None:
    """Hand a number of this run to the prose, where {glue:text}`name` prints it. Nothing is displayed."""
    from IPython.display import display

    metadata = {"scrapbook": {"name": name, "mime_prefix": GLUE_PREFIX}}
    display({GLUE_PREFIX + "text/plain": str(text)}, raw=True, metadata=metadata)


def glue_numbers(texts: Mapping[str, object]) -> None:
    """Hand several numbers to the prose: {name: text}, each as `glue` does."""
    for name, text in texts.items():
        glue(name, text)


def source(*functions: Callable) -> None:
    """Show the code of functions of the package, folded: the lines that the chapter explains."""
    from IPython.display import display
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    names = [f"{f.__module__}.{f.__qualname__}" for f in functions]
    code = "\n\n".join(textwrap.dedent(inspect.getsource(f)).rstrip() for f in functions)
    coloured = highlight(code, PythonLexer(), HtmlFormatter(noclasses=not in_book()))
    summary = " · ".join(f"<code>{html.escape(name)}</code>" for name in names)
    page = f'<details class="code-source"><summary>The code: {summary}</summary>{coloured}</details>'
    display({"text/html": page, "text/plain": code}, raw=True)
