"""Hostile and damaged files: a correct read or the right sentence, and never anything else.

FULL=1 runs many more mutations. The mutations run in a child process with limits on time and memory; where the HDF5
library itself hangs or crashes in the child, the same file must get its sentence from `read`, which looks from outside.
"""

import collections
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from helpers import mutations

from mrtutor import scan
from mrtutor.scan import ScanFileError, ScanFileWarning, probe

resource = pytest.importorskip("resource", reason="limits on a child process need Linux or macOS")
N_DAMAGED, N_STRUCTURAL = (6000, 3000) if os.environ.get("FULL") else (400, 150)
SECONDS, MEGABYTES = 3, 3000  # of the processor and of memory, for a file in the child


def read_everything(path, trusted: bool = True) -> list:
    with scan.open_file(path, trusted=trusted) as file:
        result = list(file)
        for i in range(len(file)):
            file.reconstruction_rss(i)
    return result


@pytest.mark.parametrize("name", mutations.STRUCTURAL)
def test_each_mistake_gets_its_sentence(name, tmp_path):
    change, sentence = mutations.STRUCTURAL[name]
    path = tmp_path / "exam.h5"
    mutations.good(path)
    with h5py.File(path, "a") as file:
        change(file)
    with pytest.raises(ScanFileError) as error:
        read_everything(path)
    assert re.fullmatch("exam.h5: " + sentence, str(error.value)), str(error.value)
    assert error.value.__suppress_context__ or error.value.__context__ is None, "no traceback from the depths"
    assert len(str(error.value)) < 400 and "\n" not in str(error.value)


def test_no_two_mistakes_share_a_sentence():
    """NaN and Inf are one mistake each."""
    rules = collections.Counter(
        sentence.split(", got")[0] + sentence.rsplit("got", 1)[1] for _, sentence in mutations.STRUCTURAL.values()
    )
    assert max(rules.values()) == 1, rules


@pytest.mark.parametrize("name", mutations.IGNORED)
def test_what_is_optional_never_refuses_a_file(name, tmp_path):
    change, sentence = mutations.IGNORED[name]
    path = tmp_path / "exam.h5"
    data = mutations.good(path)
    with h5py.File(path, "a") as file:
        change(file)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        s = scan.read(path, slice=1)
    assert np.array_equal(s.kspace.numpy(), data[1]) and (name == "many attributes" or s.attributes["max"] == 1.5)
    assert [w.category for w in said] == [ScanFileWarning] * (sentence is not None), [str(w.message) for w in said]
    for w in said:
        assert re.fullmatch("exam.h5: " + sentence, str(w.message)), str(w.message)
        assert "\n" not in str(w.message) and len(str(w.message)) < 400


def test_an_array_in_an_attribute_is_left_out(tmp_path):
    with h5py.File(tmp_path / "exam.h5", "w", libver="latest") as file:  # the older layout cannot hold it
        file["kspace"] = mutations.kspace()
        file.attrs["big"], file.attrs["small"] = np.zeros(10_000), np.zeros(2)
    assert scan.read(tmp_path / "exam.h5").attributes == {"small": [0.0, 0.0]}


def test_paths_that_are_no_files(tmp_path):
    with pytest.raises(ScanFileError, match=r"no.h5: the file must exist, got nothing at '.*no\.h5'\."):
        scan.read(tmp_path / "no.h5")
    with pytest.raises(ScanFileError, match=r"the file must be a plain file, got a folder\."):
        scan.read(tmp_path)
    mutations.good(tmp_path / "exam.h5")
    for i in (-1, 2, 10**12):
        with pytest.raises(ScanFileError, match=rf"exam.h5: slice must be a whole number in 0\.\.1, got {i}\."):
            scan.read(tmp_path / "exam.h5", slice=i)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("latest", [False, True])
def test_truncated_files(share, latest, tmp_path):
    path = tmp_path / "exam.h5"
    mutations.good(path, latest=latest)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(
        ScanFileError,
        match=rf"exam.h5: the file must be complete \({len(content)} bytes by its own header\), "
        rf"got {int(share * len(content))} bytes\.",
    ):
        scan.read(path)


def test_markup_in_attributes_is_kept_as_text_and_does_nothing(tmp_path):
    hostile = {
        "acquisition": "<img src=x onerror=alert(1)>",
        "patient_id": "{{7*7}} ${jndi:ldap://x} $(touch /tmp/owned)",
        "label": "<b>Real</b>\n</script><script>",
        "zero": "a\0b",
        "rtl": "\u202egnp.exe",
        "display": "__import__('os').system('true')",
        "many lines": "\n" * 50,
    }
    path = tmp_path / "exam.h5"
    mutations.good(path)
    with h5py.File(path, "a") as file:
        for name, value in hostile.items():
            file.attrs.create(name, value if "\0" not in value else np.bytes_(value.encode()))
        file.attrs["<svg onload=alert(2)>"] = 1
    s = scan.read(path)
    assert (
        all(s.attributes[name] == value for name, value in hostile.items())
        and s.attributes["<svg onload=alert(2)>"] == 1
    )
    assert s.upright == "as is" and s.plain_label == "<b>Real</b> </script><script>", (
        "one line, otherwise to the letter"
    )


