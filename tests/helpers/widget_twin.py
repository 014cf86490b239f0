"""The explorer written once more with the package's own functions, and its JavaScript run without a browser."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from mrtutor import metrics
from mrtutor.coils import rss
from mrtutor.fourier import fft2c, ifft2c
from mrtutor.sampling import partial_fourier, point_spread, true_acceleration
from mrtutor.scan import Scan
from mrtutor.widgets.assets import _core
from mrtutor.widgets.masks import make_mask
from mrtutor.widgets.noise import unit_noise
from mrtutor.widgets.pack import unpack

NODE = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))


def small_scan(shape=(48, 40), n_coils=3, upright="transpose", label="Simulated", seed=3) -> Scan:
    """A few discs with a smooth phase, heard by `n_coils`; sizes that are not powers of two."""
    from mrtutor.coils import birdcage_maps

    y, x = (
        torch.linspace(-1, 1, n)[:, None] if i == 0 else torch.linspace(-1, 1, n)[None] for i, n in enumerate(shape)
    )
    image = ((y**2 + (x / 0.8) ** 2) < 0.8) * 0.7 + ((y - 0.2) ** 2 + (x - 0.3) ** 2 < 0.02) * 0.3
    image = image + 0.05 * torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * (image > 0)
    image = torch.polar(image, 0.8 * x + 0.5 * y * x)[None].to(torch.complex64)
    maps = birdcage_maps(shape, n_coils)
    return Scan(
        kspace=fft2c(maps * image),
        mask=torch.ones(1, *shape, dtype=torch.bool),
        maps=maps,
        voxel_mm=(2.0, 3.0),
        upright=upright,
        letters=("A", "L", "P", "R"),
        label=label,
        lesion=None,
        truth=image,
    )


def mask_of(shape, state):
    """The mask of a state by the package: pattern, partial Fourier, a lost line, a sparser readout."""
    mask = make_mask(shape, state).clone()
    swap = state["swap"]
    cut = partial_fourier(shape[::-1] if swap else shape, state["partial_fourier"])
    mask &= cut.mT if swap else cut
    lines = mask.mT if swap else mask  # (1, readout, line)
    if state["lost_line"] is not None:
        lines[..., lines.shape[-1] // 2 + state["lost_line"]] = False
    counted = mask.clone()
    if state["oversampling"] == 1:
        n = lines.shape[-2]
        lines[:, (torch.arange(n) - n // 2) % 2 != 0] = False
    return mask, true_acceleration(counted)


def expected(payload: bytes, state: dict) -> dict:
    """What the page must show for a state, from the k-space that was shipped."""
    header, read = unpack(payload)
    kspace, (ny, nx) = torch.from_numpy(read(header["kspace"])), header["shape"]
    maps = None if header["maps"] is None else torch.from_numpy(read(header["maps"]))
    n_all = kspace.shape[0]
    used = [i * n_all // state["coils"] for i in range(state["coils"])] if state["coils"] else list(range(n_all))
    if not state["phase"]:
        kspace = fft2c(ifft2c(kspace).abs().to(torch.complex64))

    def combined(coil_images):
        if header["combine"] == "rss":
            return rss(coil_images[used])
        if header["combine"] == "single":
            return coil_images
        weights = maps[used]
        image = (weights.conj() * coil_images[used]).sum(-3, keepdim=True)
        norm = weights.abs().square().sum(-3, keepdim=True)
        return image if len(used) == n_all else torch.where(norm > 1e-3, image / norm.clamp_min(1e-3), 0)

    reference = combined(ifft2c(kspace)).abs()
    received = kspace + state["noise"] * reference.max() * torch.from_numpy(unit_noise(tuple(kspace.shape)))
    if state["spike"]:
        dy, dx = header["spike_at"]
        received[:, ny // 2 + dy, nx // 2 + dx] += state["spike"] * kspace.abs().max()
    mask, true_r = mask_of((ny, nx), state)
    measured = mask * received
    if state["fill"] == "mirror":
        back = [(2 * (n // 2) - torch.arange(n)) % n for n in (ny, nx)]
        mirrored = measured[:, back[0]][:, :, back[1]].conj()
        measured = torch.where(mask, measured, mirrored)
    image = combined(ifft2c(measured))
    region = torch.from_numpy(read(header["foreground"]))
    return {
        "image": image.abs()[0],
        "full": reference[0],
        "error": (image.abs() - reference).abs()[0],
        "mask": mask[0].float(),
        "psf": point_spread(mask)[0].abs(),
        "kspace": (mask * rss(received[used]))[0],
        "phase": image.angle()[0] if image.is_complex() else None,
        "metrics": {
            "nmse": metrics.nmse(image, reference, region),
            "psnr": metrics.psnr(image, reference, region),
            "ssim": metrics.ssim(image, reference, region),
        },
        "true_acceleration": true_r,
    }


def in_node(script: str, files: dict[str, bytes], folder) -> list:
    """Run the front end's own functions in Node; the script prints one JSON line."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    program = folder / "program.js"
    program.write_text(
        _core()
        + '\nconst fs = require("fs"), load = (name) => unpack(new Uint8Array(fs.readFileSync(__dirname + "/" + '
        "name)));\n" + script
    )
    done = subprocess.run([NODE, str(program)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


COMPUTE = """
const { header, read } = load("payload.bin"), engine = new Engine(header, read),
  states = JSON.parse(fs.readFileSync(__dirname + "/states.json"));
console.log(JSON.stringify(states.map((state) => {
  const out = computeState(engine, header, state);
  if (out.why) return { why: out.why };
  const shown = { image: out.picture.magnitude, full: out.reference.magnitude, error: out.error,
    mask: out.mask.points, psf: out.psf, kspace: out.kspace && out.kspace.data, phase: out.phase };
  return { ...Object.fromEntries(Object.entries(shown).map(([k, v]) => [k, v ? Array.from(v) : null])),
    metrics: { ...out.metrics, psnr: Math.min(out.metrics.psnr, 1e6) }, true_acceleration: out.trueR };
})));
"""


def page_values(payload: bytes, states: list[dict], folder) -> list[dict]:
    """What the page computes for each state."""
    return in_node(COMPUTE, {"payload.bin": payload, "states.json": json.dumps(states).encode()}, folder)


def close(a, b, tolerance, scale=None) -> bool:
    """Largest difference within `tolerance` of the largest value (or of `scale`)."""
    a, b = np.asarray(a, dtype=np.float64).ravel(), np.asarray(b, dtype=np.float64).ravel()
    return a.shape == b.shape and float(np.abs(a - b).max()) <= tolerance * max(scale or float(np.abs(b).max()), 1e-12)
