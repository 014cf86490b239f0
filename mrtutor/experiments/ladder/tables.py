"""The tables of the ladder's page: what each method gains and costs, and its scores at each rung."""

import timeit
from html import escape

import torch
from torch import nn

from ...about import about, families
from ...methods import METHODS
from ...networks.base import n_weights
from ...scan import Scan
from ...show import watch
from . import rungs as ladder
from .scenes import ACCELERATIONS, rungs

RSS_WORDS = (
    "The reference above merges the full scan with the same coil maps as most methods: what the maps get wrong is "
    "wrong in both, and not seen. These scores are taken against the root sum of squares of the coil images, which "
    "needs no maps. It adds up the noise of all coils, so no method comes as close."
)


def costs(case: Scan) -> str:
    """The methods as an HTML table: what each gains, what it costs, weights, milliseconds."""
    titles = ("Method", "Gain and cost", "Weights", "ms a slice")
    ms = {name: milliseconds(name, case) for name in watch(METHODS, "milliseconds")}
    body = ""
    for family, names in families(METHODS).items():
        body += ladder.heading(family, len(titles))
        for name in names:
            n = weights(name)
            time = "–" if ms[name] is None else f"{ms[name]:.0f}"
            cells = "".join(f"<td>{cell}</td>" for cell in (gain_and_cost(name), f"{n:,}" if n else "none", time))
            body += f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    return f'<table class="ladder costs"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def gain_and_cost(name: str) -> str:
    """What `about` says of a method, as HTML."""
    said = about(name)
    return escape(said.gain) + (f" <b>Cost:</b> {escape(said.cost)}" if said.cost else "")


def milliseconds(name: str, case: Scan) -> float | None:
    """Of one slice at R = 4, the fastest of three calls after a first one; None where the method refuses it."""
    mask, method = ladder.lines(name, case, 4), METHODS[name]
    kspace = mask * case.kspace
    with torch.no_grad():
        try:
            method(kspace, mask, case.maps)
        except ValueError:
            return None
        return 1e3 * min(timeit.repeat(lambda: method(kspace, mask, case.maps), number=1, repeat=3))


def weights(name: str) -> int:
    """Trained numbers of an entry of METHODS, whether it holds a network or is one; 0 where there is none."""
    network = getattr(METHODS[name], "network", METHODS[name])
    return n_weights(network) if isinstance(network, nn.Module) else 0


def scores(case: Scan) -> str:
    """The tables of all rungs as HTML, the first one open; in each, folded, those against the root sum of squares."""
    groups = families(METHODS)
    html = ""
    for R in ACCELERATIONS:
        rows = rungs(case, R)
        aside = f"<p>{RSS_WORDS}</p>{ladder.table(rows, groups, ladder.RSS_COLUMNS)}"
        html += f"<details{' open' if R == ACCELERATIONS[0] else ''}><summary>R = {R}</summary>"
        html += ladder.table(rows, groups)
        html += f"<details><summary>Against the root sum of squares</summary>{aside}</details></details>"
    return html
