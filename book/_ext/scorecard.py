"""The claims of the review in the book: one folded line where a claim was measured, one row in the scorecard."""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from mrtutor.bookmime import claim_node
from mrtutor.claims import CLAIMS

PAGE = "book/scorecard"
CLASSES = {True: "held", False: "fell", None: "depends"}
GATES = {"A": "must hold (A)", "B": "should hold (B)", "C": "printed as it falls (C)", "-": "to discuss"}


class scorecard_node(nodes.General, nodes.Element):
    """The place of the table; `rows` are filled when all chapters are known."""


class Scorecard(SphinxDirective):
    """```{scorecard}``` marks the place of the table."""

    def run(self) -> list[nodes.Node]:
        return [scorecard_node()]


def name_anchors(claims: list[claim_node]) -> None:
    """claim-C01, and claim-C01-2 where a page measures the same claim twice."""
    seen: dict[str, int] = {}
    for node in claims:
        name = node["claim"]["id"]
        seen[name] = seen.get(name, 0) + 1
        node["anchor"] = f"claim-{name}" + (f"-{seen[name]}" if seen[name] > 1 else "")


def failures(recorded: dict[str, list[dict]]) -> list[str]:
    """One sentence for each claim of gate A or B that did not come out as it must."""
    return [
        f"claim {claim['id']} (gate {claim['gate']}) in {docname}: {claim['verdict']}. {claim['measured']}"
        for docname, claims in sorted(recorded.items())
        for claim in claims
        if claim["red"]
    ]


def fill(app, doctree: nodes.document, docname: str) -> None:
    """Give every claim its link to the scorecard, and the scorecard its rows."""
    for node in doctree.findall(claim_node):
        node["link"] = app.builder.get_relative_uri(docname, PAGE) + "#" + node["claim"]["id"]
    for node in doctree.findall(scorecard_node):
        node["rows"] = {name: [] for name in CLAIMS}
        for page, claims in sorted(app.env.mrbook["claims"].items()):
            for claim in claims:
                link = app.builder.get_relative_uri(docname, page) + "#" + claim["anchor"]
                node["rows"][claim["id"]].append({**claim, "link": link, "title": app.env.titles[page].astext()})


def badge(claim: dict) -> str:
    return f'<span class="verdict verdict-{CLASSES[claim["holds"]]}">{escape(claim["verdict"])}</span>'


def visit_claim(self, node: claim_node) -> None:
    claim = node["claim"]
    quote, section, measured, name = (escape(claim[key]) for key in ("quote", "section", "measured", "id"))
    note = f"<p>{escape(claim['note'])}</p>\n" if claim["note"] else ""
    self.body.append(
        f'<details class="mr-claim" id="{node["anchor"]}">'
        f'<summary>{badge(claim)} <span class="mr-claim-quote">The review says, we measured: {quote}</span></summary>\n'
        f"<p><b>The review says</b> ({section}): {quote}</p>\n<p><b>We measured:</b> {measured}</p>\n{note}"
        f'<p class="mr-claim-foot"><a href="{escape(node["link"])}">{name} in the scorecard</a>'
        f" · {escape(GATES.get(claim['gate'], claim['gate']))}</p></details>\n"
    )
    raise nodes.SkipNode


def row(claim, results: list[dict]) -> str:
    """One claim: what the review says, what was found, where to read it."""
    found = "".join(
        f'<div class="found">{badge(one)} {escape(one["measured"])} '
        f'<a href="{escape(one["link"])}">{escape(one["title"])}</a></div>'
        for one in results
    )
    if not results:
        chapters = ", ".join(str(number) for number in claim.chapters)
        found = f'<div class="found"><span class="verdict verdict-none">not yet run</span> Chapter {chapters}</div>'
    return (
        f'<tr id="{claim.id}"><th scope="row">{claim.id}</th><td>{escape(claim.quote)} '
        f'<span class="where">{escape(claim.section)}</span></td><td>{found}</td><td>{escape(claim.gate)}</td></tr>\n'
    )


def counts(rows: dict[str, list[dict]]) -> str:
    """How the claims stand today, in one sentence. A claim counts once: at its worst verdict."""

    def standing(results: list[dict]) -> str:
        found = {one["holds"] for one in results}
        return (
            "not yet run" if not found else "did not hold" if False in found else "depend" if None in found else "held"
        )

    stands = [standing(results) for results in rows.values()]
    words = ("held", "depend", "did not hold", "not yet run")
    return f"Of {len(stands)} claims: " + ", ".join(f"{stands.count(word)} {word}" for word in words) + "."


def visit_scorecard(self, node: scorecard_node) -> None:
    head = "".join(f'<th scope="col">{word}</th>' for word in ("Claim", "The review says", "We measured", "Gate"))
    body = "".join(row(CLAIMS[name], results) for name, results in node["rows"].items())
    self.body.append(
        f'<p class="scorecard-sum">{counts(node["rows"])}</p>\n'
        f'<table class="scorecard"><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>\n'
    )
    raise nodes.SkipNode
