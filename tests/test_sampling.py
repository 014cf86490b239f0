"""Budgets, symmetry, centring of every mask; line sets equal to fastMRI's where it has the same pattern."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mrtutor.sampling import (
    PATTERNS,
    as_many_lines,
    centre_only,
    default_n_acs,
    equispaced,
    offset_symmetric,
    partial_fourier,
    point_spread,
    poisson_disc,
    true_acceleration,
    uniform_random,
    variable_density,
)

BUDGETED = ["uniform random", "variable density", "gaussian", "centre only", "Poisson disc", "variable density 2-D"]
ONE_D = ["equispaced", "uniform random", "variable density", "gaussian", "centre only"]


def lines(mask):
    return set(mask[0, 0].nonzero().flatten().tolist())


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("shape", [(32, 64), (33, 63), (30, 48)])
def test_every_pattern_measures_its_centre_and_has_the_right_shape(name, shape, generator):
    mask = PATTERNS[name](shape, 4, 6, generator)
    assert mask.shape == (1, *shape) and mask.dtype == torch.bool
    y, x = shape[0] // 2, shape[1] // 2
    assert mask[0, y - 3 : y + 3, x - 3 : x + 3].all()
    if name in ONE_D:
        assert (mask == mask[:, :1]).all()  # constant along the readout


@given(st.sampled_from(BUDGETED), st.integers(12, 70), st.integers(12, 70), st.floats(1, 6), st.integers(0, 100))
def test_random_budgets_are_exact(name, n_y, n_x, acceleration, seed):
    mask = PATTERNS[name]((n_y, n_x), acceleration, 2, torch.Generator().manual_seed(seed))
    if name in ONE_D:
        assert len(lines(mask)) == round(n_x / acceleration)
    else:
        assert int(mask.sum()) == round(n_y * n_x / acceleration)


@given(st.integers(2, 70), st.integers(1, 8), st.integers(0, 12))
def test_equispaced_counts_calibration_lines_on_top(n_x, R, n_acs):
    n_acs = min(n_acs, n_x)
    grid = set(range(n_x // 2 % R, n_x, R))
    block = set(range(n_x // 2 - n_acs // 2, n_x // 2 - n_acs // 2 + n_acs))
    assert lines(equispaced((3, n_x), R, n_acs)) == grid | block


def test_true_acceleration_of_the_textbook_cases():
    assert true_acceleration(equispaced((4, 256), 4, 24)) == pytest.approx(256 / 82)
    assert true_acceleration(equispaced((4, 128), 4, 24)) == pytest.approx(128 / 50)
    assert true_acceleration(equispaced((4, 128), 4)) == 4
    assert [default_n_acs(R) for R in (2, 3, 4, 6, 8, 12)] == [24, 24, 20, 12, 8, 8]
    assert default_n_acs(2, 256) == 48


def test_seeds_reproduce_and_the_global_seed_is_left_alone():
    before = torch.get_rng_state()
    for name, pattern in PATTERNS.items():
        a, b = (pattern((40, 40), 4, 6, torch.Generator().manual_seed(7)) for _ in range(2))
        assert torch.equal(a, b), name
    assert torch.equal(before, torch.get_rng_state())
    assert not torch.equal(*(variable_density((4, 128), 4, 8, torch.Generator().manual_seed(s)) for s in (1, 2)))


@pytest.mark.parametrize("R", [2, 3, 4])
@pytest.mark.parametrize("offset", [0, 1, None])
def test_point_spread_has_R_peaks_of_equal_height_at_multiples_of_the_field_over_R(R, offset):
    n_x = 24 * R
    peaks = point_spread(equispaced((8, n_x), R, offset=offset))[0, 4].abs()
    copies = [(n_x // 2 + k * n_x // R) % n_x for k in range(R)]
    torch.testing.assert_close(peaks[copies], torch.ones(R))
    assert float(peaks.sum()) == pytest.approx(R, abs=1e-3)  # and nothing elsewhere


def test_point_spread_of_a_full_scan_is_one_dot():
    psf = point_spread(torch.ones(1, 9, 12, dtype=torch.bool))
    expected = torch.zeros_like(psf)
    expected[0, 4, 6] = 1
    torch.testing.assert_close(psf, expected)


def test_offset_mask_measures_each_frequency_once_where_the_symmetric_grid_repeats():
    def distinct(mask):
        return len({abs(k - 64) for k in lines(mask)})

    assert distinct(equispaced((2, 128), 4, offset=0)) == 17 and distinct(equispaced((2, 128), 4, offset=2)) == 16
    assert all(distinct(offset_symmetric((2, 128), 4, 0, o)) >= 31 for o in range(4))
    assert distinct(equispaced((2, 128), 4, offset=1)) == 32  # an odd offset is already as good
    assert {abs(k - 64) for k in lines(offset_symmetric((2, 128), 4))} >= {1, 3, 5, 7}


@pytest.mark.parametrize("n_x", [64, 65])
@pytest.mark.parametrize("offset", range(4))
def test_line_sets_equal_fastmri(n_x, offset):
    subsample = pytest.importorskip("fastmri.data.subsample")
    magic = subsample.MagicMaskFunc([0.08], [4])
    theirs = magic.calculate_acceleration_mask(n_x, 4, offset, 0).flatten()
    assert lines(offset_symmetric((2, n_x), 4, 0, offset)) == set(theirs.nonzero()[0].tolist())
    spaced = subsample.EquiSpacedMaskFunc([0.08], [4]).calculate_acceleration_mask(n_x, 4, offset, 0).flatten()
    assert lines(equispaced((2, n_x), 4, offset=offset)) == set(spaced.nonzero()[0].tolist())


def test_poisson_disc_points_keep_their_distance(generator):
    from scipy.spatial import cKDTree

    def nearest(mask):
        points = mask[0].nonzero().numpy()
        return cKDTree(points).query(points, 2)[0][:, 1].mean()

    assert nearest(poisson_disc((64, 64), 6, 0, generator)) > 1.15 * nearest(
        PATTERNS["variable density 2-D"]((64, 64), 6, 0, generator)
    )


def test_variable_density_is_denser_in_the_middle(generator):
    inner = sum(len(lines(variable_density((2, 128), 4, 0, generator)) & set(range(32, 96))) for _ in range(20))
    uniform = sum(len(lines(uniform_random((2, 128), 4, 0, generator)) & set(range(32, 96))) for _ in range(20))
    assert inner > 1.3 * uniform


def test_partial_fourier_and_centre_only():
    assert len(lines(partial_fourier((2, 128), 5 / 8))) == 80 and 64 in lines(partial_fourier((2, 128), 5 / 8))
    assert lines(centre_only((2, 128), 2)) == set(range(32, 96))


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: equispaced((4, 16), 2, 17), "n_acs must lie in 0..16"),
        (lambda: equispaced((4, 16), 0.5), "acceleration must be 1 or more"),
        (lambda: equispaced((4, 16), 2.5), "whole number"),
        (lambda: uniform_random((4, 16), 4, 5, None), "budget of 4 lines"),
        (lambda: PATTERNS["Poisson disc"]((16, 16), 4, 9, None), "budget of 64 points"),
        (lambda: partial_fourier((4, 16), 0.5), "fraction must lie above 0.5"),
        (lambda: offset_symmetric((4, 16), 4, 0, 4), "offset must lie in 0..3"),
        (lambda: true_acceleration(torch.zeros(1, 2, 2, dtype=torch.bool)), "at least one point"),
    ],
)
def test_bad_input_gets_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


nan, inf = float("nan"), float("inf")


@pytest.mark.parametrize("R", [0, 0.5, -3, nan, inf])
@pytest.mark.parametrize("name", PATTERNS)
def test_accelerations_out_of_range(name, R):
    with pytest.raises(ValueError, match="acceleration must be 1 or more, got"):
        PATTERNS[name]((16, 12), R, 0, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", [name for name in PATTERNS if name != "equispaced"])
def test_a_mask_measures_something(name):
    """A budget below one line is refused; every 30th of 12 lines is the one in the middle."""
    with pytest.raises(ValueError, match="acceleration must leave at least one of the"):
        PATTERNS[name]((16, 12), 1000, 0, torch.Generator().manual_seed(0))
    assert int(equispaced((16, 12), 30)[0, 0].sum()) == 1
    with pytest.raises(ValueError, match="acceleration must leave at least one of the 12 lines"):
        equispaced((16, 12), 30, offset=20)


@pytest.mark.parametrize("shape", [(16,), (1, 16, 12), (0, 12), (16, 2.5)])
@pytest.mark.parametrize("name", PATTERNS)
def test_shapes_are_two_whole_numbers(name, shape):
    with pytest.raises(ValueError, match=r"shape must be two whole numbers \(y, x\)"):
        PATTERNS[name](shape, 2, 0, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("dial, value", [("power", -1.0), ("power", nan), ("width", 0.0), ("width", nan)])
def test_densities_out_of_range(dial, value):
    for name in {"power": ("variable density", "variable density 2-D", "Poisson disc"), "width": ("gaussian",)}[dial]:
        with pytest.raises(ValueError, match=f"{dial} must be .* or more, got"):
            PATTERNS[name]((16, 12), 2, 0, torch.Generator().manual_seed(0), value)


def test_whole_calibration_lines_and_known_patterns():
    with pytest.raises(ValueError, match=r"n_acs must lie in 0\.\.12 .*, got 2.5"):
        equispaced((16, 12), 2, 2.5)
    with pytest.raises(ValueError, match="pattern must be one of equispaced, .*, got 'spiral'"):
        as_many_lines("spiral", (16, 12), 2)
    with pytest.raises(ValueError, match="mask must measure at least one point, got none"):
        point_spread(torch.zeros(1, 4, 4, dtype=torch.bool))
