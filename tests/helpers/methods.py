"""METHODS as a reader would have written it: other entries for the length of a test, then those that were."""

from contextlib import contextmanager

from mrtutor.experiments.ladder import scenes
from mrtutor.methods import METHODS


@contextmanager
def listed(entries: dict):
    """METHODS holds `entries` and nothing else; what the ladder remembers of the others is forgotten."""
    before = dict(METHODS)
    METHODS.clear()
    METHODS.update(entries)
    scenes.rungs.cache_clear()
    try:
        yield METHODS
    finally:
        METHODS.clear()
        METHODS.update(before)
        scenes.rungs.cache_clear()
