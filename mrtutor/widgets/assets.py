"""The front end as text: the same parts joined for anywidget (an ES module) and for a page (a classic script)."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "js"
PARTS = (
    "util",
    "payload",
    "fft",
    "noise",
    "metrics",
    "colour",
    "geometry",
    "pane",
    "figures",
    "viewer",
    "keys",
    "controls",
    "engine",
    "explore",
    "compare",
    "answers",
    "predict",
    "paint",
    "quiz",
    "items",
    "mount",
)


@cache
def _core() -> str:
    style = (FOLDER / "style.css").read_text()
    quoted = style.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
    return f"const STYLE = `{quoted}`;\n" + "\n".join((FOLDER / f"{part}.js").read_text() for part in PARTS)


@cache
def esm() -> str:
    """The ES module of the live widget: `export default { render }`."""
    return _core() + "\n" + (FOLDER / "live.js").read_text()


@cache
def page_script() -> str:
    """The classic script of a built page (no imports: it also runs from file://).

    It defines `window.mrtutorData(id, base64gzip)`, which data files call, and mounts every
    `<div class="mrtutor" data-id="…" data-key="…" data-src="…">` when it comes near the viewport.
    It brings its own style; `page_style()` is the same text for a page that wants it before any script runs.
    """
    return f'(function () {{\n"use strict";\n{_core()}\n{(FOLDER / "host.js").read_text()}\n}})();\n'


def page_style() -> str:
    """The style sheet alone."""
    return (FOLDER / "style.css").read_text()
