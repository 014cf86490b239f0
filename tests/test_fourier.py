"""Centring, normalisation and axes: where this field's bugs live."""

import numpy as np
import pytest
import sigpy
import torch
from hypothesis import given
from hypothesis import strategies as st

from mrtutor.encoding import complex_normal
from mrtutor.fourier import fft2c, ifft2c

sizes = st.integers(1, 33)


def image(*shape, seed=0):
    return complex_normal(shape, torch.Generator().manual_seed(seed))


@given(sizes, sizes)
def test_inverse_and_parseval(n_y, n_x):
    x = image(2, n_y, n_x)
    torch.testing.assert_close(ifft2c(fft2c(x)), x)
    torch.testing.assert_close(fft2c(x).abs().square().sum(), x.abs().square().sum())


@given(sizes, sizes)
def test_adjoint(n_y, n_x):
    x, k = image(1, n_y, n_x), image(1, n_y, n_x, seed=1)
    torch.testing.assert_close((fft2c(x).conj() * k).sum(), (x.conj() * ifft2c(k)).sum(), rtol=1e-4, atol=1e-4)


@given(sizes, sizes)
def test_a_point_in_the_middle_has_a_flat_spectrum_without_phase(n_y, n_x):
    x = torch.zeros(1, n_y, n_x, dtype=torch.complex64)
    x[0, n_y // 2, n_x // 2] = 1
    torch.testing.assert_close(fft2c(x), torch.full_like(x, (n_y * n_x) ** -0.5))


@given(sizes, sizes)
def test_a_uniform_image_is_one_point_in_the_middle(n_y, n_x):
    k = fft2c(torch.ones(1, n_y, n_x, dtype=torch.complex64))
    assert int(k.abs().argmax()) == (n_y // 2) * n_x + n_x // 2


@given(st.integers(2, 33), st.integers(2, 33))
def test_equals_sigpy(n_y, n_x):
    x = image(3, n_y, n_x)
    np.testing.assert_allclose(fft2c(x), sigpy.fft(x.numpy(), axes=(-2, -1)), atol=1e-5)
    np.testing.assert_allclose(ifft2c(x), sigpy.ifft(x.numpy(), axes=(-2, -1)), atol=1e-5)


def test_equals_fastmri():
    fastmri = pytest.importorskip("fastmri")
    x = image(2, 30, 31)
    torch.testing.assert_close(fft2c(x), torch.view_as_complex(fastmri.fft2c(torch.view_as_real(x))))


def test_an_ellipse_has_a_bessel_spectrum():
    from scipy.special import j1

    n, radius = 256, 60
    y, x = torch.meshgrid(torch.arange(n) - n // 2, torch.arange(n) - n // 2, indexing="ij")
    oversampled = 4  # area-weighted edges: the pixel picture of a continuous disc
    offsets = (torch.arange(oversampled) + 0.5) / oversampled - 0.5
    disc = sum(((x + dx) ** 2 + (y + dy) ** 2 < radius**2).float() for dx in offsets for dy in offsets) / oversampled**2
    k = fft2c(disc[None].to(torch.complex64))[0, n // 2, n // 2 + 1 : n // 2 + 20].real.numpy() * n
    f = np.arange(1, 20) / n
    expected = radius * j1(2 * np.pi * radius * f) / f
    np.testing.assert_allclose(k, expected, atol=0.01 * np.abs(expected).max())


def test_the_real_brain_stands_in_the_middle(brain):
    from mrtutor.coils import rss

    energy = rss(ifft2c(brain))[0].square()
    y, x = torch.meshgrid(torch.arange(128.0), torch.arange(128.0), indexing="ij")
    assert abs(float((energy * y).sum() / energy.sum()) - 64) < 12
    assert abs(float((energy * x).sum() / energy.sum()) - 64) < 12
