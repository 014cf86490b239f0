"""One line in METHODS adds a method: to every table, menu and picture, whatever it is called and whatever it says."""

import json
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser

import pytest
import torch
from helpers.methods import listed
from torch import nn

from mrtutor import about as abouts
from mrtutor.about import TURNS, YOURS, About, about, families
from mrtutor.encoding import encode_adjoint
from mrtutor.experiments.ladder import claims, curves, far, figures, scenes, sides, tables, words
from mrtutor.experiments.ladder import rungs as ladder
from mrtutor.export import export, why_not
from mrtutor.methods import METHODS
from mrtutor.patients import Lesion, patient
from mrtutor.scan import acquire
from mrtutor.sense import cg_sense
from mrtutor.trace import trace

HOSTILE = "<script>alert(1)</script>"


def mine(kspace, mask, maps):
    """CG-SENSE in five steps.

    And more that no table has room for.
    """
    return cg_sense(kspace, mask, maps, n_iter=5)


def hostile(kspace, mask, maps):
    """<img src=x onerror=alert(2)> & "quotes"."""
    return encode_adjoint(kspace, mask, maps)


class Half(nn.Module):
    """A network of one weight, without the wrapper of the course."""

    def __init__(self):
        super().__init__()
        self.share = nn.Parameter(torch.tensor(0.5))

    def forward(self, kspace, mask, maps):
        return self.share * encode_adjoint(kspace, mask, maps)


NEW = {
    "Mine": mine,
    HOSTILE: hostile,
    "Half": Half(),
    "Silent": lambda kspace, mask, maps: encode_adjoint(kspace, mask, maps),
    "Regular rounds": partial(cg_sense, n_iter=3),
}
OLD = ("Zero-filled", "GRAPPA", "Wavelet CS", "U-Net", "VarNet", "MoDL", "Complex unrolled")


@pytest.fixture(scope="module", autouse=True)
def ladder_with_new_methods():
    """METHODS with new entries at its end; of one of them, words and lines are given in ABOUT."""
    old = {name: METHODS[name] for name in OLD}
    abouts.ABOUT["Regular rounds"] = About(family=TURNS, cost="Few rounds.", lines="equispaced")
    with listed(old | NEW):
        yield
    del abouts.ABOUT["Regular rounds"]


@pytest.fixture(scope="module")
def case():
    """The ladder's slice, coarser: quick."""
    lesions = [Lesion("ms", size_mm=size) for size in ladder.PLAQUES_MM]
    anatomy = patient(ladder.SEED, "FLAIR", size=128, level="ventricles", lesions=lesions, split="test", fill=0.85)
    return acquire(anatomy, n_coils=8, size=96, noise=0.04, seed=1)


class Reader(HTMLParser):
    """The first cell of every row of a table, and every tag."""

    def __init__(self, html: str):
        super().__init__()
        self.rows, self.tags, self._inside = [], set(), False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self._inside = tag == "th" and ("scope", "col") not in attributes

    def handle_data(self, data):
        if self._inside:
            self.rows.append(data)
            self._inside = False


def in_order() -> list[str]:
    """What the first column of a table should hold: each family once, and its methods below it."""
    return [word for family, names in families(METHODS).items() for word in (family, *names)]


def test_words_that_are_not_given_are_sensible():
    assert about("Mine") == About(YOURS, "CG-SENSE in five steps.", "", "variable density")
    assert about("Half").gain == "A network of one weight, without the wrapper of the course."
    assert about("Silent").gain == "No words yet: it has no docstring."
    assert about("Regular rounds").gain.startswith("argmin_x"), "of the function below the partial"
    assert about("Zero-filled").gain != encode_adjoint.__doc__ and about("Tuned CS").lines == "variable density"


def test_a_new_method_stands_under_its_family_wherever_it_comes():
    groups = families(METHODS)
    assert groups[TURNS] == ["VarNet", "MoDL", "Regular rounds"]
    assert list(groups)[-1] == YOURS and groups[YOURS] == ["Mine", HOSTILE, "Half", "Silent"]
    assert groups["Complex numbers inside"] == ["Complex unrolled"]


