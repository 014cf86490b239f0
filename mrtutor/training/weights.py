"""Weight files: safetensors, never pickles; the header says what the weights are, how they were made and what they
scored.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch.nn.modules.module import register_module_parameter_registration_hook

from .. import __version__
from ..networks.base import Network
from ..patients import data_version
from .checkpoint import check_fit, read, write
from .recipe import Recipe, from_dict

FOLDER = Path(__file__).parents[1] / "weights"
FORMAT = "mrtutor weights 1"
MOST_BYTES, MOST_TEXT = 2**26, 20_000  # of a file; of the recipe and of the scores in its header


def save(path: Path, network: Network, recipe: Recipe, scores: dict) -> None:
    """Write the weights with recipe, seed, versions, data version and scores in the header."""
    header = {
        "format": FORMAT,
        "recipe": json.dumps(recipe.as_dict()),
        "seed": str(recipe.seed),
        "mrtutor": __version__,
        "torch": torch.__version__,
        "data": data_version(),
        "scores": json.dumps(scores),
    }
    write(path, network.state_dict(), header)


def load(name: str | Path) -> Network:
    """The trained network: a shipped name ("modl") or a file of `mrtutor train`. In eval mode, on the CPU.

    Raises FileNotFoundError, or ValueError with one sentence when the file is foreign, cut short or does not fit its
    recipe. Nothing of the size that a header asks for is allocated before a foreign file is known to hold it.
    """
    path = find(name)
    tensors, said = read_checked(path)
    try:
        recipe = from_dict(said["recipe"])
        # a shipped file asks for little; for others the device "meta" allocates nothing, but loads 70 MB of sympy
        where = "cpu" if path.parent == FOLDER else "meta"
        with torch.device(where), at_most(len(tensors) + 100):  # so that the first one missing can be named
            expected = recipe.build().state_dict()
    except ValueError as error:
        raise ValueError(f"{path.name} has a recipe that cannot be built: {error}") from None
    check_fit(path, tensors, expected, "its recipe")
    network = recipe.build()
    network.load_state_dict(tensors)
    return network.eval()


def header(name: str | Path) -> dict:
    """What a weight file says of itself: recipe, seed, versions, scores."""
    return read_checked(find(name))[1]


def find(name: str | Path) -> Path:
    """The weight file of that name or path. Raises FileNotFoundError with the names there are."""
    path = Path(name) if Path(name).suffix else FOLDER / f"{name}.safetensors"
    if not path.is_file():
        shipped = ", ".join(sorted(one.stem for one in FOLDER.glob("*.safetensors")))
        raise FileNotFoundError(f"no weight file {path.name}; shipped are: {shipped or 'none'}")
    return path


def read_checked(path: Path) -> tuple[dict[str, torch.Tensor], dict]:
    """(tensors, header with recipe and scores as values). ValueError where it is no weight file of this course."""
    tensors, said = read(path, MOST_BYTES)
    if said.get("format") != FORMAT:
        raise ValueError(
            f"{path.name} must be a weight file of this course (its header says {said.get('format', 'nothing')!r:.60})"
        )
    values = {}
    for key in ("recipe", "scores"):
        try:
            if len(said[key]) > MOST_TEXT:
                raise ValueError
            values[key] = json.loads(said[key])
        except (KeyError, ValueError, RecursionError):
            raise ValueError(f"{path.name} has no readable {key} in its header") from None
    return tensors, said | values


@contextmanager
def at_most(n: int) -> Iterator[None]:
    """Stop with ValueError as soon as a network under construction has more than `n` weight tensors."""

    def count(module, name, parameter) -> None:
        nonlocal n
        n -= parameter is not None
        if n < 0:
            raise ValueError("it asks for more layers than the file holds")

    hook = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()
