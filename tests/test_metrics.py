"""Known answers, and equality with scikit-image, fastMRI and piq on the real brain."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mrtutor.coils import rss
from mrtutor.encoding import add_noise, complex_normal
from mrtutor.fourier import ifft2c
from mrtutor.methods import zero_filled
from mrtutor.metrics import (
    SCORES,
    error_map,
    foreground,
    ghost_index,
    hfen,
    laplacian_of_gaussian,
    nmse,
    psnr,
    ssim,
    ssim_map,
)
from mrtutor.sampling import equispaced

METRICS = {"nmse": nmse, "psnr": psnr, "ssim": ssim, "hfen": hfen}


@pytest.fixture
def pair(brain, generator):
    """The real brain and a noisier copy of it: magnitudes (1, y, x)."""
    std = 0.05 * float(rss(ifft2c(brain)).max())
    return rss(ifft2c(add_noise(brain, std, generator))), rss(ifft2c(brain))


def test_a_perfect_image():
    x = torch.rand(1, 20, 20, generator=torch.Generator().manual_seed(1)) + 0.5
    assert nmse(x, x) == 0 and psnr(x, x) == float("inf") and ssim(x, x) == pytest.approx(1) and hfen(x, x) == 0
    assert float(error_map(x, x).max()) == 0


def test_known_answers():
    reference = torch.ones(1, 20, 20)
    reference[0, 10, 10] = 2
    everywhere = torch.ones(20, 20, dtype=torch.bool)
    assert psnr(reference + 0.1, reference, everywhere) == pytest.approx(
        20 * np.log10(20), abs=1e-3
    )  # range 2, rms error 0.1
    assert nmse(1.1 * reference, reference, everywhere) == pytest.approx(0.01, rel=1e-4)
    assert float(error_map(1.1 * reference, reference).max()) == pytest.approx(0.1, rel=1e-4)


@given(st.sampled_from(list(METRICS)), st.floats(0.001, 1000))
def test_scores_do_not_depend_on_the_scanners_scale(name, scale):
    g = torch.Generator().manual_seed(3)
    a, b = torch.rand(1, 24, 24, generator=g) + 0.3, torch.rand(1, 24, 24, generator=g) + 0.3
    assert METRICS[name](scale * a, scale * b) == pytest.approx(METRICS[name](a, b), rel=1e-3)


def test_ssim_equals_scikit_image_and_fastmri(pair):
    structural_similarity = pytest.importorskip("skimage.metrics").structural_similarity
    image, reference = pair
    mean, full = structural_similarity(
        image[0].numpy(), reference[0].numpy(), data_range=float(reference.max()), full=True
    )
    ours = ssim_map(image, reference)[3:-3, 3:-3]
    np.testing.assert_allclose(ours, full[3:-3, 3:-3], atol=1e-4)
    assert float(ours.mean()) == pytest.approx(mean, abs=1e-5)
    fastmri = pytest.importorskip("fastmri.losses")
    theirs = 1 - fastmri.SSIMLoss()(image[None], reference[None], reference.max()[None])
    assert float(ours.mean()) == pytest.approx(float(theirs), abs=1e-4)


def test_psnr_and_nmse_equal_scikit_image(pair):
    metrics = pytest.importorskip("skimage.metrics")
    image, reference = pair
    everywhere = torch.ones(128, 128, dtype=torch.bool)
    theirs = metrics.peak_signal_noise_ratio(reference.numpy(), image.numpy(), data_range=float(reference.max()))
    assert psnr(image, reference, everywhere) == pytest.approx(theirs, abs=1e-4)
    assert nmse(image, reference, everywhere) == pytest.approx(
        metrics.normalized_root_mse(reference.numpy(), image.numpy()) ** 2, rel=1e-4
    )


def test_laplacian_of_gaussian_is_blind_to_flat_and_sees_edges():
    assert float(laplacian_of_gaussian(torch.ones(40, 40))[10:30, 10:30].abs().max()) < 1e-6
    step = torch.zeros(40, 40)
    step[:, 20:] = 1
    response = laplacian_of_gaussian(step)[20]
    assert abs(int(response.abs()[10:30].argmax()) + 10 - 19.5) < 2.5


def test_blur_costs_hfen_more_than_grain_of_equal_nmse(pair, generator):
    from scipy.ndimage import gaussian_filter

    reference = pair[1]
    blurred = torch.from_numpy(gaussian_filter(reference[0].numpy(), 1.0))[None]
    grain = torch.randn(reference.shape, generator=generator)
    rms = (blurred - reference)[0][foreground(reference)].square().mean().sqrt()
    grainy = (reference + rms * grain).abs()
    assert nmse(grainy, reference) == pytest.approx(nmse(blurred, reference), rel=0.1)
    assert ssim(blurred, reference) != pytest.approx(ssim(grainy, reference), abs=0.01)


def test_foreground_is_one_filled_head(brain):
    from scipy.ndimage import label

    region = foreground(rss(ifft2c(brain)))
    assert label(~region.numpy())[1] == 1  # air is in one piece: no holes in the head
    assert 0.25 < float(region.float().mean()) < 0.6


@pytest.mark.parametrize("R", [2, 4])
def test_ghost_index_is_the_brightness_of_a_fold_over_copy(R, generator):
    image = complex_normal((1, 16, 16 * R), generator)
    ghosted = image + 0.3 * image.roll(16, -1)
    assert ghost_index(ghosted, image, R) == pytest.approx(0.3, abs=0.1)
    assert ghost_index(image, image, R) == 0


def test_zero_filling_without_coils_leaves_copies_as_bright_as_the_head():
    n = 64
    image = torch.zeros(1, n, n, dtype=torch.complex64)
    image[:, 20:44, 24:40] = 1
    from mrtutor.fourier import fft2c

    one_coil, mask = torch.ones(1, n, n, dtype=torch.complex64), equispaced((n, n), 2)
    folded = zero_filled(2 * fft2c(image), mask, one_coil)
    assert ghost_index(folded, image, 2) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("name", METRICS)
def test_bad_input_gets_one_sentence(name):
    x = torch.ones(1, 8, 8)
    with pytest.raises(ValueError, match="image must have the shape of its reference"):
        METRICS[name](torch.ones(1, 8, 9), x)
    with pytest.raises(ValueError, match="image must be one slice"):
        METRICS[name](torch.ones(2, 8, 8), x)
    with pytest.raises(ValueError, match="region must hold at least one pixel"):
        METRICS[name](x, x, torch.zeros(8, 8, dtype=torch.bool))


@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)
def test_scores_of_what_is_no_number_or_no_region(score):
    reference = torch.rand(1, 16, 12, generator=torch.Generator().manual_seed(0)) + 0.5
    bad = reference.clone()
    bad[0, 3, 4] = torch.nan
    with pytest.raises(ValueError, match="image must hold finite numbers, got 1 that are not"):
        score(bad, reference)
    with pytest.raises(ValueError, match="reference must hold finite numbers, got 1 that are not"):
        score(reference, bad)
    region = torch.zeros(16, 12)
    region[2:-2, 2:-2] = 1
    image = reference + 0.01
    assert score(image, reference, region) == score(image, reference, region > 0)
    with pytest.raises(ValueError, match=r"region must be bool of the shape \(16, 12\)"):
        score(image, reference, 0.5 * region)
    with pytest.raises(ValueError, match=r"region must be bool of the shape \(16, 12\)"):
        score(image, reference, region[:5] > 0)


def test_windows_and_copies_out_of_range():
    reference = torch.rand(1, 5, 12, generator=torch.Generator().manual_seed(0)) + 0.5
    with pytest.raises(ValueError, match=r"window must lie in 2\.\.5 .*, got 7"):
        ssim(reference, reference)
    for R in (1, 0, 13):
        with pytest.raises(ValueError, match=r"acceleration must lie in 2\.\.12"):
            ghost_index(reference, reference, R)
