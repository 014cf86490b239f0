"""The numbers in the prose, taken from an executed book: `python -m mrtutor.lab.values [FOLDER]`.

The book prints them from its own run; the learner's notebook, not yet run, shows those of the last run of the book.
myst-nb takes what was glued out of the executed notebook and keeps it beside it, as NAME.glue.json.
"""

import json
import sys
from pathlib import Path

from .notebooks import PACKAGE

EXECUTED = PACKAGE.parent / "book" / "_build" / "jupyter_execute"


def collect(folder: Path = EXECUTED) -> dict[str, dict[str, str]]:
    """Glued texts of the executed notebooks below `folder`: chapter -> name -> text."""
    values = {}
    for path in sorted(Path(folder).rglob("*.glue.json")):
        glued = json.loads(path.read_text("utf-8"))
        texts = {name: output["data"]["text/plain"] for name, output in glued.items() if "text/plain" in output["data"]}
        values[path.name.removesuffix(".glue.json")] = {name: "".join(text) for name, text in texts.items()}
    return values


def write(folder: Path = EXECUTED, target: Path = PACKAGE / "glue_values.json") -> Path:
    """Collect and ship. A chapter that was not executed keeps the values it had."""
    known = json.loads(target.read_text("utf-8")) if target.exists() else {}
    text = json.dumps(known | collect(folder), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if not target.exists() or target.read_text("utf-8") != text:
        target.write_text(text, "utf-8")
    return target


if __name__ == "__main__":
    print(write(*map(Path, sys.argv[1:2])))
