"""`mrtutor lab` starts a real JupyterLab, as root too, and its kernels have what a busy machine needs."""

import json
import os
import socket
import subprocess
import sys
import time
from urllib.request import Request, urlopen

import pytest

ASK = "import json, os; print(json.dumps(dict(os.environ)))"
POLICY = "OMP_WAIT_POLICY"


def answer(runtime, kernel: str, code: str, seconds: float = 60) -> str:
    """What a running kernel prints."""
    from jupyter_client import BlockingKernelClient

    client = BlockingKernelClient(connection_file=str(runtime / f"kernel-{kernel}.json"))
    client.load_connection_file()
    client.start_channels(hb=False)  # a busy machine is slow to beat
    try:
        client.wait_for_ready(seconds)
        said = []
        client.execute_interactive(code, timeout=seconds, output_hook=lambda m: said.append(m["content"].get("text")))
        return "".join(filter(None, said))
    finally:
        client.stop_channels()


def kernel_of_lab(home, *arguments: str, **environment: str) -> tuple[str, dict[str, str]]:
    """What `mrtutor lab` prints, and the environment of a kernel that it starts."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    places = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    env = {name: value for name, value in os.environ.items() if name != POLICY} | places | environment
    command = [sys.executable, "-m", "mrtutor", "lab", home / "mine", "--no-browser", "--port", str(port), *arguments]
    with open(home / "log", "wb") as log:
        server = subprocess.Popen([*command, "--", "--IdentityProvider.token=t"], env=env, stdout=log, stderr=log)
    try:
        ask = Request(f"http://127.0.0.1:{port}/api/kernels", b"{}", {"Authorization": "token t"})
        for _ in range(240):
            assert server.poll() is None, (home / "log").read_text()
            try:
                kernel = json.load(urlopen(ask))["id"]
                break
            except OSError:
                time.sleep(0.25)
        return (home / "log").read_text(), json.loads(answer(home / "runtime", kernel, ASK))
    finally:
        server.terminate()
        server.wait(30)


@pytest.mark.parametrize("arguments", [(), ("--allow-root",)], ids=["plain", "allow_root"])
def test_16_lab_as_root_starts_and_its_kernel_waits_passively(tmp_path, arguments):
    said, kernel = kernel_of_lab(tmp_path, *arguments)
    assert kernel[POLICY] == "PASSIVE"
    assert ("You are root" in said) == (hasattr(os, "geteuid") and os.geteuid() == 0)


def test_the_users_own_value_wins(tmp_path):
    _, kernel = kernel_of_lab(tmp_path, OMP_WAIT_POLICY="ACTIVE")
    assert kernel[POLICY] == "ACTIVE"


@pytest.mark.parametrize(
    "code, environment, expected",
    [
        ("import mrtutor", {}, "PASSIVE"),
        ("import mrtutor", {"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE"),
        ("import torch, mrtutor", {}, "None"),  # torch has read its settings: nothing is changed for other programs
    ],
)
def test_import_mrtutor_asks_for_passive_waiting_before_torch_is_there(code, environment, expected):
    own = {name: value for name, value in os.environ.items() if name != POLICY} | environment
    code = f"{code}; import os; print(os.environ.get('OMP_WAIT_POLICY'))"
    done = subprocess.run([sys.executable, "-c", code], env=own, text=True, capture_output=True, check=True)
    assert done.stdout.strip() == expected
