"""An exactly known kernel (the offset trap), measured lines put back, and pygrappa on the real brain."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mrtutor.coils import birdcage_maps, espirit_maps, rss
from mrtutor.encoding import complex_normal
from mrtutor.fourier import fft2c, ifft2c
from mrtutor.grappa import calibrate, fill, grappa, grid
from mrtutor.metrics import foreground, nmse
from mrtutor.sampling import equispaced, uniform_random


def phase_coils(n_y, n_x, n_coils, generator):
    """Coils whose maps are pure phase ramps: a step of d lines in k-space turns coil c's k-space into coil c + d's."""
    x = torch.arange(n_x) - n_x // 2
    ramps = torch.exp(2j * torch.pi * torch.arange(n_coils)[:, None, None] * x / n_x)
    image = complex_normal((1, n_y, n_x), generator)
    image[..., : n_x // 4] = image[..., -n_x // 4 :] = 0
    return fft2c(ramps * image)


@pytest.mark.parametrize("R", [2, 3, 4])
@pytest.mark.parametrize("offset", [0, 1, None])
def test_a_phase_phantom_is_filled_exactly(R, offset, generator):
    n_y, n_x = 32, 48
    kspace = phase_coils(
        n_y, n_x, R, generator
    )  # coil c holds the lines shifted by c: each missing line is another coil's measured one
    mask = equispaced((n_y, n_x), R, 4 * R + 8, offset=offset)
    spacing, first, acs = grid(mask)
    assert spacing == R
    weights = calibrate(kspace[..., acs], R, lam=1e-9)
    filled = fill(kspace * mask, mask, weights, R, first)
    inner = slice(3 * R, n_x - 3 * R)  # at the rim of k-space a neighbour is missing
    assert float((filled - kspace)[..., inner].norm() / kspace[..., inner].norm()) < 2e-3


@given(st.sampled_from([2, 3, 4]), st.integers(0, 3), st.integers(20, 41), st.integers(20, 41))
def test_measured_lines_are_put_back_and_sizes_may_be_odd(R, offset, n_y, n_x):
    g = torch.Generator().manual_seed(n_x)
    kspace = complex_normal((3, n_y, n_x), g)
    mask = equispaced((n_y, n_x), R, 3 * R + 1, offset=offset)
    spacing, first, acs = grid(mask)
    filled = fill(kspace * mask, mask, calibrate(kspace[..., acs], spacing), spacing, first)
    assert torch.equal(filled * mask, kspace * mask)
    assert filled.shape == kspace.shape and torch.isfinite(torch.view_as_real(filled)).all()


@given(st.sampled_from([2, 3, 5]), st.integers(0, 4), st.integers(30, 60))
def test_grid_is_read_from_the_mask(R, offset, n_x):
    mask = equispaced((4, n_x), R, R + 1, offset=offset)
    spacing, first, acs = grid(mask)
    assert (spacing, first) == (R, offset % R) and acs.stop - acs.start >= R + 1
    assert mask[0, 0, acs].all()


def test_unmeasured_values_are_never_used(brain):
    mask = equispaced((128, 128), 3, 24)
    maps = espirit_maps(brain)
    poisoned = torch.where(mask, brain, 1e6)
    torch.testing.assert_close(grappa(poisoned, mask, maps), grappa(brain * mask, mask, maps))


@pytest.mark.parametrize("R", [2, 3, 4])
def test_as_good_as_pygrappa_on_the_real_brain(brain, R):
    pygrappa = pytest.importorskip("pygrappa")
    mask = equispaced((128, 128), R, 24)
    reference = rss(ifft2c(brain))
    region = foreground(reference)
    _, first, acs = grid(mask)
    ours = fill(brain * mask, mask, calibrate(brain[..., acs], R), R, first)
    theirs = pygrappa.grappa((brain * mask).numpy(), brain[..., acs].numpy().copy(), kernel_size=(5, 5), coil_axis=0)
    theirs = torch.from_numpy(np.ascontiguousarray(theirs)).to(torch.complex64)
    ours_nmse, theirs_nmse, zero_filled = (
        nmse(rss(ifft2c(k)), reference, region) for k in (ours, theirs, brain * mask)
    )
    assert ours_nmse <= 1.05 * theirs_nmse
    assert ours_nmse < zero_filled / 3


def test_fewer_calibration_lines_and_a_smaller_kernel(brain):
    maps, reference = espirit_maps(brain), rss(ifft2c(brain))
    errors = [nmse(grappa(brain, equispaced((128, 128), 3, n), maps), reference) for n in (24, 12, 6)]
    assert errors[0] < errors[1] < errors[2]


def test_the_long_kernel_needs_many_calibration_lines(brain):
    from mrtutor.grappa import choose_kernel

    assert choose_kernel((16, 128, 24), 4) == (5, 4) and choose_kernel((16, 128, 16), 4) == (5, 2)
    mask, reference = equispaced((128, 128), 4, 16), rss(ifft2c(brain))
    R, first, acs = grid(mask)
    long, short = (
        nmse(rss(ifft2c(fill(brain * mask, mask, calibrate(brain[..., acs], R, k), R, first, k))), reference)
        for k in ((5, 4), (5, 2))
    )
    assert long > 1.2 * short


@pytest.mark.parametrize(
    "mask, sentence",
    [
        (equispaced((16, 32), 4, 3), "n_acs must be 5 or more"),
        (uniform_random((16, 32), 2, 6, torch.Generator().manual_seed(1)), "equispaced lines plus a calibration block"),
        (equispaced((16, 32), 4, 0, offset=1), "must measure the centre"),
        (torch.rand(1, 16, 32) > 0.4, "skip whole lines"),
    ],
)
def test_grappa_says_what_it_needs(mask, sentence, generator):
    with pytest.raises(ValueError, match=sentence):
        grappa(complex_normal((4, 16, 32), generator), mask, birdcage_maps((16, 32), 4))


def test_17_a_batch_is_filled_slice_by_slice(brain):
    maps = espirit_maps(brain)
    masks = torch.stack([equispaced((128, 128), 2, 16), equispaced((128, 128), 3, 24)])  # each with a grid of its own
    together = grappa(brain * masks, masks, maps)
    assert together.shape == (2, 1, 128, 128)
    for image, mask in zip(together, masks, strict=True):
        torch.testing.assert_close(image, grappa(brain * mask, mask, maps))


@pytest.mark.parametrize("first, last", [(0, 80), (49, 128), (20, 100)])
def test_a_cut_readout_costs_what_is_cut(first, last, brain):
    maps, mask, kept = espirit_maps(brain), equispaced((128, 128), 3, 24), torch.zeros(1, 128, 1, dtype=torch.bool)
    kept[:, first:last] = True
    everything = (maps.conj() * ifft2c(brain * kept)).sum(0, keepdim=True)  # all lines, with the same cut
    said, unsaid = grappa(brain * mask * kept, mask & kept, maps), grappa(brain * mask * kept, mask, maps)
    assert torch.equal(said, unsaid)
    whole = nmse(grappa(brain * mask, mask, maps), (maps.conj() * ifft2c(brain)).sum(0, keepdim=True))
    assert nmse(said, everything) < 1.3 * whole
    filled = fill(brain * mask * kept, mask & kept, calibrate(brain[:, first:last, 52:76], 3), 3, 1)
    outside = torch.cat([filled[:, :first], filled[:, last:]], 1)
    assert not bool(outside.any()), "no line is invented where no readout was"


def test_an_empty_slice_is_filled_with_nothing():
    mask = equispaced((16, 32), 2, 12)
    assert not bool(grappa(torch.zeros(4, 16, 32, dtype=torch.complex64), mask, birdcage_maps((16, 32), 4)).any())


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ({"acceleration": 1}, "acceleration must be a whole number of 2 or more, got 1"),
        ({"acceleration": 2, "kernel": (4, 4)}, "kernel must be .odd, even."),
        ({"acceleration": 2, "kernel": (5, 3)}, "kernel must be .odd, even."),
        ({"acceleration": 2, "kernel": (19, 2)}, "its lines 19 samples long or more, got 12 lines of 16 samples"),
        ({"acceleration": 5}, "n_acs must be 16 or more for a kernel of 4 lines at acceleration 5"),
        ({"acceleration": 2, "lam": -1.0}, "lam must be 0 or more"),
    ],
)
def test_calibration_knows_its_range(arguments, sentence, generator):
    with pytest.raises(ValueError, match=sentence):
        calibrate(complex_normal((4, 16, 12), generator), **arguments)


def test_a_silent_coil_is_no_reason_to_stop(generator):
    acs = complex_normal((2, 16, 12), generator)
    acs[1] = 0
    for lam in (0, 1e-3):
        assert bool(calibrate(acs, 2, lam=lam).isfinite().all())
