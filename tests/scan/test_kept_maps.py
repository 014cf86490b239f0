"""Coil maps in the user's cache: used where they are right, ignored where they are anything else, never too many."""

import os

import numpy as np
import pytest
import torch

from mrtutor.coils import birdcage_maps, espirit_maps, rss
from mrtutor.encoding import add_noise
from mrtutor.fourier import fft2c
from mrtutor.scan import kept_maps
from mrtutor.scan.kept_maps import kept_espirit_maps

BLOCK = (36, 24)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the maps are kept, for once not in the user's own cache."""
    monkeypatch.setattr(kept_maps, "cache_folder", lambda: tmp_path)
    return tmp_path / "maps"


def coil_kspace(seed: int = 0):
    disc = torch.hypot(*torch.meshgrid(torch.arange(40) - 20.0, torch.arange(37) - 18.0, indexing="ij")) < 15
    rng = torch.Generator().manual_seed(seed)
    return add_noise(fft2c(birdcage_maps((40, 37), 4) * disc), 0.01, rng)


def test_what_was_kept_is_used(folder):
    kspace = coil_kspace()
    maps = kept_espirit_maps(kspace, BLOCK)
    assert torch.equal(maps, espirit_maps(kspace, BLOCK))
    (path,) = folder.iterdir()
    np.save(path, -maps.numpy())  # maps as good as any, but not those that would be computed
    assert torch.equal(kept_espirit_maps(kspace, BLOCK), -maps)


@pytest.mark.parametrize("what", ["samples", "lines", "size"])
def test_another_question_is_another_file(folder, what):
    kspace = coil_kspace()
    kept_espirit_maps(kspace, BLOCK)
    other = {"samples": coil_kspace(1), "lines": kspace, "size": torch.nn.functional.pad(kspace, (2, 2, 4, 4))}[what]
    maps = kept_espirit_maps(other, (24, 12) if what == "lines" else BLOCK)
    assert len(list(folder.iterdir())) == 2
    assert torch.equal(maps, espirit_maps(other, (24, 12) if what == "lines" else BLOCK))


def test_lines_outside_the_centre_do_not_matter(folder):
    kspace = coil_kspace()
    kept_espirit_maps(kspace, (36, 8))
    kspace[..., :4] = 0
    kept_espirit_maps(kspace, (36, 8))
    assert len(list(folder.iterdir())) == 1


def not_a_number(maps):
    maps[0, 0, 0] = complex("nan")
    return maps


FOREIGN = {
    "empty": lambda path, maps: path.write_bytes(b""),
    "half": lambda path, maps: path.write_bytes(path.read_bytes()[:-100]),
    "text": lambda path, maps: path.write_text("maps"),
    "a pickle": lambda path, maps: np.save(path, np.array([{"maps": 1}], dtype=object), allow_pickle=True),
    "a zip": lambda path, maps: (np.savez(path.with_suffix(".npz"), maps), path.with_suffix(".npz").replace(path)),
    "other shape": lambda path, maps: np.save(path, maps[:, :-1]),
    "other type": lambda path, maps: np.save(path, maps.astype(np.complex128)),
    "NaN": lambda path, maps: np.save(path, not_a_number(maps)),
    "too loud": lambda path, maps: np.save(path, 5 * maps),
    "a folder": lambda path, maps: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_file_is_not_believed(folder, damage):
    kspace = coil_kspace()
    maps = kept_espirit_maps(kspace, BLOCK)
    (path,) = folder.iterdir()
    damage(path, maps.numpy().copy())
    again = kept_espirit_maps(kspace, BLOCK)
    assert torch.equal(again, maps)


def test_the_oldest_give_way(folder, monkeypatch):
    size = rss(coil_kspace()).numel() * 4 * 8
    monkeypatch.setattr(kept_maps, "MAX_BYTES", 3 * size)  # two, with their headers
    for seed in range(4):
        kept_espirit_maps(coil_kspace(seed), BLOCK)
        for path in folder.iterdir():
            os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 10))  # each older than the next
    names = {path.stem for path in folder.iterdir()}
    assert names == {kept_maps._key(coil_kspace(seed), BLOCK) for seed in (2, 3)}


def test_without_a_place_to_write_the_maps_are_computed(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(kept_maps, "cache_folder", lambda: tmp_path / "file")
    kspace = coil_kspace()
    assert torch.equal(kept_espirit_maps(kspace, BLOCK), espirit_maps(kspace, BLOCK))
