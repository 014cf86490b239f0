"""Values from a file, checked against the defaults that they replace before anything is built from them."""

import math

MOST = 1000  # no size, count or step number inside a network is larger
WORDS = {
    bool: "true or false",
    int: f"a whole number of 0..{MOST}",
    float: "a number",
    str: "a word of up to 40 letters",
    tuple: "a list",
}


def check_values(owner: str, values, defaults: dict) -> None:
    """Raises ValueError, one sentence, where `values` is no table, has a name not in `defaults`, or a value of another
    kind.
    """
    if not isinstance(values, dict):
        raise ValueError(f"{owner} must be a table of names and values, got {values!r:.60}")
    for name, value in values.items():
        if name not in defaults:
            raise ValueError(f"{owner} takes {', '.join(defaults)}, got {name!r:.60}")
        if not alike(value, defaults[name]):
            kind = type(defaults[name])
            inside = f", each {WORDS[type(defaults[name][0])]}" if kind is tuple else ""
            raise ValueError(f"{name} of {owner} must be {WORDS[kind]}{inside}, got {value!r:.60}")


def alike(value, default) -> bool:
    """Could `value` stand where `default` stands? Lists are good for tuples, whole numbers for numbers."""
    if isinstance(default, tuple):
        return (
            isinstance(value, (list, tuple)) and 0 < len(value) <= 64 and all(alike(one, default[0]) for one in value)
        )
    if isinstance(default, str):
        return isinstance(value, str) and len(value) <= 40
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, int):
        return isinstance(value, int) and 0 <= value <= MOST
    return is_number(value)


def is_number(value) -> bool:
    """A finite number that is not too long for a float."""
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e30 and math.isfinite(value)
    )
