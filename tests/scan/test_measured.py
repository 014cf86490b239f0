"""Stored is not measured: zeros in all coils are found out, and zeros that only happened are left alone."""

import h5py
import numpy as np
import pytest
import torch
from helpers.phantom import disc_kspace
from helpers.real import real_file, real_kspace

from mrtutor import sampling, scan
from mrtutor.patients import patient
from mrtutor.scan.measured import measured


def found(kspace, mask=None) -> np.ndarray:
    kspace = np.asarray(kspace).astype(np.complex64)
    return measured(kspace, np.ones((1, *kspace.shape[1:]), bool) if mask is None else mask)[0]


def patterns(shape) -> dict[str, np.ndarray]:
    """What a scanner or a converter leaves out, over any size."""
    n_y, n_x = shape
    rng = np.random.default_rng(n_y)
    y, x = np.mgrid[-(n_y // 2) : n_y - n_y // 2, -(n_x // 2) : n_x - n_x // 2]
    full = np.ones(shape, bool)
    middle = (abs(y) <= n_y // 8) & (abs(x) <= n_x // 8)
    return {
        "every third line": (x % 3 == 0) | (abs(x) < 4) & full,
        "a single line": x != 3,
        "partial Fourier": x > -n_x // 8,
        "partial echo": y > -n_y // 8,
        "both ends": abs(x) < n_x // 3,
        "cropped readout": abs(y) < n_y // 3,
        "interpolated": (abs(y) < n_y // 4) & (abs(x) < n_x // 4),
        "elliptical shutter": (y / (n_y / 2)) ** 2 + (x / (n_x / 2)) ** 2 <= 1,
        "one corner": ~((y < -n_y // 4) & (x < -n_x // 4)),
        "most points": (rng.random(shape) < 0.85) | middle,
        "a quarter of the points": (rng.random(shape) < 0.25) | middle,
        "ellipse of points": ((rng.random(shape) < 0.4) | middle) & ((y / n_y) ** 2 + (x / n_x) ** 2 <= 0.25),
    }


@pytest.mark.parametrize("name", patterns((8, 8)))
@pytest.mark.parametrize("shape", [(64, 48), (141, 109)])
@pytest.mark.parametrize("n_coils", [1, 6])
def test_what_is_missing_is_found_to_the_sample(name, shape, n_coils):
    pattern = patterns(shape)[name]
    assert np.array_equal(found(disc_kspace(n_coils, *shape).numpy() * pattern), pattern)


@pytest.mark.parametrize("n_coils", [1, 6])
def test_a_full_scan_stays_full(n_coils, brain):
    """Also with a dead sample or a few, and with one coil that is silent somewhere."""
    kspace = disc_kspace(n_coils, 64, 48).numpy()
    assert found(kspace).all() and found(real_kspace("phantom_pulseq_16ch.h5")[:n_coils]).all()
    rng = np.random.default_rng(0)
    for n_dead in (1, 5, 25):
        dead = kspace.copy()
        dead.reshape(n_coils, -1)[:, rng.choice(64 * 48, n_dead, replace=False)] = 0
        assert found(dead).all(), n_dead
    if n_coils > 1:
        kspace[0, :, ::2] = 0
        assert found(kspace).all()


def test_dead_samples_in_a_scan_with_skipped_lines_stay_measured():
    pattern = patterns((64, 48))["every third line"]
    kspace = disc_kspace(4, 64, 48).numpy() * pattern
    kspace[:, 31, 24] = 0
    assert np.array_equal(found(kspace), pattern)


@pytest.mark.parametrize("step", [5.0, 1.0, 0.5, 0.33])
@pytest.mark.parametrize("n_coils", [1, 4])
def test_samples_rounded_to_whole_numbers_are_measured(step, n_coils):
    """In steps larger than the noise up to two thirds of a scan are zero, and it was measured all the same."""
    kspace = disc_kspace(n_coils, 64, 48, noise=3e-2).numpy()
    rounded = np.round(kspace / 3e-2 * step)
    assert found(rounded).all()
    lines = patterns((64, 48))["every third line"]
    assert np.array_equal(found(rounded * lines), lines), "whole lines are missing all the same"


def test_a_scan_without_noise_is_full():
    y, x = np.mgrid[-32:32, -24:24]
    for picture in ((y / 20) ** 2 + (x / 15) ** 2 < 1, (abs(y - 3) < 9) & (abs(x + 2) < 11)):
        spectrum = np.fft.fftshift(np.fft.fft2(np.fft.ifftshift(picture)))[None]
        assert found(spectrum).mean() > 0.95
    for n_coils, coils in ((1, "uniform"), (4, "birdcage")):
        s = scan.acquire(patient(7), n_coils=n_coils, coils=coils, size=96)
        assert s.fully_sampled and found(s.kspace).all()


def test_the_mask_of_the_file_counts_too(tmp_path):
    """Not measured is what either says: the dataset `mask`, or zeros in all coils."""
    lines, echo = patterns((64, 48))["every third line"], patterns((64, 48))["partial echo"]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["kspace"], file["mask"] = (disc_kspace(4, 64, 48).numpy() * (lines & echo))[None], lines[0]
    with scan.open_file(tmp_path / "a.h5") as file:
        assert np.array_equal(file.mask[0].numpy(), lines)
        s = file[0]
    assert np.array_equal(s.mask[0].numpy(), lines & echo)


def test_case_04_undersampled_without_mask(tmp_path):
    """Every fourth line and the centre: mask, acceleration and label say so, and the picture is no reference."""
    mask = sampling.equispaced((64, 48), 4, 8)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["kspace"] = (disc_kspace(6, 64, 48) * mask).numpy()[None]
    s = scan.read(tmp_path / "a.h5")
    assert torch.equal(s.mask, mask) and not s.fully_sampled
    assert sampling.true_acceleration(s.mask) == sampling.true_acceleration(mask) == pytest.approx(8 / 3)
    assert s.label.startswith("Your file: a.h5, 38 % measured")
    assert (s.maps.abs().amax(0) > 0).float().mean() > 0.5, "maps come from the 8 central lines"


def test_labels_say_the_share_once_and_never_100(tmp_path):
    kspace = disc_kspace(1, 64, 48)  # one coil: no words on maps in the label
    ends = torch.ones(64, 48)
    ends[0, :] = 0
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["kspace"] = torch.stack([kspace, kspace * ends]).numpy()
        file.attrs["label"] = "Knee"
    with scan.open_file(tmp_path / "a.h5") as file:
        assert [s.label for s in file] == ["Knee", "Knee, 98 % measured"]
        assert [s.fully_sampled for s in file] == [True, False]
    assert scan.read(tmp_path / "a.h5", slice=1, label="mine").label == "mine", "what the reader says stands"
    again = scan.read(scan.write(tmp_path / "b.h5", scan.read(tmp_path / "a.h5", slice=1)))
    assert again.label == "Knee, 98 % measured" and not again.fully_sampled
    nearly = torch.ones(1, 400, 400, dtype=torch.bool)
    nearly[..., 0] = False
    from mrtutor.scan.files import share

    assert share(nearly) == "99 %" and share(torch.arange(1000) < 3) == "1 %"


def test_a_written_picture_is_a_reference_only_of_a_full_scan(tmp_path):
    full = scan.acquire(patient(7), n_coils=2, size=64)
    scan.write(tmp_path / "full.h5", full)
    echo = full.kspace.clone()
    echo[:, :10] = 0
    from dataclasses import replace

    scan.write(tmp_path / "echo.h5", replace(full, kspace=echo))  # the mask says full
    with h5py.File(tmp_path / "full.h5") as a, h5py.File(tmp_path / "echo.h5") as b:
        assert "reconstruction_rss" in a and "reconstruction_rss" not in b and "zero_filled_rss" in b


def test_a_real_scan_without_its_mask_is_found_out(tmp_path):
    """The Poisson-disc brain, 12 % measured, as it would be without the dataset `mask`."""
    with h5py.File(real_file("brain_sigpy_8ch_poisson.h5")) as old, h5py.File(tmp_path / "a.h5", "w") as new:
        new["kspace"], mask = old["kspace"][()], old["mask"][()].astype(bool)
    s = scan.read(tmp_path / "a.h5")
    assert np.array_equal(s.mask[0].numpy(), mask) and s.label.startswith("Your file: a.h5, 12 % measured")
