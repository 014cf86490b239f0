"""What a reader of a chapter sees, taken out of its MyST source, and the rules of plain language on it.

The reading track is everything outside code cells and outside what is folded or marked for coders: directives named or
classed `dropdown`, `toggle` or `coder`, <details>, and sections whose heading stands below a line `{.coder}`.
"""

import ast
import re
from dataclasses import dataclass, field

BANNED = ("simply", "powerful", "AI magic", "ground truth", "obviously", "just")
AMERICAN = ("center", "centers", "centered", "color", "colors", "colored", "behavior", "gray", "analyze")
CLASH = (
    "ghost",
    "mask",
    "kernel",
    "prior",
    "sensitivity",
    "residual",
    "loss",
    "DC",
    "phase",
    "readout",
    "enhancement",
    "window",
    "ACS",
    "channel",
)
LITERAL = {"code-cell", "code", "code-block", "math", "raw"}
FOLDED = {"dropdown", "toggle", "coder"}
FENCE = re.compile(r"^\s*(`{3,}|:{3,}|~{3,})\s*(?:\{([\w:.-]+)\})?\s*(.*)$")
TERM = re.compile(r"\{term\}`[^`]*`")
EXPLAINS = re.compile(r"\b(is|are|means?|called|not)\b|[(:]")


@dataclass
class Directive:
    mark: str
    name: str
    argument: str
    options: dict[str, str]
    skip: int  # option lines still to come
    lines: list[str] = field(default_factory=list)

    @property
    def literal(self) -> bool:
        return self.name in LITERAL or (not self.name and self.mark[0] != ":")

    @property
    def folded(self) -> bool:
        return self.literal or self.name in FOLDED or bool(FOLDED & set(self.options.get("class", "").split()))


@dataclass
class Page:
    read: list[str] = field(default_factory=list)  # lines of the reading track
    directives: list[Directive] = field(default_factory=list)

    @property
    def cells(self) -> list[str]:
        return ["\n".join(one.lines) for one in self.directives if one.name == "code-cell"]


def options_below(lines: list[str]) -> tuple[dict[str, str], int]:
    """The options right below the opening of a directive, `:key: value` or a YAML block; how many lines they take."""
    if lines and lines[0].strip() == "---":
        stop = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == "---"), len(lines) - 1)
        found = [re.match(r"^\s*(\w[\w-]*):\s*(.*)$", line) for line in lines[1:stop]]
        return {m[1]: m[2] for m in found if m}, stop + 1
    found = []
    for line in lines:
        match = re.match(r"^\s*:([\w-]+):\s*(.*)$", line)
        if not match:
            break
        found.append(match)
    return {m[1]: m[2] for m in found}, len(found)


def split(source: str) -> Page:
    """Walk through the source line by line with the open directives on a stack."""
    lines = re.sub(r"\A---\n.*?\n---\n", "", source, flags=re.S).splitlines()
    page, stack, coder, marked, details = Page(), [], 0, False, False
    for number, line in enumerate(lines):
        fence, top = FENCE.match(line), stack[-1] if stack else None
        closes = (
            fence and top and line.strip() == fence[1] and fence[1][0] == top.mark[0] and len(fence[1]) >= len(top.mark)
        )
        if closes:
            stack.pop()
        elif top and top.skip:
            top.skip -= 1
        elif top and top.literal:
            top.lines.append(line)
        elif fence:
            visible_title = not coder and not details and not any(one.folded for one in stack)
            stack.append(Directive(fence[1], fence[2] or "", fence[3], *options_below(lines[number + 1 :])))
            page.directives.append(stack[-1])
            if visible_title and not stack[-1].literal and fence[2] not in ("figure", "image"):
                page.read.append(fence[3])  # the title of a folded box can be read
        elif re.fullmatch(r"\{[^}]*\.coder\b[^}]*\}\s*", line):
            marked = True
        else:
            heading = None if stack else re.match(r"^(#+)\s", line)
            if heading:
                coder = len(heading[1]) if marked else 0 if len(heading[1]) <= coder else coder
                marked = False
            details = details or "<details" in line
            if not (coder or details or any(one.folded for one in stack)):
                page.read.append(line)
            details = details and "</details>" not in line
    if stack:
        raise ValueError(f"the fence {stack[-1].mark} {stack[-1].name} is never closed")
    return page


