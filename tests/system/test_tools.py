"""Our notebooks in the hands of others' tools: they run in plain Papermill, and come back whole from git's helpers."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from reportkit import lint
from tests import estate
from tests.conftest import ROOT

NOTEBOOKS = [
    path
    for path in sorted((ROOT / "notebooks").rglob("*.ipynb"))
    if ".ipynb_checkpoints" not in path.parts
]


def essence(notebook: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    return [
        (cell.cell_type, cell.source, tuple(cell.metadata.get("tags", ())))
        for cell in notebook.cells
    ]


@pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT / "notebooks"))
)
def test_jupytext_gives_back_every_cell_with_its_tags(path: Path) -> None:
    import jupytext

    before = nbformat.read(path, as_version=4)
    for form in ("py:percent", "md"):
        after = jupytext.reads(jupytext.writes(before, fmt=form), fmt=form)
        assert essence(after) == essence(before)


def test_a_pair_of_jupytext_keeps_ids_and_title(tmp_path: Path) -> None:
    import jupytext

    path = tmp_path / "board.ipynb"
    before = nbformat.read(ROOT / "notebooks/board.ipynb", as_version=4)
    before.metadata["jupytext"] = {"formats": "ipynb,py:percent"}
    nbformat.write(before, path)
    text = jupytext.writes(before, fmt="py:percent")
    path.with_suffix(".py").write_text(text.replace("# # Scorecard", "# # The scorecard"))
    done = subprocess.run([sys.executable, "-m", "jupytext", "--sync", path.with_suffix(".py")], check=False, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    after = nbformat.read(path, as_version=4)
    assert [cell.id for cell in after.cells] == [cell.id for cell in before.cells]
    assert after.metadata["title"] == before.metadata["title"]
    assert "# The scorecard" in [cell.source for cell in after.cells]
    assert lint.check(path) == ()


@pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT / "notebooks"))
)
def test_nbdime_sees_a_changed_cell_and_patches_it_back(path: Path) -> None:
    import nbdime

    before = nbformat.read(path, as_version=4)
    after = copy.deepcopy(before)
    after.cells[0].source += "\nAnother line."
    change = nbdime.diff_notebooks(before, after)
    assert [str(one.key) for one in change] == ["cells"]
    assert nbdime.patch_notebook(before, change) == after


def test_nbstripout_leaves_a_notebook_that_was_run_as_it_was_kept(tmp_path: Path) -> None:
    source = ROOT / "notebooks/explore/findings.ipynb"
    run = nbformat.read(source, as_version=4)
    for cell in run.cells:
        if cell.cell_type == "code":
            cell.execution_count = 3
            cell.outputs = [nbformat.v4.new_output("stream", text="x")]
    nbformat.write(run, tmp_path / "run.ipynb")
    done = subprocess.run([sys.executable, "-m", "nbstripout", tmp_path / "run.ipynb"], check=False, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run.ipynb").read_text()) == json.loads(source.read_text())
    assert lint.check(tmp_path / "run.ipynb") == lint.check(source)


@pytest.mark.slow
def test_plain_papermill_runs_a_notebook_with_parameters(tmp_path: Path) -> None:
    ws = estate.make(tmp_path / "w", 300)
    command: list[str | Path] = [
        sys.executable, "-m", "papermill", ROOT / "notebooks/explore/findings.ipynb", tmp_path / "out.ipynb",
        "-p", "workspace", ws.folder, "-p", "period", "2026-Q2",
    ]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    made = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    shown = json.dumps([cell.get("outputs", []) for cell in made.cells])
    assert "weaknesses are open at the end of Q2 2026" in shown
    from reportkit.run.exporters import HTMLExporter

    page, _ = HTMLExporter().from_notebook_node(made)
    assert "weaknesses are open at the end of Q2 2026" in page
