"""Panes side by side: of fixed pictures, or of any function of a few discrete controls."""

from __future__ import annotations

import json

import numpy as np

from .explore import states
from .geometry import geometry, is_scan
from .pack import Packer
from .panes import Pane, as_control, image, text
from .view import View

MOST_STATES = 100


def compare(
    panes,
    controls: dict | None = None,
    *,
    scan=None,
    reference: str | None = None,
    difference: str | None = None,
    gain=5,
    flicker: tuple[str, str] | None = None,
    start: dict | None = None,
    presets=None,
    columns: int | None = None,
    bits: int = 12,
    errors: str = "raise",
    alt: str,
    caption: str = "",
    key: str | None = None,
) -> View:
    """Pictures, bars, curves and words side by side, windowed and zoomed together.

    panes: a dict {name: pane}, or a function(**state) -> such a dict with a value of `controls` for each argument.
    A pane is an array (real: magnitude; complex: magnitude with a switch to phase), a `Scan` (its picture), or made by
    `image(array, kind, …)`, `bars`, `line`, `text`; a str is words, a dict {name: number} a small table. Arrays are NOT
    turned upright by you: `scan` says how (a `Scan` pane or `image(…, scan=…)` brings its own).

    controls: {argument: list of values or `Control`}. In the book every state (at most 100, 3 MB compressed) is
    computed while the book is built; in JupyterLab the kernel computes only the newest position, and remembers it. A
    function may be the learner's own: when it fails, the widget says how in one line (JupyterLab). In the book
    `errors="raise"` stops the build, "show" ships the sentence.

    reference: the name of the pane that the others are compared with (flicker, key d: the difference × `gain`).
    difference: pane that starts with its difference shown. flicker: the two panes that the flicker button alternates
    (default: the reference and the first other picture). start, presets: as in `explore`. columns: panes a row
    (default: as many as fit). bits: 12 to 16 a pixel. alt, caption, key: as in `explore`.
    """
    function = panes if callable(panes) and not isinstance(panes, Pane) else None
    headers = [as_control(name, values).header(name) for name, values in (controls or {}).items()]
    if function is None and headers:
        raise ValueError("controls need a function of them as panes, got a dict of panes")
    if errors not in ("raise", "show"):
        raise ValueError(f"errors must be 'raise' or 'show', got {errors!r}")
    every = states({c["name"]: c["values"] for c in headers})
    start = {c["name"]: c["values"][0] for c in headers} | dict(start or {})
    if start not in every:
        raise ValueError(f"start must be one state of the controls, got {start}")
    known = {json.dumps(state, sort_keys=True): state for state in every}
    results: dict[str, dict] = {}  # the kernel remembers every state it has computed

    def panes_of(state: dict) -> dict[str, Pane]:
        mark = json.dumps(state, sort_keys=True)
        if mark not in results:
            results[mark] = as_panes(function(**state) if function else panes)
        return results[mark]

    def entry(packer: Packer, state: dict):
        return {name: pack_pane(packer, pane, scan, bits) for name, pane in panes_of(state).items()}

    def build(book: bool) -> bytes:
        if book and len(every) > MOST_STATES:
            raise ValueError(
                f"controls of compare must have at most {MOST_STATES} states in the book, got {len(every)}"
            )
        packer, grid = Packer(), []
        for state in every if book else [start]:
            try:
                grid.append([state, entry(packer, state)])
            except Exception as error:
                if errors == "raise" and book:
                    raise
                from .errors import readable

                grid.append([state, readable(error)])
        header = {
            "kind": "compare",
            "geometry": geometry(scan),
            "controls": headers,
            "start": start,
            "grid": grid,
            "presets": [[words, dict(state)] for words, state in (presets or {}).items()],
            "reference": reference,
            "difference": difference,
            "gain": gain,
            "flicker": list(flicker) if flicker else None,
            "columns": columns,
            "caption": caption,
            "alt": alt,
        }
        return packer.finish(header)

    def answer(state: dict) -> bytes:
        mark = json.dumps(state, sort_keys=True)
        if mark not in known:
            raise ValueError(f"state must be one of the controls' positions, got {state}")
        packer = Packer()
        return packer.finish({"panes": entry(packer, known[mark])})

    return View("compare", build, alt, key=key, answer=answer if function else None)


def as_panes(result: dict) -> dict[str, Pane]:
    """What a function returned, each part as a `Pane`."""
    if not isinstance(result, dict) or not result:
        raise ValueError(f"the function of compare must return a dict of panes, got {type(result).__name__}")
    return {str(name): as_pane(value) for name, value in result.items()}


def as_pane(value) -> Pane:
    """An array, `Scan`, str, dict or `Pane` as a `Pane`."""
    if isinstance(value, Pane):
        return value
    if isinstance(value, (str, dict)):
        return text(value)
    if is_scan(value):
        return image(value.image, kind="complex", scan=value)
    is_complex = value.is_complex() if hasattr(value, "is_complex") else np.iscomplexobj(value)
    return image(value, kind="complex" if is_complex else "magnitude")


def pack_pane(packer: Packer, pane: Pane, scan, bits: int) -> dict:
    """A pane as the header tells it to the front end."""
    if pane.kind != "image":
        return {"kind": pane.kind, **pane.data}
    data = pane.data
    array = data["array"]
    parts = [np.abs(array), np.angle(array)] if data["kind"] == "complex" else [array]
    return {
        "kind": "image",
        "show": data["kind"],
        "shape": list(array.shape),
        "data": [packer.quantised(p, bits) for p in parts],
        "window": [float(v) for v in data["window"]] if data["window"] else None,
        "corner": data["corner"],
        "unit": data["unit"],
        "gain": data["gain"],
        "of": data["of"],
        "geometry": geometry(data["scan"]) if data["scan"] is not None else None,
        "marks": [m.header(packer) for m in data["marks"]],
    }
