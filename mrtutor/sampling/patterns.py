"""All patterns under their names, and patterns that measure as much as each other."""

from collections.abc import Callable

from torch import Generator

from ..types import Mask
from .lines import centre_only, default_n_acs, equispaced, gaussian, true_acceleration, uniform_random, variable_density
from .points import poisson_disc, radial, variable_density_2d

PATTERNS: dict[str, Callable[..., Mask]] = {  # every entry: (shape, acceleration, n_acs, generator) -> mask
    "equispaced": lambda shape, acceleration, n_acs, generator=None: equispaced(shape, acceleration, n_acs),
    "uniform random": uniform_random,
    "variable density": variable_density,
    "gaussian": gaussian,
    "centre only": centre_only,
    "Poisson disc": poisson_disc,
    "variable density 2-D": variable_density_2d,
    "radial": radial,
}


def as_many_lines(
    pattern: str, shape, acceleration: int, n_acs: int | None = None, generator: Generator | None = None
) -> Mask:
    """Every `acceleration`-th line and `n_acs` calibration lines (their usual number), bool (1, y, x).

    For other `PATTERNS` as many lines, so that methods which want different patterns can be compared after the same
    measuring time.
    """
    if pattern not in PATTERNS:
        raise ValueError(f"pattern must be one of {', '.join(PATTERNS)}, got {pattern!r}")
    n_acs = default_n_acs(acceleration, shape[-1]) if n_acs is None else n_acs
    regular = equispaced(shape, acceleration, n_acs)
    return (
        regular if pattern == "equispaced" else PATTERNS[pattern](shape, true_acceleration(regular), n_acs, generator)
    )
