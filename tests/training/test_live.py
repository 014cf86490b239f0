"""The picture of learning: what it shows live, what stays in the book, what its alt text says, and the run in front of
a class.
"""

import base64
from dataclasses import replace

import pytest
import torch
from helpers.networks import example, tiny
from helpers.training import train
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib import pyplot

from mrtutor.networks import MoDL
from mrtutor.scan import Scan
from mrtutor.training import classroom
from mrtutor.training.live import LivePlot
from mrtutor.training.logbook import History
from mrtutor.training.recipe import recipe
from mrtutor.training.stream import examination

LINES = {"Zero-filled": 20.0, "Tuned CS": 30.0}


@pytest.fixture
def notebook(monkeypatch):
    """A shell that receives what is displayed, and no book being built."""
    monkeypatch.delenv("MRTUTOR_BOOK", raising=False)
    pyplot.switch_backend("agg")
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def scan() -> Scan:
    _kspace, mask, maps, image = example()
    everything = torch.ones_like(mask)
    from mrtutor.encoding import encode

    return Scan(
        encode(image, everything, maps),
        everything,
        maps,
        letters=("A", "L", "P", "R"),
        label="Virtual patient 0",
        truth=image,
    )


def history(*psnr: float, every: int = 10) -> History:
    return History(
        [
            {"step": every * (i + 1), "loss": -10.0 - i, "lr": 1e-3, "seconds": 4.0 * (i + 1), "PSNR": value}
            for i, value in enumerate(psnr)
        ]
    )


def plot(steps: int = 40, network=None) -> LivePlot:
    return LivePlot(network or tiny("UnetImage"), steps, scan(), example()[1], LINES)


def test_the_alt_text_says_what_came_out():
    assert plot().words(history(25, 29.5)) == (
        "Step 20 of 40, after 8 s: the loss went from -10 to -11. PSNR on held-out slices is 29.5 dB; it has "
        "not passed Tuned CS (30.0 dB) so far. Zero-filled: 20.0 dB."
    )
    assert plot().words(history(25, 30.5, 29, 31)) == (
        "Step 40 of 40, after 16 s: the loss went from -10 to -13. PSNR on held-out slices is 31.0 dB; "
        "it first passed Tuned CS (30.0 dB) at step 20, after 8 s. Zero-filled: 20.0 dB."
    )


def test_the_moment_of_passing_is_marked():
    fig = plot().figure(history(25, 30.5, 31))
    score = fig.axes[1]
    assert score.get_title() == "Held-out slices: passed after 8 s"
    assert [20] in [list(line.get_xdata()) for line in score.lines] and {
        "below: Zero-filled 20.0",
        "Tuned CS 30.0",
    } == {text.get_text() for text in score.texts}
    before = plot().figure(history(25, 29))
    assert (
        before.axes[1].get_title() == "Held-out slices: PSNR in dB"
        and len(before.axes[1].lines) == len(score.lines) - 2
    )
    pyplot.close("all")


def test_one_slice_changes_beside_its_reference_upright_with_letters():
    network = tiny("UnetImage")
    one = plot(network=network)
    before = one.figure(history(25))
    with torch.no_grad():
        network.unet.last.bias.add_(1.0)
    after = one.figure(history(25))
    pictures = [[ax.images[0].get_array() for ax in fig.axes[2:]] for fig in (before, after)]
    assert not (pictures[0][0] == pictures[1][0]).all() and (pictures[0][1] == pictures[1][1]).all()
    assert [text.get_text() for text in after.axes[3].texts] == ["A", "L", "P", "R"]
    assert after.axes[2].images[0].get_clim() == after.axes[3].images[0].get_clim()
    assert before.axes[2].get_title().startswith("Network, step 10: ") and after.get_facecolor()[:3] == pytest.approx(
        (0.067, 0.082, 0.106), abs=0.01
    )
    pyplot.close("all")


def test_in_a_notebook_one_picture_is_replaced(notebook):
    network = tiny("Cascade")
    with capture_output() as seen:
        _, rows = train(
            steps=4,
            every=2,
            validate=lambda net: {"PSNR": 31.0},
            watch=LivePlot(network, 4, scan(), example()[1], LINES),
        )
    first, second = seen.outputs
    assert first.transient["display_id"] == second.transient["display_id"]
    assert (
        'alt="Step 4 of 4' in second.data["text/html"]
        and "Virtual patient 0 as the network reconstructs it now" in second.data["text/html"]
    )
    assert second.data["text/plain"].startswith("Step 4 of 4") and "at step 2, after" in second.data["text/plain"]
    assert not pyplot.get_fignums() and rows.column("step") == [2, 4]


def test_in_the_book_only_the_last_state_is_drawn(notebook, monkeypatch):
    monkeypatch.setenv("MRTUTOR_BOOK", "1")
    one = plot(steps=30)
    with capture_output() as seen:
        for n in (1, 2, 3):
            one(history(*[25, 29, 30.5][:n]))
    (output,) = seen.outputs
    words = output.metadata["image/png"]
    assert base64.b64decode(output.data["image/png"]).startswith(b"\x89PNG") and words["dark"]
    assert "at step 30, after 12 s" in words["alt"] and words["caption"].endswith("Step 30 of 30, done.")


def test_outside_a_notebook_nothing_is_displayed(capsys):
    plot()(history(25))
    assert capsys.readouterr() == ("", "")


def test_the_network_is_left_in_training():
    network = tiny("UnetImage").train()
    plot(network=network).now()
    assert network.training


def test_a_line_to_pass_is_needed():
    with pytest.raises(ValueError, match="^lines must hold at least one method to pass, got none$"):
        LivePlot(tiny("UnetImage"), 4, scan(), example()[1], {})


# --- in front of a class ---


def test_the_class_trains_on_other_people_than_it_is_tested_on():
    stream = recipe("classroom").examples()
    assert stream.acceleration == (4, 4)
    unseen = classroom.held_out(stream)
    assert (unseen.split, stream.split) == ("val", "train") and unseen.acceleration == stream.acceleration
    full, mask = classroom.slice_to_show()
    assert full.letters == ("A", "L", "P", "R") and full.kspace.shape == (8, *stream.sizes, *stream.sizes)
    assert 1 / float(mask.float().mean()) == pytest.approx(4, rel=0.05)


def test_the_class_sees_a_network_learn(notebook, monkeypatch):
    """Two steps of the real thing, on two held-out slices."""
    monkeypatch.setattr(classroom, "N_HELD_OUT", 2)
    monkeypatch.setattr(classroom, "LAMS", (1e-3,))
    monkeypatch.setattr(classroom, "N_ITERS", (5,))
    monkeypatch.setattr(classroom.os, "cpu_count", lambda: 1)
    with capture_output() as seen:
        network, rows = classroom.train(replace(recipe("classroom"), steps=2), every=1)
    assert isinstance(network, MoDL) and rows.column("step") == [1, 2] and rows.column("PSNR")[1] > 15
    alt = seen.outputs[-1].data["text/plain"]
    assert "Untrained network" in alt and "Tuned CS" in alt and "Zero-filled" in alt
    examination.cache_clear()
