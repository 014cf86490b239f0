"""Arrays of a plausible shape and the wrong meaning get one sentence, which then works; sound ones get none."""

import warnings

import h5py
import numpy as np
import pytest
import torch
from helpers.phantom import disc, disc_kspace
from helpers.real import REAL, real_file, real_kspace

from mrtutor import scan, sources
from mrtutor.fourier import fft2c, ifft2c
from mrtutor.patients import patient, volume
from mrtutor.scan import ScanFileError, ScanFileWarning


def save(path, kspace, **more):
    with h5py.File(path, "w") as file:
        file["kspace"] = np.asarray(kspace).astype(np.complex64)
        for name, value in more.items():
            file[name] = value
    return path


def likeness(image, truth) -> float:
    return float(np.corrcoef(np.abs(np.asarray(image)).ravel(), np.abs(np.asarray(truth)).ravel())[0, 1])


def single_coil(slices, noise: float = 0.02) -> np.ndarray:
    """(slice, y, x) of one coil that hears everything alike."""
    scans = [scan.acquire(s, coils="uniform", size=96, noise=noise, seed=i) for i, s in enumerate(slices)]
    return np.stack([s.kspace[0].numpy() for s in scans])


# ---- sound arrays: no word


def sound() -> dict[str, np.ndarray]:
    k = disc_kspace(6, 64, 48).numpy()
    y, x = np.mgrid[-32:32, -24:24]
    tube = lambda cy, cx, r: fft2c(torch.from_numpy(((y - cy) ** 2 + (x - cx) ** 2 < r * r)[None] + 0j)).numpy()
    noise = lambda *shape: np.random.default_rng(1).standard_normal((*shape, 2)) @ [1, 1j]
    many = np.stack([k[0] * w for w in np.random.default_rng(2).uniform(0.2, 1, 64)])
    virtual = scan.acquire(patient(7), n_coils=8, size=(128, 96), noise=0.01).kspace.numpy()
    return {
        "disc": k[None],
        "odd sizes": disc_kspace(5, 141, 109).numpy()[None],
        "one coil": k[None, :1],
        "virtual patient": virtual[None],
        "low SNR": disc_kspace(6, 64, 48, noise=0.5).numpy()[None],
        "noise alone": noise(1, 4, 64, 48),
        "noise of many coils": noise(1, 64, 48, 32),
        "tiny noise": noise(2, 3, 16, 12),
        "many coils": many[None],
        "many coils, few lines": many[None, :, :, 12:36],
        "loud coil in the middle": (many * np.exp(-(((np.arange(64) - 32) / 6) ** 2))[:, None, None])[None],
        "peak off by 4, 3": np.roll(k, (4, -3), (1, 2))[None],
        "partial Fourier": (k * (x > -6))[None],
        "cropped partial Fourier": k[None, :, :, 18:],
        "cropped to the edge": k[None, :, :, 22:],
        "partial echo": (k * (y > -8))[None],
        "every fourth line": (k * ((x % 4 == 0) | (abs(x) < 4)))[None],
        "interpolated": np.pad(k, ((0, 0), (32, 32), (24, 24)))[None],
        "phantom off-centre": (tube(20, -14, 6) + 1e-2 * noise(1, 64, 48))[None],
        "phantom in the corner": (tube(-32, -24, 8) + 1e-2 * noise(1, 64, 48))[None],
        "small tube in the middle": (tube(0, 0, 4) + 1e-3 * noise(1, 64, 48))[None],
        "tube that fills all": (tube(0, 0, 23) + 1e-3 * noise(1, 64, 48))[None],
        "flat k-space of a point": np.ones((1, 1, 64, 48)),
        "single coil, 30 slices": single_coil(volume(3, 30)),
        "single coil, 2 slices": single_coil(volume(5, 2), noise=0.1),
        "single coil, other people": single_coil([patient(i) for i in range(5)]),
        "single coil of an array": np.stack(
            [scan.acquire(s, n_coils=4, size=96).kspace[1].numpy() for s in volume(4, 6)]
        ),
        "other people under other coils": np.stack(
            [scan.acquire(patient(i), n_coils=6, size=96).kspace[i].numpy() for i in range(6)]
        ),
        "single coil, one slice": virtual[:1],
        "single coil of noise": noise(6, 64, 48),
    }


SOUND = sound()


@pytest.mark.parametrize("name", SOUND)
def test_no_false_alarm(name, tmp_path):
    path = save(tmp_path / "a.h5", SOUND[name])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with scan.open_file(path, trusted=True) as file:
            for i in range(len(file)):
                file.kspace(i)
        assert file.n_slices == len(SOUND[name])


