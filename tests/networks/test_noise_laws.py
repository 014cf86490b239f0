"""Noise laws.

Each has the standard deviation it was asked for, and the correlation or the spikes that it is named after.
"""

import pytest
import torch

from mrtutor.networks.noise_laws import NOISE_LAWS, coil_correlated, line_correlated, spikes, white


def drawn(law, shape=(4, 64, 64), **arguments):
    return law(torch.zeros(shape, dtype=torch.complex64), 0.5, torch.Generator().manual_seed(3), **arguments)


@pytest.mark.parametrize("name", NOISE_LAWS)
def test_noise_has_its_std_and_leaves_the_global_seed_alone(name):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    n = drawn(NOISE_LAWS[name])
    assert torch.equal(before, torch.get_rng_state()) and n.dtype == torch.complex64
    typical = n.abs().median() / 1.1774 if name == "spikes" else n.abs().square().mean().div(2).sqrt()
    assert float(typical) == pytest.approx(0.5, rel=0.06)
    assert torch.equal(n, drawn(NOISE_LAWS[name])), "the generator decides"


def test_share_and_height_of_spikes():
    n = drawn(spikes, (4, 128, 128)).abs()
    assert float((n > 6 * 0.5).float().mean()) == pytest.approx(0.02, rel=0.15)  # white noise: 1.5e-8
    assert float(n[n > 6 * 0.5].square().mean().sqrt()) == pytest.approx(20 * 0.5 * 2**0.5, rel=0.1)


def test_neighbours_along_the_line_share_their_noise():
    n = drawn(line_correlated, correlation=0.8)
    power = n.abs().square().mean()
    for lag, expected in ((1, 0.8), (2, 0.64)):
        assert float((n.roll(lag, -2).conj() * n).real.mean() / power) == pytest.approx(expected, abs=0.06)
    assert abs(float((n.roll(1, -1).conj() * n).real.mean() / power)) < 0.06, "other lines do not"


def test_coils_share_their_noise():
    n = drawn(coil_correlated, correlation=0.6).flatten(1)
    covariance = (n @ n.mH / n.shape[1] / (2 * 0.5**2)).real
    torch.testing.assert_close(covariance, 0.4 * torch.eye(4) + 0.6, rtol=0, atol=0.05)


def test_laws_meet_where_they_should():
    plain = drawn(white)
    torch.testing.assert_close(drawn(line_correlated, correlation=0.0), plain)
    torch.testing.assert_close(drawn(coil_correlated, correlation=0.0), plain)
    assert int((drawn(spikes, share=1.0).abs() > 3).sum()) > int((drawn(spikes, share=0.0).abs() > 3).sum())


@pytest.mark.parametrize(
    "law, arguments, sentence",
    [
        (spikes, {"share": 2}, r"share must lie in 0\.\.1, got 2"),
        (line_correlated, {"correlation": 1}, "correlation must lie from 0 to below 1, got 1"),
        (coil_correlated, {"correlation": -0.1}, "correlation must lie from 0 to below 1, got -0.1"),
    ],
)
def test_bad_laws_get_one_sentence(law, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        drawn(law, **arguments)
