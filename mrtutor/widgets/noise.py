"""Noise that is the same in the page and in Python: a counter, hashed, made Gaussian. Written alike in js/noise.js."""

import numpy as np


def _hash32(value: np.ndarray) -> np.ndarray:
    value = value.astype(np.uint64)
    for shift, factor in ((16, 0x21F0AAAD), (15, 0x735A2D97)):
        value = ((value ^ (value >> shift)) * factor) & 0xFFFFFFFF
    return value ^ (value >> 15)


def unit_noise(shape, seed: int = 0) -> np.ndarray:
    """Complex64 noise, std 1 per real and imaginary part; sample i of stream `seed` is always the same."""
    counter = 2 * np.arange(int(np.prod(shape)), dtype=np.uint64)
    salt = _hash32(np.array([seed + 1]))
    u, v = (_hash32(counter ^ salt) + 1) / 2**32, _hash32((counter + 1) ^ salt) / 2**32
    radius, angle = np.sqrt(-2 * np.log(u)), 2 * np.pi * v
    return (radius * np.cos(angle) + 1j * radius * np.sin(angle)).astype(np.complex64).reshape(shape)
