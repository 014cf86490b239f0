"""The learner's mistakes, told in one line."""

import traceback


def readable(error: BaseException) -> str:
    """An exception as one line: what, and in which line of the learner's own code."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "mrtutor" not in f.filename]
    where = f" (line {frames[-1].lineno} of {frames[-1].name})" if frames else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}{where}"
