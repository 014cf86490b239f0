"""Chapter 1, the quiz at the end."""

from ... import sampling
from ...scan import Scan
from ...widgets import Choice, Option, View, quiz
from .folding import zero_filled


def closing_quiz(case: Scan) -> View:
    """Six questions, the first two on pictures of the chapter's own slice."""
    shape = case.kspace.shape[-2:]
    three_fold = zero_filled(case.image, sampling.equispaced(shape, 3))
    narrow = zero_filled(case.image, sampling.centre_only(shape, 4))
    return quiz(
        [
            Choice(
                "What was kept?",
                [
                    Option("Every second line", "Count the copies: half a field apart would be two."),
                    Option(
                        "Every third line",
                        "Three copies, a third of a field apart, each a third as bright.",
                        right=True,
                    ),
                    Option(
                        "A third of the field of view",
                        "The field shrinks as a result; what was chosen is the spacing of the lines.",
                    ),
                    Option("The central third", "That would be one blurred head."),
                ],
                picture=three_fold,
                scan=case,
                picture_alt="A head seen three times along the phase-encoding arrow.",
            ),
            Choice(
                "And here?",
                [
                    Option("Every fourth line", "Four copies would lie a quarter of a field apart. There is one head."),
                    Option(
                        "The central quarter",
                        "One head, every place once, fine detail gone, ringing beside the scalp.",
                        right=True,
                    ),
                    Option(
                        "A larger voxel was interpolated",
                        (
                            "Close: it looks the same, since extent sets the true voxel. But here the outer "
                            "lines were left out."
                        ),
                    ),
                    Option(
                        "The patient moved",
                        (
                            "Motion gives repeats and blur along phase encoding from wrong lines; here the lines "
                            "that are there are right."
                        ),
                    ),
                ],
                picture=narrow,
                scan=case,
                picture_alt="One blurred head with faint stripes beside the scalp.",
            ),
            Choice(
                "At R = 3, how far apart are the copies?",
                [
                    Option("3 pixels", "R counts lines, not pixels: the distance is the field over R."),
                    Option("A third of the field of view", "FOV/R, whatever the matrix.", right=True),
                    Option("A third of the head", "The head does not matter; the lines' spacing does."),
                    Option("It depends on the lesion", "Every place is shifted alike."),
                ],
            ),
            Choice(
                "256 lines, R = 4, 24 reference lines. What share of the lines is measured?",
                [
                    Option("25 %", "That is the grid alone. Reference lines come on top."),
                    Option("32 %", "64 on the grid, 18 more in the centre: 82 of 256.", right=True),
                    Option("34 %", "You counted six reference lines twice: they were on the grid already."),
                    Option("9 %", "That is the reference lines alone."),
                ],
            ),
            Choice(
                (
                    "A bright band of arm lies over the liver on a coronal scan, phase encoding R–L. What proves "
                    "that it is fold-over?"
                ),
                [
                    Option("It disappears with more averages", "Averages lower noise. A copy is signal, and stays."),
                    Option(
                        "It goes when the field is widened along R–L",
                        "Lines closer together, a wider field: nothing is left outside to fold in.",
                        right=True,
                    ),
                    Option(
                        "It moves when phase encoding is swapped to H–F",
                        "It will, but so do motion and flow: they follow the arrow too.",
                    ),
                    Option("It disappears with a smaller field of view", "A smaller field folds more."),
                ],
            ),
            Choice(
                "You leave out three of four lines at random, in a 2-D scan. What replaces the copies?",
                [
                    Option(
                        "Noise, as in a short scan",
                        "Random points in a 3-D scan come close. Lines smear along one direction.",
                    ),
                    Option(
                        "A smear along phase encoding",
                        "Structured, along the arrow, and as large in squared error.",
                        right=True,
                    ),
                    Option(
                        "Nothing, random skipping is harmless",
                        "The signal has to go somewhere: the error is as large as with regular lines.",
                    ),
                    Option("Blur in both directions", "Readout is complete; nothing blurs along it."),
                ],
            ),
        ],
        key="ch1-quiz",
        title="Quiz",
    )
