"""The Python side of the widgets: what is packed, what is refused, what a kernel answers, what the book gets."""

import base64
import gzip
import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from helpers.widget_twin import small_scan
from hypothesis import example, given
from hypothesis import strategies as st

from mrtutor import sampling
from mrtutor.fourier import fft2c, ifft2c
from mrtutor.widgets import (
    WIDGET_MIME,
    Choice,
    Click,
    Control,
    Match,
    Number,
    Option,
    Order,
    Place,
    Region,
    Target,
    bars,
    compare,
    esm,
    explore,
    image,
    line,
    page_script,
    paint_kspace,
    predict,
    quiz,
    text,
)
from mrtutor.widgets.explore import states
from mrtutor.widgets.pack import Packer, compress, unpack

HOSTILE = "<img src=x onerror=alert(1)>\"'</script>&"


@pytest.fixture(scope="module")
def scan():
    return small_scan()


@given(st.integers(12, 16), st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40))
@example(12, [0.0, 5.919e-41])  # too small for a whole mantissa
@example(12, [-3e38, 3e38])  # as far apart as float32 cannot say
def test_a_quantised_picture_comes_back_to_half_a_step(bits, values):
    array = np.array(values, np.float32)
    packer = Packer()
    block = packer.quantised(array, bits)
    header, read = unpack(packer.finish({"block": block}))
    step = (float(array.max()) - float(array.min())) / (2**bits - 1)
    assert (
        np.abs(read(header["block"]) - array).max() <= 0.5 * step + 1e-6 * float(np.abs(array).max()) + 1.5e-45
    )  # and half of float32's last digit


@pytest.mark.parametrize("size", [1e-40, 1e-37, 1.0, 1e37])
def test_floats_of_any_size_come_back(size):
    array, packer = np.array([1, -0.3, 0], np.float32) * np.float32(size), Packer()
    header, read = unpack(packer.finish({"block": packer.floats(array)}))
    assert np.abs(read(header["block"]) - array).max() <= 1e-3 * size


def test_complex_numbers_masks_and_bytes_come_back(scan):
    packer, mask = Packer(), torch.rand(5, 7) > 0.5
    header = {
        "k": packer.floats(scan.kspace),
        "m": packer.bits(mask),
        "r": packer.raw(b"abc"),
        "again": packer.bits(mask),
    }
    header, read = unpack(packer.finish(header))
    kspace = read(header["k"])
    assert np.abs(kspace - scan.kspace.numpy()).max() <= 5e-4 * scan.kspace.abs().max()
    bright = scan.kspace.abs() > 1e-6 * scan.kspace.abs().max()
    assert (np.abs(kspace - scan.kspace.numpy()) / scan.kspace.abs().numpy())[
        bright.numpy()
    ].max() < 1e-3  # weak samples too
    assert np.array_equal(read(header["m"]), mask.numpy()) and read(header["r"]) == b"abc"
    assert header["again"]["at"] == header["m"]["at"], "equal blocks are stored once"


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_pictures_are_finite(bad):
    with pytest.raises(ValueError, match="finite"):
        Packer().quantised(np.array([0, bad]))


def test_the_same_widget_is_the_same_text_and_a_large_one_is_refused(scan):
    a, b = (explore(scan, acceleration=[1, 2], alt="x").mime() for _ in range(2))
    assert a == b and a["key"].startswith("explore-")
    with pytest.raises(ValueError, match="3 MB"):
        compress(np.random.default_rng(0).bytes(3_100_000), "this widget")


