"""Tissues at 3 T and the sequences that weigh them: every grey value of a virtual patient comes from here."""

from dataclasses import dataclass
from math import cos, exp, pi, sin


@dataclass(frozen=True)
class Tissue:
    """Water content relative to CSF; relaxation times in ms; `off_hz` is the chemical shift at 3 T."""

    density: float
    t1: float
    t2: float
    t2_star: float
    off_hz: float = 0.0


FAT_HZ = -440.0  # 3.5 ppm at 3 T

TISSUES = {  # the columns of Tissue; sources behind
    "csf": Tissue(1.00, 4200, 2000, 700),  # [Hopkins1986]; the reference of density
    "grey": Tissue(
        0.83, 1400, 102, 63
    ),  # T1, T2 between [Wansapura1999] and [Stanisz2005]; T2* [Peters2007]; density [Tofts2003]
    "white": Tissue(0.69, 850, 75, 45),  # T1, T2* [Wansapura1999]; T2 between it and [Stanisz2005]; density [Tofts2003]
    "blood": Tissue(0.85, 1930, 150, 60),  # T1 [Stanisz2005]; what flow makes of it: Sequence.flow
    "muscle": Tissue(0.78, 1410, 40, 33),  # [Stanisz2005]; stands for skin, mucosa and lens too
    "fat": Tissue(0.78, 380, 80, 58, FAT_HZ),  # T1 [deBazelaire2004]; T2 as an echo train shows it
    "marrow": Tissue(0.60, 450, 70, 22, FAT_HZ),  # fatty marrow between trabeculae [deBazelaire2004]
    "dura": Tissue(0.55, 900, 35, 15),  # fibrous: falx and tentorium
}
LESION_TISSUES = {
    "plaque": Tissue(0.86, 1500, 140, 90),  # longer T1 and T2, more water than white matter [Tofts2003]
    "enhancing": Tissue(0.86, 480, 105, 60),  # after contrast agent: short T1
    "necrosis": Tissue(0.95, 2300, 300, 150),
    "oedema": Tissue(0.86, 1450, 135, 90),  # vasogenic
    "lacune": Tissue(0.98, 3600, 900, 400),  # old: nearly CSF
    "gliosis": Tissue(0.85, 1450, 140, 90),  # its rim
    "haemosiderin": Tissue(0.60, 1100, 22, 3),  # gone on gradient echo
}


@dataclass(frozen=True)
class Sequence:
    """kind: "gradient echo" (spoiled), "spin echo" or "inversion recovery"; times in ms, flip in degrees.

    flow: signal of fast arterial blood relative to white matter, set and not computed: inflow is bright, a flow void
    dark.
    """

    kind: str
    tr: float
    te: float
    ti: float = 0.0
    flip: float = 90.0
    flow: float = 0.15


SEQUENCES = {
    "T1": Sequence("gradient echo", tr=14, te=3.0, flip=30, flow=0.9),
    "T2": Sequence("spin echo", tr=5000, te=95),
    "PD": Sequence(
        "gradient echo", tr=48, te=12.4, flip=7, flow=0.35
    ),  # the protocol of the public 16-channel brain; its 8 degrees, as weak as its contrast shows
    "FLAIR": Sequence("inversion recovery", tr=9000, te=110, ti=2450),
}


def signal(tissue: Tissue, sequence: Sequence) -> complex:
    """Signal of a voxel full of `tissue`; complex where fat precesses.

    gradient echo: sin a (1 - E1) / (1 - cos a E1) exp(-TE/T2*) exp(2 pi i f TE), E1 = exp(-TR/T1);
    spin echo: (1 - E1) exp(-TE/T2); inversion recovery: |1 - 2 exp(-TI/T1) + E1| exp(-TE/T2) [Bernstein2004].
    All times the density. Raises ValueError for an unknown kind.
    """
    e1 = exp(-sequence.tr / tissue.t1)
    if sequence.kind == "gradient echo":
        a, turn = sequence.flip * pi / 180, 2 * pi * tissue.off_hz * sequence.te / 1000
        steady = sin(a) * (1 - e1) / (1 - cos(a) * e1) * exp(-sequence.te / tissue.t2_star)
        return tissue.density * steady * complex(cos(turn), sin(turn))
    if sequence.kind == "spin echo":
        return complex(tissue.density * (1 - e1) * exp(-sequence.te / tissue.t2))
    if sequence.kind == "inversion recovery":
        recovery = abs(1 - 2 * exp(-sequence.ti / tissue.t1) + e1)
        return complex(tissue.density * recovery * exp(-sequence.te / tissue.t2))
    raise ValueError(f"kind must be 'gradient echo', 'spin echo' or 'inversion recovery', got {sequence.kind!r}")


def brain_signal(sequence: Sequence) -> float:
    """Mean over a brain of 12 % CSF, 46 % grey and 42 % white matter: the unit of a patient's image."""
    return sum(
        share * abs(signal(TISSUES[t], sequence)) for t, share in (("csf", 0.12), ("grey", 0.46), ("white", 0.42))
    )
