"""The base heads in assets/heads.npz: unpack one, sample it at points.

Coordinates are MNI millimetres (x to the patient's right, y forward, z up), one grid for all heads.
"""

import os
from functools import lru_cache
from pathlib import Path

import numpy as np

ASSET = Path(__file__).parent / "assets" / "heads.npz"
T1_STEP, DEPTH_STEP, SKULL = 1 / 150, 0.15, 170  # a byte: share of white matter's T1 signal; mm of depth, 0 at SKULL


def load_head(name: str) -> tuple[np.ndarray, np.ndarray]:
    """uint8 (z, 2y, 2x, 4) every 1 x 0.5 x 0.5 mm: T1, depth below the inner skull, globe, brightest T1 within 2 mm;
    the first voxel's place in mm.

    Mapped from a file in the user's cache, so that a kernel holds no more of its 85 MB than the slice it draws.
    """
    with np.load(ASSET, allow_pickle=False) as asset:
        origin = asset["origin_mm"].astype(np.float32)
    path = _kept(name)
    if path is None or not path.exists():  # nowhere to keep it
        return _held(name), origin
    return np.load(path, mmap_mode="r"), origin


@lru_cache(maxsize=3)
def _kept(name: str) -> Path | None:
    """The file of an unpacked head, written where it is missing (seconds, once); None where nothing can be written."""
    import hashlib

    import pooch

    version = hashlib.sha256(ASSET.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:12]
    path = Path(pooch.os_cache("mrtutor"), f"head-{name}-{version}.npy")
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            try:
                with open(beside, "wb") as file:
                    np.save(file, _unpacked(name))
                os.replace(beside, path)
            finally:
                beside.unlink(missing_ok=True)
    except OSError:
        return None
    return path


def _unpacked(name: str) -> np.ndarray:
    """The voxels of `load_head`, from the asset."""
    import lzma

    from scipy.ndimage import distance_transform_edt, gaussian_filter, maximum_filter

    with np.load(ASSET, allow_pickle=False) as asset:
        shape = tuple(asset["shape"])
        t1, skull, globe = (
            np.frombuffer(lzma.decompress(asset[f"{name}_{part}"].tobytes()), np.uint8)
            for part in ("t1", "skull", "eye")
        )
    t1 = _undo_prediction(t1.reshape(shape))
    skull, globe = (np.unpackbits(part)[: t1.size].reshape(shape) for part in (skull, globe))
    depth = gaussian_filter((distance_transform_edt(skull) - distance_transform_edt(1 - skull)).astype(np.float32), 0.7)
    near = gaussian_filter(maximum_filter(t1, 5).astype(np.float32), 1.0)
    parts = (
        3.0 * t1,
        np.clip(SKULL + depth / DEPTH_STEP, 0, 255),
        255 * gaussian_filter(globe.astype(np.float32), 0.6),
        3.0 * near,
    )
    voxels = np.empty((shape[0], 2 * shape[1], 2 * shape[2], len(parts)), np.uint8)
    for channel, part in enumerate(parts):
        for z, plane in enumerate(part):
            voxels[z, ..., channel] = np.clip(np.rint(_twice(_twice(plane).T).T), 0, 255)
    return voxels


_held = lru_cache(maxsize=3)(_unpacked)


@lru_cache(maxsize=1)
def data_version() -> str:
    """Which base heads these are: the first twelve digits of the file's SHA-256."""
    import hashlib

    return hashlib.sha256(ASSET.read_bytes()).hexdigest()[:12]


def _undo_prediction(residual):
    """Each row was stored minus the mean of the row above and of the same row one slice below."""
    levels = np.zeros(residual.shape, np.uint16)
    below = np.zeros(residual.shape[1:], np.uint16)
    for plane, rest in zip(levels, residual, strict=True):
        above = np.zeros(residual.shape[2], np.uint16)
        for y, row in enumerate(rest):
            above = plane[y] = (row + (above + below[y]) // 2) & 255
        below = plane
    return levels


def _twice(plane):
    """Midpoints inserted along the first axis, by six-tap interpolation, close to sinc: (n, m) -> (2n, m)."""
    a, n = np.pad(np.asarray(plane, np.float32), [(2, 3), (0, 0)], mode="edge"), len(plane)
    middle = (
        150 * (a[2 : n + 2] + a[3 : n + 3]) - 25 * (a[1 : n + 1] + a[4 : n + 4]) + 3 * (a[:n] + a[5 : n + 5])
    ) / 256
    return np.stack([a[2 : n + 2], middle], 1).reshape(2 * n, -1)


def sample(name: str, x, y, z):
    """T1 (white matter = 1), depth below the inner skull in mm (-25.5 outside to 12.7), globe share, brightest T1 near
    by.

    Trilinear.
    """
    voxels, origin = load_head(name)
    table, size = np.asarray(voxels).reshape(-1, 4), voxels.shape
    where = (z - origin[0], (origin[1] - y) * 2, (origin[2] - x) * 2)
    low = [np.clip(np.floor(w), 0, n - 2).astype(np.int32) for w, n in zip(where, size[:3], strict=True)]
    part = [np.clip(w - i, 0, 1).astype(np.float32) for w, i in zip(where, low, strict=True)]
    first = (low[0] * size[1] + low[1]) * size[2] + low[2]
    total = np.zeros((*np.shape(x), 4), np.float32)
    for dz, wz in enumerate((1 - part[0], part[0])):
        for dy, wy in enumerate((1 - part[1], part[1])):
            for dx, wx in enumerate((1 - part[2], part[2])):
                corner = np.take(table, first + ((dz * size[1] + dy) * size[2] + dx), axis=0)
                total += (wz * wy * wx)[..., None] * corner
    return total[..., 0] * T1_STEP, (total[..., 1] - SKULL) * DEPTH_STEP, total[..., 2] / 255, total[..., 3] * T1_STEP
