"""The page of the ladder: every method has its words, its row and its picture; one that refuses says so."""

import json
from dataclasses import replace
from itertools import chain
from statistics import fmean

import pytest
import torch
from helpers.methods import listed

from mrtutor import metrics
from mrtutor.about import ABOUT, CLASSICAL, LONGEST, families
from mrtutor.experiments.common.references import against_rss
from mrtutor.experiments.ladder import curves, detection, far, figures, scenes, tables, words
from mrtutor.experiments.ladder import rungs as ladder
from mrtutor.experiments.ladder.claims import auc_difference
from mrtutor.methods import METHODS, Trained


def refusing(kspace, mask, maps):
    """Nothing & more."""
    raise ValueError("lines must be <b>regular</b>")


@pytest.fixture
def few():
    """A ladder of five methods, one of which refuses."""
    names = ("Zero-filled", "CG-SENSE", "Wavelet CS", "U-Net")
    with listed({name: METHODS[name] for name in names} | {"Stubborn": refusing}) as methods:
        yield methods


def test_every_method_of_the_course_has_its_words():
    assert set(ABOUT) <= set(METHODS), "words of a method that is gone"
    for said in ABOUT.values():
        assert all(not words or (words.endswith(".") and len(words) < LONGEST) for words in (said.gain, said.cost))


def test_classical_methods_are_those_under_the_first_heading():
    groups = families(METHODS)
    assert next(iter(groups)) == CLASSICAL and sorted(chain(*groups.values())) == sorted(METHODS)
    for family, names in groups.items():
        assert all(isinstance(METHODS[name], Trained) == (family != CLASSICAL) for name in names if name in ABOUT)
    cell = '<tr><th scope="rowgroup" colspan="2" class="family">a &lt; b</th></tr>'
    assert ladder.heading("a < b", 2) == f"</tbody><tbody>{cell}" and ladder.heading("", 2) == ""


def test_the_second_slice_is_the_same_head_without_plaques():
    with_plaques, without = ladder.case("FLAIR"), ladder.case("FLAIR", plaques=False)
    assert not without.lesion.any() and with_plaques.lesion.any()
    away = ~torch.nn.functional.max_pool2d(with_plaques.lesion[None].float(), 31, stride=1, padding=15)[0].bool()
    torch.testing.assert_close(without.image[away].abs(), with_plaques.image[away].abs(), atol=0.02, rtol=0)
    first, second = scenes.slices()[:2]
    assert first.lesion.any() and not second.lesion.any() and first.kspace.shape == second.kspace.shape


def test_a_method_that_refuses_keeps_its_row(few):
    case = ladder.case()
    rows = ladder.rung(few, case, 4)
    assert (
        rows["Stubborn"]["refuses"].startswith("lines")
        and "image" not in rows["Stubborn"]
        and rows["Stubborn"]["R"] > 2
    )
    html = ladder.table(rows)
    assert "refuses: lines must be &lt;b&gt;regular" in html and html.count("<tr>") == 1 + len(few)


def test_every_method_can_be_chosen_at_every_rung(few):
    payload = scenes.pictures(ladder.case(), "test-ladder").payload(book=True)
    header = json.loads(payload[8 : 8 + int.from_bytes(payload[4:8], "little")])
    states = [state for state, _ in header["grid"]]
    assert len(states) == 3 * (len(few) - 1) and {state["method"] for state in states} == set(few) - {"Wavelet CS"}
    for state, panes in header["grid"]:
        assert list(panes) == ["Full scan", "Wavelet CS", state["method"]]
        refused = panes[state["method"]]["kind"] == "text"
        assert refused == (state["method"] == "Stubborn")


def test_the_cut_leaves_no_part_of_the_head_out():
    case = ladder.case()
    region = metrics.foreground(case.image)
    assert (
        region[scenes.around_the_head(case)].sum() == region.sum()
        and region[scenes.around_the_head(case)].numel() < 0.8 * region.numel()
    )


def test_each_plaque_is_marked_in_its_middle_with_its_size():
    case = ladder.case()
    cut = case.lesion[scenes.around_the_head(case)][0]
    marks, areas = scenes.plaques(case), []
    assert [mark.message for mark in marks] == ["10", "7", "5", "4"] and scenes.plaques(
        ladder.case("T2", plaques=False)
    ) == []
    for mark in marks:
        y, x = int(mark.y * cut.shape[0]), int(mark.x * cut.shape[1])
        assert bool(cut[y, x])
        areas.append(int(cut[max(0, y - 7) : y + 8, max(0, x - 7) : x + 8].sum()))
    assert areas == sorted(areas, reverse=True) and len(set(areas)) == 4, (
        "no two are of one size, so that the sizes can be told"
    )


