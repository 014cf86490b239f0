"""`mrtutor lab`: working copies of the chapters in the learner's folder, and JupyterLab in front of them."""

import hashlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from ..process import calm_children
from .notebooks import Course, chapters, find, notebook, read_course, read_values

RECORD = ".mrtutor.json"  # file name -> fingerprint of what was last written: tells a learner's work from ours


def course_of(paths: list[Path]) -> Course:
    """Everything that the chapters refer to, found where this installation keeps it."""
    return read_course(paths, find("references.bib"), find("glossary.md"))


def notebook_text(path: Path, values: dict[str, dict[str, str]] | None = None) -> str:
    """One chapter as the notebook that `mrtutor lab` makes of it; `values`: other numbers than came with it."""
    return notebook(path, course_of(chapters()), read_values() if values is None else values).decode("utf-8")


def write(path: Path, content: bytes) -> None:
    """All or nothing: written beside, then renamed."""
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def fingerprint(content: bytes) -> str:
    """Hash of what a learner can edit: the text of the cells, in order. Running or opening it is no edit."""
    try:
        cells = json.loads(content)["cells"]
        content = json.dumps([[cell["cell_type"], "".join(cell["source"])] for cell in cells]).encode()
    except (ValueError, LookupError, TypeError):
        pass  # no notebook any more: every byte counts
    return hashlib.sha256(content).hexdigest()


def read_record(folder: Path) -> dict[str, str]:
    """What we wrote last. Unreadable means unknown, and what is unknown is the learner's."""
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def working_folder(folder: Path) -> Path:
    """The folder, made when missing. Raises ValueError when it cannot hold the course."""
    folder = folder.expanduser().resolve()
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"DIR must be a folder, and {folder} is a file")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise ValueError(f"DIR must be a folder where you may write, got {folder}: {error.strerror}") from error


def prepare(folder: Path) -> dict[str, str]:
    """Working copies of all chapters in `folder`.

    File name -> "new", "updated", "current", "yours" or "yours, chapter changed".

    A file whose cells are not those that were last written here is the learner's, and stays as it is.
    """
    folder, paths = working_folder(folder), chapters()
    if not paths:
        raise ValueError("no chapter came with this installation of mrtutor; install it again: pip install mrtutor")
    record, course, values, done = read_record(folder), course_of(paths), read_values(), {}
    for path in paths:
        copy = folder / f"{path.stem}.ipynb"
        made = notebook(path, course, values)
        written, known = fingerprint(made), record.get(copy.name)
        found = fingerprint(copy.read_bytes()) if copy.exists() else None
        if found == written:
            done[copy.name] = "current"
        elif found in (None, known):
            write(copy, made)
            done[copy.name] = "updated" if found else "new"
        else:
            done[copy.name] = "yours" if known == written else "yours, chapter changed"
            continue
        record[copy.name] = written
        write(folder / RECORD, json.dumps(record, indent=1).encode())
    return done


def reset(folder: Path, number: str) -> tuple[Path, Path | None]:
    """Write one chapter afresh. Returns its file and the backup of what was there (None when nothing was).

    `number` is "1", "01" or "01_kspace"; "ladder" is the ladder's. Raises ValueError when there is no such chapter.
    """
    folder, paths = working_folder(folder), chapters()
    short = {p: p.stem.split("_")[0] for p in paths}
    wanted = [p for p in paths if number == p.stem or number.zfill(2) == short[p]]
    if not wanted:
        raise ValueError(f"--reset takes the number of a chapter ({', '.join(short.values())}), got {number}")
    copy, backup = folder / f"{wanted[0].stem}.ipynb", None
    made = notebook(wanted[0], course_of(paths), read_values())
    if copy.exists() and copy.read_bytes() != made:
        backup = folder / f"{copy.stem}.{datetime.now():%Y-%m-%d-%H%M%S-%f}.ipynb"
        write(backup, copy.read_bytes())
    write(copy, made)
    write(folder / RECORD, json.dumps(read_record(folder) | {copy.name: fingerprint(made)}, indent=1).encode())
    return copy, backup


def is_root() -> bool:
    """True for the administrator of Linux and macOS, as in most containers: JupyterLab then wants to be asked twice."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def serve(folder: Path, browser: bool = True, port: int | None = None, extra: list[str] = ()) -> int:
    """JupyterLab in `folder`, in the foreground, until it is stopped. Returns its exit status.

    Raises ModuleNotFoundError when JupyterLab is missing.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise ModuleNotFoundError("JupyterLab is not installed; install it with: pip install jupyterlab")
    folder = working_folder(folder)
    settings = [str(Path(__file__).parent), os.environ.get("JUPYTER_CONFIG_PATH", "")]  # labconfig/: no news from afar
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, settings))
    calm_children()
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    command += [f"--LabApp.default_url=/lab/tree/{path.stem}.ipynb" for path in chapters()[:1]]
    command += [] if browser else ["--no-browser"]
    command += [f"--ServerApp.port={port}"] if port else []
    command += ["--allow-root"] if is_root() else []
    command += extra
    if os.name == "nt":
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C belongs to JupyterLab, which asks before it stops
        return subprocess.call(command)
    os.chdir(folder)
    os.execv(sys.executable, command)  # replaces this process: torch is not kept in memory for nothing
