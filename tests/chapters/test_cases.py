"""A reader's own scan in a chapter: used where it can be, else one sentence and the chapter's own case."""

import json
from dataclasses import replace

import pytest
import torch
from helpers.chapters import run_with
from helpers.real import real_kspace

from mrtutor import coils, fourier, sampling, scan
from mrtutor.encoding import complex_normal
from mrtutor.experiments.common.cases import measured_share, own_or
from mrtutor.experiments.kspace import slices


def of(kspace: torch.Tensor, mask: torch.Tensor | None = None) -> scan.Scan:
    """A scan that a reader might bring: all stored samples said to be measured, unless a mask is given."""
    full = torch.ones(1, *kspace.shape[-2:], dtype=torch.bool)
    maps = coils.low_resolution_maps(kspace) if len(kspace) > 1 else torch.ones_like(kspace)
    return scan.Scan(kspace, full if mask is None else mask, maps, label="my file", real=True)


def noise(*shape: int) -> torch.Tensor:
    return complex_normal(shape, torch.Generator().manual_seed(4))


@pytest.mark.parametrize("crop", [slice(None), slice(0, 1)])
def test_a_real_scan_is_used_without_a_word(crop, capsys):
    mine = of(real_kspace("brain_pulseq_16ch.h5")[crop])
    assert own_or(mine, slices.case) is mine
    assert capsys.readouterr().out == ""


def test_the_chapters_own_case_is_never_refused(capsys):
    own = slices.case()
    assert own_or(own, slices.case, coils=2) is own and own_or(own, own) is own
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("said", [True, False])
def test_lines_that_are_zero_in_all_coils_were_not_measured(said, capsys):
    """Whether the file's mask says so or not."""
    kspace = slices.case().kspace
    mask = sampling.equispaced(kspace.shape[-2:], 2)
    mine = of(kspace * mask, mask if said else None)
    assert measured_share(mine) == 0.5
    assert own_or(mine, slices.case) is slices.case()
    sentence = capsys.readouterr().out
    assert sentence.count("\n") == 1 and "50 % measured (my file)" in sentence and slices.case().label in sentence
    assert own_or(mine, slices.case, full=False) is mine


def test_a_dead_sample_changes_nothing_and_a_missing_one_is_not_called_100_percent(capsys):
    kspace, mask = slices.case().kspace.clone(), torch.ones(1, 192, 192, dtype=torch.bool)
    kspace[..., 90, 100] = 0
    dead = of(kspace)
    assert own_or(dead, slices.case) is dead and capsys.readouterr().out == "", "as `scan.read` has it"
    mask[..., 90, 100] = False
    assert own_or(of(kspace, mask), slices.case) is slices.case()
    assert "99 % measured" in capsys.readouterr().out


@pytest.mark.parametrize("n_coils", [1, 4])
def test_of_a_zero_padded_scan_the_inner_part_is_used(n_coils, capsys):
    kspace = slices.case().kspace.repeat(n_coils, 1, 1).contiguous()
    kspace[..., :20] = kspace[..., -20:] = 0
    mine = replace(of(kspace), voxel_mm=(1.0, 1.0))
    used = own_or(mine, slices.case)
    assert measured_share(used) == 1 and used.label == "my file" and used.kspace.shape[-1] in range(136, 153)
    assert used.voxel_mm[1] == pytest.approx(192 / used.kspace.shape[-1]), "fewer lines over the same field"
    sentence = capsys.readouterr().out
    assert sentence.count("\n") == 1 and "my file: not all that is stored was measured" in sentence
    assert used.maps.isreal().all() or n_coils > 1, "one coil keeps its phase in the picture"


@pytest.mark.parametrize(
    "kspace, options, words",
    [
        (noise(4, 64, 64), {}, "with a head in it"),
        (noise(1, 141, 109), {}, "with a head in it"),
        (noise(1, 64, 64), {"coils": 2}, "2 coils or more, got 1"),
        (noise(4, 64, 31), {}, "got 64 x 31"),
    ],
)
def test_each_unmet_need_is_one_sentence(kspace, options, words, capsys):
    assert own_or(of(kspace), slices.case, **options) is slices.case()
    sentence = capsys.readouterr().out
    assert words in sentence and sentence.count("\n") == 1


def test_a_scan_without_a_label_is_called_yours(capsys):
    assert own_or(replace(of(noise(1, 64, 64)), label=""), slices.case) is slices.case()
    assert "(your scan)" in capsys.readouterr().out


# Whole chapters, as a learner runs them with another case ------------------------------------------------------------
HEAD_ON = {"00_start": "## Quiz", "01_kspace": "## The ladder, first rung"}  # what comes after has its own slices


def brain(n_y: int, n_x: int, elements: slice) -> scan.Scan:
    """The real brain cut or padded to another field."""
    image = fourier.ifft2c(real_kspace("brain_pulseq_16ch.h5")[elements])
    wide = torch.nn.functional.pad(image, (20, 20, 20, 20))
    top, left = (wide.shape[-2] - n_y) // 2, (wide.shape[-1] - n_x) // 2
    return of(fourier.fft2c(wide[..., top : top + n_y, left : left + n_x]).contiguous())


@pytest.mark.parametrize("stem", list(HEAD_ON))
@pytest.mark.parametrize("size, elements", [((128, 128), slice(None)), ((141, 109), slice(2, 3))])
def test_a_chapter_shows_the_readers_own_scan_under_its_own_name(stem, size, elements, monkeypatch, capsys):
    monkeypatch.setenv("MRTUTOR_BOOK", "1")
    mine = brain(*size, elements)
    used, shown = run_with(stem, mine, HEAD_ON[stem])
    words = json.dumps(shown, ensure_ascii=False)
    assert used is mine and "my file" in words
    assert "Virtual patient" not in words and "FLAIR" not in words
    assert "This chapter needs" not in capsys.readouterr().out


@pytest.mark.parametrize("stem", list(HEAD_ON))
@pytest.mark.parametrize("kind", ["every second line", "no head"])
def test_a_chapter_goes_on_with_its_own_case_after_one_sentence(stem, kind, monkeypatch, capsys):
    monkeypatch.setenv("MRTUTOR_BOOK", "1")
    kspace = real_kspace("brain_pulseq_16ch.h5") * (torch.arange(128) % 2 == 0)
    used, shown = run_with(stem, of(kspace if kind == "every second line" else noise(4, 128, 128)), HEAD_ON[stem])
    assert not used.real and "my file" not in json.dumps(shown)
    sentences = [line for line in capsys.readouterr().out.splitlines() if "my file" in line]
    assert len(sentences) == 1 and "it goes on with its own case: Virtual patient" in sentences[0]
