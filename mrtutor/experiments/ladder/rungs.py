"""The ladder: one virtual slice that every chapter reconstructs, so that each method stands beside the others.

Same patient, lesion, coils, noise, number of lines and metrics throughout; only the method changes.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from html import escape

import torch
from torch import Tensor

from ... import metrics, sampling
from ...about import REGULAR, about
from ...methods import METHODS
from ...patients import Lesion, patient
from ...scan import Scan, acquire
from ...types import Image, Mask
from ..common.references import against_rss

SEED = 5  # of the test split: no network of the course has seen this patient
SIZE = 192  # simulated on 256 x 256, reconstructed on 192 x 192: voxels of about 1.1 mm
PLAQUES_MM = (10, 7, 5, 4)
FILL = 0.85  # of the field along phase encoding, so that skipped lines do fold
N_COILS, RADIUS = 8, 1.1  # elements close to the head, as in a head array: median g about 1.2, 1.8, 2.9 at R = 2, 3, 4
NOISE = 0.04  # per real and imaginary part in each coil; an average brain is 1
WINDOW = 0.6  # pictures are shown from 0 to this share of the full scan's brightest pixel


@lru_cache(maxsize=4)
def case(contrast: str = "FLAIR", plaques: bool = True) -> Scan:
    """The slice of the ladder, fully sampled: a virtual patient with plaques of 4 to 10 mm, or without.

    8 coils, 192 x 192; `lesion` marks the plaques. contrast: "T1", "T2", "PD", "FLAIR" or another name
    in `patients.SEQUENCES`.
    """
    lesions = [Lesion("ms", size_mm=size) for size in PLAQUES_MM] if plaques else None
    anatomy = patient(SEED, contrast=contrast, size=256, level="ventricles", lesions=lesions, split="test", fill=FILL)
    return acquire(anatomy, n_coils=N_COILS, size=SIZE, noise=NOISE, seed=SEED, radius=RADIUS)


def lines(name: str, case: Scan, acceleration: int, n_acs: int | None = None) -> Mask:
    """The lines that a method of the ladder is given: bool (1, y, x).

    Every `acceleration`-th line plus `n_acs` calibration lines; or as many lines in the pattern that it likes better
    (`about(name).lines`). So at each rung all methods had the same measuring time.
    """
    pattern = REGULAR if acceleration == 1 else about(name).lines
    return sampling.as_many_lines(
        pattern, case.kspace.shape[-2:], acceleration, n_acs, torch.Generator().manual_seed(SEED)
    )


def rung(names: Iterable[str], case: Scan, acceleration: int) -> dict[str, dict]:
    """Reconstruct `case` by each named entry of METHODS: name -> {"image", "mask", "R", and its `score`}.

    "R" is the true acceleration. Where a method refuses these data (ValueError), "refuses" is its sentence, in place
    of image and scores. A name that METHODS does not hold raises KeyError.
    """
    region = metrics.foreground(case.image)
    table = {}
    for name in names:
        mask = lines(name, case, acceleration)
        table[name] = {"mask": mask, "R": sampling.true_acceleration(mask)}
        try:
            with torch.no_grad():
                image = METHODS[name](mask * case.kspace, mask, case.maps)
        except ValueError as why:
            table[name]["refuses"] = str(why)
        else:
            table[name] |= {"image": image, **score(image, case, region)}
    return table


def score(image: Image, case: Scan, region: Tensor | None = None) -> dict[str, float]:
    """The metrics of the ladder, of one image against the full scan: "PSNR", "SSIM", "HFEN", "NMSE", and more.

    Inside the head, against the map-combined image. "RSS PSNR" and "RSS SSIM": against the root sum of squares of the
    full scan's coil images, which knows no maps (see `against_rss`). "lesion", where there is one: the plaques'
    contrast as a share of the full scan's (see `lesion_contrast`).
    """
    row = {name: metric(image, case.image, region) for name, metric in metrics.SCORES.items()}
    row |= against_rss(image, case.rss)
    if case.lesion is not None and bool(case.lesion.any()):
        row["lesion"] = lesion_contrast(image, case.lesion) / lesion_contrast(case.image, case.lesion)
    return row


def lesion_contrast(image: Image, lesion: Tensor, ring: int = 4) -> float:
    """Mean magnitude in the lesion minus that in a ring of `ring` pixels around it, one pixel apart."""

    def grown(pixels: int) -> Tensor:
        wide = torch.nn.functional.max_pool2d(lesion[None].float(), 2 * pixels + 1, stride=1, padding=pixels)
        return wide[0] > 0

    around = grown(ring + 1) & ~grown(1)
    magnitude = image.abs()
    return float(magnitude[lesion].mean() - magnitude[around].mean())


COLUMNS = {"PSNR": ("PSNR (dB)", ".1f"), "SSIM": ("SSIM", ".3f"), "HFEN": ("HFEN", ".3f")}
COLUMNS |= {"lesion": ("lesion contrast", ".0%")}
RSS_COLUMNS = {"RSS PSNR": ("PSNR (dB)", ".1f"), "RSS SSIM": ("SSIM", ".3f")}


def table(
    rows: Mapping[str, Mapping],
    families: Mapping[str, Sequence[str]] | None = None,
    columns: Mapping[str, tuple[str, str]] = COLUMNS,
) -> str:
    """The rung as an HTML table: one row a method.

    families: heading -> the rows below it (`about.families`); without it there is no heading. columns: what of a
    `score` is printed -> (its title, its format).
    """
    titles = ("Method", "true R", *(title for title, _ in columns.values()))
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    body = ""
    for family, names in (families or {"": list(rows)}).items():
        body += heading(family, len(titles))
        for name in names:
            row = rows[name]
            said = (f"{row[key]:{how}}" if key in row else "–" for key, (_, how) in columns.items())
            cells = "".join(f"<td>{one}</td>" for one in said)
            if "refuses" in row:
                cells = f'<td colspan="{len(columns)}">refuses: {escape(row["refuses"])}</td>'
            body += f'<tr><th scope="row">{escape(name)}</th><td>{row["R"]:.2f}</td>{cells}</tr>'
    return f'<table class="ladder"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def heading(title: str, columns: int) -> str:
    """A new group of rows under its title, over all `columns`; nothing where there is no title."""
    cell = f'<tr><th scope="rowgroup" colspan="{columns}" class="family">{escape(title)}</th></tr>'
    return f"</tbody><tbody>{cell}" if title else ""
