"""The command line: what it says, its exit status, and one sentence where something is wrong."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mrtutor import __version__, lab, machine
from mrtutor.cli import main
from mrtutor.lab import RECORD
from mrtutor.sources import SOURCES


def run(*arguments, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "mrtutor", *map(str, arguments)],
        text=True,
        capture_output=True,
        timeout=120,
        env=os.environ | environment,
    )


def test_version_as_a_module():
    assert run("--version").stdout == f"mrtutor {__version__}\n"


def test_without_a_command_it_says_which_there_are(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2 and "lab | check | fetch" in capsys.readouterr().err


# mrtutor check


def test_check_says_ten_lines_and_is_ready():
    done = run("check")
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(lines) == 10 and lines[-1].startswith("Ready.")
    assert f"torch {sys.modules['torch'].__version__}" in lines[1] and "jupyterlab" in lines[2]
    assert "CG-SENSE" in lines[8] and " ms" in lines[8]


def test_a_machine_that_is_not_ready_gets_the_reason_and_status_1(monkeypatch, capsys):
    monkeypatch.setattr(machine, "DISK_GB", 1e9)
    assert main(["check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert [line.split()[1] for line in lines if line.startswith("NOT")] == ["Disk"]
    assert lines[-1].startswith("Not ready yet. Mend first: Disk")


def test_missing_and_old_packages_are_named(tmp_path, monkeypatch):
    """A real distribution on the path, whose needs this machine does not meet."""
    about = tmp_path / "mrtutor-0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: mrtutor\nVersion: 0\nRequires-Dist: torch>=99\n"
        "Requires-Dist: numpy>=1\nRequires-Dist: no-such-package\nRequires-Dist: other; extra == 'x'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(RuntimeError, match=r"pip install 'torch>=99' 'no-such-package'$"):
        machine.packages(notebook=False)


def test_memory_that_is_short_is_said(monkeypatch):
    monkeypatch.setattr(machine, "MEMORY_GB", 1e6)
    with pytest.raises(RuntimeError, match="close other programs"):
        machine.memory()


def test_a_device_that_computes_wrongly_is_not_used(monkeypatch):
    """The self-test must see an adjoint that lost its conjugate, or it would trust any device."""
    from mrtutor import encoding

    monkeypatch.setattr(encoding, "encode_adjoint", lambda y, m, s: (s * encoding.ifft2c(m * y)).sum(-3, keepdim=True))
    with pytest.raises(RuntimeError, match="wrong numbers"):
        machine.best_device()


# mrtutor lab: bad input


def one_sentence(capsys, arguments: list[str]) -> str:
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert said.startswith("mrtutor: ") and said.count("\n") == 1 and "Traceback" not in said
    return said


def test_dir_is_a_file(tmp_path, capsys):
    (tmp_path / "mine").write_text("a letter")
    assert "DIR must be a folder, and" in one_sentence(capsys, ["lab", str(tmp_path / "mine")])
    assert (tmp_path / "mine").read_text() == "a letter"
    assert "DIR must be a folder where you may write" in one_sentence(
        capsys, ["lab", str(tmp_path / "mine" / "deeper")]
    )


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which nobody may write")
def test_dir_is_not_writable(capsys):
    assert "DIR must be a folder where you may write, got /proc" in one_sentence(capsys, ["lab", "/proc"])


def test_jupyterlab_is_missing(tmp_path, monkeypatch, capsys):
    from mrtutor.lab import serve

    monkeypatch.setitem(sys.modules, "jupyterlab", None)
    with pytest.raises(
        ModuleNotFoundError, match="JupyterLab is not installed; install it with: pip install jupyterlab"
    ):
        serve(tmp_path)


def test_12_lab_hint_wrong_folder(tmp_path, capsys):
    """The hint names the folder that was named; following it, in a shell, mends the chapter."""
    mine = tmp_path / "my course"
    assert main(["lab", str(mine), "--no-start"]) == 0
    copy, record = mine / "02_coils.ipynb", mine / RECORD
    edited = json.loads(copy.read_text("utf-8"))
    edited["cells"][0]["source"] = ["mine"]
    copy.write_text(json.dumps(edited), "utf-8")
    record.write_text(json.dumps(json.loads(record.read_text("utf-8")) | {copy.name: "an older version"}), "utf-8")
    capsys.readouterr()
    assert main(["lab", str(mine), "--no-start"]) == 0
    said = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("02"))
    command = re.search(r"backup of yours: mrtutor (.*)\)$", said)[1]
    assert command == f"lab '{mine}' --reset 02"
    done = subprocess.run(f'"{sys.executable}" -m mrtutor {command}', shell=True, cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert "mine" not in json.loads(copy.read_text("utf-8"))["cells"][0]["source"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my course"]


def test_lab_says_when_the_numbers_of_the_book_are_not_there(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(lab, "read_values", dict)
    assert main(["lab", str(tmp_path), "--no-start"]) == 0
    assert "a number of the book, which was not built here (make book)" in capsys.readouterr().out


# mrtutor fetch


def test_fetch_lists_every_source_with_its_licence(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("MRTUTOR_DATA", str(tmp_path))
    (tmp_path / SOURCES["brain-16ch"].file).write_bytes(b"")
    assert main(["fetch", "--list"]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert list(rows) == list(SOURCES)
    assert all(source.licence in rows[name] for name, source in SOURCES.items())
    assert rows["brain-16ch"].split()[1] == "here"


def test_a_wrong_name_is_said_before_anything_is_fetched(tmp_path, capsys):
    (tmp_path / SOURCES["brain-16ch"].file).write_bytes(b"")  # already here: fetching it would say so
    assert main(["fetch", "brain-16ch", "--folder", str(tmp_path)]) == 0
    assert "brain-16ch: " in capsys.readouterr().out
    assert main(["fetch", "brain-16ch", "brain-17ch", "--folder", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert (
        said.out == "" and said.err.startswith("mrtutor: name must be one of brain-16ch") and said.err.count("\n") == 1
    )
