"""Write fastMRI-style HDF5: beside its place first, renamed when it is complete."""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from ..coils import rss
from ..fourier import ifft2c
from .core import Scan
from .layout import layout_of
from .measured import measured
from .rules import ScanFileError, check_kspace_values


def write(path, scans: Scan | Iterable[Scan], attributes: dict | None = None) -> Path:
    """Write slices of one exam as fastMRI-style HDF5: `kspace`, `mask` where not all was measured, the RSS, attributes.

    Lesion, truth and maps are not stored. The file is written beside its place and renamed when it is complete, so
    there is never half of one. Raises ValueError when the slices do not share shape, mask and orientation.
    """
    scans = [scans] if isinstance(scans, Scan) else list(scans)
    if not scans:
        raise ValueError("scans must hold at least one Scan, got none")
    first = scans[0]
    for i, scan in enumerate(scans):
        if (
            scan.kspace.shape != first.kspace.shape
            or not torch.equal(scan.mask, first.mask)
            or scan.upright != first.upright
        ):
            raise ValueError(f"scans must share shape, mask and upright, got another one at place {i}")
    about = {"upright": first.upright, "letters": ",".join(first.letters), "real": first.real}
    about["label"] = first.plain_label  # maps are not stored
    if first.voxel_known:
        about["voxel_mm"] = [float(v) for v in first.voxel_mm]
    everything = {**first.attributes, **about, **(attributes or {})}
    return save(
        path, (scan.kspace.cpu().numpy() for scan in scans), len(scans), first.mask[0].cpu().numpy(), everything
    )


def save(path, slices: Iterable[np.ndarray], n_slices: int, mask: np.ndarray, attributes: dict) -> Path:
    """`slices`: n_slices arrays (coil, y, x) complex64, taken one at a time; mask: (y, x) bool.

    What `read` would refuse is refused here. On any error nothing is left behind and an older file stays as it was.
    """
    import h5py

    path = Path(path)
    if not path.parent.is_dir():
        raise ScanFileError(path, "the folder", "exist", path.parent)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with h5py.File(beside, "w", libver=("earliest", "v110")) as file:
            for name, value in attributes.items():
                _attribute(path, file, name, value)
            full = bool(mask.all())
            if not full:
                file["mask"] = mask[0] if (mask == mask[0]).all() else mask
            for i, kspace in enumerate(slices):
                layout_of(path, (n_slices, *kspace.shape), kspace.dtype)
                check_kspace_values(path, i, kspace, mask)
                if i == 0:
                    full = full and bool(measured(kspace, mask[None]).all())  # else the picture is no reference
                    shape, packed = kspace.shape, {"compression": "gzip", "shuffle": True}
                    data = file.create_dataset("kspace", (n_slices, *shape), "<c8", chunks=(1, 1, *shape[1:]), **packed)
                    picture = file.create_dataset(
                        "reconstruction_rss" if full else "zero_filled_rss", (n_slices, *shape[1:]), "<f4"
                    )
                data[i] = kspace
                picture[i] = rss(ifft2c(torch.from_numpy(np.ascontiguousarray(kspace))))[0].numpy()
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def _attribute(path, file, name: str, value) -> None:
    try:
        file.attrs[name] = list(value) if isinstance(value, tuple) else value
    except (TypeError, ValueError, RuntimeError, OSError) as error:
        what = f"attribute {name!r}"
        raise ScanFileError(
            path, what, "be text, numbers or a list of them, at most 64 kB", f"{type(value).__name__} ({error})"
        ) from None
