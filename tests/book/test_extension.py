"""The book's extension, on small books that are really built: what reaches a page, what turns the build red."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("jupyter_book", reason="building a book needs the extra: book")
ROOT = Path(__file__).parents[2]
HEAD = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---
# %s

"""
GOOD = (
    HEAD % "Good"
    + """
The {term}`wrap` is {glue:text}`share` of the field.

```{code-cell} ipython3
:tags: [remove-input]
import base64, gzip, os
import matplotlib.pyplot as plt
from IPython.display import display
from mrtutor.claims import record
from mrtutor.show import glue, in_book, reading_room, show, source
assert in_book()
data = base64.b64encode(gzip.compress(b"payload", mtime=0)).decode()
display({"application/vnd.mrtutor.widget+json": {"kind": "explore", "alt": 'a "quoted" <alt>', "html": "<p>words</p>",
         "key": "ch1-gate", "data": data}, "text/plain": "live"}, raw=True)
reading_room()
fig, ax = plt.subplots()
ax.plot([0, 1])
show(fig, alt="A line that rises", caption="From 0 to 1.")
glue("share", "92 %")
record("C01", True, "Copies at W/2 & <nowhere> else.")
record("C01", True, "Copies at W/3.")
source(glue)
```

## A picture

Seen by all.

{.coder}
## An exercise

```{code-cell} ipython3
print(6 * 7)
```

## After it

Seen by all again.
"""
)
RED = (
    HEAD % "Red"
    + """
```{code-cell} ipython3
from mrtutor.claims import record
record("C02", False, "It folded all the same.")
```
"""
)
CONTROL = (
    HEAD % "Control"
    + """
```{code-cell} ipython3
import ipywidgets
ipywidgets.IntSlider()
```
"""
)
BROKEN = (
    HEAD % "Broken"
    + """
```{code-cell} ipython3
1 / 0
```
"""
)
GLOSSARY = """# Words

```{glossary}
wrap
  Tissue from outside the field of view folds back in.
```
"""


