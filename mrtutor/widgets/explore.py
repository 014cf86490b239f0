"""The explorer: everything linear between k-space and picture, computed in the page from one shipped scan."""

from __future__ import annotations

from itertools import product

from .geometry import geometry
from .masks import CONTROLS, mask_table, partial_table
from .pack import Packer, to_numpy
from .panes import Control, as_control
from .view import View

PANES = ("full", "image", "kspace", "mask", "psf", "profile", "error", "phase")
COMBINE = ("single", "rss", "maps")


def explore(
    scan,
    *,
    acceleration=1,
    pattern="equispaced",
    n_acs=0,
    seed=0,
    offset=None,
    coils=None,
    noise=0.0,
    partial_fourier=1.0,
    fill="zeros",
    swap=False,
    phase=True,
    oversampling=2,
    lost_line=None,
    spike=0.0,
    view="whole field",
    combine="single",
    panes=("full", "image", "kspace"),
    start=None,
    presets=None,
    marks=(),
    gain=5,
    tr=None,
    echo_train=1,
    averages=1,
    room_minutes=None,
    spike_at=None,
    window=None,
    alt,
    caption="",
    key=None,
) -> View:
    """Undersample `scan` and see at once what it does: mask, k-space, point spread, picture, error, metrics.

    A parameter given as ONE value is fixed; given as a list (or `Control(values, label, unit, names)`) it becomes a
    control below the panes, in the order of this list:

    acceleration      R, e.g. [1, 2, 3, 4]
    pattern           names from `mrtutor.sampling.PATTERNS` ("equispaced", "centre only", "uniform random", …), or a
                      dict {name: function(shape, acceleration, n_acs, generator) -> mask} of your own
    n_acs             calibration lines; "default" asks `sampling.default_n_acs`
    seed              of the random patterns
    offset            the line the equispaced grid goes through (None: the centre)
    coils             how many coils are used, spread evenly over those there are (None: all)
    noise             added, std per real and imaginary part, as a fraction of the reference picture's maximum (0.02)
    partial_fourier   share of lines measured, above 0.5 up to 1: one side of k-space is cut
    fill              what replaces the cut side: "zeros" or "mirror" (conjugate symmetry); list both for a switch
    swap              phase encoding along the other direction (False / True)
    phase             keep the picture's real phase (True) or take its magnitude as the object (False); "single" only
    oversampling      2: readout sampled as in the scan; 1: every second readout sample dropped
    lost_line         one line lost, counted from the centre line (None: none; 0: the centre line itself)
    spike             one bad point, as a multiple of the largest k-space value, at `spike_at` = (readout, phase
                      encoding) steps from the centre
    view              "whole field" (R copies in the full field) or "scanner" (the 1/R field that a scanner shows; for
                      equispaced lines without calibration lines)

    combine: "single" = one uniform coil (the scan's own when it has one, else its map-combined picture measured with
    one coil); "rss"; "maps" (E^H, each coil weighted by its own map). panes: any of PANES, in order; "full" is the
    fully sampled picture and the reference of the error and of NMSE, PSNR, SSIM (foreground). start: {parameter: value}
    of the first picture. presets: {words: {parameter: value, …}} as buttons. marks: `Place`s drawn on the pictures.
    gain: k of "error ×k". tr (s): show scan time = tr × lines × averages / echo_train, and `room_minutes` more as time
    in the room. window: (low, high) as fractions of the reference's maximum. alt: what the picture shows, in words.
    caption: below the panes. key: the widget's name in the page's URL, unique in a page.

    The page computes with the masks made here by `mrtutor.sampling`: they are the same bit for bit.
    Raises ValueError for unknown names, and when the payload would exceed 3 MB.
    """
    given = dict(
        acceleration=acceleration,
        pattern=pattern,
        n_acs=n_acs,
        seed=seed,
        offset=offset,
        coils=coils,
        noise=noise,
        partial_fourier=partial_fourier,
        fill=fill,
        swap=swap,
        phase=phase,
        oversampling=oversampling,
        lost_line=lost_line,
        spike=spike,
        view=view,
    )
    functions = pattern if isinstance(pattern, dict) else None
    given["pattern"] = list(pattern) if functions else pattern
    geo = geometry(scan)
    controls = [_control(name, values, geo) for name, values in given.items()]
    _check(controls, combine, panes, scan)
    start = {c["name"]: c["values"][0] for c in controls} | dict(start or {})
    presets = [[words, dict(state)] for words, state in (presets or {}).items()]
    for state in (start, *(state for _, state in presets)):
        _check_state(state, controls)

    def build(book: bool) -> bytes:
        packer = Packer()
        kspace, maps = measured(scan, combine)
        by_name = {c["name"]: c["values"] for c in controls}
        shape = kspace.shape[-2:]
        header = {
            "kind": "explore",
            "geometry": geo,
            "shape": list(shape),
            "combine": combine,
            "kspace": packer.floats(kspace),
            "maps": None if maps is None else packer.floats(maps),
            "foreground": packer.bits(_foreground(scan, combine)),
            "masks": mask_table(packer, shape, by_name, functions),
            "partial": partial_table(packer, shape, by_name),
            "controls": controls,
            "start": start,
            "presets": presets,
            "panes": list(panes),
            "gain": gain,
            "time": None
            if tr is None
            else {"tr": tr, "echo_train": echo_train, "averages": averages, "room": room_minutes},
            "spike_at": list(spike_at or (shape[0] // 8, shape[1] // 5)),
            "window": list(window) if window else None,
            "marks": [m.header(packer) for m in marks],
            "caption": caption,
            "alt": alt,
        }
        return packer.finish(header)

    return View("explore", build, alt, key=key)


def measured(scan, combine: str):
    """The k-space (coil, y, x) that the page starts from, and the maps it combines with (None unless "maps")."""
    from ..fourier import fft2c

    if combine == "single":
        return (
            to_numpy(scan.kspace)
            if scan.kspace.shape[-3] == 1
            else to_numpy(fft2c(scan.image)).reshape(1, *scan.kspace.shape[-2:])
        ), None
    return to_numpy(scan.kspace), to_numpy(scan.maps) if combine == "maps" else None


def _foreground(scan, combine):
    from ..metrics import foreground

    return foreground(scan.image.abs() if combine == "single" else scan.rss)


def _control(name, values, geo) -> dict:
    label, unit, naming = CONTROLS[name]
    control = as_control(name, values, label, unit)
    header = Control(control.values, control.label or label, control.unit or unit, control.names).header(name)
    if header["names"] is None and naming is not None:
        header["names"] = [naming(value, geo) for value in header["values"]]
    return header


def _check(controls, combine, panes, scan):
    if combine not in COMBINE:
        raise ValueError(f"combine must be one of {', '.join(COMBINE)}, got {combine!r}")
    unknown = [p for p in panes if p not in PANES]
    if unknown or not panes:
        raise ValueError(f"panes must be among {', '.join(PANES)}, got {list(panes)}")
    by_name = {c["name"]: c["values"] for c in controls}
    if combine != "single" and False in by_name["phase"]:
        raise ValueError("phase=False needs combine='single': coil phases cannot be told from signal phase")
    n_coils = scan.kspace.shape[-3]
    if any(c is not None and not 1 <= c <= n_coils for c in by_name["coils"]):
        raise ValueError(f"coils must lie in 1..{n_coils} (the coils of the scan), got {by_name['coils']}")


def _check_state(state, controls):
    by_name = {c["name"]: c["values"] for c in controls}
    for name, value in state.items():
        if name not in by_name:
            raise ValueError(f"{name} is not a parameter of explore: one of {', '.join(by_name)}")
        if value not in by_name[name]:
            raise ValueError(f"{name} must be one of the control's values {by_name[name]}, got {value!r}")


def states(by_name: dict) -> list[dict]:
    """Every position of the controls, the last one changing fastest."""
    return [dict(zip(by_name, values, strict=True)) for values in product(*by_name.values())]
