"""Interactive pictures: one hand-written front end for JupyterLab and for the built book.

    explore(scan, acceleration=[1, 2, 3, 4])      k-space in, image out, computed in the page itself
    compare({"CG-SENSE": image, …})               panes side by side; or of a function of a few controls
    predict(question, options, then=view)         commit first: the control of `then` unlocks afterwards
    paint_kspace(scan)                            erase, keep, spike: the image follows the brush
    quiz([Choice(…), Number(…), Click(…)])        questions that answer back

Each returns a `View`: leave it on the last line of a cell and it shows itself. Every picture is turned upright
with its scan, carries orientation letters and a phase-encoding arrow, and answers the mouse, the finger and the
keyboard ("?" lists the keys). Positions in a picture are fractions (x to the right, y down, 0 to 1) of the
UPRIGHT picture.
"""

from .assets import esm, page_script, page_style
from .compare import compare
from .explore import explore
from .paint import paint_kspace
from .panes import Control, Place, Region, bars, image, line, text
from .predict import Option, Target, predict
from .quiz import Choice, Click, Match, Number, Order, quiz
from .view import WIDGET_MIME, View

__all__ = [
    "WIDGET_MIME",
    "Choice",
    "Click",
    "Control",
    "Match",
    "Number",
    "Option",
    "Order",
    "Place",
    "Region",
    "Target",
    "View",
    "bars",
    "compare",
    "esm",
    "explore",
    "image",
    "line",
    "page_script",
    "page_style",
    "paint_kspace",
    "predict",
    "quiz",
    "text",
]
