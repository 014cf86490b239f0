"""What the strongest network gains over tuned CS, pattern by pattern, on virtual patients and on the real brain.

`python -m mrtutor.experiments.ladder.gains` measures and keeps the numbers in `measured/gains.json`. CS is
`wavelet_cs`: wherever sigpy's was tuned beside it, in `curves` and in `make bench`, it was the weaker one. And how far
the lines alone determine the brain: CS without noise.
"""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

import torch

from ... import __version__, sampling
from ...fourier import fft2c
from ...methods import METHODS
from ...patients import data_version
from ...show import watch
from ...training.stream import PATTERNS
from ...types import Mask, Reconstruction
from ..common import cohort
from ..common.tuning import Tuned, tuned_cs
from .curves import N_TUNING, TUNED, N
from .files import digest, store

FILE = Path(__file__).parent / "measured" / "gains.json"
NETWORK = "MoDL"
ACCELERATIONS = (4, 6, 8)  # nominal
N_DRAWS = 4  # of the lines, on the one brain; regular lines are the same each time
VIRTUAL, REAL = GROUPS = ("virtual patients", "real brain")
NO_NOISE = Tuned("mrtutor", 1e-6, 200, {})  # CS that trusts its data almost wholly


# Measuring ---------------------------------------------------------------------------------------------------------
def cases(group: str, pattern: str, n: int = N) -> list[cohort.Case]:
    """`n` virtual patients, or the brain once for each draw of its lines.

    Raises ValueError where the brain was not fetched.
    """
    if group == VIRTUAL:
        return cohort.patients(n)
    if (brain := cohort.real_brain()) is None:
        raise ValueError("the real brain must be here to be measured: mrtutor fetch --all brings it")
    return [brain] * (1 if pattern == "equispaced" else N_DRAWS)


def lines(group_cases: Sequence[cohort.Case], pattern: str, acceleration: int) -> list[Mask]:
    """Mask number i for case number i."""
    return [
        cohort.mask(pattern, case.kspace.shape[-2:], acceleration, number) for number, case in enumerate(group_cases)
    ]


def psnr(method: Reconstruction, group_cases: Sequence[cohort.Case], masks: Sequence[Mask]) -> list[float]:
    """PSNR inside the head in dB, one a case."""
    images = (method(mask * case.kspace, mask, case.maps) for case, mask in zip(group_cases, masks, strict=True))
    return [round(cohort.scores(image, case)["PSNR"], 2) for image, case in zip(images, group_cases, strict=True)]


def row(group: str, pattern: str, acceleration: int, n: int = N) -> dict:
    """ "lam" and "n_iter" of CS as tuned on the first cases, and the PSNR of CS and of the network, one a case."""
    there = cases(group, pattern, n)
    masks = lines(there, pattern, acceleration)
    cs = tuned_cs(there[:N_TUNING], masks[:N_TUNING], ("mrtutor",))
    return {
        "lam": cs.lam,
        "n_iter": cs.n_iter,
        TUNED: psnr(cs, there, masks),
        NETWORK: psnr(METHODS[NETWORK], there, masks),
    }


def without_noise(case: cohort.Case) -> cohort.Case:
    """The same head scanned once more: its k-space is exactly what its target gives through its maps."""
    return case._replace(kspace=fft2c(case.maps * case.target))


def determined(pattern: str, acceleration: int) -> list[float]:
    """PSNR of CS on the brain without noise, one a draw of the lines.

    Far above any scan where the lines leave nothing open.
    """
    there = [without_noise(case) for case in cases(REAL, pattern)]
    return psnr(NO_NOISE, there, lines(there, pattern, acceleration))


def measure(n: int = N) -> dict:
    """The contents of the file: what the numbers depend on; "rows" and "without noise".

    "rows" is group -> pattern -> one `row` for each R.
    """
    true = [
        round(sampling.true_acceleration(cohort.mask(PATTERNS[0], (cohort.SIZE, cohort.SIZE), R)), 4)
        for R in ACCELERATIONS
    ]
    rows = {group: {pattern: [] for pattern in PATTERNS} for group in GROUPS}
    wanted = [(group, pattern, R) for group in GROUPS for pattern in PATTERNS for R in ACCELERATIONS]
    for group, pattern, R in watch(wanted, "rows"):
        rows[group][pattern].append(row(group, pattern, R, n))
    noiseless = {pattern: [determined(pattern, R) for R in ACCELERATIONS] for pattern in PATTERNS}
    return {
        "mrtutor": __version__,
        "torch": torch.__version__,
        "data": data_version(),
        "n": n,
        "weights": digest(METHODS[NETWORK]),
        "nominal R": list(ACCELERATIONS),
        "R": true,
        "rows": rows,
        "without noise": noiseless,
    }


# Reading it --------------------------------------------------------------------------------------------------------
def load(path: Path | None = None) -> dict:
    """What was measured."""
    return json.loads((path or FILE).read_text("utf-8"))


def stored_cs(row: dict) -> Tuned:
    """CS with the dials of a `row`."""
    return Tuned("mrtutor", row["lam"], row["n_iter"], {})


def gain(row: dict) -> tuple[float, float | None]:
    """(mean of network minus CS in dB, half width of its 95 % interval; None where there is one case)."""
    if len(row[NETWORK]) == 1:
        return row[NETWORK][0] - row[TUNED][0], None
    return cohort.paired(row[NETWORK], row[TUNED])


def table(measured: dict) -> str:
    """The gains in dB as an HTML table: a row for each pattern, a column for each group and R."""
    spoken = {"equispaced": "regular", "uniform random": "random", "variable density": "denser at the centre"}
    groups = "".join(
        f'<th scope="colgroup" colspan="{len(measured["nominal R"])}">{escape(group)}</th>' for group in GROUPS
    )
    columns = "".join(f'<th scope="col">R&nbsp;=&nbsp;{R}</th>' for _ in GROUPS for R in measured["nominal R"])
    body = ""
    for pattern in PATTERNS:
        cells = (gain(row) for group in GROUPS for row in measured["rows"][group][pattern])
        body += (
            f'<tr><th scope="row">{spoken[pattern]}</th>'
            + "".join(f"<td>{mean:+.1f}{'' if half is None else f'<br>±&nbsp;{half:.1f}'}</td>" for mean, half in cells)
            + "</tr>"
        )
    head = f'<tr><th scope="col" rowspan="2">Lines</th>{groups}</tr><tr>{columns}</tr>'
    return f'<table class="ladder"><thead>{head}</thead><tbody>{body}</tbody></table>'


if __name__ == "__main__":
    store(measure(), FILE)
    print(FILE)
