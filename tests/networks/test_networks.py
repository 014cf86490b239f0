"""Laws that every network obeys, and the U-Net that many of them are built of."""

import pytest
import torch
from helpers.networks import TINY, example, losses, tiny
from hypothesis import given, settings
from hypothesis import strategies as st

from mrtutor.encoding import complex_normal
from mrtutor.networks import NETWORKS
from mrtutor.networks.base import Network, to_channels, to_complex
from mrtutor.networks.unet import Unet

every_network = pytest.mark.parametrize("name", NETWORKS)


def run(network, kspace, mask, maps):
    with torch.no_grad():
        return network.eval()(kspace, mask, maps)


def close(a, b, tolerance=2e-4):
    """Equal up to `tolerance` of the brightest pixel."""
    torch.testing.assert_close(a, b, rtol=0, atol=tolerance * float(b.abs().max()))


def test_every_network_is_tested():
    assert set(TINY) == set(NETWORKS)


@every_network
def test_overfits_one_slice(name):
    history = losses(tiny(name))
    assert history[-1] < 0.85 * history[0], f"{history[0]:.2e} -> {history[-1]:.2e}"


@every_network
def test_gradient_reaches_every_parameter(name):
    network = tiny(name)
    kspace, mask, maps, image = example(n_coils=network.n_coils or 4)
    for parameter in network.parameters():  # a layer that starts at zero hides those before it
        if not bool(parameter.detach().abs().sum()):
            torch.nn.init.normal_(parameter, std=0.01)
    (network(kspace, mask, maps) - image).abs().square().mean().backward()
    idle = [
        label
        for label, parameter in network.named_parameters()
        if parameter.grad is None or not bool(parameter.grad.abs().sum() > 0)
    ]
    assert not idle


@every_network
@pytest.mark.parametrize("shape", [(31, 33), (24, 38)])
def test_any_size(name, shape):
    network = tiny(name)
    kspace, mask, maps, image = example(shape, network.n_coils or 4)
    out = run(network, kspace, mask, maps)
    assert out.shape == image.shape and out.dtype == torch.complex64 and bool(out.isfinite().all())


@every_network
@pytest.mark.parametrize("n_coils", [1, 32])
def test_any_number_of_coils(name, n_coils):
    network = tiny(name)
    kspace, mask, maps, image = example(n_coils=n_coils)
    if network.n_coils is not None:
        with pytest.raises(ValueError, match=f"{name} was built for {network.n_coils} coils .*, got {n_coils}"):
            run(network, kspace, mask, maps)
        return
    out = run(network, kspace, mask, maps)
    assert out.shape == image.shape and bool(out.isfinite().all())


@every_network
def test_a_brighter_scan_gives_a_brighter_image(name):
    network = tiny(name)
    kspace, mask, maps, _ = example(n_coils=network.n_coils or 4)
    close(run(network, 1000 * kspace, mask, maps) / 1000, run(network, kspace, mask, maps))


@every_network
def test_what_was_not_measured_is_not_seen(name):
    network = tiny(name)
    kspace, mask, maps, _ = example(n_coils=network.n_coils or 4)
    leak = kspace + ~mask * complex_normal(kspace.shape, torch.Generator().manual_seed(1))
    assert torch.equal(run(network, leak, mask, maps), run(network, kspace, mask, maps))


@every_network
def test_batches_are_slices_side_by_side(name):
    network = tiny(name)
    kspace, mask, maps, _ = example(n_coils=network.n_coils or 4)
    factors = torch.tensor([1.0, 3.0, 0.2, 5.0, 1.0, 2.0]).reshape(2, 3, 1, 1, 1)
    noisy = kspace + 0.02 * mask * complex_normal((2, 3, *kspace.shape), torch.Generator().manual_seed(2))
    together = run(network, factors * noisy, mask, maps)
    assert together.shape == (2, 3, 1, 32, 32)
    close(together[1, 0], run(network, factors[1, 0] * noisy[1, 0], mask, maps))


@every_network
def test_the_seed_decides(name):
    first, second = tiny(name), tiny(name)
    assert all(
        torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    )
    data = example(n_coils=first.n_coils or 4)[:3]
    assert torch.equal(run(first, *data), run(second, *data))


@every_network
def test_channels_last_changes_nothing(name):
    network = tiny(name)
    data = example(n_coils=network.n_coils or 4)[:3]
    expected = run(network, *data)
    for layer in network.modules():
        if isinstance(layer, (torch.nn.Conv2d, torch.nn.ConvTranspose2d)):
            layer.to(memory_format=torch.channels_last)  # as `training.fit` does
    close(run(network, *data), expected)


@every_network
def test_default_size_fits_a_weight_file(name):
    with torch.device("meta"):
        n = sum(p.numel() for p in NETWORKS[name]().parameters())
    assert 0 < n < 500_000, "2 MB of float32"


def test_a_network_without_reconstruct_says_so():
    with pytest.raises(TypeError, match=r"Network must define reconstruct\(kspace, mask, maps\)"):
        Network()(*example()[:3])


# --- U-Net ---


@pytest.mark.parametrize("width, n_pools", [(8, 2), (4, 3)])
def test_unet_equals_fastmris_with_its_weights(width, n_pools):
    fastmri = pytest.importorskip("fastmri.models", reason="the comparison needs the extra: reference")
    theirs, ours = fastmri.Unet(3, 2, chans=width, num_pool_layers=n_pools).eval(), Unet(3, 2, width, n_pools).eval()
    *ups, last = theirs.up_conv
    parts = [*theirs.down_sample_layers, theirs.conv, *theirs.up_transpose_conv, *ups, last]
    weights = [parameter for part in parts for parameter in part.parameters()]
    assert len(weights) == len(list(ours.parameters()))
    with torch.no_grad():
        for mine, copied in zip(ours.parameters(), weights, strict=True):
            mine.copy_(copied)
        x = torch.randn(2, 3, 48, 40, generator=torch.Generator().manual_seed(1))
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-5)


@settings(max_examples=15)
@given(
    st.integers(9, 37), st.integers(9, 37), st.integers(1, 3)
)  # instance norm needs more than one pixel at the bottom
def test_unet_takes_any_size(n_y, n_x, n_pools):
    x = torch.randn(1, 2, n_y, n_x, generator=torch.Generator().manual_seed(n_y))
    assert Unet(2, 2, 2, n_pools)(x).shape == x.shape


def test_padding_leaves_even_pictures_alone():
    net = Unet(2, 2, 4, 2, norm=False)
    x = torch.randn(1, 2, 16, 16)
    wide = torch.cat([x, x[..., -1:].expand(1, 2, 16, 4)], -1)  # what padding by hand gives
    torch.testing.assert_close(net(wide[..., :17])[..., :17], net(wide)[..., :17])


def test_unet_parameters_do_not_depend_on_the_picture():
    count = lambda net: sum(p.numel() for p in net.parameters())
    assert count(Unet(128, 2, 32, 4)) - count(Unet(2, 2, 32, 4)) == 126 * 32 * 9, "64 coils widen the first layer only"


def test_channels_and_back():
    z = complex_normal((2, 3, 5, 4), torch.Generator().manual_seed(0))
    channels = to_channels(z)
    assert (
        channels.shape == (2, 6, 5, 4)
        and torch.equal(channels[:, 2], z[:, 1].real)
        and torch.equal(channels[:, 3], z[:, 1].imag)
    )
    assert torch.equal(to_complex(channels.to(memory_format=torch.channels_last)), z)
