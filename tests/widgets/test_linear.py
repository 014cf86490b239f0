"""The explorer computes in the page what the package computes in Python: over whole grids of states, odd sizes too."""

import numpy as np
import pytest
import torch
from helpers.widget_twin import NODE, close, expected, in_node, page_values, small_scan
from hypothesis import given, settings
from hypothesis import strategies as st

from mrtutor import metrics
from mrtutor.widgets import explore
from mrtutor.widgets.explore import states
from mrtutor.widgets.noise import unit_noise

pytestmark = pytest.mark.skipif(NODE is None, reason="Node is not installed: the page's own code cannot run here")
ALL = ("full", "image", "kspace", "mask", "psf", "error", "phase")
GRIDS = {
    "single": dict(
        acceleration=[1, 3],
        pattern=["equispaced", "centre only", "variable density 2-D"],
        n_acs=[0, 4],
        noise=[0.0, 0.05],
        swap=[False, True],
    ),
    "single ": dict(
        partial_fourier=[1.0, 0.7],
        fill=["zeros", "mirror"],
        phase=[True, False],
        oversampling=[2, 1],
        swap=[False, True],
        lost_line=[None, 3],
        spike=[0.0, 1.5],
    ),
    "rss": dict(
        acceleration=[1, 2, 4],
        coils=[None, 2],
        noise=[0.0, 0.02],
        pattern=["equispaced", "uniform random"],
        seed=[0, 1],
    ),
    "maps": dict(
        acceleration=[1, 2, 4],
        coils=[None, 2],
        noise=[0.0, 0.02],
        pattern=["equispaced", "variable density"],
        swap=[False, True],
    ),
}


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("shape", [(48, 40), (35, 27)])
def test_every_state_equals_the_package(tmp_path, grid, shape):
    scan = small_scan(shape, n_coils=1 if grid.startswith("single") else 4)
    payload = explore(scan, **GRIDS[grid], combine=grid.strip(), panes=ALL, alt="test").payload()
    from mrtutor.widgets.pack import unpack

    controls = {c["name"]: c["values"] for c in unpack(payload)[0]["controls"]}
    every = states(controls)
    for state, page in zip(every, page_values(payload, every, tmp_path), strict=True):
        if "why" in page:
            assert "must" in page["why"]
            continue
        python = expected(payload, state)
        for name in ("image", "full", "error", "mask", "psf", "kspace"):
            scale = float(python["full"].max()) if name == "error" else None
            assert close(page[name], python[name], 2e-5, scale), (name, state)
        if python["phase"] is not None:
            bright = (python["image"] > 0.1 * python["image"].max()).numpy().ravel()
            turn = np.angle(np.exp(1j * (np.array(page["phase"]) - python["phase"].numpy().ravel())))
            assert np.abs(turn[bright]).max() < 1e-3, state
        assert page["true_acceleration"] == pytest.approx(python["true_acceleration"])
        perfect = python["metrics"]["nmse"] < 1e-9  # rounding is all that is left of the error
        if not perfect:
            assert page["metrics"]["nmse"] == pytest.approx(python["metrics"]["nmse"], rel=1e-3), state
            assert page["metrics"]["psnr"] == pytest.approx(python["metrics"]["psnr"], abs=0.01), state
        assert page["metrics"]["ssim"] == pytest.approx(python["metrics"]["ssim"], abs=1e-4), state


def test_the_shipped_kspace_is_the_scan_to_a_few_parts_in_ten_thousand(tmp_path):
    scan = small_scan(n_coils=1)
    page = page_values(explore(scan, acceleration=[1, 2], alt="test").payload(), [START], tmp_path)[0]
    assert close(page["full"], scan.image.abs(), 5e-4)


START = dict(
    acceleration=1,
    pattern="equispaced",
    n_acs=0,
    seed=0,
    offset=None,
    coils=None,
    noise=0.0,
    partial_fourier=1.0,
    fill="zeros",
    swap=False,
    phase=True,
    oversampling=2,
    lost_line=None,
    spike=0.0,
    view="whole field",
)


@settings(max_examples=6)
@given(ny=st.integers(2, 40), nx=st.integers(2, 40), seed=st.integers(0, 99))
def test_the_transform_of_any_size(tmp_path_factory, ny, nx, seed):
    from mrtutor.fourier import ifft2c

    rng = np.random.default_rng(seed)
    k = (rng.normal(size=(2, ny, nx)) + 1j * rng.normal(size=(2, ny, nx))).astype(np.complex64)
    script = f"""const raw = new Float32Array(fs.readFileSync(__dirname + "/k").buffer.slice(0)), re = raw.filter((_,
      i) => i % 2 === 0), im = raw.filter((_, i) => i % 2 === 1);
    const out = toPicture({{ re: re.slice(), im: im.slice() }}, {ny}, {nx}), again = toKspace({{ re: out.re.slice(),
      im: out.im.slice() }}, {ny}, {nx});
    console.log(JSON.stringify([Array.from(out.re), Array.from(out.im), Math.max(...again.re.map((v,
      i) => Math.abs(v - re[i])))]));"""
    script = script.replace(
        'fs.readFileSync(__dirname + "/k").buffer.slice(0)',
        '(b => b.buffer.slice(b.byteOffset, b.byteOffset + b.length))(fs.readFileSync(__dirname + "/k"))',
    )
    re, im, back = in_node(script, {"k": k.tobytes()}, tmp_path_factory.mktemp("fft"))
    python = ifft2c(torch.from_numpy(k)).numpy()
    assert close(re, python.real, 1e-5) and close(im, python.imag, 1e-5) and back < 1e-5


