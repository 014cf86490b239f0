"""The 104 claims as data: `claims.toml`, read once."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Part:
    """A piece of a claim. `expect` is False where the review is loose and an honest measurement says no."""

    gate: str
    expect: bool = True

    def red(self, holds: bool | None) -> bool:
        """A and B must come out as expected. "Depends" (None) is an answer for B, not for physics (A)."""
        if holds is None:
            return self.gate == "A"
        return self.gate in ("A", "B") and holds is not self.expect


@dataclass(frozen=True)
class Claim:
    """One claim: the review's words, our experiment, what should come out, and how strict the test is.

    gate: "A" must hold, "B" should hold with the shipped seeds, "C" is printed either way, "-" is discussed only;
    two letters, as in "B / C", where `parts` differ or where the stricter one counts.
    """

    id: str
    quote: str
    section: str
    experiment: str
    quantity: str
    expected: str
    chapters: tuple[int, ...]
    gate: str
    expect: bool = True
    note: str = ""
    parts: dict[str, Part] = field(default_factory=dict)

    @property
    def strictest(self) -> str:
        """The letter that counts when no part is named: A before B before C."""
        letters = [part.gate for part in self.parts.values()] or self.gate.split("/")
        return min(letter.strip() for letter in letters)

    def part(self, name: str) -> Part:
        if name not in self.parts:
            raise ValueError(
                f"part must be one of {list(self.parts) or 'none (this claim has no parts)'} for {self.id}, "
                f"got {name!r}"
            )
        return self.parts[name]

    def red(self, holds: bool | Mapping[str, bool | None] | None) -> bool:
        """Whether this outcome must stop the build; raises when a plain yes or no cannot be judged."""
        if isinstance(holds, Mapping):
            return any([self.part(name).red(outcome) for name, outcome in holds.items()])
        if len({part.expect for part in self.parts.values()}) <= 1:
            return Part(self.strictest, self.expect).red(holds)
        if holds is None:  # right in one part and loose in another: "depends" is the honest verdict
            return False
        raise ValueError(
            f"part must be one of {list(self.parts)} for {self.id} (they should come out differently), got none"
        )


def load() -> dict[str, Claim]:
    """id -> Claim, C01 to C104 in order."""
    table = tomllib.loads(Path(__file__).with_name("claims.toml").read_text(encoding="utf-8"))
    claims = {}
    for id, entry in table.items():
        parts = {name: Part(**part) for name, part in entry.pop("parts", {}).items()}
        claims[id] = Claim(id, chapters=tuple(entry.pop("chapters")), parts=parts, **entry)
    return claims
