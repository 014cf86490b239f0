"""What chapter 2 lets the reader move: a pair of elements, a pile of places, a kernel on its way through k-space."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from ... import grappa, sense
from ...coils import combine, rss
from ...encoding import add_noise
from ...fourier import fft2c, ifft2c
from ...metrics import foreground
from ...sampling import equispaced
from ...scan import Scan
from ...types import Maps
from ..common.brain import virtual as virtual


def narrow(case: Scan, fill: float = 0.8) -> Scan:
    """The same slice in a tighter field along phase encoding: the head fills `fill` of it. Lines: a multiple of 8."""
    head = foreground(case.image).any(0).nonzero().flatten()
    width = int(head[-1] - head[0]) + 1
    n_x = min(case.kspace.shape[-1], math.ceil(width / fill / 8) * 8)
    start = min(max(0, (int(head[0]) + int(head[-1]) + 1 - n_x) // 2), case.kspace.shape[-1] - n_x)
    field = slice(start, start + n_x)
    return replace(
        case, kspace=fft2c(ifft2c(case.kspace)[..., field]), maps=case.maps[..., field], mask=case.mask[..., field]
    )


def pair_maps(shape, angle: float, radius: float = 1.15) -> Maps:
    """Maps of two elements, RSS = 1: (2, y, x). A lies before the first column, B `angle` degrees away from it round the head.

    Each hears with 1 / distance squared and with the phase of its angle of view; `radius` in half-fields.
    """
    y, x = ((torch.arange(n) - n // 2) / (n / 2) for n in shape)
    maps = []
    for turn in (0.0, math.radians(angle)):
        dx, dy = x[None, :] + radius * math.cos(turn), y[:, None] - radius * math.sin(turn)
        maps.append(torch.polar(1 / (dx**2 + dy**2), torch.atan2(dy, dx) + turn))
    heard = torch.stack(maps)
    return heard / rss(heard)


def pair(case: Scan, angle: float, noise: float = 0.01, seed: int = 0) -> dict:
    """R = 2 with two simulated elements around the picture of `case`: {"maps", "folded", "unfolded", "g"}, images (1, y, x)."""
    maps = pair_maps(case.image.shape[-2:], angle)
    mask = equispaced(case.image.shape[-2:], 2)
    kspace = mask * add_noise(fft2c(maps * case.image), noise, torch.Generator().manual_seed(seed))
    return {
        "maps": maps,
        "folded": rss(ifft2c(kspace)),
        "unfolded": sense.unfold(kspace, mask, maps),
        "g": sense.g_factor(maps, 2),
    }


def partners(case: Scan) -> tuple[int, int, int]:
    """A row off the midline and two columns half a field apart, both inside the head: (y, x of P, x of Q)."""
    inside = foreground(case.image)
    n_x = inside.shape[-1]
    both = inside & inside.roll(-(n_x // 2), -1)
    both[:, n_x // 2 :] = False
    rows = inside.any(1).nonzero().flatten()
    y = int(rows[0] + 0.3 * (rows[-1] - rows[0]))
    columns = both[y].nonzero().flatten()
    if not len(columns):
        columns = torch.tensor([n_x // 4])
    x = int(columns[len(columns) // 2])
    return y, x, x + n_x // 2


def swapped(case: Scan) -> Scan:
    """The same slice as if phase encoding ran along the other direction."""
    pairs = {
        "as is": "transpose",
        "flip y": "rotate 90",
        "flip x": "rotate 270",
        "rotate 180": "transpose and rotate 180",
    }
    upright = {**pairs, **{b: a for a, b in pairs.items()}}[case.upright]
    return replace(
        case,
        kspace=case.kspace.mT.contiguous(),
        maps=case.maps.mT.contiguous(),
        mask=case.mask.mT,
        voxel_mm=case.voxel_mm[::-1],
        upright=upright,
    )


def scanner_field(image: Tensor, acceleration: int) -> Tensor:
    """What a scanner shows of an R-fold pile: the central 1/R of the field, black around it. (1, y, x) -> (1, y, x)."""
    n_x = image.shape[-1]
    width = n_x // acceleration
    start = n_x // 2 - width // 2
    shown = (torch.arange(n_x) >= start) & (torch.arange(n_x) < start + width)
    return image * shown


def folded_column(x: int, n_x: int, acceleration: int) -> int:
    """The column of that picture into which column `x` folds."""
    width = n_x // acceleration
    start = n_x // 2 - width // 2
    return start + (x - start) % width


def unfold_until(case: Scan, acceleration: int, solved: int) -> dict:
    """SENSE on its way: the first `solved` columns of the pile are unfolded, the rest is still dark.

    "image" (1, y, x); "heard": loudness of the pixel solved last in each element; "places": the R values found for it.
    """
    mask = equispaced(case.image.shape[-2:], acceleration)
    image = sense.unfold(mask * case.kspace, mask, case.maps)
    width, row = image.shape[-1] // acceleration, image.shape[-2] // 2
    done = (torch.arange(image.shape[-1]) % width < solved).expand_as(image)
    last = max(solved - 1, 0)
    return {
        "image": image * done,
        "heard": ifft2c(mask * case.kspace)[:, row, last].abs(),
        "places": image[0, row, last::width].abs(),
        "row": row,
        "column": last,
    }


def kernel_until(case: Scan, acceleration: int, n_acs: int, filled: int) -> dict:
    """GRAPPA on its way: the gaps of the first `filled` lines are estimated, the rest is still empty.

    "kspace" (1, y, x): RSS of the elements' k-space; "image" (1, y, x).
    """
    mask = equispaced(case.image.shape[-2:], acceleration, n_acs)
    R, offset, acs = grappa.grid(mask)
    centre = case.kspace[..., acs]
    kernel = grappa.choose_kernel(centre.shape, R)
    whole = grappa.fill(mask * case.kspace, mask, grappa.calibrate(centre, R, kernel), R, offset, kernel)
    known = mask | (torch.arange(mask.shape[-1]) < filled)
    return {"kspace": rss(whole * known), "image": combine(ifft2c(whole * known), case.maps)}


def mismatched(
    case: Scan, shift: int, averages: int = 1, acceleration: int = 4, noise: float = 0.02, seed: int = 0
) -> Tensor:
    """SENSE whose maps lie `shift` pixels from where the elements were during the scan, along phase encoding: (1, y, x).

    The measured picture is scanned anew through the measured maps, with fresh noise of `noise` / sqrt(averages).
    """
    mask = equispaced(case.image.shape[-2:], acceleration)
    kspace = add_noise(fft2c(case.maps * case.image), noise / math.sqrt(averages), torch.Generator().manual_seed(seed))
    return sense.unfold(mask * kspace, mask, case.maps.roll(shift, -1))
