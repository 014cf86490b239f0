"""The ISMRMRD header of a fastMRI file: parsed as XML, and believed only as far as it fits the array."""

import re
from dataclasses import dataclass
from xml.parsers import expat

MAX_DEPTH, MAX_ELEMENTS, MAX_ATTRIBUTES = 64, 50_000, 256
MAX_ENCODINGS = 64
SAME = 0.01  # two lengths that differ by less are the same
NUMBER = re.compile(r"[+]?([0-9]{1,9}([.][0-9]{0,20})?|[.][0-9]{1,20})([eE][+-]?[0-9]{1,2})?", re.ASCII)


class HeaderError(ValueError):
    """A header that is no XML of a harmless kind, and why, in a few words."""


@dataclass(frozen=True)
class Space:
    """One axis of an encoding: `n` samples over `field` mm."""

    n: float
    field: float

    @property
    def pixel(self) -> float:
        return self.field / self.n


def voxel_of(header: bytes, shape: tuple[int, int]) -> tuple[float, float] | None:
    """(y, x) in mm of an array whose k-space has `shape` = (y readout, x phase encoding); None where it cannot be told.

    Of several encodings the first counts that fits the array. Raises `HeaderError` where the header is no XML.
    """
    for encoding in _encodings(header):
        readout, phase = (_axis(encoding, name) for name in "xy")  # x of the header is readout, our rows
        if encoding.get(("trajectory",), ["cartesian"]) not in (["cartesian"], ["epi"]):
            continue
        y, x = _pixel(readout, shape[0]), _pixel(phase, shape[1])
        if (y is None or x is None) and _measured(phase, readout) == tuple(shape):  # rows and columns changed places
            y, x = _pixel(phase, shape[0]), _pixel(readout, shape[1])
        if y is not None and x is not None:
            return y, x
    return None


def _pixel(spaces: tuple[Space | None, Space | None], n: int) -> float | None:
    """The pixel along an axis of `n` samples, from its encoded and reconstructed space; None where they leave a doubt.

    `n` is the encoded matrix: as measured. `n` is the reconstructed one: oversampling was cut off (the pixel stays) or
    the matrix was changed (the field of view stays); where both changed, nobody knows which the array is.
    """
    encoded, recon = spaces
    if encoded is None:
        return None
    if n == encoded.n:
        doubt = recon is not None and recon.n == n and not _same(recon.field, encoded.field)
        return None if doubt else encoded.pixel
    if recon is not None and n == recon.n and (_same(recon.pixel, encoded.pixel) or _same(recon.field, encoded.field)):
        return recon.pixel
    return None


def _measured(*axes) -> tuple:
    return tuple(encoded and encoded.n for encoded, _ in axes)


def _same(a: float, b: float) -> bool:
    return abs(a - b) <= SAME * max(a, b)


def _axis(encoding: dict, name: str) -> tuple[Space | None, Space | None]:
    """Encoded and reconstructed space along "x" or "y"; None where one of its two numbers is missing or no number."""
    spaces = []
    for space in ("encodedSpace", "reconSpace"):
        n, field = (_number(encoding.get((space, what, name))) for what in ("matrixSize", "fieldOfView_mm"))
        spaces.append(Space(n, field) if n and field and n == int(n) else None)
    return spaces[0], spaces[1]


def _number(texts: list[str] | None) -> float | None:
    """The one positive number of an element; None for no element, two of them, or anything else."""
    return float(texts[0]) if texts and len(texts) == 1 and NUMBER.fullmatch(texts[0]) else None


def _encodings(header: bytes) -> list[dict]:
    """What stands in each `encoding`: {path below it: [texts]}: ("encodedSpace", "matrixSize", "x"): ["640"]."""
    try:
        return _Reader().read(header)
    except (expat.ExpatError, LookupError) as error:  # no XML, or letters of a name that nobody knows
        problem = str(error)
    try:
        return _Reader("utf-8").read(header)  # text that was stored in other letters than it says
    except expat.ExpatError:
        raise HeaderError(f"text that is no XML ({problem})") from None


class _Reader:
    """Walks through the XML once and keeps no tree. DOCTYPE, and with it every entity, is refused."""

    def __init__(self, letters: str | None = None):
        self.parser = expat.ParserCreate(letters, namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler, self.parser.EndElementHandler = self.start, self.end
        self.parser.CharacterDataHandler, self.parser.StartDoctypeDeclHandler = self.text, self.doctype
        self.path: list[str] = []
        self.words: list[list[str]] = [[]]  # the text so far of each open element
        self.found: list[dict] = []
        self.count, self.home = 0, ""

    def read(self, header: bytes) -> list[dict]:
        if b"\0" not in header.strip(b"\0"):
            header = header.strip(b"\0 \t\r\n")
        elif len(header) % 2:  # UTF-16 whose last zero byte was taken for padding
            header += b"\0"
        self.parser.Parse(header, True)
        return self.found

    def start(self, name: str, attributes: dict):
        namespace, _, local = name.rpartition(" ")
        self.home = namespace if not self.path else self.home
        self.path.append(local if namespace == self.home else "?" + local)  # another vocabulary's words are not ours
        self.count += 1
        if len(self.path) > MAX_DEPTH or self.count > MAX_ELEMENTS or len(attributes) > MAX_ATTRIBUTES:
            raise HeaderError("XML of absurd depth or size")
        if self._below() == ():
            self.found.append({})
            if len(self.found) > MAX_ENCODINGS:
                raise HeaderError("XML of absurd depth or size")
        self.words[-1].append("?")  # an element with others inside it is no number
        self.words.append([])

    def end(self, name: str):
        words, below = "".join(self.words.pop()).strip(), self._below()
        if below:
            self.found[-1].setdefault(below, []).append(words)
        self.path.pop()

    def text(self, words: str):
        self.words[-1].append(words)

    def doctype(self, *_):
        raise HeaderError("XML with a DOCTYPE, which could hold entities")

    def _below(self) -> tuple | None:
        """The path below `encoding`, which is the root or its child; None elsewhere."""
        for start in (["ismrmrdHeader", "encoding"], ["encoding"]):
            if self.path[: len(start)] == start:
                return tuple(self.path[len(start) :])
        return None
