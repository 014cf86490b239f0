"""Every entry of METHODS, with its shipped weights, on people and a head that no network saw."""

import pytest
import torch

from mrtutor import metrics, sampling
from mrtutor.coils import combine
from mrtutor.encoding import add_noise
from mrtutor.fourier import ifft2c
from mrtutor.methods import METHODS, Trained
from mrtutor.training import recipe, weights
from mrtutor.training.stream import Stream, examination

FOUR = Stream(seed=4242, split="test", n_coils=(8, 8), noise=(0.01, 0.02), sizes=(128,), maps=(0.0, 1.0, 0.0))


@pytest.fixture(scope="module")
def slices():
    """Four held-out examinations at R = 4 (true 2.7) with calibration lines, a pattern that every method takes."""
    mask = sampling.equispaced((128, 128), 4, 20)
    found = []
    for number in range(4):
        exam = examination(FOUR, number)
        kspace = add_noise(exam.clean, exam.noise, torch.Generator().manual_seed(number))
        found.append((mask * kspace, mask, exam.maps, combine(ifft2c(exam.clean), exam.maps)))
    return found


def psnr(method, slices) -> float:
    scores = [metrics.psnr(method(kspace, mask, maps), target, metrics.foreground(target)) for kspace, mask, maps, target in slices]
    return sum(scores) / len(scores)


@pytest.mark.parametrize("name", [name for name in METHODS if name != "Zero-filled"])
def test_every_method_beats_zero_filling_on_held_out_patients(name, slices):
    assert psnr(METHODS[name], slices) > psnr(METHODS["Zero-filled"], slices) + 0.5


def test_modl_beats_compressed_sensing_on_held_out_patients(slices):
    best_cs = max(psnr(lambda *data, lam=lam: METHODS["Wavelet CS"](*data, lam), slices) for lam in (2e-3, 4e-3, 8e-3))
    assert psnr(METHODS["MoDL"], slices) > best_cs + 0.5


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if isinstance(method, Trained)])
def test_shipped_weights_come_from_the_shipped_recipe(name):
    said = weights.header(METHODS[name].name)
    assert said["recipe"] == recipe.recipe(METHODS[name].name).as_dict()
    assert said["data"] and said["torch"] and said["scores"]["step"] == said["recipe"]["steps"]


def test_weight_files_are_small():
    sizes = [path.stat().st_size for path in weights.FOLDER.glob("*.safetensors")]
    assert max(sizes) < 2e6 and sum(sizes) < 20e6