def make_book(folder: Path, **chapters: str) -> Path:
    """A book with our configuration and extension, and these chapters."""
    ignore = shutil.ignore_patterns("_build", "mathjax", "__pycache__", "*.md", "*.bib", "_toc.yml")
    shutil.copytree(ROOT / "book", folder / "book", ignore=ignore)
    for name in ("chapters", "mrtutor"):
        (folder / name).mkdir()
    (folder / "book" / "references.bib").write_text("")
    (folder / "book" / "index.md").write_text("# Home\n\nText.\n")
    (folder / "book" / "glossary.md").write_text(GLOSSARY)
    shutil.copy(ROOT / "book" / "scorecard.md", folder / "book")
    files = ["book/scorecard", "book/glossary", *(f"chapters/{name}" for name in chapters)]
    listed = "".join(f"  - file: {name}\n" for name in files)
    (folder / "book" / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n" + listed)
    for name, text in chapters.items():
        (folder / "chapters" / f"{name}.md").write_text(text)
    return folder


def build(folder: Path, **environment: str) -> tuple[int, str]:
    """Build as `make book` does; the exit status and everything that was printed."""
    run = "import sys; from jupyter_book.cli.main import main; main()"
    arguments = [
        "build",
        ".",
        "--config",
        "book/_config.yml",
        "--toc",
        "book/_toc.yml",
        "--path-output",
        "book",
        "-W",
        "-n",
        "--keep-going",
    ]
    done = subprocess.run(
        [sys.executable, "-c", run, *arguments],
        cwd=folder,
        text=True,
        capture_output=True,
        timeout=300,
        env=os.environ | {"PYTHONPATH": str(ROOT), "MRTUTOR_REPOSITORY": ""} | environment,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    """A book that stands, built twice: the second time from what was kept."""
    folder = make_book(tmp_path_factory.mktemp("good"), good=GOOD)
    status, said = build(folder)
    assert status == 0, said
    assert "Executed notebook" in said
    shutil.rmtree(folder / "book/_build/.doctrees")
    shutil.rmtree(folder / "book/_build/html")
    status, said = build(folder, MRTUTOR_REPOSITORY="someone/mrtutor")
    assert status == 0, said
    assert "Executed notebook" not in said and "Using cached notebook" in said
    return folder / "book/_build/html"


@pytest.fixture(scope="module")
def page(good) -> str:
    return (good / "chapters/good.html").read_text()


def test_a_widget_has_its_place_and_its_data_file(good, page):
    place = re.search(r'<div class="mrtutor mrtutor-explore"[^>]*>', page)[0]
    name = re.search(r'data-id="([0-9a-f]{16})"', place)[1]
    assert f'data-src="../_static/w/{name}.js"' in place and 'data-key="ch1-gate"' in place
    assert 'role="group"' in place and 'aria-label="a &quot;quoted&quot; &lt;alt&gt;"' in place
    assert "<p>words</p></div>" in page
    script = (good / f"_static/w/{name}.js").read_text()
    assert re.fullmatch(rf'window\.mrtutorData\("{name}", "[A-Za-z0-9+/=]+"\);\n', script)
    assert [f.name for f in (good / "_static/w").iterdir()] == [f"{name}.js"]
    assert 'src="../_static/mrhost.js' in page and "mrtutorData" in (good / "_static/mrhost.js").read_text()


def test_a_picture_keeps_its_alt_text_and_its_caption(page):
    image = re.search(r'<img[^>]*alt="A line that rises"[^>]*>', page)[0]
    assert "dark-light" in image and 'loading="lazy"' in image
    assert re.search(r"<figcaption>\s*<p>.*From 0 to 1\.", page, re.DOTALL)
    assert "Fig. 1" not in page


def test_numbers_code_and_words(page):
    assert "92 %" in page
    assert re.search(
        r'<details class="code-source"><summary>The code: <code>mrtutor.show.glue</code></summary><div '
        r'class="highlight">',
        page,
    )
    word = re.search(r"<a [^>]*glossary-word[^>]*>", page)[0]
    assert 'title="Tissue from outside the field of view folds back in."' in word


def test_the_coding_track_is_folded_below_its_heading(page):
    folded = re.search(r'<h2>An exercise.*?</h2>\s*<details class="coder">.*?</details>\s*</section>', page, re.DOTALL)[
        0
    ]
    assert "42" in folded and "Seen by all" not in folded


def test_claims_are_folded_linked_and_escaped(page):
    assert re.findall(r'<details class="mr-claim" id="([^"]+)"', page) == ["claim-C01", "claim-C01-2"]
    assert "Copies at W/2 &amp; &lt;nowhere&gt; else." in page
    assert 'href="../book/scorecard.html#C01"' in page


def test_the_scorecard_holds_all_claims(good):
    table = (good / "book/scorecard.html").read_text()
    assert re.findall(r'<tr id="(C\d+)">', table) == [f"C{n:02}" for n in range(1, 105)]
    assert "Of 104 claims: 1 held, 0 depend, 0 did not hold, 103 not yet run." in table
    assert 'href="../chapters/good.html#claim-C01-2"' in table
    assert table.count("not yet run</span>") == 103


def test_no_thebe_and_no_other_host(good):
    for path in good.rglob("*.html"):
        text = path.read_text()
        assert "thebe" not in text.lower(), path
        loaded = re.findall(r'<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(https?:)?//[^"]*"', text)
        assert not loaded, path
    assert "Nothing is tracked" in (good / "book/index.html").read_text()


def test_the_notebook_lies_beside_its_page(good, page):
    assert 'href="good.ipynb"' in page
    notebook = json.loads((good / "chapters/good.ipynb").read_text())
    assert "google.colab" in "".join(notebook["cells"][0]["source"])
    assert "https://mybinder.org/v2/gh/someone/mrtutor/HEAD?urlpath=lab/tree/course/good.ipynb" in page


def test_the_numbers_of_the_prose_reach_the_notebooks(good):
    """What was glued, after a run from the cache: in the notebook beside the page, and in what `mrtutor lab` reads."""
    assert "is 92 % of the field." in (good / "chapters/good.ipynb").read_text("utf-8")
    assert json.loads((good.parents[2] / "mrtutor/glue_values.json").read_text("utf-8")) == {"good": {"share": "92 %"}}


def test_claims_and_controls_turn_the_book_red(tmp_path):
    status, said = build(make_book(tmp_path, red=RED, control=CONTROL))
    assert status != 0
    assert "claim C02 (gate A) in chapters/red: did not hold. It folded all the same." in said
    assert "chapters/control shows an ipywidgets control" in said


def test_a_failing_cell_turns_every_build_red(tmp_path):
    """Sphinx reads an unchanged page once: without our help the second build would be green with a broken page."""
    folder = make_book(tmp_path, broken=BROKEN)
    for attempt in ("first", "second"):
        status, said = build(folder)
        assert status != 0 and "Executing notebook failed: CellExecutionError" in said, attempt
