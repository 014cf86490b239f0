"""What makes a base head one person's: drawn once from (seed, split), the same in every slice and contrast."""

import numpy as np

from .anatomy import ARTERIES_MM
from .heads import sample
from .tissue import TISSUES

SPLITS = {
    "train": (1, ("colin", "icbm")),
    "val": (2, ("colin", "icbm")),
    "test": (3, ("s1",)),
}  # code of the seed; heads
KNOTS_MM = 30.0  # spacing of the control points that bend a head
GRID = np.arange(-136.0, 137.0, 4.0)  # coarse axes in mm
SKULL_MM = 8.0  # thickness of the base heads' skulls


class Subject:
    """seed: 0 or more; split: "train", "val" or "test"; head: one of the split's heads, or None (drawn)."""

    def __init__(self, seed: int, split: str, head: str | None = None):
        if split not in SPLITS:
            raise ValueError(f"split must be one of {tuple(SPLITS)}, got {split!r}")
        if seed < 0:
            raise ValueError(f"seed must be 0 or more, got {seed}")
        code, heads = SPLITS[split]
        if head is not None and head not in heads:
            raise ValueError(f"head must be one of {heads} in split {split!r}, got {head!r}")
        self.seed, self.split, self.code = seed, split, code
        rng = self.rng("body")
        drawn = heads[rng.integers(len(heads))]
        self.head = head or drawn
        self.mirror = 1 - 2 * int(rng.integers(2))
        self.scale = rng.uniform(0.89, 0.98) * np.exp(
            rng.uniform(-0.035, 0.035, 3)
        )  # x, y, z: MNI heads are larger than most
        self.bend = (rng.normal(size=(3, 10, 10, 10)) * np.array([3.0, 3.0, 2.5])[:, None, None, None]).astype(
            np.float32
        )
        self.swell = rng.uniform(-0.10, 0.25)  # ventricles and what surrounds them
        self.skull = rng.uniform(0.55, 1.0)  # thickness against the base head's
        self.nod, self.roll, self.turn = rng.normal(size=3) * (0.06, 0.03, 0.03)  # radians
        self.offset = rng.normal(size=2) * 2.0  # mm off the field's centre, y and x
        spread = {"fat": 0.08, "marrow": 0.15, "muscle": 0.05}
        self.water = {t: float(np.exp(rng.normal() * spread.get(t, 0.01))) for t in TISSUES}
        self.iron = rng.uniform(0.5, 1.3)
        self.wander = (rng.normal(size=(len(ARTERIES_MM), 3)) * (1.0, 2.0, 1.5)).astype(np.float32)
        self._pushes = {}

    def rng(self, purpose: str, *more: int) -> np.random.Generator:
        """A random generator for one purpose, so that one dial does not disturb another's draw."""
        return np.random.default_rng((self.seed, self.code, int.from_bytes(purpose.encode()[:6], "big"), *more))

    def to_mni(self, y, x, z: float):
        """mm in the scanner (y to the front, x to the right, height z) -> x, y, z in the base head, (y, x) each."""
        px, py, pz = self._bent(y, x, z)
        out_y, out_x = (_linear(y) @ push @ _linear(x).T for push in self._push(z))
        return px + self.mirror * out_x, py + out_y, pz

    def extent(self, z: float):
        """Where the head begins and ends at height z: back, front, left, right in scanner mm."""
        head = sample(self.head, *self.to_mni(GRID, GRID, z))[0] > 0.2
        rows, columns = GRID[head.any(1)], GRID[head.any(0)]
        half = (GRID[1] - GRID[0]) / 2
        return rows.min() - half, rows.max() + half, columns.min() - half, columns.max() + half

    def _push(self, z):
        """How much further out in the base head the scalp over a thinner skull is found: mm in y and x on GRID,
        remembered.
        """
        if z not in self._pushes:
            depth = sample(self.head, *self._bent(GRID, GRID, z))[1]
            beyond = np.clip(-depth, 0, SKULL_MM) * (1 / self.skull - 1)
            self._pushes[z] = [(-slope * beyond).astype(np.float32) for slope in np.gradient(depth, GRID[1] - GRID[0])]
        return self._pushes[z]

    def _bent(self, y, x, z):
        y, x = np.asarray(y, np.float32), np.asarray(x, np.float32)
        c, s = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        rows, columns = c * y[:, None] + s * x, c * x - s * y[:, None]
        height = z + np.float32(np.sin(self.nod)) * rows + np.float32(np.sin(self.roll)) * columns
        sx, sy, sz = self.scale.astype(np.float32)
        flat = np.einsum("cijk,i->cjk", self.bend, _spline(np.array([z]))[0])
        bx, by, bz = _spline(y) @ flat @ _spline(x).T
        px, py, pz = columns / sx + bx, rows / sy - 12 + by, height / sz + bz
        pull = 1 - np.float32(self.swell) * np.exp(-((px / 32) ** 2 + ((py + 15) / 40) ** 2 + ((pz - 12) / 25) ** 2))
        return self.mirror * px * pull, (py + 15) * pull - 15, (pz - 12) * pull + 12


def _spline(mm):
    """Cubic B-spline weights of 10 control points, KNOTS_MM apart, at places in mm: (n, 10)."""
    t = np.abs(np.clip(4.5 + mm / KNOTS_MM, 1, 8)[:, None] - np.arange(10))
    return np.where(t < 1, 2 / 3 - t**2 + t**3 / 2, np.where(t < 2, (2 - t) ** 3 / 6, 0)).astype(np.float32)


def _linear(mm):
    """Weights of linear interpolation from GRID at places in mm: (n, GRID)."""
    return np.maximum(1 - np.abs(np.asarray(mm)[:, None] - GRID) / (GRID[1] - GRID[0]), 0).astype(np.float32)
