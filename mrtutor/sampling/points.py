"""Patterns that skip single points of k-space, for scans with two phase-encoding directions (3-D scans)."""

import torch
from torch import Tensor

from .lines import _centre, _draw, check_range, check_shape


def _budget(shape, acceleration, n_acs) -> int:
    check_shape(shape)
    n_y, n_x = shape
    check_range("acceleration", acceleration, 1)
    budget = round(n_y * n_x / acceleration)
    if budget < 1:
        raise ValueError(f"acceleration must leave at least one of the {n_y * n_x} points, got {acceleration}")
    if not 0 <= n_acs <= min(n_y, n_x) or n_acs != int(n_acs):
        raise ValueError(f"n_acs must lie in 0..{min(n_y, n_x)} (the shorter side), got {n_acs}")
    if n_acs**2 > budget:
        raise ValueError(
            f"n_acs must fit the budget of {budget} points ({n_y} x {n_x} at acceleration {acceleration}), "
            f"got a block of {n_acs} x {n_acs}"
        )
    return budget


def _block(shape, n_acs) -> Tensor:
    block = torch.zeros(shape, dtype=torch.bool)
    block[_centre(n_acs, shape[0]), _centre(n_acs, shape[1])] = True
    return block


def _radius(shape) -> Tensor:
    """|k| over the plane: 0 at the centre, 1 at the middle of each edge."""
    axes = [(torch.arange(n) - n // 2) / (n / 2) for n in shape]
    return torch.hypot(axes[0][:, None], axes[1][None, :])


def variable_density_2d(
    shape, acceleration: float, n_acs: int, generator: torch.Generator, power: float = 3.0
) -> Tensor:
    """Points drawn with chance ~ (1 - |k|/k_max)^power, plus a calibration square of side `n_acs`; exact budget."""
    budget = _budget(shape, acceleration, n_acs)
    check_range("power", power, 0)
    block = _block(shape, n_acs)
    weights = ((1 - _radius(shape) / 2**0.5).clamp_min(0) ** power + 1e-6) * ~block
    return (block | _draw(weights, budget - int(block.sum()), generator))[None]


def poisson_disc(shape, acceleration: float, n_acs: int, generator: torch.Generator, power: float = 1.0) -> Tensor:
    """Random points that keep their distance, closer together at the centre; exact budget [Lustig2007].

    Points come in random order; each is taken unless an earlier one lies within its radius r(k) = s (0.5 + |k|^power).
    The scale s is found by bisection, and the last few points are thinned or added at random to meet the budget.
    """
    budget = _budget(shape, acceleration, n_acs)
    check_range("power", power, 0)
    block = _block(shape, n_acs)
    order = torch.randperm(block.numel(), generator=generator)
    distance = 0.5 + _radius(shape) ** power
    low, high = 0.0, 4.0 * acceleration**0.5
    for _ in range(12):
        scale = (low + high) / 2
        mask = _dart_throwing(block, order, scale * distance)
        low, high = (scale, high) if int(mask.sum()) > budget else (low, scale)
    surplus = int(mask.sum()) - budget
    candidates = (mask & ~block) if surplus > 0 else ~mask
    mask ^= _draw(candidates.float(), abs(surplus), generator)
    return mask[None]


def _dart_throwing(block: Tensor, order: Tensor, radius: Tensor) -> Tensor:
    import numpy as np

    n_y, n_x = block.shape
    taken, blocked, radii = block.numpy().copy(), block.numpy().copy(), radius.numpy()
    reach = int(np.ceil(radii.max()))
    dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    squared = dy**2 + dx**2
    for index in order.tolist():
        y, x = divmod(index, n_x)
        if blocked[y, x]:
            continue
        taken[y, x] = True
        top, left = max(0, y - reach), max(0, x - reach)
        bottom, right = min(n_y, y + reach + 1), min(n_x, x + reach + 1)
        near = squared[top - y + reach : bottom - y + reach, left - x + reach : right - x + reach] < radii[y, x] ** 2
        blocked[top:bottom, left:right] |= near
    return torch.from_numpy(taken)


def radial(shape, acceleration: float, n_acs: int = 0, generator: torch.Generator | None = None) -> Tensor:
    """Spokes through the centre, drawn on the Cartesian grid; as many golden-angle spokes as the budget holds."""
    budget = _budget(shape, acceleration, n_acs)
    n_y, n_x = shape
    mask = _block(shape, n_acs)
    t = torch.linspace(-1, 1, 2 * max(shape))
    spoke = 0
    while True:
        angle = torch.tensor(spoke * 111.246117975 * torch.pi / 180)  # golden angle [Winkelmann2007]
        y = (n_y // 2 + t * torch.sin(angle) * n_y / 2).round().long().clamp(0, n_y - 1)
        x = (n_x // 2 + t * torch.cos(angle) * n_x / 2).round().long().clamp(0, n_x - 1)
        with_spoke = mask.clone()
        with_spoke[y, x] = True
        if int(with_spoke.sum()) > budget:
            return mask[None] if spoke else with_spoke[None]
        mask, spoke = with_spoke, spoke + 1
        if bool(mask.all()):
            return mask[None]
