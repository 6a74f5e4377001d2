"""The notebooks to learn from run from the first cell to the last, and what they show is not empty."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from reportkit.measures import registry
from reportkit.picking import Picked
from reportkit.workspace import Workspace
from tests import estate
from tests.conftest import ROOT, Ended
from tests.unit.workspaces import load, workspace

NOTEBOOKS = sorted((ROOT / "notebooks/explore").glob("*.ipynb"))


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return estate.make(tmp_path_factory.mktemp("firm"), 300)


def shown(path: Path, names: dict[str, Any]) -> list[Any]:
    """Run the cells of a notebook one after the other, and give what each shows."""
    found = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        tree = ast.parse("".join(cell["source"]) if cell["cell_type"] == "code" else "")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path.name, "exec"), names)
        if "parameters" in cell["metadata"].get("tags", ()):
            names["workspace"] = str(names["folder"])
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), path.name, "eval"), names)
            value = value.value if isinstance(value, Picked) else value
            show = getattr(value, "_repr_mimebundle_", None)
            found.append(show() if show is not None else repr(value))
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_something(path: Path, firm: Workspace) -> None:
    found = shown(path, {"folder": firm.folder})
    assert len(found) >= 4
    for one in found:
        assert one


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_ends_with_the_way_into_a_report(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    heads = [
        "".join(cell["source"]).split("\n")[0] for cell in cells if cell["cell_type"] == "markdown"
    ]
    assert heads[-2:] == ["# Make it a measure", "# Put it into a report"]


def test_the_measure_of_the_example_is_one(tmp_path: Path, typed: Callable[..., Ended]) -> None:
    import re

    text = "".join(
        json.loads((ROOT / "notebooks/explore/findings.ipynb").read_text())["cells"][-2]["source"]
    )
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws/own.py").write_text(code, encoding="utf-8")
    ws = workspace(tmp_path / "ws", '[measures]\nmodules = ["own.py"]\n')
    rows = [
        {"finding_id": f"F{n}", "asset_id": "A", "severity": "high", "opened": date(2026, 2, 1), "state": "open", "fix_available": bool(n)}
        for n in range(3)
    ]  # fmt: skip
    load(ws, "findings", rows, datetime(2026, 10, 2))
    try:
        ended = typed("measures", "X01", "-w", ws.folder)
        assert ended.code == 0, ended.err
        assert "Weaknesses without a fix" in ended.out
        computed = typed("measure", "X01", "-w", ws.folder, "-p", "2026-Q3", "--json")
        assert computed.code == 0, computed.err
        assert json.loads(computed.out)["value"] == 1
    finally:
        registry._definitions.pop("X01", None)


# ---- objects show themselves -----------------------------------------------------------------------------------------


def test_a_view_offers_what_is_there(firm: Workspace) -> None:
    view = firm.at()
    assert {"findings", "incidents"} <= set(dir(view.tables))
    assert "objectives" not in dir(view.tables) or view.loads["objectives"]
    assert len(view.tables.findings) == len(view.table("findings"))
    assert view.measure("V01") == view.measures.V01
    assert "V01" in dir(view.measures)
    assert "V01  Open weaknesses" in str(view.measures)
    assert "V01" in repr(view.measures)
    with pytest.raises(AttributeError, match="did you mean 'findings'"):
        _ = view.tables.findigns
    with pytest.raises(AttributeError, match="V99"):
        _ = view.measures.V99


def test_objects_say_in_a_terminal_what_they_are(firm: Workspace) -> None:
    view = firm.at()
    assert repr(firm) == f"<Workspace Your organisation in {firm.folder}>"
    assert repr(view).startswith(f"<View Your organisation, {view.period.label}: as of ")
    one = view.measure("V01")
    assert repr(one) == f"<V01 Open weaknesses, {view.period.label}: {one.value.value:,.0f}>"
    load = firm.store.loads("findings")[0]
    assert (
        repr(load)
        == f"<Load findings: {load.rows:,} rows from {load.source}, recorded {load.recorded_at:%Y-%m-%d %H:%M}>"
    )
    assert list(firm.loads("findings")["rows"]) == [
        load.rows for load in firm.store.loads("findings")
    ]
    assert firm.told().empty


def test_a_view_shows_its_tables_and_a_report_does_not(firm: Workspace) -> None:
    bundle = firm.at()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert "<td" in bundle["text/html"]
    assert "findings" in bundle["text/plain"]
