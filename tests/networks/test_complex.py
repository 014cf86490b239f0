"""Complex layers against torch's own, the networks built of them, and the losses that see phase."""

import math

import pytest
import torch
from torch import nn

from mrtutor.coils import birdcage_maps
from mrtutor.encoding import complex_normal, encode, encode_adjoint
from mrtutor.fourier import fft2c
from mrtutor.networks.base import n_weights, to_channels, to_complex
from mrtutor.networks.complex_activations import ACTIVATIONS, Cardioid, CReLU, ModReLU, ZReLU, activation
from mrtutor.networks.complex_layers import ComplexBatchNorm2d, ComplexConv2d, ComplexUpsample
from mrtutor.networks.complex_unrolled import KINDS, ComplexUnrolled, width_of
from mrtutor.networks.deepcomplex import DeepComplexMRI
from mrtutor.networks.dense import CDFNet, DenseBlock, growth_of
from mrtutor.networks.octave import ComplexCascade, DualOctave, OctaveConv, cost
from mrtutor.networks.twins import matched_width
from mrtutor.sampling import equispaced
from mrtutor.training.losses import l1, magnitude_l1, nrmse, perp

SMALL = {
    "complex unrolled": lambda: ComplexUnrolled(n_unrolls=2, width=4),
    "two-channel unrolled": lambda: ComplexUnrolled("two-channel", n_unrolls=2, width=6),
    "magnitude unrolled": lambda: ComplexUnrolled("magnitude", n_unrolls=2, width=6),
    "CDFNet": lambda: CDFNet(growth=2),
    "CDFNet real": lambda: CDFNet("real", growth=3),
    "plain": lambda: ComplexCascade(n_cascades=2, width=4, depth=3),
    "octave": lambda: DualOctave(0.25, n_cascades=2, width=4, depth=3),
    "deepcomplex": lambda: DeepComplexMRI(n_coils=3, n_blocks=2, width=4),
}


def phantom_slice(shape=(32, 32), n_coils=3, acceleration=2, seed=0):
    """(kspace, mask, maps, target): smooth blobs with a phase that turns, and a little noise."""
    y, x = torch.meshgrid(*(torch.linspace(-1, 1, n) for n in shape), indexing="ij")
    size = torch.exp(-4 * (x**2 + y**2)) + 0.7 * ((x - 0.2).abs() + (y + 0.1).abs() < 0.3)
    image = torch.polar(size, 1.5 * x + y * y)[None]
    maps = birdcage_maps(shape, n_coils)
    mask = equispaced(shape, acceleration, 6)
    noise = 0.01 * complex_normal(maps.shape, torch.Generator().manual_seed(seed))
    return encode(image, mask, maps) + mask * noise, mask, maps, image


def random_maps(*shape, seed=0):
    return complex_normal(shape, torch.Generator().manual_seed(seed))


# --- layers ---


