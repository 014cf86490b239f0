"""A chapter's house: the same rooms in each folder, nobody in another's; its text is prose with short cells."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.language import banned_words, prose_in_code, split

ROOT = Path(__file__).parents[2]
HOUSES = ROOT / "mrtutor" / "experiments"
SHARED = {"common", "ladder"}
ROOMS = {"claims", "scenes", "figures", "questions"}
CHAPTERS = sorted((ROOT / "chapters").glob("*.md"))
MOST_LINES, MOST_IMPORTS = 8, 2  # of a cell
MOST_WORDS = 10  # of a text in a cell: names of panes stand there, what options and captions say does not

each_house = pytest.mark.parametrize(
    "house", sorted(path.name for path in HOUSES.iterdir() if path.is_dir() and path.name[0] != "_")
)
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def name_of(chapter: Path) -> str:
    """01_kspace.md -> kspace, its folder, its checks, its test."""
    return chapter.stem.partition("_")[2]


def visited(source: str, house: str) -> set[str]:
    """The folders of experiments that a file in `house` imports from, inside functions too; its own left out."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            up = ["mrtutor", "experiments", house][: 4 - node.level] if node.level else []
            module = ".".join([*up, *([node.module] if node.module else [])])
            modules = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {
            parts[2] for parts in (module.split(".") for module in modules) if parts[:2] == ["mrtutor", "experiments"]
        }
    return found - {house}


@each_house
def test_no_chapter_enters_another_chapters_rooms(house):
    allowed = SHARED
    for path in (HOUSES / house).rglob("*.py"):
        wrong = visited(path.read_text("utf-8"), house) - allowed
        assert not wrong, f"{path.relative_to(ROOT)} imports from {', '.join(wrong)}: move what is shared to common"


def test_the_search_for_visits_finds_them():
    assert visited("def f():\n    from ..coils.claims import g_map", "kspace") == {"coils"}
    assert visited("from .. import coils\nfrom . import claims\nfrom ... import coils as package", "kspace") == {
        "coils"
    }
    assert visited("import mrtutor.experiments.sparsity.claims\nfrom ..common import figures", "kspace") == {
        "sparsity",
        "common",
    }
    assert visited("from mrtutor.experiments import start", "kspace") == {"start"}


@each_chapter
def test_each_chapter_has_one_name_in_four_places(path):
    name = name_of(path)
    assert (HOUSES / name).is_dir() and (ROOT / f"tests/chapters/test_{name}.py").is_file()
    assert (ROOT / f"mrtutor/checks/{name}.py").is_file()


@each_chapter
def test_each_house_has_the_same_rooms(path):
    there = {room.stem for room in (HOUSES / name_of(path)).glob("*.py")}
    assert not ROOMS - there, f"{name_of(path)} lacks {', '.join(ROOMS - there)}"


def cells(text: str) -> list[str]:
    """The code cells without blank lines."""
    return [re.sub(r"\n\s*(?=\n|\Z)", "", cell).strip("\n") for cell in split(text).cells]


def long_cells(text: str) -> list[str]:
    """Cells that a learner would scroll past: too many lines, or too many of them imports."""
    found = [cell for cell in cells(text) if cell.count("\n") + 1 > MOST_LINES]
    return found + [cell for cell in cells(text) if len(re.findall(r"^\s*(?:from|import) ", cell, re.M)) > MOST_IMPORTS]


def texts_in_cells(text: str) -> list[str]:
    """Words of widgets that belong into a room."""
    texts = [words for cell in cells(text) for words in prose_in_code(cell)]
    told = [cell for cell in cells(text) if re.search(r"\bOption\(|\b(?:alt|caption)=", cell)]
    return told + [words for words in texts if len(words.split()) > MOST_WORDS]


def prose_share(text: str) -> float:
    """Characters of prose for each character of code."""
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    code = sum(map(len, cells(text)))
    return (len(re.sub(r"^```\{code-cell\}.*?^```$", "", body, flags=re.S | re.M)) / code) if code else float("inf")


@each_chapter
def test_cells_are_short(path):
    assert long_cells(path.read_text("utf-8")) == []


