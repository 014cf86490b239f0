"""Weight files and recipes: round trips, what the header says, one sentence for everything that can be wrong."""

import dataclasses
import json
import pickle
import resource
import subprocess
import sys
import tomllib

import pytest
import torch
from helpers.networks import TINY, example

from mrtutor import __version__
from mrtutor.cli import main
from mrtutor.networks import NETWORKS
from mrtutor.patients import data_version
from mrtutor.training import recipe as recipes
from mrtutor.training import run, weights
from mrtutor.training.checkpoint import read, write
from mrtutor.training.evaluate import validation
from mrtutor.training.recipe import Recipe, from_dict
from mrtutor.training.stream import Stream
from mrtutor.training.weights import header, load, save

TOO_MUCH = 10**9


@pytest.fixture
def file(tmp_path):
    """A whole weight file of an untrained U-Net."""
    path = tmp_path / "unet.safetensors"
    recipe = Recipe("UnetImage", TINY["UnetImage"], {"sizes": [32]}, seed=3)
    save(path, recipe.build(), recipe, {"PSNR": 31.5})
    return path


def rewritten(file, change=lambda tensors: tensors, **said) -> None:
    tensors, old = read(file)
    write(file, change(tensors), {name: text for name, text in (old | said).items() if text is not None})


def with_recipe(file, **values) -> None:
    """The same file, its recipe changed."""
    rewritten(file, recipe=json.dumps(header(file)["recipe"] | values))


# --- whole files ---


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_comes_back_as_it_was(name, tmp_path):
    recipe, path = Recipe(name, TINY[name], seed=4), tmp_path / "a.safetensors"
    network = recipe.build()
    with torch.no_grad():
        for value in network.parameters():
            value.add_(0.01)
    save(path, network, recipe, {})
    back = load(path)
    assert not back.training
    kspace, mask, maps, _ = example(n_coils=network.n_coils or 4)
    with torch.no_grad():
        assert torch.equal(back(kspace, mask, maps), network.eval()(kspace, mask, maps))


def test_the_header_says_what_the_weights_are(file):
    said = header(file)
    assert said["format"] == "mrtutor weights 1" and said["scores"] == {"PSNR": 31.5} and said["seed"] == "3"
    assert (said["mrtutor"], said["torch"], said["data"]) == (__version__, torch.__version__, data_version())
    assert said["recipe"] == Recipe("UnetImage", TINY["UnetImage"], {"sizes": [32]}, seed=3).as_dict()


def test_a_recipe_reproduces_its_first_weights_and_leaves_the_global_seed():
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    a, b, other = (Recipe("UnetImage", TINY["UnetImage"], seed=seed).build().state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.rand(2), expected)
    assert all(torch.equal(a[key], b[key]) for key in a) and not all(torch.equal(a[key], other[key]) for key in a)


@pytest.mark.parametrize("path", sorted(weights.FOLDER.glob("*.safetensors")), ids=lambda path: path.stem)
def test_shipped_weights_are_small_and_fit_their_recipe(path):
    assert path.stat().st_size < 2e6
    said = header(path.stem)
    assert said["recipe"]["network"] == type(load(path.stem)).__name__
    assert path.stem in recipes.names() and said["recipe"]["network"] == recipes.recipe(path.stem).network


def test_shipped_weights_are_small_together():
    assert sum(path.stat().st_size for path in weights.FOLDER.glob("*.safetensors")) < 20e6


# --- files that are wrong ---


def refused(file, said: str) -> None:
    with pytest.raises(ValueError, match=f"^unet.safetensors {said}$"):
        load(file)


def test_a_name_that_is_not_there_gets_the_names_there_are(tmp_path):
    with pytest.raises(FileNotFoundError, match="^no weight file x.safetensors; shipped are: "):
        load("x")
    with pytest.raises(FileNotFoundError, match="^no weight file mine.safetensors"):
        load(tmp_path / "mine.safetensors")


