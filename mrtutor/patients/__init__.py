"""Virtual patients: brain slices whose truth is known, drawn from openly licensed heads (assets/NOTICE.md).

patient(seed, contrast, level, lesions, ...) -> Patient; volume(seed, n_slices, ...) -> adjacent slices of one patient.
Dials after `scan.acquire`: motion(kspace, ...), VENDORS, zero_fill, even_intensity. Simulated: a ranking of methods
found here may differ on patients.
"""

from .dials import VENDORS, Vendor, even_intensity, motion, zero_fill
from .heads import data_version
from .lesions import KINDS as LESION_KINDS
from .lesions import Lesion
from .render import LEVELS, Patient, patient, volume
from .subject import SPLITS
from .tissue import SEQUENCES, TISSUES

__all__ = [
    "LESION_KINDS",
    "LEVELS",
    "SEQUENCES",
    "SPLITS",
    "TISSUES",
    "VENDORS",
    "Lesion",
    "Patient",
    "Vendor",
    "data_version",
    "even_intensity",
    "motion",
    "patient",
    "volume",
    "zero_fill",
]
