"""Chapter 2, its quiz."""

from ... import sense
from ...scan import Scan
from ...widgets import Choice, Option, image, quiz
from ...widgets.view import View
from .scenes import mismatched
from .scenes_unfolding import WINDOW


def check_yourself(case: Scan) -> View:
    """Six questions; two of them show `case` at R = 4."""
    return quiz(
        [
            bright_arc(case),
            which_spacing(case),
            more_in_one_ring(),
            lines_filled_in(),
            resolution(),
            proof_of_fold_over(),
        ],
        key="ch2-quiz",
        title="Quiz",
    )


def bright_arc(case: Scan) -> Choice:
    """Residual fold-over, sixteen averages."""
    return Choice(
        "R = 4, sixteen averages. A bright arc lies inside the brain. What is it?",
        [
            Option("Noise", "Noise has no outline, and sixteen averages would have calmed it."),
            Option(
                "Residual fold-over of the skull",
                "A quarter of a field along the arrow lies the skull it came from.",
                right=True,
            ),
            Option("Gibbs ringing", "Ringing runs beside an edge as several thin stripes. This arc stands alone."),
            Option(
                "Motion during the scan",
                "Motion repeats moving tissue many times along the arrow. Here the maps, not the head, were elsewhere.",
            ),
        ],
        picture=image(mismatched(case, 4, 16).abs().clamp(max=WINDOW[1]), scan=case),
        picture_alt="An axial head with a thin bright arc inside the brain and a calm background.",
    )


def which_spacing(case: Scan) -> Choice:
    """The steps of a g-map lie FOV/R apart."""
    return Choice(
        "Which R made this g-map?",
        [
            Option(
                "2",
                "At R = 2 a place has one partner at most, and these elements tell two places apart almost for free: "
                "the map would be flat.",
            ),
            Option(
                "4",
                "Two places, then three and more, pile up in the middle; the steps are a quarter of a field apart.",
                right=True,
            ),
            Option("6", "The steps would lie closer, and the peak far higher."),
            Option("It cannot be told", "The steps in the map lie FOV/R apart. Measure them."),
        ],
        picture=image(sense.g_factor(case.maps, 4), scan=case),
        picture_alt="A map with sharp-edged bright bands in the middle of the head.",
    )


def more_in_one_ring() -> Choice:
    """Elements help where they differ along phase encoding."""
    return Choice(
        "A coil with 8 elements in one axial ring gives way to one with 32 elements in the same ring. For coronal "
        "scans with phase encoding H–F, the R you can use grows …",
        [
            Option("fourfold", "More elements help only where they differ along phase encoding."),
            Option("hardly", "Along H–F all elements of one ring hear alike.", right=True),
            Option(
                "twofold, as the root of 4",
                "The root rules SNR. What R can be is ruled by geometry along the arrow.",
            ),
            Option(
                "until noise correlation stops it",
                "Correlation costs some SNR. The missing variety along the arrow stops it first.",
            ),
        ],
    )


def lines_filled_in() -> Choice:
    """GRAPPA fits its lines, from this scan alone."""
    return Choice(
        "Where do the lines that GRAPPA fills in come from?",
        [
            Option(
                "From a library of other patients",
                "That would be a trained network. GRAPPA has seen this patient alone.",
            ),
            Option(
                "From interpolation between neighbouring lines of the same element",
                "Close, but one element cannot do it: the weights run over all elements.",
            ),
            Option(
                "From measured neighbours in all elements, by a recipe learned in this scan's centre",
                "Learned again for each scan.",
                right=True,
            ),
            Option("They are invented", "They are fitted. Where the fit fails you see noise or copies."),
        ],
    )


def resolution() -> Choice:
    """Spacing is field of view, extent is detail."""
    return Choice(
        "Parallel imaging at R = 2. What happens to resolution?",
        [
            Option("It halves", "The lines still reach the outer edge. Spacing is field of view; extent is detail."),
            Option("It stays", "Fewer lines, same extent.", right=True),
            Option("It falls by g", "g multiplies noise, not the voxel."),
            Option("It rises, as the scan is shorter", "Less motion may help sharpness, but that is another effect."),
        ],
    )


def proof_of_fold_over() -> Choice:
    """The partner at FOV/R."""
    return Choice(
        "A faint arc lies in the liver at R = 3. What proves residual fold-over?",
        [
            Option("It is gone with four averages", "Averages calm noise. A copy stays."),
            Option(
                "A bright edge lies a third of a field away along the arrow",
                "The partner at FOV/R. Change R, and the arc moves.",
                right=True,
            ),
            Option("It is bright", "So are vessels."),
            Option("The scanner reports a high g", "A high g means noise there, not copies."),
        ],
    )