@pytest.mark.parametrize(
    "n_in, n_out, kernel, stride, padding",
    [(3, 5, 3, 1, "zeros"), (2, 4, 3, 2, "zeros"), (4, 1, 1, 1, "zeros"), (3, 2, 5, 1, "circular")],
)
def test_complex_convolution_equals_torchs(n_in, n_out, kernel, stride, padding):
    ours = ComplexConv2d(n_in, n_out, kernel, stride, padding)
    theirs = nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, dtype=torch.complex64)
    with torch.no_grad():
        ours.weight.copy_(torch.view_as_real(theirs.weight))
        ours.bias.copy_(torch.view_as_real(theirs.bias))
    z = random_maps(2, n_in, 11, 8)
    if padding == "zeros":
        expected = theirs(z)
    else:  # torch has no circular padding for complex tensors: repeat the picture, cut out the middle
        tile = z.repeat(1, 1, 3, 3)
        expected = theirs(tile)[..., 11:22, 8:16]
    torch.testing.assert_close(ours(z), expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(ours(to_channels(z)), to_channels(expected), rtol=1e-5, atol=1e-5)
    if padding == "zeros":
        last = ours(to_channels(z).contiguous(memory_format=torch.channels_last))
        torch.testing.assert_close(last, to_channels(expected), rtol=1e-5, atol=1e-5)


def test_complex_convolution_has_torchs_gradient():
    ours, theirs = ComplexConv2d(2, 3), nn.Conv2d(2, 3, 3, padding=1, dtype=torch.complex64)
    with torch.no_grad():
        ours.weight.copy_(torch.view_as_real(theirs.weight))
    z = random_maps(1, 2, 6, 7)
    for conv in (ours, theirs):
        conv.bias = None
        conv(z).abs().square().sum().backward()
    torch.testing.assert_close(ours.weight.grad, torch.view_as_real(theirs.weight.grad), rtol=1e-4, atol=1e-4)


def test_complex_upsampling_equals_torchs():
    ours, theirs = ComplexUpsample(3, 2), nn.ConvTranspose2d(3, 2, 2, stride=2, dtype=torch.complex64)
    with torch.no_grad():
        ours.weight.copy_(torch.view_as_real(theirs.weight))
        ours.bias.copy_(torch.view_as_real(theirs.bias))
    z = random_maps(2, 3, 5, 4)
    assert ours(z).shape == (2, 2, 10, 8)
    torch.testing.assert_close(ours(z), theirs(z), rtol=1e-5, atol=1e-5)


def test_a_complex_layer_holds_half_the_weights_of_a_real_one_on_as_many_channels():
    n, k = 6, 3
    assert ComplexConv2d(n, n, k, bias=False).weight.numel() == 2 * n**2 * k**2
    assert nn.Conv2d(2 * n, 2 * n, k, bias=False).weight.numel() == 4 * n**2 * k**2


def test_turning_the_input_turns_the_output_of_a_complex_layer_but_not_of_a_real_one():
    torch.manual_seed(0)
    z, turn = random_maps(1, 2, 8, 8), torch.polar(torch.tensor(1.0), torch.tensor(0.7))
    conv, real = ComplexConv2d(2, 2, bias=False), nn.Conv2d(4, 4, 3, padding=1, bias=False)
    torch.testing.assert_close(conv(turn * z), turn * conv(z), rtol=1e-4, atol=1e-5)
    through = lambda z: to_complex(real(to_channels(z)))
    assert (through(turn * z) - turn * through(z)).abs().max() > 0.1


def test_initial_weights_have_rayleigh_magnitude_uniform_phase_and_hes_variance():
    torch.manual_seed(0)
    conv = ComplexConv2d(32, 64)
    weight = torch.view_as_complex(conv.weight.detach())
    fan_in = 32 * 9
    assert weight.abs().square().mean() == pytest.approx(2 / fan_in, rel=0.03)
    # Rayleigh: mean / rms = sqrt(pi) / 2
    assert weight.abs().mean() / weight.abs().square().mean().sqrt() == pytest.approx(math.sqrt(math.pi) / 2, rel=0.01)
    assert torch.histc(weight.angle(), 8, -math.pi, math.pi).div(weight.numel() / 8).sub(1).abs().max() < 0.06
    halved = CReLU()(random_maps(1, 32, 32, 32))  # CReLU halves the power, the weights double it again
    power = lambda z: z.abs().square().mean().item()
    assert power(conv(halved)[..., 1:-1, 1:-1]) == pytest.approx(2 * power(halved), rel=0.1)


def test_whitening_leaves_uncorrelated_parts_of_variance_one():
    z = random_maps(3, 2, 16, 16)
    z = torch.complex(2 * z.real + 3, 1.5 * z.real + 0.3 * z.imag - 1)  # parts nearly equal, off centre
    norm = ComplexBatchNorm2d(2, eps=1e-9, affine=False)
    out = norm(z).transpose(0, 1).flatten(1)
    for map_ in torch.view_as_real(out):
        torch.testing.assert_close(map_.mean(0), torch.zeros(2), atol=1e-4, rtol=0)
        torch.testing.assert_close(map_.T @ map_ / map_.shape[0], torch.eye(2), atol=1e-3, rtol=0)
    with torch.no_grad():
        separate = nn.BatchNorm2d(4)(to_channels(z))  # part by part the correlation survives
    assert (separate[:, 0] * separate[:, 1]).mean() > 0.9
    affine = ComplexBatchNorm2d(2)(z)
    assert affine.abs().square().mean().item() == pytest.approx(1, abs=0.01)


def test_running_statistics_whiten_in_use():
    z = random_maps(4, 2, 24, 24, seed=1)
    z = torch.complex(z.real + 0.5, z.real + z.imag)
    norm = ComplexBatchNorm2d(2, momentum=0.5)
    for _ in range(30):
        expected = norm(z)
    norm.eval()
    before = norm.running_mean.clone()
    torch.testing.assert_close(norm(z), expected, atol=5e-3, rtol=0)
    torch.testing.assert_close(
        norm(z[:1] * 3)[0, 0, 0, 0], norm(z[:2] * 3)[0, 0, 0, 0], atol=1e-5, rtol=0
    )  # other slices do not matter
    assert torch.equal(norm.running_mean, before)


def test_whitening_survives_a_map_without_imaginary_part():
    real_only = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(0)) + 0j
    real_only.requires_grad_()
    out = ComplexBatchNorm2d(1)(real_only)
    out.abs().sum().backward()
    assert out.isfinite().all() and real_only.grad.isfinite().all()


