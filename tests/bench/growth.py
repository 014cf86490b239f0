"""Time of each method from 64 x 64 to 512 x 512 (8 coils) and from 4 to 32 coils (128 x 128): table, exponents, log-log figure."""

from pathlib import Path

import numpy as np
import torch
from cases import times

from mrtutor.coils import birdcage_maps
from mrtutor.encoding import complex_normal, encode
from mrtutor.methods import METHODS
from mrtutor.sampling import equispaced

SIZES, COILS = (64, 128, 256, 512), (4, 8, 16, 32)
FIGURE = Path("bench-growth.svg")


def seconds(n: int, n_coils: int) -> dict[str, float]:
    maps = birdcage_maps((n, n), n_coils)
    mask = equispaced((n, n), 3, n // 5)
    y = encode(complex_normal((1, n, n), torch.Generator().manual_seed(n)), mask, maps)
    return {name: times(run=lambda: method(y, mask, maps))["run"][0] for name, method in METHODS.items()}


def main() -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True)
    sweeps = {"pixels per side": [(n, seconds(n, 8)) for n in SIZES], "coils": [(c, seconds(128, c)) for c in COILS]}
    for axis, (label, sweep) in zip(axes, sweeps.items()):
        x = np.array([n for n, _ in sweep])
        print(f"{'ms, by ' + label:24}" + "".join(f"{n:>9}" for n in x) + f"{'exponent':>11}")
        for name in METHODS:
            t = np.array([row[name] for _, row in sweep])
            exponent = np.polyfit(np.log(x), np.log(t), 1)[0]
            axis.loglog(x, 1e3 * t, "o-", label=f"{name} ({exponent:.1f})")
            print(f"{name:24}" + "".join(f"{1e3 * v:9.1f}" for v in t) + f"{exponent:11.2f}")
        axis.set(xlabel=label, ylabel="ms a slice")
        axis.legend(title="method (exponent)", fontsize=8)
    figure.tight_layout()
    figure.savefig(FIGURE)
    print(f"figure: {FIGURE}")