@pytest.mark.parametrize(
    "content", [b"", b"x", b"\xff" * 100, pickle.dumps({"w": 1}), b"\x89HDF\r\n\x1a\n" + bytes(100)]
)
def test_foreign_bytes_are_refused(file, content):
    file.write_bytes(content)
    refused(file, "must be a whole safetensors file, but reading it says: .*")


def test_a_pickle_is_never_run(file, tmp_path):
    class Evil:
        def __reduce__(self):
            return open, (str(tmp_path / "ran"), "w")

    torch.save({"w": Evil()}, file)
    refused(file, "must be a whole safetensors file, .*")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("share", [0.02, 0.3, 0.999])
def test_a_truncated_file_is_refused(file, share):
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])
    refused(file, "must be a whole safetensors file, but reading it says: .*")


def test_safetensors_of_others_are_refused(file):
    write(file, {"w": torch.ones(2)}, {})
    refused(file, r"must be a weight file of this course \(its header says 'nothing'\)")
    write(file, {"w": torch.ones(2)}, {"format": "pt"})
    refused(file, r"must be a weight file of this course \(its header says 'pt'\)")


def test_a_file_that_is_too_long_is_not_read(file):
    with file.open("ab") as out:
        out.truncate(2**40)  # a sparse file: a terabyte that takes no room
    refused(file, r"must have at most 64 MiB, got \d+")


def first(tensors: dict) -> str:
    return next(iter(tensors))


@pytest.mark.parametrize(
    "change, said",
    [
        (
            lambda t: {k: v for k, v in t.items() if k != "unet.last.bias"},
            r"does not fit its recipe: unet.last.bias must be float32 \(2,\), got nothing",
        ),
        (
            lambda t: t | {"unet.last.bias": torch.zeros(3)},
            r"does not fit its recipe: unet.last.bias must be float32 \(2,\), got float32 \(3,\)",
        ),
        (lambda t: t | {"unet.last.bias": torch.zeros(2, dtype=torch.int8)}, r".* got int8 \(2,\)"),
        (
            lambda t: t | {"unet.more": torch.zeros(3)},
            "does not fit its recipe: it holds 'unet.more', which has no place there",
        ),
        (
            lambda t: t | {"unet.last.bias": torch.full((2,), torch.inf)},
            "is of no use: unet.last.bias holds values that are not finite numbers",
        ),
    ],
)
def test_tensors_that_do_not_fit_are_named(file, change, said):
    rewritten(file, change)
    refused(file, said)


@pytest.mark.parametrize("key", ["recipe", "scores"])
@pytest.mark.parametrize("text", [None, "", "{", "[" * 15_000, "9" * 15_000, '"' + "x" * 10**6 + '"'])
def test_a_header_that_cannot_be_read_is_named(file, key, text):
    rewritten(file, **{key: text})
    refused(file, f"has no readable {key} in its header")


