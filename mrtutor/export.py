"""Any method as an ONNX file, so that it runs in the page of the book, without Python.

ONNX knows no complex numbers: at the border they are two real channels, kspace and maps (..., coil, y, x, 2) float32,
mask (..., 1, y, x) bool, image (..., 1, y, x, 2). A file is good for one matrix size and coil count, those of the
example.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .types import Kspace, Maps, Mask, Reconstruction

OPSET = 20
WHY_NOT = {
    "GRAPPA": "It solves for its weights in each slice (linalg.solve) and reads the pattern off the mask, neither of "
    "which ONNX can do.",
    **dict.fromkeys(
        ("GrappaDenoiser", "GRAPPA + denoiser"),
        "GRAPPA, before the network, solves for its weights in each slice (linalg.solve), which ONNX cannot do.",
    ),
}


def why_not(name: str) -> str | None:
    """One sentence that says why a method or network cannot be exported; None where it can."""
    return WHY_NOT.get(name)


def export(
    method: Reconstruction, path: Path | str, example: tuple[Kspace, Mask, Maps], tolerance: float = 1e-3
) -> float:
    """Write `method` to `path` and compare both on the example; returns the largest difference.

    The difference is relative to the brightest pixel. ValueError when it exceeds `tolerance` or when the method does
    something that ONNX cannot; `path` is then left as it was. Needs the packages onnx, onnxscript and onnxruntime.
    """
    _need("onnx", "onnxscript", "onnxruntime")
    method = getattr(method, "network", method)  # a trained method holds its network
    path, module = Path(path), Border(method)
    if isinstance(method, nn.Module):
        method.eval()
    inputs = {
        name: torch.view_as_real(array).contiguous() if array.is_complex() else array.contiguous()
        for name, array in zip(("kspace", "mask", "maps"), example, strict=True)
    }
    with torch.no_grad():
        expected = module(*inputs.values())  # before tracing, so that what is drawn or computed once is there
        onnx = translate(module, inputs)
    beside = path.with_name(path.name + ".part")
    try:
        onnx.save(beside)
        difference = float(
            (run(beside, inputs) - expected).abs().max()
            / expected.abs().max().clamp_min(torch.finfo(torch.float32).tiny)
        )
        if not difference <= tolerance:
            raise ValueError(
                f"tolerance is {tolerance:g} of the brightest pixel, got a difference of {difference:.2g} "
                f"between ONNX and torch"
            )
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return difference


def translate(module: nn.Module, inputs: dict[str, Tensor]):
    """The module as an ONNX program. Raises ValueError with the first thing that ONNX cannot do."""
    try:
        program = torch.export.export(module, tuple(inputs.values()), strict=False).run_decompositions(
            in_real_numbers()
        )
        # onnxruntime tidies the graph itself when it loads it; the exporter's own way takes minutes on long iterations
        onnx = torch.onnx.export(
            program,
            dynamo=True,
            opset_version=OPSET,
            input_names=list(inputs),
            output_names=["image"],
            optimize=False,
            verbose=False,
        )
    except Exception as error:  # torch has many kinds, each a page long
        root: BaseException = error
        while root.__cause__ is not None:
            root = root.__cause__
        raise ValueError(f"method cannot be written as ONNX: {str(root).strip().splitlines()[0]}") from error
    assert onnx is not None  # it is only where a file was asked for
    for node in onnx.model.graph.all_nodes():
        node.metadata_props.clear()  # the lines of code that it came from, with this machine's paths
    return onnx


def run(path: Path | str, inputs: dict[str, Tensor]) -> Tensor:
    """What the file answers, on one thread: image (..., 1, y, x, 2)."""
    _need("onnxruntime")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(None, {name: array.numpy() for name, array in inputs.items()})[0])


class Border(nn.Module):
    """A method with two real channels in place of each complex number, on both sides."""

    def __init__(self, method: Reconstruction):
        super().__init__()
        self.method = method

    def forward(self, kspace: Tensor, mask: Tensor, maps: Tensor) -> Tensor:
        return torch.view_as_real(self.method(torch.view_as_complex(kspace), mask, torch.view_as_complex(maps)))


def in_real_numbers() -> dict:
    """Rules for what the exporter lacks: torch operator -> the same on real numbers (the last axis: both parts)."""
    aten = torch.ops.aten
    rules: dict[Any, Callable] = {
        aten.detach.default: lambda z: z,
        aten.alias.default: lambda z: z,
        aten.copy.default: lambda z, source, non_blocking=False: source.expand_as(z),
        aten.slice_scatter.default: lambda z, part, dim=0, *place, **named: as_complex(
            torch.slice_scatter(parts(z), parts(part), dim % z.ndim, *place, **named)
        ),
        aten.expand.default: lambda z, size, implicit=False: as_complex(parts(z).expand(*size, 2)),
        aten.select.int: lambda z, dim, index: as_complex(parts(z).select(dim % z.ndim, index)),
        aten.split.Tensor: lambda z, size, dim=0: [as_complex(part) for part in parts(z).split(size, dim % z.ndim)],
        aten.unbind.int: lambda z, dim=0: [as_complex(part) for part in parts(z).unbind(dim % z.ndim)],
        aten.unsqueeze.default: lambda z, dim: as_complex(parts(z).unsqueeze(dim % (z.ndim + 1))),
        aten.pad.default: lambda z, pad, mode="constant", value=None: as_complex(
            F.pad(parts(z), [0, 0, *pad], mode, value)
        ),
        aten.zeros_like.default: lambda z, **_: as_complex(torch.zeros_like(parts(z))),
        aten.ones_like.default: lambda z, **_: torch.complex(torch.ones_like(z.real), torch.zeros_like(z.real)),
        aten.sgn.default: lambda z: z / torch.where(z.abs() > 0, z.abs(), 1),
    }
    rules = {operator: _where_complex(rule) for operator, rule in rules.items()}
    return {**rules, aten.where.self: _where, aten.kthvalue.default: _kthvalue, aten.nanmedian.dim: _nanmedian}


def parts(z: Tensor) -> Tensor:
    """(...,) complex -> (..., 2) real."""
    return torch.view_as_real(z)


def as_complex(pair: Tensor) -> Tensor:
    """(..., 2) real -> (...,) complex."""
    return torch.view_as_complex(pair.contiguous())


def _where_complex(rule: Callable) -> Callable:
    """The rule for complex input; real input is left to the exporter."""
    return lambda z, *arguments, **named: rule(z, *arguments, **named) if z.is_complex() else NotImplemented


def _where(condition: Tensor, a: Tensor, b: Tensor):
    if not (a.is_complex() or b.is_complex()):
        return NotImplemented
    a, b = (parts(z) if z.is_complex() else torch.stack([z, torch.zeros_like(z)], -1) for z in (a, b))
    return as_complex(torch.where(condition[..., None], a, b))


def _kthvalue(x: Tensor, k: int, dim: int = -1, keepdim: bool = False):
    values, places = (found.narrow(dim, k - 1, 1) for found in torch.sort(x, dim))
    return (values, places) if keepdim else (values.squeeze(dim), places.squeeze(dim))


def _nanmedian(x: Tensor, dim: int, keepdim: bool = False):
    number = x == x  # only NaN differs from itself; ONNX sorts it anywhere
    values, places = torch.sort(torch.where(number, x, torch.inf), dim)
    middle = ((number.sum(dim, keepdim=True) - 1) // 2).clamp_min(0)
    values, places = values.gather(dim, middle), places.gather(dim, middle)
    return (values, places) if keepdim else (values.squeeze(dim), places.squeeze(dim))


def _need(*packages: str) -> None:
    from importlib.util import find_spec

    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"export needs the package{'s' if len(missing) > 1 else ''} {', '.join(missing)}: pip install "
            f"mrtutor[export]"
        )
