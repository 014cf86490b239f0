"""Build the book: `python book/build.py`. Chapters run where their code changed; every warning is an error."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

import npm

BOOK = Path(__file__).resolve().parent
ROOT = BOOK.parent
BUILD = BOOK / "_build"
MADE_OF = BUILD / "made_of"  # the fingerprint of what the kept outputs were computed with


def fingerprint() -> str:
    """One hash of what a chapter's outputs depend on besides its own text: the package, its versions, the data."""
    import pooch

    ours = [p for p in (ROOT / "mrtutor").rglob("*") if "__pycache__" not in p.parts and p.name != "glue_values.json"]
    ours += [ROOT / "constraints.txt", *(BOOK / "_ext").glob("*.py")]
    folders = [Path(f) for f in (os.environ.get("MRTUTOR_DATA"), pooch.os_cache("mrtutor")) if f]
    data = [p for folder in folders for p in folder.glob("*.h5")]
    whole = hashlib.sha256()
    for path in sorted(p for p in ours + data if p.is_file()):
        whole.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def main() -> int:
    """Returns 0 when the book stands, else 1."""
    from jupyter_book.cli.main import main as jupyter_book

    from mrtutor.process import calm_children

    npm.mathjax(BOOK / "_static" / "mathjax")
    now = fingerprint()
    if not MADE_OF.exists() or MADE_OF.read_text() != now:
        shutil.rmtree(BUILD, ignore_errors=True)
        BUILD.mkdir()
        MADE_OF.write_text(now)
    arguments = [
        "build",
        str(ROOT),
        "--config",
        str(BOOK / "_config.yml"),
        "--toc",
        str(BOOK / "_toc.yml"),
        "--path-output",
        str(BOOK),
        "-W",
        "-n",
        "--keep-going",
    ]
    os.chdir(ROOT)
    calm_children()
    try:
        jupyter_book(arguments, standalone_mode=False)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
