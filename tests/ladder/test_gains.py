"""The stored gains over tuned CS are those of the shipped weights: measured again in part; the page's words fit."""

import copy
from statistics import fmean

import pytest
import torch
from helpers.real import REAL, real_file

from mrtutor import patients, sampling
from mrtutor.coils import combine
from mrtutor.experiments.common import cohort
from mrtutor.experiments.ladder import curves, files, gains
from mrtutor.fourier import ifft2c
from mrtutor.methods import METHODS
from mrtutor.training import recipe, weights
from mrtutor.training.stream import PATTERNS

N_AGAIN = 4


@pytest.fixture(scope="module")
def measured():
    return gains.load()


def test_the_file_is_whole_and_was_made_with_the_shipped_weights(measured):
    assert measured["weights"] == files.digest(METHODS["MoDL"]), (
        "new weights: python -m mrtutor.experiments.ladder.gains"
    )
    assert measured["data"] == patients.data_version() and measured["n"] == 20 and measured["nominal R"] == [4, 6, 8]
    for group in gains.GROUPS:
        for pattern in PATTERNS:
            n = 20 if group == gains.VIRTUAL else 1 if pattern == "equispaced" else 4
            assert [len(row[name]) for row in measured["rows"][group][pattern] for name in ("MoDL", "Tuned CS")] == [
                n
            ] * 6


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize("group", gains.GROUPS)
def test_the_first_cases_come_out_again(group, pattern, at, measured, monkeypatch):
    if group == gains.REAL:
        real_file("brain_pulseq_16ch.h5")
        monkeypatch.setenv("MRTUTOR_DATA", str(REAL))
    row, R = measured["rows"][group][pattern][at], measured["nominal R"][at]
    cases = gains.cases(group, pattern, N_AGAIN)
    masks = gains.lines(cases, pattern, R)
    assert sampling.true_acceleration(masks[0]) == pytest.approx(measured["R"][at], abs=1e-3)
    assert gains.psnr(METHODS["MoDL"], cases, masks) == pytest.approx(row["MoDL"][:N_AGAIN], abs=0.05)
    assert gains.psnr(gains.stored_cs(row), cases, masks) == pytest.approx(row["Tuned CS"][:N_AGAIN], abs=0.05)


def test_tuning_alone_gives_the_stored_dials(measured):
    cases = cohort.patients(curves.N_TUNING)
    found = gains.row(gains.VIRTUAL, "variable density", 4, curves.N_TUNING)
    row = measured["rows"][gains.VIRTUAL]["variable density"][0]
    best = sum(row["Tuned CS"][: len(cases)]) / len(cases)
    assert sum(found["Tuned CS"]) / len(cases) == pytest.approx(best, abs=0.02)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_without_noise_the_brain_comes_out_again(pattern, measured, monkeypatch):
    real_file("brain_pulseq_16ch.h5")
    monkeypatch.setenv("MRTUTOR_DATA", str(REAL))
    assert gains.determined(pattern, 4) == pytest.approx(measured["without noise"][pattern][0], abs=0.5)


def test_a_head_without_noise_has_the_same_target():
    case = cohort.person(0)
    assert torch.allclose(
        combine(ifft2c(gains.without_noise(case).kspace), case.maps),
        case.target * case.maps.abs().square().sum(0),
        atol=1e-5,
    )


def test_what_the_page_says_in_words(measured):
    gain = {
        group: {pattern: [gains.gain(row)[0] for row in rows] for pattern, rows in patterns.items()}
        for group, patterns in measured["rows"].items()
    }
    virtual, real = gain[gains.VIRTUAL], gain[gains.REAL]
    assert all(
        a > c and b > c for a, b, c in zip(*(virtual[pattern] for pattern in PATTERNS), strict=True)
    )  # "there the network wins most"
    assert all(
        r < v for pattern in PATTERNS for r, v in zip(real[pattern], virtual[pattern], strict=True)
    )  # "all gains are smaller"
    assert max(real["equispaced"]) < 0.55  # "at most half a decibel is left"
    regular, random, dense = (fmean(measured["without noise"][pattern][0]) for pattern in PATTERNS)
    noisy = measured["rows"][gains.REAL]["equispaced"][0]["Tuned CS"][0]
    assert regular > 80 and noisy < 36 and random < 36 and dense < 33  # "undo the folding completely", "stay open"
    plan = recipe.recipe("modl")
    assert (plan.steps, plan.restart_steps(), plan.stream) == (60_000, (20_000, 40_000), {"leaves": [0.5, 40_000]})
    assert weights.header("modl")["scores"]["PSNR new people"] == pytest.approx(
        23.78, abs=0.01
    )  # the last of the three in the recipe


def test_a_gain_is_the_mean_difference_with_its_interval():
    row = {"MoDL": [31.0, 33.0], "Tuned CS": [30.0, 30.0]}
    assert gains.gain(row) == cohort.paired([31.0, 33.0], [30.0, 30.0]) and gains.gain(row)[0] == pytest.approx(2)
    assert gains.gain({"MoDL": [30.5], "Tuned CS": [30.0]}) == (0.5, None)


def test_the_table_has_a_row_a_pattern(measured):
    changed = copy.deepcopy(measured)
    changed["rows"][gains.REAL]["equispaced"][0] |= {"MoDL": [30.25], "Tuned CS": [33.0]}
    html = gains.table(changed)
    assert (
        html.count("<tr>") == 2 + len(PATTERNS) and html.count("<td>") == 6 * len(PATTERNS) and "<td>-2.8</td>" in html
    )
    assert html.count("<br>±") == 3 * 3 + 2 * 3, "one draw has no interval"


def test_without_the_brain_one_sentence_says_so(monkeypatch):
    monkeypatch.setattr(cohort, "real_brain", lambda: None)
    with pytest.raises(ValueError, match="^the real brain must be here to be measured: mrtutor fetch --all brings it$"):
        gains.cases(gains.REAL, "equispaced")
