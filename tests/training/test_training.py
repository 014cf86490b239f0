"""Training: the loop, its schedule and its stream; runs that are killed, doubled or done in 16 bits end in the same
numbers.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch
from helpers.networks import example, tiny
from helpers.training import EVERY, STEPS, Ellipses, train

from mrtutor.networks import NETWORKS
from mrtutor.networks.unet import Unet
from mrtutor.patients import patient
from mrtutor.training import checkpoint, logbook, parallel, progress
from mrtutor.training.batches import stacked
from mrtutor.training.checkpoint import read, restore
from mrtutor.training.evaluate import NEW_HEAD, SEEN_HEADS, evaluate, validation
from mrtutor.training.leaves import dead_leaves, leafy
from mrtutor.training.logbook import History
from mrtutor.training.loop import fit
from mrtutor.training.losses import LOSSES
from mrtutor.training.plan import Plan, cosine, progress_at
from mrtutor.training.progress import Progress, line
from mrtutor.training.speed import checked_device, layout, prepare, real_parts, release
from mrtutor.training.stream import PATTERNS, Stream, examination

CHILD = Path(__file__).parents[1] / "helpers" / "training.py"
SMALL = Stream(sizes=(32,), maps=(0, 1, 0))


@pytest.fixture(scope="module")
def whole():
    """The run that nobody disturbs: network and history."""
    return train()


def same(network, other, tolerance: float = 1e-6) -> None:
    """Equal weights, up to `tolerance`; they are about 0.1."""
    other = other if isinstance(other, dict) else other.state_dict()
    for name, value in network.state_dict().items():
        torch.testing.assert_close(
            value, other[name], rtol=0, atol=tolerance, msg=lambda text, name=name: f"{name}: {text}"
        )


def same_history(rows: list[dict], others: list[dict], tolerance: float = 1e-5) -> None:
    """Equal in all but the time it took."""
    assert [row.keys() for row in rows] == [row.keys() for row in others]
    for row, other in zip(rows, others, strict=True):
        assert {**row, "seconds": 0} == pytest.approx({**other, "seconds": 0}, rel=tolerance)


# --- the loop ---


def test_loss_falls_and_seeds_reproduce(whole):
    network, history = whole
    again, _ = train()
    same(network, again, 0)
    assert history.column("step") == list(range(EVERY, STEPS + 1, EVERY))
    assert history.column("loss")[-1] < 0.9 * history.column("loss")[0]
    assert not network.training


def test_the_global_seed_is_untouched():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train(steps=2)
    assert torch.equal(torch.rand(3), expected)


def test_schedule_is_a_ramp_and_half_a_cosine(whole):
    assert [cosine(p) for p in (0, 0.015, 0.03, 0.515, 1)] == pytest.approx([0, 0.5, 1, 0.5, 0])
    assert whole[1].column("lr") == pytest.approx(
        [2e-2 * cosine((step - 0.5) / STEPS) for step in range(EVERY, STEPS + 1, EVERY)]
    )
    _, flat = train(steps=2, every=1, schedule=lambda progress: 1.0)
    assert flat.column("lr") == [2e-2, 2e-2]


def test_progress_begins_anew_after_each_restart():
    assert [progress_at(step, 4) for step in (1, 2, 3, 4)] == [0.125, 0.375, 0.625, 0.875]
    assert [progress_at(step, 6, (2,)) for step in range(1, 7)] == [0.25, 0.75, 0.125, 0.375, 0.625, 0.875]
    assert [progress_at(step, 4, (1, 3)) for step in range(1, 5)] == [0.5, 0.25, 0.75, 0.5]


def test_a_restart_is_a_second_run_from_the_first_ones_weights():
    class Second(Ellipses):
        def slice_number(self, i):
            return super().slice_number(i + 4)

    both, history = train(steps=10, every=1, restarts=(4,))
    assert history.column("lr") == pytest.approx(
        [2e-2 * cosine((step - 0.5) / length) for length in (4, 6) for step in range(1, length + 1)]
    )
    first, _ = train(steps=4)
    second, _ = train(Second(), steps=6, network=first)
    same(both, second, 0)


def test_resumed_before_at_and_after_a_restart_it_ends_in_the_same_numbers(tmp_path):
    whole, _ = train(steps=12, restarts=(8,))

    class Stops(Ellipses):
        def slice_number(self, i):
            if i == self.hold:
                raise KeyboardInterrupt
            return super().slice_number(i)

    for stop in (6, 8, 10):
        file = tmp_path / f"{stop}.safetensors"
        with pytest.raises(KeyboardInterrupt):
            train(Stops(hold=stop), steps=12, every=2, restarts=(8,), checkpoint=file)
        assert int(read(file)[1]["step"]) == stop
        again, _ = train(steps=12, every=2, restarts=(8,), checkpoint=file, resume=True)
        same(again, whole)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_smaller_for_the_better_image(name):
    *_, image = example()
    worse, better = (LOSSES[name]((image + error)[None], image[None]) for error in (0.2, 0.02))
    assert better < worse and worse.ndim == 0


def test_slices_of_one_shape_are_one_batch():
    examples = [
        Ellipses().slice_number(0),
        Ellipses().slice_number(1),
        type(Ellipses().slice_number(0))(*example((24, 20))),
    ]
    groups = [(arrays[0].shape, share) for arrays, share in stacked(examples)]
    assert groups == [((2, 4, 32, 32), pytest.approx(2 / 3)), ((1, 4, 24, 20), pytest.approx(1 / 3))]


def test_a_worker_process_changes_nothing(whole):
    same(train(workers=1)[0], whole[0], 0)


def test_validation_goes_into_the_history_and_sees_a_network_in_use():
    def validate(network):
        assert not network.training and not torch.is_grad_enabled()
        return {"PSNR": 30.0}

    _, history = train(steps=2, every=1, validate=validate)
    assert history.column("PSNR") == [30.0, 30.0]


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"steps": 0}, "steps must be a whole number of 1 or more, got 0"),
        ({"batch": 1.5}, "batch must be a whole number of 1 or more, got 1.5"),
        ({"every": True}, "every must be a whole number of 1 or more, got True"),
        ({"workers": -1}, "workers must be a whole number of 0 or more, got -1"),
        (
            {"restarts": (0,)},
            rf"restarts must be whole numbers from 1 to {STEPS - 1}, one less than the steps, got \(0,\)",
        ),
        ({"restarts": (STEPS,)}, rf"restarts must be .*, got \({STEPS},\)"),
        ({"restarts": (0.5,)}, r"restarts must be .*, got \(0.5,\)"),
        ({"device": "tpu"}, r"device must be one that this machine has \(cpu.*\), got 'tpu'"),
    ],
)
def test_numbers_out_of_range_get_one_sentence(wrong, said):
    with pytest.raises(ValueError, match=f"^{said}$"):
        train(**wrong)


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_checkpoint(tmp_path):
    file = tmp_path / "c.safetensors"

    seen = []

    def breaks(prediction, target):
        seen.append(0)
        return (prediction - target).abs().mean() * (torch.nan if len(seen) > 6 else 1)

    with pytest.raises(ValueError, match="^lr must be small enough .* by step 8 with 0.02$"):
        train(loss=breaks, checkpoint=file)
    assert read(file)[1]["step"] == "4"


# --- killed and resumed ---


def test_killed_at_any_moment_it_resumes_and_ends_in_the_same_numbers(tmp_path, whole):
    log, file = tmp_path / "log", tmp_path / "checkpoint.safetensors"
    hold = STEPS - 2  # it cannot finish before it is killed
    run = subprocess.Popen([sys.executable, CHILD, tmp_path, log, str(hold)])
    try:
        while not file.exists():
            assert run.poll() is None, "the run ended by itself"
            time.sleep(0.01)
        time.sleep(random.Random().uniform(0, 0.03 * (STEPS - EVERY)))
    finally:
        run.kill()
    assert run.wait() == -signal.SIGKILL
    done = len(log.read_text().splitlines()) - 1  # the last slice may not have been learned from
    kept = int(read(file)[1]["step"])
    assert kept % EVERY == 0 and kept >= done - EVERY, f"{done} steps done, {kept} kept"
    network, history = train(checkpoint=file, resume=True)
    same(network, whole[0])
    same_history(history.rows, whole[1].rows)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_between_two_reports_it_ends_its_step_and_goes_on_from_there(tmp_path, whole, number):
    log, file = tmp_path / "log", tmp_path / "checkpoint.safetensors"
    with subprocess.Popen([sys.executable, CHILD, tmp_path, log, "-1"], stderr=subprocess.PIPE) as run:
        while not log.exists() or len(log.read_text().splitlines()) < EVERY + 2:
            assert run.poll() is None, run.stderr.read().decode()
            time.sleep(0.002)
        run.send_signal(number)
        assert run.wait(timeout=60) in (-number, 128 + number, 1), run.stderr.read().decode()
    kept = int(read(file)[1]["step"])
    assert EVERY < kept < STEPS and len(json.loads(read(file)[1]["losses"])) == kept % EVERY
    network, history = train(checkpoint=file, resume=True)
    same(network, whole[0])
    same_history(history.rows, whole[1].rows)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_stopped_with_its_workers_keeps_a_checkpoint(tmp_path, number):
    """As a terminal, `timeout` or a queue does it: the signal goes to every process of the run."""
    command = [sys.executable, "-m", "mrtutor", "train", "unet", "--device", "cpu", "--folder", tmp_path]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, env=environment
    ) as run:
        assert b"begins at step 1" in run.stdout.readline()
        while not psutil.Process(run.pid).children():  # the worker comes with the loop
            time.sleep(0.05)
        time.sleep(random.uniform(0.5, 3))
        os.killpg(run.pid, number)
        said = run.stdout.read().decode()
    assert said.startswith("stopped; unet.checkpoint.safetensors is kept, and mrtutor train unet --resume"), said
    assert run.returncode == 128 + number and int(read(tmp_path / "unet.checkpoint.safetensors")[1]["step"]) > 0


def test_killed_before_its_first_report_it_has_a_checkpoint(tmp_path, monkeypatch, whole):
    file = tmp_path / "checkpoint.safetensors"
    monkeypatch.setattr(logbook, "KEEP_S", 0)

    class Dies(Ellipses):
        def slice_number(self, i):
            if i == EVERY - 1:
                raise OSError("the machine is gone")
            return super().slice_number(i)

    with pytest.raises(OSError):
        train(Dies(), checkpoint=file)
    assert read(file)[1]["step"] == str(EVERY - 1)
    network, history = train(checkpoint=file, resume=True)
    same(network, whole[0], 0)
    same_history(history.rows, whole[1].rows, 0)


def test_handlers_of_signals_are_put_back(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    train(steps=2)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_checkpoint_is_never_half_written(tmp_path, monkeypatch):
    file = tmp_path / "checkpoint.safetensors"
    train(steps=4, checkpoint=file)
    before = file.read_bytes()

    def dies(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint.os, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        train(checkpoint=file)
    assert file.read_bytes() == before and [path.name for path in tmp_path.iterdir()] == [file.name]


def test_killed_while_writing_the_old_checkpoint_stands(tmp_path):
    """A process that dies with half a file written: what lies there is the file before."""
    file = tmp_path / "checkpoint.safetensors"
    checkpoint.write(file, {"w": torch.ones(3)}, {})
    code = (
        "import os, pathlib, signal, sys, torch\n"
        "def half(path, content):\n"
        "    with open(path, 'wb') as file:\n"
        "        file.write(content[:len(content) // 2])\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "pathlib.Path.write_bytes = half\n"
        "from mrtutor.training.checkpoint import write\n"
        "write(sys.argv[1], {'w': torch.zeros(3)}, {})"
    )
    assert subprocess.run([sys.executable, "-c", code, file]).returncode == -signal.SIGKILL
    assert torch.equal(read(file)[0]["w"], torch.ones(3))


def test_resumed_after_its_last_step_a_run_is_complete(tmp_path, whole):
    file = tmp_path / "checkpoint.safetensors"
    first, _ = train(steps=4, checkpoint=file)
    again, history = train(steps=4, checkpoint=file, resume=True)
    same(again, first, 0)
    assert history.column("step") == [4] and not again.training


def test_resume_without_a_checkpoint_begins(tmp_path):
    _, history = train(steps=2, checkpoint=tmp_path / "none.safetensors", resume=True)
    assert history.column("step") == [2]


@pytest.fixture
def stopped(tmp_path):
    """The checkpoint of a run of 4 steps."""
    file = tmp_path / "run.safetensors"
    train(steps=4, checkpoint=file, about={"seed": 1})
    return file


@pytest.mark.parametrize(
    "other, said",
    [
        (
            {"steps": 3},
            r"run.safetensors is of another training \(steps was 4, now it is 3\): go on with the same, or "
            r"delete it and start anew",
        ),
        ({"steps": 8}, r"run.safetensors is of another training \(steps was 4, now it is 8\).*"),
        ({"about": {"seed": 2}}, r"run.safetensors is of another training \(seed was 1, now it is 2\).*"),
        ({"batch": 2}, r".*\(batch was 1, now it is 2\).*"),
        ({"restarts": (2,)}, r".*\(restarts was \[\], now it is \[2\]\).*"),
        ({"loss": LOSSES["l1"]}, r".*\(loss was 'nrmse', now it is 'l1'\).*"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(stopped, other, said):
    with pytest.raises(ValueError, match=f"^{said}$"):
        train(checkpoint=stopped, resume=True, **{"steps": 4, "about": {"seed": 1}, **other})


def test_another_stream_is_another_training(tmp_path):
    file, dials = tmp_path / "run.safetensors", replace(SMALL, seed=3)
    fit(tiny("UnetImage"), dials, Plan(1), checkpoint=file)
    with pytest.raises(ValueError, match=r"\(noise was \[0.\d+, 0.\d+\], now it is \[0.1, 0.2\]\)"):
        fit(tiny("UnetImage"), replace(dials, noise=(0.1, 0.2)), Plan(1), checkpoint=file, resume=True)


def test_old_checkpoints_without_a_plan_are_still_checked(stopped):
    tensors, header = read(stopped)
    checkpoint.write(stopped, tensors, {name: text for name, text in header.items() if name != "plan"})
    assert train(steps=8, checkpoint=stopped, resume=True)[1].column("step") == [4, 8]
    checkpoint.write(stopped, tensors, {"step": "9", "history": "[]"})
    with pytest.raises(ValueError, match="^steps must be 9 or more, since run.safetensors has done so many, got 8$"):
        train(steps=8, checkpoint=stopped, resume=True)


def damaged(tensors: dict, how: str) -> dict:
    weight = next(name for name in tensors if name.startswith("network."))
    return {
        "shape": tensors | {weight: torch.zeros(2)},
        "type": tensors | {weight: tensors[weight].double()},
        "more": tensors | {"x": torch.zeros(1)},
        "nan": tensors | {weight: tensors[weight] * torch.nan},
        "no optimiser": {k: v for k, v in tensors.items() if "adam.0" not in k},
    }[how]


@pytest.mark.parametrize(
    "how, said",
    [
        ("shape", r"does not fit this network and optimiser: network.\S+ must be float32 \(.*\), got float32 \(2,\)"),
        ("type", r"got float64 \(.*\)"),
        ("more", "it holds 'x', which has no place there"),
        ("nan", "is of no use: network.* holds values that are not finite numbers"),
        ("no optimiser", r"adam.0.step must be float32 \(\), got nothing"),
    ],
)
def test_a_damaged_checkpoint_is_refused_and_changes_nothing(stopped, how, said):
    tensors, header = read(stopped)
    checkpoint.write(stopped, damaged(tensors, how), header)
    network, untouched = tiny("Cascade"), tiny("Cascade")
    with pytest.raises(ValueError, match=f"^run.safetensors .*{said}$"):
        restore(stopped, network, torch.optim.Adam(network.parameters()), {})
    same(network, untouched, 0)


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"step": "x", "history": "[]"},
        {"step": "1", "history": "[" * 100_000},
        {"step": "1", "history": "[]", "plan": "3"},
    ],
)
def test_a_foreign_header_is_refused(stopped, header):
    checkpoint.write(stopped, read(stopped)[0], header)
    with pytest.raises(
        ValueError, match="^run.safetensors must be the checkpoint of a training run, and its header is not$"
    ):
        train(steps=4, checkpoint=stopped, resume=True)


def test_a_truncated_checkpoint_is_refused(stopped):
    stopped.write_bytes(stopped.read_bytes()[:-100])
    with pytest.raises(ValueError, match="^run.safetensors must be a whole safetensors file, but reading it says: .*$"):
        train(steps=4, checkpoint=stopped, resume=True)


# --- several processes, 16 bits, compiled ---


def test_two_processes_are_one_with_twice_the_batch(tmp_path):
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nproc_per_node=2",
        "--master_port=0",
        "--rdzv-backend=c10d",
        "--rdzv-endpoint=localhost:0",
        CHILD,
        tmp_path,
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=600, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    weights, header = read(tmp_path / "end.safetensors")
    rows, (network, history), (alone, _) = json.loads(header["rows"]), train(batch=2), train(batch=1)
    same_history(rows[:1], history.rows[:1])
    same_history(rows, history.rows, 1e-3)
    # gradients are summed in another order, and Adam makes the most of the smallest difference: 3 % of the way in 24
    # large steps
    begin = tiny("Cascade").state_dict()
    assert distance(network.state_dict(), weights) < 0.03 * distance(begin, weights)
    assert distance(alone.state_dict(), weights) > 0.3 * distance(begin, weights)


def distance(weights: dict, others: dict) -> float:
    return float(sum((weights[name] - others[name]).square().sum() for name in weights) ** 0.5)


def test_without_torchrun_nothing_is_joined():
    assert parallel.start("cpu") == "cpu" and parallel.world_size() == 1 and parallel.rank() == 0


def test_16_bit_convolutions_learn_the_same():
    """bf16 keeps 8 bits of a number: predictions agree to 2 % of the brightest pixel, losses to 2 %."""
    exact, history = train(steps=8)
    half, in_half = train(steps=8, bf16=True)
    kspace, mask, maps, image = example()
    with torch.no_grad():
        difference = (exact(kspace, mask, maps) - half(kspace, mask, maps)).abs().max() / image.abs().max()
    assert 0 < difference < 0.02
    assert in_half.column("loss") == pytest.approx(history.column("loss"), rel=0.02)
    assert all(p.dtype == torch.float32 for p in half.parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_through_real_parts_go_real_numbers_only(name):
    network, seen = tiny(name), []
    parts = real_parts(network)
    for part in parts:
        part.register_forward_hook(lambda module, inputs, output: seen.extend([*inputs, output]))
    kspace, mask, maps, _ = example(n_coils=network.n_coils or 4)
    with torch.no_grad():
        network(kspace, mask, maps)
    assert not any(tensor.is_complex() for tensor in seen)
    plain = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
    assert bool(plain) == bool(parts), "a network of ordinary convolutions has parts to compile"


def test_only_the_convolutions_are_compiled_and_only_on_cuda():
    network = tiny("VarNet")
    assert prepare(network, "cpu") == []
    assert real_parts(network) == list(network.nets), "the U-Nets, not the Fourier transforms between them"
    kspace, mask, maps, _ = example()
    network.eval()
    with torch.no_grad():
        eager = network(kspace, mask, maps)
        parts = prepare(network, "cpu", backend="eager")
        assert parts == list(network.nets) and all("forward" in vars(part) for part in parts)
        torch.testing.assert_close(network(kspace, mask, maps), eager)
    names = list(network.state_dict())
    release(parts)
    assert list(network.state_dict()) == names and not any("forward" in vars(part) for part in parts)


@pytest.mark.parametrize("norm", [True, False])
def test_instance_norms_on_a_cpu_keep_the_plain_layout(norm):
    network, x = Unet(2, 2, 4, 2, norm), torch.randn(1, 2, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = network(x)
        prepare(network.to(memory_format=torch.channels_last), "cpu")
        torch.testing.assert_close(network(x), expected)
    weights = [
        layer.weight for layer in network.modules() if isinstance(layer, (torch.nn.Conv2d, torch.nn.ConvTranspose2d))
    ]
    several = [
        weight for weight in weights if weight.shape[1] > 1 and weight.shape[-1] > 1
    ]  # else both layouts are one
    assert len(several) == 12
    assert all(weight.is_contiguous() == norm for weight in several)
    assert all(weight.is_contiguous(memory_format=torch.channels_last) != norm for weight in several)
    assert layout(network, "cuda") == torch.channels_last


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device: 16 bits, compiled")
def test_on_cuda_training_equals_the_cpu():
    network, history = train(device="cuda")
    exact, on_cpu = train()
    assert history.column("loss") == pytest.approx(on_cpu.column("loss"), rel=0.03)
    kspace, mask, maps, image = example()
    with torch.no_grad():
        difference = (network.cpu()(kspace, mask, maps) - exact(kspace, mask, maps)).abs().max() / image.abs().max()
    assert difference < 0.05


def test_devices_that_are_here():
    assert checked_device("cpu") == "cpu"
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="got 'cuda'"):
            checked_device("cuda")


# --- the stream ---


def equal(a, b) -> bool:
    return all(x.shape == y.shape and torch.equal(x, y) for x, y in zip(a, b, strict=True))


def test_the_stream_is_a_function_of_seed_and_number():
    stream = replace(SMALL, maps=(0, 0.5, 0.5))
    first = stream.slice_number(11)
    examination.cache_clear()
    [stream.slice_number(i) for i in (3, 12)]
    assert equal(stream.slice_number(11), first)
    assert not equal(stream.slice_number(12), first)
    assert not equal(replace(stream, seed=1).slice_number(11), first)


def test_examples_share_examinations_by_eights():
    stream = replace(SMALL, reuse=2)
    targets = [stream.slice_number(i).target for i in range(16)]
    assert all(torch.equal(targets[i], targets[i + 8]) for i in range(8))
    assert not torch.equal(targets[0], targets[1])
    assert not torch.equal(stream.slice_number(16).target, targets[0]), "then new people come"


def test_splits_never_share_a_patient():
    from mrtutor.patients.subject import SPLITS

    people = {split: {patient(seed, size=32, split=split).head for seed in range(6)} for split in SPLITS}
    assert people["train"] & people["test"] == set() and people["val"] & people["test"] == set()
    a, b = (patient(1, size=64, split=split).image for split in ("train", "val"))
    assert not torch.allclose(a, b), "one seed in two splits is two people"
    train_, val = (replace(SMALL, split=split).slice_number(0).target for split in ("train", "val"))
    assert train_.shape == val.shape and not torch.allclose(train_, val)


def test_the_dials_turn_what_they_say():
    stream = replace(
        SMALL, sizes=(32, 40), n_coils=(2, 5), acceleration=(2, 4), noise=(0.01, 0.02), maps=(0, 1, 0), reuse=1
    )
    exams = [examination(stream, i) for i in range(24)]
    assert {len(exam.clean) for exam in exams} == {2, 3, 4, 5}
    assert {exam.clean.shape[-2:] for exam in exams} == {(a, b) for a in (32, 40) for b in (32, 40)}
    assert all(0.01 <= exam.noise <= 0.02 for exam in exams) and len({exam.noise for exam in exams}) == 24
    drawn = [stream.slice_number(i) for i in range(24)]
    R = [float(1 / example.mask.float().mean()) for example in drawn]
    assert min(R) > 1.4 and max(R) < 4.2 and len(set(R)) > 6
    assert all(torch.equal(example.kspace, example.kspace * example.mask) for example in drawn)


def test_noise_is_as_strong_as_the_dial_says():
    quiet, loud = (replace(SMALL, noise=(std, std), reuse=64) for std in (1e-6, 0.2))
    a, b = quiet.slice_number(0), loud.slice_number(0)
    difference = (b.kspace - a.kspace)[b.mask.expand_as(b.kspace) & a.mask.expand_as(a.kspace)]
    assert float(torch.view_as_real(difference).std()) == pytest.approx(0.2, rel=0.1)


def test_patterns_differ_and_keep_calibration_lines():
    gaps, reach = {}, {}
    for pattern in PATTERNS:
        stream = replace(SMALL, sizes=(64,), patterns=(pattern,), acceleration=(3, 3), reuse=64)
        masks = [stream.slice_number(8 * i).mask[0, 0] for i in range(8)]
        assert all(bool(mask[30:34].all()) for mask in masks), "four lines at the centre at least"
        lines = [torch.nonzero(mask)[:, 0] for mask in masks]
        gaps[pattern] = max(int(torch.diff(line).max()) for line in lines)
        reach[pattern] = float(torch.cat(lines).sub(32).abs().float().mean())
    assert gaps["equispaced"] == 3 < gaps["uniform random"]
    assert reach["variable density"] < 0.8 * reach["uniform random"], "denser towards the centre"


@pytest.mark.parametrize("kind", ["espirit", "true", "ratio"])
def test_maps_are_of_the_kind_asked_for(kind):
    stream = replace(
        SMALL,
        maps=tuple(float(kind == name) for name in ("espirit", "true", "ratio")),
        n_coils=(4, 4),
        patterns=("uniform random",),
    )
    one, other = stream.slice_number(0), stream.slice_number(8)  # the same examination, another mask
    assert torch.equal(one.maps, other.maps) == (kind != "ratio"), "the quick ratio is taken from the lines at hand"
    norm = one.maps.abs().square().sum(0).sqrt()
    inside = norm > 0.5
    torch.testing.assert_close(norm[inside], torch.ones_like(norm[inside]), rtol=0, atol=1e-3)
    assert bool((examination(stream, 0).maps is None) == (kind == "ratio"))


def test_one_coil_is_a_uniform_map():
    """Cut to where there is signal, half of the time."""
    maps = [replace(SMALL, n_coils=(1, 1), seed=seed).slice_number(0).maps.abs() for seed in range(6)]
    assert all(set(one.unique().tolist()) <= {0.0, 1.0} for one in maps)
    assert 0 < sum(bool(one.all()) for one in maps) < 6


def test_leaves_are_alike_at_every_scale_and_cover_all():
    """The law they are named for: neighbours differ as much after 2 x 2 pixels have become one."""
    fine = torch.stack([dead_leaves(256, torch.Generator().manual_seed(seed)) for seed in range(4)])
    assert 0 <= float(fine.min()) and float(fine.max()) <= 1 and len(fine[0].unique()) > 300
    assert torch.equal(fine[1], dead_leaves(256, torch.Generator().manual_seed(1))) and not torch.equal(
        fine[0], fine[1]
    )
    assert float((fine == 0.5).float().mean()) < 0.2, "the plane shows in few places"
    step = [float(torch.nn.functional.avg_pool2d(fine[:, None], size).diff(dim=-1).std()) for size in (1, 2, 4)]
    assert step[1:] == pytest.approx(step[:1] * 2, rel=0.1)
    noise = torch.rand(1, 1, 256, 256, generator=torch.Generator().manual_seed(0))
    coarse = torch.nn.functional.avg_pool2d(noise, 2)
    assert float(coarse.diff(dim=-1).std() / noise.diff(dim=-1).std()) == pytest.approx(0.5, rel=0.05), (
        "as noise does not"
    )


def test_a_leafy_head_keeps_its_outline_and_its_phase():
    image = torch.zeros(1, 128, 128, dtype=torch.complex64)
    image[:, 32:96, 32:96] = torch.polar(
        torch.rand(64, 64, generator=torch.Generator().manual_seed(0)) + 0.5, torch.linspace(-3, 3, 64).expand(64, 64)
    )
    drawn = [leafy(image, torch.Generator().manual_seed(seed)) for seed in range(8)]
    for one in drawn:
        assert float(one[:, :27].abs().max()) == 0 == float(one[:, :, 101:].abs().max())
        inside = (slice(None), slice(36, 92), slice(36, 92))
        torch.testing.assert_close(
            one[inside] / one[inside].abs(), image[inside] / image[inside].abs(), atol=1e-4, rtol=0
        )
    shown = [
        float(torch.corrcoef(torch.stack([one[inside].abs().flatten(), image[inside].abs().flatten()]))[0, 1])
        for one in drawn
    ]
    assert any(abs(r) < 0.1 for r in shown) and any(0.3 < r < 0.9 for r in shown) and max(shown) < 0.9, (
        "filled, or dappled"
    )


def test_leaves_fall_from_their_example_on_and_nowhere_else(monkeypatch):
    green = replace(SMALL, reuse=2, leaves=(1.0, 16))
    assert all(equal(green.slice_number(i), replace(SMALL, reuse=2).slice_number(i)) for i in (0, 7, 15))
    assert all(
        not torch.equal(green.slice_number(i).target, replace(SMALL, reuse=2).slice_number(i).target)
        for i in (16, 23, 40)
    )
    heads = []
    monkeypatch.setattr("mrtutor.training.stream.leafy", lambda image, rng: heads.append(image) or image)
    for i in range(32):
        replace(SMALL, reuse=1, leaves=(0.5, 0), seed=9).slice_number(i)
    assert 8 < len(heads) < 24, "by their chance"


def test_validation_has_no_leaves():
    seen = []

    def method(kspace, mask, maps):
        seen.append(kspace)
        return torch.zeros(1, *kspace.shape[-2:], dtype=torch.complex64)

    validation(SMALL, n=2)(method)
    validation(replace(SMALL, leaves=(1.0, 0)), n=2)(method)
    assert len(seen) == 8 and all(torch.equal(a, b) for a, b in zip(seen[:4], seen[4:], strict=True))


# --- validation and progress ---


def test_evaluation_is_psnr_and_ssim_of_the_mean_slice():
    def truth_minus(error):
        return lambda kspace, mask, maps: next(e.target + error for e in examples if torch.equal(e.kspace, kspace))

    examples = [SMALL.slice_number(i) for i in range(2)]
    better, worse = (evaluate(truth_minus(error), SMALL, range(2)) for error in (0.01, 0.1))
    assert better["PSNR"] - worse["PSNR"] == pytest.approx(20, abs=3) and worse["SSIM"] < better["SSIM"] <= 1


def test_validation_has_the_dials_of_the_stream():
    coils = []

    def method(kspace, mask, maps):
        coils.append(len(kspace))
        return (maps.conj() * kspace).sum(-3, keepdim=True)

    assert set(validation(replace(SMALL, n_coils=(3, 3)), n=1)(method)) == {SEEN_HEADS, NEW_HEAD}
    assert coils == [3, 3]


ROWS = [{"step": 5, "loss": 0.5, "lr": 1e-3, "seconds": 10.0, "PSNR": 30.0}]


def test_progress_says_where_the_run_is_and_how_long_it_takes():
    assert line(History(ROWS), 20) == "step 5 of 20  loss 0.5000  PSNR 30.00  30 s left"
    assert line(History(ROWS), 500).endswith("16 min left")


def test_progress_is_a_line_a_report_where_nobody_sits(capsys, monkeypatch):
    monkeypatch.delenv("MRTUTOR_BOOK", raising=False)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    train(steps=4, every=2, watch=Progress(4))
    said = capsys.readouterr()
    assert said.err == "" and [text.split("  ")[0] for text in said.out.splitlines()] == ["step 2 of 4", "step 4 of 4"]


def test_a_log_is_not_silent_between_reports(capsys, monkeypatch):
    monkeypatch.delenv("MRTUTOR_BOOK", raising=False)
    monkeypatch.setattr(progress, "SILENT_S", 0)
    train(steps=4, every=4, watch=Progress(4))
    said = [text.split("  ")[0] for text in capsys.readouterr().out.splitlines()]
    assert said == [f"step {n} of 4" for n in (1, 2, 3, 4)]


def test_progress_is_a_bar_where_somebody_waits(capsys, monkeypatch):
    monkeypatch.delenv("MRTUTOR_BOOK", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    bar = Progress(4)
    train(steps=4, every=2, watch=bar)
    said = capsys.readouterr()
    assert "4/4" in said.err and "step 2 of 4  loss" in said.out and bar.bar.n == 4


def test_progress_is_silent_in_the_book(capsys, monkeypatch):
    monkeypatch.setenv("MRTUTOR_BOOK", "1")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    train(steps=2, every=1, watch=Progress(2))
    assert capsys.readouterr() == ("", "")


def test_a_tick_a_step():
    class Watch(list):
        tick = list.append

        def __call__(self, history):
            self.append("report")

    watch = Watch()
    train(steps=4, every=2, watch=watch)
    assert watch == [1, 2, "report", 3, 4, "report"]
