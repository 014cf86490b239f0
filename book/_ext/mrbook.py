"""The book's Sphinx extension: widgets without a kernel, claims and their scorecard, notebooks to download.

Sphinx keeps what it read of unchanged pages, and jupyter-cache what their cells showed. So nothing here happens
while a cell runs: everything is collected from the stored pages, on every build.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import coder
import launch
import scorecard
from docutils import nodes
from sphinx.addnodes import glossary
from sphinx.application import Sphinx

from mrtutor.bookmime import WIDGET_FOLDER, claim_node, widget_node


def calm(app: Sphinx, config) -> None:
    """What Jupyter Book brings and this book does not want: Thebe, which asks a server for kernels, and "Fig. 17"."""
    for listeners in app.events.listeners.values():
        listeners[:] = [one for one in listeners if one.handler.__module__.partition(".")[0] != "sphinx_thebe"]
    app.registry.css_files[:] = [one for one in app.registry.css_files if one[0] != "sphinx-thebe.css"]
    config.numfig = False


def write_host(app: Sphinx) -> None:
    """The script that brings widgets to life: the same source that JupyterLab runs, in its classic form."""
    from mrtutor.widgets import page_script

    static = Path(app.outdir, "_static")
    static.mkdir(parents=True, exist_ok=True)
    (static / "mrhost.js").write_text(page_script(), encoding="utf-8")


def kept(env, name: str) -> dict:
    """What this extension stored with the pages: docname -> whatever was collected there."""
    if not hasattr(env, "mrbook"):
        env.mrbook = {"claims": {}, "widgets": {}, "terms": {}}
    return env.mrbook[name]


def collect(app: Sphinx, doctree: nodes.document) -> None:
    env, docname = app.env, app.env.docname
    claims = list(doctree.findall(claim_node))
    scorecard.name_anchors(claims)
    kept(env, "claims")[docname] = [{**node["claim"], "anchor": node["anchor"]} for node in claims]
    kept(env, "widgets")[docname] = [node["uri"] for node in doctree.findall(widget_node)]
    kept(env, "terms")[docname] = {
        name: " ".join(item[-1].astext().split())
        for one in doctree.findall(glossary)
        for item in one.findall(nodes.definition_list_item)
        for term in item.findall(nodes.term)
        for name in term["ids"]
    }


def forget(app: Sphinx, env, docname: str) -> None:
    for name in ("claims", "widgets", "terms"):
        kept(env, name).pop(docname, None)


def hover_text(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """A word of the glossary says what it means where it stands."""
    meaning = {name: text for terms in kept(app.env, "terms").values() for name, text in terms.items()}
    for reference in doctree.findall(nodes.reference):
        target = reference.get("refid") or reference.get("refuri", "").rpartition("#")[2]
        if target in meaning:
            reference["reftitle"] = meaning[target]
            reference["classes"].append("glossary-word")


def copy_widgets(app: Sphinx) -> None:
    """The data files of the widgets that stand in some page now; those of earlier builds go."""
    folder = Path(app.outdir, "_static", WIDGET_FOLDER)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for uri in sorted({uri for uris in kept(app.env, "widgets").values() for uri in uris}):
        shutil.copy(Path(app.srcdir, uri.lstrip("/")), folder)


FORWARD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,">
<meta http-equiv="refresh" content="0; url={home}"></head><body><a href="{home}">{title}</a></body></html>
"""


def write_forward(app: Sphinx) -> None:
    """index.html at the top forwards to the first page: what a server shows for the folder, and a double-click."""
    home = app.builder.get_target_uri(app.config.root_doc)
    Path(app.outdir, "index.html").write_text(FORWARD.format(title=app.config.html_title, home=home), encoding="utf-8")


def finish(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    write_forward(app)
    copy_widgets(app)
    launch.write_notebooks(app)


def judge(app: Sphinx, exception: Exception | None) -> None:
    """Last of all, when every file is written: does the book stand?"""
    if exception is not None or app.builder.format != "html":
        return
    wrong = scorecard.failures(kept(app.env, "claims")) + launch.without_numbers(app)
    for docname, data in getattr(app.env, "nb_metadata", {}).items():
        if "ipywidgets_state" in data.get("js_files", {}):
            wrong.append(f"{docname} shows an ipywidgets control, which nobody answers in a page")
    if app.keep_going and app._warncount:  # a page is read once, so its warnings would be said once
        wrong.append(f"{app._warncount} warnings stand above")
    if wrong:  # after an error Sphinx forgets the pages: the next build reads all again
        raise RuntimeError("the book does not stand: " + "; ".join(wrong))


def setup(app: Sphinx) -> dict:
    os.environ["MRTUTOR_BOOK"] = "1"  # the kernels that run the chapters inherit it
    app.add_node(claim_node, html=(scorecard.visit_claim, None))
    app.add_node(widget_node, html=(lambda self, node: self.body.append(node["html"]), lambda self, node: None))
    app.add_node(scorecard.scorecard_node, html=(scorecard.visit_scorecard, None))
    app.add_node(coder.fold_node, html=(coder.visit_fold, coder.depart_fold))
    app.add_directive("scorecard", scorecard.Scorecard)
    app.connect("config-inited", calm, priority=900)
    app.connect("builder-inited", write_host)
    app.connect("env-purge-doc", forget)
    app.connect("doctree-read", collect)
    app.connect("env-updated", lambda app, env: [scorecard.PAGE])
    app.connect("doctree-resolved", hover_text)
    app.connect("doctree-resolved", scorecard.fill)
    app.connect("doctree-resolved", coder.fold)
    app.connect("html-page-context", launch.buttons, priority=900)
    app.connect("build-finished", finish, priority=400)
    app.connect("build-finished", judge, priority=900)
    return {"version": "1", "env_version": 1, "parallel_read_safe": False, "parallel_write_safe": True}
