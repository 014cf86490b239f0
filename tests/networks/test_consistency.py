"""The data consistency family: deep cascade, learned fidelity, Sigma-net, GRAPPA with a denoiser."""

import pytest
import torch
from helpers.networks import example, tiny

from mrtutor.encoding import encode, encode_adjoint, normal
from mrtutor.fourier import fft2c
from mrtutor.grappa import grappa
from mrtutor.networks.base import noise_level
from mrtutor.networks.cascade import Cascade
from mrtutor.networks.learned_dc import LearnedDC, LearnedFidelity, RobustFidelity
from mrtutor.networks.sigma import DC, Sigma
from mrtutor.networks.stages import Data, Gradient, Hard, Prox, Soft, Splitting, Untouched
from mrtutor.sampling import uniform_random


def batch(n_coils=4, **arguments):
    return tuple(array[None] for array in example(n_coils=n_coils, **arguments))


def misfit(x, kspace, mask, maps) -> float:
    return float((encode(x, mask, maps) - kspace).abs().square().sum())


# --- layers ---


@pytest.mark.parametrize("layer", [Hard, Soft, Gradient, Prox, Splitting])
def test_every_layer_comes_nearer_to_the_data(layer):
    kspace, mask, maps, image = batch()
    z = image + 0.2
    with torch.no_grad():
        assert misfit(layer()(z, Data.of(kspace, mask, maps)), kspace, mask, maps) < 0.8 * misfit(z, kspace, mask, maps)
        assert torch.equal(Untouched()(z, Data.of(kspace, mask, maps)), z)


@pytest.mark.parametrize("layer", [Hard, Gradient, Prox, Soft, Splitting])
def test_every_layer_leaves_an_image_that_fits_alone(layer):
    kspace, mask, maps, image = batch(noise=0.0)
    with torch.no_grad():
        torch.testing.assert_close(layer()(image, Data.of(kspace, mask, maps)), image, rtol=0, atol=1e-5)


def test_gradient_layer_goes_downhill():
    kspace, mask, maps, image = batch()
    z = (image + 0.1).requires_grad_()
    (encode(z, mask, maps) - kspace).abs().square().sum().backward()
    torch.testing.assert_close(Gradient(0.5)(z, Data.of(kspace, mask, maps)), z - 0.25 * z.grad, rtol=0, atol=1e-5)


def test_splitting_is_the_formula_with_one_coil():
    kspace, mask, maps, image = batch(1)
    z, alpha, beta = image + 0.1, 0.3, 0.2
    k = fft2c(z)
    corrected = torch.where(mask, alpha * k + (1 - alpha) * kspace, k)
    with torch.no_grad():
        x = Splitting(alpha, beta)(z, Data.of(kspace, mask, maps))
    torch.testing.assert_close(fft2c(x), beta * k + (1 - beta) * corrected, rtol=0, atol=1e-5)


# --- cascade ---


def test_cascade_with_hard_dc_keeps_the_lines_of_one_coil():
    kspace, mask, maps, _ = example(n_coils=1)
    with torch.no_grad():
        x = tiny("Cascade", dc="hard")(kspace, mask, maps)
    torch.testing.assert_close(mask * fft2c(x), kspace, rtol=0, atol=1e-5)


@pytest.mark.parametrize("dc", ["hard", "soft", "proximal"])
def test_an_untrained_cascade_is_near_repeated_data_consistency(dc):
    kspace, mask, maps, image = example(noise=0.0)
    error = lambda x: float((x - image).abs().square().sum())
    with torch.no_grad():
        x = tiny("Cascade", n_cascades=5, dc=dc)(kspace, mask, maps)
    assert error(x) < 0.9 * error(encode_adjoint(kspace, mask, maps))


def test_d5c5_has_the_parameters_of_the_paper():
    n = sum(p.numel() for p in Cascade(5, 32, 5, "hard").parameters())
    assert n == 5 * (2 * 32 * 9 + 32 + 3 * (32 * 32 * 9 + 32) + 32 * 2 * 9 + 2) == 144_650


# --- Sigma-net ---


def test_all_kinds_of_sigma_start_with_the_same_regulariser():
    kinds = {dc: tiny("Sigma", dc=dc) for dc in DC}
    reference = kinds["none"].regulariser.state_dict()
    for network in kinds.values():
        assert all(
            torch.equal(a, b)
            for a, b in zip(network.regulariser.state_dict().values(), reference.values(), strict=True)
        )
    extra = {dc: sum(p.numel() for p in network.dc.parameters()) for dc, network in kinds.items()}
    assert extra == {"none": 0, "gd": 1, "prox": 1, "vs": 2}


@pytest.mark.parametrize("dc", DC)
def test_sigma_with_an_idle_regulariser_is_its_data_consistency(dc):
    kspace, mask, maps, _ = example(noise=0.0)
    network = tiny("Sigma", dc=dc)
    torch.nn.init.zeros_(network.regulariser.net.last.weight)
    start = encode_adjoint(kspace, mask, maps)
    with torch.no_grad():
        x = network(kspace, mask, maps)
    if dc == "none":
        torch.testing.assert_close(x, start)
    else:
        assert misfit(x, kspace, mask, maps) < 0.7 * misfit(start, kspace, mask, maps)


