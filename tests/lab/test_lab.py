"""`mrtutor lab`: chapters become notebooks that read as plain Markdown, and a learner's work is never lost."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from mrtutor import lab
from mrtutor.lab import notebooks, values
from mrtutor.lab.bib import read_bib

ROOT = Path(__file__).parents[2]
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63f8"
    "cfc0f01f0005050202a4a3a1a10000000049454e44ae426082"
)
HEADER = (
    "---\njupytext:\n  text_representation: {extension: .md, format_name: myst}\nkernelspec: {display_name: Python "
    "3, language: python, name: python3}\n---\n"
)
CHAPTER = (
    HEADER
    + r"""
(folding)=
# From k-space to image

% a comment for authors

:::{note}
Every second line, see {doc}`00_start`.
:::

::::{admonition} At the workstation
:class: hook
A nodule. {term}`ACS` lines, more {term}`ACS`, and {term}`the centre <k-space>`.

$$
y = \mathbf{E}
    x
$$ (model)

:::{tip} Words behind the name
:::
::::

:::{admonition} For coders
:class: coder dropdown
```python
x = "{not_a_role}`kept`"
```
:::

:::{dropdown} Why **this** works
By {eq}`model` and {math}`\sqrt{2}`.
:::

```{admonition} Take home
:class: takehome
Extent is detail.
```

:::{since} 2024
More came.
:::

- a list with

  :::{warning}
  a box inside
  :::

```{figure} ../pictures/folded.png
:alt: Two brains, one on the other
:name: fig-folded
:width: 60%

Every second line is missing.
```

![not here](gone.png)

