"""Lesions: how large in mm, how they signal, how they are drawn."""

from dataclasses import dataclass, replace

import numpy as np

from .sites import place, plausible
from .tissue import LESION_TISSUES, brain_signal, signal

SIZES_MM = {
    "ms": (4.0, 11.0),
    "metastasis": (5.0, 15.0),
    "infarct": (5.0, 11.0),
    "microbleed": (2.5, 5.0),
}  # drawn from
KINDS = tuple(SIZES_MM)
CORE = {"ms": "plaque", "metastasis": "enhancing", "infarct": "lacune", "microbleed": "haemosiderin"}


@dataclass(frozen=True)
class Lesion:
    """kind: one of KINDS. at: (y, x) in mm from the picture's centre, down and to the right; None: a plausible place.

    size_mm: largest diameter; None: drawn. contrast: signal relative to the tissue it replaces (0.3 is 30 % brighter);
    None: from the lesion's own relaxation times, with oedema or rim where the kind has one.
    """

    kind: str
    at: tuple[float, float] | None = None
    size_mm: float | None = None
    contrast: float | None = None

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {KINDS}, got {self.kind!r}")
        if self.size_mm is not None and not 0 < self.size_mm <= 60:
            raise ValueError(f"size_mm must lie in 0..60 mm, above 0, got {self.size_mm}")


def choose(wanted, tissues, down, right, rng):
    """Give every lesion a place and a size: a kind, a list or None -> tuple of complete `Lesion`s."""
    if wanted is None:
        return ()
    if isinstance(wanted, str):
        wanted = [Lesion(wanted)] * (1 if wanted == "infarct" else int(rng.integers(3, 6)))
    odds = {
        kind: plausible(kind, tissues, down, right) for kind in {lesion.kind for lesion in wanted if lesion.at is None}
    }
    chosen = []
    for lesion in wanted:
        size = lesion.size_mm or float(rng.uniform(*SIZES_MM[lesion.kind]))
        at = lesion.at or place(odds[lesion.kind], down, right, 1.5 * size + 3, [c.at for c in chosen], rng)
        chosen.append(replace(lesion, at=tuple(map(float, at)), size_mm=size))
    return tuple(chosen)


def draw(lesions, image, tissues, sequence, down, right, height, generator):
    """Blend lesions into a noise-free image: returns (image, mask), both (y, x).

    down, right: places of rows and columns in mm from the centre; height: mm above the slice that holds the centres;
    generator(number): random numbers for the outline of each.
    """
    image, mask = image.copy(), np.zeros(image.shape, bool)
    for number, lesion in enumerate(lesions):
        near = [
            np.flatnonzero(np.abs(axis - centre) < 1.7 * lesion.size_mm + 2)
            for axis, centre in zip((down, right), lesion.at, strict=True)
        ]
        window = np.ix_(*near)
        r, short = _radius(lesion, down[near[0]], right[near[1]], height, generator(number))
        image[window] = _blend(lesion, image[window], tissues[2][window], sequence, r, short)
        mask[window] |= r < 1
    return image, mask


def _blend(lesion, picture, white, sequence, r, short):
    """One lesion over the picture; r is 1 on its outline, short its smaller radius in mm: edges are 1 mm wide."""
    inside = lambda radius: np.clip(0.5 + (radius - r) * short, 0, 1)
    if lesion.contrast is not None:
        return picture * (1 + lesion.contrast * inside(1))
    layers = [(inside(1), CORE[lesion.kind])]
    if lesion.kind == "metastasis":  # oedema spreads along white matter; a large one is dead inside
        layers = [(np.clip(2.2 - 0.7 * r, 0, 0.9) * white, "oedema"), *layers]
        layers += [(inside(0.55), "necrosis")] if lesion.size_mm > 9 else []
    if lesion.kind == "infarct":  # gliosis around the hole
        layers = [(0.8 * inside(1.35), "gliosis"), *layers]
    for share, tissue in layers:
        picture = (1 - share) * picture + share * signal(LESION_TISSUES[tissue], sequence) / brain_signal(sequence)
    return picture


def _radius(lesion, down, right, height, rng):
    """Distance from the centre in units of a slightly irregular ellipse's own radius, and that radius in mm: the edge
    is 1 mm wide.
    """
    v, u = down[:, None] - lesion.at[0], right[None, :] - lesion.at[1]
    long = lesion.size_mm / 2
    short = long * (rng.uniform(0.6, 0.8) if lesion.kind in ("ms", "infarct") else rng.uniform(0.88, 1.0))
    turn = (
        np.arctan2(lesion.at[0], lesion.at[1]) if lesion.kind == "ms" else rng.uniform(0, np.pi)
    )  # plaques point away from the ventricles
    a, b = np.cos(turn) * u + np.sin(turn) * v, np.cos(turn) * v - np.sin(turn) * u
    angle = np.arctan2(b, a)
    wobble = 1 + 0.06 * np.sin(2 * angle + rng.uniform(0, 6)) + 0.05 * np.sin(3 * angle + rng.uniform(0, 6))
    return np.sqrt((a / long) ** 2 + (b / short) ** 2 + (height / long) ** 2) / wobble, short
