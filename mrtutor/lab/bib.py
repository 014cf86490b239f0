"""The bibliography as links: references.bib -> "Pruessmann et al. 1999" pointing at its DOI."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote, unquote

ENTRY = re.compile(r"@(\w+)\s*\{\s*([^,\s]+)\s*,")
FIELD = re.compile(r'(\w+)\s*=\s*(\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|"[^"]*"|\w+)')
ACCENTS = {"'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "c": "\u0327", "v": "\u030c"}
LETTERS = {
    r"\ss": "ß",
    r"\o": "ø",
    r"\O": "Ø",
    r"\ae": "æ",
    r"\l": "ł",
    r"\i": "i",
    r"\&": "&",
    "---": "—",
    "--": "–",
    "``": "“",
    "''": "”",
}


@dataclass(frozen=True)
class Work:
    """One entry of the bibliography, its fields as readable text."""

    authors: tuple[str, ...]
    year: str
    title: str
    source: str
    url: str

    @property
    def names(self) -> str:
        """Surnames as a text cites them: A · A and B · A et al."""
        family = [name.split(",")[0] if "," in name else name.split(" ")[-1] for name in self.authors]
        if len(family) > 2 or "others" in family:
            return f"{family[0]} et al."
        return " and ".join(family)

    def cite(self, in_text: bool = False) -> str:
        """A Markdown link: "A et al. 1999", or "A et al. (1999)" where the names are part of the sentence."""
        words = f"{self.names} ({self.year})" if in_text else f"{self.names} {self.year}"
        return f"[{words}]({self.url})" if self.url else words

    def __str__(self) -> str:
        authors = "; ".join(self.authors).replace("; others", " et al.")
        link = f" [{unquote(self.url).removeprefix('https://doi.org/')}]({self.url})" if self.url else ""
        title = self.title.replace("*", r"\*")  # T2*
        return f"{authors} ({self.year}). *{title}*.{f' {self.source}.' if self.source else ''}{link}"


def readable(tex: str) -> str:
    r"""TeX of a bibliography field -> Unicode: {\"o} -> ö, -- -> –, braces dropped."""
    text = re.sub(
        r"\\(['`^\"~]|[cv](?=[\s{]))\s*\{?\\?(\w)\}?", lambda m: unicodedata.normalize("NFC", m[2] + ACCENTS[m[1]]), tex
    )
    for code, letter in LETTERS.items():
        text = re.sub(re.escape(code) + (r"(?![a-zA-Z])\s?" if code[-1].isalpha() else ""), letter, text)
    return " ".join(re.sub(r"[{}]", "", text.replace("~", " ")).split())


def read_bib(text: str) -> dict[str, Work]:
    """BibTeX source -> works by key. A DOI is preferred to a URL."""
    entries, works = list(ENTRY.finditer(text)), {}
    for entry, following in zip(entries, [*entries[1:], None], strict=True):
        if entry[1].lower() in ("string", "comment", "preamble"):
            continue
        inside = text[entry.end() : following.start() if following else None]
        raw = {m[1].lower(): m[2][1:-1] if m[2][0] in '{"' else m[2] for m in FIELD.finditer(inside)}
        field = {key: readable(value) for key, value in raw.items()}
        doi = raw.get("doi", "").removeprefix("https://doi.org/")
        works[entry[2]] = Work(
            authors=tuple(re.split(r"\s+and\s+", field.get("author", field.get("editor", entry[2])))),
            year=field.get("year", "n.d."),
            title=field.get("title", entry[2]),
            source=", ".join(field[k] for k in ("journal", "booktitle", "publisher", "volume") if k in field),
            url=f"https://doi.org/{quote(doi)}" if doi else raw.get("url", ""),
        )
    return works
