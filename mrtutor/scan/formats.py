"""Files of other kinds, known by their contents: each gets its name and the next step."""

import struct
import zlib
from pathlib import Path

from .rules import ScanFileError, shown

SIGNATURE = b"\x89HDF\r\n\x1a\n"
PACKED = "fastMRI comes so: unpack it first ({}) and read an .h5 file from inside"
SAVE = (
    "save it as HDF5: `with h5py.File('new.h5', 'w') as f: f['kspace'] = k`, "
    "k complex64 with the axes (slice, coil, y, x)"
)
PHILIPS = "export .data/.list or convert it to ISMRMRD with the vendor's or philips_to_ismrmrd's tools, and " + SAVE
PICTURES = "which holds finished pictures: raw k-space is needed, which the scanner must export by itself"
FIRST_BYTES = {  # the first bytes of a file -> what it is, and the next step
    b"\xfd7zXZ\0": ("a .tar.xz archive", PACKED.format("tar -xf FILE")),
    b"\x1f\x8b": ("a gzip archive", PACKED.format("tar -xf FILE, or gunzip")),
    b"BZh": ("a bzip2 archive", PACKED.format("tar -xf FILE, or bunzip2")),
    b"\x28\xb5\x2f\xfd": ("a zstd archive", PACKED.format("zstd -d, then tar -xf FILE")),
    b"7z\xbc\xaf\x27\x1c": ("a 7-zip archive", PACKED.format("7z x FILE")),
    b"Rar!": ("a rar archive", PACKED.format("unrar x FILE")),
    b"\x93NUMPY": ("a NumPy .npy file", "load it with k = np.load(FILE) and " + SAVE),
    b"MATLAB 5.0": ("an old MATLAB .mat file", "load it with scipy.io.loadmat(FILE) and " + SAVE),
    b"NRRD": ("NRRD", PICTURES),
    b"%PDF": ("a PDF", "look for the file with the k-space"),
    b"\x89PNG": ("a PNG picture", PICTURES),
    b"\xff\xd8\xff": ("a JPEG picture", PICTURES),
    b"CDF": ("an old NetCDF file", "load it with scipy.io.netcdf_file(FILE) and " + SAVE),
}
TWIX = (
    "Siemens raw data (TWIX)",
    "convert it with mrtutor.twix.to_hdf5(FILE, 'new.h5')",
)
CFL = (
    "BART data (.cfl with its .hdr)",
    "load it with bart.cfl.readcfl(FILE without .cfl), whose axes are (x, y, z, coil, ...), and " + SAVE,
)
GE = ("a GE P-file", "read it with GE's Orchestra or convert it with ge_to_ismrmrd, and " + SAVE)


def check_is_hdf5(path) -> None:
    """An existing file with the HDF5 signature, before the library touches it; else a `ScanFileError`."""
    path = Path(path)
    if not path.exists():
        if path.with_name(path.name + ".cfl").exists():
            _refuse(path, CFL)
        raise ScanFileError(path, "the file", "exist", f"nothing at {shown(str(path), 200)}")
    if not path.is_file():
        raise ScanFileError(path, "the file", "be a plain file", "a folder" if path.is_dir() else "something else")
    try:
        with open(path, "rb") as stream:
            size, start = path.stat().st_size, stream.read(1024)
            offset = 0
            while stream.seek(offset) < size and stream.read(8) != SIGNATURE:
                offset = max(512, 2 * offset)  # a user block may come first
    except OSError as error:
        raise ScanFileError(path, "the file", "be open to reading", error.strerror) from None
    if offset < size:
        return
    if size == 0:
        raise ScanFileError(path, "the file", "be HDF5", "an empty file")
    found = other_format(start, path)
    if found:
        _refuse(path, found)
    if all(32 <= byte < 127 or byte in b"\t\r\n" for byte in start):
        raise ScanFileError(path, "the file", "be HDF5", f"text that begins {shown(start[:40].decode())}")
    raise ScanFileError(path, "the file", "be HDF5", f"other first bytes, {start[:8].hex(' ')}")


def _refuse(path, found: tuple[str, str]):
    name, step = found
    raise ScanFileError(path, "the file", "be HDF5", f"{name}; {step.replace('FILE', repr(Path(path).name))}")


def other_format(start: bytes, path: Path) -> tuple[str, str] | None:
    """What a file is that begins with `start` (1 kB), and the next step; None where that cannot be told.

    The name counts only for data without any mark of their own: BART's .cfl and Philips' .raw and .lab.
    """
    if start.startswith(b"\x1f\x8b") and b"n+1\0" in _unpacked(start)[344:348]:
        return "NIfTI (.nii.gz)", PICTURES
    if start.startswith(b"PK"):
        return _zip(path)
    for first, found in FIRST_BYTES.items():
        if start.startswith(first):
            return found
    if start[257:262] == b"ustar":
        return "a .tar archive", PACKED.format("tar -xf FILE")
    if start[128:132] == b"DICM" or start[:4] == b"\x08\0\x05\0":
        return "DICOM", PICTURES
    if start[344:347] in (b"n+1", b"ni1") or start[4:7] in (b"n+2", b"ni2"):
        return "NIfTI", PICTURES
    if b"DATA DESCRIPTION FILE" in start[:200] or path.suffix.lower() in (".lab", ".list", ".par"):
        return "Philips data (.list, .lab or .par)", PHILIPS
    if start.lstrip().startswith(b"# Dimensions") or path.suffix.lower() == ".cfl":
        return CFL
    if _is_twix(start):
        return TWIX
    if b"GE_MED_NMR" in start[:128] or b"INVALIDNMR" in start[:128]:
        return GE
    if path.suffix.lower() in (".raw", ".data") and any(
        path.with_suffix(s).exists() for s in (".lab", ".list", ".LAB")
    ):
        return "Philips raw data", PHILIPS
    return None


def _is_twix(start: bytes) -> bool:
    """VD, VE, XA: 0 or 1, then the number of measurements. VB: the length of its only header, then "Config"."""
    if len(start) < 16:
        return False
    first, second = struct.unpack("<II", start[:8])
    return (first < 10_000 and 1 <= second <= 64 and start[1:4] == b"\0\0\0") or (
        10_000 <= first < 2**26 and 1 <= second <= 64 and b"Config" in start[8:32]
    )


def _unpacked(start: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(start, 512)
    except zlib.error:
        return b""


def _zip(path: Path) -> tuple[str, str]:
    """NumPy's .npz and PyTorch's .pt are zip archives too."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:20]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        names = []
    if names and all(name.endswith(".npy") for name in names):
        return "a NumPy .npz file", "take one array k out of np.load(FILE) and " + SAVE
    if any(name.endswith("data.pkl") for name in names):
        return "a PyTorch file", "take the array k out of torch.load(FILE) and " + SAVE
    return "a zip archive", PACKED.format("unzip FILE")