@each_chapter
def test_no_words_of_widgets_stand_in_the_cells(path):
    assert texts_in_cells(path.read_text("utf-8")) == []


@each_chapter
def test_a_chapter_is_more_prose_than_code(path):
    assert prose_share(path.read_text("utf-8")) > 1


def test_each_rule_of_cells_can_fail():
    def page(code, prose=""):
        return f"{prose}\n```{{code-cell}} ipython3\n:tags: [remove-input]\n{code}\n```\n"

    assert long_cells(page("\n\n".join("abcdefghi"))) and not long_cells(page("\n\n".join("abcdefgh")))
    assert long_cells(page("import a\nimport b\nfrom c import d")) and not long_cells(page("import a\nx = 1\nimport b"))
    assert texts_in_cells(page('Option("It is blurred.", "A guess")')) and texts_in_cells(page('f(caption="")'))
    assert texts_in_cells(page(f"f('{'word ' * 11}')")) and not texts_in_cells(page("f('All elements, by their maps')"))
    assert texts_in_cells(page(f"keep('every second')  # a comment of {'many ' * 11} words")) == []
    assert prose_share(page("x = 1", "Two words and more")) > 1 > prose_share(page("x = 1", "No"))


@pytest.mark.parametrize("path", sorted(HOUSES.rglob("*.py")), ids=lambda path: str(path.relative_to(HOUSES)))
def test_no_banned_words_in_the_rooms(path):
    """What widgets, captions and questions say is read on the page, wherever it is written."""
    source = path.read_text("utf-8").replace("outside right center", "")  # matplotlib's word for a place
    assert banned_words(f"```{{code-cell}} ipython3\n{source}\n```\n") == []


def test_banned_words_in_a_room_are_found():
    assert banned_words('```{code-cell} ipython3\nOption("It is simply blurred.", "")\n```\n') == [
        "It is simply blurred."
    ]


# Lint of the cells ---------------------------------------------------------------------------------------------------
NOT_YET_LINTED = {"ladder"}  # a list that shrinks
RUN = [path for path in [*CHAPTERS, ROOT / "book" / "ladder.md"] if path.stem not in NOT_YET_LINTED]


def lint(text: str, folder: Path) -> list[str]:
    """What ruff says of the cells of a MyST notebook, by the rules of the package.

    An import may serve lines that the learner writes: those of an exercise, or one that a comment suggests.
    """
    import jupytext

    book, page = jupytext.reads(text, fmt="md:myst"), folder / "page.ipynb"
    jupytext.write(book, page, fmt="ipynb")
    suggested = re.findall(r"\w+", " ".join(re.findall(r"#.*", "\n".join(split(text).cells))))
    rules = ["--no-cache", "--config", str(ROOT / "pyproject.toml"), "--ignore", "TID253", "--output-format", "json"]
    done = subprocess.run([sys.executable, "-m", "ruff", "check", *rules, str(page)], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    found = []
    for one in json.loads(done.stdout):
        exercise = re.search(r"^    \.\.\. +# your line", book.cells[one["cell"] - 1].source, re.M)
        name = re.findall(r"`[\w.]*?(\w+)`", one["message"])
        if not (one["code"] == "F401" and (exercise or name[0] in suggested)):
            found.append(f"{one['code']} {one['message']} (cell {one['cell']}, line {one['location']['row']})")
    return found


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.stem)
def test_cells_pass_the_lint(path, tmp_path):
    assert lint(path.read_text("utf-8"), tmp_path) == []


def test_the_lint_of_cells_can_fail(tmp_path):
    def page(code):
        return f"# Title\n\n```{{code-cell}} ipython3\n{code}\n```\n"

    assert [one[:4] for one in lint(page("import torch"), tmp_path)] == ["F401"]
    assert lint(page("from mrtutor import scan\n\nx = 1  # try scan.load"), tmp_path) == []
    assert lint(page("import torch\n\n\ndef f(x):\n    ...  # your line"), tmp_path) == []
    assert [one[:4] for one in lint(page(f'x = "{"a" * 130}"'), tmp_path)] == ["E501"]
    assert [one[:4] for one in lint(page("print(y)"), tmp_path)] == ["F821"]
