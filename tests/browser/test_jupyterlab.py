"""A real JupyterLab, started by `mrtutor lab`, driven by Chromium: chapters run, sliders answer, a storm leaves no
queue.
"""

import os
import socket
import subprocess
import sys
import time
from urllib.request import urlopen

import nbformat
import pytest

from mrtutor.lab import prepare
from mrtutor.lab.markdown import MISSING
from mrtutor.lab.notebooks import chapters

STORM = """import time
import numpy as np
from mrtutor.widgets import compare

computed = []

def slow(level):
    computed.append(level)
    time.sleep(0.05)  # a solver
    return {"level": np.full((16, 16), float(level)), "computed": np.full((16, 16), float(len(computed)))}

compare(slow, {"level": list(range(1000))}, alt="A grey square whose value is the level.")"""
BAR = """from mrtutor.show import watch
for _ in watch(range(3), "waiting"): pass"""
MILLISECONDS = 5000


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


@pytest.mark.usefixtures("book_url")
def test_the_numbers_of_the_built_book_are_in_the_notebooks(tmp_path):
    """`make book` brings them to the working copies; that it brings them to its downloads, it sees to itself."""
    assert set(prepare(tmp_path).values()) == {"new"}
    assert not [path.name for path in tmp_path.glob("*.ipynb") if MISSING in path.read_text("utf-8")]


@pytest.fixture(scope="module")
def lab_url(tmp_path_factory):
    """`mrtutor lab` in a folder of its own, with settings of its own; stopped at the end."""
    home, port = tmp_path_factory.mktemp("lab"), free_port()
    mine = home / "mine"
    mine.mkdir()
    for name, code in {"storm": STORM, "broken": "1 / 0", "bar": BAR}.items():
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        nbformat.write(
            nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)], metadata=kernel), mine / f"{name}.ipynb"
        )
    tracker = home / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    tracker.parent.mkdir(parents=True)
    tracker.write_text('{"windowingMode": "none"}')  # every cell in the page, so that the test can look at all of them
    own = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "spaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    own = {key: value for key, value in os.environ.items() if key != "MRTUTOR_BOOK"} | own
    command = [
        sys.executable,
        "-m",
        "mrtutor",
        "lab",
        mine,
        "--no-browser",
        "--port",
        str(port),
        "--",
        "--IdentityProvider.token=reader",
    ]
    with open(home / "log", "wb") as log:
        server = subprocess.Popen(command, env=own, stdout=log, stderr=log)
    try:
        address, said = f"http://127.0.0.1:{port}", lambda: (home / "log").read_text()
        for _ in range(240):
            assert server.poll() is None, f"mrtutor lab stopped: {said()}"
            try:
                urlopen(f"{address}/api").close()
                break
            except OSError:
                time.sleep(0.25)
        else:
            raise TimeoutError(f"JupyterLab did not answer within a minute: {said()}")
        yield address
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def open_notebook(browser, lab_url):
    """open_notebook(name) -> its page, the kernel idle. Requests to other hosts fail the test."""
    pages, foreign = [], []

    def watch(request):
        if not request.url.startswith((lab_url, lab_url.replace("http", "ws"), "data:", "blob:", "attachment:")):
            foreign.append(request.url)

    def go(name: str):
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.on("request", watch)
        pages.append(page)
        page.goto(f"{lab_url}/lab/tree/{name}?token=reader&reset", timeout=90_000)
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=90_000)
        page.get_by_text("| Idle").wait_for(timeout=90_000)
        return page

    yield go
    for page in pages:
        page.close()
    assert not foreign, f"JupyterLab asked other hosts: {foreign}"


def run_all(page, seconds: int) -> None:
    """Run > Run All Cells, then wait until no cell is waiting or running; an error in a cell fails the test."""
    page.locator(".lm-MenuBar-item", has_text="Run").first.click()
    page.locator(".lm-Menu-item", has_text="Run All Cells").first.click()
    page.wait_for_function(
        """() => {
        const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map((e) => e.textContent.trim());
        return prompts.length && !prompts.includes('[*]:') && prompts.some((p) => /\\d/.test(p));
    }""",
        timeout=1000 * seconds,
    )
    page.get_by_text("| Idle").wait_for(timeout=1000 * seconds)
    errors = page.locator('.jp-OutputArea [data-mime-type="application/vnd.jupyter.stderr"]:has(.ansi-red-fg)')
    assert errors.count() == 0, errors.first.inner_text()


def test_an_error_in_a_cell_does_not_pass_unseen(open_notebook):
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        run_all(open_notebook("broken.ipynb"), 60)


def test_a_progress_bar_is_not_red_and_leaves_nothing(open_notebook):
    page = open_notebook("bar.ipynb")
    run_all(page, 60)
    assert [text.strip() for text in page.locator(".jp-OutputArea-output").all_inner_texts()] == [""]
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0


