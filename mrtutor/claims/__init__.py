"""What the review claims [Noordman2023], what a run measured, and whether that turns the build red."""

import sys
from collections.abc import Mapping
from html import escape
from math import isfinite

from .registry import Claim, load

__all__ = ["CLAIMS", "MIME", "Claim", "record", "to_html"]
MIME = "application/vnd.mrtutor.claim+json"
VERDICTS = {True: "held", False: "did not hold", None: "depends"}
CLAIMS = load()


class Record(dict):
    """What one run found, ready for JSON. `record` has shown it, so a notebook does not print it again."""

    def _ipython_display_(self):
        """Already on the page."""


def record(id: str, holds, measured: str, *, part: str = "", **values) -> Record:
    """Write down what was measured for a claim, show it as one folded line, return it.

    holds: True, False, or None where it depends; or a dict part -> outcome. `measured`: one sentence with its numbers.
    `part` names the piece of the claim that was measured; values: the numbers (or short texts) themselves.
    "red" is True where a gate A or B claim did not come out as it should: the book's build then fails.
    Raises ValueError on an unknown id or part, an outcome that is not a yes, a no or None, and an empty sentence.
    """
    if id not in CLAIMS:
        raise ValueError(f"id must be one of C01 to C104, got {id!r}")
    if not isinstance(measured, str) or not measured.strip():
        raise ValueError(f"measured must be one sentence with its numbers, got {measured!r}")
    claim = CLAIMS[id]
    parts = holds if isinstance(holds, Mapping) else {part: holds} if part else {}
    parts = {name: _outcome(value) for name, value in parts.items()}
    outcome = parts or _outcome(holds)
    answers = set(parts.values()) or {outcome}
    overall = answers.pop() if len(answers) == 1 else None  # the parts differ: it depends
    red = claim.red(outcome)
    gate = claim.part(part).gate if part else claim.gate
    result = Record(
        id=id,
        quote=claim.quote,
        gate=gate,
        holds=overall,
        verdict=VERDICTS[overall],
        measured=measured.strip(),
        note=claim.note,
        red=red,
        section=claim.section,
        expected=claim.expected,
        parts=parts,
        values={name: _value(name, value) for name, value in values.items()},
    )
    _show(result)
    return result


def _outcome(holds) -> bool | None:
    if holds is None or isinstance(holds, bool):
        return holds
    if "bool" not in str(getattr(holds, "dtype", "")):  # a comparison of NumPy or torch numbers is a yes or no too
        raise ValueError(f"holds must be True, False or None (it depends), got {holds!r}")
    return bool(holds)


def _value(name: str, value) -> float | str:
    if isinstance(value, str):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError, RuntimeError) as error:  # torch refuses more than one element with a RuntimeError
        raise ValueError(f"{name} must be one number or a text, got {type(value).__name__}") from error
    return number if isfinite(number) else str(number)  # JSON has no inf


def to_html(result: Mapping) -> str:
    """One folded line for JupyterLab; every text escaped."""
    text = {key: escape(str(result[key])) for key in ("id", "quote", "section", "measured", "verdict", "note")}
    part = f" ({escape(', '.join(result['parts']))})" if result["parts"] else ""
    note = f"<p>{text['note']}</p>" if text["note"] else ""
    return (
        f'<details class="mr-claim"><summary>The review says, we measured: {text["id"]}{part} '
        f"<b>{text['verdict']}</b></summary>"
        f"<p>The review says: {text['quote']} ({text['section']}).</p><p>We measured: "
        f"{text['measured']}</p>{note}</details>"
    )


def _show(result: Record) -> None:
    ipython = sys.modules.get("IPython")  # loaded already wherever a notebook runs
    if ipython is None or ipython.get_ipython() is None:
        return
    from IPython.display import display

    text = f"{result['id']} {result['verdict']}: {result['measured']}"
    display({MIME: dict(result), "text/html": to_html(result), "text/plain": text}, raw=True)
