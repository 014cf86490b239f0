"""Wavelet CS at R = 4, 2-D variable density. Goals: objective within 0.1 % of sigpy's GradientMethod on our transform;
PSNR at each one's best lam not below L1WaveletRecon - 0.1 dB, in at most half its time. BART's `pics -l1` where it is
installed.
"""

import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import sigpy.alg
import sigpy.mri.app
import torch
from cases import cases, maps_of, times

from mrtutor.encoding import encode, encode_adjoint, normal
from mrtutor.metrics import foreground, psnr
from mrtutor.sampling import variable_density_2d
from mrtutor.sparsity import absolute_lam, wavelet_cs, wavelet_shrink
from mrtutor.wavelet import detail_mask, dwt2

LAMS = [5e-4, 1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2]


def best(reconstruct, reference, region) -> tuple[float, float]:
    """(PSNR, lam) at the best lam."""
    return max((psnr(reconstruct(lam), reference, region), lam) for lam in LAMS)


def sigpy_cs(y, mask, maps, lam):
    lam, weights = float(absolute_lam(lam, y, mask, maps)), mask.expand(y.shape).numpy().astype(np.float32)
    app = sigpy.mri.app.L1WaveletRecon(y.numpy(), maps.numpy(), lam, weights=weights, max_iter=40, show_pbar=False)
    return torch.from_numpy(app.run())[None]


def main() -> None:
    print(f"{'case':34}{'method':34}{'PSNR':>8}{'lam':>9}{'ms':>8}")
    for name, kspace in cases().items():
        maps = maps_of(kspace)
        full = torch.ones(1, *kspace.shape[-2:], dtype=torch.bool)
        reference = encode_adjoint(kspace, full, maps)
        region = foreground(reference)
        mask = variable_density_2d(kspace.shape[-2:], 4, 24, torch.Generator().manual_seed(4))
        y = kspace * mask
        ours, theirs = partial(wavelet_cs, y, mask, maps), partial(sigpy_cs, y, mask, maps)
        (p, lam), (p_ref, lam_ref) = best(ours, reference, region), best(theirs, reference, region)
        timed = times(ours=partial(ours, lam), theirs=partial(theirs, lam_ref))
        t, t_ref = timed["ours"][0], timed["theirs"][0]
        print(f"{name:34}{'mrtutor wavelet_cs':34}{p:8.2f}{lam:9.4f}{1e3 * t:8.0f}")
        print(
            f"{'':34}{'sigpy L1WaveletRecon':34}{p_ref:8.2f}{lam_ref:9.4f}{1e3 * t_ref:8.0f}   ours in "
            f"{t / t_ref:.2f} of its time"
        )
        if shutil.which("bart"):
            p_bart, lam_bart = best(partial(bart, y, maps), reference, region)
            t_bart = times(bart=partial(bart, y, maps, lam_bart))["bart"][0]
            print(f"{'':34}{'BART pics -l1 (with its files)':34}{p_bart:8.2f}{lam_bart:9.4f}{1e3 * t_bart:8.0f}")
        a, b = objectives(y, mask, maps, 4e-3)
        print(
            f"{'':34}objective after 100 iterations: ours {a:.5f}, sigpy GradientMethod {b:.5f}, ratio {a / b:.5f}",
            flush=True,
        )


def objectives(y, mask, maps, lam) -> tuple[float, float]:
    """The objective that our FISTA and sigpy's reach on the same transform, without cycle spinning."""
    Ehy, EhE, threshold = encode_adjoint(y, mask, maps), normal(mask, maps), absolute_lam(lam, y, mask, maps)

    def value(x):
        details = dwt2(x, "db4", 4)[..., detail_mask(x.shape[-2:], 4)]
        return float((encode(x, mask, maps) - mask * y).abs().square().sum() / 2 + threshold * details.abs().sum())

    start = Ehy.numpy().copy()
    algorithm = sigpy.alg.GradientMethod(
        lambda v: (EhE(torch.from_numpy(v)) - Ehy).numpy(),
        start,
        1.0,
        accelerate=True,
        max_iter=100,
        proxg=lambda step, v: wavelet_shrink(torch.from_numpy(v), step * threshold, "db4", 4).numpy(),
    )
    while not algorithm.done():
        algorithm.update()
    return value(wavelet_cs(y, mask, maps, lam, 100, cycle_spinning=False)), value(torch.from_numpy(algorithm.x))


def write_cfl(path: Path, array: np.ndarray) -> None:
    """BART's file pair: dimensions as text, samples in Fortran order."""
    path.with_suffix(".hdr").write_text("# Dimensions\n" + " ".join(map(str, array.shape)) + "\n")
    array.astype(np.complex64).ravel(order="F").tofile(path.with_suffix(".cfl"))


def bart(y: torch.Tensor, maps: torch.Tensor, lam: float) -> torch.Tensor:
    """BART's l1-wavelet reconstruction of the same data (its own scaling of lam)."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for name, array in (("kspace", y), ("maps", maps)):
            write_cfl(folder / name, array.permute(1, 2, 0)[:, :, None].numpy())
        subprocess.run(
            [
                "bart",
                "pics",
                "-S",
                "-l1",
                "-r",
                str(lam),
                "-i",
                "40",
                folder / "kspace",
                folder / "maps",
                folder / "out",
            ],
            check=True,
            capture_output=True,
        )
        image = np.fromfile(folder / "out.cfl", np.complex64).reshape(y.shape[-2:], order="F")
    return torch.from_numpy(np.ascontiguousarray(image))[None]