SUMS = """(root) => [...root.querySelectorAll('.mrt-stage')].map((s) => s.mrtPane?.content).filter((c) => c?.data)
    .map((c) => [...c.data].reduce((a, b, i) => a + b * ((i % 251) + 1), 0))"""


def test_chapter_1_runs_and_its_first_free_slider_moves_the_picture(open_notebook):
    page = open_notebook(f"{chapters()[1].stem}.ipynb")
    run_all(page, 240)
    page.locator(".mrt canvas").first.wait_for(timeout=30_000)
    anyway = page.get_by_text("Show me anyway")
    if anyway.count():
        anyway.first.click()
    slider = page.locator('.mrt input[type="range"]:enabled').first
    slider.scroll_into_view_if_needed()
    widget = slider.locator("xpath=ancestor::*[contains(concat(' ', @class, ' '), ' mrt ')][1]")
    before = widget.evaluate(SUMS)
    assert before, "the widget shows no picture data"
    slider.focus()
    page.keyboard.press("ArrowRight")
    for _ in range(100):
        after = widget.evaluate(SUMS)
        if after != before:
            return
        page.wait_for_timeout(100)
    raise AssertionError("ten seconds after the slider moved, no pane had changed")


@pytest.fixture
def storm(open_notebook):
    page = open_notebook("storm.ipynb")
    run_all(page, 60)
    page.locator(".mrt canvas").first.wait_for(timeout=30_000)
    return page


def value(page, pane: str) -> float:
    """The value that a pane of one grey shows, read from its data; NaN unless it is the same everywhere."""
    low, high = page.evaluate(
        """(name) => {
        const data = [...document.querySelector(`[data-pane="${name}"] .mrt-stage`).mrtPane.content.data];
        return [Math.min(...data), Math.max(...data)];
    }""",
        pane,
    )
    return high if high - low < 0.5 else float("nan")


def settles(page, level: float, milliseconds: int) -> float:
    """Milliseconds until the pane shows `level`."""
    start = time.perf_counter()
    while time.perf_counter() - start < milliseconds / 1000:
        if abs(value(page, "level") - level) < 0.5:
            return 1000 * (time.perf_counter() - start)
        page.wait_for_timeout(20)
    raise AssertionError(f"{milliseconds} ms after the move to {level} the pane still shows {value(page, 'level')}")


def test_one_key_is_one_step(storm):
    slider = storm.locator('.mrt input[type="range"]').first
    slider.focus()
    storm.keyboard.press("ArrowRight")
    settles(storm, 1, 5000)
    storm.keyboard.press("End")
    settles(storm, 999, 5000)


def test_keys_of_a_widget_are_not_keys_of_the_notebook(storm):
    """In a notebook, d d deletes a cell, and the arrows leave it."""
    storm.locator(".mrt-stage").first.focus()
    for key in "dd":
        storm.keyboard.press(key)
    storm.keyboard.press("ArrowDown")
    storm.wait_for_timeout(300)
    assert storm.locator(".jp-CodeCell .mrt canvas").count() > 0
    assert storm.evaluate("document.activeElement.matches('.mrt-stage')")


def test_a_thousand_moves_in_five_seconds_end_right_and_leave_no_queue(storm, record_property):
    seconds = storm.evaluate(
        """(milliseconds) => new Promise((done) => {
        const slider = document.querySelector('.mrt input[type="range"]'), start = performance.now();
        let moves = 0;
        const step = () => {
            const due = Math.min(1000, Math.floor((1000 * (performance.now() - start)) / milliseconds));
            for (; moves < due; moves++) {
                slider.value = (moves * 617 + 383) % 1000;
                slider.dispatchEvent(new Event("input", { bubbles: true }));
            }
            if (moves < 1000) setTimeout(step, 1); else done((performance.now() - start) / 1000);
        };
        step();
    })""",
        MILLISECONDS,
    )
    last = (999 * 617 + 383) % 1000
    wait = settles(storm, last, 2000)
    computed = value(storm, "computed")
    assert seconds < 7, "the storm itself was slowed down; nothing is known about the queue"
    assert 5 < computed <= 20 * seconds + 5, (
        f"{computed} states were computed: at 50 ms each more than the time allowed"
    )
    slider = storm.locator('.mrt input[type="range"]').first
    slider.focus()
    storm.keyboard.press("ArrowRight")
    after = settles(storm, last + 1, 1000)
    record_property("storm", {"seconds": seconds, "computed": computed, "last_ms": wait, "next_ms": after})
    print(
        f"1,000 moves in {seconds:.1f} s: {computed:.0f} states computed, final picture {wait:.0f} ms after, "
        f"next move {after:.0f} ms"
    )
