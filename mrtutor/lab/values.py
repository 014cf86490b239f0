"""The numbers in the prose, taken from an executed book: `python -m mrtutor.lab.values [FOLDER]`.

The book prints them from its own run; the learner's notebook, not yet run, shows those of the last run of the book.
"""

import json
import sys
from ast import literal_eval
from pathlib import Path

from .notebooks import PACKAGE

EXECUTED = PACKAGE.parent / "book" / "_build" / "jupyter_execute"


def collect(folder: Path = EXECUTED) -> dict[str, dict[str, str]]:
    """Glued texts of the executed notebooks below `folder`: chapter -> name -> text."""
    values = {}
    for path in sorted(Path(folder).rglob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        outputs = [output for cell in cells for output in cell.get("outputs", []) if "data" in output]
        glued = {}
        for output in outputs:
            mark = output.get("metadata", {}).get("scrapbook")
            plain = next((text for kind, text in output["data"].items() if kind.endswith("text/plain")), None)
            if mark and plain is not None:
                glued[mark["name"]] = unquoted("".join(plain))
        if glued:
            values[path.stem] = glued
    return values


def unquoted(text: str) -> str:
    """A string that was glued by its repr loses the quotation marks."""
    if text[:1] in "'\"" and text[-1:] == text[:1]:
        return str(literal_eval(text))
    return text


def write(folder: Path = EXECUTED, target: Path = PACKAGE / "glue_values.json") -> Path:
    """Collect and ship. A chapter that was not executed keeps the values it had."""
    known = json.loads(target.read_text("utf-8")) if target.exists() else {}
    text = json.dumps(known | collect(folder), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if not target.exists() or target.read_text("utf-8") != text:
        target.write_text(text, "utf-8")
    return target


if __name__ == "__main__":
    print(write(*map(Path, sys.argv[1:2])))
