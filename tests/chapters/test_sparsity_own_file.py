"""Chapter 3 on a reader's own file: it runs with the dots drawn in, or says in one sentence why not and goes on."""

import json
from dataclasses import replace

import pytest
import torch
from helpers.chapters import run_with
from helpers.real import real_file

from mrtutor import sampling, scan
from mrtutor.coils import birdcage_maps
from mrtutor.encoding import complex_normal
from mrtutor.experiments.sparsity import claims, dots, patterns, scenes
from mrtutor.fourier import fft2c, ifft2c
from mrtutor.patients import patient
from mrtutor.scan import Scan, acquire

NAMES = ["4 mm", "5 mm, faint", "6 mm", "8 mm", "12 mm, faint"]
OTHERS = (
    "plain",
    "real",
    "never",
    "far",
    "rungs",
    "mrcp",
)  # cells on the chapter's own slices, whatever the reader has


@pytest.fixture(scope="module")
def head():
    return acquire(patient(4, contrast="PD", split="test"), n_coils=4, size=256, noise=0.01)


def sized(head, y, x, voxel_mm=(1.0, 1.0)):
    """The head's picture cut or padded to a field of y x x, as a file would bring it."""
    picture = torch.zeros(4, y, x, dtype=torch.complex64)
    high, wide = min(y, 256), min(x, 256)
    picture[:, (y - high) // 2 : (y + high) // 2, (x - wide) // 2 : (x + wide) // 2] = ifft2c(head.kspace)[
        :, (256 - high) // 2 : (256 + high) // 2, (256 - wide) // 2 : (256 + wide) // 2
    ]
    noise = 0.002 * complex_normal((4, y, x), torch.Generator().manual_seed(0))
    return Scan(fft2c(picture) + noise, torch.ones(1, y, x, dtype=torch.bool), birdcage_maps((y, x), 4), voxel_mm)


def no_head(kspace):
    return Scan(kspace, torch.ones(1, *kspace.shape[-2:], dtype=torch.bool), birdcage_maps(kspace.shape[-2:], 4))


def test_the_cells_run_on_an_odd_file_and_name_it(tmp_path, head, capsys, monkeypatch):
    monkeypatch.setenv("MRTUTOR_BOOK", "1")
    coarse = acquire(patient(4, contrast="PD", split="test"), n_coils=3, size=(77, 109), noise=0.01)
    own = scan.read(scan.write(tmp_path / "mine.h5", replace(coarse, label="Knee, mine")))
    case, shown = run_with("03_sparsity", own, without=OTHERS)
    assert [dot.name for dot in dots.dots(case)] == NAMES and case.label == own.plain_label and case.voxel_known
    assert [told["kind"] for told in shown] == ["predict", *["compare"] * 4, "quiz", "quiz"]
    widgets = [told.get("shown", told) for told in shown]
    about = f"{own.plain_label}, 3 coils"
    for key, begins in ((0, about), (2, about), (3, about), (4, f"{own.plain_label}, one uniform coil")):
        assert widgets[key]["caption"].startswith(begins)
        assert widgets[key]["geometry"]["label"] == own.plain_label
    assert "Virtual patient 11" not in json.dumps(shown) and "goes on" not in capsys.readouterr().out


SIZES = [(141, 109, (1.8, 2.3)), (640, 322, (0.7, 0.7)), (641, 322, (0.7, 0.7)), (256, 256, (1.0, 1.0))]


