"""What a picture needs beside its numbers: how it stands upright, its letters, its window; and what else a pane can
hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .pack import Packer, to_numpy

UPRIGHT_KINDS = ("magnitude", "complex", "phase", "error", "signed", "map", "kspace", "mask")


@dataclass(frozen=True)
class Control:
    """One thing the reader can move: its values in order, its label, its unit ("lines", "%", "mm").

    Wherever a control is asked for, a plain list of values will do; `Control` adds words.
    `names` says what each value is called on screen, e.g. Control([0, 1], "Coils", names=["alike", "different"]).
    """

    values: list
    label: str | None = None
    unit: str = ""
    names: list[str] | None = None

    def header(self, name: str) -> dict:
        values = [v.item() if hasattr(v, "item") else v for v in self.values]
        if not values or any(not isinstance(v, (bool, int, float, str, type(None))) for v in values):
            raise ValueError(
                f"the values of {name} must be numbers, words, True/False or None, at least one, got {self.values!r}"
            )
        if self.names is not None and len(self.names) != len(values):
            raise ValueError(f"names of {name} must be as many as its {len(values)} values, got {len(self.names)}")
        return {
            "name": name,
            "label": self.label or name.replace("_", " "),
            "unit": self.unit,
            "values": values,
            "names": self.names,
        }


def as_control(name: str, values, label: str | None = None, unit: str = "") -> Control:
    """A list, a tuple, a range or a `Control` as a `Control`; a single value as a control of one value."""
    if isinstance(values, Control):
        return values
    if isinstance(values, (list, tuple, range, np.ndarray)):
        return Control(list(values), label, unit)
    return Control([values], label, unit)


@dataclass(frozen=True)
class Place:
    """A spot of the upright picture as fractions (x right, y down), with what to say to who clicks there."""

    x: float
    y: float
    message: str = ""

    def header(self, packer: Packer) -> dict:
        if not (0 <= self.x <= 1 and 0 <= self.y <= 1):
            raise ValueError(f"a place must lie in 0..1 (fractions of the upright picture), got ({self.x}, {self.y})")
        return {"x": self.x, "y": self.y, "message": self.message}


@dataclass(frozen=True)
class Region:
    """A part of the picture: bool (y, x) or (1, y, x), not yet turned upright, with what to say to who clicks there."""

    mask: object
    message: str = ""

    def header(self, packer: Packer) -> dict:
        return {"region": packer.bits(to_numpy(self.mask).reshape(np.shape(self.mask)[-2:])), "message": self.message}


@dataclass(frozen=True)
class Pane:
    """One pane of `compare`; made by `image`, `bars`, `line` or `text`."""

    kind: str
    data: dict = field(default_factory=dict)


def image(
    array,
    kind: str = "magnitude",
    window: tuple[float, float] | None = None,
    corner: str = "",
    unit: str = "",
    scan=None,
    gain: float | None = None,
    of: float | None = None,
    marks=(),
) -> Pane:
    """A picture: (y, x), (1, y, x), or (slice, y, x) for a stack that the reader scrolls through; not yet turned
    upright.

    kind: "magnitude" (grey), "complex" (its magnitude, with a switch to its phase), "phase" (radians, cyclic map),
    "error" (its magnitude, perceptual map), "signed" (blue to red about 0), "map" (any non-negative map such as the
    g-factor, perceptual, with a scale), "kspace" (logarithmic), "mask" (measured or not).
    window: lowest and highest value shown; None = from the data. corner: words for the pane's corner (not from a
    file? They are shown as text either way). unit: beside the scale. scan: whose orientation the picture has when it
    differs from that of `compare(scan=…)`. gain: for "error", the factor k that is stated ("error ×5"); the data are
    NOT multiplied by you, the window is. of: for "error", the value that counts as 100 % (1 for `metrics.error_map`;
    None: the brightest value of the reference, or of the first picture). marks: `Place`s drawn on the picture, their
    message as label.
    """
    if kind not in UPRIGHT_KINDS:
        raise ValueError(f"kind must be one of {', '.join(UPRIGHT_KINDS)}, got {kind!r}")
    array = to_numpy(array)
    if array.ndim == 2:
        array = array[None]
    if array.ndim != 3 or 0 in array.shape:
        raise ValueError(f"a picture must be (y, x), (1, y, x) or (slice, y, x), got shape {array.shape}")
    if kind not in ("complex",) and array.dtype.kind == "c":
        array = np.angle(array) if kind == "phase" else array.real if kind == "signed" else np.abs(array)
    return Pane(
        "image",
        {
            "array": array,
            "kind": kind,
            "window": window,
            "corner": corner,
            "unit": unit,
            "scan": scan,
            "gain": gain,
            "of": of,
            "marks": tuple(marks),
        },
    )


def bars(
    values: dict[str, float] | list, labels: list[str] | None = None, unit: str = "", top: float | None = None
) -> Pane:
    """Bars, e.g. how loudly each coil hears a place: {label: value}, or values with labels. `top`: the scale's end."""
    if isinstance(values, dict):
        labels, values = list(values), list(values.values())
    values = [float(v) for v in np.abs(to_numpy(values)).ravel()]
    labels = [str(i + 1) for i in range(len(values))] if labels is None else [str(label) for label in labels]
    if len(labels) != len(values):
        raise ValueError(f"labels must be as many as the {len(values)} values, got {len(labels)}")
    return Pane("bars", {"values": values, "labels": labels, "unit": unit, "top": top})


def line(series: dict, x_label: str = "", y_label: str = "", log_y: bool = False, x=None) -> Pane:
    """Curves, e.g. an edge profile or a convergence: {legend: y} with common `x`, or {legend: (x, y)}."""
    curves = []
    for name, values in series.items():
        own_x, y = values if isinstance(values, tuple) else (x, values)
        y = to_numpy(y).astype(float).ravel()
        own_x = np.arange(y.size, dtype=float) if own_x is None else to_numpy(own_x).astype(float).ravel()
        if own_x.size != y.size:
            raise ValueError(f"x of {name!r} must have the {y.size} values of y, got {own_x.size}")
        curves.append({"name": str(name), "x": [float(f"{v:.6g}") for v in own_x], "y": [float(f"{v:.6g}") for v in y]})
    return Pane("line", {"curves": curves, "x_label": x_label, "y_label": y_label, "log_y": log_y})


def text(content: str | dict) -> Pane:
    """Words, or a small table {name: value} of metrics."""
    if isinstance(content, dict):
        return Pane(
            "text", {"rows": [[str(k), v if isinstance(v, str) else f"{float(v):.4g}"] for k, v in content.items()]}
        )
    return Pane("text", {"words": str(content)})
