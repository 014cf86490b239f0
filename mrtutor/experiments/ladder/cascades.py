"""C16: does it pay to cut one network into several, each followed by data consistency?

`python -m mrtutor.experiments.ladder.cascades` trains one to five cascades of `networks.cascade` with about as many
weights in all, on the same slices for as many steps, then measures them on held-out virtual patients. Short trainings,
one for each number: who trains longer may find other decibels. More cascades also see further (five convolutions reach
5 pixels, five times five reach 25) and solve for the data more often, which helps without any network: CG-SENSE on the
same data is kept beside them.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import torch

from ... import __version__, metrics
from ...methods import METHODS
from ...networks.base import n_weights
from ...patients import data_version
from ...training.loop import fit
from ...training.losses import LOSSES
from ...training.plan import Plan
from ...training.recipe import Recipe, recipe
from ..common import cohort
from .files import store

PATH = Path(__file__).parent / "measured" / "cascades.json"
NUMBERS = (1, 2, 3, 4, 5)
STEPS, LR = 800, 1e-3
N_PATIENTS, ACCELERATION, PATTERN = 24, 4, "variable density"


def weights_of(n_cascades: int, width: int, depth: int = 5) -> int:
    """Weights of a `Cascade`: per CNN the convolutions 2 -> width -> ... -> 2 with their biases, and one trust."""
    cnn = 18 * width + width + (depth - 2) * (9 * width**2 + width) + 18 * width + 2
    return n_cascades * (cnn + 1)


def matched_width(n_cascades: int) -> int:
    """The width at which `n_cascades` have as many weights as the shipped recipe's five: within 3 %."""
    shipped = recipe("cascade").arguments
    wanted = weights_of(shipped["n_cascades"], shipped["width"], shipped["depth"])
    off = lambda width: abs(weights_of(n_cascades, width, shipped["depth"]) - wanted)
    return min(range(4, 129), key=off)


def plan(n_cascades: int, steps: int = STEPS) -> Recipe:
    """The shipped recipe with another number of cascades and fewer steps; seed, slices, batch and loss are its own."""
    shipped = recipe("cascade")
    arguments = {**shipped.arguments, "n_cascades": n_cascades, "width": matched_width(n_cascades), "dc": "proximal"}
    return replace(shipped, arguments=arguments, steps=steps, lr=LR, loss="decibel")


def psnr(method, n: int = N_PATIENTS) -> list[float]:
    """PSNR (dB) of `method` on each of the cohort's first `n` patients, nominal R = 4, against the noise-free image."""
    values = []
    for number, case in enumerate(cohort.patients(n)):
        mask = cohort.mask(PATTERN, case.kspace.shape[-2:], ACCELERATION, number)
        with torch.no_grad():
            values.append(metrics.psnr(method(mask * case.kspace, mask, case.maps), case.target, case.region))
    return values


def train(n_cascades: int, steps: int = STEPS, n: int = N_PATIENTS) -> dict:
    """Train one of them; nothing of it is kept but what it scored."""
    one = plan(n_cascades, steps)
    network = one.build()
    history = fit(
        network,
        one.examples(),
        Plan(one.steps, one.batch, LOSSES[one.loss], one.lr, every=min(200, steps)),
        watch=lambda history: print(n_cascades, history.rows[-1], flush=True),
    )
    return {
        "width": one.arguments["width"],
        "weights": n_weights(network),
        "loss": history.column("loss"),
        "seconds": history.column("seconds")[-1],
        "PSNR": psnr(network, n),
    }


def frame(steps: int = STEPS, n: int = N_PATIENTS) -> dict:
    """What the numbers come from; a file of another frame is not added to."""
    return {
        "mrtutor": __version__,
        "torch": torch.__version__,
        "data": data_version(),
        "seed": recipe("cascade").seed,
        "steps": steps,
        "lr": LR,
        "loss": "decibel",
        "patients": n,
        "cohort seed": cohort.HELD_OUT.seed,
        "R": ACCELERATION,
        "pattern": PATTERN,
    }


def run(path: Path = PATH, steps: int = STEPS, n: int = N_PATIENTS, numbers=NUMBERS) -> dict:
    """Train and measure what `path` does not hold yet; it is written after each network."""
    found = load(path) if path.exists() else {}
    about = frame(steps, n)
    if found.get("about") != about:
        found = {"about": about, "CG-SENSE": psnr(METHODS["CG-SENSE"], n), "networks": {}}
    for number in numbers:
        if str(number) not in found["networks"]:
            found["networks"][str(number)] = train(number, steps, n)
            store(found, path)
    return found


def load(path: Path = PATH) -> dict:
    """What was measured."""
    return json.loads(path.read_text(encoding="utf-8"))


def scores(found: dict) -> dict[int, list[float]]:
    """Number of cascades -> PSNR (dB) of each patient."""
    return {int(number): network["PSNR"] for number, network in found["networks"].items()}


if __name__ == "__main__":
    run(*map(Path, sys.argv[1:2]), *map(int, sys.argv[2:]))
