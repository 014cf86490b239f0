"""MyST Markdown of a chapter -> Markdown that JupyterLab shows well: no directive, role or citation key is left."""

import re
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from textwrap import indent

from .bib import Work

MISSING = "(run the cell)"
OPEN = re.compile(r"^( *)(:{3,}|`{3,}|~{3,})(?:\{([\w:.+-]+)\})? *(.*?) *$")
OPTION = re.compile(r"^ *:([\w-]+):(?: +(.*))?$")
ROLE_CODE_MATHS = re.compile(
    r"(?:\{([\w:.+-]+)\})?(?<!`)(`+)(?!`)((?:(?!\n\n).)+?)(?<!`)\2(?!`)|\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL
)
DISPLAY_MATH = re.compile(r"\$\$(.+?)\$\$(?: *\(([\w:.-]+)\))?", re.DOTALL)
LINK = re.compile(r"(!?)\[([^\[\]]*)\]\(([^()\s]+)\)")
TITLES = {"seealso": "See also", "takehome": "Take home", "since": "Since then", "coder": "For coders"}
TITLED = ("admonition", "dropdown", "toggle", "card", "topic", "sidebar", "table", *TITLES)
SILENT = ("raw", "toctree", "tableofcontents", "contents", "index")


def hover(words: str, meaning: str) -> str:
    """Words that say what they mean when the mouse rests on them."""
    return f'<abbr title="{escape(meaning, quote=False).replace(chr(34), "&quot;")}">{words}</abbr>'


@dataclass
class Course:
    """What chapters refer to: titles, labels and glossary terms of the course, works of the bibliography."""

    titles: dict[str, str] = field(default_factory=dict)  # chapter file without ending -> title
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)  # label -> (chapter, words)
    terms: dict[str, str] = field(default_factory=dict)  # lower case -> what the glossary says
    works: dict[str, Work] = field(default_factory=dict)