CORRECT = [
    dict(zip(("layout", "mask", "single", "latest", "header"), c, strict=True))
    for c in itertools.product(mutations.LAYOUTS, *[(False, True)] * 4)
]


def test_correct_files_read_bit_for_bit(tmp_path):
    for i, kind in enumerate(CORRECT):
        data = mutations.good(tmp_path / f"{i}.h5", **kind)
        assert all(
            np.array_equal(s.kspace.numpy(), data[j]) for j, s in enumerate(read_everything(tmp_path / f"{i}.h5"))
        ), kind


def structural(seed: int, path) -> tuple[np.ndarray, list[str]]:
    """A random correct layout with none, one or two mistakes: its k-space, and the sentences that may be said."""
    r = np.random.default_rng(seed)
    kind = CORRECT[r.integers(len(CORRECT))]
    mistakes, names = {**mutations.STRUCTURAL, **mutations.IGNORED}, [*mutations.STRUCTURAL, *mutations.IGNORED]
    while True:
        data = mutations.good(path, **kind)
        sentences = []
        try:
            with h5py.File(path, "a") as file:
                for _ in range(r.integers(3)):
                    name = names[r.integers(len(names))]
                    change, sentence = mistakes[name]
                    change(file)
                    sentences += [sentence] if name in mutations.STRUCTURAL else []
            any_rule = [
                re.sub(r"\d+", r"\\d+", s.rsplit(", got ", 1)[0]) + ", got .*" for _, s in mutations.STRUCTURAL.values()
            ]
            return data, sentences if len(sentences) < 2 else any_rule  # two can make a third
        except Exception:  # two mistakes that cannot be made in one file, or not in this layout
            continue


def peak_mb() -> int:
    """Of this process alone: getrusage would remember the parent's peak."""
    status = Path("/proc/self/status")
    return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) // 1024 if status.exists() else 0


