"""The project's own files agree with each other: dependencies, exact versions, licences, commands."""

import os
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import mrtutor

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PINS = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").split())
CONDA_NAMES = {"torch": "pytorch"}
FORBIDDEN = (
    "/wo" + "rk/",
    "/ro" + "ot/",
    "/tmp/" + "exp",
    "files.python" + "hosted",
    "registry." + "npmjs",
    "pypi." + "org/simple",
)


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_conda_and_pip_install_the_same():
    *named, by_pip = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    assert by_pip["pip"][-1] == "--editable ."
    wanted = [CONDA_NAMES.get(r.name, r.name) + str(r.specifier) for r in map(Requirement, PROJECT["dependencies"])]
    assert sorted(named + by_pip["pip"][:-1]) == sorted([*wanted, "pip", f"python{PROJECT['requires-python']}"])


def test_every_dependency_is_pinned_within_what_we_promise():
    extras = PROJECT["optional-dependencies"].values()
    for one in map(Requirement, [*PROJECT["dependencies"], *(r for extra in extras for r in extra)]):
        pin = next((version for name, version in PINS.items() if plain(name) == plain(one.name)), None)
        assert pin, f"constraints.txt does not pin {one.name}"
        assert one.specifier.contains(pin), f"{one.name}=={pin} is not {one.specifier}"
    assert PINS["torch"] == "2.13.0"
    assert "mrtutor" not in PINS


@pytest.mark.skipif(os.environ.get("CI") != "true", reason="only CI promises to run exactly the pinned versions")
def test_ci_runs_the_pinned_versions():
    pinned = {plain(name): version for name, version in PINS.items()}
    for one in distributions():
        name, version = plain(one.metadata["Name"]), one.version.partition("+")[0]
        if name not in ("mrtutor", "pip", "setuptools", "wheel"):
            assert pinned.get(name) == version, f"{name} {version} runs, constraints.txt says {pinned.get(name)}"


def test_one_version_and_its_licences():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert mrtutor.__version__ == PROJECT["version"] == citation["version"]
    assert PROJECT["license"] == citation["license"] == "BSD-3-Clause"
    assert "BSD 3-Clause" in (ROOT / "LICENSE").read_text("utf-8")
    assert "CC BY 4.0" in (ROOT / "LICENSE-text.md").read_text("utf-8")


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make on this machine")
@pytest.mark.parametrize("target", ["book", "lab", "test", "bench", "clean"])
def test_make_knows_its_targets(target, tmp_path):
    """On a fresh copy every command that runs something first makes .venv and installs with the pinned versions."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    said = subprocess.run(
        ["make", "--dry-run", target], cwd=tmp_path, text=True, capture_output=True, check=True
    ).stdout
    assert ("-m venv .venv" in said and "--constraint constraints.txt" in said) == (target != "clean"), said


def test_the_book_has_every_chapter_and_every_chapter_is_in_the_book():
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text("utf-8"))
    listed = {entry["file"] for part in toc["parts"] for entry in part["chapters"]} | {toc["root"]}
    written = {
        p.relative_to(ROOT).with_suffix("").as_posix()
        for folder in ("chapters", "book")
        for p in (ROOT / folder).glob("*.md")
    }
    assert listed == written


def test_no_machine_and_no_registry_is_named():
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True, capture_output=True
    ).stdout
    for name in names.split("\n"):
        path = ROOT / name
        if (
            path.suffix in (".py", ".md", ".js", ".css", ".yml", ".toml", ".txt", ".cff", ".html", "")
            and path.is_file()
        ):
            text = path.read_bytes().decode("utf-8", "ignore")
            assert not [word for word in FORBIDDEN if word in text], name
