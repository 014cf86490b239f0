"""The page of the ladder: every entry of METHODS on the same slices, and in one sentence what it gains and what it costs."""

import timeit
from functools import lru_cache
from html import escape

from ... import metrics
from ... import scan as scans
from ...methods import METHODS, Trained
from ...networks.base import n_weights
from ...scan import Scan
from ...show import watch
from ...widgets import Control, Place, View, compare, image, text
from ..common import figures
from . import far
from . import rungs as ladder
from .curves import TUNED
from .curves_figure import GREY, STYLES

ACCELERATIONS = (4, 6, 8)
GREYS = 255  # between 0 and a picture's maximum: with 16 bits both bytes of a pixel are then alike, and load as one
REAL_WINDOW = 0.9  # the real brain is shaded: at `ladder.WINDOW` its back would be white
BESIDE = "Wavelet CS"  # always shown: the best that is solved for one scan alone

FAMILIES = {  # the first method of each family -> its heading in the tables
    "Zero-filled": "Nothing is trained",
    "GRAPPA + denoiser": "A network after the reconstruction",
    "Cascade": "Network and measured lines in turns",
    "KIKI-net": "k-space or wavelets too",
    "Complex unrolled": "Complex numbers inside",
}
WORDS = {  # method -> (what it gains, what it costs)
    "Zero-filled": ("Nothing is assumed, and there is nothing to solve.", "Every skipped line is a copy or a blur."),
    "CG-SENSE": (
        "The coils pull the copies apart.",
        "Noise, most where the coils hear alike; it asks for good coil maps.",
    ),
    "GRAPPA": (
        "The same from the scan's own centre, without coil maps.",
        "The same noise; at high R the centre is too small to learn from, and it fails or refuses.",
    ),
    "Wavelet CS": (
        "Noise and random gaps are cleaned, with no training at all.",
        "Faint detail counts as noise; λ has to be chosen, and at high R it wants many more iterations.",
    ),
    "TV CS": ("Calm areas, sharp edges.", "Steps and patches where tissue is smooth."),
    "GRAPPA + denoiser": (
        "GRAPPA, then a network that takes the grain away. Meant for moderate R.",
        "It cannot mend what GRAPPA broke. At R = 6 and 8 with eight coils nobody would use it.",
    ),
    "U-Net": (
        "One pass over the image, in milliseconds.",
        "Nothing holds it to the measured lines: what it draws may be likely and wrong.",
    ),
    "Cascade": (
        "Small networks, and after each one the measured lines are respected again.",
        "Only as good as the coil maps that tie image and lines together.",
    ),
    "VarNet": (
        "A small step towards the measured lines and a learned correction, again and again.",
        "Many rounds are needed, since each step towards the lines is small.",
    ),
    "Sigma-net": (
        "One small network, and in each round an exact fit to the measured lines.",
        "The fit is solved again and again, which takes time.",
    ),
    "Learned DC": (
        "Learns how far to trust the data, where noise is not the same everywhere.",
        "One more thing to train, and slow.",
    ),
    "MoDL": (
        "Starts from compressed sensing, is told the noise, fits the measured lines in each round. Highest scores here.",
        "By far the longest training, slow to run; small lesions still fade at high R.",
    ),
    "KIKI-net": (
        "A network for k-space and one for the image, in turns.",
        "Here most of its gain is the fit to the measured lines, not what it learned in k-space.",
    ),
    "MD-Recon-Net": (
        "k-space and image side by side, mixed in every stage.",
        "Little beyond what the fit to the measured lines gives.",
    ),
    "IKWI-net": ("Image, k-space, wavelets and image again.", "More domains, not more truth: close to KIKI-net."),
    "HIWDNet": (
        "Image and wavelets, each with a module of its own.",
        "Two modules to train; beyond the fit to the measured lines the gain is small here too.",
    ),
    "Complex unrolled": ("Phase and magnitude stay together in every layer.", "Twice the arithmetic for each weight."),
    "Complex dense net": (
        "Every layer sees all earlier ones, in complex numbers.",
        "Memory, and no fit to the data inside.",
    ),
    "Dual-octave net": (
        "Coarse structure is worked on at half the matrix, which is cheaper.",
        "Fine and coarse must be exchanged in every layer.",
    ),
    "DeepcomplexMRI": (
        "All coil images in, all out: it needs no coil maps.",
        "Tied to eight coils; another array needs another training.",
    ),
}


