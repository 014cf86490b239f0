"""Draw a slice: base head, made one person's, weighed by a sequence, shaded, given phase."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from . import compose
from .fields import shading
from .lesions import Lesion, choose, draw
from .subject import Subject
from .tissue import SEQUENCES, Sequence

LEVELS = {
    "orbits": -36.0,
    "posterior fossa": -26.0,
    "midbrain": -12.0,
    "basal ganglia": 4.0,
    "ventricles": 18.0,
    "centrum semiovale": 38.0,
    "vertex": 56.0,
}  # mm above the plane of the commissures


@dataclass(frozen=True)
class Patient:
    """A slice of a virtual patient: rows from front to back, columns from the patient's right to the left.

    image: complex64 (1, y, x), free of noise, brain about 1 on average; tissues: float32 (tissue, y, x), shares in the
    order of `anatomy.SHARES`; lesion: bool (1, y, x); fov_mm and voxel_mm: (y, x).
    """

    image: torch.Tensor
    tissues: torch.Tensor
    lesion: torch.Tensor
    fov_mm: tuple[float, float]
    contrast: str
    sequence: Sequence
    seed: int
    split: str
    head: str
    level_mm: float
    lesions: tuple[Lesion, ...] = ()
    letters: tuple[str, str, str, str] = ("A", "L", "P", "R")
    upright: str = "as is"

    @property
    def voxel_mm(self) -> tuple[float, float]:
        """Pixel size (y, x) in mm."""
        return self.fov_mm[0] / self.image.shape[-2], self.fov_mm[1] / self.image.shape[-1]

    @property
    def label(self) -> str:
        """What to write at the picture."""
        return f"Virtual patient {self.seed}, {self.contrast}-like"


@dataclass(frozen=True)
class Look:
    """How a slice is drawn, whoever it is; meanings as in `patient`."""

    contrast: str = "T1"
    size: int = 256
    lesions: str | list[Lesion] | None = None
    phase: bool = True
    texture: float = 1.0
    fill: float | None = None
    thickness_mm: float = 3.0
    bias: float = 1.0
    fat_shift_mm: float = 0.0

    def __post_init__(self):
        if self.contrast not in SEQUENCES:
            raise ValueError(f"contrast must be one of {tuple(SEQUENCES)}, got {self.contrast!r}")
        for name, low, high in (
            ("size", 16, 1024),
            ("fill", 0.2, 1.3),
            ("thickness_mm", 0.1, 10),
            ("texture", 0, 10),
            ("bias", 0, 3),
        ):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} must lie in {low}..{high}, got {value}")


def patient(
    seed: int,
    contrast: str = "T1",
    size: int = 256,
    level: str | float | None = "basal ganglia",
    lesions: str | list[Lesion] | None = None,
    split: str = "test",
    phase: bool = True,
    texture: float = 1.0,
    fill: float | None = None,
    thickness_mm: float = 3.0,
    bias: float = 1.0,
    fat_shift_mm: float = 0.0,
    head: str | None = None,
) -> Patient:
    """Draw one slice of virtual patient `seed`: the same arguments give the same patient, bit for bit on one machine.

    contrast      a name in SEQUENCES
    size          pixels along both axes; leave 256 and let `acquire` measure fewer, so that nothing is simulated on the
                  grid it is reconstructed on
    level         a name in LEVELS, mm above the plane of the commissures (-40..65), or None: drawn from the seed
    lesions       None; a kind ("ms", "metastasis", "infarct", "microbleed"): a plausible number of them; or `Lesion`s
    split         "train", "val", "test": other people for the same seed; "test" uses a head the others never see
    phase         False: an exactly real image
    texture, bias strength of the tissues' unevenness and of the coils' shading; 1 as in life, 0 none
    fill          share of the field of view that the head fills along columns (x); None: 256 mm, as the public brain
    thickness_mm  slice thickness, averaged over planes 1 mm apart
    fat_shift_mm  chemical shift of fat along rows (readout)
    Raises ValueError naming the argument, the rule and the value.
    """
    look = Look(contrast, size, lesions, phase, texture, fill, thickness_mm, bias, fat_shift_mm)
    subject = Subject(seed, split, head)
    height = _height(level, subject)
    return _slice(subject, look, height, height)


def volume(
    seed: int,
    n_slices: int,
    spacing_mm: float = 3.0,
    drift: float = 1.0,
    level: str | float | None = "basal ganglia",
    split: str = "test",
    head: str | None = None,
    **look,
) -> list[Patient]:
    """Adjacent slices of one patient from below upwards, around `level`; the other arguments as in `patient`.

    drift: how far the anatomy moves between slices, in units of spacing_mm; 0 repeats one slice, so that this is the
    dial of interslice correlation. Lesions are round in the third direction too, their centres in the middle slice.
    """
    if n_slices < 1:
        raise ValueError(f"n_slices must be 1 or more, got {n_slices}")
    subject, look = Subject(seed, split, head), Look(**look)
    middle = _height(level, subject)
    if look.lesions is not None:  # places chosen once, in the middle slice
        look = replace(look, lesions=list(_slice(subject, look, middle, middle).lesions))
    heights = middle + (np.arange(n_slices) - n_slices // 2) * spacing_mm * drift
    return [_slice(subject, look, float(height), middle) for height in heights]


def _height(level, subject):
    if level is None:
        return float(subject.rng("level").uniform(-38, 60))
    if isinstance(level, str) and level not in LEVELS:
        raise ValueError(f"level must be a number of mm or one of {tuple(LEVELS)}, got {level!r}")
    height = float(LEVELS.get(level, level) if isinstance(level, str) else level)
    if not -40 <= height <= 65:
        raise ValueError(f"level must lie in -40..65 mm, got {level}")
    return height


def _slice(subject, look, height, middle):
    """The slice at a height in mm; the field of view and the lesions' centres belong to the height `middle`."""
    sequence, size = SEQUENCES[look.contrast], look.size
    back, front, left_edge, right_edge = subject.extent(middle)
    length, width = front - back, right_edge - left_edge
    fov = (256.0, 256.0) if look.fill is None else (max(width / look.fill, length / 0.92), width / look.fill)
    voxel = (fov[0] / size, fov[1] / size)
    down, right = ((np.arange(size) - size // 2) * v for v in voxel)  # mm from the picture's centre
    forward, sideways = subject.offset[0] - down, subject.offset[1] - right  # mm from the head's middle
    y, x = (front + back) / 2 + forward, (right_edge + left_edge) / 2 + sideways
    tissues, t2_loss, grain = compose.tissues(subject, y, x, height, middle, voxel, look.thickness_mm)
    image = compose.weigh(subject, tissues, t2_loss, sequence, look.fat_shift_mm / voxel[0])
    lesions = choose(look.lesions, tissues, down, right, subject.rng("sites"))
    image, mask = draw(
        lesions, image, tissues, sequence, down, right, height - middle, lambda n: subject.rng("lesion", n)
    )
    image = image * (1 + look.texture * compose.unevenness(tissues, grain))
    image = image * shading(subject.rng("coils"), forward, sideways) ** np.float32(look.bias)
    if look.phase:
        image = image * np.exp(1j * compose.phase(subject, forward, sideways, height, length / 2, sequence))
    else:
        image = np.abs(image)
    return Patient(
        image=torch.from_numpy(image.astype(np.complex64))[None],
        tissues=torch.from_numpy(tissues),
        lesion=torch.from_numpy(mask)[None],
        fov_mm=tuple(map(float, fov)),
        contrast=look.contrast,
        sequence=sequence,
        seed=subject.seed,
        split=subject.split,
        head=subject.head,
        level_mm=height,
        lesions=lesions,
    )
