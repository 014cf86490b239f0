"""Chapter 1, what the reader is asked: the gate, the exercises, another object at the end; the quiz is in `quiz`."""

import torch

from ... import sampling
from ...scan import Scan
from ...widgets import Choice, Click, Match, Number, Option, Place, Target, View, image, predict, quiz
from .folding import zero_filled
from .quiz import closing_quiz
from .slices import copies_of, mirrored, moved, thing, transfer_object

__all__ = ["closing_quiz", "exercises", "gate", "transfer"]


def gate(case: Scan, then: View) -> View:
    """Every second line will be left out: what strikes first, and where will the landmark appear again?"""
    itself, copy = copies_of(case, 2)
    name = thing(case)
    second = f"a second {name}" if name == "plaque" else f"the {name} (marked)"
    return predict(
        "Every second line will be left out. What will strike you first?",
        [
            Option(
                "Half the brain is missing.",
                (
                    "A line of k-space is not a stripe of the picture. Every line carries a pattern of the whole "
                    "slice, so no part of the head can drop out with it."
                ),
            ),
            Option(
                "It is blurred.",
                (
                    "A sensible guess: less data, less detail. But look closer: the lines still reach the outer "
                    "edge, and that edge sets the detail. Each brain is as sharp as before."
                ),
            ),
            Option(
                "It is grainy.",
                (
                    "True as well, only less obvious: half the measuring time, less signal to average. Something "
                    "else strikes first."
                ),
            ),
            Option(
                "There are two brains.",
                (
                    "Two sharp brains, each half as bright, half a field of view apart. Neither is more real "
                    "than the other."
                ),
                right=True,
            ),
        ],
        click=Target(
            (
                f"Now click where {second} will appear{'' if name == 'plaque' else ' a second time'}. If you "
                f"expect none, click the {name} itself."
            ),
            places=[Place(*copy)],
            tolerance=0.05,
            pane="full",
            right="Half a field of view away, along the arrow.",
            wrong=[
                Place(*itself, f"The {name} stays there too, half as bright. Its copy is half a field of view away."),
                Place(*mirrored(case, itself), "That is the mirror image. A copy is shifted, not mirrored."),
                Place(
                    *moved(case, itself, across=0.5),
                    "Right distance, wrong direction: skipped lines fold along the arrow only.",
                ),
            ],
            otherwise=f"The copy lies half a field of view from the {name}, along the phase-encoding arrow.",
        ),
        then=then,
        key="ch1-gate",
    )


def exercises(case: Scan) -> View:
    """N1 to N3, on the chapter's own slice."""
    shape = case.kspace.shape[-2:]
    itself, *copies = copies_of(case, 3)
    patterns = {
        "every 2nd": sampling.equispaced(shape, 2),
        "centre half": sampling.centre_only(shape, 2),
        "one side": sampling.partial_fourier(shape, 0.505),
        "random and centre": sampling.uniform_random(shape, 2, 16, torch.Generator().manual_seed(4)),
    }
    across = "Right distance, wrong direction: line skipping folds along phase encoding only."
    count = "Count the brains: two means spacing, blur means extent."
    gaps = "Distinct copy or smear? Regular gaps give copies."
    return quiz(
        [
            Click(
                "N1. Every third line is kept. Click both copies of the bright plaque.",
                case.image,
                Target(
                    "Two clicks.",
                    places=[Place(*place) for place in copies],
                    clicks=2,
                    tolerance=0.05,
                    right="One third and two thirds of a field away, along the arrow.",
                    wrong=[
                        Place(*itself, "That is the plaque itself. It stays; look for its two copies."),
                        Place(*mirrored(case, itself), "A copy is shifted, not mirrored."),
                        Place(
                            *copies_of(case, 2)[1],
                            "Half a field is R = 2. Three copies share the field: one third each.",
                        ),
                        Place(*moved(case, itself, across=1 / 3), across),
                        Place(*moved(case, itself, across=2 / 3), across),
                    ],
                    otherwise=(
                        "Stay on the plaque's own row and step one third of the field along the arrow; the field "
                        "wraps around."
                    ),
                ),
                scan=case,
                picture_alt=(
                    "An axial head with one bright plaque off the midline and a horizontal phase-encoding arrow."
                ),
            ),
            Match(
                "N2. Which lines were measured? Half of them each time.",
                [image(zero_filled(case.image, mask), scan=case) for mask in patterns.values()],
                list(patterns),
                scan=case,
                seed=3,
                messages={
                    (0, 1): count,
                    (1, 0): count,
                    (2, 1): "Blur in both? Look at the phase: one-sided loss hurts where phase varies.",
                    (1, 2): "Blur in both? One-sided loss hurts where phase varies; here every place suffers alike.",
                    (3, 0): gaps,
                    (0, 3): gaps,
                },
                otherwise="First count the brains. Then ask: blurred everywhere, or smeared along the arrow?",
            ),
            Number(
                "N3. How long does it run? TR 4 s, 256 lines, 16 echoes a train, R 2, 24 reference lines.",
                36,
                unit="s",
                tolerance=0.5,
                right="128 lines on the grid and 12 more in the centre: 140 lines, 9 trains, 36 s.",
                wrong={
                    32: "You forgot the reference lines.",
                    40: "Twelve of the 24 were already on the grid.",
                    64: "That is the full scan.",
                },
                otherwise="Count the lines that are measured, fill trains of 16, round up, times TR.",
            ),
        ],
        key="ch1-exercises",
        title="Exercises",
    )


def transfer() -> View:
    """Another object, another arrow; and one question from chapter 0."""
    other, name, (itself, copy) = transfer_object()
    return quiz(
        [
            Click(
                f"Every second line will be left out. Click where {name} appears a second time.",
                other.image,
                Target(
                    "One click.",
                    places=[Place(*copy)],
                    tolerance=0.07,
                    right="Half a field away, along this picture's own arrow.",
                    wrong=[
                        Place(*itself, f"That is {name} itself."),
                        Place(1 - itself[0], itself[1], "Look at the arrow, and shift, do not mirror."),
                        Place(
                            *moved(other, itself, across=0.5), "Right distance, wrong direction: the arrow has turned."
                        ),
                    ],
                    otherwise="Find the arrow first, then step half a field along it.",
                ),
                scan=other,
                picture_alt=f"{other.label}, with a vertical phase-encoding arrow.",
            ),
            Choice(
                "From the start of the book: two pictures, one fully measured, one not. What tells you which?",
                [
                    Option("Sharpness", "A reconstruction can sharpen."),
                    Option("Absence of grain", "Grain can be removed without measuring anything."),
                    Option("The record of which lines were measured", "The picture alone cannot.", right=True),
                    Option("A reader with experience", "Chapter 16 will let you test that on yourself."),
                ],
            ),
        ],
        key="ch1-transfer",
        title="Transfer and recall",
    )
