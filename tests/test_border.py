"""What every method asks of its arrays: cast, or refused in one sentence; and what it says of its own picture."""

import pytest
import torch
from helpers.networks import example

from mrtutor.border import at_least_0, checked, measured, whole_number
from mrtutor.coils import birdcage_maps, rss
from mrtutor.encoding import complex_normal, encode
from mrtutor.methods import METHODS
from mrtutor.sampling import equispaced
from mrtutor.sense import cg_sense, g_factor, unfold
from mrtutor.sparsity import tv_cs, wavelet_cs, wavelet_shrink

every_method = pytest.mark.parametrize("name", METHODS)


def run(name, kspace, mask, maps):
    with torch.no_grad():
        return METHODS[name](kspace, mask, maps)


def close(a, b, tolerance=1e-4):
    torch.testing.assert_close(a, b, rtol=0, atol=tolerance * float(b.abs().max()))


@every_method
def test_08_own_maps_unchecked(name):
    kspace, mask, maps, _ = example((32, 32), 8)
    for factor in (5, 0.5, 1e-4):
        with pytest.raises(
            ValueError, match=f"root sum of squares of 1 .* up to {factor:g}.* divide them by coils.rss"
        ):
            run(name, kspace, mask, factor * maps)
    one_bad = maps.clone()
    one_bad[3, 4, 5] = torch.nan
    with pytest.raises(ValueError, match="maps must hold finite numbers, got 1 of 8192 that are not"):
        run(name, kspace, mask, one_bad)
    with pytest.raises(ValueError, match="maps must hear something somewhere, got zeros everywhere"):
        run(name, kspace, mask, 0 * maps)
    with pytest.raises(ValueError, match="maps must be a complex tensor .*, got torch.float32"):
        run(name, kspace, mask, maps.abs())
    with pytest.raises(ValueError, match=r"maps must have the axes \(coil, y, x\) = \(8, 32, 32\) of kspace, got"):
        run(name, kspace, mask, maps[:4] / rss(maps[:4]))


@every_method
def test_17_batch_and_double(name):
    kspace, mask, maps, _ = example((37, 33), 8)
    alone = run(name, kspace, mask, maps)
    double = run(name, kspace.to(torch.complex128), mask.float(), maps.to(torch.complex128))
    assert double.dtype == torch.complex64 and torch.equal(double, alone)
    factors = torch.tensor([1.0, 30.0, 0.2, 5.0, 1.0, 2.0]).reshape(2, 3, 1, 1, 1)
    noisy = factors * (kspace + 0.02 * mask * complex_normal((2, 3, *kspace.shape), torch.Generator().manual_seed(2)))
    together = run(name, noisy, mask, maps)
    assert together.shape == (2, 3, 1, 37, 33)
    masks = torch.stack([mask, mask.roll(1, -1) | mask])  # another pattern for each item
    masks = torch.stack([mask, mask]) if "GRAPPA" in name else masks
    pair = run(name, noisy[:, 0], masks, maps.expand(2, -1, -1, -1))
    assert pair.shape == (2, 1, 37, 33)
    for item, mask_of, image in ((noisy[1, 2], mask, together[1, 2]), (noisy[1, 0], masks[1], pair[1])):
        close(image, run(name, item, mask_of, maps))


@every_method
def test_an_empty_slice_of_a_batch_stays_empty(name):
    kspace, mask, maps, _ = example((32, 32), 8)
    images = run(name, torch.stack([kspace, 0 * kspace]), mask, maps)
    assert bool(images.isfinite().all()) and float(images[1].abs().max()) < 1e-3 * float(images[0].abs().max())
    close(images[0], run(name, kspace, mask, maps))


@every_method
def test_a_switched_off_coil_disturbs_nobody(name):
    kspace, mask, maps, image = example((32, 32), 8)
    dead = torch.arange(8)[:, None, None] == 0  # the first: a quick look at one coil must not be fooled
    without = torch.where(dead, 0, maps) / rss(maps[1:])
    error = (
        run(name, torch.where(dead, 0, kspace) / rss(maps[1:]).mean(), mask, without) - image
    ).norm() / image.norm()
    whole = (run(name, kspace, mask, maps) - image).norm() / image.norm()
    assert float(error) < float(whole) + 0.1


