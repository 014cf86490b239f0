"""KIKI, MD-Recon-Net, IKWI and HIWDNet: what each domain sees, what is frozen, and what the data forbid."""

import pytest
import pywt
import torch
from helpers.networks import example
from helpers.training import Ellipses
from hypothesis import given, settings
from hypothesis import strategies as st

from mrtutor import wavelet
from mrtutor.encoding import add_noise, encode
from mrtutor.fourier import fft2c
from mrtutor.networks.base import conv_chain, n_weights
from mrtutor.networks.consistency import soft_dc
from mrtutor.networks.kiki import KCNN, KIKI, typical_magnitude
from mrtutor.networks.mdrecon import Fusion, MDReconNet
from mrtutor.networks.stages import Data
from mrtutor.networks.trust import Trust, TrustedProx, TrustedSoft, consistency
from mrtutor.networks.wavelet_domain import BANDS, IKWI, WCNN, Gate, HIWDNet, ImagePart, WaveletPart, haar, inverse_haar
from mrtutor.patients import patient
from mrtutor.trace import trace
from mrtutor.training.loop import fit
from mrtutor.training.losses import nrmse
from mrtutor.training.plan import Plan
from mrtutor.training.recipe import Recipe

ORDERS = ("K", "I", "KK", "II", "KI", "IK", "KIKI")
SMALL = {  # every class, small, with its hardest data consistency
    "KIKI": lambda: KIKI("KIKI", width=4, depth=2, dc="hard"),
    "MDReconNet": lambda: MDReconNet(2, width=4, depth=2, dc="hard"),
    "IKWI": lambda: IKWI("IKWI", width=4, depth=2, dc="hard"),
    "HIWDNet": lambda: HIWDNet(1, width=4, growth=2, dc="hard"),
}


def scan(shape=(33, 30), n_coils=4, noise=0.0):
    """The slice of `example` as a batch of one: image, kspace, mask, maps."""
    kspace, mask, maps, image = example(shape, n_coils, noise)
    return image[None], kspace[None], mask[None], maps[None]