def test_every_mask_of_the_grid_is_the_packages_own(scan):
    shape = (48, 40)
    grid = dict(
        pattern=["equispaced", "uniform random", "variable density", "Poisson disc", "variable density 2-D"],
        acceleration=[1, 2, 4],
        n_acs=[0, 6],
        seed=[0, 5],
        swap=[False, True],
    )
    header, read = unpack(explore(scan, **grid, alt="masks").payload())
    from mrtutor.widgets.masks import MASK_CONTROLS

    values = {c["name"]: c["values"] for c in header["controls"]}
    every = states({name: values[name] for name in MASK_CONTROLS})
    assert len(every) == len(header["masks"])
    for state, block in zip(every, header["masks"], strict=True):
        size = shape[::-1] if state["swap"] else shape
        try:
            pattern = sampling.PATTERNS[state["pattern"]]
            mask = pattern(size, state["acceleration"], state["n_acs"], torch.Generator().manual_seed(state["seed"]))
        except ValueError as error:
            assert block == str(error)
            continue
        mask = mask.mT if state["swap"] else mask
        bits = read(block)
        whole = bits if bits.ndim == 2 else np.broadcast_to(bits[:, None] if state["swap"] else bits, shape)
        assert np.array_equal(whole, mask[0].numpy()), state


def test_the_grid_of_compare_holds_every_state(scan, monkeypatch):
    monkeypatch.setenv("MRTUTOR_BOOK", "1")

    def function(lam, method):
        picture = ifft2c(fft2c(scan.image) * (1 - lam)) * (1 if method == "a" else 2)
        return {
            "Reference": scan,
            "Image": picture,
            "Error": image(picture - scan.image, "error"),
            "Bars": bars([lam, 1]),
            "Curve": line({"x": np.arange(3) * lam}),
            "Score": {"lam": lam},
            "Says": f"lam {lam}",
        }

    controls = {"lam": [0.0, 0.25, 0.5], "method": ["a", "b"]}
    header, read = unpack(compare(function, controls, reference="Reference", scan=scan, alt="grid").payload())
    assert [state for state, _ in header["grid"]] == states(controls)
    for state, panes in header["grid"]:
        python = function(**state)
        for name in ("Image", "Error"):
            wanted = python[name].abs() if name == "Image" else torch.from_numpy(python[name].data["array"])
            got = read(panes[name]["data"][0])
            assert np.abs(got - wanted.numpy()).max() <= max(float(wanted.max()), 1e-9) / 4000
        assert (
            panes["Score"]["rows"] == [["lam", f"{state['lam']:.4g}"]]
            and panes["Says"]["words"] == f"lam {state['lam']}"
        )
        assert panes["Curve"]["curves"][0]["y"] == [0, state["lam"], 2 * state["lam"]]


def test_live_compare_sends_one_state_then_answers_the_rest(scan):
    seen = []

    def function(n):
        seen.append(n)
        return {"Image": scan.image.abs() * n}

    view = compare(function, {"n": list(range(500))}, alt="live")  # more states than a book may hold
    header, _ = unpack(view.payload(book=False))
    assert [state for state, _ in header["grid"]] == [{"n": 0}] and seen == [0]
    panes, read = unpack(view.answer({"n": 7}))
    assert np.abs(read(panes["panes"]["Image"]["data"][0]) - 7 * scan.image.abs().numpy()).max() < 7e-3
    view.answer({"n": 7})
    assert seen == [0, 7], "a position is computed once"
    with pytest.raises(ValueError, match="positions"):
        view.answer({"n": 500})
    with pytest.raises(ValueError, match="at most 100 states"):
        view.payload(book=True)


def test_the_kernel_answers_and_a_learners_mistake_is_one_line():
    def mine(n):
        return {"Image": torch.ones(4, 4) / (1 if n < 3 else undefined_name)}  # noqa: F821, the learner's mistake

    widget = compare(mine, {"n": [1, 2, 3]}, alt="mine").widget
    sent = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))
    widget._receive(widget, {"type": "ask", "id": 1, "state": {"n": 2}}, [])
    widget._receive(widget, {"type": "ask", "id": 2, "state": {"n": 3}}, [])
    widget._receive(widget, {"type": "something else"}, [])
    assert sent[0][0] == {"type": "answer", "id": 1} and sent[0][1][0].startswith(b"MRT1")
    assert (
        sent[1][0]["error"].startswith("NameError: name 'undefined_name'")
        and "of mine" in sent[1][0]["error"]
        and "\n" not in sent[1][0]["error"]
    )
    assert len(sent) == 2


