"""Every built page: loads clean, can be read by eye and ear, fits a phone, weighs little, works by double-click."""

import itertools

import pytest

OURS = (
    "_static/mrhost.js",
    "_static/mrbook.css",
    "_static/a11y.js",
    "_static/w/",
)  # the rest of _static is theme and MathJax
LEVELS = (
    "[...document.querySelectorAll('main :is(h1, h2, h3, h4, h5, h6)')].filter(h => h.checkVisibility()).map(h => "
    "+h.tagName[1])"
)
SILENT = """[...document.querySelectorAll('main img')].filter(i => !i.alt.trim())
    .concat([...document.querySelectorAll('.mrtutor')].filter(w => !w.getAttribute('aria-label')?.trim()))
    .map(e => e.outerHTML)"""


# bytes of ours once every widget has been near. The ladder holds every method on three slices at three rungs; its
# widgets too
# ask for their data only when the reader comes near.
MOST, HEAVY = 1_500_000, {"book/ladder.html": 5_500_000}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_is_clean_and_accessible(open_page, violations, page_path, width, scheme):
    page = open_page(page_path, width, scheme)
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"


def test_a_page_reads_in_order_weighs_little_and_keeps_nothing(open_page, book_url, page_path):
    page = open_page(page_path)
    levels = page.evaluate(LEVELS)
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
    assert page.evaluate(SILENT) == [], "these say nothing to a reader who cannot see them"

    own = {
        request.url: request.sizes()["responseBodySize"] for request in page.loaded if request.url.startswith(book_url)
    }
    own = {url: size for url, size in own.items() if "_static/" not in url or any(part in url for part in OURS)}
    assert sum(own.values()) <= HEAVY.get(page_path, MOST), own

    assert page.context.cookies() == []
    assert set(page.evaluate("Object.keys(localStorage)")) <= {"mode", "theme"}, (
        "more is kept than the reader's light or dark"
    )


def test_a_page_opens_from_disk(open_page, page_path):
    page = open_page(page_path, disk=True)
    for place in page.query_selector_all(".mrtutor"):
        place.scroll_into_view_if_needed()
    page.wait_for_function(
        "[...document.querySelectorAll('.mrtutor')].every(w => w.classList.contains('mrtutor-ready'))"
    )


def test_the_first_page_forwards(open_page):
    page = open_page("index.html")
    page.wait_for_url("**/book/index.html")
    assert page.locator("main h1:visible").count() == 1


def test_the_ladder_comes_as_a_notebook_too(open_page):
    page = open_page("book/ladder.html")
    assert page.locator('a[href="ladder.ipynb"]').count() == 1
    notebook = page.request.get(page.url.replace("ladder.html", "ladder.ipynb")).json()
    assert any("classroom.train()" in "".join(cell["source"]) for cell in notebook["cells"])
