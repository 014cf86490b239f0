"""How real the virtual patients are: a PD-like slice of each head beside the public 16-channel brain, same matrix, same
noise.
"""

import os
from pathlib import Path

import h5py
import numpy as np
import torch
from scipy import ndimage

from mrtutor.coils import birdcage_maps, combine, low_resolution_maps, rss
from mrtutor.fourier import fft2c, ifft2c
from mrtutor.patients import patient
from mrtutor.scan import acquire
from mrtutor.wavelet import dwt2

REAL = Path(os.environ.get("MRTUTOR_DATA", Path(__file__).parents[3] / "shared" / "real"))
HEADS = {"s1 (test)": ("test", "s1"), "colin (train)": ("train", "colin"), "icbm (train)": ("train", "icbm")}
LEVEL_MM, RADIUS, SEEDS, BANDS = 14.0, 0.8, range(6), 16


def noise_power(kspace):
    """Mean noise power of a k-space sample, summed over coils: from the strips beside the head along phase encoding."""
    coil_images = ifft2c(kspace)
    strips = torch.cat([coil_images[..., :4], coil_images[..., 116:]], -1)
    return float(strips.abs().square().mean((1, 2)).sum())


def radial_power(kspace):
    """Mean power in BANDS rings of equal width, summed over coils: (BANDS,)."""
    power = kspace.abs().square().sum(0).numpy()
    y, x = np.indices(power.shape) - power.shape[-1] // 2
    ring = (np.hypot(y, x) * BANDS / (power.shape[-1] / 2)).astype(int)
    ring[power.shape[-2] // 2, power.shape[-1] // 2] = BANDS
    return np.array([power[ring == b].mean() for b in range(BANDS)])


def combined(kspace):
    """The map-combined image (1, y, x)."""
    return combine(ifft2c(kspace), low_resolution_maps(kspace, 24))


def virtual(split, head, seed, snr_power):
    """K-space (16, 128, 128) of a virtual patient whose ratio of noise to signal power is that of the real brain."""
    slice_ = patient(seed, "PD", level=LEVEL_MM, split=split, head=head)
    kspace = acquire(slice_, n_coils=16, size=128, radius=RADIUS).kspace
    std = (snr_power * float(kspace.abs().square().sum(0).mean()) / 16 / 2) ** 0.5
    return (
        kspace
        + std * torch.randn(16, 128, 128, generator=torch.Generator().manual_seed(seed), dtype=torch.complex64) * 2**0.5
    )


def decibel(ratio):
    return 10 * np.log10(np.maximum(ratio, 1e-12))


def wavelet_decay(image, shares=(0.01, 0.02, 0.05, 0.10, 0.20)):
    """Relative error (l2) that is left when only the largest share of db4 coefficients is kept."""
    size = np.sort(dwt2(image / image.abs().max(), "db4").abs().flatten().numpy())[::-1] ** 2
    return [float(np.sqrt(size[int(s * size.size) :].sum() / size.sum())) for s in shares]


def local_contrast(picture):
    """Median over 28 mm windows inside the brain of the 90th over the 10th percentile, and of std / mean; lightly
    smoothed.
    """
    bright = picture > 0.35 * np.median(picture[picture > 0.1 * picture.max()])
    label, n = ndimage.label(
        ndimage.binary_erosion(ndimage.binary_fill_holes(ndimage.binary_opening(bright, iterations=2)), iterations=3)
    )
    brain = ndimage.binary_erosion(label == 1 + np.argmax(ndimage.sum(label > 0, label, range(1, n + 1))), iterations=3)
    soft = ndimage.gaussian_filter(picture, 0.7)
    windows = [
        soft[y : y + 14, x : x + 14]
        for y in range(0, 114, 6)
        for x in range(0, 114, 6)
        if brain[y : y + 14, x : x + 14].mean() > 0.98
    ]
    return np.median([np.percentile(w, 90) / np.percentile(w, 10) for w in windows]), np.median(
        [w.std() / w.mean() for w in windows]
    )


def roughness(maps, inside):
    """Root mean square change of coil maps from pixel to pixel, inside the head."""
    steps = [(maps.roll(-1, axis) - maps).abs().square().sum(0)[inside].mean() for axis in (-2, -1)]
    return float(torch.stack(steps).mean().sqrt())


def phase_slope(kspace, inside):
    """Root mean square phase step from pixel to pixel in rad, weighted by signal, of what all coils share and their
    own.
    """
    images = ifft2c(kspace)
    steps = [(images.roll(-1, axis) * images.conj())[:, inside] for axis in (-2, -1)]
    return float(torch.stack([(s.angle().square() * s.abs()).sum() / s.abs().sum() for s in steps]).mean().sqrt())


def head_of(kspace):
    loud = rss(ifft2c(kspace))[0].numpy()
    return torch.from_numpy(ndimage.binary_erosion(ndimage.binary_fill_holes(loud > 0.1 * loud.max()), iterations=4))


def main():
    path = REAL / "brain_pulseq_16ch.h5"
    if not path.exists():
        print(f"{path.name} is absent: `mrtutor fetch brain-16ch` brings it")
        return
    with h5py.File(path) as file:
        real = torch.from_numpy(file["kspace"][0])
    noise, total = noise_power(real), float(real.abs().square().sum(0).mean())
    snr_power = noise / (total - noise)
    signal = radial_power(real) - noise
    rows = {name: [virtual(*where, seed, snr_power) for seed in SEEDS] for name, where in HEADS.items()}

    print(
        f"Real: 2-D FLASH, 128 x 128, 2 mm; virtual: PD-like, level {LEVEL_MM} mm, {len(SEEDS)} people a head; "
        f"noise {10 * np.log10(snr_power):.1f} dB of the power"
    )
    print("\nRadial power of the map-combined image, virtual - real, dB (goal: within 3)")
    spectrum = lambda k: (p := radial_power(fft2c(combined(k)))) / p.sum()
    target = spectrum(real)
    print("band (of 64 cycles)  " + " ".join(f"{4 * b:5d}" for b in range(BANDS)) + "   worst")
    print("real over noise      " + " ".join(f"{v:5.1f}" for v in decibel(signal / noise)))
    for name, spaces in rows.items():
        d = np.mean([decibel(spectrum(k) / target) for k in spaces], 0)
        print(f"{name:20s} " + " ".join(f"{v:5.1f}" for v in d) + f"   {np.abs(d).max():5.1f}")
    print("\nThe same, coil by coil before combination (coil maps and phase count too)")
    for name, spaces in rows.items():
        d = np.mean(
            [
                decibel(radial_power(k) / k.abs().square().sum() / (radial_power(real) / real.abs().square().sum()))
                for k in spaces
            ],
            0,
        )
        print(f"{name:20s} " + " ".join(f"{v:5.1f}" for v in d) + f"   {np.abs(d).max():5.1f}")

    print(
        "\nWhat is lost when only the largest db4 coefficients stay (relative error)      1 %    2 %    5 %   "
        "10 %   20 %"
    )
    show = lambda name, values: print(f"{name:75s} " + " ".join(f"{v:6.3f}" for v in values))
    show("real", wavelet_decay(combined(real)))
    for name, spaces in rows.items():
        show(name, np.mean([wavelet_decay(combined(k)) for k in spaces], 0))

    print("\n                     contrast 90/10   std/mean   map roughness   phase step, rad   noise / brain")
    for name, spaces in {"real": [real], **rows}.items():
        values = []
        for k in spaces:
            inside, picture = head_of(k), combined(k).abs()[0].numpy()
            brain = np.median(picture[inside.numpy()])
            values.append(
                (
                    *local_contrast(picture),
                    roughness(low_resolution_maps(k, 24), inside),
                    phase_slope(k, inside),
                    (noise_power(k) / 16 / 2) ** 0.5 / brain,
                )
            )
        print(f"{name:20s} " + "   ".join(f"{v:12.3f}" for v in np.mean(values, 0)))
    print(
        f"birdcage maps of radius {RADIUS}, exact: roughness "
        f"{roughness(birdcage_maps((128, 128), 16, RADIUS), head_of(rows['s1 (test)'][0])):.3f}"
    )


if __name__ == "__main__":
    main()
