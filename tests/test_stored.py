"""Stored is not measured: every method on k-space with zeros in it, and on k-space that was measured whole."""

from functools import lru_cache

import pytest
import torch

from mrtutor.coils import combine
from mrtutor.encoding import add_noise
from mrtutor.fourier import ifft2c
from mrtutor.grappa import grid
from mrtutor.methods import METHODS, Trained
from mrtutor.metrics import foreground, nmse, psnr
from mrtutor.networks.base import log_noise, low_resolution_phase, noise_level
from mrtutor.patients import patient
from mrtutor.sampling import equispaced, uniform_random
from mrtutor.scan import acquire

N = 96
every_method = pytest.mark.parametrize("name", METHODS)


def rows_and_columns(n_y=N, n_x=N):
    """Signed distance of rows (y, 1) and of columns (1, x) from the centre, -1 to 1."""
    return ((torch.arange(n_y) - n_y // 2) / (n_y // 2))[:, None], ((torch.arange(n_x) - n_x // 2) / (n_x // 2))[None]


def cuts(n_y=N, n_x=N):
    """What a scanner may leave out: name -> bool (y, x)."""
    y, x = rows_and_columns(n_y, n_x)
    return {
        "partial echo": (y >= 1 - 2 * 0.62) & (x < 2),
        "late echo": (y <= 2 * 0.62 - 1) & (x < 2),
        "shutter": y.square() + x.square() <= 1,
        "cropped readout": (y.abs() <= 0.75) & (x < 2),
    }


def padded(array, size=120):
    """k-space or mask in the middle of a larger matrix, zero around it."""
    out = torch.zeros((*array.shape[:-2], size, size), dtype=array.dtype)
    corner = size // 2 - N // 2
    out[..., corner : corner + N, corner : corner + N] = array
    return out


@lru_cache(maxsize=1)
def case():
    """A virtual patient, every fourth line and 16 in the middle: true R = 2.7."""
    scan = acquire(patient(7), n_coils=8, size=N, noise=0.01)
    return scan.kspace, equispaced((N, N), 4, 16), scan.maps, scan.image


@lru_cache(maxsize=64)
def whole(name) -> float:
    kspace, mask, maps, image = case()
    return nmse(METHODS[name](mask * kspace, mask, maps), image)


@every_method
@pytest.mark.parametrize("cut", cuts())
def test_no_method_loses_more_than_what_is_missing_explains(name, cut):
    """Its error is at most half as much again as its own error on the whole plus what the cut alone takes away."""
    kspace, mask, maps, image = case()
    kept = cuts()[cut]
    cut_alone = nmse(combine(ifft2c(kept * kspace), maps), image)
    said = METHODS[name](mask * kept * kspace, mask & kept, maps)
    unsaid = METHODS[name](mask * kept * kspace, mask, maps)
    assert torch.equal(said, unsaid), "whether the mask says so or not"
    assert nmse(said, image) < 1.5 * (whole(name) + cut_alone)
    if name != "Zero-filled":
        zero_filled = METHODS["Zero-filled"](mask * kept * kspace, mask, maps)
        assert nmse(said, image) < nmse(zero_filled, image)


@every_method
def test_zeros_around_k_space_are_no_loss(name):
    """They make the pixels smaller. MoDL's denoiser knows the texture of other pixels:

    twice the error, still the least.
    """
    kspace, mask, maps, _ = case()
    place = ((torch.arange(120) - 60) * N / 120 + N // 2).round().long().clamp(0, N - 1)
    maps = maps[:, place][..., place]
    image = combine(ifft2c(padded(kspace)), maps)
    lines = padded(mask)[:, 60:61].expand(1, 120, 120)
    unsaid, said = (METHODS[name](padded(mask * kspace), m, maps) for m in (lines, padded(mask)))
    assert torch.equal(said, unsaid)
    assert nmse(said, image) < (2.5 if name == "MoDL" else 1.25) * whole(name)
    if name == "MoDL":
        assert nmse(said, image) < nmse(METHODS["Wavelet CS"](padded(mask * kspace), lines, maps), image)


@pytest.mark.parametrize("n_y, n_x", [(96, 96), (97, 90), (64, 121)])
@pytest.mark.parametrize("cut", cuts())
def test_the_noise_level_is_taken_where_there_are_samples(cut, n_y, n_x, generator):
    kept, mask = cuts(n_y, n_x)[cut], equispaced((n_y, n_x), 3, 12)
    y, x = rows_and_columns(n_y, n_x)
    head = torch.exp(-60 * (y.square() + x.square())) + 0j
    kspace = (mask * kept * add_noise(head.expand(4, n_y, n_x), 0.01, generator))[None]
    for told in (mask, mask & kept):
        assert float(noise_level(kspace, told[None])) == pytest.approx(0.01, rel=0.1)
    a_dead_coil = torch.cat([kspace, 0 * kspace, 0 * kspace], 1)
    assert torch.equal(noise_level(a_dead_coil, mask[None]), noise_level(kspace, mask[None]))
    both = torch.cat([kspace, 3 * kspace])
    torch.testing.assert_close(
        noise_level(both, mask.expand(2, -1, -1, -1)).flatten(), torch.tensor([1.0, 3.0]) * 0.01, rtol=0.1, atol=0
    )


def test_an_empty_slice_has_no_noise():
    empty, mask = torch.zeros(1, 2, 8, 8, dtype=torch.complex64), torch.ones(1, 1, 8, 8, dtype=torch.bool)
    assert float(noise_level(empty, mask)) == 0 and bool(log_noise(empty, mask).isfinite())


def test_the_smooth_phase_survives_a_cut():
    kspace, mask, maps, image = case()
    for kept in cuts().values():
        phase = low_resolution_phase((mask * kept * kspace)[None], (mask & kept)[None], maps[None])[0]
        inside = foreground(image)
        angle = (phase.conj() * torch.sgn(image)).angle().abs()[0]
        assert float(angle[inside].mean()) < 0.3


@pytest.mark.parametrize("cut", cuts())
def test_grappa_reads_its_grid_through_a_cut(cut):
    mask, kept = equispaced((N, N), 4, 16, offset=1), cuts()[cut]
    assert grid(mask & kept)[0] == 4 and grid(mask & kept)[1:] == grid(mask)[1:]
    with pytest.raises(ValueError, match="equispaced lines plus a calibration block"):
        grid(uniform_random((N, N), 3, 16, torch.Generator().manual_seed(0)) & kept)


@every_method
def test_14_networks_at_full_sampling(name):
    """Nothing left out, one line, or only ends of the readout: nearly as good as zero-filled, or a sentence."""
    kspace, _, maps, _ = case()
    truth = acquire(patient(7), n_coils=8, size=N, noise=0.01).truth
    full = torch.ones(1, N, N, dtype=torch.bool)
    one = full.clone()
    one[..., 0] = False
    for mask, kept in ((full, full), (one, full), (full, cuts()["partial echo"]), (full, cuts()["shutter"])):
        data = mask * kept * kspace, mask, maps
        try:
            image = METHODS[name](*data)
        except ValueError as error:
            assert isinstance(METHODS[name], Trained)
            assert "mask must leave out enough for a network that was trained on accelerations of 2" in str(error)
        else:
            assert psnr(image, truth) > psnr(METHODS["Zero-filled"](*data), truth) - 4
    if isinstance(METHODS[name], Trained):
        with pytest.raises(ValueError, match="trained on"):
            METHODS[name](kspace, full, maps)


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if isinstance(method, Trained)])
def test_networks_run_from_where_they_were_trained(name):
    kspace, _, maps, image = case()
    for R, n_acs in ((2, 18), (3, 24), (4, 16), (8, 8) if "GRAPPA" not in name else (4, 20)):
        mask = equispaced((N, N), R, n_acs)
        assert psnr(METHODS[name](mask * kspace, mask, maps), image) > 15
