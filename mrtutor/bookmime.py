"""How the built book draws what a chapter displayed: widgets, claims, pictures with alt text. A plug-in of myst-nb.

A cell's outputs are all that jupyter-cache keeps, so everything the page needs travels in them.
"""

from __future__ import annotations

import hashlib
import html
import json

from docutils import nodes

WIDGET = "application/vnd.mrtutor.widget+json"
CLAIM = "application/vnd.mrtutor.claim+json"
WIDGET_FOLDER = "w"  # below _static of the built book


class claim_node(nodes.General, nodes.Element):
    """One measured claim; `claim` holds what `mrtutor.claims.record` wrote. The book's extension draws it."""


class widget_node(nodes.General, nodes.Element):
    """One widget; `html` is its place in the page, `uri` the data file that the page loads when it scrolls near."""


class Renderer:
    """myst-nb asks this class first for every MIME type of every output; None means: draw it as usual."""

    mime_priority_overrides = [
        ("*", WIDGET, 1),
        ("*", CLAIM, 2),
        ("*", "application/vnd.jupyter.widget-view+json", None),  # nobody would answer it in a page
    ]

    @staticmethod
    def handle_mime(renderer, data, inline: bool) -> list[nodes.Element] | None:
        if data.mime_type == WIDGET:
            return [widget(renderer, data.content)]
        if data.mime_type == CLAIM:
            return [claim_node(claim=dict(data.content))]
        if data.mime_type.startswith("image/") and not inline:
            return [picture(renderer, data)]
        return None


def widget(renderer, content: dict) -> widget_node:
    """Write the widget's payload beside the notebook; return its place in the page, found by the payload's hash."""
    payload = content["data"]
    name = hashlib.sha256(payload.encode("ascii")).hexdigest()[:16]
    script = f"window.mrtutorData({json.dumps(name)}, {json.dumps(payload)});\n"
    uri = renderer.write_file([WIDGET_FOLDER, f"{name}.js"], script.encode("ascii"), exists_ok=True)
    up = "../" * renderer.renderer.sphinx_env.docname.count("/")
    attributes = {
        "class": f"mrtutor mrtutor-{content.get('kind', 'widget')}",
        "data-id": name,
        "data-key": content.get("key", name),
        "data-src": f"{up}_static/{WIDGET_FOLDER}/{name}.js",
        "role": "group",
        "aria-label": content["alt"],
    }
    written = " ".join(f'{key}="{html.escape(str(value), quote=True)}"' for key, value in attributes.items())
    return widget_node(html=f"<div {written}>{content.get('html', '')}</div>\n", uri=uri)


def picture(renderer, data) -> nodes.Element:
    """An image with the alt text and the caption of its metadata (myst-nb by itself keeps neither)."""
    words = data.output_metadata.get(data.mime_type, {})
    image = renderer.render_image(data)[0]
    image["loading"] = "lazy"  # far below in the page, it waits until it is scrolled to
    if words.get("alt"):
        image["alt"] = words["alt"]
    if words.get("dark"):
        image["classes"].append("dark-light")  # the theme then leaves it as it is on a dark page
    if not words.get("caption"):
        return image
    figure = nodes.figure("", image, classes=["shown"])
    figure += nodes.caption(words["caption"], words["caption"])
    return figure