HOSTILE = [
    ({"network": "os.system"}, "network must be one of UnetImage, .*, got 'os.system'"),
    ({"network": ["UnetImage"]}, "network must be one of .*"),
    ({"evil": 1}, "a recipe has the keys network, .*, got 'evil'"),
    ({"steps": "many"}, "steps must be a whole number of 1 or more, got 'many'"),
    ({"steps": True}, "steps must be a whole number of 1 or more, got True"),
    ({"batch": 0}, "batch must be a whole number of 1 or more, got 0"),
    ({"seed": 2**64}, "seed must be a whole number of 0 or more, got .*"),
    ({"lr": float("nan")}, "lr must be a number above 0, got nan"),
    ({"lr": "fast"}, "lr must be a number above 0, got 'fast'"),
    ({"restarts": 0.5}, "restarts must be a list of shares of the steps that rise from 0 to 1, got 0.5"),
    ({"restarts": [0.5, 0.2]}, r"restarts must be .*, got \[0.5, 0.2\]"),
    ({"restarts": [1]}, r"restarts must be .*, got \[1\]"),
    ({"restarts": ["half"]}, r"restarts must be .*, got \['half'\]"),
    ({"loss": "none"}, "loss must be one of decibel, .*, got 'none'"),
    ({"arguments": [1]}, r"UnetImage must be a table of names and values, got \[1\]"),
    ({"arguments": {"depth": 3}}, "UnetImage takes width, n_pools, got 'depth'"),
    ({"arguments": {"width": TOO_MUCH}}, r"width of UnetImage must be a whole number of 0..1000, got 1000000000"),
    ({"arguments": {"width": -1}}, "width of UnetImage must be a whole number of .*, got -1"),
    ({"arguments": {"width": 4.0}}, "width of UnetImage must be a whole number of .*, got 4.0"),
    ({"arguments": {"width": True}}, "width of UnetImage must be a whole number of .*, got True"),
    ({"arguments": {"width": [4]}}, "width of UnetImage must be a whole number of .*"),
    (
        {"arguments": {"n_pools": 1000}},
        "it asks for more layers than the file holds|arguments of UnetImage do not fit it: .*",
    ),
    ({"network": "VarNet", "arguments": {"n_unrolls": 1000}}, "it asks for more layers than the file holds"),
    (
        {"network": "Cascade", "arguments": {"n_cascades": 1000, "depth": 1000}},
        "it asks for more layers than the file holds",
    ),
    (
        {"network": "Cascade", "arguments": {"dc": "x" * 10_000}},
        "dc of Cascade must be a word of up to 40 letters, got .*",
    ),
    ({"network": "KIKI", "arguments": {"order": "QQ"}}, "order must be a word of the letters .*"),
    ({"stream": {"n_coils": 8}}, "n_coils of stream must be a list, each a whole number of .*, got 8"),
    ({"stream": {"noise": [0.2, 0.1]}}, "noise of stream must be two numbers above 0, the smaller first, got .*"),
    ({"stream": {"maps": [0, 0, 0]}}, "maps of stream must be 3 weights .*"),
    (
        {"stream": {"leaves": [1.5, 0]}},
        r"leaves of stream must be a chance of 0 to 1 and a number of examples, got \[1.5, 0\]",
    ),
    ({"stream": {"leaves": [0.5, -1]}}, "leaves of stream must be a chance .*"),
    ({"stream": {"leaves": [0.5]}}, "leaves of stream must be a chance .*"),
    ({"stream": {"leaves": 0.5}}, "leaves of stream must be a list, each a number, got 0.5"),
    ({"stream": {"patterns": ["spiral"]}}, "patterns of stream must be among .*, got 'spiral'"),
    ({"stream": {"sizes": [4]}}, "stream needs sizes of 16 or more .*"),
    ({"stream": {"colour": "red"}}, "stream takes split, .*, got 'colour'"),
]


@pytest.mark.parametrize("values, said", HOSTILE)
def test_a_hostile_recipe_gets_one_sentence(file, values, said):
    with_recipe(file, **values)
    refused(file, f"has a recipe that cannot be built: (?:{said})")


@pytest.mark.parametrize("recipe", [3, [], "UnetImage", None, {}])
def test_a_recipe_must_be_a_table_with_a_network(file, recipe):
    rewritten(file, recipe=json.dumps(recipe))
    refused(file, "has a recipe that cannot be built: a recipe must name its network")


def test_a_hostile_recipe_allocates_nothing(file):
    """Under a limit of memory that the asked-for network would break at once: 1000 channels, 9 MB and more a layer."""
    with_recipe(
        file, network="MoDL", arguments={"width": 2, "n_unrolls": 1, "depth": 5}
    )  # what a first refusal imports does not count
    with pytest.raises(ValueError):
        load(file)
    with_recipe(file, network="MoDL", arguments={"width": 1000, "n_unrolls": 1000, "depth": 1000})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(file, "has a recipe that cannot be built: it asks for more layers than the file holds")
    with_recipe(
        file, network="MoDL", arguments={"width": 1000, "n_unrolls": 1, "depth": 5}
    )  # 11 tensors, as many as a U-Net might have
    with pytest.raises(ValueError):
        load(file)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**10 < 20, "MiB"


