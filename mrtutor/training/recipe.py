"""A recipe: everything that one weight file came from, as a small TOML file that can be run again."""

import inspect
import itertools
import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import torch

from ..networks import NETWORKS
from ..networks.base import Network
from ..networks.kiki import Stagewise
from ..sampling import PATTERNS
from .losses import LOSSES
from .stream import MAPS, Stream
from .values import check_values, is_number

FOLDER = Path(__file__).parents[1] / "recipes"


@dataclass(frozen=True)
class Recipe:
    """Which network, fed with what, for how long.

    network, arguments: a key of NETWORKS and what its class takes; stream: dials of `Stream` that differ from its
    defaults; loss: a key of `losses.LOSSES`; lr: the peak of the learning rate; batch: slices a step; stagewise: one
    stage of the network after the other; restarts: after which shares of the steps, rising from 0 to 1, the schedule
    begins anew. Raises ValueError, one sentence, for anything else: nothing is built from values that were not checked.
    """

    network: str
    arguments: dict = field(default_factory=dict)
    stream: dict = field(default_factory=dict)
    steps: int = 2000
    batch: int = 1
    lr: float = 1e-3
    loss: str = "nrmse"
    seed: int = 0
    stagewise: bool = False
    restarts: list[float] = field(default_factory=list)

    def __post_init__(self):
        for name, choices in (("network", NETWORKS), ("loss", LOSSES)):
            value = getattr(self, name)
            if not isinstance(value, str) or value not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r:.60}")
        for name, least in (("steps", 1), ("batch", 1), ("seed", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 2**31:
                raise ValueError(f"{name} must be a whole number of {least} or more, got {value!r:.60}")
        if not is_number(self.lr) or self.lr <= 0:
            raise ValueError(f"lr must be a number above 0, got {self.lr!r:.60}")
        if not isinstance(self.stagewise, bool) or (
            self.stagewise and not issubclass(NETWORKS[self.network], Stagewise)
        ):
            stages = ", ".join(name for name, network in NETWORKS.items() if issubclass(network, Stagewise))
            raise ValueError(
                f"stagewise must be true or false, and true only for a network of stages ({stages}), got "
                f"{self.stagewise!r:.60} for {self.network}"
            )
        if (
            not isinstance(self.restarts, list)
            or not all(map(is_number, self.restarts))
            or not rising([0, *self.restarts, 1])
        ):
            raise ValueError(
                f"restarts must be a list of shares of the steps that rise from 0 to 1, got {self.restarts!r:.60}"
            )
        taken = inspect.signature(NETWORKS[self.network]).parameters
        check_values(self.network, self.arguments, {name: one.default for name, one in taken.items()})
        check_dials(self.stream)

    def build(self) -> Network:
        """The untrained network, its first weights drawn from the recipe's seed; the global seed is untouched."""
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.seed)
            try:
                return NETWORKS[self.network](**self.arguments)
            except (
                TypeError,
                RuntimeError,
                ArithmeticError,
                LookupError,
                AssertionError,
            ) as error:  # numbers that do not go together
                raise ValueError(f"arguments of {self.network} do not fit it: {first_line(error)}") from None

    def examples(self) -> Stream:
        """The stream of training slices."""
        return Stream(
            seed=self.seed,
            **{key: tuple(value) if isinstance(value, list) else value for key, value in self.stream.items()},
        )

    def restart_steps(self) -> tuple[int, ...]:
        """After which steps the schedule begins anew."""
        return tuple(sorted({round(share * self.steps) for share in self.restarts} - {0, self.steps}))

    def as_dict(self) -> dict:
        """Plain numbers, text and lists, with all that the TOML file leaves at its default: a default may change, a
        weight file not.

        Read a header with `from_dict`: a dial that is younger than the file takes its default, at which it does
        nothing.
        """
        arguments = {name: one.default for name, one in inspect.signature(NETWORKS[self.network]).parameters.items()}
        dials = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self.examples()).items()
            if name != "seed"
        }
        return {**asdict(self), "arguments": arguments | self.arguments, "stream": dials}


def check_dials(dials: dict) -> None:
    """Raises ValueError, one sentence, where `dials` are none of `Stream` or lie outside what it can draw."""
    defaults = {one.name: one.default for one in fields(Stream) if one.name != "seed"}
    check_values("stream", dials, defaults)
    for name in ("n_coils", "acceleration", "noise"):
        pair = dials.get(name, defaults[name])
        if len(pair) != 2 or not 0 < pair[0] <= pair[1]:
            raise ValueError(f"{name} of stream must be two numbers above 0, the smaller first, got {pair!r:.60}")
    weights = dials.get("maps", defaults["maps"])
    if len(weights) != len(MAPS) or min(weights) < 0 or sum(weights) <= 0:
        raise ValueError(
            f"maps of stream must be {len(MAPS)} weights ({', '.join(MAPS)}), not all 0, got {weights!r:.60}"
        )
    leaves = dials.get("leaves", defaults["leaves"])
    if len(leaves) != 2 or not 0 <= leaves[0] <= 1 or leaves[1] < 0:
        raise ValueError(f"leaves of stream must be a chance of 0 to 1 and a number of examples, got {leaves!r:.60}")
    for pattern in dials.get("patterns", ()):
        if pattern != "equispaced" and pattern not in PATTERNS:
            raise ValueError(f"patterns of stream must be among {', '.join(PATTERNS)}, got {pattern!r}")
    if min(dials.get("sizes", (16,))) < 16 or dials.get("reuse", 1) < 1:
        raise ValueError("stream needs sizes of 16 or more and a reuse of 1 or more")


def rising(values: list[float]) -> bool:
    """Is each value above the one before?"""
    return all(a < b for a, b in itertools.pairwise(values))


def first_line(error: Exception) -> str:
    """What went wrong, without torch's long tail."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def recipe(name: str) -> Recipe:
    """The shipped recipe `name`. Raises ValueError with the names there are."""
    if name not in names():
        raise ValueError(f"no recipe {name!r:.60}; there are: {', '.join(names())}")
    return from_dict(tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8")))


def from_dict(values: dict) -> Recipe:
    """A recipe from plain values. Raises ValueError for a key that it does not know."""
    if not isinstance(values, dict) or "network" not in values:
        raise ValueError("a recipe must name its network")
    known = [one.name for one in fields(Recipe)]
    for key in values:
        if key not in known:
            raise ValueError(f"a recipe has the keys {', '.join(known)}, got {key!r:.60}")
    return Recipe(**values)


def names() -> list[str]:
    """The shipped recipes."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))
