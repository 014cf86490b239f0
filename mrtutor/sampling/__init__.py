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
from .patterns import PATTERNS, as_many_lines
from .points import poisson_disc, radial, variable_density_2d

__all__ = [
    "PATTERNS",
    "as_many_lines",
    "centre_only",
    "default_n_acs",
    "equispaced",
    "gaussian",
    "offset_symmetric",
    "partial_fourier",
    "point_spread",
    "poisson_disc",
    "radial",
    "true_acceleration",
    "uniform_random",
    "variable_density",
    "variable_density_2d",
]