@lru_cache(maxsize=1)
def slices() -> list[Scan]:
    """The slices of the page: FLAIR with plaques, T2 without, both of the virtual patient of the ladder; and the real brain where it was fetched."""
    found = [ladder.case("FLAIR"), ladder.case("T2", plaques=False)]
    return found + ([scans.load("brain-16ch", maps="espirit")] if scans.find("brain-16ch") else [])


@lru_cache(maxsize=16)
def rungs(case: Scan, acceleration: int) -> dict[str, dict]:
    """Every method at one rung, see `ladder.rung`."""
    return ladder.rung(watch(METHODS, f"R = {acceleration}"), case, acceleration)


def pictures(case: Scan, key: str) -> View:
    """Full scan, compressed sensing and any method, at any rung, under one window."""
    share = REAL_WINDOW if case.real else ladder.WINDOW
    window, head = (0, share * float(case.image.abs().max())), around_the_head(case)

    def picture(array, corner: str = "", marks=()):
        magnitude = array.abs()[head]
        grey = magnitude.max() / GREYS
        return image((magnitude / grey).round() * grey, window=window, corner=corner, marks=marks)

    def pane(row: dict):
        if "refuses" in row:
            return text(f"Refuses: {row['refuses']}")
        return picture(row["image"], f"R {row['R']:.1f}, {row['PSNR']:.1f} dB")

    def panes(method: str, R: int):
        rows = rungs(case, R)
        return {
            "Full scan": picture(case.image, marks=plaques(case)),
            BESIDE: pane(rows[BESIDE]),
            method: pane(rows[method]),
        }

    return compare(
        panes,
        {
            "method": Control([name for name in METHODS if name != BESIDE], "Method"),
            "R": Control(list(ACCELERATIONS), "R, nominal"),
        },
        scan=case,
        reference="Full scan",
        start={"method": "U-Net", "R": 8},
        columns=3,
        key=key,
        bits=16,
        alt=f"{case.label}: the full scan, wavelet compressed sensing, and a method of your choice at R 4, 6 or 8. At R 4 {best(case)} scores highest.",
        caption=f"{case.label}, {'measured' if case.real else 'simulated'}, {len(case.kspace)} coils, same window in all panes. Press d for the difference.",
    )


def best(case: Scan, acceleration: int = 4) -> str:
    """The method with the highest PSNR on this slice."""
    return max((row["PSNR"], name) for name, row in rungs(case, acceleration).items() if "PSNR" in row)[1]


def real_words(first: Scan, real: Scan | None = None) -> str:
    """What to look for on the real brain, and how the order differs from that on the page's first slice."""
    if real is None:
        return (
            "A real brain stands here where it was fetched (mrtutor fetch --all). It was not when this page was built."
        )
    winners = best(first), best(real)
    order = (
        f"{winners[1]} scores highest here, {winners[0]} on the first slice"
        if len(set(winners)) == 2
        else f"{winners[0]} scores highest here as on the first slice"
    )
    refused = [name for name, row in rungs(real, 4).items() if "refuses" in row]
    silent = f" {' and '.join(refused)} will not take these data, and the pane says why." if refused else ""
    return (
        f"A real head: {len(real.kspace)} coils, {real.voxel_mm[1]:.1f} mm pixels, no known lesion. No network saw a real scan in training. At R = 4 {order}: "
        f"the order belongs to the coils, the noise and the matrix as much as to the method.{silent}"
    )


def plaques(case: Scan) -> list[Place]:
    """The virtual plaques where `pictures` shows them, each with its diameter in mm."""
    if case.lesion is None or not bool(case.lesion.any()):
        return []
    from scipy.ndimage import center_of_mass, label

    found, n = label(case.lesion[0].numpy())
    numbers = sorted(range(1, n + 1), key=lambda number: -(found == number).sum())
    _, rows, columns = around_the_head(case)
    centres = [center_of_mass(found == number) for number in numbers]
    return [
        Place(
            (x + 0.5 - columns.start) / (columns.stop - columns.start),
            (y + 0.5 - rows.start) / (rows.stop - rows.start),
            f"{mm}",
        )
        for (y, x), mm in zip(centres, ladder.PLAQUES_MM, strict=True)
    ]