def test_noise_is_the_same_and_gaussian(tmp_path):
    noise = unit_noise((50_000,), seed=4)
    re, im = in_node(
        "const n = unitNoise(50000, 4); console.log(JSON.stringify([Array.from(n.re), Array.from(n.im)]))", {}, tmp_path
    )
    assert close(re, noise.real, 1e-6) and close(im, noise.imag, 1e-6)
    for part in (noise.real, noise.imag):
        assert abs(part.mean()) < 0.02 and abs(part.std() - 1) < 0.01 and abs((part**4).mean() - 3) < 0.15
    assert abs((noise.real * noise.imag).mean()) < 0.02 and abs((noise.real[1:] * noise.real[:-1]).mean()) < 0.02


def test_pictures_of_any_turn(tmp_path):
    """What the front end draws upright is what `stand_up` does, for all eight turns; letters and arrow go along."""
    from mrtutor.scan import UPRIGHT
    from mrtutor.widgets.geometry import geometry

    for turn in UPRIGHT:
        scan = small_scan((6, 4), 1, upright=turn)
        geo = geometry(scan)
        rows, columns, source = in_node(
            f"const u = upright({str(geo['turn']).lower()}, 6, 4); console.log(JSON.stringify([u.rows, "
            f"u.columns, Array.from(u.source)]))",
            {},
            tmp_path,
        )
        grid = np.arange(24).reshape(6, 4)
        assert np.array_equal(grid.ravel()[source].reshape(rows, columns), scan.stand_up(grid)), turn
        assert geo["pe"] == ("vertical" if geo["turn"][0] else "horizontal")


def test_a_metric_means_the_same_in_tiny_foregrounds(tmp_path):
    """The border of the SSIM map repeats its inner edge, in the page too."""
    rng = np.random.default_rng(0)
    a, b = (rng.random((12, 15)).astype(np.float32) for _ in range(2))
    region = np.zeros((12, 15), bool)
    region[0, :5] = region[11, 9:] = region[5, 14] = True
    script = (
        f"const s = makeScorer(Float32Array.from({b.ravel().tolist()}), "
        f"Uint8Array.from({region.ravel().astype(int).tolist()}), 12, "
        f"15)(Float32Array.from({a.ravel().tolist()})); console.log(JSON.stringify(s))"
    )
    page = in_node(script, {}, tmp_path)
    args = torch.from_numpy(a), torch.from_numpy(b), torch.from_numpy(region)
    assert page["ssim"] == pytest.approx(metrics.ssim(*args), abs=1e-5)
    assert page["nmse"] == pytest.approx(metrics.nmse(*args), rel=1e-5) and page["psnr"] == pytest.approx(
        metrics.psnr(*args), abs=1e-3
    )


def test_a_thousand_moves_leave_no_queue(tmp_path):
    """Live: one question under way, the newest waits, the rest are dropped; the last position is always answered."""
    from mrtutor.widgets.assets import FOLDER

    live = (FOLDER / "live.js").read_text().replace("export default { render };", "")
    script = (
        live
        + """
    const sent = []; let answer;
    const model = { send: (m) => { sent.push(m.state);
      setTimeout(() => answer({ type: "answer", id: m.id, error: m.state === 500 ? "broken" : undefined },
      [new Uint8Array([m.state % 251])]), 3); }, on: (_, f) => { answer = f; } };
    const ask = makeAsk(model), ends = { answered: [], dropped: 0, errors: [] };
    const one = (i) => ask(i).then((bytes) => ends.answered.push([i, bytes[0]]),
      (error) => { if (error) ends.errors.push(error.message); else ends.dropped++; });
    (async () => { for (let i = 0; i < 1000; i++) { one(i);
      if (i % 20 === 0) await new Promise((r) => setTimeout(r, 1)); } one(500); one(1000);
      setTimeout(() => console.log(JSON.stringify({ sent, ...ends })), 60); })();"""
    )
    out = in_node(script, {}, tmp_path)
    assert out["sent"][0] == 0 and out["sent"][-1] == 1000 and len(out["sent"]) < 200
    assert out["answered"][-1] == [1000, 1000 % 251] and all(state % 251 == byte for state, byte in out["answered"])
    assert len(out["answered"]) + out["dropped"] + len(out["errors"]) == 1002, "every promise ends"