def awake(network):
    """Last layers start small so that training is calm; a test wants them to speak up."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 4:
                parameter.normal_(std=0.3, generator=torch.Generator().manual_seed(parameter.numel()))
    return network


def random_complex(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.complex64, generator=torch.Generator().manual_seed(seed))


# --- Haar ---


@given(st.integers(2, 12), st.integers(2, 12), st.integers(0, 99))
@settings(max_examples=25)
def test_haar_equals_pywavelets_and_our_dwt(half_y, half_x, seed):
    image = random_complex(1, 1, 2 * half_y, 2 * half_x, seed=seed)
    bands = haar(image)[0]
    coefficients = pywt.dwtn(image[0, 0].numpy(), "haar", axes=(0, 1))  # "ad": average along y, difference along x
    for band, key in zip(bands, ("aa", "ad", "da", "dd"), strict=True):
        torch.testing.assert_close(band, torch.from_numpy(coefficients[key]).to(torch.complex64))
    nested = wavelet.dwt2(image[0, 0], "haar", 1)
    torch.testing.assert_close(
        torch.cat([torch.cat([bands[0], bands[1]], 1), torch.cat([bands[2], bands[3]], 1)]), nested
    )


@given(st.integers(1, 25), st.integers(1, 25), st.integers(1, 2))
@settings(max_examples=25)
def test_haar_gives_the_image_back_at_any_size(y, x, batch):
    image = random_complex(batch, 1, y, x)
    bands = haar(image)
    assert bands.shape == (batch, 4, (y + 1) // 2, (x + 1) // 2)
    torch.testing.assert_close(inverse_haar(bands)[..., :y, :x], image)
    if y % 2 == x % 2 == 0:  # orthonormal: energy is kept
        torch.testing.assert_close(bands.abs().square().sum(), image.abs().square().sum())


# --- orders ---


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_is_a_word_and_each_letter_a_stage(order):
    network = KIKI(order, width=4, depth=2)
    assert [stage.cnn.domain[0] for stage in network.stages] == [letter.lower() for letter in order]
    assert n_weights(network) == len(order) * n_weights(KIKI("K", width=4, depth=2))  # K and I stages weigh the same
    image, *data = scan()
    assert network(*data).shape == image.shape


@pytest.mark.parametrize("network, order", [(KIKI, ""), (KIKI, "kiki"), (KIKI, "IKWI"), (IKWI, "IXI"), (IKWI, "")])
def test_a_wrong_order_gets_one_sentence(network, order):
    with pytest.raises(ValueError, match=f"^order must be a word of the letters .*got '{order}'$"):
        network(order)


def test_a_wrong_consistency_gets_one_sentence():
    with pytest.raises(ValueError, match="^dc must be one of hard, soft, proximal, got 'none'$"):
        MDReconNet(dc="none")


@pytest.mark.parametrize("network", [KIKI("K", 8, 3), KIKI("I", 8, 3), IKWI("W", 8, 3)], ids=["K", "I", "W"])
def test_a_single_stage_learns(network):
    image, *data = scan(noise=0.02)
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
    losses = []
    for _ in range(30):
        optimiser.zero_grad()
        loss = nrmse(network(*data), image)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_trace_sees_every_domain():
    _image, *data = scan()
    seen = trace(IKWI("IKWI", 4, 2), *data)
    assert [step.domain for step in seen.steps if step.name.endswith("cnn")] == ["image", "kspace", "wavelet", "image"]
    assert len([name for name in seen.names("image") if name.endswith("dc")]) == 4
    torch.testing.assert_close(seen["stage 4: dc"], seen.image)


# --- k-space ---


def test_k_space_is_padded_around_the_edge():
    torch.manual_seed(0)
    cnn = awake(KCNN(width=6, depth=4))
    circular = conv_chain(2, 2, 6, 4, padding_mode="circular")
    circular.load_state_dict(cnn.convs.state_dict())
    x = torch.randn(2, 2, 17, 12)
    torch.testing.assert_close(cnn.periodic(x), circular(x), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(
        cnn.periodic(x.roll((5, 7), (-2, -1))), cnn.periodic(x).roll((5, 7), (-2, -1)), rtol=1e-4, atol=1e-4
    )
    assert not torch.allclose(cnn.convs(x), circular(x), atol=1e-2)  # zeros beyond the edge are another answer


def test_typical_magnitude_fits_a_virtual_patient():
    image = patient(3, "T1", 128).image
    k = fft2c(image / image.abs().quantile(0.98)).abs()[0]
    y, x = (torch.arange(n) - n // 2 for n in k.shape)
    r = (y[:, None].square() + x.square()).sqrt()
    for inner, outer in ((0, 2), (2, 8), (8, 16), (16, 32), (32, 64)):
        ring = (inner <= r) & (r < outer)
        ratio = k[ring].square().mean().sqrt() / typical_magnitude(k.shape)[ring].square().mean().sqrt()
        assert 1 / 3 < ratio < 3, (inner, outer, ratio)


# --- data consistency ---


@pytest.mark.parametrize("name", SMALL)
def test_hard_consistency_puts_measured_lines_back_with_one_coil(name):
    _, kspace, mask, maps = scan(n_coils=1)
    answer = fft2c(awake(SMALL[name]())(kspace, mask, maps))
    measured = mask.expand_as(answer)
    torch.testing.assert_close(answer[measured], kspace[measured], rtol=1e-4, atol=1e-4)
    assert answer[~measured].abs().mean() > 0.1 * kspace[measured].abs().median()  # and the network spoke on the others


def test_trust_falls_as_noise_rises():
    _, kspace, mask, maps = scan((64, 60))
    noise = {
        std: add_noise(0 * kspace, std, torch.Generator().manual_seed(1)) * mask for std in (0.0, 0.01, 0.02, 0.04)
    }
    lam = {std: Trust()(Data.of(samples, mask, maps)).item() for std, samples in noise.items()}
    assert lam[0.02] == pytest.approx(10, rel=0.15) and lam[0.01] / lam[0.04] == pytest.approx(4, rel=0.05)
    assert lam[0.0] == pytest.approx(100)  # no more than that


@pytest.mark.parametrize("layer", [TrustedSoft, TrustedProx])
def test_trust_runs_from_the_network_to_the_data(layer):
    _, kspace, mask, maps = scan(n_coils=1)
    z, data, dc = random_complex(*kspace.shape), Data.of(kspace, mask, maps), layer()
    torch.testing.assert_close(
        fft2c(dc(z, data)), soft_dc(fft2c(z), kspace, mask, dc.trust(data)), rtol=1e-3, atol=1e-3
    )
    with torch.no_grad():
        dc.trust.raw.fill_(1e7)  # lam -> 0
    torch.testing.assert_close(dc(z, data), z, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("dc", ["hard", "soft", "proximal"])
def test_every_consistency_moves_towards_the_data(dc):
    image, kspace, mask, maps = scan(n_coils=6)
    z = image + 0.1 * random_complex(*image.shape)
    before, after = (
        (encode(x, mask, maps) - kspace).norm() for x in (z, consistency(dc)(z, Data.of(kspace, mask, maps)))
    )
    assert after < 0.7 * before


# --- stage by stage ---


@pytest.mark.parametrize(
    "make",
    [lambda: KIKI("KIKI", 4, 2), lambda: IKWI("IKWI", 4, 2), lambda: HIWDNet(2, 4, 2)],
    ids=["KIKI", "IKWI", "HIWDNet"],
)
def test_training_one_stage_leaves_the_others_bit_for_bit(make):
    torch.manual_seed(0)
    network = make()
    image, *data = scan(noise=0.02)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2, weight_decay=0.1)
    for stage in (None, 1):  # the optimiser has already moved all of them once, and remembers it
        network.freeze_all_but(stage)
        network.train()
        before = {name: p.detach().clone() for name, p in network.named_parameters()}
        for _ in range(2):
            optimiser.zero_grad()
            nrmse(network(*data), image).backward()
            optimiser.step()
        changed = {
            int(name.split(".")[1]) for name, p in network.named_parameters() if not torch.equal(p, before[name])
        }
        assert changed == ({0, 1, 2, 3} if stage is None else {1})
        assert [one.training for one in network.stages] == [stage in (None, n) for n in range(4)]
        assert [any(p.requires_grad for p in one.parameters()) for one in network.stages] == [
            stage in (None, n) for n in range(4)
        ]


def test_a_network_in_stage_training_runs_no_further():
    network = awake(KIKI("KIKI", 4, 2))
    _, *data = scan()
    first_two = KIKI("KI", 4, 2)
    first_two.load_state_dict({name: p for name, p in network.state_dict().items() if int(name.split(".")[1]) < 2})
    whole = network(*data)
    network.freeze_all_but(1)
    torch.testing.assert_close(network(*data), first_two(*data))
    network.freeze_all_but(None)
    assert torch.equal(network(*data), whole) and all(p.requires_grad for p in network.parameters())


def test_stagewise_training_takes_one_stage_after_the_other():
    torch.manual_seed(0)
    network, seen = KIKI("KIK", 4, 2), []

    def weights():
        return [torch.cat([p.detach().flatten() for p in stage.parameters()]) for stage in network.stages]

    def watch(history):
        seen.append((network.in_training, weights(), history.rows[-1]["lr"]))

    begin = weights()
    fit(network, Ellipses(), Plan(12, every=2, lr=1e-2, stagewise=True), watch=watch)
    assert [stage for stage, *_ in seen] == [0, 0, 1, 1, 2, 2] and network.in_training is None
    for (stage, now, _), before in zip(seen, [begin] + [then for _, then, _ in seen[:-1]], strict=True):
        assert [not torch.equal(a, b) for a, b in zip(now, before, strict=True)] == [n == stage for n in range(3)]
    assert seen[0][2] == seen[2][2] == seen[4][2] > seen[1][2] == seen[3][2], "each stage has the whole schedule"
    assert all(p.requires_grad for p in network.parameters())


def test_only_stages_are_trained_one_by_one():
    with pytest.raises(ValueError, match="^stagewise needs a network of stages that can be frozen, got MDReconNet$"):
        fit(MDReconNet(1, 2, 2), Ellipses(), Plan(1, stagewise=True))


def test_a_recipe_is_stagewise_only_with_stages():
    assert Recipe("KIKI", stagewise=True).as_dict()["stagewise"] is True
    for network, value in (("VarNet", True), ("KIKI", 1)):
        with pytest.raises(
            ValueError,
            match=r"^stagewise must be true or false, and true only .* of stages \(KIKI, IKWI, HIWDNet\), got",
        ):
            Recipe(network, stagewise=value)


@pytest.mark.parametrize("stage", [-1, 4])
def test_a_stage_that_does_not_exist_gets_one_sentence(stage):
    with pytest.raises(ValueError, match=rf"^stage must be None or lie in 0\.\.3, got {stage}$"):
        KIKI(width=2).freeze_all_but(stage)


# --- MD-Recon-Net ---


def test_weights_of_the_blend_cannot_pass_minus_one():
    network = MDReconNet(2, 4, 2)
    _, *data = scan()
    optimiser = torch.optim.SGD([p for name, p in network.named_parameters() if name.endswith("raw")], lr=1.0)
    for _ in range(200):  # pushed down as hard as one likes
        optimiser.zero_grad()
        sum(m.w for m in network.modules() if hasattr(m, "raw")).backward()
        optimiser.step()
    assert all(0 <= m.w.item() < 0.1 for m in network.modules() if hasattr(m, "raw"))
    with torch.no_grad():
        for module in network.modules():
            if hasattr(module, "raw"):
                module.raw.fill_(-1e3)
    assert torch.isfinite(torch.view_as_real(network(*data))).all()


def test_a_blend_runs_from_one_branch_to_the_other():
    fusion, a, b = Fusion("image"), random_complex(1, 1, 4, 4), random_complex(1, 1, 4, 4, seed=1)
    torch.testing.assert_close(fusion(a, b), (a + 0.1 * b) / 1.1)
    with torch.no_grad():
        fusion.raw.fill_(1e7)
    torch.testing.assert_close(fusion(a, b), b, rtol=1e-4, atol=1e-4)


# --- wavelet parts ---


@pytest.mark.parametrize("band", range(4), ids=BANDS)
def test_a_sub_band_network_sees_its_band_and_no_other(band):
    part, bands = awake(WaveletPart(4)), random_complex(1, 4, 8, 6)
    other = bands.clone()
    other[:, band] += 1
    change = (part(other) - part(bands)).abs().amax((-2, -1))[0]
    assert (change > 0).tolist() == [n == band for n in range(4)]
    assert (part(other) - other - part(bands) + bands).abs()[:, band].max() > 1e-3  # through its CNN, not only the skip
    everything = awake(WCNN(4, 2))
    assert ((everything(other) - everything(bands)).abs().amax((-2, -1)) > 0).all()  # W of IKWI hears all four


def test_the_gate_says_where_to_correct():
    part, x = awake(ImagePart(4, 2)), random_complex(1, 1, 13, 10)
    openness = Gate(4)(torch.randn(1, 4, 13, 10))
    assert openness.shape == (1, 1, 13, 10) and 0 < openness.min() and openness.max() < 1
    assert not torch.allclose(part(x), x, atol=1e-3)
    with torch.no_grad():
        part.gate.conv.weight.zero_()
        part.gate.conv.bias.fill_(-1e3)  # closed everywhere
    assert torch.equal(part(x), x)


@pytest.mark.parametrize("width", [8, 16, 24])
def test_the_same_network_in_both_domains_weighs_as_much(width):
    tailored, same = HIWDNet(2, width), HIWDNet(2, width, tailored=False)
    assert n_weights(same) == pytest.approx(n_weights(tailored), rel=0.06)
    assert {stage.cnn.domain for stage in same.stages} == {"image", "wavelet"}