def test_names_that_are_not_there():
    with pytest.raises(ValueError, match="dc must be one of none, gd, prox, vs, got 'cg'"):
        Sigma(dc="cg")
    with pytest.raises(ValueError, match="dc must be one of hard, soft, proximal, got 'none'"):
        Cascade(dc="none")
    with pytest.raises(ValueError, match="fidelity must be one of learned, l2, l1, got 'huber'"):
        LearnedDC(fidelity="huber")


# --- learned fidelity ---


def test_the_three_fidelities_share_the_image_block():
    kinds = [tiny("LearnedDC", fidelity=fidelity) for fidelity in ("l2", "l1", "learned")]
    for network in kinds:
        assert all(
            torch.equal(a, b)
            for a, b in zip(network.image.state_dict().values(), kinds[0].image.state_dict().values(), strict=True)
        )
    n = [sum(p.numel() for p in network.parameters()) for network in kinds]
    assert n[0] < n[1] == n[0] + 2 < n[2]


def residual_of_a_spike():
    kspace, mask, maps, image = batch()
    r = mask * (encode(image, mask, maps) - kspace)
    struck = torch.zeros_like(r)
    struck[0, 1, 20, 16] = 3.0  # line 16 is measured
    return r + struck, kspace, mask, noise_level(kspace, mask)


def test_learned_fidelity_begins_as_l2_and_keeps_to_the_mask():
    r, y, mask, noise = residual_of_a_spike()
    torch.manual_seed(0)
    block = LearnedFidelity(4)
    d = block(r, torch.zeros_like(r), y, mask, noise)
    torch.testing.assert_close(d, r, rtol=0.05, atol=0.05 * float(noise))
    assert not bool((d * ~mask).abs().any())


def test_robust_fidelity_shortens_a_spike_and_nothing_else():
    r, y, mask, noise = residual_of_a_spike()
    d = RobustFidelity(delta=10.0)(r, r, y, mask, noise).detach()
    torch.testing.assert_close(d[0, 1, 20, 16].abs(), 10 * noise.squeeze())
    changed = (d - r).abs() > 1e-6
    assert int(changed.sum()) == 1 and bool(changed[0, 1, 20, 16])
    torch.testing.assert_close(torch.angle(d[0, 1, 20, 16]), torch.angle(r[0, 1, 20, 16]))


def test_robust_fidelity_without_limit_is_l2():
    data = example()[:3]
    l2, l1 = tiny("LearnedDC", fidelity="l2"), tiny("LearnedDC", fidelity="l1")
    l1.load_state_dict(l2.state_dict(), strict=False)
    for fidelity in l1.fidelity:
        torch.nn.init.constant_(fidelity.log_delta, 20.0)
    with torch.no_grad():
        torch.testing.assert_close(l1(*data), l2(*data))


def test_a_spike_hurts_robust_fidelity_less():
    kspace, mask, maps, _ = example()
    struck = kspace.clone()
    struck[1, 20, 16] += 20
    change = {}
    for fidelity in ("l2", "l1"):
        network = tiny("LearnedDC", fidelity=fidelity, n_unrolls=6)
        with torch.no_grad():
            d = [
                network.fidelity[0](
                    mask * (encode(encode_adjoint(k, mask, maps), mask, maps) - k)[None],
                    k[None],
                    k[None],
                    mask[None],
                    noise_level(k[None], mask[None]),
                )
                for k in (struck, kspace)
            ]
        change[fidelity] = float((d[0] - d[1]).abs().max())
    assert change["l1"] < 0.5 * change["l2"]


# --- GRAPPA and a denoiser ---


def test_an_untrained_denoiser_is_near_grappa():
    kspace, mask, maps, _image = example()
    x = grappa(kspace, mask, maps)
    with torch.no_grad():
        out = tiny("GrappaDenoiser")(kspace, mask, maps)
    torch.testing.assert_close(out, x, rtol=0, atol=0.1 * float(x.abs().max()))


def test_denoiser_is_told_the_noise():
    network = tiny("GrappaDenoiser")
    heard = []
    network.denoise.net.register_forward_pre_hook(lambda module, inputs: heard.append(float(inputs[0][0, 2, 0, 0])))
    with torch.no_grad():
        for noise in (0.1, 0.4):
            network(*example(noise=noise)[:3])
    assert heard[1] - heard[0] == pytest.approx(1.386, abs=0.4)  # log 4, less what the noise adds to the brightness


def test_a_mask_that_grappa_cannot_take_is_refused_in_its_words(generator):
    kspace, _, maps, _ = example()
    with pytest.raises(ValueError, match="mask must be equispaced lines plus a calibration block for GRAPPA"):
        tiny("GrappaDenoiser")(kspace, uniform_random((32, 32), 3, 4, generator), maps)


def test_the_normal_operator_behind_the_fits_is_the_exact_one():
    kspace, mask, maps, image = batch()
    torch.testing.assert_close(Data.of(kspace, mask, maps).fit.EhE(image), normal(mask, maps)(image))
