"""Yes, no, or too close to call: how paired measurements become the answer to a claim."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

Scores = Mapping[str, Mapping[int, Sequence[float]]]  # method -> nominal R -> one score a patient
UNITS = {"SSIM": ("", 3), "PSNR": (" dB", 2)}


def above_zero(difference: tuple[float, float]) -> bool | None:
    """(mean, half width of its interval): True above 0, False below, None where the interval holds 0."""
    mean, half = difference
    return True if mean - half > 0 else False if mean + half < 0 else None


def agreed(answers: Iterable[bool | None]) -> bool | None:
    """What all answers are; None where they differ. At least one answer."""
    first, *others = answers
    return first if all(answer is first for answer in others) else None


def unlike(answers: Mapping[str, bool | None]) -> str:
    """Where answers differ, in words."""
    words = {True: "yes", False: "no", None: "too close to call"}
    groups = {word: [key for key, other in answers.items() if other is answer] for answer, word in words.items()}
    return "; ".join(f"{word}: {', '.join(keys)}" for word, keys in groups.items() if keys)


def best(scores: Scores, names: Iterable[str], R: int) -> str:
    """The method of `names` with the highest mean at R. Raises ValueError where none was measured there."""
    there = {name: fmean(scores[name][R]) for name in names if R in scores.get(name, {})}
    if not there:
        raise ValueError(f"scores must hold one of {', '.join(names)} at R = {R}, got none")
    return max(there, key=there.get)


def written(difference: tuple[float, float], metric: str) -> str:
    """ "+0.021 ± 0.004" or "+1.20 ± 0.30 dB"."""
    unit, digits = UNITS[metric]
    return f"{difference[0]:+.{digits}f} ± {difference[1]:.{digits}f}{unit}"