def test_in_the_book_a_failing_function_stops_the_build_unless_it_may_be_shown():
    def stub(n):
        raise RuntimeError("your turn")

    with pytest.raises(RuntimeError, match="your turn"):
        compare(stub, {"n": [1, 2]}, alt="x").payload(book=True)
    header, _ = unpack(compare(stub, {"n": [1, 2]}, alt="x", errors="show").payload(book=True))
    assert all(panes.startswith("RuntimeError: your turn") for _, panes in header["grid"])


def test_the_book_gets_data_and_no_ipywidgets():
    """A fresh interpreter: displaying every kind of widget in book mode must not even import ipywidgets."""
    program = """
import json, sys
from helpers.widget_twin import small_scan
from mrtutor.widgets import *
scan = small_scan((16, 16), 1)
e = explore(scan, acceleration=[1, 2], alt="an alt")
views = [e, compare({"a": scan}, alt="b"), paint_kspace(scan, alt="c"), predict("q", [Option("a", "b", True)],
  then=e, key="k"), quiz([Number("n", 1)], key="q")]
out = [v._repr_mimebundle_() for v in views]
assert not {"ipywidgets", "anywidget", "matplotlib"} & set(sys.modules), sys.modules.keys()
print(json.dumps(out))
"""
    import os

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=os.environ | {"MRTUTOR_BOOK": "1"},
    )
    assert done.returncode == 0, done.stderr
    for bundle, kind in zip(json.loads(done.stdout), ("explore", "compare", "paint", "predict", "quiz"), strict=True):
        content = bundle[WIDGET_MIME]
        assert (
            content["kind"] == kind
            and set(content) == {"kind", "alt", "html", "key", "data"}
            and bundle["text/plain"] == content["alt"]
        )
        header, _ = unpack(gzip.decompress(base64.b64decode(content["data"])))
        assert header["kind"] == kind


def test_live_shows_an_anywidget_with_the_same_payload(scan, monkeypatch):
    monkeypatch.delenv("MRTUTOR_BOOK", raising=False)
    view = explore(scan, acceleration=[1, 2], alt="x")
    bundle = view._repr_mimebundle_()
    bundle = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "application/vnd.jupyter.widget-view+json" in bundle and WIDGET_MIME not in bundle
    assert view.widget.payload == view.payload() and view.widget._esm is not None


