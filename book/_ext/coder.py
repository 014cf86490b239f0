"""The coding track: a section whose heading stands below a line `{.coder}` keeps its heading and folds the rest.

A fold around code cells cannot be written in the chapter itself: cells of a notebook stand at the top level.
"""

from __future__ import annotations

from docutils import nodes


class fold_node(nodes.General, nodes.Element):
    """What opens with a click."""


def fold(app, doctree: nodes.document, docname: str) -> None:
    for section in list(doctree.findall(nodes.section)):
        if "coder" in section["classes"]:
            folded = fold_node()
            folded.extend(section.children[1:])
            section[1:] = [folded]


def visit_fold(self, node: fold_node) -> None:
    self.body.append('<details class="coder"><summary>For coders: open the code and the exercises</summary>\n')


def depart_fold(self, node: fold_node) -> None:
    self.body.append("</details>\n")
