import pytest
import torch
from helpers.real import real_kspace
from hypothesis import given
from hypothesis import strategies as st

from mrtutor.coils import (
    birdcage_maps,
    calibration_block,
    combine,
    emulate_single_coil,
    espirit_maps,
    low_resolution_maps,
    measured_block,
    noise_covariance,
    prewhiten,
    rss,
)
from mrtutor.encoding import add_noise, complex_normal
from mrtutor.fourier import fft2c, ifft2c
from mrtutor.metrics import foreground, psnr
from mrtutor.sampling import equispaced
from mrtutor.sense import cg_sense


def head(n=64):
    y, x = torch.meshgrid(torch.arange(n) - n // 2, torch.arange(n) - n // 2, indexing="ij")
    inside = (y / (0.42 * n)) ** 2 + (x / (0.36 * n)) ** 2 < 1
    texture = 1 + 0.3 * torch.cos(y / 3.0) * torch.sin(x / 5.0)
    return (inside * texture * torch.exp(1j * (x + y) / n))[None].to(torch.complex64)


def agreement(maps, reference, region):
    """|<s, s_ref>| pixel by pixel: maps are compared up to a phase of their own."""
    return (maps.conj() * reference).sum(0).abs()[region]


@given(st.integers(4, 40), st.integers(4, 40), st.integers(1, 32), st.floats(0, 6))
def test_birdcage_has_unit_norm_everywhere(n_y, n_x, n_coils, rotation):
    torch.testing.assert_close(rss(birdcage_maps((n_y, n_x), n_coils, rotation=rotation)), torch.ones(1, n_y, n_x))


def test_birdcage_elements_are_loudest_at_their_own_side():
    maps = birdcage_maps((64, 64), 4).abs()  # elements at +x, +y, -x, -y
    assert maps[0, 32, 60] > 2 * maps[0, 32, 4] and maps[1, 60, 32] > 2 * maps[1, 4, 32]
    assert maps[2, 32, 4] > 2 * maps[2, 32, 60] and maps[3, 4, 32] > 2 * maps[3, 60, 32]


def test_birdcage_agrees_with_sigpy_in_loudness():
    import sigpy.mri

    theirs = torch.from_numpy(sigpy.mri.birdcage_maps((8, 64, 64), r=1.5, nzz=8)).abs()
    ours = birdcage_maps((64, 64), 8).abs()
    difference = [float((ours.roll(k, 0) - theirs).abs().mean()) for k in range(8)]
    assert min(difference) < 0.05


@pytest.mark.parametrize("estimate, at_least", [(low_resolution_maps, 0.985), (espirit_maps, 0.99)])
def test_estimated_maps_agree_with_the_true_ones(estimate, at_least, generator):
    true = birdcage_maps((64, 64), 6)
    kspace = add_noise(fft2c(true * head()), 0.01, generator)
    maps, inside = estimate(kspace, 24), head()[0].abs() > 0.5
    assert float(agreement(maps, true, inside).quantile(0.02)) > at_least
    norm = rss(maps)[0]
    assert ((norm - 1).abs().lt(1e-3) | norm.eq(0)).all()


def test_maps_of_the_real_brain_agree_with_espirit(brain):
    quick, espirit = low_resolution_maps(brain), espirit_maps(brain)
    inside = foreground(rss(ifft2c(brain))) & (rss(espirit)[0] > 0)
    assert float(agreement(quick, espirit, inside).median()) > 0.97


def test_maps_use_only_the_centre(generator):
    kspace = complex_normal((3, 32, 31), generator)
    other = complex_normal((3, 32, 31), generator)
    calibration_block(other, 12, 12).copy_(calibration_block(kspace, 12, 12))
    torch.testing.assert_close(low_resolution_maps(kspace, 12), low_resolution_maps(other, 12))


@pytest.mark.parametrize("step, expected", [(1, 0.97), (11, 0.04)])
def test_the_rim_of_the_centre_fades_out_so_that_maps_do_not_ring(step, expected):
    kspace = torch.zeros(
        2, 64, 64, dtype=torch.complex64
    )  # two coils, one point each: their loudness is the window there
    kspace[0, 32, 32] = kspace[1, 32, 32 + step] = 1
    maps = low_resolution_maps(kspace, 24).abs()
    assert float((maps[1] / maps[0]).mean()) == pytest.approx(expected, abs=0.03)


# ESPIRiT


def by_sigpy(kspace, n_acs, kernel=6, n_iter=100):
    """Their maps without crop, and their eigenvalue."""
    from sigpy.mri.app import EspiritCalib

    app = EspiritCalib(
        kspace.numpy(), n_acs, kernel_width=kernel, crop=0, max_iter=n_iter, output_eigenvalue=True, show_pbar=False
    )
    return tuple(torch.from_numpy(array) for array in app.run())


@pytest.mark.parametrize("n_acs", [10, 24])
def test_espirit_is_that_of_sigpy(brain, n_acs):
    theirs, eigenvalue = by_sigpy(brain, n_acs)
    ours, head = espirit_maps(brain, (n_acs, n_acs), crop=0, kernel=6), foreground(rss(ifft2c(brain)))
    assert float(agreement(ours, theirs, head).min()) > 0.9999
    torch.testing.assert_close(ours[:, head], theirs[:, head], atol=0.02, rtol=0)  # the phase too
    cropped = rss(espirit_maps(brain, (n_acs, n_acs), crop=0.8, kernel=6))[0] > 0
    assert int((cropped != (eigenvalue > 0.8)).sum()) <= 2


def test_power_iterations_stop_where_those_of_sigpy_do(generator):
    kspace = add_noise(fft2c(birdcage_maps((32, 31), 5) * head(32)[..., :31]), 0.02, generator)
    theirs, _ = by_sigpy(kspace, 16, 5, 4)
    torch.testing.assert_close(espirit_maps(kspace, (16, 16), 0, 5, 4), theirs, atol=1e-3, rtol=0)
    assert not torch.allclose(espirit_maps(kspace, (16, 16), 0, 5), theirs, atol=1e-3), "four are not all"


@pytest.mark.parametrize("n_acs", [3, 4, 6, 8, 10, 12, 16, 20, 24])
def test_espirit_from_few_lines_has_no_holes_and_serves_the_methods(brain, n_acs):
    full, mask = rss(ifft2c(brain)), equispaced((128, 128), 4, n_acs)
    inside, maps = foreground(full), espirit_maps(mask * brain)
    norm = rss(maps)
    assert ((norm - 1).abs().lt(1e-4) | norm.eq(0)).all()
    assert (norm[0][inside] > 0).all(), "no holes in the head"
    assert n_acs < 10 or float((norm == 0).float().mean()) > 0.3, "and nothing in most of the air"
    ours, theirs = (
        psnr(cg_sense(mask * brain, mask, m), full, inside) for m in (maps, by_sigpy(brain, n_acs, min(6, n_acs))[0])
    )
    assert ours > theirs - 0.1
    assert ours > psnr(cg_sense(mask * brain, mask, low_resolution_maps(mask * brain, n_acs)), full, inside) + 4


def test_espirit_never_uses_what_was_not_measured(brain):
    mask = torch.zeros(1, 128, 128, dtype=torch.bool)
    mask[..., 58:70] = mask[..., :20] = True  # 12 lines: with the next ones 13 x 13 would not be measured
    few = mask * brain
    centre = torch.zeros_like(few)
    calibration_block(centre, 48, 12).copy_(calibration_block(brain, 48, 12))
    assert torch.equal(espirit_maps(few, 24), espirit_maps(centre, 12))


def test_a_dead_first_coil_gives_its_phase_to_nobody(brain):
    dead = torch.cat([torch.zeros_like(brain[:1]), brain])
    maps, without = espirit_maps(dead), espirit_maps(brain)
    assert maps.isfinite().all() and (maps[0].abs() < 1e-3).all()
    torch.testing.assert_close(maps[1:], without, atol=5e-3, rtol=0)


@pytest.mark.parametrize("scale", [1e-30, 1e35])
def test_maps_do_not_depend_on_the_unit(brain, scale):
    scaled = brain / brain.abs().max() * scale
    torch.testing.assert_close(espirit_maps(scaled), espirit_maps(brain), atol=1e-3, rtol=0)


def test_one_line_gives_low_resolution_maps(brain):
    one = torch.zeros_like(brain)
    one[..., 64] = brain[..., 64]
    norm = rss(espirit_maps(one))
    torch.testing.assert_close(norm, torch.ones_like(norm))


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 20), st.integers(0, 20))
def test_the_measured_block_is_the_one_that_was_measured(n_y, n_x, y, x):
    mask = torch.zeros(1, n_y, n_x, dtype=torch.bool)
    y, x = min(y, n_y), min(x, n_x)
    calibration_block(mask, y, x)[:] = True
    assert measured_block(mask, 20, 20) == ((y, x) if min(y, x) else (0, 0))
    assert measured_block(mask, 5, 3) == ((min(y, 5), min(x, 3)) if min(y, x) else (0, 0))