def test_text_of_a_file_stays_text():
    scan = small_scan((16, 16), 1, label=HOSTILE)
    bundle = explore(scan, alt=f"alt {HOSTILE}", key=HOSTILE).mime()
    assert "<img" not in bundle["html"] and "&lt;img" in bundle["html"]
    asked = predict(HOSTILE, [Option(HOSTILE, "x", True)], then=explore(scan, alt="x"), key="k").mime()["html"]
    assert "<img" not in asked and "<script" not in asked
    source = page_script() + esm()
    assert not any(
        danger in source for danger in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(")
    ), "text is only ever set as text"


def test_the_front_end_is_one_source_for_two_hosts():
    assert "export default { render }" in esm() and "import " not in esm().split("const STYLE")[0]
    assert "export " not in page_script() and "window.mrtutorData" in page_script()
    shared = esm().rsplit("// The live widget", 1)[0]
    assert shared.strip() in page_script()
    for foreign in ("http://", "https://"):
        assert all(
            url.startswith("www.w3.org/2000/svg") for url in page_script().replace("\n", " ").split(foreign)[1:]
        ), "nothing is fetched from elsewhere"


BAD = {
    "speed is not a parameter": lambda s: explore(s, acceleration=[1, 2], start={"speed": 2}, alt="x"),
    "acceleration must be one of": lambda s: explore(s, acceleration=[1, 2], start={"acceleration": 3}, alt="x"),
    "panes must be": lambda s: explore(s, panes=("images",), alt="x"),
    "combine must be": lambda s: explore(s, combine="sum", alt="x"),
    "phase=False needs": lambda s: explore(s, phase=[True, False], combine="rss", alt="x"),
    "coils must lie": lambda s: explore(s, coils=[1, 9], combine="rss", alt="x"),
    "pattern must be one of": lambda s: explore(s, pattern=["spiral"], alt="x").payload(),
    "no state of this explorer": lambda s: explore(
        s, pattern="uniform random", acceleration=[8], n_acs=30, alt="x"
    ).payload(),
    "alt must say": lambda s: explore(s, alt=" "),
    "names of acceleration": lambda s: explore(s, acceleration=Control([1, 2], names=["one"]), alt="x"),
    "the values of pattern": lambda s: explore(s, pattern=Control([[1]]), alt="x"),
    "kind must be": lambda s: image(np.ones((3, 3)), kind="colour"),
    "a picture must be": lambda s: image(np.ones((2, 2, 3, 3))),
    "labels must be": lambda s: bars([1, 2], labels=["a"]),
    "x of 'a'": lambda s: line({"a": ([1], [1, 2])}),
    "controls need a function": lambda s: compare({"a": s}, {"n": [1]}, alt="x"),
    "must return a dict": lambda s: compare(lambda n: 3, {"n": [1]}, alt="x").payload(book=True),
    "start must be one state": lambda s: compare(lambda n: {"a": s}, {"n": [1, 2]}, start={"n": 3}, alt="x"),
    "one option of predict": lambda s: predict("q", [Option("a", "b")], then=explore(s, alt="x"), key="k"),
    "predict needs options": lambda s: predict("q", then=explore(s, alt="x"), key="k"),
    "tolerance must lie": lambda s: quiz(
        [Click("q", s, Target("p", [Place(0.5, 0.5)], tolerance=2))], key="k"
    ).payload(),
    "at least one place": lambda s: quiz([Click("q", s, Target("p"))], key="k").payload(),
    "a place must lie": lambda s: quiz([Click("q", s, Target("p", [Place(5, 0.5)]))], key="k").payload(),
    "one option must be right": lambda s: quiz([Choice("q", [Option("a", "b")])], key="k").payload(),
    "pictures must be one": lambda s: quiz([Order("q", ["a", "b"], pictures=[s])], key="k").payload(),
    "names must be one": lambda s: quiz([Match("q", [s], ["a", "b"])], key="k").payload(),
    "quiz needs": lambda s: quiz([], key="k"),
    "tools must be": lambda s: paint_kspace(s, tools=["pen"], alt="x"),
    "start must be 'full'": lambda s: paint_kspace(s, start="half", alt="x"),
}


@pytest.mark.parametrize("words", BAD)
def test_bad_input_is_one_clear_sentence(words, scan):
    with pytest.raises(ValueError) as caught:
        BAD[words](scan)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_quiz_packs_pictures_regions_and_messages(scan):
    region = torch.zeros(48, 40, dtype=torch.bool)
    region[10:20, 5:9] = True
    view = quiz(
        [
            Click("where", scan, Target("p", [Region(region)], wrong=[Place(0.1, 0.1, "no")])),
            Number("n", 36, wrong={32: "a"}),
            Order("o", ["a", "b", "c"], messages={(2, 1, 0): "reversed", ("first", 1): "b first"}),
            Match("m", [scan, scan.image], ["x", "y"], {(0, 1): "swap"}),
            Choice("c", [Option("a", "b", True), Option("c", "d")], picture=scan.image, scan=scan),
        ],
        key="k",
    )
    header, read = unpack(view.payload())
    click, number, order, match, choice = header["items"]
    assert np.array_equal(read(click["target"]["places"][0]["region"]), region.numpy())
    assert (
        number["wrong"] == [[32.0, "a"]]
        and order["messages"] == [[[2, 1, 0], "reversed"], [["first", 1], "b first"]]
        and match["messages"] == [[[0, 1], "swap"]]
    )
    assert (
        choice["picture"]["geometry"]["turn"] == [True, False, False]
        and choice["picture"]["geometry"]["pe"] == "vertical"
    )
    assert text({"a": 1})
