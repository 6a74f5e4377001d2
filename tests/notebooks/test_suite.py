"""The posture, audit, programme and incidents reports, run warm over one made firm."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest

from reportkit import resources, seedmap
from reportkit.run import Outcome, Request
from reportkit.run.jobs import make as run
from reportkit.scorecard import SCORECARDS
from reportkit.workers.pool import WarmPool
from tests import estate
from tests.notebooks.conftest import PERIOD
from tests.unit.workspaces import load, workspace

SUITE = ("posture", "audit", "programme", "incidents")
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("suite")]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a workspace in which every measure has something to say."""
    folder = tmp_path_factory.mktemp("firm")
    estate.make(folder, 2_000)
    return folder


@pytest.fixture(scope="module")
def made(firm: Path, pool: WarmPool) -> Callable[[str], Outcome]:
    """Run a report, once for all tests."""
    kept: dict[str, Outcome] = {}

    def make(report: str) -> Outcome:
        if report not in kept:
            asked = Request(workspace=firm, report=report, period=PERIOD)
            kept[report] = run(asked, now=estate.NOW, pool=pool)
        return kept[report]

    return make


@pytest.mark.parametrize("report", SUITE)
def test_it_runs_and_no_gate_holds_it(made: Callable[[str], Outcome], report: str) -> None:
    outcome = made(report)
    gates = {gate["name"]: gate for gate in outcome.manifest["gates"]}
    assert [g for g in gates.values() if g["result"] == "fail" and g["holds"]] == []
    assert gates["conformant"]["result"] == "pass"
    assert {"report.html", "report.pdf", "message.eml"} <= outcome.manifest["artefacts"].keys()
    executed = nbformat.read(outcome.folder / "notebook.ipynb", as_version=4)
    silent = [c.source for c in executed.cells if c.cell_type == "code" and not c.outputs and not {"parameters", "injected-parameters"} & set(c.metadata.get("tags", []))]  # fmt: skip
    assert silent == []


@pytest.mark.parametrize("report", SUITE)
def test_what_it_says_to_answer_it_tells(made: Callable[[str], Outcome], report: str) -> None:
    """A cell that names measures as an answer is believed only when the run told them."""
    told = {figure["measure"] for figure in made(report).manifest["facts"]["figures"]}
    assert set(SCORECARDS[report]) <= told
    answers = seedmap.answers({report: resources.notebook(report)})
    claimed = {id_ for listed in answers.values() for answer in listed for id_ in answer.measures}
    assert len(claimed) > 5
    assert claimed <= told


def test_one_incident_of_a_running_quarter_in_a_workspace_that_holds_nothing_else(
    tmp_path: Path, pool: WarmPool
) -> None:
    # The notebook goes by the real day, which may lie long after the load.
    ws = workspace(tmp_path / "w", "[freshness]\nincidents = 400\n")
    event: dict[str, Any] = {
        "incident_id": "INC-7",
        "title": "Outage of pay-outs",
        "confirmed": "confirmed",
        "severity": 2,
        "detected": datetime(2026, 10, 6, 8),
    }
    load(ws, "incidents", [event], datetime(2026, 10, 10))
    asked = Request(workspace=ws.folder, report="incidents", period=ws.quarter_of("INC-7"), parameters={"incident": "INC-7"}, formats=("html",))  # fmt: skip
    outcome = run(asked, now=estate.NOW, pool=pool)
    page = (outcome.folder / "report.html").read_text(encoding="utf-8")
    assert "Outage of pay-outs: not contained" in page
    manifest = json.loads((outcome.folder / "manifest.json").read_text())
    (day,) = {f["as_of"] for f in manifest["facts"]["figures"]}
    assert "2026-10-12" <= day <= "2026-12-31"
    assert next(f["value"] for f in manifest["facts"]["figures"] if f["measure"] == "N01") == 1
