"""Coil maps kept in the user's cache, so that a slice costs its second of ESPIRiT once, not at every start of a kernel.

A file is found by a hash of the calibration samples, what is asked of them and the code that answers. It holds nothing
but the maps, and is believed only where they could be maps. Where nothing can be written nothing is kept.
"""

import hashlib
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from .. import espirit
from .. import maps as estimation
from ..coils import calibration_block, espirit_maps, rss
from ..sources import cache_folder
from ..types import Kspace, Maps

MAX_BYTES = 256 * 2**20  # of all kept maps: some 120 slices of 16 coils and 128 x 128


def kept_espirit_maps(kspace: Kspace, block: tuple[int, int]) -> Maps:
    """`coils.espirit_maps` from a measured block, computed once and then read; `kspace` (coil, y, x) complex64."""
    path = cache_folder() / "maps" / f"{_key(kspace, block)}.npy"
    maps = _read(path, tuple(kspace.shape))
    if maps is None:
        maps = espirit_maps(kspace, block)
        _write(path, maps.numpy())
    return maps


def _key(kspace: Kspace, block: tuple[int, int]) -> str:
    """All that the maps depend on: the measured block, the size of the picture and the code."""
    told = hashlib.sha256(f"{_code()} {tuple(kspace.shape)} {block} ".encode())
    told.update(calibration_block(kspace, *block).contiguous().numpy().tobytes())
    return told.hexdigest()[:32]


@lru_cache(maxsize=1)
def _code() -> str:
    return hashlib.sha256(
        b"".join(Path(str(module.__file__)).read_bytes() for module in (estimation, espirit))
    ).hexdigest()


def _read(path: Path, shape: tuple[int, ...]) -> Maps | None:
    """The maps of a file, if that is what it holds: complex64 of this shape, of unit norm or zero in every pixel."""
    try:
        if not path.is_file():
            return None
        stored = np.lib.format.open_memmap(path, mode="r")  # no pickle; a false header cannot ask for memory
        if stored.shape != shape or stored.dtype != np.complex64:
            return None
        maps = torch.from_numpy(np.array(stored))
    except (OSError, ValueError, EOFError, SyntaxError):
        return None
    norm = rss(maps)
    return maps if bool((((norm - 1).abs() < 1e-3) | (norm == 0)).all()) else None


def _write(path: Path, maps: np.ndarray) -> None:
    """Beside its place and then renamed; the oldest give way beyond `MAX_BYTES`."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(beside, "wb") as file:
                np.save(file, maps)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        ages = sorted((one.stat().st_mtime, one.stat().st_size, one) for one in path.parent.iterdir())
        too_many = sum(size for _, size, _ in ages) - MAX_BYTES
        for _, size, one in ages:
            if too_many <= 0:
                break
            one.unlink(missing_ok=True)
            too_many -= size
    except OSError:
        return