@every_method
def test_what_is_no_number_is_said(name):
    kspace, mask, maps, _ = example((32, 32), 8)
    place = mask[0, 16].nonzero()[0]
    bad = kspace.clone()
    bad[2, 16, place] = torch.inf
    with pytest.raises(ValueError, match="kspace must hold finite numbers, got 1 of 8192 that are not"):
        run(name, bad, mask, maps)
    try:  # numbers whose squares are infinite: a picture, or a sentence
        assert bool(run(name, 1e30 * kspace, mask, maps).isfinite().all())
    except ValueError as error:
        assert "float32" in str(error)


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda k, m, s: (k, m[0], s), r"mask must have the axes \(1, y, x\) = \(1, 16, 12\), got \(16, 12\)"),
        (lambda k, m, s: (k, m[..., :1, :], s), r"mask must have the axes .*, got \(1, 1, 12\)"),
        (lambda k, m, s: (k, m.expand(4, 16, 12), s), r"mask must have the axes .*, got \(4, 16, 12\)"),
        (lambda k, m, s: (k, m * 0.5, s), "mask must be bool, or hold only 0 and 1, got torch.float32"),
        (lambda k, m, s: (k, m & False, s), "mask must measure at least one sample, got none"),
        (lambda k, m, s: (k, m.numpy(), s), "mask must be a tensor of bool, got ndarray"),
        (lambda k, m, s: (k.real, m, s), "kspace must be a complex tensor .*, got torch.float32"),
        (lambda k, m, s: (k[0], m, s), r"kspace must have the axes \(coil, y, x\), each of 1 or more, got \(16, 12\)"),
        (lambda k, m, s: (k[:0], m, s[:0]), "kspace must have the axes .* each of 1 or more"),
        (
            lambda k, m, s: (k.expand(2, 4, 16, 12), m, s.expand(3, 4, 16, 12)),
            r"batch axes that go together, got \(2,\)",
        ),
    ],
)
def test_arrays_that_do_not_fit(change, sentence):
    kspace, mask, maps, _ = example((16, 12))
    for method in (METHODS["Zero-filled"], cg_sense, unfold, METHODS["VarNet"]):
        with pytest.raises(ValueError, match=sentence):
            method(*change(kspace, mask, maps))


def test_maps_may_be_zero_outside_and_have_a_soft_rim():
    kspace, mask, maps, _ = example((32, 32))
    hole, rim = maps.clone(), maps.clone()
    hole[..., :9] = 0
    rim[..., 3] *= 0.5
    checked(kspace, mask, hole)
    checked(kspace, mask, rim)
    with pytest.raises(ValueError, match="root sum of squares"):
        checked(kspace, mask, torch.cat([rim[..., :4]] * 8, -1))


def test_maps_that_were_changed_in_place_are_looked_at_again():
    kspace, mask, maps, _ = example((16, 12))
    cg_sense(kspace, mask, maps)
    maps *= 3
    with pytest.raises(ValueError, match="root sum of squares"):
        cg_sense(kspace, mask, maps)


def test_zeros_in_all_coils_are_not_measured():
    kspace, mask, _, _ = example((16, 12))
    assert measured(kspace, mask) is mask
    cut = kspace.clone()
    cut[:, :5] = 0
    cut[:3, 7] = 0  # three coils of four: the fourth was there
    assert torch.equal(measured(cut, mask), mask & (torch.arange(16) >= 5)[:, None])
    assert torch.equal(measured(0 * kspace, mask), mask), "a slice without anything keeps its mask"


@pytest.mark.parametrize("lam", [-1e-3, float("nan"), float("inf")])
def test_lam_out_of_range(lam):
    data = example((16, 12))[:3]
    for method in (cg_sense, wavelet_cs, tv_cs, METHODS["GRAPPA"]):
        with pytest.raises(ValueError, match="lam must be 0 or more .a finite number., got"):
            method(*data, lam=lam)
    with pytest.raises(ValueError, match="lam must be 0 or more"):
        at_least_0("lam", torch.tensor([0.0, lam]))


@pytest.mark.parametrize("n_iter", [-1, -20])
def test_n_iter_out_of_range(n_iter):
    data = example((16, 12))[:3]
    for method in (cg_sense, wavelet_cs, tv_cs):
        with pytest.raises(ValueError, match="n_iter must be a whole number of 0 or more, got"):
            method(*data, n_iter=n_iter)


def test_whole_numbers_and_their_range():
    assert whole_number("n", 3.0, 0) == 3
    for wrong in (5, 0, 2.5, float("nan"), True):
        with pytest.raises(ValueError, match=rf"n must be a whole number in 1\.\.4, got {wrong}"):
            whole_number("n", wrong, 1, 4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 3), (33, 16)])
def test_wavelets_of_tiny_and_odd_pictures(shape):
    image = complex_normal((1, *shape), torch.Generator().manual_seed(0))
    torch.testing.assert_close(wavelet_shrink(image, 0.0, "db4", 4), image, rtol=1e-4, atol=1e-5)
    for levels in (-1, 12):
        with pytest.raises(ValueError, match=r"levels must be a whole number in 0\.\."):
            wavelet_shrink(image, 0.0, "db4", levels)


@pytest.mark.parametrize("R", [0, -2, 13])
def test_g_factor_out_of_range(R):
    with pytest.raises(ValueError, match=r"acceleration must be a whole number in 1\.\.12, got"):
        g_factor(example((16, 12))[2], R)


@every_method
@pytest.mark.parametrize("shape", [(1, 1), (1, 16), (16, 1), (5, 8), (9, 12)])
def test_tiny_pictures(name, shape):
    """A picture, or a sentence of ours."""
    mask = equispaced(shape, 2, shape[1] // 8)
    maps = birdcage_maps(shape, 8)
    try:
        image = run(name, encode(torch.ones(1, *shape) + 0j, mask, maps), mask, maps)
    except ValueError as error:
        assert " must " in str(error) and "got" in str(error)
    else:
        assert image.shape == (1, *shape) and bool(image.isfinite().all())