@pytest.mark.parametrize("source", sources.SOURCES.values(), ids=sources.SOURCES)
def test_no_false_alarm_on_real_scans(source, tmp_path):
    """As they are, each coil alone, the coarser half, and as an undersampled file without a mask."""
    with h5py.File(real_file(source.file)) as file:
        kspace = file["kspace"][0]
    _, n_y, n_x = kspace.shape
    for part in (kspace, kspace[:1], kspace[-1:], kspace[:, n_y // 4 : -n_y // 4], kspace * (np.arange(n_x) % 2)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with scan.open_file(save(tmp_path / "a.h5", part[None]), trusted=True) as file:
                assert torch.equal(file.kspace(0), torch.from_numpy(np.ascontiguousarray(part)))


# ---- which axis is what


def test_case_05_one_slice_coil_y_x(tmp_path):
    kspace = disc_kspace(6, 64, 48)
    path = save(tmp_path / "a.h5", kspace)
    with pytest.warns(
        ScanFileWarning,
        match=r"a.h5: kspace of three axes .* 6 slices look like the coils of one slice: "
        r"if so, say axes='coil,y,x', else axes='slice,y,x'\.",
    ):
        with scan.open_file(path) as file:
            assert file.n_slices == 6, "as the documentation has it"
    s = scan.read(path, axes="coil,y,x")
    assert torch.equal(s.kspace, kspace) and likeness(s.image, disc(64, 48)) > 0.98
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert scan.read(path, axes="slice,y,x", slice=5).kspace.shape == (1, 64, 48)


@pytest.mark.parametrize("n_coils", [2, 4, 8, 16])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_coils_of_a_virtual_patient_are_not_taken_for_slices(n_coils, noise, tmp_path):
    k = scan.acquire(patient(3), n_coils=n_coils, size=96, noise=noise).kspace
    with pytest.warns(ScanFileWarning, match="look like the coils of one slice"):
        scan.read(save(tmp_path / "a.h5", k))


@pytest.mark.parametrize(
    "name", ["brain_pulseq_16ch.h5", "brain_pulseq_bodycoil_2ch.h5", "phantom_twixtools_gre_2ch.h5"]
)
def test_real_coils_are_not_taken_for_slices(name, tmp_path):
    with pytest.warns(ScanFileWarning, match="look like the coils of one slice"):
        scan.read(save(tmp_path / "a.h5", real_kspace(name)))


@pytest.mark.parametrize("shape", [(64, 48), (96, 128), (141, 109)])
@pytest.mark.parametrize("axes", ["slice,y,x,coil", "slice,y,coil,x", "y,x,coil,slice"])
@pytest.mark.parametrize("n_coils", [1, 6, 16])
def test_case_06_coil_axis_last(axes, shape, n_coils, tmp_path):
    """Each order of the axes is named in the sentence, and read rightly when it is said."""
    kspace = np.stack([disc_kspace(n_coils, *shape, seed=i).numpy() for i in range(3)])
    names = ("slice", "coil", "y", "x")
    path = save(tmp_path / "a.h5", kspace.transpose([names.index(name) for name in axes.split(",")]))
    with pytest.raises(ScanFileError, match=f"kspace must have the axes .*axes='{axes}', got .*'coils' .*"):
        scan.read(path)
    with scan.open_file(path, axes=axes) as file:
        assert (file.n_slices, file.n_coils, file.shape) == (3, n_coils, shape)
        for i in range(3):
            assert np.array_equal(file.kspace(i).numpy(), kspace[i])


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0])
def test_a_slice_that_holds_nothing_spoils_only_itself(bad, tmp_path):
    """The slices that are compared with the first may be empty or damaged: whoever asks for them is told."""
    for n_slices, n_coils in ((6, 1), (200, 40)):
        kspace = np.stack([disc_kspace(n_coils, 24, 16, seed=i).numpy() for i in range(4)])[np.arange(n_slices) % 4]
        kspace[[1, n_slices // 2]] = bad
        path = save(tmp_path / "a.h5", kspace[:, 0] if n_coils == 1 else kspace)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert np.array_equal(scan.read(path).kspace, kspace[0])
        with pytest.raises(ScanFileError, match="kspace must hold (finite numbers|a signal), got .* slice 1"):
            scan.read(path, slice=1)


@pytest.mark.parametrize("n_coils", [4, 16])
def test_one_slice_with_the_coil_axis_last(n_coils, tmp_path):
    kspace = disc_kspace(n_coils, 64, 48)
    path = save(tmp_path / "a.h5", kspace.permute(1, 2, 0))
    with pytest.raises(ScanFileError, match="kspace must have the axes .*axes='y,x,coil', got 64 'slices' of 48 x"):
        scan.read(path)
    assert torch.equal(scan.read(path, axes="y,x,coil").kspace, kspace)


def test_one_picture_of_one_coil(tmp_path):
    kspace = disc_kspace(1, 64, 48)
    path = save(tmp_path / "a.h5", kspace[0])
    with pytest.raises(ScanFileError, match=r"or be read with axes='\.\.\.', got 2 axes"):
        scan.read(path)
    assert torch.equal(scan.read(path, axes="y,x").kspace, kspace)


def test_more_coils_than_any_scanner_has(tmp_path):
    """Noise hides where the energy lies, and 256 coils of 200 x 16 are still none."""
    noise = np.random.default_rng(0).standard_normal((1, 256, 200, 16))
    with pytest.raises(ScanFileError, match="axes='slice,y,x,coil'"):
        scan.read(save(tmp_path / "a.h5", noise))


def test_chunked_files_are_read_along_any_axis(tmp_path):
    kspace = np.stack([disc_kspace(4, 40, 30, seed=i).numpy() for i in range(5)])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("kspace", data=kspace.transpose(2, 3, 1, 0), chunks=(7, 8, 3, 2), compression="gzip")
        file["mask"] = np.ones(30)
    for i in range(5):
        s = scan.read(tmp_path / "a.h5", slice=i, axes=("y", "x", "coil", "slice"))
        assert np.array_equal(s.kspace.numpy(), kspace[i])


def test_axes_that_are_none(tmp_path):
    path = save(tmp_path / "a.h5", disc_kspace(6, 64, 48)[None])
    for axes in ("slice,coil,y", "slice,coil,y,y", "slice,coil,y,z", "", 3, ("y", 1), "slice,coil,y,x,x"):
        with pytest.raises(ValueError, match="axes must name y and x, and slice and coil where there are such"):
            scan.read(path, axes=axes)
    with pytest.raises(ScanFileError, match=r"kspace must have the axes \(coil, y, x\), got 4 axes"):
        scan.read(path, axes="coil,y,x")
    assert torch.equal(scan.read(path, axes="slice, coil, y, x").kspace, disc_kspace(6, 64, 48))


# ---- where the centre lies


@pytest.mark.parametrize("shape", [(64, 48), (63, 49), (128, 100)])
@pytest.mark.parametrize("noise", [1e-3, 3e-2])
def test_case_15_dc_in_the_corner(shape, noise, tmp_path):
    """From numpy.fft.fft2 of a picture with its origin in the corner, as from one with its origin in the middle."""
    kspace, truth = disc_kspace(6, *shape, noise=noise).numpy(), disc(*shape)
    images = ifft2c(torch.from_numpy(kspace)).numpy()
    for stored in (np.fft.ifftshift(kspace, (-2, -1)), np.fft.fft2(images, norm="ortho")):
        path = save(tmp_path / "a.h5", stored[None])
        with pytest.raises(
            ScanFileError, match="kspace must have its centre in the middle, or be read with centre='corner'"
        ):
            scan.read(path)
        s = scan.read(path, centre="corner")
        np.testing.assert_allclose(s.kspace, kspace, atol=1e-4)
        assert likeness(s.image, truth) > 0.97 and s.fully_sampled
        assert torch.equal(scan.read(path, centre="middle").kspace, torch.from_numpy(stored.astype(np.complex64)))


@pytest.mark.parametrize("axis, corner", [(-2, "corner of y"), (-1, "corner of x")])
def test_the_corner_of_one_axis(axis, corner, tmp_path):
    kspace = disc_kspace(6, 64, 48).numpy()
    path = save(tmp_path / "a.h5", np.fft.ifftshift(kspace, axis)[None])
    with pytest.raises(ScanFileError, match=f"centre='{corner}'"):
        scan.read(path)
    assert np.array_equal(scan.read(path, centre=corner).kspace, kspace)


def test_mask_and_zeros_move_with_the_corner(tmp_path):
    kspace = disc_kspace(6, 64, 48).numpy()
    lines = (np.arange(48) % 3 == 0) | (abs(np.arange(48) - 24) < 4)
    stored = np.fft.ifftshift(kspace * lines, (-2, -1))
    for more in ({}, {"mask": np.fft.ifftshift(lines)}):
        path = save(tmp_path / "a.h5", stored[None], **more)
        with pytest.raises(ScanFileError, match="centre='corner'"):
            scan.read(path)
        s = scan.read(path, centre="corner")
        assert np.array_equal(s.mask[0], np.broadcast_to(lines, (64, 48))) and np.array_equal(s.kspace, kspace * lines)


# ---- which space it is


@pytest.mark.parametrize("shape", [(64, 48), (63, 49)])
def test_a_picture_instead_of_kspace(shape, tmp_path):
    kspace = disc_kspace(4, *shape)
    path = save(tmp_path / "a.h5", ifft2c(kspace)[None])
    with pytest.raises(
        ScanFileError, match="kspace must hold k-space; if it holds coil images, read it with space='image'"
    ):
        scan.read(path)
    torch.testing.assert_close(scan.read(path, space="image").kspace, kspace, atol=1e-5, rtol=1e-4)
    assert torch.equal(scan.read(path, space="k-space").kspace, ifft2c(kspace))


@pytest.mark.parametrize("source", sources.SOURCES.values(), ids=sources.SOURCES)
def test_real_pictures_and_corners_are_seen(source, tmp_path):
    if not REAL.is_dir():
        pytest.skip("no real scans")
    kspace = real_kspace(source.file)
    with pytest.raises(ScanFileError, match="space='image'"):
        scan.read(save(tmp_path / "a.h5", ifft2c(kspace)[None]), trusted=True)
    with pytest.raises(ScanFileError, match="centre='corner'"):
        scan.read(save(tmp_path / "b.h5", np.fft.ifftshift(kspace.numpy(), (-2, -1))[None]), trusted=True)
    last = np.moveaxis(kspace.numpy(), 0, -1)[None]
    with pytest.raises(ScanFileError, match="axes='slice,y,x,coil'"):
        scan.read(save(tmp_path / "c.h5", last), trusted=True)


def test_words_that_are_none(tmp_path):
    path = save(tmp_path / "a.h5", disc_kspace(2, 64, 48)[None])
    for name, value in (("centre", "edge"), ("centre", 0), ("space", "picture"), ("space", ["image"])):
        with pytest.raises(ValueError, match=f"{name} must be one of "):
            scan.read(path, **{name: value})


# ---- the number of a slice, and the reader's own maps


class TestSlices:
    @pytest.fixture
    def path(self, tmp_path):
        return save(tmp_path / "a.h5", np.stack([disc_kspace(2, 16, 16, seed=i).numpy() for i in range(4)]))

    @pytest.mark.parametrize(
        "bad", [2.0, None, True, np.True_, np.float32(1), "2", b"2", -1, 4, 10**30, [1], 1j, np.int64(-1)]
    )
    def test_case_10_slice_number_blames_file(self, bad, path):
        """The number is at fault, before and after the file was looked at, and never the file."""
        for _ in range(2):
            with pytest.raises(ScanFileError, match=r"a.h5: slice must be a whole number in 0\.\.3, got ") as error:
                scan.read(path, slice=bad)
            assert str(error.value).endswith(f"got {bad!r}.") and "damage" not in str(error.value)
        with pytest.raises(ScanFileError, match="slice must be a whole number"):
            scan.load(path, slice=bad)
        with scan.open_file(path) as file:
            for call in (file.kspace, file.reconstruction_rss, file.__getitem__):
                with pytest.raises(ScanFileError, match="slice must be a whole number"):
                    call(bad)

    @pytest.mark.parametrize("good", [2, np.int64(2), np.uint8(2), np.array(2), torch.tensor(2)])
    def test_any_integer_type(self, good, path):
        assert torch.equal(scan.read(path, slice=good).kspace, disc_kspace(2, 16, 16, seed=2))


def test_case_08_own_maps_unchecked(tmp_path):
    from mrtutor.coils import birdcage_maps

    path, maps = save(tmp_path / "a.h5", disc_kspace(4, 32, 32)[None]), birdcage_maps((32, 32), 4)
    shading = 0.1 + torch.rand(32, 32, generator=torch.Generator().manual_seed(8))
    for given in (maps, maps * 5, maps * 1e-6, maps.to(torch.complex128), maps * shading):
        read = scan.read(path, maps=given).maps
        assert read.dtype == torch.complex64
        torch.testing.assert_close(read, maps, atol=1e-5, rtol=1e-4)
    inside = torch.arange(32) > 5
    faint = torch.where(inside, maps, 1e-6 * maps)
    assert torch.equal(scan.read(path, maps=faint).maps != 0, (maps != 0) & inside), "what is hardly there is outside"
    assert torch.equal(scan.read(path, maps=maps * inside).maps != 0, (maps != 0) & inside)
    for wrong, words in (
        (torch.where(torch.arange(32) == 3, torch.nan, maps), r"finite numbers, got \(nan.* at coil 0, y 0, x 3"),
        (torch.where(torch.arange(32) == 3, torch.inf, maps), "finite numbers, got"),
        (maps[:2], r"the shape of kspace \(4, 32, 32\), got \(2, 32, 32\)"),
        (maps[None], "the shape of kspace"),
        (maps * 0, "hear something, got zeros everywhere"),
        (maps.real > 0, "complex numbers, got torch.bool"),
    ):
        with pytest.raises(ValueError, match=words):
            scan.read(path, maps=wrong)
