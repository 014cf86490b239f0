"""Every intermediate result of every network can be seen, in the units of the scan, and looking changes nothing."""

import pytest
import torch
from helpers.networks import example, tiny
from torch import nn

from mrtutor.encoding import encode_adjoint
from mrtutor.fourier import ifft2c
from mrtutor.networks import NETWORKS
from mrtutor.trace import Step, Trace, trace


def data_of(network, **arguments):
    return example(n_coils=network.n_coils or 4, **arguments)[:3]


def hooks(network) -> int:
    return sum(len(module._forward_hooks) for module in network.modules())


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_shows_images_and_features(name):
    network = tiny(name).train()
    data = data_of(network)
    with torch.no_grad():
        expected = network.eval()(*data)
    network.train()
    seen = trace(network, *data)
    assert torch.equal(seen.image, expected)
    assert seen.names("features") and (seen.names("image") or name == "UnetImage")
    assert len(set(seen.names())) == len(seen.steps), "each name once"
    for step in seen.steps:
        assert isinstance(step, Step) and bool(step.tensor.isfinite().all()) and not step.tensor.requires_grad
        assert step.tensor.is_complex() == (step.domain != "features"), step.name
        assert step.domain == "features" or step.tensor.ndim == 3
    assert network.training and hooks(network) == 0


def test_cascade_in_order_with_units_of_the_scan():
    network = tiny("Cascade", dc="hard")
    kspace, mask, maps = data_of(network)
    seen = trace(network, 1000 * kspace, mask, maps)
    assert seen.names("image") == ["net 1", "dc 1", "net 2", "dc 2"]
    assert seen.names("features") == [f"net {k}: net: convolution {c}" for k in (1, 2) for c in (1, 2, 3)]
    assert seen.names()[:5] == [*seen.names("features")[:3], "net 1", "dc 1"]
    torch.testing.assert_close(seen["dc 2"], seen.image)
    first = encode_adjoint(1000 * kspace, mask, maps)  # a network that starts small changes little
    torch.testing.assert_close(seen["net 1"], first, rtol=0, atol=0.1 * float(first.abs().max()))
    assert seen["net 1: net: convolution 1"].shape == (1, 6, 32, 32)


def test_a_module_used_again_is_seen_again():
    seen = trace(tiny("Sigma", dc="gd", n_unrolls=3), *example()[:3])
    assert seen.names("image") == [f"{name} {k}" for k in (1, 2, 3) for name in ("regulariser", "dc")]
    assert not torch.equal(seen["dc 1"], seen["dc 3"])
    torch.testing.assert_close(seen["dc 3"], seen.image)


def test_iterations_that_are_written_out_are_seen_too():
    seen = trace(tiny("VarNet"), *example()[:3])
    assert seen.names("image") == ["x 1", "x 2"]
    torch.testing.assert_close(seen["x 2"], seen.image)
    seen = trace(tiny("MoDL"), *example()[:3])
    assert seen.names("image") == ["start", "denoise 1", "fitted 1", "denoise 2", "fitted 2"]
    torch.testing.assert_close(seen["fitted 2"].abs(), seen.image.abs())


def test_levels_of_a_unet():
    seen = trace(tiny("UnetImage"), *example()[:3])
    assert [
        seen[f"unet: {place}: convolution 2"].shape[-1]
        for place in ("down 1", "down 2", "bottom", "merge 1", "merge 2")
    ] == [32, 16, 8, 16, 32]


def test_kspace_between_the_stages_of_kiki():
    network = tiny("KIKI")
    seen = trace(network, *data_of(network))
    assert len(seen.names("kspace")) == 2
    name = seen.names("kspace")[0]
    assert float(ifft2c(seen[name]).abs().max()) == pytest.approx(float(seen.image.abs().max()), rel=0.5)


def test_fidelity_of_learned_dc_is_coil_kspace():
    seen = trace(tiny("LearnedDC", fidelity="l2"), *example()[:3])
    kspace, mask, _maps, _ = example()
    assert seen["fidelity 1"].shape == kspace.shape
    assert not bool((seen["fidelity 1"] * ~mask).abs().any())


def test_batch_axes_come_back():
    kspace, mask, maps, _ = example()
    seen = trace(tiny("Cascade"), kspace.expand(2, 3, *kspace.shape), mask, maps)
    assert seen["dc 1"].shape == (2, 3, 1, 32, 32)


def test_features_are_those_before_an_activation_in_place():
    class InPlace(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU(inplace=True))

        def forward(self, kspace, mask, maps):
            return self.layers(kspace.abs()[None])

    assert float(trace(InPlace(), *example()[:3])["layers: convolution 1"].min()) < 0


class Breaks(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3)

    def forward(self, kspace, mask, maps):
        self.conv(kspace.abs()[:1])
        raise RuntimeError("half way")


def test_hooks_go_when_the_network_fails():
    network = Breaks()
    with pytest.raises(RuntimeError, match="half way"):
        trace(network, *example()[:3])
    assert hooks(network) == 0 and network.training


def test_questions_that_have_no_answer():
    seen = trace(tiny("Sigma"), *example()[:3])
    assert isinstance(seen, Trace)
    with pytest.raises(KeyError, match="name must be one of regulariser"):
        seen["stage 9"]
    with pytest.raises(ValueError, match="domain must be one of image, kspace, wavelet, features, got 'time'"):
        seen.names("time")
    with pytest.raises(TypeError, match="network must be a module"):
        trace(encode_adjoint, *example()[:3])
    network = tiny("Sigma")
    network.dc.domain = "frequency"
    with pytest.raises(ValueError, match="domain must be one of .* got 'frequency' in dc"):
        trace(network, *example()[:3])
