import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mrtutor.coils import birdcage_maps
from mrtutor.encoding import add_noise, complex_normal, encode, encode_adjoint, normal, whole_lines
from mrtutor.sampling import uniform_random
from mrtutor.solvers import power_iteration


@given(st.integers(4, 25), st.integers(4, 25), st.integers(1, 5), st.integers(1, 3))
def test_adjoint_and_normal(n_y, n_x, n_coils, batch):
    g = torch.Generator().manual_seed(n_y * n_x)
    maps = birdcage_maps((n_y, n_x), n_coils, rotation=0.3)
    mask = uniform_random((n_y, n_x), 2, 1, g)
    x, y = complex_normal((batch, 1, n_y, n_x), g), complex_normal((batch, n_coils, n_y, n_x), g)
    torch.testing.assert_close(
        (encode(x, mask, maps).conj() * y).sum(), (x.conj() * encode_adjoint(y, mask, maps)).sum(), rtol=1e-4, atol=1e-3
    )
    torch.testing.assert_close(
        normal(mask, maps)(x), encode_adjoint(encode(x, mask, maps), mask, maps), rtol=1e-4, atol=1e-5
    )


def test_unit_norm_maps_never_amplify(generator):
    mask = uniform_random((32, 31), 3, 4, generator)
    largest = power_iteration(normal(mask, birdcage_maps((32, 31), 6)), complex_normal((1, 32, 31), generator), 60)
    assert float(largest) <= 1.0001


def test_full_sampling_gives_the_image_back(generator):
    x = complex_normal((1, 17, 20), generator)
    full, maps = torch.ones(1, 17, 20, dtype=torch.bool), birdcage_maps((17, 20), 4)
    torch.testing.assert_close(encode_adjoint(encode(x, full, maps), full, maps), x)


def test_noise_has_the_std_and_covariance_asked_for(generator):
    mixing = complex_normal((3, 3), generator)
    covariance = mixing @ mixing.mH + torch.eye(3)
    zero = torch.zeros(3, 128, 128, dtype=torch.complex64)
    white = add_noise(zero, 0.5, generator)
    assert abs(float(white.real.std()) - 0.5) < 0.01 and abs(float(white.imag.std()) - 0.5) < 0.01
    n = add_noise(zero, 0.5, generator, covariance).flatten(1)
    measured = n @ n.mH / n.shape[1]
    torch.testing.assert_close(measured, 2 * 0.5**2 * covariance, rtol=0, atol=0.05 * float(covariance.abs().max()))


def test_noise_leaves_the_global_seed_alone(generator):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    add_noise(torch.zeros(1, 4, 4, dtype=torch.complex64), 1, generator)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    "arguments, sentence", [((-1, None), "std must be 0 or more"), ((1, torch.eye(2)), "covariance must be 3 x 3")]
)
def test_bad_input_gets_one_sentence(arguments, sentence, generator):
    std, covariance = arguments
    with pytest.raises(ValueError, match=sentence):
        add_noise(torch.zeros(3, 4, 4, dtype=torch.complex64), std, generator, covariance)


@pytest.mark.parametrize("std", [-1.0, float("nan"), float("inf")])
def test_noise_out_of_range(std, generator):
    kspace = torch.zeros(2, 4, 4, dtype=torch.complex64)
    with pytest.raises(ValueError, match="std must be 0 or more .a finite number., got"):
        add_noise(kspace, std, generator)
    with pytest.raises(ValueError, match="covariance must be Hermitian positive definite"):
        add_noise(kspace, 1.0, generator, torch.tensor([[1.0, 2.0], [2.0, 1.0]]))


@given(st.integers(3, 20), st.integers(2, 20), st.integers(0, 99))
def test_lines_are_known_through_cut_readouts(n_y, n_x, seed):
    g = torch.Generator().manual_seed(seed)
    lines = torch.rand(n_x, generator=g) < 0.5
    y = torch.arange(n_y)[:, None]
    first = (torch.rand(n_x, generator=g) * (n_y // 2 + 1)).long()
    last = n_y // 2 + (torch.rand(n_x, generator=g) * (n_y - n_y // 2)).long()
    mask = (lines & (y >= first) & (y <= last))[None]
    assert torch.equal(whole_lines(mask), lines)
    hole = mask.clone()
    hole[:, n_y // 2] = False  # lines without their middle are no lines
    assert whole_lines(hole) is None or not bool(hole.any())