@pytest.mark.parametrize(("y", "x", "voxel"), SIZES)
def test_sizes(head, y, x, voxel, capsys):
    own = dots.taken(sized(head, y, x, voxel))
    five = dots.dots(own)
    assert own is not dots.case() and capsys.readouterr().out == "" and own.image.shape[-1] <= 192
    assert [dot.name for dot in five] == NAMES
    loud = [dot.contrast for dot in five]
    assert max(loud[1], loud[4]) < 0.7 * min(loud[0], loud[2], loud[3]), "the faint ones are faint"
    counts = [int(dot.mask.sum()) for dot in five]
    assert counts == sorted(set(counts)), "no two dots have one size"
    kept = {share: claims.few_numbers(own.image, share) for share in (0.2, 0.1, 0.05, 0.02, 0.01)}
    remains = dots.left(kept[claims.first_lost(kept, five)], five)
    assert remains["5 mm, faint"] < 0.6, "what the gate says holds here too"
    masks = patterns.equal_budget(own.image.shape[-2:])
    assert len({int(mask.sum()) for mask in masks.values()}) == 1
    assert all(patterns.spread(mask, 1)[1] <= 1.01 for mask in masks.values())
    assert 5.5 < sampling.true_acceleration(patterns.points(own)) < 6.5


@pytest.mark.parametrize(
    "name", ["brain_pulseq_16ch.h5", "brain_pulseq_bodycoil_2ch.h5", "phantom_twixtools_gre_2ch.h5"]
)
def test_real_files_get_the_dots(name, capsys):
    own = dots.taken(scan.read(real_file(name)))
    assert own.real and [dot.name for dot in dots.dots(own)] == NAMES and capsys.readouterr().out == ""
    assert scenes.about(own) == f"{own.label}, {len(own.kspace)} coils"


def test_zero_padded_ends_are_left_out_and_that_is_said(head, capsys):
    inside = torch.zeros_like(head.mask)
    inside[:, 20:-20, 20:-20] = True
    own = dots.taken(replace(head, kspace=head.kspace * inside))
    assert own is not dots.case() and bool((own.kspace != 0).any(0).all()) and len(dots.dots(own)) == 5
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "this chapter uses the inner" in said


def point(kspace):
    kspace[:, 48, 48] = 1
    return kspace


SAID = {
    "undersampled": (lambda head: head.undersample(sampling.equispaced((256, 256), 4, 24)), "a scan measured in full"),
    "one coil": (lambda head: acquire(patient(4, split="test"), n_coils=1, size=128), "2 coils or more, got 1"),
    "tiny": (lambda head: sized(head, 40, 40), "48 lines"),
    "noise": (lambda head: no_head(complex_normal((4, 96, 96), torch.Generator().manual_seed(0))), "head in it"),
    "nothing": (lambda head: no_head(torch.zeros(4, 96, 96, dtype=torch.complex64)), "got 0 % measured"),
    "one point": (lambda head: no_head(point(torch.zeros(4, 96, 96, dtype=torch.complex64))), "% measured"),
    "flat": (
        lambda head: no_head(point(0.01 * complex_normal((4, 96, 96), torch.Generator().manual_seed(0)))),
        "",
    ),
    "a head of 20 mm": (lambda head: sized(head, 256, 256, (0.1, 0.1)), "no five calm places"),
    "pixels of 9 mm": (lambda head: sized(head, 256, 256, (9.0, 9.0)), ""),
}


@pytest.mark.parametrize("name", SAID)
def test_what_cannot_serve_is_one_sentence_and_the_chapter_goes_on(name, head, capsys):
    make, words = SAID[name]
    own = dots.taken(make(head))
    said = capsys.readouterr().out
    if own is dots.case():
        assert words in said and said.count("\n") == 1 and "its own case: Virtual patient 11, T2-like." in said
    else:
        assert words == "" and said == "" and len(dots.dots(own)) == 5


def test_the_poisson_brain_is_one_sentence(capsys):
    assert dots.taken(scan.read(real_file("brain_sigpy_8ch_poisson.h5"))) is dots.case()
    assert capsys.readouterr().out.count("measured in full, got 12 % measured") == 1


def test_a_voxel_that_no_file_knows_is_said(head):
    assert scenes.diameter(head) == "diameter in mm"
    assert "1 mm a pixel is assumed" in scenes.diameter(replace(head, voxel_known=False))


def test_a_scan_whose_lesion_is_not_five_dots_is_refused(head):
    with pytest.raises(ValueError, match="lesion must mark 5 dots, got 0"):
        dots.dots(replace(head, lesion=torch.zeros_like(head.mask)))