class Page:
    """One chapter being translated: remembers what it cites, numbers its equations, collects its pictures."""

    def __init__(self, path: Path, course: Course, values: dict[str, str]):
        self.path, self.course, self.values = path, course, values
        self.cited: list[str] = []
        self.equations: list[str] = []
        self.explained: set[str] = set()  # a word of the glossary is explained where it first stands
        self.pictures: dict[str, Path] = {}

    def plain(self, text: str) -> str:
        """Markdown with directives -> Markdown without; nested directives too."""
        lines, prose, parts, i = text.split("\n"), [], [], 0
        while i < len(lines):
            fence = OPEN.match(lines[i])
            if not fence or (fence[2][0] == ":" and not fence[3]):
                prose.append(lines[i])
                i += 1
                continue
            margin, marks, name, argument = fence.groups()
            closing = re.compile(rf"^ *{marks[0]}{{{len(marks)},}} *$")
            end = next((j for j in range(i + 1, len(lines)) if closing.match(lines[j])), None)
            if name and end is None:  # it closes behind a code cell, where no box can reach: its title alone
                prose += ["", f"**{argument}**", ""]
                i = next((j for j in range(i + 1, len(lines)) if not OPTION.match(lines[j])), len(lines))
                continue
            end = len(lines) if end is None else end
            block = "\n".join(lines[i : end + 1])  # a listing, unless it has a {name}
            if name:
                body = [line.removeprefix(margin) for line in lines[i + 1 : end]]
                block = indent(self.directive(name, argument, body), margin)
            parts += [self.prose("\n".join(prose)), block]
            prose, i = [], end + 1
        parts.append(self.prose("\n".join(prose)))
        return "\n\n".join(part.strip("\n") for part in parts if part.strip())

    def directive(self, name: str, argument: str, lines: list[str]) -> str:
        options = {}
        while lines and (option := OPTION.match(lines[0])):
            options[option[1]] = option[2] or ""
            lines = lines[1:]
        body = "\n".join(lines)
        if name in SILENT:
            return ""
        if name == "math":
            return self.prose(f"$${body}$$" + (f" ({options['label']})" if "label" in options else ""))
        if name in ("code", "code-block", "sourcecode", "code-cell"):
            return f"```{argument}\n{body}\n```"
        if name in ("figure", "image"):
            return f"{self.picture(argument, options.get('alt', ''))}\n\n{self.plain(body)}"
        if name.startswith("glue"):
            return self.values.get(argument, MISSING)
        if name == "bibliography":
            keys = self.cited if "filter" in options else self.course.works
            return "\n".join(sorted(f"- {self.course.works[key]}" for key in keys))
        return self.box(name, argument, options.get("class", ""), body)

    def box(self, name: str, argument: str, classes: str, body: str) -> str:
        """An admonition as a quotation with a bold title; one that the book folds stays folded."""
        kind = TITLES.get(name, name.replace("-", " ").capitalize())
        if name in TITLED:
            title = self.prose(f"{kind} {argument}" if name == "since" else argument or kind)
        else:  # as in MyST, words behind {note} belong to the note
            title, body = kind, f"{argument}\n{body}"
        if name in ("dropdown", "toggle") or "dropdown" in classes:
            title = re.sub(r"[*`]", "", title)  # inside an HTML tag Markdown is not read
            return f"<details><summary>{title}</summary>\n\n{self.plain(body)}\n\n</details>"
        quoted = f"**{title}**\n\n{self.plain(body)}".strip().split("\n")
        return "\n".join(f"> {line}".rstrip() for line in quoted)

    def prose(self, text: str) -> str:
        """Roles, display mathematics, labels and links of text that holds no directive."""
        text = re.sub(r"^(?:\([\w:. -]+\)=|%.*|\{[.#][^}\n]*\}|:{3,} *)$\n?", "", text, flags=re.MULTILINE)
        text = DISPLAY_MATH.sub(lambda m: self.equation(*m.groups()), text)
        kept: list[str] = []  # code, formulas and finished roles, out of reach of the link pattern

        def keep(match: re.Match) -> str:
            kept.append(self.role(match[1], match[3]) if match[1] else match[0])
            return f"\0{len(kept) - 1}\0"

        text = ROLE_CODE_MATHS.sub(keep, text)
        text = re.sub(r"\[([^\[\]]*)\]\{[.#][^}\n]*\}", r"\1", text)  # a span with attributes
        text = re.sub(r"(?<=\))\{(?:[.#]|\w+=)[^}\n]*\}", "", text)  # attributes of a picture
        text = LINK.sub(lambda m: self.link(*m.groups()), text)
        while "\0" in text:
            text = re.sub("\0(\\d+)\0", lambda m: kept[int(m[1])], text)
        return re.sub(r"\n{3,}", "\n\n", text)

    def equation(self, tex: str, label: str | None) -> str:
        """One line, so that a quotation mark in front of the next line cannot enter the formula."""
        tag = rf" \tag{{{self.number(label)}}}" if label else ""
        return f"$${' '.join(tex.split())}{tag}$$"

    def number(self, label: str) -> int:
        if label not in self.equations:
            self.equations.append(label)
        return self.equations.index(label) + 1

    def role(self, name: str, text: str) -> str:
        words, target = re.fullmatch(r"(?:(.*?)\s*<([^<>]+)>|(.*))", text, re.DOTALL).group(1, 2)
        target = target or text
        if name.startswith("cite"):
            return self.cite(name, text)
        if name.startswith("glue"):
            return self.values.get(text.split(":")[0], MISSING)
        if name == "term":
            meaning = self.course.terms.get(target.lower()) if target.lower() not in self.explained else None
            self.explained.add(target.lower())
            return hover(words or text, meaning) if meaning else words or text
        if name in ("doc", "ref", "numref", "any", "download"):
            return self.link("", words or "", target)
        if name == "eq":
            return f"({self.number(target)})"
        if name == "math":
            return f"${text}$"
        if name in ("sub", "sup", "kbd"):
            return f"<{name}>{escape(text)}</{name}>"
        if name == "abbr":
            short, _, long = text.partition("(")
            return hover(short.strip(), long.strip(" )"))
        if name.startswith("py:") or name in ("func", "class", "meth", "mod", "attr", "code"):
            return f"`{(words or text).removeprefix('~')}`"
        return words or text

    def cite(self, role: str, keys: str) -> str:
        """Author–year links; a key that the bibliography lacks is shown as it is."""
        in_text, works = role.split(":")[-1].startswith("t"), self.course.works
        names = [key.strip() for key in keys.split(",")]
        self.cited += [key for key in names if key in works and key not in self.cited]
        links = [works[key].cite(in_text) if key in works else key for key in names]
        return ", ".join(links) if in_text else f"({'; '.join(links)})"

    def link(self, picture: str, words: str, target: str) -> str:
        """Chapters and labels -> the working copy; this chapter and pages without a copy -> their words alone."""
        if picture:
            return self.picture(target, words)
        if re.match(r"[a-z]+:|#", target):
            return f"[{words or target}]({target})"
        chapter, label_words = self.course.labels.get(target, (Path(target.split("#")[0]).stem, ""))
        title = self.course.titles.get(chapter, "")
        words = words or label_words or title or chapter.replace("_", " ")
        return f"[{words}]({chapter}.ipynb)" if title and chapter != self.path.stem else words

    def picture(self, target: str, alt: str) -> str:
        """A picture travels inside the notebook (as an attachment); one that is not there leaves its description."""
        path = self.path.parent / target
        if re.match(r"https?:|data:", target) or not path.is_file():
            return f"*Picture: {alt or Path(target).name}*"
        self.pictures[path.name] = path
        return f"![{alt}](attachment:{path.name})"
