"""Chapter 1, the numbers of its prose: each function measures and returns {name: text}, ready for `glue_numbers`."""

import torch

from ... import sampling
from ...scan import Scan
from ...types import Image
from .folding import piled_up
from .limits import half_of_kspace, line_energy, lost_lines, smears, visit


def folding_in_words(image: Image) -> dict[str, str]:
    """How wide the head is in its field, and what of it is hit by copies at R = 2 and 3."""
    two, three = piled_up(image, 2), piled_up(image, 3)
    return {
        "width": f"{two['width']:.0%}",
        "midline2": f"{two['midline']:.0%}",
        "midline3": f"{three['midline']:.0%}",
        "head2": f"{two['head']:.0%}",
    }


def lines_in_words(image: Image) -> dict[str, str]:
    """The numbers of the prose that are measured on the chapter's own slice, ready to print."""
    lost, half = lost_lines(image), half_of_kspace(image, 0.55)
    centre = lost.numel() // 2
    outer = torch.cat([lost[: centre - 4], lost[centre + 5 :]])
    return {
        "n_lines": str(lost.numel()),
        "lost_centre": f"{lost[centre]:.0%}",
        "lost_outer": f"{outer.max():.2%}",
        "half_phase": f"{half['phase']['mirror']:.1%}",
        "half_plain": f"{half['no phase']['mirror']:.2%}",
    }


def real_in_words(scan: Scan) -> dict[str, str]:
    """The same of a real head."""
    return {
        "energy_1": f"{line_energy(scan.kspace):.0%}",
        "energy_24": f"{line_energy(scan.kspace, 24):.0%}",
        "half_real": f"{half_of_kspace(scan.image)['phase']['mirror']:.1%}",
    }


def visit_in_words() -> dict[str, str]:
    """Minutes of scan and of room at R = 2 with 24 reference lines of 256."""
    trip = visit(sampling.true_acceleration(sampling.equispaced((1, 256), 2, 24)))
    return {
        "room_fixed": f"{trip['fixed']:.0f}",
        "scan_saved": f"{trip['scan']:.0%}",
        "room_saved": f"{trip['room']:.0%}",
    }


def smears_in_words(image: Image) -> dict[str, str]:
    """Squared errors of random, regular and centre-less lines over the draws."""
    rows, names = smears(image), {"random": "random lines", "regular": "regular lines", "bare": "no centre"}
    return {f"err_{name}": f"{rows[row]['error']:.1%}" for name, row in names.items()}
