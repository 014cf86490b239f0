"""A chapter (MyST Markdown notebook) -> the notebook that a learner opens in JupyterLab."""

import base64
import json
import mimetypes
import re
from pathlib import Path

from .bib import read_bib
from .markdown import Course, Page

PACKAGE = Path(__file__).parent.parent  # mrtutor/
HIDDEN = {
    "hide-input": ("source",),
    "remove-input": ("source",),
    "hide-output": ("outputs",),
    "remove-output": ("outputs",),
    "hide-cell": ("source", "outputs"),
    "remove-cell": ("source", "outputs"),
}


def find(name: str) -> Path:
    """A part of the course: inside the installed package, else (editable install) beside it or in its book folder."""
    places = [PACKAGE / name, PACKAGE.parent / name, PACKAGE.parent / "book" / name]
    for place in places:
        if place.exists():
            return place
    raise FileNotFoundError(
        f"{name} is not part of this installation of mrtutor; install it again: pip install mrtutor"
    )


def chapters() -> list[Path]:
    """The text sources of what can be run, in reading order: the numbered chapters, then the ladder."""
    return [*sorted(find("chapters").glob("[0-9][0-9]_*.md")), find("ladder.md")]


def read_course(paths: list[Path], bibliography: Path, words: Path) -> Course:
    """Titles and labels of all chapters, works of the bibliography, terms of the glossary."""
    course = Course()
    for path in paths:
        course.titles[path.stem], labels = outline(path.stem, path.read_text("utf-8"))
        course.labels |= labels
    course.works = read_bib(bibliography.read_text("utf-8"))
    course.terms = glossary(words.read_text("utf-8"))
    return course


def read_values() -> dict[str, dict[str, str]]:
    """Numbers in the prose, as the last run of the book computed them: chapter -> name -> text."""
    path = PACKAGE / "glue_values.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def notebook(path: Path, course: Course, values: dict[str, dict[str, str]]) -> bytes:
    """The chapter as .ipynb: prose in plain Markdown, cells folded as in the book. Same chapter, same bytes."""
    import jupytext
    import nbformat

    book = jupytext.reads(path.read_text("utf-8"), fmt="md:myst")
    page = Page(path, course, values.get(path.stem, {}))
    cells = []
    for cell in book.cells:
        if cell.cell_type == "markdown":
            page.pictures = {}
            cell.source = page.plain(cell.source)
            if not cell.source:
                continue
            if page.pictures:
                cell.attachments = {name: attachment(picture) for name, picture in page.pictures.items()}
        else:
            cell.metadata.pop("mystnb", None)
            hidden = {part for tag in cell.metadata.get("tags", []) for part in HIDDEN.get(tag, ())}
            if hidden:
                cell.metadata["jupyter"] = {f"{part}_hidden": True for part in sorted(hidden)}
        cell.id = f"{path.stem}-{len(cells)}"[-64:]
        cells.append(cell)
    book.cells = cells
    book.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return (nbformat.writes(book) + "\n").encode("utf-8")


def attachment(picture: Path) -> dict[str, str]:
    """A picture file as a cell attachment: its type and base64 text."""
    kind = mimetypes.guess_type(picture.name)[0] or "image/png"
    return {kind: base64.b64encode(picture.read_bytes()).decode()}


def outline(stem: str, text: str) -> tuple[str, dict[str, tuple[str, str]]]:
    """Title of a chapter and the labels it defines."""
    title = re.search(r"^# +(.+?) *$", text, re.MULTILINE)
    above = re.findall(r"^\(([\w:. -]+)\)=\n+#+ +(.+?) *$", text, re.MULTILINE)
    named = re.findall(r"^ *:name: +(\S+)", text, re.MULTILINE)
    labels = {label: (stem, "the figure") for label in named} | {label: (stem, words) for label, words in above}
    return (title[1] if title else stem), labels


def glossary(text: str) -> dict[str, str]:
    """Terms of a {glossary} directive, in lower case, with their first paragraph as hover text."""
    terms, page = {}, Page(Path("glossary.md"), Course(), {})
    for block in re.findall(r"^([`:]{3,})\{glossary\}[^\n]*\n(.*?)^\1", text, re.MULTILINE | re.DOTALL):
        for names, meaning in re.findall(r"((?:^\S.*\n)+)((?:^[ \t]+\S.*\n?)+)", block[1], re.MULTILINE):
            words = re.sub(r"<[^>]+>|[*`$\[\]]|\(http\S+\)", "", page.prose(meaning))
            meaning = " ".join(words.split())
            terms |= {name.strip().lower(): meaning for name in names.splitlines() if not name.startswith(":")}
    return terms
