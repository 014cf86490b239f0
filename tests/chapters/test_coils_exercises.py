"""Chapter 2, exercises for coders: the solutions pass, each wrong answer gets its own message."""

import pytest
import torch
from helpers.chapters import CHAPTERS, solutions, stubs

from mrtutor import checks


def test_solutions_pass_and_stubs_are_told_what_is_missing(capsys):
    found = solutions("02_coils")
    assert (
        checks.check_unfold(found["unfold"])
        and checks.check_calibrate(found["calibrate"])
        and checks.check_price(found["price"])
    )
    assert set(stubs("02_coils")) == {"unfold", "calibrate", "price"}
    capsys.readouterr()
    assert not checks.check_price(lambda p, q: ...)
    assert "not yet written" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong, words",
    [
        (lambda p, q: 1 / (1 - torch.vdot(p, q).abs() ** 2), "variance"),
        (lambda p, q: 1 / (1 - torch.vdot(p, q).abs()).sqrt(), "squared"),
        (lambda p, q: 1 / (1 - (p @ q).abs() ** 2).sqrt(), "Conjugate"),
        (lambda p, q: 1 / (1 - torch.vdot(p, q).real ** 2).sqrt(), "real part"),
        (lambda p, q: torch.vdot(p, q).abs(), "How much noise"),
        (lambda p, q: 2.0, "g is"),
    ],
)
def test_wrong_prices_get_their_message(wrong, words, capsys):
    assert not checks.check_price(wrong)
    assert words in capsys.readouterr().out


def unfold(pixels, maps, R):
    return R * torch.linalg.solve(maps.mH @ maps, maps.mH @ pixels)


@pytest.mark.parametrize(
    "wrong, words",
    [
        (lambda p, S, R: R * torch.linalg.solve(S[:R], p[:R]), "you asked 3 of the 6 elements"),
        (lambda p, S, R: unfold(p[-4:], S[-4:], R), "you asked 4 of the 6 elements"),
        (lambda p, S, R: R * torch.linalg.solve(S.mT @ S, S.mT @ p), "a transpose must be conjugated"),
        (lambda p, S, R: S.mH @ p, "The adjoint alone"),
        (lambda p, S, R: R * S.mH @ p, "The adjoint alone"),
        (lambda p, S, R: R * (S.mH @ p) / S.abs().square().sum(0), "The adjoint alone"),
        (lambda p, S, R: R * S.mT @ p, "the transpose alone"),
        (lambda p, S, R: torch.linalg.lstsq(S, R * p[:, None]), "its `.solution`"),
        (lambda p, S, R: torch.linalg.lstsq(S, R * p[:, None]).solution, "they stand in a column"),
        (lambda p, S, R: torch.full((R,), 5.0), "Hint: "),
    ],
)
def test_wrong_unfolding_gets_its_message(wrong, words, capsys):
    assert not checks.check_unfold(wrong)
    said = capsys.readouterr().out
    assert said.startswith("Not yet. ") and words in said and said.count("\n") == 1


def learned(acs, R, lines=None, sample=2, lay=lambda x: x, lam=0.0):
    """GRAPPA's weights, right or with something else in it."""
    X = checks.windows(acs, R)
    sources = lay(X[..., ::R]).flatten(1)
    targets = torch.cat([X[:, :, sample, line] for line in lines or range(R + 1, 2 * R)], -1)
    gram = sources.mH @ sources
    return torch.linalg.solve(gram + lam * gram.diagonal().real.mean() * torch.eye(len(gram)), sources.mH @ targets)


@pytest.mark.parametrize("lam", [1e-7, 1e-4])
@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"lines": (1, 2)}, "You learned lines 1 … R − 1"),
        ({"lines": (7, 8)}, "You learned lines 2R + 1 … 3R − 1"),
        ({"lines": (5, 4)}, "went into the other gap"),
        ({"lines": (3, 4)}, "the answer as a clue"),
        ({"sample": 1}, "You learned sample 1 of the 5"),
        ({"lay": lambda x: x.permute(0, 3, 2, 1)}, "the order of their sources"),
        ({"lay": lambda x: x.permute(0, 2, 3, 1)}, "the order of their sources"),
        ({"lay": lambda x: x.permute(0, 1, 3, 2)}, "the order of their sources"),
        ({"lay": lambda x: x.flip(-1)}, "the order of their sources"),
    ],
)
def test_wrong_weights_get_their_message(wrong, words, lam, capsys):
    assert checks.check_calibrate(lambda acs, R: learned(acs, R, lam=lam))
    assert not checks.check_calibrate(lambda acs, R: learned(acs, R, **wrong, lam=lam))
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2 and said[1].startswith("Not yet. ") and words in said[1]


def test_weights_without_solution_and_weights_of_nothing(capsys):
    def unfinished(acs, R):
        X = checks.windows(acs, R)
        return torch.linalg.lstsq(X[..., ::R].flatten(1), X[:, :, 2, R + 1])

    assert not checks.check_calibrate(unfinished) and not checks.check_calibrate(lambda a, R: torch.zeros(160, 16))
    said = capsys.readouterr().out.splitlines()
    assert "its `.solution`" in said[0] and "k-space is off by" in said[1] and "Hint: " in said[1]


def test_the_solutions_are_folded_and_not_directly_below():
    text = (CHAPTERS / "02_coils.md").read_text(encoding="utf-8")
    last_check, hidden = text.rindex("checks.check_"), text.index(":::{dropdown} Solutions")
    assert "{code-cell}" in text[last_check:hidden]