def around_the_head(case: Scan) -> tuple:
    """Rows and columns that hold the head: air would be half of what a reader downloads."""
    region = metrics.foreground(case.image)
    rows, columns = (region.any(axis).nonzero() for axis in (1, 0))
    return ..., slice(int(rows.min()), int(rows.max()) + 1), slice(int(columns.min()), int(columns.max()) + 1)


def milliseconds(name: str, case: Scan) -> float | None:
    """Of one slice at R = 4, the fastest of three calls after a first one; None where the method refuses it."""
    mask = ladder.lines(name, case, 4)
    kspace = mask * case.kspace
    try:
        METHODS[name](kspace, mask, case.maps)
    except ValueError:
        return None
    return 1e3 * min(timeit.repeat(lambda: METHODS[name](kspace, mask, case.maps), number=1, repeat=3))


def weights(name: str) -> int:
    """Trained numbers of an entry of METHODS; 0 where nothing was trained."""
    method = METHODS[name]
    return n_weights(method.network) if isinstance(method, Trained) else 0


def costs(case: Scan) -> str:
    """The methods as an HTML table: what each gains, what it costs, weights, milliseconds."""
    rows = ""
    for name in watch(METHODS, "milliseconds"):
        gain, cost = (escape(words) for words in WORDS[name])
        ms, n = milliseconds(name, case), weights(name)
        cells = (f"{gain} <b>Cost:</b> {cost}", f"{n:,}" if n else "none", "–" if ms is None else f"{ms:.0f}")
        rows += ladder.heading(FAMILIES.get(name), columns=4)
        rows += f'<tr><th scope="row">{escape(name)}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    head = "".join(f'<th scope="col">{word}</th>' for word in ("Method", "Gain and cost", "Weights", "ms a slice"))
    return f'<table class="ladder costs"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def scores(case: Scan) -> str:
    """The tables of all rungs as HTML, the first one open."""
    folded = (
        f"<details{' open' if R == ACCELERATIONS[0] else ''}><summary>R = {R}</summary>{ladder.table(rungs(case, R), FAMILIES)}</details>"
        for R in ACCELERATIONS
    )
    return "".join(folded)


def lesion_figure(seen: dict):
    """SSIM and AUC of `far.load()` over true R, a curve a method; the full scan as a line."""
    fig, axes = figures.row(2, 3.6, widths=[1.3, 1.3])
    for ax, label in zip(axes, ("SSIM", "AUC, faint 4 mm plaque"), strict=True):
        figures.curve(ax, "R (true acceleration)", label)
        value = (
            (lambda row: sum(row["SSIM"]) / len(row["SSIM"]))
            if label == "SSIM"
            else (lambda row: float(far.auc(row["present"], row["absent"])))
        )
        ax.axhline(value(seen["full"]), color=figures.INK, lw=1, ls=":", label="full scan")
        for name in seen["rows"]:
            colour, style, marker = STYLES.get(name, STYLES[TUNED] if name == far.CS else (GREY, "-", "x"))
            ax.plot(
                seen["R"],
                [value(row) for row in seen["rows"][name]],
                color=colour,
                ls=style,
                marker=marker,
                lw=1.7,
                label=name,
            )
    fig.legend(
        *axes[1].get_legend_handles_labels(),
        loc="outside right center",
        facecolor=figures.PAPER,
        edgecolor="none",
        labelcolor=figures.INK,
        fontsize=10,
        handlelength=3,
    )
    return fig


def lesion_words(seen: dict) -> str:
    """The same in words: the alt text."""
    last = len(seen["nominal R"]) - 1
    parts = []
    for name, rows in seen["rows"].items():
        auc = [float(far.auc(rows[at]["present"], rows[at]["absent"])) for at in (0, last)]
        parts.append(f"{name} {auc[0]:.2f} and {auc[1]:.2f}")
    return f"SSIM and AUC fall with R. AUC at R = {seen['R'][0]:.1f} and {seen['R'][last]:.1f}: {'; '.join(parts)}."
