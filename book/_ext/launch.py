"""The notebooks beside the pages, and the links that open them elsewhere. Nothing is fetched until a reader clicks."""

from __future__ import annotations

import json
import os
from pathlib import Path

from sphinx.application import Sphinx

INSTALL = """# Only on Google Colab, which does not know the package yet
if "google.colab" in str(get_ipython()):
    %pip install --quiet git+https://github.com/{repository}"""


def repository() -> str:
    """OWNER/NAME of the published book's repository; empty where the book is built for oneself."""
    return os.environ.get("MRTUTOR_REPOSITORY", "")


def is_chapter(docname: str) -> bool:
    """Chapters, and the ladder, which is run like one."""
    return docname.startswith("chapters/") or docname == "book/ladder"


def chapters(app: Sphinx) -> list[str]:
    """The docnames of what can be run."""
    return sorted(filter(is_chapter, app.env.found_docs))


def without_numbers(app: Sphinx) -> list[str]:
    """One sentence for each notebook whose prose lacks a number that the page shows."""
    from mrtutor.lab.markdown import MISSING

    lacking = (name for name in chapters(app) if MISSING in Path(app.outdir, name + ".ipynb").read_text("utf-8"))
    return [f"the prose of {name}.ipynb lacks numbers that were glued" for name in lacking]


def buttons(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """In a chapter's header: its notebook first in the menu of downloads, and Binder and Colab where the book is
    published.
    """
    if not is_chapter(pagename):
        return
    name = Path(pagename).name + ".ipynb"
    shown = context.get("header_buttons", [])
    for menu in shown:
        if menu["label"] == "download-buttons":
            menu["buttons"].insert(
                0, link(name, "Notebook (.ipynb)", "fas fa-code", "Download this chapter as a notebook")
            )
    if repository():
        binder = f"https://mybinder.org/v2/gh/{repository()}/HEAD?urlpath=lab/tree/course/{name}"
        colab = f"https://colab.research.google.com/github/{repository()}/blob/gh-pages/{pagename}.ipynb"
        entries = [
            link(binder, "Binder", "fas fa-rocket", "Open in JupyterLab on Binder"),
            link(colab, "Colab", "fas fa-rocket", "Open on Google Colab"),
        ]
        shown.insert(
            0,
            {
                "type": "group",
                "icon": "fas fa-rocket",
                "tooltip": "Open as a notebook on another site",
                "label": "launch-buttons",
                "buttons": entries,
            },
        )


def link(url: str, text: str, icon: str, tooltip: str) -> dict:
    return {
        "type": "link",
        "url": url,
        "text": text,
        "icon": icon,
        "tooltip": tooltip,
        "label": text.lower().replace(" ", "-"),
    }


def write_notebooks(app: Sphinx) -> None:
    """The notebooks that `mrtutor lab` makes, with this run's numbers in their prose, beside their pages."""
    from mrtutor.lab import notebook_text, values

    package, executed = Path(app.srcdir, "mrtutor"), Path(app.outdir).parent / "jupyter_execute"
    if package.is_dir():  # the learner's notebooks show the numbers of the last book
        values.write(executed, package / "glue_values.json")
    numbers = values.collect(executed)
    for docname in chapters(app):
        notebook = json.loads(notebook_text(Path(app.env.doc2path(docname)), numbers))
        if repository():
            code = INSTALL.format(repository=repository()).splitlines(keepends=True)
            cell = {
                "cell_type": "code",
                "id": "install",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": code,
            }
            notebook["cells"].insert(0, cell)
        Path(app.outdir, docname + ".ipynb").write_text(
            json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8"
        )
