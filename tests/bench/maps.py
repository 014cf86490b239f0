"""Coil maps from 10 to 24 lines: every method with the course's, beside the same method with sigpy's uncropped ESPIRiT.

The real brain at R = 4, maps from nothing but what the mask measured. PSNR in the head in dB: against the full scan
merged with the same maps, then against the RSS of the full scan, which no maps can move. `worst`: the method that loses
most to sigpy's maps.
"""

import tempfile
import time
from pathlib import Path

import torch
from cases import REAL, scaled

from mrtutor import metrics, sampling
from mrtutor.coils import combine, espirit_maps, low_resolution_maps, rss
from mrtutor.fourier import ifft2c
from mrtutor.methods import METHODS
from mrtutor.scan import read

LINES = (10, 12, 16, 20, 24)


def main() -> None:
    path = REAL / "brain_pulseq_16ch.h5"
    if not path.exists():
        print("real brain: not fetched")
        return
    kspace = scaled(read(path).kspace)
    for n_acs in LINES:
        table(kspace, n_acs)
    seconds(path)


def table(kspace, n_acs: int) -> None:
    """Every method with each kind of maps, and what it loses to sigpy's."""
    mask = sampling.equispaced(kspace.shape[-2:], 4, n_acs)
    measured, full = mask * kspace, rss(ifft2c(kspace))
    head = metrics.foreground(full)
    kinds = {
        "course": espirit_maps(measured),
        "sigpy": by_sigpy(measured, n_acs),
        "low resolution": low_resolution_maps(measured, n_acs),
    }
    print(f"\n{n_acs} lines, true R = {sampling.true_acceleration(mask):.2f}; {'holes in the head: '}", end="")
    print(", ".join(f"{kind} {int((rss(maps)[0][head] == 0).sum())}" for kind, maps in kinds.items()))
    print(f"{'':20}" + "".join(f"{kind:>18}" for kind in kinds) + f"{'course - sigpy':>18}")
    worst = {}
    for name, method in METHODS.items():
        try:
            rows = [scores(method(measured, mask, maps), kspace, maps, full, head) for maps in kinds.values()]
        except ValueError as refusal:  # other coils than a network was built for
            print(f"{name:20} refuses: {str(refusal)[:90]}")
            continue
        differences = [ours - theirs for ours, theirs in zip(rows[0], rows[1], strict=True)]
        worst[name] = min(differences)
        print(f"{name:20}" + "".join(f"{a:10.2f}{b:8.2f}" for a, b in [*rows, differences]), flush=True)
    name = min(worst, key=worst.get)
    print(f"worst: {name}, {worst[name]:+.2f} dB")


def scores(image, kspace, maps, full, head) -> tuple[float, float]:
    """PSNR against the full scan merged with these maps, and against its RSS."""
    merged = combine(ifft2c(kspace), maps)
    return metrics.psnr(image, merged, head), metrics.psnr(image, full, head)


def by_sigpy(kspace, n_acs: int):
    """Their ESPIRiT as it comes, but for the crop: a square of n_acs x n_acs, kernel 6, 100 power iterations."""
    from sigpy.mri.app import EspiritCalib

    return torch.from_numpy(EspiritCalib(kspace.numpy(), calib_width=n_acs, crop=0, show_pbar=False).run())


def seconds(path: Path) -> None:
    """What the maps cost when a file is opened: at first, and kept."""
    from mrtutor.scan import kept_maps

    user_folder = kept_maps.cache_folder
    with tempfile.TemporaryDirectory() as folder:
        kept_maps.cache_folder = lambda: Path(folder)
        spent = [timed(lambda: read(path, trusted=True)) for _ in range(3)]
        kept_maps.cache_folder = user_folder
    quick = timed(lambda: read(path, trusted=True, maps="low resolution"))
    kspace = read(path, trusted=True).kspace
    theirs = timed(lambda: by_sigpy(kspace, 24))
    print(f"\nreading the brain: first {spent[0]:.2f} s, then {min(spent[1:]):.2f} s; low resolution {quick:.2f} s")
    print(f"sigpy's ESPIRiT alone, imported already: {theirs:.2f} s")


def timed(run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
