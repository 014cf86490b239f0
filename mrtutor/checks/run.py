"""Run a learner's function so that every outcome, a crash too, becomes one sentence."""

import traceback
from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

SOLUTION = "The solution is folded at the end of the chapter."  # after a hint


def say(right: bool, sentence: str) -> bool:
    """Print the one line of feedback; return whether the exercise is solved."""
    print(f"{'Right.' if right else 'Not yet.'} {sentence}")
    return right


def attempt(
    function: Callable, *arguments, shape: tuple[int, ...] = (), hints: Mapping[tuple[int, ...], str] | None = None
):
    """(answer, "") or (None, what to do about it).

    The function gets copies, so it may change them. `shape`: what the answer must have; `hints`: shape -> what that
    shape tells.
    """
    copies = [argument.clone() if isinstance(argument, Tensor) else argument for argument in arguments]
    try:
        answer = function(*copies)
    except Exception as error:  # whatever the learner's code raises
        return None, _crash(function, error)
    if answer is None or answer is Ellipsis:
        return None, f"`{_name(function)}` is not yet written: it returns nothing."
    if isinstance(answer, tuple) and hasattr(answer, "solution"):
        return None, f"`{_name(function)}` returns all that least squares found; what is wanted is its `.solution`."
    if isinstance(answer, tuple) and hasattr(answer, "values"):
        return None, f"`{_name(function)}` returns values and their places; what is wanted is its `.values`."
    if callable(answer):
        return None, f"`{_name(function)}` returns a function, not what it computes: its brackets () are missing."
    try:
        answer = torch.as_tensor(answer)
    except (TypeError, ValueError, RuntimeError):
        return None, f"`{_name(function)}` must return a tensor, got {type(answer).__name__}."
    if tuple(answer.shape) in (hints or {}):
        return None, hints[tuple(answer.shape)]
    if tuple(answer.shape) != shape:
        expected = f"shape {shape}" if shape else "one number"
        return None, f"`{_name(function)}` must return {expected}, got shape {tuple(answer.shape)}."
    return answer.detach().to(torch.complex64), ""


class _Listener(TorchFunctionMode):
    """Notes the name of every torch function that is called."""

    def __init__(self):
        super().__init__()
        self.heard: set[str] = set()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.heard.add(getattr(func, "__name__", ""))
        return func(*args, **(kwargs or {}))


def transforms(function: Callable, *arguments) -> bool:
    """True where a learner's function makes a Fourier transform (torch's or NumPy's) on the way."""
    with _Listener() as listener:
        function(*arguments)
    own = set(getattr(getattr(function, "__code__", None), "co_names", ()))
    return any("fft" in name and "shift" not in name for name in listener.heard | own)


def _name(function: Callable) -> str:
    return getattr(function, "__name__", "your function")


def _crash(function: Callable, error: Exception) -> str:
    """Where the learner's own code stopped, and Python's words for it."""
    code = getattr(function, "__code__", None)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if code and frame.filename == code.co_filename]
    words = (str(error).splitlines() or ["no message"])[0]
    where = f" in line {own[-1].lineno - code.co_firstlineno + 1} (`{own[-1].line}`)" if own and own[-1].line else ""
    return f"`{_name(function)}` stopped{where}. Python says: {type(error).__name__}: {words}"


def close(answer: Tensor, right: Tensor, tolerance: float = 1e-3) -> bool:
    """Equal to `tolerance`, relative to the energy of `right`; nan is never close."""
    return bool((answer - right).norm() <= tolerance * right.norm())


def recognise(answer: Tensor, wrong: Mapping[str, Tensor], otherwise: str, tolerance: float = 1e-3) -> str:
    """The message of the known wrong answer that this one equals, else `otherwise`."""
    for message, value in wrong.items():
        if close(answer, value.to(answer.dtype), tolerance):
            return message
    return otherwise


def off(answer: Tensor, right: Tensor) -> str:
    """How far it is from right, in words: "250 %" of the energy's root."""
    return f"{100 * float((answer - right).norm() / right.norm()):.0f} %"
