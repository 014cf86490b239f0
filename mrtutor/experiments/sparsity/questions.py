"""Chapter 3, its gate and the exercises of the reading track."""

from ...scan import Scan
from ...types import Image
from ...widgets import Choice, Click, Match, Number, Option, Order, Place, Target, image, predict, quiz
from ...widgets.view import View
from .claims import first_lost
from .dots import Dot, left
from .scenes import window
from .strength import ASSUMED, BELIEFS, STEPS, WATCHED, blur

HIGHEST = WATCHED[-1]


def gate(dots: list[Dot], kept: dict[float, Image], then: View) -> View:
    """Which dot is lost first? `kept`: share -> picture, as in `scenes.keeping`."""
    first = first_lost(kept, dots)
    remains = left(kept[first], dots)
    return predict(
        "Fewer and fewer coefficients are kept. Which dot is lost first, and when?",
        [
            Option(
                "The smallest, 4 mm, when about half are left.",
                "Small matters, so this is half the answer. But a coefficient is size times contrast, and this dot is "
                f"bright: at {first:.0%} it still has {remains[dots[0].name]:.0%} of its contrast. And half of the "
                "coefficients may go before anything moves.",
            ),
            Option(
                "All of them together, when the brain blurs.",
                "That is how a smaller matrix fails. Here each coefficient stands or falls on its own: at "
                f"{first:.0%} the cortex is still drawn, and one dot is gone.",
            ),
            Option(
                "The faint 5 mm dot, below 10 %.",
                "Small and faint together make a small coefficient. It goes while the cortex still looks fine.",
                right=True,
            ),
            Option(
                "The faint 12 mm dot: its contrast is lowest.",
                f"Faint, but large: one coarse coefficient gathers all its pixels. At {first:.0%} it has "
                f"{remains[dots[-1].name]:.0%} of its contrast, though its edge has blurred.",
            ),
        ],
        then=then,
        key="ch3-gate",
    )


def exercises(case: Scan, dots: list[Dot], images: dict, painted: dict) -> View:
    """N5, N9, N10, N11; `images` of `strength.sweep`, `painted` of `strength.believe`."""
    final = {lam: images[lam, STEPS[-1]].abs() for lam in WATCHED}
    best = images[blur(case, images)["best"], STEPS[-1]]
    ranked = {lam: image(picture.clamp(max=window(case)[1]), scan=case) for lam, picture in final.items()}
    return quiz(
        [
            rank_by_lambda(case, list(ranked.values())),
            last_to_report(
                case, ranked, faint=[left(picture, dots)[dots[1].name] for picture in (best, final[1.6e-2])]
            ),
            most_faded(case, dots, final[HIGHEST]),
            what_was_assumed(case, painted),
            how_long(),
        ],
        key="ch3-exercises",
        title="Exercises",
    )


def rank_by_lambda(case: Scan, ranked: list) -> Order:
    """N5: five values of lambda."""
    return Order(
        "N5. Rank the pictures by λ, lowest first.",
        ["P", "K", "T", "M", "R"],
        right="More belief, fewer details: grain goes first, then the faint dots, then the rest.",
        pictures=ranked,
        scan=case,
        seed=5,
        messages={
            (4, 3, 2, 1, 0): "Reversed: λ is how much we believe in simplicity. More belief, fewer details.",
            ("first", 4): "The smoothest has the most belief behind it. Lowest λ first.",
            ("first", 2): "Nearly. One or two others hold more grain than this one.",
        },
        otherwise="Look for grain in air at one end, and for lost dots at the other.",
    )


def last_to_report(case: Scan, ranked: dict, faint: list[float]) -> Choice:
    """N5, second part; `faint`: what the faint 5 mm dot keeps at the best lambda and at 1.6 %."""
    why = {
        WATCHED[
            0
        ]: "That grain is undersampling harm: draw other points and it moves. A dot can hide in it, or be made by it.",
        WATCHED[2]: f"The faint 5 mm dot keeps {faint[0]:.0%}. Beyond this, every step takes more of it.",
        WATCHED[3]: f"Look at the faint 5 mm dot: {faint[1]:.0%} of its contrast is left. The larger ones still "
        "reassure you.",
        WATCHED[4]: "The smoothest is not the best: the contrast bars above show what went.",
    }
    return Choice(
        "N5, second part. You look for dots of 4 to 6 mm. Which is the last λ that you would report from?",
        [Option(f"{100 * lam:g} %", words, right=lam == WATCHED[2]) for lam, words in why.items()],
        pictures=[ranked[lam] for lam in why],
        scan=case,
        picture_alt="The slice at four values of lambda.",
    )


def most_faded(case: Scan, dots: list[Dot], smooth: Image) -> Click:
    """N9: lambda was too high, where was the dot that is gone?"""
    remains = left(smooth, dots)
    gone = min(dots, key=lambda dot: remains[dot.name])
    others = [
        Place(*dot.place, f"That one has faded to {remains[dot.name]:.0%}. Another has faded more.")
        for dot in dots
        if dot is not gone
    ]
    return Click(
        "N9. λ was too high. Click where the dot was that has faded most.",
        image(smooth, scan=case),
        Target(
            "One click. The full scan is above.",
            places=[Place(*gone.place)],
            tolerance=0.04,
            right=f"{gone.name}: {max(0, remains[gone.name]):.0%} of its contrast is left. Small and faint together.",
            wrong=others,
            otherwise="No dot was there. Go back to the first widget and note the five places.",
        ),
        scan=case,
        picture_alt="A smooth axial slice in which most dots are hard to see.",
    )


def what_was_assumed(case: Scan, painted: dict) -> Match:
    """N10: too much belief, three times."""
    tissue_or_grid = "Borders are hard in both. Do they follow the tissue, or a square grid?"
    overdone = [painted[name, len(BELIEFS) - 1].abs().clamp(max=window(case)[1]) for name in ASSUMED]
    return Match(
        "N10. Too much belief, three times. What was assumed?",
        [image(picture, scan=case) for picture in overdone],
        list(ASSUMED),
        scan=case,
        seed=2,
        messages={
            (0, 1): "Blocks have corners. Here nothing has.",
            (0, 2): "Painted areas end in hard borders. Here every border is soft.",
            (1, 2): tissue_or_grid,
            (2, 1): tissue_or_grid,
            (1, 0): "Smooth ripples cannot make corners.",
            (2, 0): "Calm inside, hard at the border: ripples do not do that.",
        },
        otherwise="Look at the borders: soft, square, or hard and curved?",
    )


def how_long() -> Number:
    """N11: the time of a 3-D scan."""
    return Number(
        "N11. A 3-D scan has 192 × 192 phase-encoding steps, TR 10 ms. At a true R of 6, how long does it run?",
        61,
        unit="s",
        tolerance=1,
        right="36,864 / 6 × 10 ms = 61 s.",
        wrong={
            369: "That is the full scan.",
            10: "You divided by 6 twice. R counts all points, not each direction.",
            0.32: "That is one direction only. A 3-D scan has 192 steps for each of 192.",
            2: "That is one row of steps.",
        },
        otherwise="All steps, divided by R, times TR.",
    )
