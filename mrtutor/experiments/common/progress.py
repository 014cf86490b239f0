"""A bar for what takes seconds: in JupyterLab the reader sees that something happens."""

import sys
from collections.abc import Iterable

from ...show import in_book


def watch(things: Iterable, what: str) -> Iterable:
    """`things`, with a bar named `what` while they are gone through; silent while the book is built."""
    from tqdm import tqdm

    return tqdm(things, desc=what, disable=in_book(), file=sys.stdout)  # what goes to stderr is shown in red