def test_the_words_about_the_real_brain_say_who_wins(monkeypatch):
    first, real = ladder.case(), replace(ladder.case("T2", plaques=False), real=True)
    rows = {
        first: {"A": {"PSNR": 30.0}, "B": {"PSNR": 20.0}},
        real: {"A": {"PSNR": 30.0}, "B": {"PSNR": 31.0}, "C": {"refuses": "no"}},
    }
    monkeypatch.setattr(words, "rungs", lambda case, R: rows[case])
    assert "At R = 4 B scores highest here, A on the first slice" in words.of_the_real_brain(
        first, real
    ) and "C will not take" in words.of_the_real_brain(first, real)
    rows[real] = rows[first]
    assert "A scores highest here as on the first slice" in words.of_the_real_brain(
        first, real
    ) and "will not take" not in words.of_the_real_brain(first, real)
    assert "not when this page was built" in words.of_the_real_brain(first)


def test_what_the_page_says_in_words_was_measured():
    """Sentences without a number of their own: each of these would have to be written anew."""
    measured, seen = curves.load(), far.load()
    psnr, ssim = (curves.by_R(measured, metric) for metric in ("PSNR", "SSIM"))
    mean = lambda scores, name, R: fmean(scores[name][R])
    networks = [name for name, method in METHODS.items() if isinstance(method, Trained) and name != "MoDL"]
    for R in (4, 6, 8):  # "Highest scores here"
        assert all(
            mean(scores, "MoDL", R) > mean(scores, name, R)
            for scores in (psnr, ssim)
            for name in networks
            if R in scores[name]
        )
    assert mean(psnr, "U-Net", 2) < mean(psnr, "Zero-filled", 2) and mean(ssim, "U-Net", 2) > mean(
        ssim, "Zero-filled", 2
    )  # "Two scores, two answers"
    assert mean(psnr, "GRAPPA", 6) < mean(psnr, "Zero-filled", 6) and mean(psnr, "GRAPPA + denoiser", 6) < mean(
        psnr, "Zero-filled", 6
    )
    modl, cs = (far.by_R(seen, name)[8] for name in ("MoDL", far.CS))
    assert fmean(modl["SSIM"]) > fmean(cs["SSIM"])
    difference = auc_difference(modl, cs)  # "no difference that so few patients could show"
    assert difference["low"] < 0 < difference["high"]


def test_scores_hold_all_rungs_and_open_the_first(few):
    html = tables.scores(ladder.case())
    rungs, aside = scenes.ACCELERATIONS, html.count("<details><summary>Against the root sum of squares<")
    assert html.startswith("<details open><summary>R = 4<") and html.count("<details open>") == 1
    assert html.count("<details") == 2 * len(rungs) and aside == len(rungs)
    headings = len(families(few))
    assert html.count('class="family"') == 2 * len(rungs) * headings == 2 * 3 * 3
    assert html.count("<tr>") == 2 * len(rungs) * (1 + len(few) + headings)


def test_a_map_that_shades_the_picture_hides_behind_its_own_reference_but_not_behind_the_rss():
    """All lines, maps at half strength on the left: the method and its reference are wrong alike."""
    case = ladder.case()
    shade = torch.linspace(0.5, 1, case.maps.shape[-1])
    shaded = replace(case, maps=case.maps * shade)
    own, right = ladder.score(shaded.image, shaded), ladder.score(case.image, case)
    assert own["SSIM"] == pytest.approx(1) and right["SSIM"] == pytest.approx(1)
    assert own["RSS PSNR"] < right["RSS PSNR"] - 5 and own["RSS SSIM"] < right["RSS SSIM"]
    assert against_rss(case.rss, case.rss)["RSS SSIM"] == pytest.approx(1)


def test_pictures_are_what_the_image_shows_in_255_greys():
    case = ladder.case()
    steps, step = scenes.greys(case.image, case)
    shown = case.image.abs()[scenes.around_the_head(case)]
    assert steps.dtype == torch.uint8 and int(steps.max()) == scenes.GREYS
    assert float((steps * step - shown).abs().max()) <= float(step) * 0.501


def test_the_lesion_figure_has_a_curve_a_method_and_words_with_numbers():
    from matplotlib import pyplot

    seen = far.load()
    fig = figures.lesion_figure(seen)
    try:
        assert [len(ax.lines) for ax in fig.axes] == [1 + len(seen["rows"])] * 2
        assert [text.get_text() for text in fig.legends[0].get_texts()] == ["full scan", *seen["rows"]]
    finally:
        pyplot.close(fig)
    row = seen["rows"]["MoDL"][0]
    assert f"MoDL {float(detection.auc(row['present'], row['absent'])):.2f} and " in figures.lesion_words(seen)


def test_costs_name_weights_and_time(few):
    html = tables.costs(ladder.case())
    assert html.count("<tr>") == 1 + len(few) + len(families(few)) and html.count(CLASSICAL) == 1
    assert "<td>Nothing &amp; more.</td>" in html
    assert f"{sum(p.numel() for p in METHODS['U-Net'].network.parameters()):,}" in html
    assert tables.weights("Zero-filled") == 0 and tables.milliseconds("Stubborn", ladder.case()) is None
