"""Chapter 2, the price of unfolding on any fully sampled scan: where the noise goes, C04 and C10.

Every function takes a `Scan` that went through `common.cases.prepare` and returns a dict of numbers.
"""

from dataclasses import replace

import torch
from torch import Tensor

from ... import coils, grappa, metrics, sampling, sense
from ...claims import record
from ...fourier import fft2c, ifft2c
from ...scan import Scan
from ...show import in_book


def head(case: Scan) -> Tensor:
    """Bool (y, x): where the chapter's numbers are taken."""
    return metrics.foreground(case.image)


def score(image: Tensor, case: Scan) -> float:
    """NMSE inside the head against the full scan."""
    return metrics.nmse(image, case.image, head(case))


def can_tell(case: Scan, acceleration: int) -> bool:
    """Whether the elements hear the places that pile up differently enough to be told apart at all."""
    if len(case.maps) < acceleration:
        return False
    try:
        sense.g_factor(trimmed(case, acceleration).maps, acceleration)
    except ValueError:  # its sentence: two places sound alike
        return False
    return True


def trimmed(case: Scan, acceleration: int) -> Scan:
    """The same slice in a field that `acceleration` divides: at most R - 1 columns of air are cut at the sides."""
    n_x = case.maps.shape[-1]
    left = n_x % acceleration // 2
    field = slice(left, left + n_x // acceleration * acceleration)
    kspace = fft2c(ifft2c(case.kspace)[..., field])
    return replace(case, kspace=kspace, maps=case.maps[..., field], mask=case.mask[..., field])


def mean_g(case: Scan, accelerations=(2, 3, 4, 5, 6, 8)) -> dict[int, float]:
    """Mean g-factor inside the head at each R."""
    fields = {R: trimmed(case, R) for R in accelerations}
    return {R: float(sense.g_factor(field.maps, R)[0][head(field)].mean()) for R, field in fields.items()}


def rim_and_core(case: Scan, acceleration: int | None = None, rim_mm: float = 12) -> dict:
    """Mean g in the outer `rim_mm` of the head and in its core (the inner half by depth), and the regions, bool (y, x).

    acceleration: 4, or 2 where the elements cannot tell four places apart.
    """
    from scipy.ndimage import distance_transform_edt

    acceleration = acceleration or (4 if can_tell(case, 4) else 2)
    g, inside = sense.g_factor(case.maps, acceleration)[0], head(case)
    framed = torch.nn.functional.pad(inside, (1, 1, 1, 1))  # the edge of the field is a rim too
    depth = torch.from_numpy(distance_transform_edt(framed.numpy(), sampling=case.voxel_mm))[1:-1, 1:-1]
    rim, core = inside & (depth < rim_mm), depth > depth.max() / 2
    return {
        "rim": float(g[rim].mean()),
        "core": float(g[core].mean()),
        "most": float(g[inside].max()),
        "rim_region": rim,
        "core_region": core,
        "air_region": ~inside,
        "noisiest": inside & (g > g[inside].quantile(2 / 3)),
    }


def snr_loss(
    case: Scan, accelerations=(2, 4), n_acs: int = 24, n_draws: int = 40, std: float = 0.005, seed: int = 0
) -> dict:
    """C04: noise of the reconstruction over noise of the full scan, by repetition of the scan with fresh noise.

    R -> SENSE at R beside g sqrt(R): "measured", "predicted" (means over the head), "ratio" (median of one by the
    other), "map" and "theory" (y, x). It holds when the ratio is 1 within 5 % and no place has g < 1.
    "GRAPPA": at the largest R with `n_acs` reference lines and weights learnt once, beside the root of the true R.
    """
    if not in_book():
        print("Repeating the scan with fresh noise, a few seconds …")
    R_grappa = max(accelerations)
    masks = {R: sampling.equispaced(case.image.shape[-2:], R) for R in accelerations}
    dense = sampling.equispaced(case.image.shape[-2:], R_grappa, n_acs)
    R, offset, acs = grappa.grid(dense)
    centre = case.kspace[..., acs]
    kernel = grappa.choose_kernel(centre.shape, R)
    weights = grappa.calibrate(centre, R, kernel)

    def every(noise):  # the same through each: only the method differs. All are linear: silence may lie below
        unfolded = [sense.unfold(mask * noise, mask, case.maps) for mask in masks.values()]
        filled = grappa.fill(dense * noise, dense, weights, R, offset, kernel)
        return torch.cat([coils.combine(ifft2c(noise), case.maps), coils.combine(ifft2c(filled), case.maps), *unfolded])

    full, filled, *unfolded = sense.pseudo_replica(
        every, torch.zeros_like(case.kspace), std, n_draws, torch.Generator().manual_seed(seed)
    )
    heard = coils.rss(case.maps)[0] > 0
    region = head(case) & heard
    result = {}
    for R, noisy in zip(accelerations, unfolded, strict=True):
        g = sense.g_factor(case.maps, R)[0]
        measured, theory = noisy / full.clamp_min(1e-12) * heard, g * R**0.5
        ratio, least = float((measured / theory)[region].median()), float(g[region].min())
        result[R] = {
            "measured": float(measured[region].mean()),
            "predicted": float(theory[region].mean()),
            "root": R**0.5,
            "ratio": ratio,
            "least_g": least,
            "map": measured,
            "theory": theory,
            "holds": abs(ratio - 1) < 0.05 and least > 1 - 1e-4,
        }
    measured, root = float((filled / full.clamp_min(1e-12))[region].mean()), sampling.true_acceleration(dense) ** 0.5
    return result | {"GRAPPA": {"measured": measured, "root": root, "holds": measured >= root}}


def knee(case: Scan, accelerations=(2, 3, 4, 5, 6), n_acs: int = 24) -> dict:
    """C10 for parallel imaging: NMSE over R of plain SENSE and of GRAPPA with `n_acs` reference lines on top.

    Only at those R that the elements can unfold. Holds when both rise at least three times as fast, per unit of R,
    beyond 4 as up to 4; None where nothing beyond 4 could be measured.
    """
    measured = [R for R in accelerations if can_tell(case, R)]
    curves = {"SENSE": [], "GRAPPA": []}
    for R in measured:
        field = trimmed(case, R)
        mask = sampling.equispaced(field.image.shape[-2:], R)
        curves["SENSE"].append(score(sense.unfold(mask * field.kspace, mask, field.maps), field))
        mask = sampling.equispaced(case.image.shape[-2:], R, n_acs)
        curves["GRAPPA"].append(score(grappa.grappa(mask * case.kspace, mask, case.maps), case))
    found = {"R": measured, **curves, "steeper": {}, "holds": None}
    if 4 not in measured or measured[-1] == 4 or measured[0] == 4:
        return found
    at = measured.index(4)
    early = {k: (v[at] - v[0]) / (4 - measured[0]) for k, v in curves.items()}
    late = {k: (v[-1] - v[at]) / (measured[-1] - 4) for k, v in curves.items()}
    steeper = {k: late[k] / early[k] for k in curves}
    return found | {"steeper": steeper, "holds": all(late[k] > 3 * early[k] > 0 for k in curves)}


def record_snr_loss(case: Scan, losses: dict) -> None:
    """What `snr_loss` found, in the words of C04."""
    two, four, filled = losses[2], losses[4], losses["GRAPPA"]
    record(
        "C04",
        {"SENSE": two["holds"] and four["holds"], "GRAPPA": filled["holds"]},
        f"SENSE, {case.label}: noise grew {two['measured']:.2f} times at R = 2 and {four['measured']:.2f} times at "
        f"R = 4, against {two['predicted']:.2f} and {four['predicted']:.2f} for g√R and {two['root']:.2f} and 2 for √R "
        f"alone. GRAPPA at R = 4 with 24 reference lines: {filled['measured']:.2f} times, the root of its true "
        f"acceleration is {filled['root']:.2f}.",
        sense_2=two["measured"],
        sense_4=four["measured"],
        predicted_2=two["predicted"],
        predicted_4=four["predicted"],
        grappa_4=filled["measured"],
    )


def record_knee(bend: dict) -> None:
    """What `knee` found, in the words of C10."""
    curves = "; ".join(f"{name} {', '.join(f'{e:.2%}' for e in bend[name])}" for name in ("SENSE", "GRAPPA"))
    steeper = bend["steeper"]
    climbs = (
        f"Beyond 4 it climbs {min(steeper.values()):.0f} times as fast or faster than up to 4."
        if steeper
        else "Beyond 4 these elements cannot unfold."
    )
    record(
        "C10",
        bend["holds"],
        f"Squared error of parallel imaging at R = {', '.join(map(str, bend['R']))}: {curves}. {climbs}",
        **{f"steeper_{name.lower()}": times for name, times in steeper.items()},
    )
