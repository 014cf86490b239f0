"""Every entry of METHODS, with its shipped weights, on people and a head that no network saw."""

import pytest
import torch

from mrtutor import metrics, sampling
from mrtutor.about import about
from mrtutor.coils import combine
from mrtutor.encoding import add_noise
from mrtutor.fourier import ifft2c
from mrtutor.methods import METHODS, Trained
from mrtutor.training import recipe, weights
from mrtutor.training.stream import PATTERNS, Stream, examination

FOUR = Stream(seed=4242, split="test", n_coils=(8, 8), noise=(0.01, 0.02), sizes=(128,), maps=(0.0, 1.0, 0.0))
TRAINED = [name for name, method in METHODS.items() if isinstance(method, Trained)]
REGULAR_ONLY = ("GRAPPA", "GRAPPA + denoiser")


@pytest.fixture(scope="module")
def slices():
    """pattern -> four held-out examinations, with as many lines as every fourth and 20 in the middle: true R = 2.7."""
    found = {pattern: [] for pattern in PATTERNS}
    for number in range(4):
        exam = examination(FOUR, number)
        kspace = add_noise(exam.clean, exam.noise, torch.Generator().manual_seed(number))
        for pattern in PATTERNS:
            mask = sampling.as_many_lines(pattern, (128, 128), 4, 20, torch.Generator().manual_seed(number))
            found[pattern].append((mask * kspace, mask, exam.maps, combine(ifft2c(exam.clean), exam.maps)))
    return found


def psnr(method, slices) -> float:
    with torch.no_grad():
        scores = [
            metrics.psnr(method(kspace, mask, maps), target, metrics.foreground(target))
            for kspace, mask, maps, target in slices
        ]
    return sum(scores) / len(scores)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("name", [name for name in METHODS if name != "Zero-filled"])
def test_every_method_beats_zero_filling_on_held_out_patients(name, pattern, slices):
    try:
        found = psnr(METHODS[name], slices[pattern])
    except ValueError as refusal:
        assert about(name).lines == "equispaced" != pattern, "it refuses the lines that it likes"
        assert any(word in str(refusal) for word in ("evenly", "every", "equispaced", "regular"))
    else:
        assert found > psnr(METHODS["Zero-filled"], slices[pattern]) + 0.05
        assert name not in REGULAR_ONLY or pattern == "equispaced"


@pytest.mark.parametrize("name", TRAINED)
def test_training_taught_it_something(name, slices):
    """Data consistency alone beats zero-filling: what counts is the same network before training."""
    untrained = recipe.recipe(METHODS[name].name).build().eval()
    assert psnr(METHODS[name], slices["equispaced"]) > psnr(untrained, slices["equispaced"]) + 0.3


@pytest.mark.parametrize("name", ["KIKI-net", "MD-Recon-Net", "IKWI-net", "HIWDNet"])
def test_of_these_most_of_the_gain_is_data_consistency(name, slices):
    """So the ladder's page says; when training changes that, its words must change too."""
    without, untrained, trained = (
        psnr(method, slices["equispaced"])
        for method in (METHODS["Zero-filled"], recipe.recipe(METHODS[name].name).build().eval(), METHODS[name])
    )
    assert trained - untrained < 0.25 * (trained - without)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_modl_beats_compressed_sensing_on_held_out_patients(pattern, slices):
    """CS with lam and iterations tuned."""
    best_cs = max(
        psnr(lambda *data, lam=lam, n=n: METHODS["Wavelet CS"](*data, lam, n), slices[pattern])
        for lam in (1e-3, 2e-3, 4e-3, 8e-3)
        for n in (40, 100)
    )
    assert psnr(METHODS["MoDL"], slices[pattern]) > best_cs + 0.8


@pytest.mark.parametrize("name", TRAINED)
def test_shipped_weights_come_from_the_shipped_recipe(name):
    said = weights.header(METHODS[name].name)
    assert recipe.from_dict(said["recipe"]).as_dict() == recipe.recipe(METHODS[name].name).as_dict()
    assert said["data"] and said["torch"] and said["scores"]["step"] == said["recipe"]["steps"]


def test_weight_files_are_small():
    sizes = [path.stat().st_size for path in weights.FOLDER.glob("*.safetensors")]
    assert max(sizes) < 2e6 and sum(sizes) < 20e6
