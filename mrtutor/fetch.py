"""`fetch`: download an openly licensed raw scan, convert it to HDF5 without its header, delete the original."""

from pathlib import Path

import numpy as np

from .download import FetchError, Resume
from .sources import BASE, SOURCES, Source, cache_folder, entry

__all__ = ["SOURCES", "FetchError", "convert", "fetch"]


def fetch(name: str, folder=None, base: str = BASE, progress: bool = True, tries: int = 4, wait: float = 1.0) -> Path:
    """The HDF5 file of the scan `name` (a key of SOURCES), downloaded once and kept in `folder` or the user's cache.

    The download is checked against its SHA-256, goes on where a broken one stopped, and is tried `tries` times with
    growing pauses from `wait` seconds. The original, whose header may name a patient, is deleted after the conversion.
    base: where the URLs of SOURCES begin. Raises `FetchError`, one sentence, when it does not succeed; ImportError with
    the command to run where the reader of Siemens files is missing; ValueError for a name that is not in SOURCES.
    """
    source = entry(name)
    folder = cache_folder() if folder is None else Path(folder)
    result = folder / source.file
    if result.is_file():
        return result
    if source.url.endswith(".dat"):
        from .twix import require_twixtools

        require_twixtools()  # before the download, not after it
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FetchError(f"{folder} must be a folder that can be written, got: {error.strerror}.") from None
    original = _download(source, folder, base, Resume(folder / f"{Path(source.url).name}.part", progress, tries, wait))
    try:
        return convert(original, source, result)
    finally:
        original.unlink(missing_ok=True)


def _download(source: Source, folder: Path, base: str, downloader: Resume) -> Path:
    """The original file, its hash as expected. A part kept from an earlier run that spoils the hash is thrown away
    once.
    """
    import logging

    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    name, url = Path(source.url).name, base.rstrip("/") + "/" + source.url
    for _ in range(2 if downloader.part.exists() else 1):
        try:
            return Path(pooch.retrieve(url, "sha256:" + source.sha256, fname=name, path=folder, downloader=downloader))
        except ValueError:
            pass  # pooch found another hash and removed the file
        except OSError as error:
            if isinstance(error, FetchError):
                raise
            raise FetchError(f"{name} could not be written to {folder}: {error.strerror or error}.") from None
    raise FetchError(
        f"{name} arrived altered (its SHA-256 is not the one on record) and was thrown away: a firewall may have put "
        f"its own page in its place, or the source has changed. Try again, or on another network."
    )


def convert(original, source: Source, result) -> Path:
    """One original, TWIX (.dat) or NumPy (.npy), as fastMRI-style HDF5 at `result`; nothing of a header but what
    SOURCES says.

    The .npy is one slice (coil, y, x) that was undersampled on the scanner: its zeros are what was not measured.
    """
    from .scan.saving import save

    if str(original).endswith(".dat"):
        from .twix import read_twix

        kspace, lines = read_twix(original)
        mask = np.broadcast_to(lines, kspace.shape[-2:])
    else:
        kspace = np.load(original, allow_pickle=False)[None]
        mask = (kspace != 0).any((0, 1))
    about = {
        "source": source.source,
        "licence": source.licence,
        "acquisition": source.acquisition,
        "label": source.label,
        "upright": source.upright,
        "letters": ",".join(source.letters),
        "real": True,
        "patient_id": Path(source.file).stem,
        "axes": "slice, coil, y (readout), x (phase encoding)",
    }
    if source.voxel_mm:
        about["voxel_mm"] = list(source.voxel_mm)
    return save(result, iter(kspace), len(kspace), mask, about)
