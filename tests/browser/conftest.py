"""The built book in a real browser: served below a path prefix on this machine, or opened from disk.

Without Chromium or without a built book these tests are skipped, unless MRTUTOR_REQUIRE_BROWSER=1 (as in CI).
"""

import os
import shutil
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
HTML = Path(os.environ.get("MRTUTOR_HTML", ROOT / "book" / "_build" / "html"))
PREFIX = "/some/hospital/mr-book/"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
REQUIRED = os.environ.get("MRTUTOR_REQUIRE_BROWSER") == "1"


def missing(reason: str):
    """Skip with the reason; where a browser is required, fail with it."""
    if REQUIRED:
        pytest.fail(f"{reason} (MRTUTOR_REQUIRE_BROWSER=1)")
    pytest.skip(reason)


def pages() -> list[str]:
    """Every built page, as its path below the book's folder. The first one is left out: it only forwards."""
    found = sorted(p.relative_to(HTML).as_posix() for p in HTML.rglob("*.html") if "_static" not in p.parts)
    return [path for path in found if path != "index.html"] or ["book/index.html"]


def pytest_generate_tests(metafunc):
    """A test that takes `page_path` runs once for every built page, `chapter_path` once for every chapter."""
    if "page_path" in metafunc.fixturenames:
        metafunc.parametrize("page_path", pages())
    if "chapter_path" in metafunc.fixturenames:
        metafunc.parametrize(
            "chapter_path", [path for path in pages() if path.startswith("chapters/")] or ["chapters/00_start.html"]
        )


class Handler(SimpleHTTPRequestHandler):
    """The book below PREFIX, and nothing anywhere else."""

    def translate_path(self, path):
        inside = path.startswith(PREFIX)
        return super().translate_path(path.removeprefix(PREFIX.rstrip("/")) if inside else "/nothing-here")

    def log_message(self, *args):
        """Say nothing: the tests look at the browser's side."""


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need the extra: test")
    if not CHROMIUM:
        missing("no Chromium on this machine: install it, for instance by apt install chromium")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def book_url():
    """Where the built book is served, with a slash at the end."""
    if not (HTML / "book" / "index.html").exists():
        missing("the book is not built: run `make book` first")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(HTML))) as server:
        server.handle_error = lambda *args: None  # a page that was closed while it loaded
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
        server.shutdown()


@pytest.fixture
def open_page(browser, book_url):
    """Open a page of the book: open_page("chapters/01_kspace.html", width=390, scheme="dark", disk=True) -> playwright
    page.

    At the end of the test everything that went wrong in any opened page fails it: an error in the console, an
    exception, a failed request, a request to anywhere but the book. `page.problems` lists them; clear it when they are
    the test's point. `page.loaded` are the requests that were answered.
    """
    contexts, opened = [], []

    def go(path: str, width: int = 1280, scheme: str = "light", disk: bool = False, height: int = 900):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        home = HTML.as_uri() + "/" if disk else book_url
        watch(page, home)
        opened.append(page)
        page.goto(home + path)
        page.wait_for_load_state("networkidle")
        return page

    yield go
    found = [problem for page in opened for problem in page.problems]
    for context in contexts:
        context.close()
    assert not found, "\n".join(found)


def watch(page, home: str):
    """Note on the page what goes wrong in it, and what it loads."""
    page.problems, page.loaded = [], []

    def asked(request):
        if not request.url.startswith((home, "data:", "blob:")):
            page.problems.append(f"{page.url}: asks another place: {request.url}")

    def answered(response):
        if response.status >= 400:
            page.problems.append(f"{page.url}: {response.status} for {response.url}")

    page.on("request", asked)
    page.on("response", answered)
    page.on("requestfinished", lambda request: page.loaded.append(request))
    page.on(
        "requestfailed",
        lambda request: page.problems.append(f"{page.url}: could not load {request.url}: {request.failure}"),
    )
    page.on(
        "console",
        lambda said: page.problems.append(f"{page.url}: console: {said.text}") if said.type == "error" else None,
    )
    page.on("pageerror", lambda error: page.problems.append(f"{page.url}: {error}"))


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, the accessibility checker; kept beside the built book."""
    sys.path.insert(0, str(ROOT / "book"))
    import npm

    return npm.axe(ROOT / "book" / "_build" / "axe").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def violations(axe):
    """violations(page) -> the serious and critical violations that axe-core finds in what the page shows now, one line
    each.
    """

    def find(page) -> list[str]:
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{page.url}: {one['id']} ({one['impact']}): {one['help']}: {one['nodes'][0]['html'][:300]}"
            for one in result["violations"]
            if one["impact"] in ("serious", "critical")
        ]

    return find
