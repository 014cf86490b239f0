"""A scan: raw k-space with all that is needed to look at it, from a virtual patient or from an HDF5 file.

scan = load("brain-16ch", otherwise=lambda: acquire(patient(7)))     the real brain where it was fetched
scan = read("my_exam.h5", slice=12)                                  your own fastMRI-style file
"""

from .acquire import acquire
from .core import Scan
from .files import open_file, read
from .orientation import UPRIGHT
from .rules import ScanFileError, ScanFileWarning
from .saving import write
from .shelf import find, load

__all__ = [
    "UPRIGHT",
    "Scan",
    "ScanFileError",
    "ScanFileWarning",
    "acquire",
    "find",
    "load",
    "open_file",
    "read",
    "write",
]
