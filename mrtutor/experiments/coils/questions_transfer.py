"""Chapter 2, the transfer to another body and another coil, and a question from chapter 1."""

from ... import metrics, sense
from ...widgets import Choice, Click, Option, Region, Target, image, quiz
from ...widgets.view import View
from . import abdomen


def transfer() -> View:
    """The drawn abdomen: which direction is less noisy, where is fold-over; and one question from chapter 1."""
    return quiz(
        [less_noisy_direction(), fold_over_in_the_liver(), spot_at_three()],
        key="ch2-transfer",
        title="Transfer and recall",
    )


def less_noisy_direction() -> Choice:
    """The elements in front and behind tell front from back."""
    body, along = abdomen.draw(across=(0,)), abdomen.draw("horizontal", across=(0,))
    front_back, sides = (
        float(sense.g_factor(one.maps, 2)[0][metrics.foreground(one.image)].mean()) for one in (body, along)
    )
    return Choice(
        "One element lies on the belly, one behind the back, none at the sides. R = 2. The arrow shows front to back. "
        "Would side to side be less noisy?",
        [
            Option(
                "No: front to back is less noisy",
                f"The two piled places lie near different elements: mean g {front_back:.2f}, against {sides:.2f} from "
                "side to side.",
                right=True,
            ),
            Option(
                "Yes: side to side is less noisy",
                f"Left and right sound alike to both elements: mean g {sides:.2f}, against {front_back:.2f} from front "
                "to back.",
            ),
            Option(
                "No difference: R decides",
                "√R does not care. g does: it depends on which places pile up, and that follows the arrow.",
            ),
            Option("None is possible with two elements", "Two elements give two equations, enough for R = 2."),
        ],
        picture=image(body.image.abs(), scan=body),
        picture_alt="A drawn axial abdomen with liver, spleen, kidneys and spine.",
    )


def fold_over_in_the_liver() -> Click:
    """An arc with a partner, a dot without."""
    breath, liver = abdomen.after_a_breath(), abdomen.draw()
    dot = "That dot has no partner a third of a field away. It is not explained by fold-over: it stays on the list."
    return Click(
        "R = 3; the maps come from another breath-hold. Click residual fold-over inside the body.",
        image(breath["image"].abs().clamp(max=0.75), scan=liver),
        Target(
            "One click.",
            places=[Region(breath["arc"])],
            right="A copy of the bright body wall, a third of a field along the arrow.",
            wrong=[Region(breath["dot"], dot)],
            otherwise="Step a third of the field from the bright wall, along the arrow, and look for its outline.",
        ),
        scan=liver,
        picture_alt="A drawn abdomen with a grainy band and faint arcs that repeat the body wall.",
    )


def spot_at_three() -> Choice:
    """Recall: copies lie FOV/R apart."""
    return Choice(
        "From chapter 1: at R = 3 a bright spot appears at its place and …",
        [
            Option("half a field away", "That is R = 2."),
            Option("a third and two thirds of a field away, along phase encoding", "FOV/R, and once more.", right=True),
            Option("three pixels away", "The distance is the field over R, whatever the matrix."),
            Option("mirrored", "A copy is shifted, not mirrored."),
        ],
    )
