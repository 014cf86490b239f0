"""Plain language in the chapters: length, banned words, alt text, words that mean something else to a radiologist."""

import re
from pathlib import Path

import pytest
import yaml
from helpers.language import (
    CLASH,
    TERM,
    banned_words,
    count_words,
    images_without_alt,
    reading_text,
    split,
    unexplained,
)

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("*.md"))
PAGES = sorted((ROOT / "book").glob("*.md"))
MAX_WORDS = 1100
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
each_page = pytest.mark.parametrize("path", CHAPTERS + PAGES, ids=lambda path: path.stem)


def glossary_terms() -> set[str]:
    """Every name in the glossary: the lines at the margin inside the directive."""
    inside = re.search(
        r"^```\{glossary\}\n(.*?)^```", (ROOT / "book/glossary.md").read_text(encoding="utf-8"), re.S | re.M
    )[1]
    return {line.strip().lower() for line in inside.splitlines() if line and not line[0].isspace() and line[0] != ":"}


def bibliography() -> set[str]:
    return set(re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "book/references.bib").read_text(encoding="utf-8"), re.M))


def test_every_chapter_of_the_book_is_checked_here():
    toc = yaml.safe_load((ROOT / "book/_toc.yml").read_text(encoding="utf-8"))
    listed = {
        entry["file"] for part in toc["parts"] for entry in part["chapters"] if entry["file"].startswith("chapters/")
    }
    assert listed and listed == {f"chapters/{path.stem}" for path in CHAPTERS}


@each_chapter
def test_the_reading_track_is_short(path):
    n = count_words(path.read_text(encoding="utf-8"))
    assert 200 < n <= MAX_WORDS, f"{n} visible words"


@each_page
def test_no_banned_words(path):
    text = path.read_text(encoding="utf-8").replace("\nground truth\n", "\n")  # the glossary says why not
    assert banned_words(text) == []


@each_page
def test_every_image_has_alt_text(path):
    assert images_without_alt(path.read_text(encoding="utf-8")) == []


@each_chapter
def test_clash_words_are_explained_at_first_use(path):
    assert unexplained(path.read_text(encoding="utf-8")) == []


@each_page
def test_glossary_links_lead_somewhere(path):
    known = glossary_terms()
    targets = [
        re.search(r"`(?:[^`<]*<([^`>]+)>|([^`]+))`", link) for link in TERM.findall(path.read_text(encoding="utf-8"))
    ]
    assert [t for m in targets if (t := " ".join((m[1] or m[2]).split()).lower()) not in known] == []


def test_every_clash_word_is_in_the_glossary_with_its_double():
    text = (ROOT / "book/glossary.md").read_text(encoding="utf-8")
    assert {word.lower() for word in CLASH} <= glossary_terms()
    for word in CLASH:
        entry = re.search(rf"^{word}\n(?:\S.*\n)*((?:  .*\n)+)", text, re.M)
        assert entry and re.search(r"Not to be confused with|no other sense", entry[1]), word


@pytest.mark.parametrize(
    "path", [*CHAPTERS, *PAGES, *sorted((ROOT / "mrtutor").rglob("*.py"))], ids=lambda path: str(path.relative_to(ROOT))
)
def test_citations_exist(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        groups = re.findall(r"\[((?:[A-Za-z]+(?:19|20)\d\d[a-z]*(?:[,;] )?)+)\]", text)
    else:
        groups = re.findall(r"\{cite[\w:]*\}`([^`]+)`", text)
    assert {key for group in groups for key in re.split(r"[,;]\s*", group)} <= bibliography()


@each_page
def test_no_emojis(path):
    assert re.findall("[\U0001f300-\U0001faff\u2600-\u27bf]", path.read_text(encoding="utf-8")) == []


PAGE = """---
title: head
---
# A title with a mask

The {term}`mask` is [here](x.md). See {cite:p}`Lustig2007`, $a + b$ and {glue:text}`n` lines.

```{code-cell} ipython3
:tags: [hide-input]
show(fig, "alt text")  # just code
note = "this is just wrong"
```

:::{admonition} For coders
:class: dropdown
Folded words.
````{note}
Nested folded words.
````
:::

<details><summary>S</summary> folded </details>

{.coder}
## Coding
Coder words.
### Deeper coder words

## Reading again
The ghost is here.
"""


def test_the_reading_track_is_what_a_reader_sees():
    text = reading_text(PAGE)
    assert "For coders" in text and "Reading again" in text and "ghost" in text
    assert not re.search("[Ff]olded|Coder|Deeper|hide-input|head|just", text)
    assert count_words("One two-fold $x$ [three](y) {term}`four <f>` {cite:p}`A2000` .") == 6
    assert split(PAGE).cells == ['show(fig, "alt text")  # just code\nnote = "this is just wrong"']


def test_each_rule_can_fail():
    assert banned_words(PAGE) == ["this is just wrong"]
    assert (
        banned_words("It is simply a powerful idea, the Ground truth.") != []
        and banned_words("We adjust it; {term}`ground truth`.") == []
    )
    assert (
        len(banned_words("simply powerful obviously just, color")) == 5
        and banned_words("code `center` and http://x/color") == []
    )
    assert images_without_alt("![](a.png)") and not images_without_alt("![a brain](a.png)")
    assert images_without_alt("```{figure} a.png\nA caption\n```") and not images_without_alt(
        "```{figure} a.png\n:alt: A brain\nA caption\n```"
    )
    assert images_without_alt("```{code-cell}\nplt.show()\n```") and images_without_alt(
        "```{code-cell}\nshow(fig)\n```"
    )
    assert images_without_alt('<img src="a.png">') and not images_without_alt('<img alt="A brain" src="a.png">')
    assert [line.split(":")[0] for line in unexplained(PAGE)] == ["ghost"]
    assert unexplained("A *ghost* is a repeat of moving tissue. The ghost is faint.") == []
    assert unexplained("Look: a ghost. A {term}`ghost` is a repeat.") and unexplained("A *ghost* there.")
    with pytest.raises(ValueError, match="never closed"):
        split("```{note}\nopen")


def test_the_map_says_which_chapters_stand():
    text = (ROOT / "book/map.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (\d+) \| (?:\[[^\]]+\]\(\.\./chapters/(\w+)\.md\)|[^|\[]+) \|[^|]+\| (yes|planned) \|$", text, re.M
    )
    assert [int(number) for number, _, _ in rows] == list(range(17))
    assert {stem for _, stem, stands in rows if stands == "yes"} == {path.stem for path in CHAPTERS}
    assert all(bool(stem) == (stands == "yes") for _, stem, stands in rows)


def test_the_map_places_every_claim_once():
    from mrtutor.claims import CLAIMS

    text = (ROOT / "book/map.md").read_text(encoding="utf-8")
    listed = []
    for first, last in re.findall(r"C(\d+)(?:–C(\d+))?", text):
        listed += range(int(first), int(last or first) + 1)
    assert sorted(listed) == [int(name[1:]) for name in CLAIMS]
