"""A brush on k-space: the picture follows."""

from __future__ import annotations

from .explore import _foreground, measured
from .geometry import geometry
from .pack import Packer
from .view import View

TOOLS = ("erase", "keep", "line", "spike")


def paint_kspace(
    scan,
    *,
    combine: str = "single",
    tools=TOOLS,
    brush: int = 9,
    mirror: bool = False,
    start: str = "full",
    presets: bool = True,
    gain: int = 5,
    panes=("kspace", "image", "error"),
    alt: str,
    caption: str = "",
    key: str | None = None,
) -> View:
    """Paint on the k-space of `scan` and see the picture at once.

    tools: "erase" and "keep" (a round brush, its size a slider that starts at `brush` points across), "line" (drop or
    restore a whole phase-encoding line), "spike" (set one bad point as strong as the centre). start: "full" or "empty"
    k-space. mirror: start with the brush also painting the point reflected through the centre. presets: buttons for the
    centre only, the edge only, every second line, one half. Undo, reset; the share measured and NMSE, PSNR, SSIM are
    shown. panes: of "kspace", "image", "error", "full". combine, gain, alt, caption, key: as in `explore`.
    """
    unknown = [t for t in tools if t not in TOOLS]
    if unknown or not tools:
        raise ValueError(f"tools must be among {', '.join(TOOLS)}, got {list(tools)}")
    if "kspace" not in panes or any(p not in ("kspace", "image", "error", "full") for p in panes):
        raise ValueError(f"panes must be among kspace, image, error, full and hold kspace, got {list(panes)}")
    if start not in ("full", "empty"):
        raise ValueError(f"start must be 'full' or 'empty', got {start!r}")

    def build(book: bool) -> bytes:
        packer = Packer()
        kspace, maps = measured(scan, combine)
        return packer.finish(
            {
                "kind": "paint",
                "geometry": geometry(scan),
                "shape": list(kspace.shape[-2:]),
                "combine": combine,
                "kspace": packer.floats(kspace),
                "maps": None if maps is None else packer.floats(maps),
                "foreground": packer.bits(_foreground(scan, combine)),
                "tools": list(tools),
                "brush": int(brush),
                "mirror": bool(mirror),
                "empty": start == "empty",
                "presets": bool(presets),
                "gain": gain,
                "panes": list(panes),
                "caption": caption,
                "alt": alt,
            }
        )

    return View("paint", build, alt, key=key)
