"""The shape of the package: imports point up one list, `import mrtutor` is light, every public name says what it is."""

import ast
import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import mrtutor

PACKAGE = Path(mrtutor.__file__).parent
ORDER = """process types border fourier sampling metrics solvers wavelet espirit maps coils encoding patients
           sources scan sense grappa sparsity show networks training methods about trace export claims widgets
           checks experiments download twix fetch bookmime lab machine cli __main__""".split()
ALONE = {
    "metrics": [],
    "solvers": [],
    "patients": [],
    "sampling": ["fourier"],
    "espirit": [],
    "maps": ["fourier", "espirit"],
    "coils": ["fourier", "maps"],
    "encoding": ["fourier"],
    "sense": ["fourier", "encoding", "solvers"],
    "grappa": ["fourier", "coils", "encoding"],
    "sparsity": ["encoding", "solvers", "wavelet"],
}  # what the design allows them; `types` and `border` are everybody's


def sources() -> dict[str, list[Path]]:
    """Module or subpackage -> its files."""
    found: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts != ("__init__",) and parts[0] != "chapters":
            found.setdefault(parts[0], []).append(path)
    return found


def imported(path: Path) -> set[str]:
    """Modules of the package that a file imports, inside functions too."""
    depth, found = len(path.relative_to(PACKAGE).parts), set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("mrtutor.")}
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            if node.level == depth or (node.level == 0 and node.module == "mrtutor"):
                found |= {node.module.split(".")[0]} if node.level and node.module else set(names)
            elif node.level == 0 and node.module.startswith("mrtutor."):
                found.add(node.module.split(".")[1])
    return found & set(sources())


@pytest.mark.parametrize("module", sorted(sources()))
def test_imports_point_up_the_list(module):
    assert module in ORDER, f"{module} has no place in the list: give it one"
    above = ORDER[: ORDER.index(module)]
    for path in sources()[module]:
        wrong = imported(path) - {module} - set(above)
        assert not wrong, f"{path.relative_to(PACKAGE)} imports {', '.join(wrong)}, which stands below it"
        if module in ALONE:
            more = imported(path) - {module, "types", "border"} - set(ALONE[module])
            assert not more, f"{path.relative_to(PACKAGE)} imports {', '.join(more)}, which the design does not give it"


def test_the_search_for_imports_finds_them():
    assert {"encoding", "types"} <= imported(PACKAGE / "sense.py")
    assert {"coils", "fourier"} <= imported(PACKAGE / "scan" / "core.py"), "relative imports of a subpackage"
    assert "patients" in imported(PACKAGE / "machine.py"), "imports inside functions"


def cost(first: str, then: str) -> tuple[float, float, list[str]]:
    """Seconds and MB that `then` adds after `first` in a fresh Python, and the top packages that it brought."""
    code = (
        f"import json, sys, time; import psutil; {first}; old = set(sys.modules); me = psutil.Process(); "
        f"m = me.memory_info().rss; t = time.perf_counter(); {then}; t = time.perf_counter() - t; "
        "new = sorted({n.split('.')[0] for n in set(sys.modules) - old}); "
        "print(json.dumps([t, (me.memory_info().rss - m) / 1e6, new]))"
    )
    return tuple(
        json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
    )


def test_import_is_light(record_property):
    seconds, megabytes, brought = min(cost("import torch", "import mrtutor") for _ in range(3))
    record_property("import_seconds", seconds)
    print(f"import mrtutor beyond import torch: {seconds:.3f} s, {megabytes:.1f} MB")
    assert megabytes < 60
    assert seconds < 2.0, "the goal is 0.5 s; the margin is for a busy machine"
    heavy = {"scipy", "sigpy", "matplotlib", "h5py", "pooch", "IPython", "ipywidgets", "anywidget", "jupytext", "numba"}
    assert not heavy & set(brought)


def test_the_core_is_light_too():
    """What a chapter's first cell imports, before a figure or a file is needed."""
    core = "fourier sampling metrics coils encoding methods patients scan widgets".split()
    seconds, megabytes, brought = cost("import torch", "import " + ", ".join(f"mrtutor.{name}" for name in core))
    print(f"the core beyond import torch: {seconds:.3f} s, {megabytes:.1f} MB")
    assert megabytes < 60
    assert not {"sigpy", "matplotlib", "h5py", "pooch", "numba", "IPython"} & set(brought)


@pytest.mark.parametrize("name", [name for name in ORDER if name in sources() and name != "__main__"])
def test_public_functions_say_what_they_compute(name):
    module = importlib.import_module(f"mrtutor.{name}")
    assert module.__doc__, f"mrtutor.{name} has no docstring"
    for word, thing in vars(module).items():
        own = getattr(thing, "__module__", None) or ""
        if (
            own.startswith(module.__name__)
            and not word.startswith("_")
            and (inspect.isfunction(thing) or inspect.isclass(thing))
        ):
            assert thing.__doc__, f"mrtutor.{name}.{word} has no docstring"