def test_maps_that_cannot_be_get_one_sentence(brain):
    with pytest.raises(
        ValueError, match=r"n_acs must leave a measured centre of k-space, got 24 and a centre of zeros"
    ):
        espirit_maps(torch.zeros(2, 16, 16, dtype=torch.complex64))
    with pytest.raises(
        ValueError, match=r"kernel must lie in 2..8 \(the shorter side of the calibration block\), got 9"
    ):
        espirit_maps(brain, 8, kernel=9)
    with pytest.raises(ValueError, match=r"kspace must be one slice \(coil, y, x\), got \(1, 16, 128, 128\)"):
        espirit_maps(brain[None])


# Merging what the coils heard


def test_combining_undoes_the_weighting_and_rss_is_its_magnitude(generator):
    maps, x = birdcage_maps((16, 17), 5), complex_normal((1, 16, 17), generator)
    torch.testing.assert_close(combine(maps * x, maps), x)
    torch.testing.assert_close(rss(maps * x), x.abs())


def test_prewhitening_makes_noise_white(generator):
    mixing = complex_normal((4, 4), generator)
    covariance = mixing @ mixing.mH + 0.1 * torch.eye(4)
    noise = add_noise(torch.zeros(4, 100, 100, dtype=torch.complex64), 0.5**0.5, generator, covariance)
    white = noise_covariance(prewhiten(noise, noise_covariance(noise)))
    torch.testing.assert_close(white, torch.eye(4, dtype=torch.complex64), atol=1e-3, rtol=0)


