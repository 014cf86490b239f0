"""The claims registry: complete, honest about failures, safe to show."""

import json
import math
import subprocess
import sys

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient

from mrtutor.claims import CLAIMS, MIME, record
from mrtutor.claims.registry import Part

GATES = {"A", "B", "C", "-", "A/B", "B / C", "B/A", "A/C", "A (SENSE) / C (GRAPPA)"}


def test_all_104_claims_are_there_in_order():
    assert list(CLAIMS) == [f"C{n:02d}" for n in range(1, 105)]


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=lambda claim: claim.id)
def test_each_claim_is_complete(claim):
    assert claim.quote and claim.section and claim.experiment
    assert claim.chapters and set(claim.chapters) <= set(range(1, 17))
    assert claim.gate in GATES and claim.strictest in {"A", "B", "C", "-"}
    assert claim.gate == "-" or claim.expected
    assert len(claim.quote.split()) <= 20
    letters = {letter for letter in claim.gate.split("(")[0].replace("/", " ").split()}
    assert not claim.parts or letters <= {part.gate for part in claim.parts.values()}
    loose = not claim.expect or any(not part.expect for part in claim.parts.values())
    assert claim.note or not loose, "where the review is loose, say so"


def test_gate_counts_of_the_spec():
    counts = {letter: sum(claim.strictest == letter for claim in CLAIMS.values()) for letter in "ABC-"}
    assert counts == {"A": 26, "B": 45, "C": 30, "-": 3}


@pytest.mark.parametrize(
    ("id", "holds", "verdict", "red"),
    [
        ("C01", True, "held", False),
        ("C01", False, "did not hold", True),
        ("C01", None, "depends", True),  # A
        ("C10", True, "held", False),
        ("C10", False, "did not hold", True),
        ("C10", None, "depends", False),  # B
        ("C07", True, "held", False),
        ("C07", False, "did not hold", False),
        ("C07", None, "depends", False),  # C
        ("C93", None, "depends", False),
        ("C41", False, "did not hold", True),
        ("C64", False, "did not hold", False),
        ("C64", True, "held", True),  # the review is wrong there: a yes would be an error of ours
        ("C06", {"blurring": True, "ringing": False}, "depends", False),
        ("C06", {"blurring": False, "ringing": True}, "depends", True),
        ("C03", {"without calibration lines": True, "with calibration lines": False}, "depends", False),
        ("C03", {"without calibration lines": False, "with calibration lines": False}, "did not hold", True),
        ("C03", None, "depends", False),
    ],
)
def test_verdict_and_red(id, holds, verdict, red):
    result = record(id, holds, "We found 3.")
    assert (result["verdict"], result["red"]) == (verdict, red)


def test_a_part_has_its_own_gate():
    assert record("C04", False, "SENSE lost 3 dB.", part="SENSE")["red"]
    grappa = record("C04", False, "GRAPPA lost 3 dB.", part="GRAPPA")
    assert not grappa["red"] and grappa["gate"] == "C" and grappa["parts"] == {"GRAPPA": False}
    assert record("C04", False, "Both.")["red"], "without a part the strictest gate counts"


@pytest.mark.parametrize("holds", [np.bool_(True), torch.tensor(True), torch.tensor(1.0) < 2, True])
def test_a_comparison_is_a_yes(holds):
    assert record("C01", holds, "Copies at W/R.")["holds"] is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"id": "C105"}, "C01 to C104"),
        ({"id": "c01"}, "C01 to C104"),
        ({"holds": "yes"}, "True, False or None"),
        ({"holds": 1}, "True, False or None"),
        ({"measured": "  "}, "one sentence"),
        ({"measured": None}, "one sentence"),
        ({"part": "SENSE"}, "no parts"),
        ({"holds": {}}, "True, False or None"),
        ({"id": "C04", "part": "sense"}, "SENSE"),
        ({"id": "C19", "holds": True}, "convolutional network"),
        ({"numbers": [1, 2]}, "one number"),
        ({"numbers": torch.ones(2)}, "one number"),
    ],
)
def test_wrong_use_is_one_sentence(arguments, words):
    with pytest.raises(ValueError, match=words):
        record(**({"id": "C01", "holds": True, "measured": "Found."} | arguments))


def test_the_record_is_json_whatever_the_numbers():
    result = record("C01", True, "Found.", peak=torch.tensor(0.25), lines=np.int64(32), best=math.inf, where="x")
    assert json.loads(json.dumps(result, allow_nan=False))["values"] == {
        "peak": 0.25,
        "lines": 32.0,
        "best": "inf",
        "where": "x",
    }


def test_shown_once_under_our_mime_type_and_escaped():
    cell = nbformat.v4.new_code_cell(
        "from mrtutor.claims import record\nrecord('C01', False, '<script>alert(1)</script>', where='<b>')"
    )
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    (output,) = notebook.cells[0].outputs  # once, although it is the cell's last value
    shown = output.data
    assert set(shown) == {MIME, "text/html", "text/plain"}
    assert shown[MIME]["red"] is True and shown[MIME]["measured"] == "<script>alert(1)</script>"
    assert (
        "<script" not in shown["text/html"]
        and "&lt;script&gt;" in shown["text/html"]
        and "<details" in shown["text/html"]
    )


def test_without_a_notebook_nothing_is_shown(capsys):
    record("C01", True, "Found.")
    assert capsys.readouterr().out == ""
    loaded = (
        "import sys; import mrtutor.claims; mrtutor.claims.record('C01', True, 'x'); sys.exit('IPython' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", loaded], timeout=120).returncode == 0


def test_part_gates_in_words():
    assert Part("A").red(False) and Part("B").red(False) and not Part("C").red(False) and not Part("-").red(False)
    assert Part("A", expect=False).red(True) and not Part("A", expect=False).red(False)
