"""Find and load the real scans that were fetched, or a reader's own file, or else a virtual patient."""

import os
from collections.abc import Callable
from pathlib import Path

from ..sources import SOURCES, cache_folder, entry
from .core import Scan
from .files import read


def find(name: str) -> Path | None:
    """The file of a known real scan, in the folder MRTUTOR_DATA or the cache of `mrtutor fetch`; None if absent."""
    file = entry(name).file
    folders = [Path(os.environ["MRTUTOR_DATA"])] if os.environ.get("MRTUTOR_DATA") else []
    return next((folder / file for folder in [*folders, cache_folder()] if (folder / file).is_file()), None)


def load(name_or_path, otherwise: Scan | Callable[[], Scan] | None = None, slice: int = 0, **options) -> Scan:
    """The real scan `name` where it was fetched, else `otherwise`, a Scan or a function of none; or your own file.

    The label of the scan says which it is. A path (with a folder, with a suffix such as .h5, or of a file that is
    there) is read with `read`.
    """
    text = os.fspath(name_or_path)
    if text not in SOURCES or isinstance(name_or_path, Path):
        if isinstance(name_or_path, Path) or os.path.basename(text) != text or Path(text).suffix or _is_there(text):
            return read(name_or_path, slice, **options)
        raise ValueError(f"name must be one of {', '.join(SOURCES)}, or a path to an .h5 file, got {text!r}")
    path = find(text)
    if path is not None:
        return read(path, slice, **{"trusted": True, **options})
    if otherwise is None:
        raise FileNotFoundError(
            f"{text} is not on this machine: run `mrtutor fetch {text}`, or give otherwise= a virtual scan"
        )
    return otherwise if isinstance(otherwise, Scan) else otherwise()


def _is_there(name: str) -> bool:
    return Path(name).exists() or Path(name + ".cfl").exists()
