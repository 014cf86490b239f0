"""Files of other kinds are known by their contents: a name and a next step, whatever the file is called."""

import gzip
import io
import re
import struct
import tarfile
import zipfile

import h5py
import numpy as np
import pytest
import torch
from helpers.real import REAL

from mrtutor import scan, twix
from mrtutor.scan import ScanFileError

K = (np.random.default_rng(0).standard_normal((2, 16, 16, 2)) @ [1, 1j]).astype(np.complex64)
PARTS = np.zeros((1, *K.shape), [("real", "<f4"), ("imag", "<f4")])
PARTS["real"], PARTS["imag"] = K.real, K.imag
NIFTI = struct.pack("<i", 348) + bytes(340) + b"n+1\0" + bytes(100)
SAVE = r"save it as HDF5: .*\['kspace'\] = k.*\(slice, coil, y, x\)"


def packed(kind: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w" + kind) as archive:
        archive.addfile(tarfile.TarInfo("knee/file1.h5"), io.BytesIO())
    return stream.getvalue()


def zipped(name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, b"x")
    return stream.getvalue()


# the bytes, what they are, and the next step
BYTES = {
    "text": (b"kspace,1,2\n3,4", r"text that begins 'kspace,1,2\\n3,4'", ""),
    "empty": (b"", "an empty file", ""),
    "noise": (bytes(range(200, 256)), "other first bytes, c8 c9 .*", ""),
    "html": (b"<html><script>alert(1)</script>", "text that begins '<html><script>.*", ""),
    "npy": (b"\x93NUMPY\1\0rest", r"a NumPy \.npy file", r"; load it with k = np\.load\('exam\.h5'\) and " + SAVE),
    "npz": (zipped("k.npy"), r"a NumPy \.npz file", r"; take one array k out of np\.load\('exam\.h5'\) and " + SAVE),
    "pytorch": (zipped("archive/data.pkl"), "a PyTorch file", "; .*torch.load.*" + SAVE),
    "zip": (zipped("knee/file1.h5"), "a zip archive", r"; .*unzip 'exam\.h5'.*"),
    "no zip": (b"PK\3\4rest", "a zip archive", "; .*unzip.*"),
    "tar": (packed(""), r"a \.tar archive", r"; .*tar -xf 'exam\.h5'.*"),
    "tar.xz": (packed(":xz"), r"a \.tar\.xz archive", r"; fastMRI comes so: unpack it first \(tar -xf 'exam\.h5'\).*"),
    "tar.gz": (packed(":gz"), "a gzip archive", r"; fastMRI comes so: unpack it first \(tar -xf 'exam\.h5'.*"),
    "tar.bz2": (packed(":bz2"), "a bzip2 archive", r"; .*tar -xf 'exam\.h5'.*"),
    "nii": (NIFTI, "NIfTI", "; which holds finished pictures: raw k-space is needed.*"),
    "nii.gz": (gzip.compress(NIFTI), r"NIfTI \(\.nii\.gz\)", "; which holds finished pictures.*"),
    "dicom": (bytes(128) + b"DICM" + bytes(99), "DICOM", "; which holds finished pictures: raw k-space is needed.*"),
    "dicom without preamble": (b"\x08\0\x05\0\x0a\0\0\0ISO_IR 100", "DICOM", "; which holds finished pictures.*"),
    "twix VD": (
        struct.pack("<II", 0, 2) * 9,
        r"Siemens raw data \(TWIX\)",
        r"; convert it with mrtutor\.twix\.to_hdf5.*",
    ),
    "twix VB": (struct.pack("<II", 52_000, 6) + b"Config\0" + bytes(99), r"Siemens raw data \(TWIX\)", "; convert.*"),
    "bart header": (b"# Dimensions\n16 16 1 2 1 \n", r"BART data .*", "; load it with bart.cfl.readcfl.*" + SAVE),
    "ge": (struct.pack("<f", 26.0) + bytes(30) + b"GE_MED_NMR" + bytes(99), "a GE P-file", "; .*Orchestra.*" + SAVE),
    "philips list": (b"# === DATA DESCRIPTION FILE ====\n#", r"Philips data .*", "; export.*" + SAVE),
    "matlab 5": (b"MATLAB 5.0 MAT-file, Platform", r"an old MATLAB \.mat file", "; load it with scipy.*" + SAVE),
}


@pytest.mark.parametrize("name", BYTES)
def test_other_first_bytes(name, tmp_path):
    """Under the name exam.h5, so that only the contents can tell."""
    content, what, step = BYTES[name]
    (tmp_path / "exam.h5").write_bytes(content)
    for opened in (scan.load, scan.read):
        with pytest.raises(ScanFileError) as error:
            opened(tmp_path / "exam.h5")
        assert re.fullmatch(rf"exam\.h5: the file must be HDF5, got {what}{step}\.", str(error.value)), error.value


def calgary(coils: int = 2) -> np.ndarray:
    k = np.moveaxis(K[:coils], 0, -1)
    return np.stack([k.real, k.imag], -1).reshape(1, 16, 16, 2 * coils).astype("f4")


def ismrmrd(file):
    file.create_group("dataset")["xml"] = "<ismrmrdHeader/>"


def matlab(path, name="kspace_full"):
    with h5py.File(path, "w", userblock_size=512) as file:
        file[name] = PARTS
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file")


CONTENTS = {
    "ismrmrd": (ismrmrd, r"ISMRMRD \(group 'dataset' with 'xml'\); .*package ismrmrd.*" + SAVE),
    "cmrxrecon": (
        lambda f: f.__setitem__("kspace_full", PARTS),
        r"a MATLAB v7\.3 file \(CMRxRecon, 'kspace_full' .*k = f\['kspace_full'\]\['real'\] \+ 1j.*" + SAVE,
    ),
    "matlab": (lambda f: f.__setitem__("kspace", PARTS), r"a MATLAB v7\.3 file \('kspace' in real .*" + SAVE),
    "calgary": (lambda f: f.__setitem__("kspace", calgary()), r"Calgary-Campinas .* last axis is 2 coils.*" + SAVE),
    "scanarchive": (lambda f: f.create_group("OnlineRecon"), "a GE ScanArchive; .*Orchestra.*" + SAVE),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_other_hdf5(name, tmp_path):
    fill, words = CONTENTS[name]
    with h5py.File(tmp_path / "exam.h5", "w") as file:
        fill(file)
    for opened in (scan.load, scan.read):
        with pytest.raises(ScanFileError) as error:
            opened(tmp_path / "exam.h5")
        assert re.fullmatch(rf"exam\.h5: the file must be fastMRI-style HDF5, got {words}\.", str(error.value))


def test_the_steps_of_calgary_and_matlab_bring_the_kspace(tmp_path):
    """What the sentence tells the reader to type gives the coils that went in."""
    f = {"kspace": calgary(), "kspace_full": PARTS}
    k = f["kspace"][..., ::2] + 1j * f["kspace"][..., 1::2]
    assert np.array_equal(np.moveaxis(k, -1, -3)[0], K)
    matlab(tmp_path / "a.mat")
    with h5py.File(tmp_path / "a.mat") as f:
        assert np.array_equal((f["kspace_full"]["real"] + 1j * f["kspace_full"]["imag"])[0], K)
    with pytest.raises(ScanFileError, match="got a MATLAB v7.3 file .CMRxRecon"):
        scan.load(tmp_path / "a.mat")


def test_case_19_other_formats(tmp_path, monkeypatch):
    """The names of the report, for `load` as for `read`: never the list of known scans, never damage."""
    monkeypatch.chdir(tmp_path)
    for name in ("ismrmrd", "cmrxrecon", "calgary"):
        with h5py.File({"cmrxrecon": "cmrx.mat"}.get(name, f"{name}.h5"), "w") as file:
            CONTENTS[name][0](file)
    (tmp_path / "knee.tar.xz").write_bytes(b"\xfd7zXZ\0rest")
    (tmp_path / "meas.dat").write_bytes(bytes([0, 0, 0, 0, 2, 0, 0, 0]) * 9)
    (tmp_path / "k.cfl").write_bytes(K.tobytes())
    words = {
        "ismrmrd.h5": "ISMRMRD",
        "cmrx.mat": "MATLAB v7.3 file .CMRxRecon",
        "calgary.h5": "Calgary-Campinas",
        "knee.tar.xz": r"tar\.xz.*tar -xf",
        "meas.dat": r"Siemens raw data \(TWIX\); convert it with mrtutor\.twix\.to_hdf5\('meas\.dat'",
        "k.cfl": "BART",
        "k": "BART",  # as BART itself is given it
    }
    for name, sentence in words.items():
        for opened in (scan.load, scan.read):
            with pytest.raises(ScanFileError, match=sentence):
                opened(name)
    with pytest.raises(ValueError, match="name must be one of brain-16ch, .*got 'brain-32ch'"):
        scan.load("brain-32ch")


def test_philips_raw_data_is_told_by_the_file_beside_it(tmp_path):
    (tmp_path / "raw_001.raw").write_bytes(bytes(range(200, 256)))
    with pytest.raises(ScanFileError, match="other first bytes"):
        scan.load(tmp_path / "raw_001.raw")
    (tmp_path / "raw_001.lab").write_bytes(b"x")
    with pytest.raises(ScanFileError, match="Philips raw data; export"):
        scan.load(tmp_path / "raw_001.raw")


def test_real_and_imaginary_part_as_the_last_axis_are_read(tmp_path):
    """Nothing else can be meant by real numbers whose last axis is two: bit for bit, with and without a coil axis."""
    stack = np.stack([K, 2 * K])
    pairs = np.stack([stack.real, stack.imag], -1)
    for name, stored in (("a", pairs), ("b", pairs.astype(">f8"))):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file.create_dataset("kspace", data=stored, chunks=(1, 2, 8, 8, 2), compression="gzip")
        s = scan.read(tmp_path / f"{name}.h5", slice=1)
        assert torch.equal(s.kspace, torch.from_numpy(2 * K))
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["kspace"] = (100 * pairs).round().astype(np.int16)
    assert torch.equal(scan.read(tmp_path / "d.h5").kspace.real, (100 * torch.from_numpy(K.real)).round())
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["kspace"] = pairs[0]
    assert torch.equal(scan.read(tmp_path / "c.h5", axes="coil,y,x").kspace, torch.from_numpy(K))


def test_own_twix_becomes_a_file_that_read_takes(tmp_path):
    pytest.importorskip("twixtools")
    raw = REAL / "raw" / "gre.dat"
    if not raw.exists():
        pytest.skip("no raw/gre.dat beside the real scans")
    with pytest.raises(ScanFileError, match="TWIX"):
        scan.load(raw)
    s = scan.load(twix.to_hdf5(raw, tmp_path / "new.h5"))
    assert s.kspace.shape == (2, 320, 160) and s.fully_sampled and s.real and "source" not in s.attributes
