"""Chapter 0, the quiz at the end."""

from ...scan import Scan
from ...types import Image, Mask
from ...widgets import Choice, Option, View, image, quiz
from .figures import kspace_picture, records


def closing_quiz(case: Scan, picture: Image, mask: Mask) -> View:
    """Five questions, two of them on pictures; `picture` was made from `mask`."""
    kept = records(mask)
    return quiz(
        [
            Choice(
                "This is the k-space of picture 1 again, uncovered. What does it say about the scan?",
                [
                    Option(
                        "All of it was measured: there are no gaps.",
                        (
                            "There are no gaps in the picture's k-space because the program filled them. Of the "
                            "scan, three points in four are missing."
                        ),
                    ),
                    Option(
                        "Nothing. Any finished picture has a full k-space.",
                        (
                            "The k-space of a picture is computed from the picture. Only the raw data, or the "
                            "protocol, know what was measured."
                        ),
                        right=True,
                    ),
                    Option(
                        "Only the bright centre was measured.",
                        (
                            "The centre is bright in every head: it holds the coarse patterns. Some of the outer "
                            "points were measured too."
                        ),
                    ),
                    Option("The scan was noisy.", "Noise would show as an even floor. It says nothing about gaps."),
                ],
                picture=image(kspace_picture(picture), window=(0, 1), scan=case),
                scan=case,
                picture_alt="The k-space of picture 1: bright in the middle, no gaps.",
            ),
            Choice(
                (
                    "Three records of what was measured: white was measured, dark was left out. Which scan took "
                    "the fewest points?"
                ),
                [
                    Option("The first", "Every second line: a half."),
                    Option("The second", "A third of the lines, all of them near the centre."),
                    Option(
                        "The third",
                        (
                            "Scattered points add up to the least here: a quarter. How much is missing cannot be "
                            "judged from how far it reaches."
                        ),
                        right=True,
                    ),
                ],
                pictures=[
                    image(record.float(), kind="mask", scan=case)
                    for name, record in kept.items()
                    if name != "all of it"
                ],
                scan=case,
            ),
            Choice(
                "A protocol says R = 4. What follows?",
                [
                    Option(
                        "The patient leaves in a quarter of the time.",
                        "Positioning, pauses and calibration do not shrink. Chapter 1 counts.",
                    ),
                    Option(
                        "About a quarter of k-space was measured.",
                        "About: reference lines come on top. Chapter 1 counts them.",
                        right=True,
                    ),
                    Option(
                        "The resolution is four times lower.",
                        (
                            "Not by itself: the lines that are left can still reach the edge of k-space, and the "
                            "edge sets the detail."
                        ),
                    ),
                    Option(
                        "The picture is four times noisier.",
                        "Noise does grow, by an amount that depends on method and place. Chapter 2 measures it.",
                    ),
                ],
            ),
            Choice(
                "“Our AI makes it sharp.” What is the first thing to ask?",
                [
                    Option(
                        "How many patients it was trained on", "Worth asking, later. First find out what it is given."
                    ),
                    Option(
                        "Whether it works on raw data or on the finished images",
                        (
                            "A reconstruction can be held to the measurement. A filter on finished images "
                            "cannot: it never sees it."
                        ),
                        right=True,
                    ),
                    Option("Whether it is faster", "It may be. That does not tell what the picture is made of."),
                    Option(
                        "Its SSIM",
                        "A score against a full scan says little about one small lesion. Chapter 13 shows how little.",
                    ),
                ],
            ),
            Choice(
                "Why does this book say reference image and not truth for a full scan?",
                [
                    Option(
                        "Because it is compressed",
                        "Storage loses nothing here. The doubt is older: it is in the scan itself.",
                    ),
                    Option(
                        "Because it is noisy, and the patient can move in it too",
                        "Measured in full is not the same as right.",
                        right=True,
                    ),
                    Option(
                        "Because it comes from a simulation",
                        "Here it does. The reason holds for every real scan as well.",
                    ),
                    Option(
                        "Because readers disagree about it",
                        (
                            "They may. But a picture on which all agree can still be noisy, and the patient can "
                            "have moved."
                        ),
                    ),
                ],
            ),
        ],
        key="ch0-quiz",
        title="Quiz",
    )
