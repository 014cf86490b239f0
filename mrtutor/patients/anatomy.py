"""From a T1 value and its place to shares of tissue: the step that gives one head every contrast."""

import numpy as np

SHARES = ("csf", "grey", "white", "blood", "muscle", "fat", "marrow", "dura")
FLOW_MM = (  # where arteries run in CSF: insula, above the corpus callosum, basal cisterns; x, y, z and half-widths
    ((40, -4, 4), (9, 28, 20)),
    ((0, 30, 14), (5, 22, 28)),
    ((0, -12, -22), (26, 24, 12)),
)
# upright stretches: x (either side), y, z, half-length, radius: pericallosal, great vein, three insular, basilar,
# carotid
ARTERIES_MM = (
    (1.5, 37, 8, 12, 1.5),
    (0, -44, 8, 7, 2.2),
    (37, 9, 4, 12, 1.1),
    (40, -6, 6, 12, 1.2),
    (41, -19, 8, 10, 1.0),
    (0, -17, -28, 10, 1.8),
    (14, 0, -26, 10, 2.2),
)
# x, y, z, radii, and extra R2 by iron in 1/s: pallidum, putamen, caudate head, substantia nigra, red nucleus, dentate
NUCLEI_MM = (
    ((20, -4, 0), (8, 12, 7), 5.0),
    ((27, 3, 2), (7, 17, 11), 3.0),
    ((13, 12, 8), (7, 11, 10), 2.0),
    ((11, -18, -12), (6, 6, 4), 4.0),
    ((5, -20, -9), (3, 3.5, 3), 4.0),
    ((15, -58, -36), (7, 8, 6), 3.5),
)


def ramp(value, low, high):
    """0 below `low`, 1 above `high`, a straight line between."""
    return np.clip((value - low) / (high - low), 0, 1)


def shares(t1, depth, globe, near, fold, flow) -> np.ndarray:
    """(tissue, *points) in the order of SHARES; what is missing to 1 is bone or air.

    Inside the skull the T1 value lies between CSF (0.20), grey (0.70) and white matter (1.00): two tissues share the
    point in proportion, as partial volume has it. Outside it runs from air over muscle to fat, in the skull's layer
    from bone to marrow; a point less bright than the fat within 2 mm (`near`) is partly fat. `fold` and `flow`: how
    much of the CSF here is dura, and vessels.
    """
    inside = ramp(depth, -0.5, 0.5)
    white, some = ramp(t1, 0.70, 1.00), ramp(t1, 0.20, 0.70)
    bone = (1 - ramp(t1, 0.04, 0.14)) * ramp(-depth, -3.5, -1.5)  # the inner table; deeper, dark means CSF
    csf, blood = 1 - some - bone * (1 - some), ramp(t1, 1.15, 1.45)
    outside = (1 - inside) * (1 - globe)
    skull = 1 - ramp(-depth, 5.5, 8.5)
    fatty, fat, lens = 0.3 * ramp(near, 0.80, 1.10), ramp(t1, 0.58, 1.05), ramp(t1, 0.40, 0.55)
    out = np.empty((len(SHARES), *np.shape(t1)), np.float32)
    out[0] = inside * csf * (1 - fold) * (1 - flow) + globe * (1 - lens)
    out[1] = inside * (some - white)
    out[2] = inside * (white - blood)
    out[3] = inside * (blood + csf * (1 - fold) * flow)
    out[4] = outside * (1 - skull) * (1 - fatty) * (ramp(t1, 0.08, 0.55) - fat) + globe * lens
    out[5] = outside * (1 - skull) * (fatty * ramp(t1, 0.08, 1.40) + (1 - fatty) * fat)
    out[6] = outside * skull * ramp(t1, 0.12, 1.20)
    out[7] = inside * csf * fold
    return out


def falx(x, z, depth):
    """Share of the midline CSF that is the fold between the hemispheres: a sheet of about 1.5 mm, 12 mm deep."""
    return np.exp(-((x / 0.9) ** 2)) * ramp(12.5 - depth, 0, 2.5) * ramp(z, -15, -5)


def _near(x, y, z, centre, radii):
    """1 at a centre, on either side of the midline, falling to 0.37 at the radii, then fast."""
    (cx, cy, cz), (rx, ry, rz) = centre, radii
    return np.exp(-((((np.abs(x) - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2) ** 2))


def arteries(x, y, z, wander):
    """Share of CSF that is one of the larger vessels that cross an axial slice; wander: (vessel, 3) mm off their usual
    place.
    """
    side, left = np.abs(x), np.sign(x)
    total = np.zeros(np.shape(x), np.float32)
    for (cx, cy, cz, half, r), (dx, dy, other) in zip(ARTERIES_MM, wander, strict=True):
        across = (side - cx - dx * (cx > 5)) ** 2 + (y - cy - dy - other * left * (cx > 1)) ** 2
        total = np.maximum(total, 0.9 * np.exp(-(across + np.maximum(np.abs(z - cz) - half, 0) ** 2) / r**2))
    return total


def vessels(x, y, z, depth, grain):
    """Share of CSF where blood runs: arteries cut across in the cisterns and the insula, veins on the surface of the
    brain.

    Both are the peaks of a fine random texture `grain`: dots in the depth, half of the CSF under the skull.
    """
    cut = np.max([_near(x, y, z, *place) for place in FLOW_MM], axis=0) * ramp(grain, 1.1, 1.9)
    return np.maximum(cut, 0.5 * ramp(depth, 7, 3) * ramp(grain, -1.5, 1.5))


def iron(x, y, z, t1):
    """Extra R2 in 1/s of the iron in deep nuclei [Haacke2005]; not in the white matter that crosses them."""
    total = sum(extra * _near(x, y, z, centre, radii) for centre, radii, extra in NUCLEI_MM)
    return total * (1 - ramp(t1, 0.93, 1.0))
