"""Known answers, laws and sigpy for SENSE; the g-factor against noise that was really drawn."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mrtutor.coils import birdcage_maps, espirit_maps, prewhiten
from mrtutor.encoding import add_noise, complex_normal, encode, encode_adjoint
from mrtutor.fourier import ifft2c
from mrtutor.sampling import equispaced, variable_density_2d
from mrtutor.sense import cg_sense, g_factor, pseudo_replica, unfold


@given(st.sampled_from([1, 2, 3, 4]), st.integers(0, 7), st.integers(3, 12), st.integers(2, 6))
def test_unfolding_is_exact_without_noise_whatever_the_offset(R, offset, n_y, columns):
    n_x = R * columns
    g = torch.Generator().manual_seed(offset)
    maps, x = birdcage_maps((n_y, n_x), 8, rotation=0.2), complex_normal((1, n_y, n_x), g)
    mask = equispaced((n_y, n_x), R, offset=offset)
    torch.testing.assert_close(unfold(encode(x, mask, maps), mask, maps), x, rtol=1e-2, atol=2e-3)


def test_unfolding_equals_long_cg(brain):
    maps, mask = espirit_maps(brain), equispaced((128, 128), 2)
    direct = unfold(brain * mask, mask, maps)
    iterated = cg_sense(brain * mask, mask, maps, lam=0, n_iter=60)
    assert float((direct - iterated).norm() / direct.norm()) < 1e-3


def test_two_coils_two_pixels_by_hand():
    # Two places hear two elements with loudness (1, a) and (a, 1), normalised; g has a closed form.
    a = 0.5
    maps = torch.tensor([[1, a], [a, 1]], dtype=torch.complex64)[:, None, :] / (1 + a * a) ** 0.5
    overlap = 2 * a / (1 + a * a)
    expected = (1 / (1 - overlap**2)) ** 0.5
    torch.testing.assert_close(g_factor(maps, 2), torch.full((1, 1, 2), expected), rtol=1e-5, atol=1e-5)


@given(st.sampled_from([1, 2, 3, 4]), st.integers(4, 16), st.floats(0, 6))
def test_g_is_never_below_one_and_is_one_without_acceleration(R, n_coils, rotation):
    g = g_factor(birdcage_maps((6, 24), n_coils, rotation=rotation), R)
    assert float(g.min()) >= 1 - 1e-4
    if R == 1:
        torch.testing.assert_close(g, torch.ones_like(g), rtol=1e-4, atol=1e-4)


def test_noise_grows_by_g_root_R(generator):
    maps, R, std = birdcage_maps((24, 24), 6, rotation=0.1), 3, 0.7
    mask = equispaced((24, 24), R)
    measured = pseudo_replica(
        lambda k: unfold(k, mask, maps), torch.zeros(6, 24, 24, dtype=torch.complex64), std, 2000, generator
    )
    expected = std * g_factor(maps, R) * R**0.5
    assert float(measured.mean() / expected.mean()) == pytest.approx(1, abs=0.01)
    assert float(((measured / expected) - 1).abs().max()) < 0.08


def test_places_outside_the_object_do_not_disturb_their_partners(generator):
    maps, x = birdcage_maps((8, 16), 4), complex_normal((1, 8, 16), generator)
    maps[..., :8] = 0
    x[..., :8] = 0
    mask = equispaced((8, 16), 2)
    torch.testing.assert_close(unfold(encode(x, mask, maps), mask, maps), x, rtol=1e-4, atol=1e-4)
    g = g_factor(maps, 2)
    torch.testing.assert_close(g, torch.cat([torch.zeros(1, 8, 8), torch.ones(1, 8, 8)], -1), rtol=1e-4, atol=1e-4)


def test_cg_equals_sigpy(brain):
    import sigpy.mri.app

    maps = espirit_maps(brain)
    for mask in (
        equispaced((128, 128), 3, 24),
        variable_density_2d((128, 128), 4, 20, torch.Generator().manual_seed(1)),
    ):
        y = brain * mask
        ours = cg_sense(y, mask, maps, lam=0.01, n_iter=60)
        weights = mask.expand(16, 128, 128).numpy().astype(np.float32)
        app = sigpy.mri.app.SenseRecon(
            y.numpy(), maps.numpy(), lamda=0.01, weights=weights, max_iter=60, tol=0, show_pbar=False
        )
        theirs = torch.from_numpy(app.run())
        assert float((ours[0] - theirs).norm() / theirs.norm()) < 1e-3


def test_prewhitening_pays_when_one_coil_is_noisy(generator):
    maps, x = birdcage_maps((32, 32), 6), torch.ones(1, 32, 32, dtype=torch.complex64)
    covariance = torch.diag(torch.tensor([25.0, 1, 1, 1, 1, 1])) + 0.2
    mask = equispaced((32, 32), 2)
    y = mask * add_noise(encode(x, torch.ones_like(mask), maps), 0.02, generator, covariance)
    plain = unfold(y, mask, maps) - x
    white = unfold(prewhiten(y, covariance), mask, prewhiten(maps, covariance)) - x
    assert float(white.norm()) < 0.75 * float(plain.norm())


def test_scaling_the_input_scales_the_output(brain):
    maps, mask = espirit_maps(brain), equispaced((128, 128), 3, 20)
    torch.testing.assert_close(
        cg_sense(1000 * brain, mask, maps),
        1000 * cg_sense(brain, mask, maps),
        rtol=1e-3,
        atol=1e-3 * float(ifft2c(brain).abs().max()),
    )


def test_pygrappa_gfactor_ignores_the_imaginary_part_so_we_do_not_compare_with_it():
    pygrappa = pytest.importorskip("pygrappa")
    complex_maps, R = birdcage_maps((16, 16), 8), 4
    with np.errstate(all="ignore"):
        theirs = torch.from_numpy(
            np.nan_to_num(pygrappa.gfactor(complex_maps.permute(1, 2, 0).numpy(), Rx=1, Ry=R))
        ).float()
    ours = g_factor(complex_maps, R)[0]
    assert float(((theirs - ours).abs() > 0.02 * ours).float().mean()) > 0.5


@pytest.mark.parametrize(
    "mask",
    [
        equispaced((8, 16), 2, 6),
        equispaced((8, 16), 3),
        variable_density_2d((8, 16), 2, 2, torch.Generator().manual_seed(0)),
    ],
)
def test_unfold_says_what_it_needs(mask):
    maps = birdcage_maps((8, 16), 4)
    with pytest.raises(ValueError, match="every R-th line"):
        unfold(encode(torch.ones(1, 8, 16, dtype=torch.complex64), mask, maps), mask, maps)


def test_two_places_that_sound_alike_cannot_be_told_apart():
    with pytest.raises(ValueError, match="must hear the 2 folded places differently, got 32 piles of 32"):
        g_factor(torch.full((2, 8, 8), 0.5**0.5, dtype=torch.complex64), 2)


@pytest.mark.parametrize("n_coils, R", [(4, 8), (4, 6), (2, 3), (1, 2)])
def test_09_sense_more_places_than_coils(n_coils, R):
    maps, mask = birdcage_maps((24, 24), n_coils), equispaced((24, 24), R)
    kspace = encode(torch.ones(1, 24, 24, dtype=torch.complex64), mask, maps)
    sentence = f"maps must hear the {R} folded places differently, .* sound alike to {n_coils} coils"
    for task in (lambda: unfold(kspace, mask, maps), lambda: g_factor(maps, R)):
        with pytest.raises(ValueError, match=sentence):
            task()


@pytest.mark.parametrize("difference", [0, 1e-7, 1e-4])
@pytest.mark.parametrize("scale", [1, 1e-4, 1e4])
def test_coils_that_hear_alike(difference, scale):
    maps = birdcage_maps((16, 16), 4)
    alike = scale * (maps[:1] + difference * maps)
    mask = equispaced((16, 16), 2)
    kspace = encode(torch.ones(1, 16, 16, dtype=torch.complex64), mask, alike)
    for task in (lambda: unfold(kspace, mask, alike), lambda: g_factor(alike, 2)):
        with pytest.raises(ValueError, match="maps must hear the 2 folded places differently, got"):
            task()


def test_more_places_than_coils_are_no_matter_where_most_of_them_are_empty(generator):
    maps, x = birdcage_maps((12, 24), 4), complex_normal((1, 12, 24), generator)
    maps[..., 6:] = 0
    mask = equispaced((12, 24), 6)
    torch.testing.assert_close(unfold(encode(x, mask, maps), mask, maps)[..., :4], x[..., :4], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("scale", [1e-4, 1, 1e4])
def test_the_size_of_the_maps_is_the_unit_of_the_picture(scale, generator):
    maps, x, mask = birdcage_maps((9, 12), 6), complex_normal((1, 9, 12), generator), equispaced((9, 12), 3)
    maps[..., :2] = 0
    kspace = encode(x, mask, maps)
    expected = unfold(kspace, mask, maps)
    torch.testing.assert_close(unfold(kspace, mask, scale * maps) * scale, expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(g_factor(scale * maps, 3), g_factor(maps, 3), rtol=1e-4, atol=1e-4)


def test_a_batch_is_unfolded_slice_by_slice(generator):
    maps, x = birdcage_maps((7, 12), 6), complex_normal((2, 3, 1, 7, 12), generator)
    mask = equispaced((7, 12), 3)
    images = unfold(encode(x, mask, maps), mask, maps)
    torch.testing.assert_close(images, x, rtol=1e-2, atol=2e-3)
    g = g_factor(torch.stack([maps, maps.flip(-1)]), 3)
    torch.testing.assert_close(g[1], g_factor(maps.flip(-1), 3))


@pytest.mark.parametrize("rows", [slice(9, None), slice(None, 20), slice(4, -4)])
def test_a_short_echo_unfolds_to_a_blurred_picture(rows, generator):
    maps, x, mask = birdcage_maps((24, 24), 6), torch.ones(1, 24, 24, dtype=torch.complex64), equispaced((24, 24), 2)
    measured = torch.zeros_like(mask)
    measured[:, rows] = True
    kspace = encode(x, mask & measured, maps)
    said, unsaid = unfold(kspace, mask & measured, maps), unfold(kspace, mask, maps)
    torch.testing.assert_close(said, unsaid)
    assert float((said - x).norm() / x.norm()) < 0.2


def test_full_sampling_is_the_adjoint(brain):
    maps, full = espirit_maps(brain), torch.ones(1, 128, 128, dtype=torch.bool)
    inside = maps.abs().sum(0) > 0
    torch.testing.assert_close(
        cg_sense(brain, full, maps, lam=0, n_iter=60)[0][inside],
        encode_adjoint(brain, full, maps)[0][inside],
        rtol=1e-3,
        atol=1e-6,
    )