def reading_text(source: str) -> str:
    """The reading track as MyST, without comments, labels and display equations."""
    text = re.sub(r"<!--.*?-->|\$\$.*?\$\$", " ", "\n".join(split(source).read), flags=re.S)
    return re.sub(r"^(%.*|\+\+\+.*|\([\w:.-]+\)=)$", "", text, flags=re.M)


def visible(source: str) -> str:
    """The words on the page: links and roles by their text; an equation, a number or a citation is one word."""
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", " ", reading_text(source))
    text = re.sub(r"\{(cite[\w:]*|glue[\w:]*|math|eq)\}`[^`]*`|\$[^$\n]+\$", " x ", text)
    text = re.sub(r"\{[\w:.-]+\}`([^`<]*)(<[^`>]*>)?`", r"\1", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"<[^>]+>|\{[^}\s]*\}", " ", text)


def count_words(source: str) -> int:
    return len(re.findall(r"[^\W_][\w'’.-]*", visible(source)))


def prose_in_code(cell: str) -> list[str]:
    """Texts of three words or more in a code cell: a reader meets them in widgets and captions."""
    tree = ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", cell, flags=re.M))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text for text in texts if len(text.split()) > 2]


def banned_words(source: str) -> list[str]:
    """Banned and American words that a reader would meet, each with a few words around it."""
    prose = [re.sub(r"(?<!\})`[^`\n]*`", " ", TERM.sub(" ", reading_text(source)))]
    prose += [text for cell in split(source).cells for text in prose_in_code(cell)]
    pattern = re.compile(r"(?<![\w/.-])(" + "|".join(map(re.escape, BANNED + AMERICAN)) + r")(?![\w=(])", re.I)
    return [
        text[max(0, m.start() - 20) : m.end() + 20].replace("\n", " ") for text in prose for m in pattern.finditer(text)
    ]


def images_without_alt(source: str) -> list[str]:
    """Images in Markdown, directives, HTML or code that say nothing to a reader who cannot see them."""
    page = split(source)
    found = re.findall(r"!\[\s*\]\([^)]*\)", source)
    found += [image for image in re.findall(r"<img\b[^>]*>", source) if not re.search(r'\balt="[^"]*\w', image)]
    found += [
        f"{one.name} {one.argument}"
        for one in page.directives
        if one.name in ("figure", "image") and not one.options.get("alt")
    ]
    for cell in page.cells:
        found += re.findall(r"\b(?:plt|pyplot)\.show\(|\bImage\(|\bshow\(\s*\w+\s*\)|\balt\s*=\s*(?:\"\"|'')", cell)
    return found


def unexplained(source: str) -> list[str]:
    """Clash words whose first use is neither a {term} link nor in emphasis in a sentence that explains it."""
    text = re.sub(r"^#+ .*$", "", reading_text(source), flags=re.M)
    text = re.sub(r"\{(?!term)[\w:.-]+\}`[^`]*`|(?<!\})`[^`\n]*`", " ", text)  # other roles and code
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    linked = [match.span() for match in TERM.finditer(text)]
    found = []
    for word in CLASH:
        pattern = rf"\b{word}(?:s|es)?\b"
        first = re.search(pattern, text, 0 if word.isupper() else re.I)
        if first is None or any(start <= first.start() < stop for start, stop in linked):
            continue
        start = max([0, *(m.end() for m in re.finditer(r"[.?!]\s|\n\s*\n", text[: first.start()]))])
        stop = re.search(r"[.?!](?:\s|$)|\n\s*\n|\Z", text[first.end() :]).start() + first.end()
        sentence = text[start:stop]
        emphasis = re.search(rf"\*[^*\n]*{pattern}[^*\n]*\*", sentence, re.I)
        if not (emphasis and EXPLAINS.search(sentence.replace(emphasis[0], " "))):
            found.append(f"{word}: ...{text[max(0, first.start() - 30) : first.end() + 30]}...".replace("\n", " "))
    return found
