"""A reader's scan as a chapter uses it, or the chapter's own where it cannot."""

from collections.abc import Callable
from dataclasses import replace

import torch

from ...coils import calibration_block, espirit_maps, rss
from ...fourier import ifft2c
from ...scan import Scan
from ...scan.measured import measured
from ...types import Kspace, Maps, Mask

SMALLEST = 48  # lines and readout samples: below it, calibration blocks and head no longer fit
BRIGHT_CENTRE = 0.4  # of all energy in the central quarter of k-space; noise alone has a quarter there


def own_or(
    case: Scan,
    chapter_case: Scan | Callable[[], Scan],
    *,
    coils: int = 1,
    full: bool = True,
    head: bool = True,
    smallest: int = SMALLEST,
) -> Scan:
    """`case` where a chapter can use it; else one printed sentence that says why not, and the chapter's own case.

    coils: how many it must have at least; full: every sample measured; head: something stands in the picture.
    Of a scan whose outer samples are empty (zero-padded ends) the inner part is used, and the sentence says so.
    """
    needs = unmet(case, coils, full, head, smallest)
    if not needs:
        return case
    own = chapter_case if isinstance(chapter_case, Scan) else chapter_case()
    if case is own:
        return own
    inner = centre(case, case.kspace.shape[-1])
    if not unmet(inner, coils, full, head, smallest):
        n_y, n_x = inner.kspace.shape[-2:]
        used = f"this chapter uses the inner {n_y} x {n_x} samples"
        print(f"{case.label or 'Your scan'}: not all that is stored was measured; {used}, which were.")
        return inner
    print(f"This chapter needs {needs} ({case.label or 'your scan'}); it goes on with its own case: {own.label}.")
    return own


def unmet(case: Scan, coils: int = 1, full: bool = True, head: bool = True, smallest: int = SMALLEST) -> str:
    """The first need that `case` does not meet, in words, or ""."""
    n_coils, n_y, n_x = case.kspace.shape
    if n_coils < coils:
        return f"{coils} coils or more, got {n_coils}"
    if min(n_y, n_x) < smallest:
        return f"{smallest} lines and readout samples or more, got {n_y} x {n_x}"
    if full and measured_share(case) < 1:
        return f"a scan measured in full, got {percent(case)} measured"
    energy = case.kspace.abs().square()
    if head and calibration_block(energy, n_y // 2, n_x // 2).sum() < BRIGHT_CENTRE * energy.sum():
        return "a slice with a head in it, found none"
    return ""


def measured_in(case: Scan) -> Mask:
    """What of its k-space was measured, by the rule for files (`scan.measured`), also where nobody read it from one."""
    return torch.from_numpy(measured(case.kspace.numpy(), case.mask.numpy()))


def measured_share(case: Scan) -> float:
    """Share of k-space that was measured, 0 to 1."""
    return float(measured_in(case).float().mean())


def percent(case: Scan) -> str:
    """The measured share as "51 %"; never 100 where a sample is missing."""
    share = measured_share(case)
    return f"{100 if share == 1 else min(round(100 * share), 99)} %"


def centre(case: Scan, size: int = 128) -> Scan:
    """The centre of its k-space, at most `size` lines and as fine along the readout; 8 divides the number of both.

    Where the outer samples are empty (zero-padded ends, cut corners) the part inside them, down to two thirds of that.
    `case` as it is where that is not measured in full either, or where it is smaller than `SMALLEST`.
    """
    n_y, n_x = case.kspace.shape[-2:]
    if min(n_y, n_x) < SMALLEST:
        return case
    stored = measured_in(case)
    widest = min(size, n_x // 8 * 8)
    for x in range(widest, widest * 2 // 3, -8):
        y = min(max(round(n_y * x / n_x / 8) * 8, 64), n_y // 8 * 8)
        if calibration_block(stored, y, x).all():
            break
    else:
        return case
    if (y, x) == (n_y, n_x):
        return case  # with its own maps
    kspace = calibration_block(case.kspace, y, x).contiguous()
    voxel_mm = (case.voxel_mm[0] * n_y / y, case.voxel_mm[1] * n_x / x)
    return replace(
        case,
        kspace=kspace,
        mask=torch.ones(1, y, x, dtype=torch.bool),
        maps=espirit_maps(kspace) if len(kspace) > 1 else torch.ones_like(kspace),
        voxel_mm=voxel_mm,
        lesion=None,
        truth=None,
    )


def course_maps(kspace: Kspace) -> Maps:
    """ESPIRiT as in every stored measurement of the course: of 24 x 24 samples, zero where its eigenvalue is small."""
    return espirit_maps(kspace, (24, 24), crop=0.8)


def prepare(case: Scan, size: int = 128) -> Scan:
    """The scan as a chapter uses it: its `centre`, brightest pixel 1, ESPIRiT maps of the elements that heard anything.

    Raises ValueError for one coil or a scan with missing lines.
    """
    case = centre(case, size)
    loud = case.kspace.abs().amax((-2, -1)) > 0
    if int(loud.sum()) < 2 or measured_share(case) < 1:
        raise ValueError(
            f"this chapter needs a fully sampled scan of 2 or more coils, got {int(loud.sum())} "
            f"coils with {measured_share(case):.0%} measured"
        )
    kspace = case.kspace[loud]
    kspace = kspace / rss(ifft2c(kspace)).max()
    case = replace(case, label=case.plain_label, maps_from="ESPIRiT maps")  # the chapters say so in their own words
    return replace(case, kspace=kspace, maps=course_maps(kspace), lesion=None, truth=None)


def contrast(case: Scan) -> str:
    """For the corner of a pane: "FLAIR-like" of a virtual patient, "real scan" of a file."""
    return "real scan" if case.real else case.label.rpartition(", ")[2]


def whose(case: Scan) -> str:
    """For captions: "Virtual patient, FLAIR-like", or the label of a file."""
    return case.label if case.real else f"Virtual patient, {contrast(case)}"


def n_coils(case: Scan) -> str:
    """ "8 coils", "1 coil"."""
    n = case.kspace.shape[0]
    return f"{n} coil{'s' if n > 1 else ''}"


def as_one_coil(case: Scan) -> str:
    """For captions of pictures that one coil shows: what that coil is."""
    if case.kspace.shape[0] > 1:
        return f"{n_coils(case)} merged into one"
    return "one coil" if case.real else "one uniform coil"
