"""What a table or a load holds, as a person counts it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from reportkit.profile import ColumnProfile
from reportkit.workspace import Workspace
from tests.conftest import Ended
from tests.unit.workspaces import NOW, load, workspace

ROWS = [
    {"finding_id": "a", "severity": "high", "state": "open", "opened": date(2026, 1, 10), "cvss": 7.5},
    {"finding_id": "b", "severity": "low", "state": "open", "opened": date(2026, 2, 3), "cvss": None},
    {"finding_id": "c", "severity": "low", "state": "fixed", "opened": date(2026, 6, 30), "cvss": 9.8, "closed": date(2026, 7, 2)},
]  # fmt: skip


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    made = workspace(tmp_path)
    load(made, "findings", ROWS, datetime(2026, 8, 1))
    return made


def test_columns_days_and_gaps(ws: Workspace) -> None:
    found = ws.describe("findings")
    assert (found.rows, found.oldest, found.newest) == (3, date(2026, 1, 10), date(2026, 7, 2))
    assert found.gaps == ("2026-03", "2026-04", "2026-05")
    columns = {column.column: column for column in found.columns}
    assert columns["severity"] == ColumnProfile("severity", "enum", 3, 0.0, 2, "high", "low")
    assert columns["cvss"] == ColumnProfile("cvss", "number", 2, 33.3, 2, "7.5", "9.8")
    assert columns["epss"] == ColumnProfile("epss", "number", 0, 100.0, 0, "", "")
    assert columns["closed"] == ColumnProfile(
        "closed", "date", 1, 66.7, 1, "2026-07-02", "2026-07-02"
    )
    assert found.frame.set_index("column").loc["closed", "filled"] == 1


def test_a_view_shows_its_day_and_a_load_its_own_rows(ws: Workspace) -> None:
    assert ws.at("2026-Q1").describe("findings").rows == 2
    second = load(ws, "findings", ROWS[:1], datetime(2026, 9, 1), source="other")
    fresh = Workspace(ws.folder, now=NOW)
    assert fresh.profile(second).rows == 1
    assert fresh.describe("findings").rows == 3
    assert fresh.describe("kev").rows == 0


def test_it_shows_itself(ws: Workspace) -> None:
    shown = ws.describe("findings")._repr_mimebundle_()
    assert "months without any: 2026-03, 2026-04, 2026-05" in shown["text/html"]
    assert "findings: 3 rows" in shown["text/html"]


def test_from_the_command_line(ws: Workspace, typed: Callable[..., Ended]) -> None:
    said = json.loads(typed("describe", "findings", "-w", ws.folder, "--json").out)
    assert (said["rows"], said["gaps"]) == (3, ["2026-03", "2026-04", "2026-05"])
    sha = ws.store.loads()[0].extract[:8]
    ended = typed("describe", "findings", "--load", sha, "-w", ws.folder)
    assert (ended.code, "3 rows" in ended.out) == (0, True)
    assert typed("describe", "findings", "--load", "zz", "-w", ws.folder).code == 2
