"""Chapter 0: the duel is what the page says; and the ladder on which every chapter puts its method."""

from dataclasses import replace

import pytest
import torch
from helpers.chapters import header, solutions, stubs

from mrtutor import checks, sampling
from mrtutor.experiments.ladder import rungs as ladder
from mrtutor.experiments.start import claims, figures, scenes


@pytest.fixture(scope="module")
def pair():
    return claims.duel(scenes.case())


def test_three_quarters_of_picture_1_were_never_measured(pair):
    assert int(pair["1"][1].sum()) * 4 == scenes.case().truth.numel() and bool(pair["2"][1].all())
    assert claims.invented(*pair["1"]) > 0.05 and claims.invented(*pair["2"]) == 0
    grey = figures.kspace_picture(*pair["1"])
    assert bool((grey[~pair["1"][1]] == grey[~pair["1"][1]][0]).all()), "what was not measured is covered in one grey"


def test_the_full_scan_is_closer_to_the_true_plaque(pair):
    found = claims.numbers(scenes.case(), pair)
    assert found["1"]["measured"] == 0.25 and found["2"]["measured"] == 1
    assert found["1"]["plaques"] < found["2"]["plaques"] and found["2"]["plaques"] == pytest.approx(1, abs=0.15)


def test_a_scan_without_known_truth_works_too(pair):
    unknown = replace(scenes.case(), truth=None, lesion=None)
    found = claims.numbers(unknown, pair)
    assert "plaques" not in found["1"] and found["2"]["error"] == 0
    assert claims.in_words(unknown, pair)["plaques_1"] == "an unknown part"


def test_what_was_not_measured_is_grey_and_counted():
    """A scan with gaps of its own: both pictures say what was measured of them, and nothing else is used."""
    mask = sampling.equispaced((192, 192), 2)
    half = scenes.case().undersample(mask)
    pair = claims.duel(half)
    assert bool((pair["2"][1] == mask).all()) and not bool((pair["1"][1] & ~mask).any())
    panes = next(panes for state, panes in header(scenes.switch(half, pair))["grid"] if state["measured"])
    assert panes["k-space of 2"]["corner"] == "50% measured" and panes["k-space of 1"]["corner"] == "13% measured"


@pytest.mark.parametrize("name", ["share_measured", "share_supplied", "scan_seconds"])
def test_solutions_pass_and_stubs_do_not(name):
    check = getattr(checks, f"check_{name}")
    assert check(solutions("00_start")[name])
    names: dict = {}
    exec(stubs("00_start")[name], names)
    assert not check(names[name])


@pytest.mark.parametrize(
    "check, wrong, message",
    [
        (
            checks.check_share_supplied,
            lambda k, m: (k.abs() ** 2)[m].sum() / (k.abs() ** 2).sum(),
            "Turn the mask round",
        ),
        (checks.check_share_supplied, lambda k, m: (~m).float().mean(), "counted points"),
        (checks.check_share_supplied, lambda k, m: k.abs()[~m].sum() / k.abs().sum(), "square of the magnitude"),
        (
            checks.check_share_supplied,
            lambda k, m: (k.abs() ** 2)[~m].sum() / (k.abs() ** 2)[m].sum(),
            "Divide by all of it",
        ),
        (checks.check_scan_seconds, lambda lines, tr, train: lines / train * tr, "round up"),
        (checks.check_scan_seconds, lambda lines, tr, train: lines // train * tr, "rounded down"),
        (checks.check_scan_seconds, lambda lines, tr, train: -(-lines // train), "counts the trains"),
        (checks.check_scan_seconds, lambda lines, tr, train: lines * tr, "16 lines, not one"),
    ],
)
def test_each_wrong_answer_gets_its_message(check, wrong, message, capsys):
    assert not check(wrong)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong, message",
    [
        (lambda m: m.numel() / m.sum(), "acceleration factor"),
        (lambda m: (~m).float().mean(), "left out"),
        (lambda m: 100 * m.float().mean(), "percent"),
        (lambda m: m.sum(), "points"),
    ],
)
def test_each_wrong_share_gets_its_message(wrong, message, capsys):
    assert not checks.check_share_measured(wrong)
    assert message in capsys.readouterr().out


# The ladder --------------------------------------------------------------------------------------------------------
def test_the_ladder_is_the_same_slice_every_time():
    case = ladder.case()
    assert (
        case is ladder.case() and case.kspace.shape == (8, 192, 192) and not case.real and int(case.lesion.sum()) > 20
    )
    ladder.case.cache_clear()
    torch.testing.assert_close(ladder.case().kspace, case.kspace, atol=0, rtol=0)


@pytest.mark.parametrize("acceleration", [2, 3, 4])
def test_all_methods_get_as_many_lines(acceleration):
    case = ladder.case()
    masks = [ladder.lines(name, case, acceleration) for name in ("Zero-filled", "GRAPPA", "Wavelet CS", "TV CS")]
    assert len({int(mask.sum()) for mask in masks}) == 1
    assert not torch.equal(masks[0], masks[2]) and torch.equal(masks[0], masks[1])


def test_a_rung_scores_against_the_full_scan():
    case = ladder.case()
    full = ladder.rung(["Zero-filled"], case, 1)["Zero-filled"]
    assert (
        full["NMSE"] < 1e-10
        and full["SSIM"] == pytest.approx(1)
        and full["R"] == 1
        and full["lesion"] == pytest.approx(1)
    )
    rows = ladder.rung(["Zero-filled", "CG-SENSE"], case, 2)
    assert rows["Zero-filled"]["NMSE"] > 2 * rows["CG-SENSE"]["NMSE"], "several coils tell folded places apart"
    assert rows["CG-SENSE"]["R"] == sampling.true_acceleration(ladder.lines("CG-SENSE", case, 2)) < 2
    assert ladder.table(rows).count("<tr>") == 3 and "CG-SENSE" in ladder.table(rows)


def test_lesion_contrast_is_that_of_a_bright_disc():
    y, x = torch.meshgrid(torch.arange(40.0), torch.arange(40.0), indexing="ij")
    disc = (torch.hypot(y - 20, x - 20) < 4)[None]
    assert ladder.lesion_contrast(0.5 + 0.3 * disc.to(torch.complex64), disc) == pytest.approx(0.3, abs=1e-5)