Energy in the centre: {glue:text}`share` of all, {glue:text}`lost:.2f`, as {cite:t}`Pruessmann1999` wrote
{cite:p}`Pruessmann1999,Lustig2007`; {cite}`Ong`; more {cite}`Nobody`.
Back to {ref}`folding`, {ref}`the fold <folding>`, {numref}`fig-folded`, [chapter](00_start.md), [](00_start.md),
[words](../book/glossary.md), [outside](https://example.org/a_b), {doc}`/book/scorecard`.
Press {kbd}`?`, {abbr}`FOV (field of view)`, H{sub}`2`O, {func}`~mrtutor.sense.unfold`, {unknown}`text`, `{code}`.
A formula $f[i](x)$ stays, a [span]{.accent} loses its attribute.

```{code-cell} ipython3
:tags: [remove-cell]
share = 0.92
```

```{code-cell} ipython3
:tags: [hide-input]
:mystnb: {image: {alt: x}}
print(share)
```

::::{dropdown} Open over a cell
:class-container: coder

Try it.

```{code-cell} ipython3
share
```
::::

## Literature

```{bibliography}
:filter: docname in docnames
```
"""
)
BIB = r"""
@article{Pruessmann1999, author={Pruessmann, Klaas P. and Weiger, Markus and B{\"o}siger, Peter}, year=1999,
 title={{SENSE}: Sensitivity encoding}, journal="Magn Reson Med",
   doi={10.1002/(SICI)1522-2594(199911)42:5<952::AID>3.0}}
@article{Lustig2007, author={Lustig, Michael and Donoho, David}, year={2007}, title={Sparse {MRI}},
  doi={10.1002/mrm.21391}}
@misc{Ong, author={Frank Ong}, year={2019}, title={SigPy}, url={https://example.org/sigpy_x}}
@book{Unused, author={Somebody}, year={2000}, title={Not cited}}
"""
GLOSSARY = (
    "# Words\n\n```{glossary}\nACS\nreference lines\n  Fully sampled *centre*, see {term}`k-space`.\n\nk-space\n  "
    'What is "measured".\n```\n'
)


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A toy course where an installed package would keep it."""
    home = tmp_path / "package"
    (home / "chapters").mkdir(parents=True)
    (home / "pictures").mkdir()
    (home / "pictures" / "folded.png").write_bytes(PIXEL)
    (home / "chapters" / "00_start.md").write_text(HEADER + "\n# Start here\n\nWords.\n", "utf-8")
    (home / "chapters" / "01_kspace.md").write_text(CHAPTER, "utf-8")
    (home / "ladder.md").write_text(HEADER + "\n# The ladder\n\nRungs.\n", "utf-8")
    (home / "references.bib").write_text(BIB, "utf-8")
    (home / "glossary.md").write_text(GLOSSARY, "utf-8")
    (home / "glue_values.json").write_text(json.dumps({"01_kspace": {"share": "92 %"}}), "utf-8")
    monkeypatch.setattr(notebooks, "PACKAGE", home)
    return home


@pytest.fixture
def chapter(course):
    return nbformat.reads(lab.notebook_text(course / "chapters" / "01_kspace.md"), as_version=4)


def prose(notebook) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def leftovers(text: str) -> list[str]:
    """MyST that JupyterLab would show as raw text, outside listings and code spans."""
    text = re.sub(r"^ *```(?!\{).*?^ *``` *$", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"(?<![`}])`[^`\n]+`(?!`)", "", text)
    return re.findall(r":::.*|```\{.*|\{[\w:]+\}`.*|^\([\w-]+\)=.*|^%.*", text, re.MULTILINE)


def test_no_myst_is_left(chapter):
    nbformat.validate(chapter)
    assert leftovers(CHAPTER), "the search for leftovers finds nothing even in the source"
    assert leftovers(prose(chapter)) == []


def test_boxes_become_quotations_and_folded_boxes_stay_folded(chapter):
    text = prose(chapter)
    assert "> **Note**\n>\n> Every second line, see [Start here](00_start.ipynb)." in text
    assert "> **At the workstation**\n>\n> A nodule." in text
    assert "> > **Tip**\n> >\n> > Words behind the name" in text
    assert "<details><summary>Why this works</summary>\n\nBy (1) and $\\sqrt{2}$." in text
    assert '<details><summary>For coders</summary>\n\n```python\nx = "{not_a_role}`kept`"\n```\n\n</details>' in text
    assert "> **Take home**\n>\n> Extent is detail." in text
    assert "> **Since then 2024**\n>\n> More came." in text
    assert "**Open over a cell**\n\nTry it." in text
    assert "\n  > **Warning**\n  >\n  > a box inside" in text


def test_words_links_numbers_and_formulas(chapter):
    text = prose(chapter)
    assert '<abbr title="Fully sampled centre, see k-space.">ACS</abbr> lines, more ACS, and' in text, (
        "explained where it first stands"
    )
    assert '<abbr title="What is &quot;measured&quot;.">the centre</abbr>' in text
    assert "> $$y = \\mathbf{E} x \\tag{1}$$" in text
    assert "92 % of all, (run the cell), as" in text
    assert (
        "Back to From k-space to image, the fold, the figure, [chapter](00_start.ipynb), [Start "
        "here](00_start.ipynb),\nwords, [outside](https://example.org/a_b), scorecard." in text
    )
    assert (
        '<kbd>?</kbd>, <abbr title="field of view">FOV</abbr>, H<sub>2</sub>O, `mrtutor.sense.unfold`, text, `{code}`.'
        in text
    )
    assert "$f[i](x)$ stays, a span loses" in text


def test_citations_are_author_year_links_and_the_list_holds_what_is_cited(chapter):
    text = prose(chapter)
    sense = "https://doi.org/10.1002/%28SICI%291522-2594%28199911%2942%3A5%3C952%3A%3AAID%3E3.0"
    assert f"[Pruessmann et al. (1999)]({sense}) wrote" in text
    assert f"([Pruessmann et al. 1999]({sense}); [Lustig and Donoho 2007](https://doi.org/10.1002/mrm.21391))" in text
    assert "([Ong 2019](https://example.org/sigpy_x)); more (Nobody)." in text
    listed = [line for line in text.splitlines() if line.startswith("- ") and "(" in line]
    assert [line[2:9] for line in listed] == ["Frank O", "Lustig,", "Pruessm"]
    assert "Bösiger, Peter (1999). *SENSE: Sensitivity encoding*. Magn Reson Med." in listed[2]


@pytest.mark.parametrize(
    "tex, shown",
    [
        (r"{\"O}zt{\"u}rk", "Öztürk"),
        (r"J{\'e}r\^ome", "Jérôme"),
        (r"M{\o}ller", "Møller"),
        (r"Gro{\ss}", "Groß"),
        (r"Ne{\v{c}}as", "Nečas"),
        (r"Fran\c{c}ois", "François"),
        ("1--5", "1–5"),
        (r"R \& D", "R & D"),
        (r"\l ukasz", "łukasz"),
    ],
)
def test_tex_letters(tex, shown):
    assert read_bib(f"@misc{{k, title={{{tex}}}, author={{A}}, year=1}}")["k"].title == shown


def test_cells_are_folded_as_in_the_book_and_pictures_travel_inside(chapter):
    folded = [cell.metadata.get("jupyter") for cell in chapter.cells if cell.cell_type == "code"]
    assert folded == [{"outputs_hidden": True, "source_hidden": True}, {"source_hidden": True}, None]
    pictures = [cell for cell in chapter.cells if cell.get("attachments")]
    assert len(pictures) == 1 and list(pictures[0].attachments) == ["folded.png"]
    assert (
        "![Two brains, one on the other](attachment:folded.png)\n\nEvery second line is missing." in pictures[0].source
    )
    assert "*Picture: not here*" in pictures[0].source
    assert "jupytext" not in chapter.metadata, "JupyterLab would try to pair the copy with a text file"


def test_the_same_chapter_gives_the_same_bytes(course):
    path = course / "chapters" / "01_kspace.md"
    assert lab.notebook_text(path) == lab.notebook_text(path)


def test_the_whole_course_reads_plainly(tmp_path):
    for path in notebooks.chapters():
        notebook = nbformat.reads(lab.notebook_text(path), as_version=4)
        nbformat.validate(notebook)
        assert leftovers(prose(notebook)) == [], path.name


# A learner's folder


def test_edited_files_are_kept_and_untouched_ones_follow_the_chapter(course, tmp_path):
    folder = tmp_path / "mine"
    assert lab.prepare(folder) == {"00_start.ipynb": "new", "01_kspace.ipynb": "new", "ladder.ipynb": "new"}
    assert lab.prepare(folder) == {"00_start.ipynb": "current", "01_kspace.ipynb": "current", "ladder.ipynb": "current"}
    mine = folder / "01_kspace.ipynb"
    ran = json.loads(mine.read_text("utf-8"))
    ran["metadata"]["language_info"]["version"] = "3.11.7"
    ran["cells"][1] |= {"execution_count": 1, "outputs": [{"output_type": "stream", "name": "stdout", "text": "0.92"}]}
    mine.write_text(json.dumps(ran), "utf-8")
    assert lab.prepare(folder)["01_kspace.ipynb"] == "current", "running a cell is no edit"
    assert json.loads(mine.read_text("utf-8")) == ran
    mine.write_text(mine.read_text("utf-8").replace("share = 0.92", "share = 0.5"), "utf-8")
    edited = mine.read_bytes()
    assert lab.prepare(folder)["01_kspace.ipynb"] == "yours"
    for path in (course / "chapters").glob("*.md"):
        path.write_text(path.read_text("utf-8") + "\nA new sentence.\n", "utf-8")
    assert lab.prepare(folder) == {
        "00_start.ipynb": "updated",
        "01_kspace.ipynb": "yours, chapter changed",
        "ladder.ipynb": "current",
    }
    assert lab.prepare(folder) == {
        "00_start.ipynb": "current",
        "01_kspace.ipynb": "yours, chapter changed",
        "ladder.ipynb": "current",
    }
    assert mine.read_bytes() == edited
    assert "A new sentence." in (folder / "00_start.ipynb").read_text("utf-8")
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".0")], "half-written files are left"


def test_a_file_of_unknown_origin_is_the_learners(course, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "01_kspace.ipynb").write_text("my own notes", "utf-8")
    assert lab.prepare(folder)["01_kspace.ipynb"] == "yours, chapter changed"
    (folder / lab.RECORD).write_text("{ broken", "utf-8")
    lab.prepare(folder)
    assert (folder / "01_kspace.ipynb").read_text("utf-8") == "my own notes"


def test_reset_restores_one_chapter_and_keeps_every_backup(course, tmp_path):
    folder = tmp_path / "mine"
    lab.prepare(folder)
    mine, other = folder / "01_kspace.ipynb", folder / "00_start.ipynb"
    fresh = mine.read_bytes()
    other.write_text("other work", "utf-8")
    for words in ("first try", "second try"):
        mine.write_text(words, "utf-8")
        copy, backup = lab.reset(folder, "01")
        assert copy == mine and mine.read_bytes() == fresh
        assert backup.read_text("utf-8") == words and re.search(r"01_kspace\.20\d\d-\d\d-\d\d-\d{6}", backup.name)
    assert len(list(folder.glob("01_kspace.*.ipynb"))) == 2
    assert other.read_text("utf-8") == "other work"
    assert lab.prepare(folder)["01_kspace.ipynb"] == "current"
    assert lab.reset(folder, "1") == (mine, None), "nothing to keep, no backup"
    with pytest.raises(ValueError, match=r"--reset takes the number of a chapter \(00, 01, ladder\), got 7"):
        lab.reset(folder, "7")


def test_a_write_that_fails_leaves_the_old_file(course, tmp_path, monkeypatch):
    folder = tmp_path / "mine"
    lab.prepare(folder)
    before = (folder / "00_start.ipynb").read_bytes()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError):
        lab.write(folder / "00_start.ipynb", b"half")
    assert (folder / "00_start.ipynb").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == [
        lab.RECORD,
        "00_start.ipynb",
        "01_kspace.ipynb",
        "ladder.ipynb",
    ]


# Numbers of the last run


def test_values_come_from_an_executed_notebook(tmp_path):
    """A kernel runs `glue`, myst-nb takes it out of the notebook; a book that is really built: tests/book."""
    from nbclient import NotebookClient

    glue = pytest.importorskip("myst_nb.ext.glue", reason="needs the extra: book")
    code = "from mrtutor.show import glue\nglue('share', f'{92.4:.0f} %')\nglue('lines', 24)\n1 + 1"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    (tmp_path / "chapters").mkdir()
    taken = json.dumps(glue.extract_glue_data(notebook, [0], None))
    (tmp_path / "chapters" / "01_kspace.glue.json").write_text(taken, "utf-8")
    target = tmp_path / "values.json"
    target.write_text(json.dumps({"00_start": {"kept": "yes"}, "01_kspace": {"old": "gone"}}), "utf-8")
    values.write(tmp_path, target)
    assert json.loads(target.read_text("utf-8")) == {
        "00_start": {"kept": "yes"},
        "01_kspace": {"share": "92 %", "lines": "24"},
    }


# The wheel


@pytest.fixture(scope="module")
def wheel_files(tmp_path_factory) -> Path:
    """What the wheel would install, unpacked into a folder of its own."""
    pytest.importorskip("hatchling", reason="building the wheel needs hatchling (extra: test)")
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with zipfile.ZipFile(next(out.glob("*.whl"))) as wheel:
        wheel.extractall(out / "site")
    return out / "site"


def test_the_wheel_carries_the_course_and_lab_finds_it(wheel_files, tmp_path):
    chapters = sorted(path.name for path in (ROOT / "chapters").glob("[0-9][0-9]_*.md"))
    assert chapters and sorted(path.name for path in (wheel_files / "mrtutor" / "chapters").glob("*.md")) == chapters
    assert (wheel_files / "mrtutor" / "references.bib").read_bytes() == (ROOT / "book" / "references.bib").read_bytes()
    assert (wheel_files / "mrtutor" / "lab" / "labconfig" / "page_config.json").exists()
    for kind in ("weights/*.safetensors", "recipes/*.toml", "experiments/ladder/measured/*.json"):
        here = sorted(path.name for path in (ROOT / "mrtutor").glob(kind))
        assert here and sorted(path.name for path in (wheel_files / "mrtutor").glob(kind)) == here
    command = (
        "import sys, mrtutor.cli as c; assert c.__file__.startswith(sys.argv[1]), c.__file__; "
        "sys.exit(c.main(['lab', sys.argv[2], '--no-start']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", command, wheel_files, tmp_path / "mine"],
        text=True,
        capture_output=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(wheel_files)},
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.stem for path in (tmp_path / "mine").glob("*.ipynb")) == [
        *(Path(name).stem for name in chapters),
        "ladder",
    ]
