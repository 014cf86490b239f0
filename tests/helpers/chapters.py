"""What tests of chapters need: the code that a chapter gives as its solutions, and its stubs."""

import ast
import re
from pathlib import Path

from helpers.language import split
from mrtutor.widgets import View
from mrtutor.widgets.pack import unpack

CHAPTERS = Path(__file__).parents[2] / "chapters"


def solutions(stem: str) -> dict:
    """The functions of the folded `Solution` blocks of a chapter, run with the imports that its cells make."""
    text = (CHAPTERS / f"{stem}.md").read_text(encoding="utf-8")
    imports = "\n".join(re.findall(r"^(?:from mrtutor|import).*$", text, flags=re.M))
    names: dict = {}
    exec(imports, names)
    for block in re.findall(r":::\{dropdown\} Solutions?\n```python\n(.*?)```", text, flags=re.S):
        exec(block, names)
    return names


def stubs(stem: str) -> dict[str, str]:
    """name -> source of the functions that a chapter leaves to the learner."""
    text = (CHAPTERS / f"{stem}.md").read_text(encoding="utf-8")
    return {name: body for body, name in re.findall(r"^(def (\w+)\(.*\):\n    \.\.\.)", text, flags=re.M)}


def header(view: View) -> dict:
    """What a widget of the book tells its front end, in words and numbers; a gate's widget stands under "shown"."""
    told, read = unpack(view.payload(book=True))
    if told["kind"] == "predict":
        told["shown"] = unpack(read(told["then"]))[0]
    return told


def run_with(stem: str, case, until: str = "{.coder}", without: tuple[str, ...] = ()):
    """Run the cells of a chapter, up to a line, on a reader's own scan: the scan it used, the headers of its widgets.

    The line with the comment "your own scan instead" is replaced, as it suggests; cells that use a name of `without`
    are left out. Run it with MRTUTOR_BOOK=1.
    """
    text = (CHAPTERS / f"{stem}.md").read_text(encoding="utf-8").partition(f"\n{until}\n")[0]
    names, shown = {"mine": case}, []
    for cell in split(text).cells:
        tree = ast.parse(re.sub(r"^(\w+) = .*your own scan instead.*$", r"\1 = mine", cell, flags=re.M))
        if any(isinstance(node, ast.Name) and node.id in without for node in ast.walk(tree)):
            continue
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, stem, "exec"), names)
        result = eval(compile(ast.Expression(last.value), stem, "eval"), names) if last else None
        if isinstance(result, View):
            shown.append(header(result))
    return names["case"], shown
