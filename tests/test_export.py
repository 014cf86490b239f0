"""Every method runs as ONNX with the same answer, or says in one line why it cannot."""

from functools import partial

import pytest
import torch
from helpers.networks import example, tiny

from mrtutor import export as exporting
from mrtutor.export import export, in_real_numbers, run, why_not
from mrtutor.methods import METHODS, Trained
from mrtutor.networks import NETWORKS

for package in ("onnx", "onnxscript", "onnxruntime"):
    pytest.importorskip(package, reason="writing ONNX needs the extra: export")

FEW = {
    "CG-SENSE": {"n_iter": 2},
    "Wavelet CS": {"n_iter": 2, "levels": 2},
    "TV CS": {"n_iter": 2},
}  # a graph grows with the iterations
CLASSICAL = [name for name, method in METHODS.items() if not isinstance(method, Trained)]
exportable = pytest.mark.parametrize("name", [name for name in NETWORKS if why_not(name) is None])


def small(name: str):
    arguments = {"MoDL": {"n_unrolls": 1, "n_cg": 1, "n_start": 1}, "ComplexUnrolled": {"n_unrolls": 1, "n_cg": 1}}
    return tiny(name, **arguments.get(name, {}))


@exportable
def test_network_equals_its_onnx(name, tmp_path):
    network = small(name)
    data = example((16, 16), network.n_coils or 2)[:3]
    path = tmp_path / "network.onnx"
    assert export(network, path, data) < 1e-4
    assert not any(word in path.read_bytes() for word in (b"mrtutor/networks", b"site-packages")), (
        "no trace of this machine"
    )


@pytest.mark.parametrize("name", [name for name in CLASSICAL if why_not(name) is None])
def test_classical_method_equals_its_onnx(name, tmp_path):
    method = partial(METHODS[name], **FEW.get(name, {}))
    assert export(method, tmp_path / "method.onnx", example((16, 16), 2)[:3]) < 1e-4


def test_the_file_takes_other_data_of_its_size(tmp_path):
    """Other lines, other coils, and points where the example had lines."""
    network = small("Cascade")
    export(network, tmp_path / "x.onnx", example((16, 16), 2)[:3])
    kspace, _, maps, _ = example((16, 16), 2, seed=5)
    mask = torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(1)) < 0.6
    inputs = {
        "kspace": torch.view_as_real(kspace * mask),
        "mask": mask,
        "maps": torch.view_as_real(maps.flip(0)).contiguous(),
    }
    with torch.no_grad():
        expected = torch.view_as_real(network(kspace * mask, mask, maps.flip(0)))
    torch.testing.assert_close(run(tmp_path / "x.onnx", inputs), expected, rtol=0, atol=1e-4)


def test_a_network_that_differs_leaves_no_file(tmp_path, monkeypatch):
    real_run = exporting.run
    monkeypatch.setattr(exporting, "run", lambda path, inputs: 1.01 * real_run(path, inputs))
    (tmp_path / "x.onnx").write_bytes(b"the one before")
    with pytest.raises(ValueError, match=r"tolerance is 0.001 of the brightest pixel, got a difference of 0.01"):
        export(METHODS["Zero-filled"], tmp_path / "x.onnx", example((16, 16), 2)[:3])
    assert [path.name for path in tmp_path.iterdir()] == ["x.onnx"] and (
        tmp_path / "x.onnx"
    ).read_bytes() == b"the one before"


def test_what_cannot_be_exported_says_why():
    assert "linalg.solve" in why_not("GRAPPA") and "linalg.solve" in why_not("GRAPPA + denoiser")
    assert why_not("CG-SENSE") is None
    assert all(name in {**METHODS, **NETWORKS} for name in exporting.WHY_NOT)
    assert all("\n" not in line and line.endswith(".") for line in exporting.WHY_NOT.values())


def test_what_cannot_be_exported_indeed_fails(tmp_path):
    with pytest.raises(ValueError, match="^method cannot be written as ONNX: [^\n]*$"):
        export(METHODS["GRAPPA"], tmp_path / "x.onnx", example((16, 16), 2)[:3])
    assert not list(tmp_path.iterdir())


def test_missing_packages_get_one_sentence(tmp_path, monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        ImportError, match=r"export needs the packages onnx, onnxscript, onnxruntime: pip install mrtutor\[export\]"
    ):
        export(METHODS["Zero-filled"], tmp_path / "x.onnx", example((16, 16), 2)[:3])


# --- the rules: each equals the operator it stands for ---


def operands():
    z = torch.view_as_complex(torch.randn(3, 4, 2, generator=torch.Generator().manual_seed(0)))
    z[0, 0] = 0
    aten = torch.ops.aten
    return {
        aten.expand.default: (z, [2, 3, 4]),
        aten.select.int: (z, -1, 2),
        aten.unsqueeze.default: (z, -1),
        aten.split.Tensor: (z, 2, -2),
        aten.unbind.int: (z, -1),
        aten.pad.default: (z, [1, 0, 2, 1]),
        aten.zeros_like.default: (z,),
        aten.ones_like.default: (z,),
        aten.sgn.default: (z,),
        aten.detach.default: (z,),
        aten.alias.default: (z,),
        aten.copy.default: (z, z[:1]),
        aten.slice_scatter.default: (z, 2 * z[:2], 0, 1, 3),
        aten.where.self: (z.abs() > 0.5, z, 2 * z),
        aten.kthvalue.default: (z.real, 2, 1),
        aten.nanmedian.dim: (torch.where(z.real > 0, z.real, torch.nan), 1),
    }


@pytest.mark.parametrize("operator", in_real_numbers(), ids=str)
def test_rule_equals_its_operator(operator):
    arguments = operands()[operator]
    ours, theirs = in_real_numbers()[operator](*arguments), operator(*arguments)
    as_list = lambda result: list(result) if isinstance(result, (tuple, list)) else [result]
    if operator is torch.ops.aten.nanmedian.dim:
        ours, theirs = ours[0], theirs[0]  # the values; places of equals may differ
    for mine, expected in zip(as_list(ours), as_list(theirs), strict=True):
        torch.testing.assert_close(mine, expected, equal_nan=True)


@pytest.mark.parametrize("operator", [torch.ops.aten.expand.default, torch.ops.aten.where.self], ids=str)
def test_real_numbers_are_left_to_the_exporter(operator):
    arguments = tuple(a.real if isinstance(a, torch.Tensor) and a.is_complex() else a for a in operands()[operator])
    assert in_real_numbers()[operator](*arguments) is NotImplemented
