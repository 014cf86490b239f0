"""What a chapter shows besides widgets, as JupyterLab receives it (the book's side: test_book_extension)."""

import base64

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib import pyplot

from mrtutor.show import glue, in_book, reading_room, show, source


@pytest.fixture(autouse=True)
def notebook(monkeypatch):
    """A live notebook: a shell that receives what is displayed, and no book being built."""
    monkeypatch.delenv("MRTUTOR_BOOK", raising=False)
    pyplot.switch_backend("agg")
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def test_a_figure_comes_with_its_words_and_is_closed():
    fig, _ax = pyplot.subplots()
    with capture_output() as seen:
        show(fig, alt='Two "sharp" heads', caption="R = 2 & more")
    page = seen.outputs[0].data["text/html"]
    assert 'alt="Two &quot;sharp&quot; heads"' in page and "<figcaption>R = 2 &amp; more</figcaption>" in page
    assert seen.outputs[0].data["text/plain"] == 'Two "sharp" heads'
    assert not pyplot.fignum_exists(fig.number)


def test_in_the_book_a_figure_travels_as_an_image_with_its_words(monkeypatch):
    monkeypatch.setenv("MRTUTOR_BOOK", "1")
    assert in_book()
    reading_room()
    fig, _ax = pyplot.subplots(figsize=(4, 3))
    with capture_output() as seen:
        show(fig, alt="A head", caption="Once.")
    png = base64.b64decode(seen.outputs[0].data["image/png"])
    words = seen.outputs[0].metadata["image/png"]
    assert png.startswith(b"\x89PNG")
    assert words == {"alt": "A head", "caption": "Once.", "width": int.from_bytes(png[16:20], "big") // 2, "dark": True}
    pyplot.rcdefaults()


def test_a_figure_without_words_is_refused():
    with pytest.raises(ValueError, match="alt must say in words"):
        show(pyplot.figure(), alt=" ")


def test_glue_shows_nothing_and_carries_the_text():
    with capture_output() as seen:
        glue("share", 0.25)
    assert seen.outputs[0].data == {"application/papermill.record/text/plain": "0.25"}
    assert seen.outputs[0].metadata["scrapbook"] == {"name": "share", "mime_prefix": "application/papermill.record/"}


def test_source_is_folded_and_whole():
    with capture_output() as seen:
        source(in_book, glue)
    page = seen.outputs[0].data["text/html"]
    assert page.startswith("<details") and "mrtutor.show.in_book</code> · <code>mrtutor.show.glue" in page
    assert 'os.environ.get("MRTUTOR_BOOK")' in seen.outputs[0].data["text/plain"]
    assert "style=" in page, "in JupyterLab the colours travel with the code"


BARS = """from mrtutor.show import bar, in_notebook, watch
from mrtutor.training.loop import History
from mrtutor.training.progress import Progress
done = [n for n in watch(range(3), "waiting for three")]
progress = Progress(2)
progress.tick(2)
progress(History([{"step": 2, "loss": 0.5, "lr": 1e-3, "seconds": 1.0}]))
print(in_notebook(), done, flush=True)"""


@pytest.mark.parametrize("book", [False, True])
def test_a_bar_in_a_notebook_is_not_red_and_vanishes_and_the_book_has_none(monkeypatch, book):
    import nbformat
    from nbclient import NotebookClient

    if book:
        monkeypatch.setenv("MRTUTOR_BOOK", "1")
    cell = nbformat.v4.new_code_cell(BARS)
    NotebookClient(nbformat.v4.new_notebook(cells=[cell]), timeout=120, kernel_name="python3").execute()
    assert {output["name"] for output in cell.outputs} == {"stdout"}
    said = "".join(output["text"] for output in cell.outputs)
    assert ("waiting for three" in said) != book
    left = [line.rpartition("\r")[2].strip() for line in said.split("\n")]  # "\r" takes the line back
    assert [line for line in left if line and not line.startswith("step 2 of 2")] == ["True [0, 1, 2]"]


def test_a_bar_in_a_terminal_is_on_stderr(notebook, capfd):
    from mrtutor.show import watch

    list(watch(range(3), "waiting"))
    said = capfd.readouterr()
    assert said.out == "" and "waiting" in said.err
