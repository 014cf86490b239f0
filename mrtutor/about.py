"""What the tables say of a method, and the lines it likes. All of it may be left out: a method in METHODS is enough.

To say more of your own, add an entry to `ABOUT` under its name in METHODS, with as much as you like of
`About(family=…, gain=…, cost=…, lines=…)`.
"""

import inspect
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from textwrap import shorten

from .methods import METHODS, Trained

CLASSICAL, AFTER, TURNS, DOMAINS, COMPLEX, YOURS = (
    "Nothing is trained",
    "A network after the reconstruction",
    "Network and measured lines in turns",
    "k-space or wavelets too",
    "Complex numbers inside",
    "Your own",
)
REGULAR, IRREGULAR = "equispaced", "variable density"  # names in `sampling.PATTERNS`
LONGEST = 140  # characters of a sentence in a table


@dataclass(frozen=True)
class About:
    """One method in words.

    family  the heading it stands under, in the tables, wherever in METHODS it comes
    gain    a sentence: what it gains; without it the first line of its docstring
    cost    a sentence: what it costs, or nothing
    lines   those it likes, a name in `sampling.PATTERNS`; at each rung of the ladder all methods have as many
    """

    family: str = YOURS
    gain: str = ""
    cost: str = ""
    lines: str = IRREGULAR


ABOUT = {
    "Zero-filled": About(
        CLASSICAL,
        "Nothing is assumed, and there is nothing to solve.",
        "Every skipped line is a copy or a blur.",
        REGULAR,
    ),
    "CG-SENSE": About(
        CLASSICAL,
        "The coils pull the copies apart.",
        "Noise, most where the coils hear alike; it asks for good coil maps.",
        REGULAR,
    ),
    "GRAPPA": About(
        CLASSICAL,
        "The same from the scan's own centre, without coil maps.",
        "The same noise; at high R the centre is too small to learn from, and it fails or refuses.",
        REGULAR,
    ),
    "Wavelet CS": About(
        CLASSICAL,
        "Noise and random gaps are cleaned, with no training at all.",
        "Faint detail counts as noise; λ has to be chosen, and at high R it wants many more iterations.",
    ),
    "TV CS": About(CLASSICAL, "Calm areas, sharp edges.", "Steps and patches where tissue is smooth."),
    "GRAPPA + denoiser": About(
        AFTER,
        "GRAPPA, then a network that takes the grain away. Meant for moderate R.",
        "It cannot mend what GRAPPA broke. At R = 6 and 8 with eight coils nobody would use it.",
        REGULAR,
    ),
    "U-Net": About(
        AFTER,
        "One pass over the image, in milliseconds.",
        "Nothing holds it to the measured lines: what it draws may be likely and wrong.",
    ),
    "Cascade": About(
        TURNS,
        "Small networks, and after each one the measured lines are respected again.",
        "Only as good as the coil maps that tie image and lines together.",
    ),
    "VarNet": About(
        TURNS,
        "A small step towards the measured lines and a learned correction, again and again.",
        "Many rounds are needed, since each step towards the lines is small.",
    ),
    "Sigma-net": About(
        TURNS,
        "One small network, and in each round an exact fit to the measured lines.",
        "The fit is solved again and again, which takes time.",
    ),
    "Learned DC": About(
        TURNS,
        "Learns how far to trust the data, where noise is not the same everywhere.",
        "One more thing to train, and slow.",
    ),
    "MoDL": About(
        TURNS,
        "Starts from compressed sensing, is told the noise, fits the measured lines in each round. "
        "Highest scores here.",
        "By far the longest training, slow to run; small lesions still fade at high R.",
    ),
    "KIKI-net": About(
        DOMAINS,
        "A network for k-space and one for the image, in turns.",
        "Here most of its gain is the fit to the measured lines, not what it learned in k-space.",
    ),
    "MD-Recon-Net": About(
        DOMAINS,
        "k-space and image side by side, mixed in every stage.",
        "Little beyond what the fit to the measured lines gives.",
    ),
    "IKWI-net": About(
        DOMAINS,
        "Image, k-space, wavelets and image again.",
        "More domains, not more truth: close to KIKI-net.",
    ),
    "HIWDNet": About(
        DOMAINS,
        "Image and wavelets, each with a module of its own.",
        "Two modules to train; beyond the fit to the measured lines the gain is small here too.",
    ),
    "Complex unrolled": About(
        COMPLEX,
        "Phase and magnitude stay together in every layer.",
        "Twice the arithmetic for each weight.",
    ),
    "Complex dense net": About(
        COMPLEX,
        "Every layer sees all earlier ones, in complex numbers.",
        "Memory, and no fit to the data inside.",
    ),
    "Dual-octave net": About(
        COMPLEX,
        "Coarse structure is worked on at half the matrix, which is cheaper.",
        "Fine and coarse must be exchanged in every layer.",
    ),
    "DeepcomplexMRI": About(
        COMPLEX,
        "All coil images in, all out: it needs no coil maps.",
        "Tied to eight coils; another array needs another training.",
    ),
}


def about(name: str) -> About:
    """What is said of the method `name`: its entry of ABOUT, and where that has no gain the docstring's first line."""
    said = ABOUT.get(name, About())
    return said if said.gain else replace(said, gain=first_line(METHODS.get(name)))


def first_line(method) -> str:
    """The first line of a method's own docstring (a network's: of its class), shortened where it is long."""
    while isinstance(method, partial):
        method = method.func
    if isinstance(method, Trained):
        method = method.network
    own = method if inspect.isroutine(method) or inspect.isclass(method) else type(method)
    words = (vars(own).get("__doc__") if inspect.isclass(own) else own.__doc__) or ""  # never one that is inherited
    return shorten(words.strip().partition("\n")[0], LONGEST, placeholder=" …") or "No words yet: it has no docstring."


def families(names: Iterable[str]) -> dict[str, list[str]]:
    """family -> those of `names` that belong to it; families in the order in which METHODS begins them."""
    names = list(names)
    order = dict.fromkeys(about(name).family for name in (*METHODS, *names))
    groups = {family: [name for name in names if about(name).family == family] for family in order}
    return {family: group for family, group in groups.items() if group}
