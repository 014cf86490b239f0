"""Chapters as a learner runs them, one kernel each: no error, nothing red, and memory that a small laptop has."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from mrtutor import lab
from mrtutor.lab.notebooks import chapters

MOST_MB = 450
MEMORY = "int(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmRSS'))) / 1024"

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory as Linux shows it")


def run(*cells: str | nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Cells after they ran in a kernel of their own."""
    cells = [nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    NotebookClient(nbformat.v4.new_notebook(cells=cells), timeout=600, kernel_name="python3").execute()
    return cells


def printed(cell) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


def test_a_cell_gives_back_what_it_freed():
    """Ten thousand small tensors below one that stays: without `give_back` the kernel keeps their 80 MB."""
    many = "many = [torch.zeros(2000) for _ in range(10_000)]; last = torch.zeros(2000)"
    cells = run("import mrtutor, torch", many, f"print({MEMORY})", "del many", f"print({MEMORY})")
    before, after = float(printed(cells[2])), float(printed(cells[4]))
    assert before - after > 60, (before, after)


@pytest.mark.parametrize("path", chapters()[:-1], ids=lambda path: path.stem)
def test_a_chapter_runs_without_anything_red_in_little_memory(path, monkeypatch, record_property):
    monkeypatch.delenv("MRTUTOR_BOOK", raising=False)
    notebook = nbformat.reads(lab.notebook_text(path), as_version=4)
    cells = run(*notebook.cells, f"print({MEMORY})")
    red = [output.text for cell in cells for output in cell.get("outputs", []) if output.get("name") == "stderr"]
    assert not red
    record_property("megabytes", float(printed(cells[-1])))
    assert float(printed(cells[-1])) <= MOST_MB
