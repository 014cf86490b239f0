"""Fetching real scans: broken lines, wrong bytes, closed doors, the conversion, against a server on this machine."""

import hashlib
import socket
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers.real import REAL

from mrtutor import fetch as fetching
from mrtutor import scan, sources, twix
from mrtutor.download import FetchError, Resume
from mrtutor.fetch import fetch

needs_raw = pytest.mark.skipif(not (REAL / "raw").is_dir(), reason=f"no originals in {REAL / 'raw'}")
NAME = "brain-poisson-8ch"  # the one that needs no reader of Siemens files


class Server(ThreadingHTTPServer):
    """Serves `content` at any path. `plan` is a list of what happens to each request in turn, the last one for ever:
    "ok", "plain" (no ranges), ("drop", n) closes after n bytes, ("status", code), "altered"."""

    def __init__(self, content: bytes, plan=("ok",)):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.plan, self.requests = content, list(plan), []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.requests.append((self.path, asked))
        step = server.plan.pop(0) if len(server.plan) > 1 else server.plan[0]
        kind, number = step if isinstance(step, tuple) else (step, None)
        if kind == "status":
            self.send_error(number)
            return
        content = (
            server.content if kind != "altered" else b"<html>Blocked by your hospital</html>" + server.content[:1000]
        )
        start = int(asked.split("=")[1].rstrip("-")) if asked and kind != "plain" else 0
        if start > len(content):
            self.send_error(416)
            return
        rest = content[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest if kind != "drop" else rest[:number])
        if kind == "drop":
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *words):
        pass


def original() -> bytes:
    """A .npy like the public one: (coil, y, x), zeros where nothing was measured."""
    import io

    rng = np.random.default_rng(0)
    kspace = (rng.standard_normal((8, 60, 40)) + 1j * rng.standard_normal((8, 60, 40))).astype(np.complex64)
    mask = rng.random((60, 40)) < 0.3
    mask[20:40, 12:28] = True
    out = io.BytesIO()
    np.save(out, kspace * mask)
    return out.getvalue()


