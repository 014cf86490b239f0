"""The cohort on which methods are measured, and the rivals tuned on it."""

import inspect
import math

import pytest
import torch
from helpers.networks import example
from helpers.real import REAL, real_file
from scipy import stats

from mrtutor import metrics, sampling
from mrtutor.coils import combine
from mrtutor.encoding import add_noise, encode
from mrtutor.experiments.common import cohort, tuning
from mrtutor.fourier import ifft2c
from mrtutor.grappa import grappa
from mrtutor.sparsity import absolute_lam, wavelet_cs
from mrtutor.training import stream
from mrtutor.training.stream import PATTERNS

SHAPE = (cohort.SIZE, cohort.SIZE)


# Patients and lines ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("R", cohort.ACCELERATIONS)
def test_the_three_patterns_have_as_many_lines(R):
    masks = {pattern: cohort.mask(pattern, SHAPE, R, seed=5) for pattern in PATTERNS}
    assert len({int(mask.sum()) for mask in masks.values()}) == 1 and len(PATTERNS) == 3
    n_acs = sampling.default_n_acs(R)
    centre = slice(64 - n_acs // 2, 64 - n_acs // 2 + n_acs)
    assert all(bool(mask[..., centre].all()) for mask in masks.values())
    for pattern in set(PATTERNS) - {"equispaced"}:
        assert not torch.equal(masks[pattern], cohort.mask(pattern, SHAPE, R, seed=6)), (
            "each patient has lines of their own"
        )
        assert torch.equal(masks[pattern], cohort.mask(pattern, SHAPE, R, seed=5))


def test_patients_are_the_same_each_time_and_differ_from_one_another():
    first = cohort.patients(3)
    cohort.person.cache_clear()
    stream.examination.cache_clear()
    again = cohort.patients(2, first=1)
    for a, b in zip(first[1:], again, strict=True):
        assert a is not b and all(torch.equal(x, y) for x, y in zip(a[:4], b[:4], strict=True)) and a.label == b.label
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert metrics.nmse(first[a].target, first[b].target) > 0.05


def test_patients_come_from_the_split_that_no_network_was_trained_on(monkeypatch):
    splits, draw = [], stream.patient
    monkeypatch.setattr(
        stream,
        "patient",
        lambda *given, **named: (
            splits.append(inspect.signature(draw).bind(*given, **named).arguments["split"]),
            draw(*given, **named),
        )[1],
    )
    cohort.person.cache_clear()
    stream.examination.cache_clear()
    cohort.person(0)
    assert splits == ["test"]


def test_the_target_has_no_noise_and_the_data_have():
    case = cohort.person(0)
    noise = case.kspace - stream.examination(cohort.HELD_OUT, 0).clean
    assert 0.01 <= float(noise.real.std()) <= 0.02 * 1.02 and 0.01 * 0.98 <= float(noise.imag.std()) <= 0.02 * 1.02
    found = cohort.scores(combine(ifft2c(case.kspace), case.maps), case)
    assert (
        set(found) == {*metrics.SCORES, "RSS PSNR", "RSS SSIM"}
        and 25 < found["PSNR"] < 60
        and case.kspace.shape == (8, *SHAPE)
    )
    perfect = cohort.scores(case.target, case)
    assert {name: perfect[name] for name in metrics.SCORES} == {
        "PSNR": math.inf,
        "SSIM": pytest.approx(1),
        "HFEN": 0,
        "NMSE": 0,
    }
    assert perfect["RSS PSNR"] < 60, "the target has the errors of its maps"


def test_the_real_brain_is_scaled_to_one(monkeypatch):
    real_file("brain_pulseq_16ch.h5")
    monkeypatch.setenv("MRTUTOR_DATA", str(REAL))
    case = cohort.real_brain()
    assert float(case.target.abs().max()) == pytest.approx(1) and case.kspace.shape == (16, 128, 128)
    torch.testing.assert_close(combine(ifft2c(case.kspace), case.maps), case.target)
    assert 0.2 < case.region.float().mean() < 0.9


# Intervals ---------------------------------------------------------------------------------------------------------
def test_intervals_are_those_of_a_t_test(generator):
    a, b = (torch.randn(12, generator=generator, dtype=torch.float64).tolist() for _ in range(2))
    mean, half = cohort.paired(a, b)
    known = stats.ttest_rel(a, b).confidence_interval(0.95)
    assert (mean - half, mean + half) == pytest.approx((known.low, known.high))
    assert cohort.interval([1, 2, 3]) == pytest.approx((2, 4.302653 / math.sqrt(3)), rel=1e-6)
    with pytest.raises(ValueError):
        cohort.paired(a, b[:-1])


# Tuning ------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def small():
    """Two noisy ellipses, 32 x 32, 4 coils, and their lines: (cases, variable density, equispaced)."""
    _, regular, maps, image = example()
    cases = []
    for seed in range(2):
        kspace = add_noise(encode(image, torch.ones_like(regular), maps), 0.02, torch.Generator().manual_seed(seed))
        cases.append(cohort.Case(kspace, maps, image, metrics.foreground(image), f"ellipse {seed}"))
    random = [sampling.variable_density((32, 32), 2, 8, torch.Generator().manual_seed(seed)) for seed in range(2)]
    return cases, random, [regular] * 2


def test_tuned_cs_is_never_below_either_implementation_at_the_default(small):
    cases, masks, _ = small
    tuned = tuning.tuned_cs(cases, masks)
    assert (
        tuning.evaluate(tuned, cases, masks)
        == pytest.approx(max(tuned.psnr.values()))
        == tuned.psnr[tuned.implementation]
    )
    for name, run in tuning.IMPLEMENTATIONS.items():
        default = tuning.evaluate(lambda *data, run=run: run(*data, 4e-3, (40,))[0], cases, masks)
        assert tuned.psnr[name] >= default - 1e-4
    assert tuned.psnr["mrtutor"] >= tuning.evaluate(wavelet_cs, cases, masks) - 1e-4


def test_tuned_cs_is_not_below_cs_on_a_patient():
    cases, masks = cohort.patients(1), [cohort.mask("variable density", SHAPE, 6)]
    assert max(tuning.tuned_cs(cases, masks).psnr.values()) >= tuning.evaluate(wavelet_cs, cases, masks) - 1e-4


def test_images_on_the_way_are_those_of_shorter_runs(small):
    """Of the course's CS, and of sigpy's as its users run it."""
    from sigpy.mri.app import L1WaveletRecon

    (case, _), (mask, _), _ = small
    kspace = mask * case.kspace
    for n, image in zip((7, 20), tuning.course_cs(kspace, mask, case.maps, 8e-3, (7, 20)), strict=True):
        assert torch.equal(image, wavelet_cs(kspace, mask, case.maps, 8e-3, n))
    lam, weights = float(absolute_lam(8e-3, kspace, mask, case.maps)), mask.expand(kspace.shape).float().numpy()
    for n, image in zip((7, 20), tuning.sigpy_cs(kspace, mask, case.maps, 8e-3, (7, 20)), strict=True):
        theirs = L1WaveletRecon(
            kspace.numpy(), case.maps.numpy(), lam, weights=weights, max_iter=n, show_pbar=False
        ).run()
        assert metrics.nmse(image, torch.from_numpy(theirs)) < 1e-5


@pytest.mark.parametrize("best", [1e-5, 3e-3, 0.2])
def test_a_sweep_finds_the_top_even_beyond_its_ends(best):
    found = tuning.sweep(lambda lam: {40: -abs(math.log(lam / best)), 100: -math.inf}, tuning.LAMS)
    _psnr, lam, n = tuning.top(found)
    assert n == 40 and best / math.sqrt(2) < lam < best * math.sqrt(2)
    assert min(found) < lam < max(found), "tried on both sides"


def test_a_sweep_ends_on_a_plateau():
    assert len(tuning.sweep(lambda lam: {1: -1e-9 * lam}, tuning.LAMS)) == len(tuning.LAMS) + 1


def test_tuned_grappa_is_not_below_grappa(small):
    cases, _, masks = small
    tuned = tuning.tuned_grappa(cases, masks)
    assert tuned.psnr >= tuning.evaluate(grappa, cases, masks) - 1e-4
    assert tuning.evaluate(tuned, cases, masks) == pytest.approx(tuned.psnr)


def test_tuned_grappa_refuses_what_grappa_refuses(small):
    cases, random, _ = small
    with pytest.raises(ValueError, match="equispaced"):
        tuning.tuned_grappa(cases, random)
    with pytest.raises(ValueError, match="n_acs must be 9 or more"):
        tuning.tuned_grappa(cases, [sampling.equispaced((32, 32), 8, 8)] * 2)