def in_child(kind: str, first: int, last: int, folder) -> None:
    """Mutations first..last-1, one line of output before and after each. Ends by a timer where the library hangs."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", ScanFileWarning)
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    originals, path = correct_contents(folder), folder / f"exam-{kind}.h5"
    for seed in range(first, last):
        sentences, data = [], None
        if kind == "damaged":
            path.write_bytes(mutations.damage(seed, originals))
        else:
            data, sentences = structural(seed, path)
        print(json.dumps([seed, "start"]), flush=True)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            result = read_everything(path)
            fine = all(
                torch.isfinite(torch.view_as_real(s.kspace)).all()
                and s.kspace.any()
                and not s.kspace[~s.mask.expand_as(s.kspace)].any()
                and s.upright in scan.UPRIGHT
                and all(isinstance(v, (str, bool, int, float, list)) for v in s.attributes.values())
                for s in result
            )
            if data is not None:
                fine = (
                    fine
                    and not sentences
                    and all(np.array_equal(s.kspace.numpy(), d) for s, d in zip(result, data, strict=True))
                )
            outcome = "read" if fine else f"WRONG: read {result} where {sentences} was due"
        except ScanFileError as error:
            right = (
                not sentences
                if kind == "damaged"
                else any(re.fullmatch(f"{path.name}: {s}", str(error)) for s in sentences)
            )
            one_line = (
                str(error).startswith(f"{path.name}: ")
                and str(error).endswith(".")
                and "\n" not in str(error)
                and ", got " in str(error)
            )
            outcome = "sentence" if right and one_line else f"WRONG: {error} where {sentences} was due"
        except BaseException as error:
            outcome = f"WRONG: {type(error).__name__}: {error}"
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps([seed, outcome, peak_mb()]), flush=True)


def correct_contents(folder) -> list[bytes]:
    """The bytes of one correct file of each kind."""
    path, contents = folder / "original.h5", []
    for kind in CORRECT:
        mutations.good(path, **kind)
        contents.append(path.read_bytes())
    return contents


def fuzz(kind: str, n: int, folder) -> tuple[collections.Counter, list[int], list[str], int]:
    """Outcomes, seeds at which the child died, wrong outcomes, peak memory in MB."""
    outcomes, died, wrong, peak, seed = collections.Counter(), [], [], 0, 0
    while seed < n:
        child = subprocess.run(
            [sys.executable, __file__, kind, str(seed), str(n), str(folder)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        lines = [json.loads(line) for line in child.stdout.splitlines()]
        for line in lines:
            if line[1] != "start":
                outcomes[line[1].split(":")[0]] += 1
                wrong += [f"{line[0]}: {line[1]}"] if line[1].startswith("WRONG") else []
                peak = max(peak, line[2])
        assert lines, f"the child must begin: {child.stderr[-500:]}"
        seed = lines[-1][0] + 1
        if lines[-1][1] == "start":
            assert child.returncode < 0, (
                f"only a signal may end the child early: {child.returncode} {child.stderr[-500:]}"
            )
            died.append(lines[-1][0])
    return outcomes, died, wrong, peak


def test_damaged_bytes(tmp_path, monkeypatch, capsys):
    started, originals = time.time(), correct_contents(tmp_path)
    outcomes, died, wrong, peak = fuzz("damaged", N_DAMAGED, tmp_path)
    monkeypatch.setattr(probe, "PATIENCE_S", 3.0)
    for seed in died:  # the library hung or crashed: `read` must say so instead
        (tmp_path / f"exam{seed}.h5").write_bytes(mutations.damage(seed, originals))
        with pytest.raises(
            ScanFileError,
            match=rf"exam{seed}.h5: the file must be readable .*, got "
            r"(damage on which the HDF5 library (hangs|crashes)|a claim of more)\.",
        ):
            scan.read(tmp_path / f"exam{seed}.h5")
    with capsys.disabled():
        print(
            f"\n{N_DAMAGED} damaged files in {time.time() - started:.0f} s: {dict(outcomes)}, "
            f"library hung or crashed on {len(died)}, peak {peak} MB"
        )
    assert not wrong, wrong[:5]
    assert (
        sum(outcomes.values()) + len(died) == N_DAMAGED
        and outcomes["sentence"] > 0.5 * N_DAMAGED
        and outcomes["read"] > 0.05 * N_DAMAGED
    )
    assert len(died) < 0.01 * N_DAMAGED + 4
    assert peak < MEGABYTES, "a text whose length is damaged asks for gigabytes; the look from outside stops it sooner"


def test_structural_mutations(tmp_path, capsys):
    started = time.time()
    outcomes, died, wrong, peak = fuzz("structural", N_STRUCTURAL, tmp_path)
    with capsys.disabled():
        print(
            f"\n{N_STRUCTURAL} structural mutations in {time.time() - started:.0f} s: {dict(outcomes)}, "
            f"died {len(died)}, peak {peak} MB"
        )
    assert not wrong, wrong[:5]
    assert (
        not died and outcomes["read"] > 0.2 * N_STRUCTURAL and outcomes["sentence"] > 0.4 * N_STRUCTURAL and peak < 1500
    )


def hanging_file(path) -> None:
    """A text attribute kept in a global heap whose first object claims no bytes: the library walks in place."""
    with h5py.File(path, "w", libver="earliest") as file:
        file["kspace"] = mutations.kspace()
        file.attrs["patient_id"] = "x"
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL")
    content[heap + 16 : heap + 32] = bytes(16)
    path.write_bytes(content)


def test_a_file_on_which_the_library_hangs_is_stopped_from_outside(tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "PATIENCE_S", 3.0)
    hanging_file(tmp_path / "exam.h5")
    started = time.time()
    with pytest.raises(
        ScanFileError,
        match=r"exam.h5: the file must be readable HDF5 within 3 s, got damage on which the HDF5 library hangs\.",
    ):
        scan.read(tmp_path / "exam.h5")
    assert time.time() - started < 12.5  # the clock's limit


@pytest.mark.parametrize(
    "end, words",
    [
        ("os.kill(os.getpid(), 11)", "the HDF5 library crashes"),
        ("os._exit(3)", r"256 MiB for its header .*, got a claim of more\."),
    ],
)
def test_a_crash_or_memory_hunger_of_the_child_is_a_sentence(end, words, tmp_path, monkeypatch):
    """The library did not crash in any of our runs, so a child that ends the same way stands in for it."""
    mutations.good(tmp_path / "exam.h5")
    (tmp_path / "child.py").write_text(f"import os; {end}")
    monkeypatch.setattr(probe, "__file__", str(tmp_path / "child.py"))
    with pytest.raises(ScanFileError, match=words):
        scan.read(tmp_path / "exam.h5")


def test_the_look_from_outside_happens_once(tmp_path, monkeypatch):
    mutations.good(tmp_path / "exam.h5")
    calls = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: calls.append(a) or run(*a, **k))
    scan.read(tmp_path / "exam.h5")
    scan.read(tmp_path / "exam.h5", slice=1)
    assert len(calls) == 1 and calls[0][0][0] == sys.executable
    os.utime(tmp_path / "exam.h5", (1, 1))  # another file now
    scan.read(tmp_path / "exam.h5")
    assert len(calls) == 2


if __name__ == "__main__":
    in_child(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
