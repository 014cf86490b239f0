"""Where the openly licensed real scans come from, and what is known about each."""

from dataclasses import dataclass
from pathlib import Path

BASE = "https://raw.githubusercontent.com/"
_PULSEQ = (
    "pulseq/MR-Physics-with-Pulseq/446ac401ff5b2e1ab4ca5a6d36fc7434a83afd99/"
    "tutorials/04_hardware_and_imprefections/data/"
)
_FLASH = (
    "2-D FLASH, 3 T, field of view 256 mm, 128 x 128, slice 3 mm, TE 12.4 ms, TR 48 ms, flip angle 8 degrees, no "
    "readout oversampling"
)


@dataclass(frozen=True)
class Source:
    """One public raw data set. `source` is the text that files made from it carry, and by which they are known again.

    Letters are (top, right, bottom, left) of the upright picture. No source says which side is left: those stay empty.
    """

    file: str
    url: str  # below BASE
    sha256: str
    licence: str
    source: str
    label: str
    acquisition: str
    upright: str
    letters: tuple[str, str, str, str] = ("A", "", "P", "")
    voxel_mm: tuple[float, float] | None = None  # None: the source does not say
    matrix: tuple[int, int] = (128, 128)  # (y, x) that this voxel belongs to


SOURCES = {
    "brain-16ch": Source(
        "brain_pulseq_16ch.h5",
        _PULSEQ + "2024-02-06-164128.dat",
        "b948e9f88fe0a5cc85b812d4e26bd2fd6da0959fe8c8e9a1d9a2d0ced7dd6cf7",
        "MIT (c) 2024 pulseq",
        "pulseq/MR-Physics-with-Pulseq:tutorials/04_hardware_and_imprefections/data/2024-02-06-164128.dat",
        "Real scan: 16-channel FLASH, PD-like",
        "axial brain in vivo, 16-channel head array; " + _FLASH,
        "transpose",
        voxel_mm=(2.0, 2.0),
    ),
    "brain-bodycoil": Source(
        "brain_pulseq_bodycoil_2ch.h5",
        _PULSEQ + "2024-02-06-164120.dat",
        "257883b353ba60aab246963068c315e561344b2bab9ffb20e45a7d79f4c1343e",
        "MIT (c) 2024 pulseq",
        "pulseq/MR-Physics-with-Pulseq:tutorials/04_hardware_and_imprefections/data/2024-02-06-164120.dat",
        "Real scan: body coil, the same slice",
        "axial brain in vivo, 2-channel body coil; " + _FLASH,
        "transpose",
        voxel_mm=(2.0, 2.0),
    ),
    "phantom-16ch": Source(
        "phantom_pulseq_16ch.h5",
        _PULSEQ + "2024-02-06-160052.dat",
        "842c36ce3d40b716c4a8dd152c65ec3973136d076614132fd0395205ce3f3aa1",
        "MIT (c) 2024 pulseq",
        "pulseq/MR-Physics-with-Pulseq:tutorials/04_hardware_and_imprefections/data/2024-02-06-160052.dat",
        "Real scan: sphere phantom, 16 channels",
        "sphere phantom, 16-channel head array; " + _FLASH,
        "transpose",
        ("", "", "", ""),
        (2.0, 2.0),
    ),
    "phantom-gre": Source(
        "phantom_twixtools_gre_2ch.h5",
        "pehses/twixtools/ab8210e15ea38b3f35daa945e273acbac3f01d9f/example_data/gre.dat",
        "10ce71c8cba94fb47989fe69d45c86673508f178e8b4c2399e805f27936b01ca",
        "MIT (c) 2021 Philipp Ehses",
        "pehses/twixtools:example_data/gre.dat",
        "Real scan: structured phantom, 2 channels",
        "structured phantom, gradient echo, 3 T, field of view 200 mm, readout oversampled twofold to 400 mm",
        "transpose",
        ("", "", "", ""),
        (1.25, 1.25),
        (320, 160),
    ),
    "brain-poisson-8ch": Source(
        "brain_sigpy_8ch_poisson.h5",
        "mikgroup/sigpy-mri-tutorial/b21dcdcfac8557ebb4c2bda1e9faf2cb1e1b6a33/data/cartesian_ksp.npy",
        "bcfd07b767d26602bfccd08329321be57d500dc3f6b208cccddeb59162573045",
        "BSD-3-Clause (mikgroup/sigpy-mri-tutorial)",
        "mikgroup/sigpy-mri-tutorial:data/cartesian_ksp.npy",
        "Real scan: 8-channel T1, 12 % measured",
        "axial brain in vivo, T1, two phase-encoding directions, prospective variable-density Poisson disc",
        "rotate 180",
    ),
}


def by_source(text) -> Source | None:
    """The entry whose files carry this `source` attribute."""
    return next((s for s in SOURCES.values() if s.source == text), None)


def entry(name: str) -> Source:
    """The entry called `name`."""
    if name not in SOURCES:
        raise ValueError(f"name must be one of {', '.join(SOURCES)}, got {name!r}")
    return SOURCES[name]


def cache_folder() -> Path:
    """Where fetched scans lie when no folder is named: the user's cache for mrtutor."""
    import pooch

    return Path(pooch.os_cache("mrtutor"))
