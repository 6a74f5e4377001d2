"""The board's notebook: what it is made of, and that it runs on whatever a workspace holds."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date, datetime
from typing import Any

import nbformat
import pytest

from reportkit import resources, snapshot
from reportkit.run.jobs import warm
from reportkit.scorecard import SCORECARDS
from reportkit.workers.pool import WarmPool
from tests import accessible, estate
from tests.notebooks.conftest import PERIOD, Desk
from tests.system.chromium import Browser
from tests.unit.workspaces import load, workspace

NOTEBOOK = resources.notebook("board")
#: The order in which a board asks: the answer, the measures, risk in money, what happened, assurance, money, decisions.
SECTIONS = [
    "The quarter in brief",
    "Scorecard",
    "Risk in money",
    "Exposure and weaknesses",
    "Incidents and threats",
    "Regulation and assurance",
    "Investment, delivery and people",
    "Decisions asked",
    "Coverage and restatements",
    "Annex",
]


@pytest.fixture(scope="module")
def notebook() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def test_sections_stand_in_the_order_of_the_questions(notebook: Any) -> None:
    texts = [c.source for c in notebook.cells if c.cell_type == "markdown" and "hide" not in c.metadata.get("tags", [])]  # fmt: skip
    heads = [line for text in texts for line in text.splitlines() if line.startswith("#")]
    assert [h.removeprefix("# ") for h in heads if h.startswith("# ")] == SECTIONS
    assert [h.removeprefix("## ") for h in heads if h.startswith("## ")] == [
        "Sources and freshness", "Definitions", "Reconciliation", "Reproducibility",
    ]  # fmt: skip


def test_it_is_kept_clean(notebook: Any) -> None:
    nbformat.validate(notebook)
    ids = [cell["id"] for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    assert len(tagged) == 1
    assert "://" not in NOTEBOOK.read_text(encoding="utf-8")


@pytest.mark.slow
def test_it_runs_on_findings_alone(desk: Desk) -> None:
    shutil.copy(NOTEBOOK, desk.folder / "notebooks/board.ipynb")
    rows = [
        {"finding_id": f"F{n}", "asset_id": f"A{n}", "severity": "high", "opened": date(2026, 8, 1), "state": "open"}
        for n in range(3)
    ]  # fmt: skip
    load(workspace(desk.folder), "findings", rows, datetime(2026, 10, 2))
    outcome = desk.run(report="board", formats=("html", "pdf", "email"))
    assert outcome.state == "draft"
    manifest = json.loads((outcome.folder / "manifest.json").read_text())
    values = {f["measure"]: f["value"] for f in manifest["facts"]["figures"] if not f["scope"]}
    assert values["V01"] == 3
    assert all(values[id_] is None for id_ in SCORECARDS["board"] if id_ != "V04")
    executed = nbformat.read(outcome.folder / "notebook.ipynb", as_version=4)
    shown = [c for c in executed.cells if c.cell_type == "code" and not {"parameters", "injected-parameters"} & set(c.metadata.get("tags", []))]  # fmt: skip
    assert all(cell.outputs for cell in shown)
    page = (outcome.folder / "report.html").read_text(encoding="utf-8")
    assert len(re.findall("not measured", page, re.IGNORECASE)) > 9


@pytest.mark.slow
@pytest.mark.parametrize(("report", "unit"), [pytest.param("board", None, marks=pytest.mark.soak), ("unit", "U2")])  # fmt: skip
def test_both_engines_give_the_same_cells_and_the_same_files(
    desk: Desk, pool: WarmPool, browser: Browser, report: str, unit: str | None
) -> None:
    """A firm with something in every table; of a unit the warm process holds the data for all, and the kernel reads its own."""
    estate.make(desk.folder, 300)
    asked: dict[str, Any] = {
        "report": report,
        "unit": unit,
        "known_by": estate.NOW,
        "now": estate.NOW,
        "formats": ("html", "pdf", "email"),
    }
    if unit:
        held = snapshot.wish(desk.folder, [(PERIOD, unit)] * 4, estate.NOW)
        with warm(1, surroundings=held) as desk.pool:
            one = desk.run(**asked)
    else:
        one = desk.run(**asked)
    desk.engine = "kernel"
    desk.pool = pool
    other = desk.run(**asked)
    here, there = (nbformat.read(each.folder / "notebook.ipynb", as_version=4).cells for each in (one, other))  # fmt: skip
    assert len(here) == len(there) > 15
    for number, (mine, its) in enumerate(zip(here, there, strict=True), start=1):
        assert mine == its, f"cell {number}: {mine.source}"
    assert accessible.pdf_faults(one.folder / "report.pdf") == []
    assert accessible.page_faults(browser, one.folder / "report.html") == []
    for name in one.manifest["artefacts"]:
        assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes(), name


def test_a_workspace_without_any_data_gets_a_sentence(desk: Desk) -> None:
    shutil.copy(NOTEBOOK, desk.folder / "notebooks/board.ipynb")
    outcome = desk.run(report="board", period=PERIOD)
    manifest = json.loads((outcome.folder / "manifest.json").read_text())
    assert all(f["value"] is None and f["reason"] for f in manifest["facts"]["figures"])