def test_activations_on_known_numbers():
    z = torch.tensor([1 + 1j, -1 + 1j, -1 - 1j, 1 - 1j, 3 + 4j, 0j]).reshape(1, 6, 1, 1)
    values = lambda layer: layer(z).flatten().detach()
    close = lambda a, b: torch.testing.assert_close(a, torch.tensor(b, dtype=torch.complex64), atol=1e-5, rtol=0)
    close(values(CReLU()), [1 + 1j, 1j, 0, 1, 3 + 4j, 0])
    close(values(CReLU(0.5)), [1 + 1j, -0.5 + 1j, -0.5 - 0.5j, 1 - 0.5j, 3 + 4j, 0])
    close(values(ZReLU()), [1 + 1j, 0, 0, 0, 3 + 4j, 0])
    layer = ModReLU(6)
    with torch.no_grad():
        layer.bias.fill_(-2.5)
    close(values(layer), [0, 0, 0, 0, 1.5 + 2j, 0])  # |3 + 4i| = 5 becomes 2.5, phase kept
    c = math.sqrt(0.5)
    close(
        values(Cardioid()),
        [
            (1 + c) / 2 * (1 + 1j),
            (1 - c) / 2 * (-1 + 1j),
            (1 - c) / 2 * (-1 - 1j),
            (1 + c) / 2 * (1 - 1j),
            0.8 * (3 + 4j),
            0,
        ],
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_pass_positive_reals_and_have_finite_gradients_at_zero(name):
    layer = activation(name, 1)
    z = torch.tensor([0.0, 2.0]).to(torch.complex64).reshape(1, 1, 1, 2).requires_grad_()
    out = layer(z)
    assert out[..., 1].item() == pytest.approx(2, abs=0.02)  # modReLU starts at b = -0.01
    out.abs().sum().backward()
    assert z.grad.isfinite().all()


# --- networks ---


@pytest.mark.parametrize("name", SMALL)
def test_overfits_one_slice_and_every_weight_takes_part(name):
    torch.manual_seed(0)
    network = SMALL[name]()
    *data, target = phantom_slice()
    loss = magnitude_l1 if name.startswith("magnitude") else nrmse
    before = loss(encode_adjoint(*data)[None], target[None]).item()
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    for step in range(30):
        optimizer.zero_grad()
        value = loss(network(*data), target)
        value.backward()
        if step == 0:
            first = value.item()
            assert first < 1.2 * before  # untrained: zero-filled or CG-SENSE
            idle = [key for key, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
            assert not idle
        optimizer.step()
    assert value.item() < 0.92 * first


@pytest.mark.parametrize("name", SMALL)
def test_any_size_batch_and_brightness_and_seeds_reproduce(name):
    make = SMALL[name]
    torch.manual_seed(1)
    network = make().eval()
    torch.manual_seed(1)
    again = make().eval()
    kspace, mask, maps, _ = phantom_slice((25, 19))
    image = network(kspace, mask, maps)
    assert image.shape == (1, 25, 19) and image.dtype == torch.complex64
    assert torch.equal(image, again(kspace, mask, maps))
    torch.testing.assert_close(network(10 * kspace, mask, maps), 10 * image, rtol=1e-3, atol=1e-4)
    two = network(torch.stack([kspace, kspace.flip(-2)]), mask, maps)
    torch.testing.assert_close(two[0], image, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("n_coils", [1, 2, 32])
@pytest.mark.parametrize("name", [name for name in SMALL if name != "deepcomplex"])
def test_any_number_of_coils(name, n_coils):
    kspace, mask, maps, _ = phantom_slice((16, 16), n_coils)
    assert SMALL[name]().eval()(kspace, mask, maps).isfinite().all()


def test_kinds_hold_as_many_weights():
    target = n_weights(ComplexUnrolled())
    for kind in ("two-channel", "magnitude"):
        assert n_weights(ComplexUnrolled(kind, width=width_of(kind))) == pytest.approx(target, rel=0.05)
    assert n_weights(CDFNet("real", growth_of("real"))) == pytest.approx(n_weights(CDFNet()), rel=0.05)
    assert target < 500_000


@pytest.mark.parametrize("target, width", [(1, 1), (9, 3), (12, 3), (13, 4), (100, 10)])
def test_the_matched_width_is_the_nearest(target, width):
    model = nn.Linear(1, target, bias=False)
    before = torch.random.get_rng_state()
    assert matched_width(lambda w: nn.Linear(w, w, bias=False), lambda: model) == width
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_magnitude_kind_cannot_carry_phase():
    torch.manual_seed(0)
    *data, target = phantom_slice()
    for kind in KINDS:
        image = ComplexUnrolled(kind, n_unrolls=1, width=2, n_cg=3)(*data)
        inside = target.abs() > 0.5
        phase_error = (image * target.conj())[inside].angle().abs().mean()
        if kind == "magnitude":
            assert torch.equal(image.imag, torch.zeros_like(image.real)) and bool((image.real >= 0).all())
            torch.testing.assert_close(phase_error, target[inside].angle().abs().mean())  # all of the phase is missing
        else:
            assert phase_error < 0.3 * target[inside].angle().abs().mean()


def test_what_a_magnitude_network_corrects_does_not_depend_on_phase():
    torch.manual_seed(0)
    x, noise = random_maps(1, 1, 8, 8), torch.zeros(1, 1, 1, 1)
    turned = x * torch.polar(torch.ones(8, 8), 3 * torch.rand(8, 8))
    for kind, blind in (("magnitude", True), ("two-channel", False), ("complex", False)):
        net = ComplexUnrolled(kind, n_unrolls=1, width=2).nets[0]
        assert torch.allclose(net(x, noise).abs(), net(turned, noise).abs(), atol=1e-5) == blind


def test_a_dense_layer_sees_the_maps_of_all_before_it():
    torch.manual_seed(0)
    block = DenseBlock(True, 3, growth=2, n_layers=3).eval()
    seen = []
    for conv in block.convs:
        conv.register_forward_hook(lambda conv, inputs, output: seen.append((inputs[0], output)))
    x = torch.randn(1, 6, 8, 8)
    out = block(x)
    maps = [x, *(output for _, output in seen)]
    for j, (given, _) in enumerate(seen):
        torch.testing.assert_close(given, torch.relu(block.norms[j](torch.cat(maps[: j + 1], 1))))
    assert torch.equal(out, torch.cat(maps[1:], 1))


def test_octave_without_coarse_maps_is_the_plain_network():
    torch.manual_seed(5)
    plain = ComplexCascade(n_cascades=2, width=4, depth=3)
    torch.manual_seed(5)
    octave = DualOctave(0.0, n_cascades=2, width=4, depth=3)
    data = phantom_slice((24, 21))[:3]
    assert torch.equal(plain(*data), octave(*data))
    torch.manual_seed(5)
    coarse = DualOctave(0.25, n_cascades=2, width=4, depth=3)
    assert not torch.allclose(plain(*data), coarse(*data), atol=1e-4)


def test_multiply_adds_and_maps_fall_with_alpha_as_arithmetic_says():
    width, depth, pixels = 16, 5, 32 * 32
    costs = [
        cost(DualOctave(alpha, n_cascades=1, width=width, depth=depth), (32, 32)) for alpha in (0, 0.125, 0.25, 0.5)
    ]
    for less, more in zip(costs[1:], costs[:-1], strict=True):
        assert less.multiply_adds < more.multiply_adds and less.map_bytes < more.map_bytes
    assert costs[0].multiply_adds == 4 * 9 * pixels * (2 * width + 3 * width**2)
    for alpha, c in zip((0, 0.125, 0.25, 0.5), costs, strict=True):
        assert c.map_bytes == pytest.approx(costs[0].map_bytes * (1 - 0.75 * alpha))
        inner = 3 * width**2 * (1 - 0.75 * alpha * (2 - alpha))
        ends = 2 * width * (1 - 0.75 * alpha)
        assert c.multiply_adds == pytest.approx(4 * 9 * pixels * (inner + ends))


def test_octave_exchanges_between_fine_and_coarse():
    torch.manual_seed(0)
    conv = OctaveConv((2, 2), (2, 2))
    fine, coarse = torch.randn(1, 4, 8, 8), torch.randn(1, 4, 4, 4)
    new_fine, new_coarse = conv(fine, coarse)
    other_fine, _ = conv(fine, 2 * coarse)
    _, other_coarse = conv(2 * fine, coarse)
    assert not torch.allclose(new_fine, other_fine) and not torch.allclose(new_coarse, other_coarse)


def test_deepcomplex_puts_every_coils_measured_samples_back():
    torch.manual_seed(0)
    network = DeepComplexMRI(n_coils=3, n_blocks=1, width=4)
    kspace, mask, _maps, _ = phantom_slice()
    back = fft2c(network.coil_images(kspace[None], mask[None]))
    torch.testing.assert_close(mask * back[0], kspace, rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match="built for 3 coils .* got 5"):
        network(*phantom_slice(n_coils=5)[:3])


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: ComplexUnrolled("polar"), "kind must be one of magnitude, two-channel, complex, got 'polar'"),
        (lambda: ComplexUnrolled(activation="tanh"), "activation must be one of crelu, .* got 'tanh'"),
        (lambda: ComplexUnrolled("two-channel", "cardioid"), "activation must be .*real channels"),
        (lambda: ComplexConv2d(1, 1, padding_mode="reflect"), 'padding_mode must be "zeros" or "circular"'),
        (lambda: DualOctave(1.0), "alpha must lie in 0 <= alpha < 1"),
        (lambda: ComplexCascade(dc="firm"), "dc must be one of hard, soft, proximal"),
        (lambda: CDFNet("imaginary"), "kind must be one of complex, real"),
    ],
)
def test_bad_arguments_are_named(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


# --- losses ---


def one(value) -> torch.Tensor:
    return torch.as_tensor(value).to(torch.complex64).reshape(1, 1, 1, 1)


def test_perpendicular_loss_on_hand_numbers():
    assert perp(one(3 + 4j), one(3 + 4j)) == pytest.approx(0, abs=1e-6)
    assert perp(one(2.0), one(2j)) == pytest.approx(2, abs=1e-5)  # 90 degrees: P = |t|
    assert perp(one(3.0), one(1 + 1j)) == pytest.approx(
        1 + (3 - math.sqrt(2)) ** 2, rel=1e-5
    )  # 45 degrees: P = |t| sin 45
    assert perp(one(-2.0), one(2.0)) == pytest.approx(4, abs=1e-5)  # opposite: P = 2 |t|
    wrong = torch.polar(torch.tensor(2.0), torch.tensor(2 * math.pi / 3))  # 120 degrees: 2 |t| - |t| sin 120
    assert perp(one(wrong), one(2.0)) == pytest.approx(4 - 2 * math.sin(2 * math.pi / 3), rel=1e-5)


def test_perpendicular_loss_is_symmetric_in_magnitude_and_phase_where_squared_error_is_not():
    at = lambda size, turn: torch.polar(torch.tensor(size), torch.as_tensor(turn)).reshape(1, 1, 1, 1)
    t = at(1.0, 0.4)
    squared = lambda p, t: (p - t).abs().square().mean()
    for turn in (0.2, 0.9, 1.4):
        assert perp(at(1.3, 0.4 + turn), t) == pytest.approx(perp(at(0.7, 0.4 + turn), t).item(), rel=1e-5)
        assert perp(at(1.3, 0.4 + turn), t) == pytest.approx(perp(at(1.3, 0.4 - turn), t).item(), rel=1e-5)
        assert squared(at(1.3, 0.4 + turn), t) > squared(at(0.7, 0.4 + turn), t)  # too bright costs more than too dim
    # and it grows with the phase error all the way to 180 degrees
    values = [perp(at(1.0, 0.4 + turn), t).item() for turn in torch.linspace(0, math.pi, 20).tolist()]
    assert values == sorted(values)


def test_perpendicular_loss_has_a_finite_gradient_at_zero():
    p = torch.zeros(1, 1, 1, 2, dtype=torch.complex64, requires_grad=True)
    perp(p, torch.tensor([1 + 1j, 0]).reshape(1, 1, 1, 2)).backward()
    assert p.grad.isfinite().all()


def test_uncertain_phase_darkens_what_squared_error_asks_for_but_not_what_perp_asks_for():
    sigma, t = 0.5, 2.0
    phase = sigma * torch.randn(20_000, generator=torch.Generator().manual_seed(0))
    target = torch.full((1, 1, 1, 1), t, dtype=torch.complex64).expand(1, 1, 1, 20_000)
    sizes = torch.linspace(1.4, 2.4, 201)
    best = lambda loss: sizes[
        torch.stack([loss(torch.polar(m.expand(20_000), phase).reshape(1, 1, 1, -1), target) for m in sizes]).argmin()
    ].item()
    assert best(lambda p, t: (p - t).abs().square().mean()) == pytest.approx(t * math.exp(-(sigma**2) / 2), abs=0.02)
    assert best(perp) == pytest.approx(t, abs=0.006)


def test_l1_losses_do_not_depend_on_scale_and_one_of_them_not_on_phase():
    p, t = random_maps(2, 1, 5, 6), random_maps(2, 1, 5, 6, seed=1)
    for loss in (l1, magnitude_l1):
        torch.testing.assert_close(loss(7 * p, 7 * t), loss(p, t))
    assert l1(one(4.0), one(5.0)) == pytest.approx(0.2) and magnitude_l1(one(4j), one(5.0)) == pytest.approx(0.2)
    assert l1(1j * t, t) == pytest.approx(math.sqrt(2)) and magnitude_l1(1j * t, t) < 1e-6