def test_emulated_single_coil_looks_like_rss(brain):
    single = ifft2c(emulate_single_coil(brain)).abs()
    target = rss(ifft2c(brain))
    inside = foreground(target)
    error = (single - target)[0][inside].square().sum() / target[0][inside].square().sum()
    best_element = min(
        float((ifft2c(brain)[c].abs() - target[0])[inside].square().sum() / target[0][inside].square().sum())
        for c in range(16)
    )
    assert float(error) < 0.15 and float(error) < best_element / 3


def test_real_phantom_noise_is_correlated_between_coils():
    kspace = real_kspace("phantom_pulseq_16ch.h5")
    psi = noise_covariance(kspace[:, :6, :])
    scale = psi.diagonal().real.sqrt()
    correlation = (psi / scale[:, None] / scale).abs()
    assert 0.05 < float(correlation[~torch.eye(16, dtype=torch.bool)].max()) < 0.99


def test_no_coils_gets_one_sentence():
    with pytest.raises(ValueError, match="n_coils must be 1 or more, got 0"):
        birdcage_maps((4, 4), 0)


def test_18_dead_coil(generator):
    noise = complex_normal((4, 1000), generator)
    noise[2] = 0
    kspace = complex_normal((4, 12, 9), generator)
    with pytest.raises(ValueError, match=r"covariance must give every coil noise, got none for coil 2 \(from 0\) that"):
        prewhiten(kspace, noise_covariance(noise))
    with pytest.raises(ValueError, match="noise must hold at least as many samples as its 4 coils, got 2"):
        noise_covariance(noise[:, :2])
    off = torch.where(torch.arange(4)[:, None, None] == 2, 0, kspace)
    alive = [0, 1, 3]
    white = prewhiten(off, noise_covariance(noise))
    torch.testing.assert_close(white[alive], prewhiten(kspace[alive], noise_covariance(noise[alive])))
    assert not bool(white[2].any())
    torch.testing.assert_close(emulate_single_coil(off), emulate_single_coil(kspace[alive]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("scale", [1e-20, 1e-9, 1])
def test_prewhitening_knows_coils_that_follow_from_others(scale, generator):
    noise = scale**0.5 * complex_normal((3, 1000), generator)
    kspace = complex_normal((4, 6, 5), generator)
    twice = torch.stack([noise[0], noise[1], noise[0], noise[2]])
    with pytest.raises(ValueError, match=r"positive definite, got noise of coil 2 \(from 0\) that follows from other"):
        prewhiten(kspace, noise_covariance(twice))
    white = prewhiten(kspace[:3] * scale**0.5, noise_covariance(noise))
    torch.testing.assert_close(white, prewhiten(kspace[:3], noise_covariance(noise) / scale), rtol=1e-3, atol=1e-3)


def test_a_quiet_coil_is_not_a_dead_one(generator):
    noise = complex_normal((3, 5000), generator) * torch.tensor([1, 1e-4, 1])[:, None]
    white = noise_covariance(prewhiten(noise[..., None], noise_covariance(noise)))
    torch.testing.assert_close(white, torch.eye(3, dtype=white.dtype), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("covariance", [torch.eye(3), torch.full((4, 4), torch.nan), -torch.eye(4)])
def test_a_covariance_that_is_none(covariance):
    with pytest.raises(ValueError, match="covariance must"):
        prewhiten(torch.ones(4, 3, 3, dtype=torch.complex64), covariance)


def test_equal_coils_share_their_weight(generator):
    kspace = complex_normal((3, 8, 8), generator)
    twice = torch.cat([kspace, kspace[:1]])
    assert float(emulate_single_coil(twice).norm()) < 1.5 * float(twice.norm())
    assert float(emulate_single_coil(0 * kspace).abs().max()) == 0
