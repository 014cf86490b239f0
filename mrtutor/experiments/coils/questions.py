"""Chapter 2, its two gates and the exercises of the reading track; quiz and transfer have files of their own."""

from ... import fourier, sampling, sense
from ...scan import Scan
from ...widgets import Click, Match, Number, Option, Region, Target, image, predict, quiz
from ...widgets.view import View
from .claims import rim_and_core
from .questions_quiz import check_yourself
from .questions_transfer import transfer
from .scenes import mismatched, swapped
from .scenes_unfolding import WINDOW

__all__ = ["check_yourself", "element_moves", "exercises", "transfer", "where_is_the_noise"]

LOUD_AT_THE_RIM = "Loud and clear there: the elements disagree most at the skin."
NOTHING_FOLDED = "Air holds noise too, but nothing is folded there."


def element_moves(then: View) -> View:
    """The first gate: what happens as both elements come to hear the same?"""
    return predict(
        "Element 2 moves towards element 1, until both hear almost the same. What happens to the unfolded picture?",
        [
            Option(
                "The fold-over copy comes back.",
                "The natural guess: no separation, so the pile returns. But the equations still have an answer, and on "
                "average it is the right one. What goes is its steadiness.",
            ),
            Option(
                "It blurs.",
                "Unfolding works pixel by pixel and never mixes neighbours. The voxel stays what it was.",
            ),
            Option(
                "It drowns in noise.",
                "The two equations become nearly the same, and a whisper of noise tips the answer.",
                right=True,
            ),
            Option(
                "Nothing. Two elements are two elements.",
                "Two elements in one place are one element. Where they sit counts, not how many there are.",
            ),
        ],
        then=then,
        key="ch2-gate",
    )


def where_is_the_noise(depth: dict, then: View) -> View:
    """The second gate: where will it be noisy at R = 4? `depth`: of `claims.rim_and_core`."""
    return predict(
        "R = 4. Where will the noise grow most?",
        [
            Option(
                "Nowhere: it grows by √R everywhere.",
                "True for √R: a quarter of the lines costs half the SNR at every place. On top of that comes a part "
                "with an address.",
            ),
            Option(
                "At the rim, where the elements are loudest.",
                "Loud and clear there: at the skin the elements disagree most, and disagreement is what unfolding "
                "lives on.",
            ),
            Option(
                "In the middle, where the elements hear alike.",
                "Distance alone is no harm; hearing alike is. And look at the borders: they follow the pile, not the "
                "anatomy.",
                right=True,
            ),
            Option(
                "In the air, where there is no signal.",
                "Air holds noise too, but nothing needs to be told apart there.",
            ),
        ],
        click=Target(
            "Click the noisiest place.",
            places=[Region(depth["noisiest"])],
            pane="Full scan",
            right="That is among the noisiest third of the head.",
            wrong=[Region(depth["rim_region"], LOUD_AT_THE_RIM), Region(depth["air_region"], NOTHING_FOLDED)],
            otherwise="Not among the noisiest third: that lies in two bands across the middle, one before and one "
            "behind the centre, where the most places pile up.",
        ),
        then=then,
        key="ch2-noise",
    )


def exercises(case: Scan) -> View:
    """N4, N7, N8: the noisiest place with the arrow turned, the SNR that is left, three pictures and their causes."""
    return quiz([noisiest_place(case), snr_left(), three_causes(case)], key="ch2-exercises", title="Exercises")


def noisiest_place(case: Scan) -> Click:
    """N4: the same slice, phase encoding along the other direction."""
    turned = swapped(case)
    across = rim_and_core(turned)
    target = Target(
        "One click.",
        places=[Region(across["noisiest"])],
        right="Among the noisiest third. The bands turned with the arrow.",
        wrong=[Region(across["rim_region"], LOUD_AT_THE_RIM), Region(across["air_region"], NOTHING_FOLDED)],
        otherwise="Follow the arrow: which places pile up in fours, where no element hears one place much better?",
    )
    return Click(
        "N4. Now phase encoding runs the other way, R = 4. Click the noisiest place.",
        image(turned.image.abs(), scan=turned),
        target,
        scan=turned,
        picture_alt="The head with a phase-encoding arrow turned by a right angle.",
    )


def snr_left() -> Number:
    """N7: what g and R leave of an SNR."""
    return Number(
        "N7. A full scan has an SNR of 60 at some place. At R = 4 its g there is 1.5. What SNR is left?",
        20,
        tolerance=0.5,
        right="60 / (1.5 × √4) = 20.",
        wrong={
            30: "You forgot g: √R alone.",
            40: "You forgot √R: g alone.",
            10: "You divided by R. SNR goes with the root of the measuring time.",
            15: "That is R alone; take its root, and then g.",
        },
        otherwise="Divide by √R, then by g.",
    )


def three_causes(case: Scan) -> Match:
    """N8: R = 4 three times, each with something else wrong."""
    shape = case.image.shape[-2:]
    regular, centre = sampling.equispaced(shape, 4), sampling.centre_only(shape, 4)
    causes = {
        "elements alike": sense.unfold(regular * case.kspace, regular, case.maps).abs(),
        "maps moved": mismatched(case, 4, 16).abs(),
        "centre only": fourier.ifft2c(centre * fourier.fft2c(case.image)).abs(),
    }
    return Match(
        "N8. R = 4 three times. What is wrong with each?",
        [image(picture.clamp(max=WINDOW[1]), scan=case) for picture in causes.values()],
        list(causes),
        scan=case,
        seed=2,
        messages={
            (0, 1): "Grain has no outline. Is there an edge that is not anatomy?",
            (1, 0): "Grain is there in both. But follow the arcs: they have the shape of the skull.",
            (0, 2): "Is fine detail gone, or covered by grain?",
            (2, 0): "The pixels are calm here; the edges are wide.",
            (1, 2): "Stripes beside the skull repeat at every edge; an arc stands alone, a quarter of a field from its "
            "source.",
            (2, 1): "Fine stripes that follow every edge: the outer lines are missing.",
        },
        otherwise="Ask of each: grain, an extra outline, or blur?",
    )
