"""How what was measured is kept: readable JSON, and which weights it was measured with."""

import hashlib
import json
import os
import re
from pathlib import Path

from ...methods import Trained
from ...training.weights import find


def store(measured: dict, path: Path) -> None:
    """Written beside and renamed; the patients of a row on one line, so that a change can be read."""
    text = re.sub(
        r"\[[^][{}]*\]",
        lambda numbers: re.sub(r"\s+", " ", numbers[0]).replace("[ ", "[").replace(" ]", "]"),
        json.dumps(measured, indent=1),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(text + "\n", "utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def digest(method: Trained) -> str:
    """SHA-256 of the method's weight file."""
    return hashlib.sha256(find(method.name).read_bytes()).hexdigest()
