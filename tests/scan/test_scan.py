"""Scans: upright pictures, files in and out bit for bit, one slice of memory, virtual acquisitions."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from helpers.real import REAL

from mrtutor import scan, sources
from mrtutor.coils import measured_block
from mrtutor.fourier import fft2c, ifft2c
from mrtutor.scan import UPRIGHT, Scan, ScanFileError
from mrtutor.scan.orientation import BACK, turn, turn_letters

needs_real = pytest.mark.skipif(
    not REAL.is_dir(), reason=f"no real scans in {REAL} (set MRTUTOR_DATA, or run `mrtutor fetch`)"
)


def complex_array(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(np.complex64)


def make_scan(shape=(4, 12, 10), **fields):
    kspace = torch.from_numpy(complex_array(*shape))
    return Scan(
        kspace=kspace,
        mask=torch.ones(1, *shape[1:], dtype=torch.bool),
        maps=torch.ones_like(kspace) / shape[0] ** 0.5,
        **fields,
    )


# ---- upright


@pytest.mark.parametrize("upright", UPRIGHT)
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_letters_turn_with_the_picture(upright, library):
    """A picture whose four sides are marked with numbers; the letters must name the same sides after any turn."""
    standing = np.zeros((5, 9))
    standing[0, 4], standing[2, 8], standing[4, 4], standing[2, 0] = 1, 2, 3, 4  # A, L, P, R
    stored = turn(standing if library == "numpy" else torch.from_numpy(standing), BACK[upright])
    values = {"": 0, "A": 1, "L": 2, "P": 3, "R": 4}
    for name in UPRIGHT:
        shown = np.asarray(turn(stored, name))
        rows, columns = shown.shape
        edges = [shown[0, columns // 2], shown[rows // 2, -1], shown[-1, columns // 2], shown[rows // 2, 0]]
        assert [values[letter] for letter in turn_letters(("A", "L", "P", "R"), upright, name)] == edges
    assert np.array_equal(np.asarray(turn(stored, upright)), standing)


@pytest.mark.parametrize("upright", UPRIGHT)
def test_the_arrow_points_where_a_shift_along_phase_encoding_goes(upright):
    s = make_scan(upright=upright)
    dot = torch.zeros(7, 7)
    dot[3, 3] = 1
    moved = dot.roll(2, -1)  # two pixels along x, the phase encoding
    before, after = (np.argwhere(np.asarray(s.stand_up(d)))[0] for d in (dot, moved))
    axis = {"vertical": 0, "horizontal": 1}[s.phase_encoding]
    assert abs(after - before)[axis] == 2 and abs(after - before)[1 - axis] == 0


@pytest.mark.parametrize("upright", UPRIGHT)
@pytest.mark.parametrize("shape", [(11, 9), (12, 10)])
def test_kspace_and_mask_turn_together_with_the_image(upright, shape):
    """Turned k-space is the k-space of the turned picture: exactly for odd sizes, up to one pixel for even ones."""
    s = make_scan((1, *shape), upright=upright)
    image = torch.from_numpy(complex_array(*shape, seed=1))
    there = ifft2c(s.stand_up(fft2c(image))).abs()
    expected = s.stand_up(image).abs()
    shifts = [(0, 0)] if shape[0] % 2 else [(a, b) for a in (0, 1) for b in (0, 1)]
    assert any(torch.allclose(there, expected.roll(shift, (-2, -1)), atol=1e-5) for shift in shifts)
    line = torch.zeros(1, *shape, dtype=torch.bool)
    line[..., 1] = True
    turned = s.stand_up(line)[0]
    assert turned.all(1 if s.phase_encoding == "vertical" else 0).sum() == 1


def test_turning_a_scan_composes():
    s = make_scan(letters=("A", "L", "P", "R"))
    assert s.turned("rotate 90").letters == ("L", "P", "R", "A")
    assert s.turned("rotate 90").turned("flip x").turned("as is").letters == s.letters
    assert s.turned("transpose").stored_letters == s.stored_letters
    with pytest.raises(ValueError, match="upright must be one of as is, .*got .__import__"):
        s.turned("__import__('os')")


@needs_real
def test_the_real_brain_turns_upright_by_transpose_and_its_arrow_is_vertical():
    s = scan.read(REAL / "brain_pulseq_16ch.h5")
    assert s.upright == "transpose" and s.phase_encoding == "vertical" and s.letters == ("A", "", "P", "") and s.real
    assert (
        s.stored_letters == ("", "P", "", "A")
        and s.voxel_mm == (2.0, 2.0)
        and s.label == "Real scan: 16-channel FLASH, PD-like, ESPIRiT maps"
    )
    assert torch.equal(s.stand_up(s.image), s.image.mT)
    head = s.stand_up(s.rss)[0] > 0.08 * s.rss.max()
    rows, columns = head.any(1).nonzero(), head.any(0).nonzero()
    assert rows.max() - rows.min() > 1.2 * (columns.max() - columns.min()), "an axial head is longer from front to back"
    assert (s.stand_up(s.image)[0, 9:12, 50:80] != 0).all(), "the forehead, far from the coils, belongs to the picture"


@needs_real
@pytest.mark.parametrize("source", sources.SOURCES.values(), ids=sources.SOURCES)
def test_every_real_file_reads_bit_for_bit(source):
    s = scan.read(REAL / source.file)
    with h5py.File(REAL / source.file) as file:
        assert np.array_equal(s.kspace.numpy(), file["kspace"][0])
        assert s.attributes["licence"] == file.attrs["licence"] and s.attributes["norm"] == file.attrs["norm"]
        if "reconstruction_rss" in file:
            torch.testing.assert_close(
                s.rss[0], torch.from_numpy(file["reconstruction_rss"][0]), rtol=1e-4, atol=1e-6 * float(s.rss.max())
            )
        if "mask" in file:
            assert np.array_equal(s.mask[0].numpy(), file["mask"][()]) and 0.12 < s.mask.float().mean() < 0.13
    assert s.plain_label == source.label and s.upright == source.upright and s.letters == source.letters
    norm = s.maps.abs().square().sum(0)
    assert torch.allclose(norm[norm > 0], torch.ones(()), atol=1e-4)
    bright = s.rss[0] > 0.3 * s.rss.max()
    assert (s.image.abs()[0][bright] / s.rss[0][bright]).median() > 0.95, "maps must fit the coils they come from"


# ---- files


def test_write_and_read_again(tmp_path):
    first = make_scan(
        upright="rotate 90",
        letters=("A", "L", "P", "R"),
        label="Exam <b>1</b>",
        voxel_mm=(1.5, 2.0),
        attributes={"note": "x", "n": 3},
    )
    mask = torch.ones(1, 12, 10, dtype=torch.bool)
    mask[..., [0, 9]] = False
    slices = [first.undersample(mask), make_scan(upright="rotate 90").undersample(mask)]
    path = scan.write(tmp_path / "exam.h5", slices, {"acquisition": "test"})
    with scan.open_file(path) as file:
        assert len(file) == file.n_slices == 2 and file.n_coils == 4 and file.shape == (12, 10)
        for one, again in zip(slices, file, strict=True):
            assert torch.equal(one.kspace, again.kspace) and torch.equal(one.mask, again.mask)
            assert (
                again.upright == "rotate 90"
                and again.letters == first.letters
                and again.voxel_mm == (1.5, 2.0)
                and again.voxel_known
            )
            assert (
                again.label == "Exam <b>1</b>, ESPIRiT maps"
                and again.attributes["acquisition"] == "test"
                and again.attributes["n"] == 3
                and not again.real
            )
    assert [p.name for p in tmp_path.iterdir()] == ["exam.h5"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = scan.write(tmp_path / "exam.h5", make_scan())
    before = path.read_bytes()
    bad = make_scan()
    bad.kspace[1, 2, 3] = float("nan")
    with pytest.raises(
        ScanFileError, match=r"exam.h5: kspace must hold finite numbers, got .*nan.* at slice 1, coil 1, y 2, x 3\."
    ):
        scan.write(path, [make_scan(), bad])
    with pytest.raises(ScanFileError, match="attribute 'odd' must be text, numbers or a list"):
        scan.write(path, make_scan(), {"odd": object()})
    with pytest.raises(ValueError, match="share shape, mask and upright, got another one at place 1"):
        scan.write(path, [make_scan(), make_scan((4, 12, 12))])
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["exam.h5"]


@pytest.mark.parametrize("dtype", ["<c8", ">c8", "<c16"])
@pytest.mark.parametrize(
    "layout",
    [
        {},
        {"chunks": (1, 2, 5, 4)},
        {"chunks": (2, 3, 12, 10), "compression": "gzip", "shuffle": True, "fletcher32": True},
    ],
)
def test_multicoil_layouts(tmp_path, dtype, layout):
    data = complex_array(3, 3, 12, 10)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("kspace", data=data.astype(dtype), **layout)
    with scan.open_file(tmp_path / "a.h5", trusted=True) as file:
        assert (
            all(np.array_equal(file.kspace(i).numpy(), data[i]) for i in range(3))
            and file.reconstruction_rss(0) is None
        )


def test_single_coil_without_coil_axis(tmp_path):
    data = complex_array(2, 12, 10)
    header = (
        "<ismrmrdHeader><encoding><encodedSpace><matrixSize><x>12</x><y>10</y><z>1</z></matrixSize>"
        "<fieldOfView_mm><x>24.0</x><y>30</y><z>5</z></fieldOfView_mm></encodedSpace></encoding></ismrmrdHeader>"
    )
    with h5py.File(tmp_path / "knee.h5", "w") as file:
        file["kspace"], file["reconstruction_rss"], file["ismrmrd_header"] = (
            data,
            np.ones((2, 8, 8), np.float32),
            header,
        )
    s = scan.read(tmp_path / "knee.h5", slice=1)
    assert np.array_equal(s.kspace.numpy(), data[1:2]) and torch.equal(s.maps, torch.ones_like(s.maps))
    assert s.voxel_mm == (2.0, 3.0) and s.label == "Your file: knee.h5" and s.letters == ("", "", "", "")
    with scan.open_file(tmp_path / "knee.h5") as file:
        assert file.reconstruction_rss(1).shape == (1, 8, 8)


@pytest.mark.parametrize("two_d", [False, True])
def test_undersampled_test_files(tmp_path, two_d):
    data, mask = complex_array(1, 4, 64, 48), np.zeros((64, 48), bool)
    mask[:, ::3] = mask[:, 18:30] = True
    if two_d:
        mask[:7] = False
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["kspace"], file["mask"] = data * mask, (mask if two_d else mask[10].astype(np.float32))
    s = scan.read(tmp_path / "a.h5")
    assert np.array_equal(s.mask[0].numpy(), mask) and measured_block(s.mask, 24, 24) == (24, 13)  # lines 18 to 30
    assert not scan.read(tmp_path / "a.h5").voxel_known


@pytest.mark.parametrize("shape", [(10,), (1, 10), (12, 10), (1, 1, 12, 10), (1, 1, 1, 10)])
def test_masks_with_axes_of_one(tmp_path, shape):
    mask = np.ones(shape, np.uint8)
    mask[..., 1] = 0
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["kspace"], file["mask"] = complex_array(1, 4, 12, 10) * (np.arange(10) != 1), mask
    assert np.array_equal(scan.read(tmp_path / "a.h5").mask[0, 0].numpy(), np.arange(10) != 1)


def test_maps_options(tmp_path):
    scan.write(tmp_path / "a.h5", make_scan((4, 32, 32)))
    given = torch.ones(4, 32, 32, dtype=torch.complex64) / 2
    own, quick, best = (scan.read(tmp_path / "a.h5", maps=maps) for maps in (given, "low resolution", "espirit"))
    assert torch.equal(own.maps, given) and torch.equal(scan.read(tmp_path / "a.h5").maps, best.maps)
    assert not torch.equal(quick.maps, best.maps)
    assert [s.label for s in (own, quick, best)] == [
        f"Your file: a.h5, {which}" for which in ("maps as given", "low-resolution maps", "ESPIRiT maps")
    ]
    assert scan.read(tmp_path / "a.h5", label="knee").label == "knee", "a label that is asked for stays as it is"
    with pytest.raises(ValueError, match="maps must be a tensor .* or one of espirit, low resolution, got 'best'"):
        scan.read(tmp_path / "a.h5", maps="best")
    thin = torch.ones(1, 32, 32, dtype=torch.bool)
    thin[..., 15:17] = False
    scan.write(tmp_path / "thin.h5", make_scan((4, 32, 32)).undersample(thin))
    with pytest.raises(
        ScanFileError, match="thin.h5: mask must measure the 4 central lines or more, for coil maps .*, got 0"
    ):
        scan.read(tmp_path / "thin.h5")
    scan.read(tmp_path / "thin.h5", maps=given)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_a_two_gigabyte_file_costs_one_slice(tmp_path):
    """A sparse file of 2 GiB; the child reads its last slice (32 MiB) and reports how much its memory grew."""
    path = tmp_path / "big.h5"
    with h5py.File(path, "w") as file:
        data = file.create_dataset("kspace", (64, 16, 512, 512), np.complex64)
        data[63] = complex_array(1, 512, 512)
    assert path.stat().st_size > 2**31 and path.stat().st_blocks * 512 < 2**28
    code = (
        "import re, sys, torch; from mrtutor import scan\n"
        "peak = lambda: int(re.search('VmHWM:\\\\s+([0-9]+)', open('/proc/self/status').read())[1]) / 1024\n"
        "file = scan.open_file(sys.argv[1], slice=63); before = peak(); k = file.kspace(63)\n"
        "middle = peak(); s = file[63]; print(before, middle, peak())"
    )
    out = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True).stdout
    before, middle, after = map(float, out.split())
    assert middle - before < 2.5 * 32, "one slice, not the file"
    assert after - before < 12 * 32, "with coil maps and their Fourier transforms"


# ---- find and load


def test_find_and_load(tmp_path, monkeypatch):
    monkeypatch.setenv("MRTUTOR_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("mrtutor.scan.shelf.cache_folder", lambda: tmp_path / "cache")
    virtual = make_scan(label="Virtual patient 7, FLAIR-like")
    assert scan.find("brain-16ch") is None
    assert scan.load("brain-16ch", otherwise=virtual) is virtual
    assert scan.load("brain-16ch", otherwise=lambda: virtual).label.startswith("Virtual")
    with pytest.raises(FileNotFoundError, match="mrtutor fetch brain-16ch"):
        scan.load("brain-16ch")
    with pytest.raises(ValueError, match="name must be one of brain-16ch, .*got 'brain-32ch'"):
        scan.load("brain-32ch", otherwise=virtual)
    source = sources.entry("brain-16ch")
    for folder in ("cache", "data"):  # the second is looked at first
        (tmp_path / folder).mkdir()
        path = scan.write(tmp_path / folder / source.file, make_scan(label=f"Real scan in {folder}", real=True))
        assert scan.find("brain-16ch") == path
        assert scan.load("brain-16ch", otherwise=virtual).plain_label == f"Real scan in {folder}"
    own = scan.write(tmp_path / "mine.h5", make_scan())
    assert torch.equal(scan.load(own, otherwise=virtual).kspace, virtual.kspace)
    assert scan.load(str(own), upright="flip y").upright == "flip y"
    with pytest.raises(ScanFileError, match="nowhere.h5: the file must exist"):
        scan.load("nowhere.h5", otherwise=virtual)


# ---- a virtual patient in the scanner


@pytest.fixture(scope="module")
def person():
    from mrtutor.patients import patient

    return patient(7, contrast="FLAIR", lesions="ms")


@pytest.mark.parametrize("phase_encoding", ["horizontal", "vertical"])
def test_acquire_a_patient(person, phase_encoding):
    s = scan.acquire(person, n_coils=6, size=128, phase_encoding=phase_encoding)
    assert s.kspace.shape == s.maps.shape == (6, 128, 128) and s.truth.shape == s.mask.shape == s.lesion.shape == (
        1,
        128,
        128,
    )
    assert s.label == person.label and "FLAIR" in s.label and not s.real and s.phase_encoding == phase_encoding
    assert s.voxel_mm == tuple(2 * v for v in person.voxel_mm) and s.letters == person.letters
    error = (s.image - s.truth).abs().square().sum() / s.truth.abs().square().sum()
    assert error < 1e-4, "without noise the reference is the truth, but for the maps' own blur"
    small = torch.nn.functional.avg_pool2d(person.image.abs(), 2)
    assert torch.corrcoef(torch.stack([small.flatten(), s.stand_up(s.truth).abs().flatten()]))[0, 1] > 0.98, (
        "upright, same grey values"
    )
    assert abs(float(s.truth.abs().mean() / person.image.abs().mean()) - 1) < 0.03


@pytest.mark.parametrize("shape", [(128, 128), (192, 100)])
def test_lesions_keep_their_place_and_size(person, shape):
    from mrtutor.scan.acquire import _coarser

    ratio = torch.tensor([256 / n for n in shape])
    y, x = torch.meshgrid(torch.arange(256.0), torch.arange(256.0), indexing="ij")
    disc = ((y - 143.2).hypot(x - 100.6) < 9.3)[None]
    coarse = _coarser(disc, shape)
    assert abs(float(coarse.sum() * ratio.prod() / disc.sum()) - 1) < 0.06
    place = (coarse[0].nonzero().float().mean(0) - torch.tensor([n // 2 for n in shape])) * ratio + 128
    assert (place - torch.tensor([143.2, 100.6])).abs().max() < 0.45, "same millimetre, other matrix"
    tiny = torch.zeros(1, 256, 256, dtype=torch.bool)
    tiny[0, 91, 133] = tiny[0, 40, 40] = True  # two microbleeds of a millimetre
    assert 2 <= int(_coarser(tiny, shape).sum()) <= 8
    near = torch.nn.functional.max_pool2d(person.lesion.float(), 5, 1, 2)[0]
    for row, column in scan.acquire(person, size=shape).lesion[0].nonzero().tolist():
        at = ((torch.tensor([row, column]) - torch.tensor([n // 2 for n in shape])) * ratio + 128).round().int()
        assert near[at[0], at[1]], "a lesion pixel where the patient has none"


def test_noise_is_reproducible_of_the_right_size_and_correlated_on_request(person):
    quiet, a, b = (scan.acquire(person, n_coils=4, size=64, noise=n, seed=s) for n, s in ((0, 0), (0.02, 1), (0.02, 1)))
    assert torch.equal(a.kspace, b.kspace) and not torch.equal(
        a.kspace, scan.acquire(person, 4, 64, noise=0.02, seed=2).kspace
    )
    noise = torch.view_as_real(a.kspace - quiet.kspace)
    assert abs(float(noise.std()) - 0.02) < 0.0005
    covariance = torch.eye(4) + 0.5
    mixed = (scan.acquire(person, 4, 64, noise=1.0, seed=3, covariance=covariance).kspace - quiet.kspace).flatten(1)
    measured = (mixed @ mixed.mH).real / mixed.shape[1] / 2
    assert (measured - covariance).abs().max() < 0.1


def test_the_global_seed_is_untouched(person):
    state = torch.random.get_rng_state()
    scan.acquire(person, noise=0.1)
    assert torch.equal(state, torch.random.get_rng_state())


def test_one_uniform_coil_hears_the_patient_itself(person):
    s = scan.acquire(person, coils="uniform", size=(128, 96))
    assert s.kspace.shape == (1, 128, 96) and torch.equal(s.maps, torch.ones_like(s.maps))
    torch.testing.assert_close(s.image, s.truth, atol=1e-5, rtol=1e-4)


def test_acquire_says_what_is_wrong(person):
    for arguments, words in (
        ({"coils": "square"}, "coils must be 'birdcage' or 'uniform', got 'square'"),
        ({"size": 512}, "size must lie in 1..256"),
        ({"phase_encoding": "up"}, "phase_encoding must be"),
        ({"noise": -1}, "std must be .*0 or more.*, got -1"),
        ({"n_coils": 0}, "n_coils must be 1 or more"),
    ):
        with pytest.raises(ValueError, match=words):
            scan.acquire(person, **arguments)


def test_a_scan_says_what_is_wrong():
    s = make_scan()
    for fields, words in (
        ({"kspace": s.kspace.to(torch.complex128)}, "kspace must be"),
        ({"maps": s.maps[:2]}, "maps must have the shape of kspace"),
        ({"mask": s.mask[..., :5]}, "mask must be"),
        ({"mask": s.mask.float()}, "mask must be bool"),
        ({"letters": ("A", "X", "P", "R")}, "letters must be four of"),
        ({"upright": "sideways"}, "upright must be one of"),
    ):
        with pytest.raises(ValueError, match=words):
            Scan(**{"kspace": s.kspace, "mask": s.mask, "maps": s.maps, **fields})
    with pytest.raises(ValueError, match="mask must be bool"):
        s.undersample(torch.ones(1, 12, 10))


def test_undersampling_twice_keeps_what_both_measured():
    s, odd, low = make_scan(), torch.zeros(1, 12, 10, dtype=torch.bool), torch.zeros(1, 12, 10, dtype=torch.bool)
    odd[..., 1::2], low[..., :5] = True, True
    both = s.undersample(odd).undersample(low)
    assert torch.equal(both.mask, odd & low) and torch.equal(both.kspace, torch.where(odd & low, s.kspace, 0))


def test_importing_the_package_imports_neither_hdf5_nor_pooch():
    heavy = {"h5py", "pooch", "scipy", "requests", "sigpy", "matplotlib"}
    code = f"import sys, mrtutor; from mrtutor import scan, sources; print(sorted({heavy} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
