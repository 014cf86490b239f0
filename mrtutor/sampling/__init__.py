"""Which points of k-space are measured: `lines` (2-D scans) and `points` (3-D scans)."""

from .lines import (
    centre_only,
    default_n_acs,
    equispaced,
    gaussian,
    offset_symmetric,
    partial_fourier,
    point_spread,
    true_acceleration,
    uniform_random,
    variable_density,
)
from .points import poisson_disc, radial, variable_density_2d

PATTERNS = {  # every entry: (shape, acceleration, n_acs, generator) -> mask
    "equispaced": lambda shape, acceleration, n_acs, generator=None: equispaced(shape, acceleration, n_acs),
    "uniform random": uniform_random,
    "variable density": variable_density,
    "gaussian": gaussian,
    "centre only": centre_only,
    "Poisson disc": poisson_disc,
    "variable density 2-D": variable_density_2d,
    "radial": radial,
}
