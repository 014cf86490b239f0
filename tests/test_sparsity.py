"""Wavelets against PyWavelets, compressed sensing against the objective that plain gradient descent reaches."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mrtutor.coils import birdcage_maps, espirit_maps
from mrtutor.encoding import complex_normal, encode_adjoint, normal
from mrtutor.fourier import fft2c
from mrtutor.metrics import psnr
from mrtutor.sampling import variable_density_2d
from mrtutor.solvers import dot
from mrtutor.sparsity import (
    absolute_lam,
    gradient,
    gradient_adjoint,
    keep_largest,
    soft_threshold,
    total_variation,
    tv_cs,
    wavelet_cs,
    wavelet_shrink,
)
from mrtutor.wavelet import LOW_PASS, detail_mask, dwt2, idwt2, level_matrix, n_levels


@given(st.sampled_from(list(LOW_PASS)), st.sampled_from([2, 4, 6, 8, 12, 32]))
def test_each_level_is_orthonormal(wavelet, n):
    W = level_matrix(n, wavelet)
    torch.testing.assert_close(W @ W.mH, torch.eye(n, dtype=W.dtype), atol=1e-5, rtol=0)


@given(st.sampled_from(list(LOW_PASS)), st.integers(0, 3), st.integers(1, 4), st.integers(1, 4))
def test_inverse_and_parseval(wavelet, levels, a, b):
    x = complex_normal((2, a * 2**levels, b * 2**levels), torch.Generator().manual_seed(a))
    w = dwt2(x, wavelet, levels)
    torch.testing.assert_close(idwt2(w, wavelet, levels), x, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(w.abs().square().sum(), x.abs().square().sum(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("wavelet", list(LOW_PASS))
def test_coefficients_equal_pywavelets(wavelet, generator):
    pywt = pytest.importorskip("pywt")
    x = complex_normal((1, 32, 64), generator)
    coarse, _, details = pywt.wavedec2(x[0].numpy(), wavelet, mode="periodization", level=2)
    ours = dwt2(x, wavelet, 2)[0].numpy()
    np.testing.assert_allclose(ours[:8, :16], coarse, atol=1e-5)
    for theirs, mine in zip(
        details, (ours[16:, :32], ours[:16, 32:], ours[16:, 32:]), strict=True
    ):  # the sign of a detail is a convention
        np.testing.assert_allclose(np.abs(mine), np.abs(theirs), atol=1e-5)


def test_a_flat_image_has_no_detail():
    w = dwt2(torch.ones(1, 32, 32, dtype=torch.complex64), "db4", 3)
    assert float(w[0][detail_mask((32, 32), 3)].abs().max()) < 1e-5


def test_levels_and_bad_input():
    assert n_levels((230, 180), 4) == 1 and n_levels((128, 192), 4) == 4
    with pytest.raises(ValueError, match="divisible by 2\\^levels = 8, got 12 x 16"):
        dwt2(torch.ones(1, 12, 16, dtype=torch.complex64), "haar", 3)
    with pytest.raises(ValueError, match="wavelet must be one of haar, db2, db4, got 'db9'"):
        dwt2(torch.ones(1, 16, 16, dtype=torch.complex64), "db9", 1)


@given(st.floats(0, 3), st.integers(0, 50))
def test_soft_threshold_is_the_proximal_point(lam, seed):
    g = torch.Generator().manual_seed(seed)
    z = complex_normal((1, 1, 1), g)
    x = soft_threshold(z, lam)
    objective = lambda v: float((v - z).abs().square().sum() / 2 + lam * v.abs().sum())
    assert all(objective(x) <= objective(x + 0.1 * complex_normal(x.shape, g)) + 1e-6 for _ in range(20))


def test_soft_threshold_keeps_the_phase_and_survives_zero():
    torch.testing.assert_close(
        soft_threshold(torch.tensor([3 + 4j, 0j, 0.3 + 0.4j]), 1.0), torch.tensor([2.4 + 3.2j, 0j, 0j])
    )


def test_keep_largest(generator):
    w = complex_normal((1, 10, 10), generator)
    kept = keep_largest(w, 0.1)
    assert int((kept != 0).sum()) == 10 and float(kept.abs()[kept != 0].min()) >= float(w.abs()[kept == 0].max())


@given(st.integers(2, 20), st.integers(2, 20))
def test_gradient_adjoint(n_y, n_x):
    g = torch.Generator().manual_seed(n_y)
    x, u = complex_normal((1, n_y, n_x), g), complex_normal((2, n_y, n_x), g)
    torch.testing.assert_close(dot(gradient(x), u), dot(x, gradient_adjoint(u)), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("shape", [(32, 32), (30, 23)])
def test_shrinking_nothing_changes_nothing_at_any_size_or_shift(shape, generator):
    x = complex_normal((1, *shape), generator)
    torch.testing.assert_close(wavelet_shrink(x, 0.0, "db4", 3, (3, 5)), x, rtol=1e-4, atol=1e-4)


def test_the_coarse_picture_is_never_thresholded():
    x = torch.full((1, 16, 16), 1 + 1j)
    torch.testing.assert_close(wavelet_shrink(x, 10.0, "haar", 3), x)


def wavelet_objective(x, y, mask, maps, lam):
    residual = float((mask * (y - fft2c(maps * x))).abs().square().sum()) / 2
    details = dwt2(x, "db4", 4)[..., detail_mask(x.shape[-2:], 4)]
    return residual + float(absolute_lam(lam, y, mask, maps)) * float(details.abs().sum())


def test_wavelet_cs_reaches_the_objective_of_sigpys_gradient_method(brain, generator):
    import sigpy.alg

    lam, maps = 4e-3, espirit_maps(brain)
    scale = float(encode_adjoint(brain, torch.ones(1, 128, 128, dtype=torch.bool), maps).abs().max())
    mask = variable_density_2d((128, 128), 4, 20, generator)
    y = brain * mask / scale
    Ehy, EhE, threshold = encode_adjoint(y, mask, maps), normal(mask, maps), absolute_lam(lam, y, mask, maps)
    x = Ehy.numpy().copy()
    algorithm = sigpy.alg.GradientMethod(
        lambda v: (EhE(torch.from_numpy(v)) - Ehy).numpy(),
        x,
        1.0,
        accelerate=True,
        max_iter=100,
        proxg=lambda step, v: wavelet_shrink(torch.from_numpy(v), step * threshold, "db4", 4).numpy(),
    )
    while not algorithm.done():
        algorithm.update()
    ours = wavelet_cs(y, mask, maps, lam, 100, cycle_spinning=False)
    assert wavelet_objective(ours, y, mask, maps, lam) <= 1.001 * wavelet_objective(
        torch.from_numpy(algorithm.x), y, mask, maps, lam
    )


@pytest.mark.parametrize("method, lam", [(wavelet_cs, 4e-3), (tv_cs, 2e-3)])
def test_cs_beats_zero_filling_on_the_real_brain_and_scales(method, lam, brain, generator):
    maps, full = espirit_maps(brain), torch.ones(1, 128, 128, dtype=torch.bool)
    mask, reference = variable_density_2d((128, 128), 4, 20, generator), encode_adjoint(brain, full, maps)
    image = method(brain, mask, maps, lam)
    assert psnr(image, reference) > psnr(encode_adjoint(brain, mask, maps), reference) + 6
    torch.testing.assert_close(
        method(1000 * brain, mask, maps, lam), 1000 * image, rtol=1e-2, atol=float(reference.abs().max())
    )


def test_tv_lowers_its_own_objective_below_any_neighbour(generator):
    maps, mask = birdcage_maps((24, 24), 4), variable_density_2d((24, 24), 2, 8, generator)
    y = mask * complex_normal((4, 24, 24), generator)
    threshold = float(absolute_lam(0.05, y, mask, maps))
    x = tv_cs(y, mask, maps, 0.05, 600)

    def objective(v):
        from mrtutor.encoding import encode

        return float((encode(v, mask, maps) - y).abs().square().sum() / 2 + threshold * total_variation(v).sum())

    assert all(objective(x) <= objective(x + 0.02 * complex_normal(x.shape, generator)) for _ in range(10))
    assert objective(x) < objective(encode_adjoint(y, mask, maps))


def test_cycle_spinning_takes_away_blocks(brain, generator):
    maps, mask = espirit_maps(brain), variable_density_2d((128, 128), 6, 16, generator)
    reference = encode_adjoint(brain, torch.ones_like(mask), maps)
    with_, without = (psnr(wavelet_cs(brain, mask, maps, 6e-3, cycle_spinning=c), reference) for c in (True, False))
    assert with_ > without + 0.3


def test_seeded_and_batched(generator):
    maps, mask = birdcage_maps((32, 32), 3), variable_density_2d((32, 32), 2, 8, generator)
    y = mask * complex_normal((2, 3, 32, 32), generator)
    assert torch.equal(wavelet_cs(y, mask, maps), wavelet_cs(y, mask, maps))
    torch.testing.assert_close(wavelet_cs(y, mask, maps)[1], wavelet_cs(y[1], mask, maps), rtol=1e-3, atol=1e-4)
