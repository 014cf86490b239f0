"""Feedback on K5, K6, K8 and K9: every wrong answer has its own message; one that nobody foresaw gets a hint."""

import pytest
import torch
from helpers.chapters import CHAPTERS

from mrtutor.checks import check_hard_dc, check_keep, check_one_round, check_shrink
from mrtutor.encoding import encode, encode_adjoint
from mrtutor.fourier import fft2c, ifft2c
from mrtutor.sparsity import keep_largest, soft_threshold


def hard_dc(image, k, mask, maps):
    return torch.where(mask, k, fft2c(maps * image))


def step(image, k, mask, maps):
    return encode_adjoint(encode(image, mask, maps) - k, mask, maps)


def unmasked(image, k, mask, maps, shrink):
    everywhere = torch.ones_like(mask)
    return shrink(image - encode_adjoint(encode(image, everywhere, maps) - k, everywhere, maps))


def maps_not_conjugated(image, k, mask, maps, shrink):
    return shrink(image - (maps * ifft2c(encode(image, mask, maps) - k)).sum(0, keepdim=True))


def one_too_many(c, share):
    return torch.where(c.abs() >= c.abs().sort(descending=True).values[round(share * len(c))], c, 0)


def chosen(c, share):
    return c[c.abs().topk(round(share * len(c))).indices]


WRONG = [
    (check_shrink, lambda z, lam: torch.sgn(z.real) * (z.real.abs() - lam).clamp_min(0), "Only the real part"),
    (check_shrink, lambda z, lam: z - lam, "off the real part"),
    (check_shrink, lambda z, lam: z.abs() - lam, "and small ones fell below zero"),
    (check_shrink, lambda z, lam: z / (1 + lam), "The same factor for all"),
    (check_shrink, lambda z, lam: z - soft_threshold(z, lam), "what shrinking takes away"),
    (check_shrink, lambda z, lam: z + lam * torch.sgn(z), "larger by lam"),
    (check_shrink, lambda z, lam: soft_threshold(z, lam).conj(), "changed its sign"),
    (check_shrink, lambda z, lam: z * (z.abs() - lam).clamp_min(0), "divided by the old one"),
    (check_shrink, lambda z, lam: z, "Nothing was shrunk"),
    (check_shrink, lambda z, lam: 0 * z, "Nothing is left"),
    (check_keep, lambda c, share: chosen(c, share), "without their places"),
    (check_keep, one_too_many, "One too many"),
    (check_keep, lambda c, share: keep_largest(c, share)[c.abs().argsort(descending=True)], "stay at its place"),
    (check_keep, lambda c, share: keep_largest(c, share) != 0, "Multiply by the coefficients"),
    (check_keep, lambda c, share: c, "Nothing was thrown away"),
    (check_keep, lambda c, share: 0 * c, "Nothing is left"),
    (check_hard_dc, lambda image, k, mask, maps: ~mask * fft2c(maps * image), "The measured lines are empty"),
    (check_hard_dc, lambda image, k, mask, maps: (k + fft2c(maps * image)) / 2, "that is soft"),
    (check_hard_dc, lambda *a: ifft2c(hard_dc(*a)), "Stay in its k-space"),
    (check_hard_dc, lambda image, k, mask, maps: torch.where(mask, k, ifft2c(maps * image)), "inverse transform"),
    (check_hard_dc, lambda image, k, mask, maps: hard_dc(image, k, mask, maps.conj()), "conjugate maps combine"),
    (check_one_round, unmasked, "compare only where the mask is true"),
    (check_one_round, maps_not_conjugated, "conjugate of the maps"),
    (check_one_round, lambda i, k, m, S, shrink: step(i, k, m, S), "the correction alone: subtract"),
    (check_one_round, lambda i, k, m, S, shrink: shrink(step(i, k, m, S)), "the correction alone, and shrunk"),
    (check_one_round, lambda i, k, m, S, shrink: shrink(shrink(i - step(i, k, m, S))), "Shrunk twice"),
    (check_one_round, lambda i, k, m, S, shrink: shrink(i - step(i, k, m, S) / 2), "Half a step"),
    (check_one_round, lambda i, k, m, S, shrink: shrink(i - 2 * step(i, k, m, S)), "Two steps in one"),
    (check_one_round, lambda i, k, m, S, shrink: i, "Nothing happened"),
]
UNFORESEEN = [
    (check_shrink, lambda z, lam: 3.5 * soft_threshold(z, lam), "off by 250 %"),
    (check_keep, lambda c, share: 3.5 * keep_largest(c, share), "off by 250 %"),
    (check_hard_dc, lambda *a: 3.5 * hard_dc(*a), "off by 250 %"),
    (check_one_round, lambda i, k, m, S, shrink: 3.5 * shrink(i - step(i, k, m, S)), "off by 250 %"),
]


@pytest.mark.parametrize(("check", "wrong", "words"), WRONG)
def test_each_wrong_answer_has_its_own_message(check, wrong, words, capsys):
    assert check(wrong) is False
    said = capsys.readouterr().out
    assert said.startswith("Not yet. ") and words in said and said.count("\n") == 1 and "Hint" not in said


@pytest.mark.parametrize(("check", "wrong", "words"), UNFORESEEN)
def test_what_nobody_foresaw_gets_the_distance_a_hint_and_the_way_to_the_solution(check, wrong, words, capsys):
    assert check(wrong) is False
    said = capsys.readouterr().out
    assert words in said and said.index(words) < said.index("Hint: ") < said.index("folded at the end of the chapter")


def test_solutions_are_folded_and_stand_at_no_exercise():
    text = (CHAPTERS / "03_sparsity.md").read_text(encoding="utf-8")
    before, _, after = text.partition(":::{dropdown} Solutions\n")
    assert not before.rstrip().endswith("```") and "check_" not in after
    for name in ("shrink", "keep", "one_round", "hard_dc"):
        assert f"def {name}(" in after and before.count(f"def {name}(") == 1
