"""Chapter 3, its closing quiz; the transfer task is in `mrcp`."""

from ...scan import Scan
from ...types import Image
from ...widgets import Choice, Option, image, quiz
from ...widgets.view import View
from .scenes import window


def closing(case: Scan, painted: dict, solved: dict) -> View:
    """Six questions; two show pictures of `strength.believe` and `patterns.reconstruct`."""
    items = [painted_look(case, painted["flat areas", 2]), copies(case, solved["equispaced lines", True])]
    items += [gaps_without_order(), resolution(), region_in_air(), most_room()]
    return quiz(items, key="ch3-quiz", title="Quiz")


def painted_look(case: Scan, picture: Image) -> Choice:
    """What total variation leaves when it is believed too much."""
    return Choice(
        "Two minutes instead of four. What is this look?",
        [
            Option("Motion", "Motion repeats edges along phase encoding. Here each edge stands once."),
            Option("A larger voxel", "A larger voxel blurs borders too. These are hard."),
            Option(
                "An assumption believed too much",
                "Calm patches, hard borders: painted. Ask for the same data at a lower strength.",
                right=True,
            ),
            Option("More averages", "Averages lower noise and leave the texture of tissue. Here the texture went too."),
        ],
        picture=image(picture.abs().clamp(max=window(case)[1]), scan=case),
        picture_alt="A head of calm grey patches with hard borders.",
    )


def copies(case: Scan, picture: Image) -> Choice:
    """Fold-over copies that compressed sensing has left."""
    return Choice(
        "Compressed sensing, one coil, a third of the lines. Which lines?",
        [
            Option("Random, more near the centre", "Most of the harm would be gone."),
            Option(
                "Every third, and a few in the centre",
                "The copies are as sparse as the head itself, so they stay.",
                right=True,
            ),
            Option("The central third", "One blurred head, without copies."),
            Option("Random points", "They leave grain, and compressed sensing removes it."),
        ],
        picture=image(picture.abs().clamp(max=window(case)[1]), scan=case),
        picture_alt="A head with faint displaced outlines of itself.",
    )


def gaps_without_order() -> Choice:
    """Why incoherence."""
    return Choice(
        "Why does compressed sensing want gaps without order?",
        [
            Option("So that noise falls", "Fewer points never lower noise."),
            Option(
                "So that k-space is covered evenly",
                "Even cover is what every third line has. The order is the trouble.",
            ),
            Option(
                "So that the harm spreads out and stays below the true coefficients",
                "Then a threshold can tell them apart.",
                right=True,
            ),
            Option("Random scans are faster", "The number of points sets the time."),
        ],
    )


def resolution() -> Choice:
    """What lambda does to it."""
    return Choice(
        "λ is raised. What happens to resolution?",
        [
            Option(
                "It rises: edges look crisper",
                "Borders of painted patches look crisp. They are borders of the assumption.",
            ),
            Option(
                "It stays: k-space reaches as far as before",
                "The extent stays. What was seen faintly out there is thresholded.",
            ),
            Option(
                "It depends on contrast: faint detail goes, strong detail stays",
                "One number for resolution no longer exists.",
                right=True,
            ),
            Option("It falls everywhere alike", "That is a smaller matrix. Here strong edges survive."),
        ],
    )


def region_in_air() -> Choice:
    """An SNR that measures lambda."""
    return Choice(
        "A region in air says that SNR has tripled with the new sequence. You conclude …",
        [
            Option("that the sequence is better", "The air was thresholded. The number measures λ."),
            Option("that the coil was changed", "Look at the reconstruction first."),
            Option(
                "nothing: this measure does not hold after thresholding",
                "Repeat the scan and look at what changes, or compare lesions.",
                right=True,
            ),
            Option("that λ can be raised further", "It would rise again, and small faint lesions would pay."),
        ],
    )


def most_room() -> Choice:
    """Which scan may leave most out."""
    return Choice(
        "Which scan gives compressed sensing most room?",
        [
            Option("2-D TSE of the knee", "One phase-encoding direction: only lines can go."),
            Option(
                "3-D MR angiography",
                "Two directions to skip in, and few bright vessels on dark ground.",
                right=True,
            ),
            Option(
                "Single-shot EPI",
                "Its lines come in one train; skipping shortens the train, hardly the scan.",
            ),
            Option(
                "Sodium imaging, where noise rules",
                "Noise is sparse in nothing: the threshold would take tissue along with it.",
            ),
        ],
    )