@pytest.fixture
def serve(monkeypatch):
    """serve(*plan) -> a running server whose content is what the table of sources expects."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    content = original()
    monkeypatch.setitem(
        sources.SOURCES, NAME, replace(sources.SOURCES[NAME], sha256=hashlib.sha256(content).hexdigest())
    )
    servers = []

    def start(*plan, content=content):
        servers.append(Server(content, plan or ("ok",)))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def get(server, folder, **options):
    return fetch(NAME, folder, base=server.base, progress=False, wait=0.01, **options)


def test_fetch_converts_keeps_and_deletes_the_original(serve, tmp_path, monkeypatch):
    server = serve()
    path = get(server, tmp_path / "new")
    assert path == tmp_path / "new" / "brain_sigpy_8ch_poisson.h5" and [p.name for p in path.parent.iterdir()] == [
        path.name
    ]
    assert server.requests == [("/" + sources.SOURCES[NAME].url, None)]
    assert get(server, tmp_path / "new") == path and len(server.requests) == 1, "what is here is not fetched again"
    monkeypatch.setenv("MRTUTOR_DATA", str(path.parent))
    s = scan.load(NAME)
    import io

    assert np.array_equal(s.kspace.numpy(), np.load(io.BytesIO(server.content)))
    assert (
        s.real
        and s.plain_label == "Real scan: 8-channel T1, 12 % measured"
        and s.upright == "rotate 180"
        and not s.voxel_known
    )
    assert s.attributes["licence"].startswith("BSD-3") and s.attributes["source"].startswith("mikgroup/")


def test_a_dropped_connection_goes_on_where_it_stopped(serve, tmp_path):
    server = serve(("drop", 20_480), ("drop", 30_720), "ok")
    get(server, tmp_path)
    assert [r for _, r in server.requests] == [None, "bytes=20480-", "bytes=51200-"]


def test_a_slow_line_that_always_brings_something_is_not_given_up(serve, tmp_path):
    server = serve(*[("drop", 20_480)] * 6, "ok")
    get(server, tmp_path, tries=2)
    assert len(server.requests) == 7


def test_the_part_waits_for_the_next_run(serve, tmp_path):
    broken = serve(("drop", 25_600), ("drop", 0))
    with pytest.raises(
        FetchError,
        match=r"The connection to 127\.0\.0\.1:\d+ broke off, several times\. "
        "25600 bytes are kept: run the same command again",
    ):
        get(broken, tmp_path, tries=3)
    assert len(broken.requests) == 3 and [p.name for p in tmp_path.iterdir()] == ["cartesian_ksp.npy.part"]
    whole = serve()
    get(whole, tmp_path)
    assert whole.requests[0][1] == "bytes=25600-" and [p.suffix for p in tmp_path.iterdir()] == [".h5"]


def test_a_part_that_does_not_belong_is_thrown_away(serve, tmp_path):
    for stale in (
        b"not the beginning of that file",
        b"x" * 10**6,
    ):  # the second is longer than the file: the server says 416
        (tmp_path / "cartesian_ksp.npy.part").write_bytes(stale)
        path = get(serve(), tmp_path)
        assert scan.read(path).kspace.shape == (8, 60, 40)
        path.unlink()


def test_a_server_without_ranges_starts_again(serve, tmp_path):
    server = serve(("drop", 25_600), "plain")
    get(server, tmp_path)
    assert [r for _, r in server.requests] == [None, "bytes=25600-"]


def test_altered_bytes_are_not_kept(serve, tmp_path):
    with pytest.raises(FetchError, match=r"cartesian_ksp\.npy arrived altered .*SHA-256.* thrown away: a firewall"):
        get(serve("altered"), tmp_path)
    assert list(tmp_path.iterdir()) == []
    flipped = bytearray(original())
    flipped[5000] ^= 1
    with pytest.raises(FetchError, match="arrived altered"):
        get(serve(content=bytes(flipped)), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_busy_server_is_asked_again(serve, tmp_path):
    server = serve(("status", 503), ("status", 429), "ok")
    get(server, tmp_path)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "code, words, n",
    [
        (404, r"no longer has cartesian_ksp\.npy \(404\)", 1),
        (403, r"refuses cartesian_ksp\.npy \(403\)", 1),
        (407, r"A proxy .* wants a user name and password \(407\)", 1),
        (500, r"answered 500 .* several times", 4),
    ],
)
def test_closed_doors(code, words, n, serve, tmp_path):
    server = serve(("status", code))
    with pytest.raises(FetchError, match=words) as error:
        get(server, tmp_path)
    assert len(server.requests) == n and "\n" not in str(error.value) and list(tmp_path.iterdir()) == []


def closed_port() -> str:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{s.getsockname()[1]}"


def test_offline(serve, tmp_path):
    with pytest.raises(
        FetchError,
        match=r"127\.0\.0\.1:\d+ cannot be reached: this machine is offline, or a firewall or a missing proxy setting",
    ):
        fetch(NAME, tmp_path, base=closed_port(), progress=False, wait=0.01)
    with pytest.raises(FetchError, match=r"nowhere\.invalid cannot be reached"):
        fetch(NAME, tmp_path, base="http://nowhere.invalid/", progress=False, tries=1)


def test_behind_a_wrong_proxy(serve, tmp_path, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, closed_port())
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    with pytest.raises(
        FetchError, match="The proxy set for this machine does not let us reach example.invalid: check HTTPS_PROXY"
    ):
        fetch(NAME, tmp_path, base="http://example.invalid/", progress=False, tries=1)


def test_a_server_that_does_not_answer(serve, tmp_path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        download = Resume(tmp_path / "x.part", progress=False, tries=1, timeout=0.3)
        with pytest.raises(FetchError, match="did not answer in time"):
            download(f"http://127.0.0.1:{silent.getsockname()[1]}/x", tmp_path / "x", None)


def test_an_endless_file_is_cut(serve, tmp_path, monkeypatch):
    monkeypatch.setattr("mrtutor.download.MAX_BYTES", 2**16)
    with pytest.raises(FetchError, match="sent more than 0 MiB for cartesian_ksp.npy, which is not the file we know"):
        get(serve(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_progress_is_plain_text(serve, tmp_path, capsys):
    fetch(NAME, tmp_path, base=serve().base)
    assert "cartesian_ksp.npy" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(serve, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FetchError, match="file must be a folder that can be written, got: File exists"):
        get(serve(), tmp_path / "file")


def test_an_unknown_name(tmp_path):
    with pytest.raises(ValueError, match="name must be one of brain-16ch, .*, got 'brain'"):
        fetch("brain", tmp_path)


def test_a_failed_conversion_leaves_nothing(serve, tmp_path, monkeypatch):
    content = b"\x93NUMPY and then nonsense"
    monkeypatch.setitem(
        sources.SOURCES, NAME, replace(sources.SOURCES[NAME], sha256=hashlib.sha256(content).hexdigest())
    )
    with pytest.raises(ValueError):
        get(serve(content=content), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_twixtools_it_says_so_before_the_download(serve, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "twixtools", None)  # as if it were not installed
    server = serve()
    with pytest.raises(
        ImportError, match=r"needs the package twixtools, which is not installed: pip install twixtools"
    ):
        fetch("phantom-gre", tmp_path, base=server.base, progress=False)
    assert server.requests == []


# ---- the public originals


def test_the_table_is_complete():
    for name, source in sources.SOURCES.items():
        assert (
            len(source.sha256) == 64
            and source.licence
            and source.label.startswith("Real scan")
            and source.upright in scan.UPRIGHT
        )
        assert sources.by_source(source.source) is source and (REAL / source.file).exists() == REAL.is_dir(), name


@needs_raw
@pytest.mark.parametrize("name", ["phantom-gre", "brain-poisson-8ch"])
def test_public_originals_convert_bit_for_bit(name, tmp_path, monkeypatch):
    """Through the server, the hash on record and the conversion, beside the file that was converted independently."""
    source = sources.SOURCES[name]
    if source.url.endswith(".dat"):
        pytest.importorskip("twixtools")
    content = (REAL / "raw" / Path(source.url).name).read_bytes()
    server = Server(content, [("drop", len(content) // 2), "ok"])
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    path = fetch(name, tmp_path, base=server.base, progress=False, wait=0.01)
    server.shutdown()
    server.server_close()
    with h5py.File(path) as ours, h5py.File(REAL / source.file) as theirs:
        assert (
            np.array_equal(ours["kspace"][()], theirs["kspace"][()]) and ours["kspace"].dtype == theirs["kspace"].dtype
        )
        for data in set(theirs) - {"kspace"}:
            if data == "mask":
                assert np.array_equal(ours[data][()], theirs[data][()])
            else:
                np.testing.assert_allclose(
                    ours[data][()], theirs[data][()], rtol=1e-4, atol=1e-6 * theirs[data][()].max()
                )
        assert ours.attrs["source"] == theirs.attrs["source"]
    raw_words = [b"PatientName", b"tPatientName", b"PatientID", b"Siemens", b"DICOM"]
    assert not any(word in path.read_bytes() for word in raw_words), "nothing of the header"
    assert [p.name for p in tmp_path.iterdir()] == [source.file], "the original is gone"


@needs_raw
@pytest.mark.parametrize("kind", ["unlabelled", "reflected", "averaged", "slices", "echoes", "partial"])
def test_siemens_lines_are_put_where_they_belong(kind, tmp_path):
    """The structured phantom with other counters and flags, as other sequences set them; Pulseq leaves all at 0."""
    twixtools = pytest.importorskip("twixtools")
    raw = REAL / "raw" / "gre.dat"
    reference, _ = twix.read_twix(raw)
    file = twixtools.read_twix(str(raw), verbose=False)
    for n, line in enumerate(file[-1]["mdb"]):
        counter = line.mdh.Counter
        if kind == "unlabelled":
            counter.Lin = 0
        elif kind == "reflected":
            line.set_flag("REFLECT", n % 2 == 1)
        elif kind == "averaged":
            counter.Lin, counter.Ave = n // 2, n % 2
        elif kind == "slices":
            counter.Lin, counter.Sli = n // 2, n % 2
        elif kind == "partial":  # the echo and the lines come 60 and 40 samples before the middle
            line.mdh.CenterCol, line.mdh.CenterLin = 100, 40
        else:
            counter.Eco = n % 2
    twixtools.write_twix(file, str(tmp_path / "x.dat"))
    if kind == "echoes":
        with pytest.raises(ValueError, match="must be a 2-D scan of one echo, got several values of the counter Eco"):
            twix.read_twix(tmp_path / "x.dat")
        return
    kspace, lines = twix.read_twix(tmp_path / "x.dat")
    if kind == "partial":
        assert kspace.shape[2:] == (440, 240) and lines.sum() == 160 and lines[80:].all()
        assert np.array_equal(kspace[:, :, 120:, 80:], reference) and not kspace[:, :, :120].any()
        s = scan.read(twix.to_hdf5(tmp_path / "x.dat", tmp_path / "x.h5"), space="k-space")
        assert s.mask.sum() == 320 * 160 and s.label.startswith("Your file: x.h5, 48 % measured")
        return
    assert lines.all()
    if kind == "unlabelled":
        assert np.array_equal(kspace, reference)
    elif kind == "reflected":
        assert np.array_equal(kspace[..., ::2], reference[..., ::2]) and np.array_equal(
            kspace[..., 1::2], reference[:, :, ::-1, 1::2]
        )
    elif kind == "averaged":
        np.testing.assert_allclose(kspace, (reference[..., ::2] + reference[..., 1::2]) / 2, rtol=1e-6)
    else:
        assert np.array_equal(kspace, np.stack([reference[0, :, :, ::2], reference[0, :, :, 1::2]]))


def test_fetch_lists_what_the_table_lists():
    assert fetching.SOURCES is sources.SOURCES
