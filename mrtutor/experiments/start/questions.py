"""Chapter 0, what the reader is asked: the gate, the exercises, another head at the end; the quiz is in `quiz`."""

from ...scan import Scan
from ...types import Image, Mask
from ...widgets import Choice, Click, Match, Number, Option, Region, Target, View, image, predict, quiz
from .figures import kspace_picture, records
from .quiz import closing_quiz
from .scenes import case as own_case
from .scenes import other

__all__ = ["closing_quiz", "exercises", "gate", "transfer"]


def gate(case: Scan, then: View) -> View:
    """Which picture is the full scan? The plaques are asked for where the chapter drew them."""
    plaques = [
        Option(
            "1 is the full scan, and I see at least one plaque.",
            (
                "1 is the smoother one, and smooth feels complete. Move the switch: three quarters of it were "
                "never measured. The plaques are there, so your eye was right about the head and misled about "
                "the scan."
            ),
        ),
        Option(
            "1 is the full scan, and there is no plaque.",
            (
                "Move the switch: three quarters of 1 were never measured. And there are three plaques, drawn by "
                "us, 4 to 7 mm. Smooth pictures are easily trusted in what they do not show."
            ),
        ),
        Option(
            "2 is the full scan, and I see at least one plaque.",
            (
                "Right on both. But what told you? If it was the grain: grain can be removed without measuring "
                "anything, and added too."
            ),
            right=True,
        ),
        Option(
            "2 is the full scan, and there is no plaque.",
            "Right about the scan. There are three plaques, drawn by us, 4 to 7 mm. Find them in both pictures.",
        ),
    ]
    scan_alone = [
        Option(
            "1 is the full scan.",
            (
                "1 is the smoother one, and smooth feels complete. Move the switch: three quarters of it were "
                "never measured."
            ),
        ),
        Option(
            "2 is the full scan.",
            (
                "Right. But what told you? If it was the grain: grain can be removed without measuring anything, "
                "and added too."
            ),
            right=True,
        ),
    ]
    if case is own_case():
        return predict(
            "Which picture is the full scan? And would you report a plaque?", plaques, then=then, key="ch0-gate"
        )
    return predict("Which picture is the full scan?", scan_alone, then=then, key="ch0-gate")


def exercises(case: Scan, picture: Image, mask: Mask) -> View:
    """Three tasks on picture 1, which was made from `mask`."""
    points, measured, kept = mask.numel(), int(mask.sum()), records(mask)
    return quiz(
        [
            Click(
                "Which part of picture 1 did nobody measure? Click one such place in its k-space.",
                image(kspace_picture(picture, mask), window=(0, 1), scan=case),
                Target(
                    "One click on a place that was never measured.",
                    places=[Region(~mask)],
                    right="Grey: never measured. What picture 1 holds there came from the program.",
                    wrong=[Region(mask, "This point was measured. Grey covers what was not.")],
                ),
                scan=case,
                picture_alt=(
                    "The k-space of picture 1: a measured block in the middle, single points around it, grey "
                    "everywhere else."
                ),
            ),
            Match(
                "Four records of what was measured: white was measured, dark was left out. Which scan was which?",
                [image(record.float(), kind="mask", scan=case) for record in kept.values()],
                list(kept),
                scan=case,
                seed=2,
                messages={
                    (1, 2): "Gaps all over mean skipped lines; one block means the scan stopped early.",
                    (2, 1): "One block means the scan stopped early; skipped lines leave gaps all over.",
                    (3, 1): "Dots, not lines: single points were skipped, in both directions.",
                    (1, 3): "Whole lines are missing here, not single points.",
                },
                otherwise="Look at the dark parts first: where are they, and are they lines or points?",
            ),
            Number(
                (
                    f"{points:,} points make a full scan, {measured:,} were measured. Which share of k-space did "
                    "the program supply, in per cent?"
                ),
                round(100 * (1 - measured / points), 1),
                unit="%",
                tolerance=0.5,
                right="Three quarters. With R = 4 that is the rule, whatever the method.",
                wrong={
                    25: "That is the share that was measured.",
                    4: "That is the acceleration factor.",
                    measured: "That is the number of points measured.",
                },
                otherwise="Points not measured, over all points.",
            ),
        ],
        key="ch0-exercises",
        title="Exercises",
    )


def transfer() -> View:
    """Another head, another contrast: can the picture tell?"""
    scan, picture = other()
    return quiz(
        [
            Choice(
                "T2-like, no grain to be seen. Was it measured in full?",
                [
                    Option(
                        "Yes, nothing is blurred.",
                        (
                            "Sharp edges can come from a quarter of k-space: these did. But the answer you want "
                            "is the third."
                        ),
                    ),
                    Option(
                        "No, no scan is that clean.",
                        (
                            "It was not, but the picture does not prove it. A long scan of a calm patient can be "
                            "this clean."
                        ),
                    ),
                    Option(
                        "The picture cannot tell.",
                        "Ask for the protocol. A quarter of k-space was measured here.",
                        right=True,
                    ),
                ],
                picture=image(picture, scan=scan),
                scan=scan,
                picture_alt="A clean axial T2-like slice.",
            )
        ],
        key="ch0-transfer",
        title="Transfer",
    )
