"""Is the plaque seen? AUC of one number read with and without it, and whether SSIM warns before it is lost (C11)."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


def auc(present: Sequence[float] | Tensor, absent: Sequence[float] | Tensor) -> Tensor:
    """Chance that a scan with the lesion gives the higher number than one without, ties half (Mann-Whitney).

    (*b, n), (*b, m) -> (*b,).
    """
    a, b = (torch.as_tensor(values, dtype=torch.float64) for values in (present, absent))
    a, b = a[..., :, None], b[..., None, :]
    return ((a > b).double() + 0.5 * (a == b)).mean((-2, -1))


def contrast_left(row: Mapping[str, Sequence[float]], full: Mapping[str, Sequence[float]]) -> float:
    """What the plaque adds to the number read, mean over the patients, as a share of what it adds in the full scan."""
    added = lambda one: sum(a - b for a, b in zip(one["present"], one["absent"], strict=True))
    return added(row) / added(full)


def resampled(n: int, draws: int = 2000, seed: int = 0) -> Tensor:
    """Patients drawn with repetition: (draws, n) numbers 0..n-1; the first draw is everybody once."""
    drawn = torch.randint(n, (draws, n), generator=torch.Generator().manual_seed(seed))
    return torch.cat([torch.arange(n)[None], drawn])


def auc_interval(present: Sequence[float], absent: Sequence[float]) -> tuple[float, float, float]:
    """(AUC, low, high): 95 % of 2000 resamples of the patients, each with both scans."""
    draws = resampled(len(present))
    values = auc(torch.tensor(present)[draws], torch.tensor(absent)[draws])
    return float(values[0]), *values[1:].quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()


def dropped(rows: Mapping[int, Mapping[str, Sequence[float]]], at: Sequence[int] = (8, 12)) -> dict:
    """Does SSIM stay flat longer than AUC? From one method's `far.by_R`.

    Of the way that each falls from the lowest to the highest R, the share that it has fallen at each R of `at`: "SSIM",
    "AUC". "lead" is the mean of AUC's shares less that of SSIM's: above 0 the lesion goes before SSIM warns. Patients
    are resampled: "sure" is the share of resamples with AUC ahead. holds: True from 95 % on, False up to 5 %, else
    None; None too where the AUC of the highest R is not below that of the lowest in 95 % of resamples: then there is no
    way to share out.
    """
    order = sorted(rows)
    first, last = order[0], order[-1]
    draws = resampled(len(rows[first]["SSIM"]))
    drawn = lambda R, name: torch.tensor(rows[R][name], dtype=torch.float64)[draws]
    ssim = {R: drawn(R, "SSIM").mean(-1) for R in order}
    area = {R: auc(drawn(R, "present"), drawn(R, "absent")) for R in order}
    way = {name: curve[first] - curve[last] for name, curve in (("SSIM", ssim), ("AUC", area))}
    fallen = lambda curve, R: curve[first] - curve[R]
    # the sign of lead without its denominators, which a resample can bring close to 0
    ahead = sum(fallen(area, R) * way["SSIM"] - fallen(ssim, R) * way["AUC"] for R in at)
    falls = float((way["AUC"][1:] > 0).double().mean())
    sure = float((ahead[1:] > 0).double().mean())
    result = {
        "falls": falls,
        "sure": sure,
        "AUC by R": {R: float(area[R][0]) for R in order},
        "SSIM by R": {R: float(ssim[R][0]) for R in order},
    }
    if falls < 0.95 or float(way["SSIM"][0]) <= 0:
        return {**result, "holds": None, "reason": f"AUC does not surely fall from R = {first} to {last}"}
    shares = {
        name: {R: float(fallen(curve, R)[0] / way[name][0]) for R in at}
        for name, curve in (("SSIM", ssim), ("AUC", area))
    }
    lead = sum(shares["AUC"][R] - shares["SSIM"][R] for R in at) / len(at)
    holds = True if sure >= 0.95 else False if sure <= 0.05 else None
    reason = "" if holds is not None else "both fall alike, as far as so few patients can tell"
    return {**result, **shares, "lead": lead, "holds": holds, "reason": reason}
