"""What the reader moves on the ladder's page: any method, at any rung, on the virtual patient and on the real brain."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from torch import Tensor

from ... import metrics
from ... import scan as scans
from ...methods import METHODS
from ...scan import Scan
from ...show import watch
from ...widgets import Control, Place, View, compare, image, text
from ..common.cases import course_maps
from . import rungs as ladder

ACCELERATIONS = (4, 6, 8)
GREYS = 255  # between 0 and a picture's maximum: with 16 bits both bytes of a pixel are then alike, and load as one
REAL_WINDOW = 0.9  # the real brain is shaded: at `ladder.WINDOW` its back would be white
BESIDE = "Wavelet CS"  # always shown: the best that is solved for one scan alone


@lru_cache(maxsize=1)
def slices() -> list[Scan]:
    """The page's slices: the ladder's virtual patient, FLAIR with plaques and T2 without; the real brain if fetched."""
    found = [ladder.case("FLAIR"), ladder.case("T2", plaques=False)]
    if scans.find("brain-16ch"):
        brain = scans.load("brain-16ch")
        found.append(replace(brain, maps=course_maps(brain.kspace), label=brain.plain_label))
    return found


@lru_cache(maxsize=16)
def rungs(case: Scan, acceleration: int) -> dict[str, dict]:
    """Every method at one rung, see `ladder.rung`; of the image only what is shown is kept, "picture" (see `greys`)."""
    table = ladder.rung(watch(METHODS, f"R = {acceleration}"), case, acceleration)
    for row in table.values():
        del row["mask"]
        if "image" in row:
            row["picture"] = greys(row.pop("image"), case)
    return table


def greys(array: Tensor, case: Scan) -> tuple[Tensor, Tensor]:
    """The head of an image, as whole steps of grey from 0 to `GREYS` (uint8), and the brightness of one step."""
    magnitude = array.abs()[around_the_head(case)]
    step = magnitude.max() / GREYS
    return (magnitude / step).round().byte(), step


def pictures(case: Scan, key: str) -> View:
    """Full scan, compressed sensing and any method, at any rung, under one window."""
    window = (0, (REAL_WINDOW if case.real else ladder.WINDOW) * float(case.image.abs().max()))

    def picture(greys: tuple[Tensor, Tensor], corner: str = "", marks=()):
        steps, step = greys
        return image(steps * step, window=window, corner=corner, marks=marks)

    full = picture(greys(case.image, case), marks=plaques(case))

    @lru_cache  # a pane that many states show is kept once
    def pane(name: str, R: int):
        row = rungs(case, R)[name]
        if "refuses" in row:
            return text(f"Refuses: {row['refuses']}")
        return picture(row["picture"], f"R {row['R']:.1f}, {row['PSNR']:.1f} dB")

    names = [name for name in METHODS if name != BESIDE]
    return compare(
        lambda method, R: {"Full scan": full, BESIDE: pane(BESIDE, R), method: pane(method, R)},
        {"method": Control(names, "Method"), "R": Control(list(ACCELERATIONS), "R, nominal")},
        scan=case,
        reference="Full scan",
        start={"method": "U-Net", "R": 8},
        columns=3,
        key=key,
        bits=16,
        alt=f"{case.label}: the full scan, wavelet compressed sensing, and a method of your choice at R 4, 6 or 8. "
        f"At R 4 {best(rungs(case, 4))} scores highest.",
        caption=f"{case.label}, {'measured' if case.real else 'simulated'}, {len(case.kspace)} coils, "
        "same window in all panes. Press d for the difference.",
    )


def best(rows: Mapping[str, Mapping]) -> str:
    """The method with the highest PSNR of a rung."""
    return max((row["PSNR"], name) for name, row in rows.items() if "PSNR" in row)[1]


def plaques(case: Scan) -> list[Place]:
    """The virtual plaques where `pictures` shows them, each with its diameter in mm."""
    if case.lesion is None or not bool(case.lesion.any()):
        return []
    from scipy.ndimage import center_of_mass, label

    found, n = label(case.lesion[0].numpy())
    numbers = sorted(range(1, n + 1), key=lambda number: -(found == number).sum())
    _, rows, columns = around_the_head(case)
    height, width = rows.stop - rows.start, columns.stop - columns.start
    centres = [center_of_mass(found == number) for number in numbers]
    return [
        Place((x + 0.5 - columns.start) / width, (y + 0.5 - rows.start) / height, f"{mm}")
        for (y, x), mm in zip(centres, ladder.PLAQUES_MM, strict=True)
    ]


def around_the_head(case: Scan) -> tuple:
    """Rows and columns that hold the head: air would be half of what a reader downloads."""
    region = metrics.foreground(case.image)
    rows, columns = (region.any(axis).nonzero() for axis in (1, 0))
    return ..., slice(int(rows.min()), int(rows.max()) + 1), slice(int(columns.min()), int(columns.max()) + 1)