@pytest.mark.parametrize("name", NETWORKS)
def test_every_argument_has_a_plain_default(name):
    """What `values.py` compares with."""
    import inspect

    assert all(
        isinstance(one.default, (bool, int, float, str))
        for one in inspect.signature(NETWORKS[name]).parameters.values()
    )


# --- recipes and the command ---


@pytest.mark.parametrize("name", recipes.names())
def test_shipped_recipes_can_be_built(name):
    recipe = recipes.recipe(name)
    with torch.device("meta"):
        assert sum(value.numel() for value in recipe.build().parameters()) * 4 < 2e6
    recipe.examples()
    said = json.loads(json.dumps(recipe.as_dict()))
    assert from_dict(said).as_dict() == said == recipe.as_dict(), "as a header holds it"
    assert (
        set(said["stream"]) == {dial.name for dial in dataclasses.fields(Stream)} - {"seed"}
        and said["stream"] | recipe.stream == said["stream"]
    )


def test_restarts_are_shares_of_the_steps():
    recipe = recipes.Recipe("UnetImage", steps=10, restarts=[0.2, 0.5])
    assert recipe.restart_steps() == (2, 5) and recipe.as_dict()["restarts"] == [0.2, 0.5]
    assert dataclasses.replace(recipe, steps=1).restart_steps() == (), "a short run has no room for them"


def test_a_header_from_before_a_dial_is_read_as_if_it_were_off(file):
    """Weight files outlive the recipes' newest dials, restarts and leaves."""
    said = header(file)["recipe"]
    del said["restarts"], said["stream"]["leaves"]
    rewritten(file, recipe=json.dumps(said))
    plan = Recipe("UnetImage", TINY["UnetImage"], {"sizes": [32]}, seed=3)
    assert run.made_by(file, plan) and not run.made_by(file, dataclasses.replace(plan, restarts=[0.5]))
    assert not run.made_by(file, dataclasses.replace(plan, stream=plan.stream | {"leaves": [0.5, 0]}))


@pytest.fixture
def tiny_recipe(tmp_path, monkeypatch):
    """A folder of recipes with one in it, and a validation that looks at one slice of each kind."""
    folder = tmp_path / "recipes"
    folder.mkdir()
    (folder / "tiny.toml").write_text(
        'network = "UnetImage"\nsteps = 2\nloss = "l1"\narguments = {width = 2, n_pools = 1}\nstream = {sizes '
        "= [32], maps = [0, 1, 0]}\n"
    )
    monkeypatch.setattr(recipes, "FOLDER", folder)
    monkeypatch.setattr(run, "validation", lambda stream: validation(stream, n=1))
    monkeypatch.setattr(run.os, "cpu_count", lambda: 1)  # no worker process: the patients' heads are here already
    return folder


def said(capsys, *arguments, status: int = 1) -> str:
    assert main(["train", *map(str, arguments)]) == status
    out = capsys.readouterr()
    if status:
        assert out.err.startswith("mrtutor: ") and out.err.count("\n") == 1 and out.out == ""
    return out.err if status else out.out