def test_it_is_given_the_lines_that_it_likes(case):
    regular, irregular = (ladder.lines(name, case, 4) for name in ("GRAPPA", "Wavelet CS"))
    assert torch.equal(ladder.lines("Regular rounds", case, 4), regular)
    assert all(torch.equal(ladder.lines(name, case, 4), irregular) for name in NEW if name != "Regular rounds")
    assert torch.equal(curves.lines("Regular rounds", 4, 2), curves.lines("GRAPPA", 4, 2))


def test_it_stands_in_every_table(case):
    html = tables.costs(case)
    costs, scores = Reader(html), Reader(tables.scores(case))
    assert costs.rows == in_order()
    assert scores.rows == in_order() * 2 * len(scenes.ACCELERATIONS), "each rung, and against the RSS"
    assert not {"script", "img"} & (costs.tags | scores.tags)
    assert "&lt;img src=x onerror=alert(2)&gt; &amp; &quot;quotes&quot;." in html
    assert html.count("<b>Cost:</b>") == len(OLD) + 1 and "<b>Cost:</b> Few rounds." in html
    assert tables.weights("Half") == 1 and tables.weights("Mine") == 0
    chapter = Reader(ladder.table(ladder.rung(["Zero-filled", *NEW], case, 4)))
    assert chapter.rows == ["Zero-filled", *NEW] and "script" not in chapter.tags


def test_it_is_in_the_menu_and_has_a_picture_at_every_rung(case):
    view = scenes.pictures(case, "test-new")
    payload = view.payload(book=True)
    header = json.loads(payload[8 : 8 + int.from_bytes(payload[4:8], "little")])
    menu = header["controls"][0]["values"]
    assert menu == [name for name in METHODS if name != scenes.BESIDE] and set(NEW) <= set(menu)
    kinds = {(state["method"], state["R"]): panes[state["method"]]["kind"] for state, panes in header["grid"]}
    assert all(kinds[name, R] == "image" for name in NEW for R in scenes.ACCELERATIONS)
    assert "<script" not in view.mime()["html"]


def test_the_words_of_the_page_know_it(case):
    assert "scores highest here" in words.of_the_real_brain(case, replace(case, real=True))


def test_it_has_a_curve_once_it_is_measured_and_until_then_the_caption_says_so(tmp_path):
    from matplotlib import pyplot

    before = curves.load()
    assert curves.unmeasured(before) == list(NEW) and "Not measured yet: Mine, " in figures.curves_caption(before)
    new = curves.measure(["Mine", HOSTILE, "Half"], 2, (4, 8))
    measured = before | {"rows": before["rows"] | {name: 4 * rows for name, rows in new["rows"].items()}}
    fig = figures.curves_figure(measured)
    try:
        assert len(fig.axes[0].lines) == len(before["rows"]) + 3
        fig.savefig(tmp_path / "curves.png")
    finally:
        pyplot.close(fig)
    assert curves.unmeasured(measured) == ["Silent", "Regular rounds"]
    merged = curves.merged(before, new)
    assert set(merged["rows"]) == {*OLD, "Tuned CS", "Mine", HOSTILE, "Half"}


def test_the_claims_are_about_the_methods_of_the_review():
    """A method that is neither a network of the course nor listed takes no side, and no claim changes."""
    assert not set(NEW) & {*sides.NETWORKS, *sides.CLASSICAL}
    measured = curves.load()
    better = {name: [{"PSNR": [99.0] * 20, "SSIM": [1.0] * 20}] * 8 for name in NEW}
    trained = json.loads((curves.FILE.parent / "cascades.json").read_text("utf-8"))
    found = claims.findings(measured | {"rows": measured["rows"] | better}, far.load(), trained)
    assert found == claims.findings(measured, far.load(), trained) and set(found) >= {"C08", "C100"}


def test_it_can_be_looked_into_and_exported(tmp_path):
    for package in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package, reason="writing ONNX needs the extra: export")
    generator = torch.Generator().manual_seed(0)
    kspace = torch.randn(2, 16, 16, dtype=torch.complex64, generator=generator)
    data = kspace, torch.ones(1, 16, 16, dtype=torch.bool), torch.ones_like(kspace) / 2**0.5
    assert why_not(HOSTILE) is None and export(METHODS[HOSTILE], tmp_path / "x.onnx", data) < 1e-4
    torch.testing.assert_close(trace(METHODS["Half"], *data).image, METHODS["Half"](*data).detach())
    with pytest.raises(TypeError, match="stages to look at"):
        trace(METHODS["Mine"], *data)
