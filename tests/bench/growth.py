"""Time of each method from 64 x 64 to 512 x 512 (8 coils) and from 4 to 32 coils (128 x 128): table, exponents, log-log
figure.
"""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from cases import times

from mrtutor.coils import birdcage_maps
from mrtutor.encoding import complex_normal, encode
from mrtutor.methods import METHODS, Trained
from mrtutor.sampling import equispaced
from mrtutor.types import Reconstruction

SIZES, COILS = (64, 128, 256, 512), (4, 8, 16, 32)
FIGURE = Path("bench-growth.svg")


def takes(method: Reconstruction, n_coils: int) -> bool:
    """False for a network that was built for another number of coils."""
    return not isinstance(method, Trained) or method.network.n_coils in (None, n_coils)


def seconds(n: int, n_coils: int) -> dict[str, float]:
    """Seconds of each method that takes so many coils."""
    maps = birdcage_maps((n, n), n_coils)
    mask = equispaced((n, n), 3, n // 5)
    y = encode(complex_normal((1, n, n), torch.Generator().manual_seed(n)), mask, maps)
    return {
        name: times(run=partial(method, y, mask, maps))["run"][0]
        for name, method in METHODS.items()
        if takes(method, n_coils)
    }


def main() -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 8), sharey=True)
    sweeps = {"pixels per side": [(n, seconds(n, 8)) for n in SIZES], "coils": [(c, seconds(128, c)) for c in COILS]}
    for axis, (label, sweep) in zip(axes, sweeps.items(), strict=True):
        axis.set_prop_cycle(color=plt.get_cmap("tab20").colors)
        print(f"{'ms, by ' + label:24}" + "".join(f"{n:>9}" for n, _ in sweep) + f"{'exponent':>11}")
        for name in METHODS:
            x, t = np.array([(n, row[name]) for n, row in sweep if name in row]).T
            exponent = f"{np.polyfit(np.log(x), np.log(t), 1)[0]:.2f}" if len(x) > 1 else "-"
            axis.loglog(x, 1e3 * t, "o-", label=f"{name} ({exponent})")
            print(
                f"{name:24}"
                + "".join(f"{1e3 * row[name]:9.1f}" if name in row else f"{'-':>9}" for _, row in sweep)
                + f"{exponent:>11}"
            )
        axis.set(xlabel=label, ylabel="ms a slice")
        axis.legend(title="method (exponent)", fontsize=8, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.1))
    figure.tight_layout()
    figure.savefig(FIGURE)
    print(f"figure: {FIGURE}")
