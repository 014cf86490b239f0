"""Random fields over a slice that drift smoothly with height: texture, phase, shading."""

import numpy as np


def texture(generator, shape, voxel_mm, height_mm, low_mm, high_mm, step_mm=4.0):
    """Noise of unit variance between two lengths in mm: (y, x); `generator(k)` gives the random numbers of layer k."""
    ky, kx = np.fft.fftfreq(shape[0], voxel_mm[0]), np.fft.rfftfreq(shape[1], voxel_mm[1])
    k = np.hypot(ky[:, None], kx)
    band = (np.exp(-((k * low_mm) ** 2)) - np.exp(-((k * high_mm) ** 2))).astype(np.float32)
    layer = int(np.floor(height_mm / step_mm))
    angle = np.pi / 2 * (height_mm / step_mm - layer)  # from one layer to the next at constant variance
    noise = (
        w * generator(j + 1000).standard_normal(shape, dtype=np.float32)
        for w, j in ((np.cos(angle), layer), (np.sin(angle), layer + 1))
    )
    field = np.fft.irfft2(np.fft.rfft2(sum(noise)) * band, s=shape)
    return (field / np.maximum(field.std(), 1e-12)).astype(np.float32)


def smooth(rng, y, x, z, bumps):
    """Polynomial of second order and a few bumps, within about -1..1 over the head: (y, x); places in mm from its
    middle.
    """
    v, u, w = y[:, None] / 95, x[None, :] / 75, z / 95
    c = rng.normal(size=6) * (0.4, 0.4, 0.4, 0.4, 0.3, 0.3)
    field = c[0] * u + c[1] * v + c[2] * u**2 + c[3] * v**2 + c[4] * u * v + c[5] * w * (u + v)
    for _ in range(bumps):
        (cy, cx), height, width = rng.uniform(-0.7, 0.7, 2), rng.normal() * 0.7, rng.uniform(0.25, 0.5)
        field = field + height * np.exp(-((v - cy) ** 2 + (u - cx) ** 2) / (2 * width**2))
    head = u**2 + v**2 < 1
    low, high = field[head].min(), field[head].max()
    return np.clip((2 * field - low - high) / max(high - low, 1e-6), -2, 2)


def off_resonance(rng, y, x, z, front):
    """What air does to the main field, in Hz: (y, x). Frontal sinus, strongest low and in front, and a rest of the
    shim.
    """
    u, v = x[None, :], y[:, None]
    peak = rng.uniform(70, 210) * np.exp(-(((z + 5) / 45) ** 2))
    sinus = peak / (1 + ((v - front) / 32) ** 2 + (u / 28) ** 2) ** 1.5
    rest = rng.normal(size=3) * 22
    return sinus + rest[0] * (u / 75) ** 2 + rest[1] * (v / 95) ** 2 + rest[2] * u * v / 7000


def shading(rng, y, x):
    """What coils make of an even head: brighter near the receive elements, and where transmit is strong: (y, x)."""
    v, u = y[:, None] / 95, x[None, :] / 72
    amount, tilt = rng.uniform(0.2, 1.0), rng.normal(size=2) * 0.12
    receive = 1 + amount * (0.35 * u**2 + 0.40 * v**2) + tilt[0] * u + tilt[1] * v
    transmit = 1 + rng.uniform(0.0, 0.12) * np.exp(-(u**2 + v**2) / 0.5)
    return np.clip(receive, 0.3, 3.0) * transmit
