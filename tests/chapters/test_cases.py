"""A reader's own scan in a chapter: used where it can be, else one sentence and the chapter's own case."""

from dataclasses import replace

import pytest
import torch
from helpers.real import real_kspace

from mrtutor import sampling, scan
from mrtutor.encoding import complex_normal
from mrtutor.experiments.common.cases import measured_share, own_or
from mrtutor.experiments.kspace import slices


def of(kspace: torch.Tensor, mask: torch.Tensor | None = None) -> scan.Scan:
    """A scan that a reader might bring: all stored samples said to be measured, unless a mask is given."""
    full = torch.ones(1, *kspace.shape[-2:], dtype=torch.bool)
    return scan.Scan(kspace, full if mask is None else mask, torch.ones_like(kspace), label="my file", real=True)


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


def test_one_missing_sample_is_not_called_100_percent(capsys):
    kspace = slices.case().kspace.clone()
    kspace[..., 0, 0] = 0
    assert own_or(of(kspace), slices.case) is slices.case()
    assert "99 % measured" in capsys.readouterr().out


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
