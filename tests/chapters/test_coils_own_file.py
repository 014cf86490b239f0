"""Chapter 2 on a reader's own file: every size, few elements, and what cannot serve."""

import json
from dataclasses import replace

import h5py
import pytest
import torch
from helpers.chapters import run_with

from mrtutor import coils, fourier, sampling, scan
from mrtutor.encoding import add_noise, complex_normal
from mrtutor.experiments.coils import claims, scenes
from mrtutor.experiments.common import cases
from mrtutor.experiments.common.brain import brain, virtual


def own_file(folder, n_coils, y, x, change=lambda kspace: kspace, **more):
    """An ellipse with two inlays, heard by simulated elements, with noise; `change` is what went wrong with it."""
    rows, columns = torch.meshgrid(
        (torch.arange(y) - y // 2) / (y / 2), (torch.arange(x) - x // 2) / (x / 2), indexing="ij"
    )
    image = torch.zeros(y, x)
    for cy, cx, a, b, grey in ((0, 0, 0.75, 0.6, 1), (0.2, 0.15, 0.15, 0.2, 0.6), (-0.3, -0.1, 0.2, 0.12, -0.4)):
        image += grey * (((rows - cy) / a) ** 2 + ((columns - cx) / b) ** 2 < 1)
    kspace = fourier.fft2c(coils.birdcage_maps((y, x), n_coils) * torch.polar(image, 0.6 * (rows + 0.5 * columns)))
    kspace = change(add_noise(kspace, 1e-3, torch.Generator().manual_seed(0)))
    path = folder / f"{n_coils}_{y}x{x}.h5"
    with h5py.File(path, "w") as file:
        file["kspace"] = kspace.numpy()[None]
        for name, value in more.items():
            file[name] = value
    return path


SIZES = ((640, 320), (640, 368), (640, 322), (641, 322), (141, 109), (128, 128), (64, 640), (48, 50))


@pytest.mark.parametrize("n_coils", [2, 5])
@pytest.mark.parametrize("size", SIZES)
def test_13_chapter2_fastmri_sizes(tmp_path, size, n_coils):
    measured = scan.read(own_file(tmp_path, n_coils, *size), letters=("A", "L", "P", "R"))
    own = cases.prepare(measured)
    assert all(n % 8 == 0 for n in own.image.shape[-2:]) and own.image.shape[-1] <= 128
    assert len(own.maps) == n_coils and float(own.image.abs().max()) <= 1.001
    for kept, whole, n, n_whole in zip(own.voxel_mm, measured.voxel_mm, own.image.shape[-2:], size, strict=True):
        assert kept * n == pytest.approx(whole * n_whole), "the field of view stays what it was"
    assert (own.label, own.letters, own.upright) == (measured.plain_label, measured.letters, measured.upright)
    for one in (own, scenes.swapped(own)):
        found = claims.rim_and_core(one)
        assert found["noisiest"].any() and found["rim_region"].any() and found["most"] >= 1


@pytest.mark.parametrize("n_coils, size", [(2, (320, 184)), (5, (141, 109))])
def test_the_whole_chapter_runs_on_a_readers_file(tmp_path, n_coils, size, capsys, monkeypatch):
    monkeypatch.setenv("MRTUTOR_BOOK", "1")
    measured = scan.read(own_file(tmp_path, n_coils, *size))
    case, shown = run_with("02_coils", measured)
    assert case.label == measured.plain_label == f"Your file: {n_coils}_{size[0]}x{size[1]}.h5"
    four = case.label if n_coils > 3 else brain().label  # four places ask for four elements
    assert ("Four piled places ask for four elements or more" in capsys.readouterr().out) is (n_coils < 4)
    told = [json.dumps(one, ensure_ascii=False) for one in shown]
    assert len(told) == 12
    for i, label in enumerate((case.label, four, case.label, case.label, *[four] * 4)):
        assert label in told[i]
    assert ["Virtual patient" in words.replace(four, "") for words in told].count(True) == 1, "the ladder's alone"


@pytest.mark.parametrize(
    "n_coils, change, words",
    [
        (6, lambda k: k * sampling.equispaced(k.shape[-2:], 4, 24), "measured in full, got 4"),
        (6, lambda k: k * (torch.arange(k.shape[-1]) > 28), "measured in full, got 7"),
        (1, lambda k: k, "2 coils or more, got 1"),
        (6, lambda k: complex_normal(k.shape, torch.Generator().manual_seed(1)), "with a head in it"),
        (6, lambda k: k[:1].expand(k.shape).contiguous(), "hear too little, or all the same"),
        (6, lambda k: k[..., :40, :40].contiguous(), "48 lines and readout samples or more"),
    ],
)
def test_a_file_that_cannot_serve_is_one_sentence_and_the_chapters_own_case(tmp_path, n_coils, change, words, capsys):
    case = scenes.taken(scan.read(own_file(tmp_path, n_coils, 120, 104, change)))
    said = capsys.readouterr().out.replace("Estimating coil maps, a few seconds …\n", "")
    assert words in said and said.count("\n") == 1 and case.label in said
    assert "Your file" not in case.label and claims.can_tell(case, 4)


@pytest.mark.parametrize(
    "change, shape",
    [
        (lambda k: k * ((torch.arange(k.shape[-1]) - 64).abs() < 54), (6, 128, 104)),  # zero-padded ends
        (
            lambda k: k * ((torch.arange(160)[:, None] / 80 - 1) ** 2 + (torch.arange(128) / 64 - 1) ** 2 < 1),
            (6, 112, 88),
        ),
        (lambda k: torch.cat([k[:3], 0 * k[3:4], k[4:]]), (5, 160, 128)),  # a dead element
        (lambda k: 1e-9 * k, (6, 160, 128)),
    ],
)
def test_what_was_stored_but_not_measured_is_left_out(tmp_path, change, shape, capsys):
    case = scenes.taken(scan.read(own_file(tmp_path, 6, 160, 128, change)))
    assert case.kspace.shape == shape and "Your file" in case.label
    assert ("% measured" in case.label) is (shape[-1] < 128)
    assert "own case" not in capsys.readouterr().out


def test_maps_of_a_readers_own_are_estimated_anew(tmp_path):
    path = own_file(tmp_path, 6, 128, 104)
    wild = 5 * coils.birdcage_maps((128, 104), 6)
    own = [scenes.taken(scan.read(path, **options)) for options in ({}, {"maps": "espirit"}, {"maps": wild})]
    assert all(torch.equal(own[0].maps, other.maps) for other in own[1:])


@pytest.mark.parametrize(
    "change",
    [
        lambda c: replace(c, kspace=c.kspace[:1], maps=c.maps[:1]),
        lambda c: c.undersample(sampling.equispaced(c.kspace.shape[-2:], 2)),
    ],
)
def test_a_scan_that_cannot_serve_is_told_so(change):
    with pytest.raises(ValueError, match="fully sampled scan of 2 or more coils"):
        cases.prepare(change(virtual()))