def test_train_makes_a_weight_file_that_says_how(tiny_recipe, tmp_path, capsys):
    folder = tmp_path / "new" / "folder"
    out = said(capsys, "tiny", "--folder", folder, "--steps", 3, "--device", "cpu", status=0).splitlines()
    assert out[0] == "tiny, 3 steps on cpu: begins at step 1" and out[-1] == f"{folder / 'tiny.safetensors'}"
    assert [path.name for path in folder.iterdir()] == ["tiny.safetensors"], "the checkpoint is gone"
    about = header(folder / "tiny.safetensors")
    written = tomllib.loads((tiny_recipe / "tiny.toml").read_text())
    for part in ("arguments", "stream"):  # and every default beside what was written
        assert about["recipe"][part] | written.pop(part) == about["recipe"][part]
    assert set(about["recipe"]["stream"]) > {"sizes", "maps"}
    assert (
        about["recipe"] | written | {"steps": 3, "batch": 1, "lr": 1e-3, "seed": 0, "stagewise": False}
        == about["recipe"]
    )
    assert about["scores"]["step"] == 3 and set(about["scores"]) >= {"loss", "PSNR new people", "PSNR new anatomy"}
    before = (folder / "tiny.safetensors").stat().st_mtime_ns
    said(capsys, "tiny", "--folder", folder, "--steps", 3, "--device", "cpu", "--resume", status=0)
    assert (folder / "tiny.safetensors").stat().st_mtime_ns == before, "a finished run has nothing to go on with"


def test_train_goes_on_and_does_not_overwrite_what_is_unfinished(tiny_recipe, tmp_path, capsys, monkeypatch):
    def stops(*arguments, **named):
        raise KeyboardInterrupt

    (tmp_path / "whole").mkdir()
    said(capsys, "tiny", "--folder", tmp_path / "whole", "--steps", 4, "--device", "cpu", status=0)
    monkeypatch.setattr(run, "save", stops)
    assert main(["train", "tiny", "--folder", str(tmp_path), "--steps", "4", "--device", "cpu"]) == 130
    assert (tmp_path / "tiny.checkpoint.safetensors").exists()
    monkeypatch.undo()
    monkeypatch.setattr(recipes, "FOLDER", tiny_recipe)
    capsys.readouterr()
    assert "is an unfinished run: go on with --resume, or delete it" in said(
        capsys, "tiny", "--folder", tmp_path, "--device", "cpu"
    )
    assert "(steps was 4, now it is 2)" in said(capsys, "tiny", "--folder", tmp_path, "--device", "cpu", "--resume")
    said(capsys, "tiny", "--folder", tmp_path, "--steps", 4, "--device", "cpu", "--resume", status=0)
    a, b = (read(folder / "tiny.safetensors")[0] for folder in (tmp_path, tmp_path / "whole"))
    assert all(torch.equal(a[key], b[key]) for key in a)


def test_train_lists_its_recipes(capsys):
    rows = said(capsys, "--list", status=0).splitlines()
    assert [row.split()[0] for row in rows] == recipes.names() and all(" steps of " in row for row in rows)
    assert said(capsys, status=0).splitlines() == rows


def test_train_says_what_is_wrong(tiny_recipe, tmp_path, capsys):
    (tmp_path / "a file").write_text("")
    assert "no recipe 'mold'; there are: tiny" in said(capsys, "mold")
    assert "no recipe '../tiny'" in said(capsys, "../tiny")
    assert "steps must be a whole number of 1 or more, got 0" in said(
        capsys, "tiny", "--steps", 0, "--folder", tmp_path
    )
    assert "steps must be a whole number of 1 or more, got -5" in said(
        capsys, "tiny", "--steps", -5, "--folder", tmp_path
    )
    assert "device must be one that this machine has (cpu" in said(
        capsys, "tiny", "--device", "abacus", "--folder", tmp_path
    )
    assert f"--folder must be a folder where you may write, got {tmp_path / 'a file'}" in said(
        capsys, "tiny", "--device", "cpu", "--folder", tmp_path / "a file"
    )
    assert not list(tmp_path.glob("*.safetensors"))


def test_train_steps_must_be_a_number(capsys):
    with pytest.raises(SystemExit):
        main(["train", "modl", "--steps", "many"])
    assert "argument --steps: invalid int value: 'many'" in capsys.readouterr().err


def test_the_command_itself():
    done = subprocess.run(
        [sys.executable, "-m", "mrtutor", "train", "nothing"], capture_output=True, text=True, timeout=300
    )
    assert (
        done.returncode == 1
        and done.stderr.startswith("mrtutor: no recipe 'nothing'; there are: ")
        and done.stderr.count("\n") == 1
    )
