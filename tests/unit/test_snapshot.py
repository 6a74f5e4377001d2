"""What is held for many reports says exactly what each of them would read itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from reportkit import relations, snapshot
from reportkit.period import FiscalCalendar, Period
from reportkit.sections.unit import MEASURES
from reportkit.view import View
from reportkit.workspace import Workspace
from tests import estate
from tests.unit.workspaces import load, workspace

QUARTER = FiscalCalendar().parse("2026-Q3")
#: A unit with others below it; one that owns a finding on another one's asset, and the quarter before; the firm.
LOOKS = (("U2", QUARTER), ("U1", FiscalCalendar().previous(QUARTER)), ("", QUARTER))


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a workspace in which every table has something, and things whose unit others know differently."""
    folder = tmp_path_factory.mktemp("firm")
    made = estate.make(folder, 1_500)
    frame = made.at(QUARTER, unit="U3").table("assets")
    foreign = {
        "finding_id": "OTHER-1", "asset_id": frame["asset_id"].iloc[0], "unit_id": "U1", "severity": "high", "opened": date(2026, 8, 1),
        "state": "open", "title": "Owned by another unit",
    }  # fmt: skip
    load(made, "findings", [foreign], estate.NOW, source="tickets")
    return folder


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process count as one that was forked from the holder."""
    monkeypatch.setenv("REPORTKIT_TESTED", "1")
    yield
    vars(snapshot)["_held"] = None


def take(folder: Path) -> snapshot.Snapshot | None:
    """Hold the data of a workspace, as the holder does."""
    found = snapshot._taken(folder, estate.NOW, {QUARTER.key: 2})
    if found is not None:
        vars(snapshot)["_held"] = snapshot.Snapshot(**{**vars(found), "holder": 0})
    return found


def views(folder: Path, unit: str) -> tuple[View, View]:
    """Give a unit's view of what is held, and of what it reads itself."""
    assert take(folder) is not None
    shared, own = (Workspace(folder, now=estate.NOW) for _ in range(2))
    here, there = (ws.at(QUARTER, unit=unit) for ws in (shared, own))
    assert (here._moment.known, there._moment.known) == (snapshot.KNOWN, "known_0")
    return here, there


@pytest.mark.parametrize(("unit", "quarter"), LOOKS)
def test_relations_and_measures_are_the_same(firm: Path, held: None, unit: str, quarter: Period) -> None:  # fmt: skip
    here, there = (view.at(quarter) for view in views(firm, unit))
    for name in relations.NAMES if unit else ("findings", "coverage", "people_cells"):
        asked = f"SELECT * FROM {name} ORDER BY ALL"
        pd.testing.assert_frame_equal(here._reduced(asked), there._reduced(asked), obj=name)
    made = [{id_: view.measure(id_).value for id_ in MEASURES} for view in (here, there)]
    assert made[0] == made[1]
    assert sum(value.value is not None for value in made[0].values()) > 6


def test_of_another_units_asset_nothing_is_told(firm: Path, held: None) -> None:
    asked = "SELECT asset_criticality, asset_exposure FROM findings WHERE finding_id = 'OTHER-1'"
    shared, own = views(firm, "U1")
    assert shared.sql(asked).isna().all(axis=None)
    assert own.sql(asked).isna().all(axis=None)
    whole, _ = views(firm, "")
    assert whole.sql(asked).notna().any(axis=None)


def test_who_knows_other_loads_reads_them(tmp_path: Path, held: None) -> None:
    ws = workspace(tmp_path)
    row = {"unit_id": "A", "valid_from": date(2025, 1, 1), "name": "A"}
    load(ws, "units", [row], datetime(2026, 10, 2))
    assert take(tmp_path) is not None
    load(ws, "units", [{**row, "unit_id": "B", "name": "B"}], datetime(2026, 10, 3))
    late = Workspace(tmp_path, now=estate.NOW)
    assert sorted(late.at(QUARTER).table("units")["unit_id"]) == ["A", "B"]
    early = late.at(QUARTER, known_by=datetime(2026, 10, 2, 12))
    assert list(early.table("units")["unit_id"]) == ["A"]
    assert early._moment.known == snapshot.KNOWN


def test_it_is_given_once_and_only_where_it_may_be_shared(tmp_path: Path, held: None) -> None:
    workspace(tmp_path)
    assert take(tmp_path) is not None
    assert snapshot.claim(tmp_path / "another") is None
    assert snapshot.claim(tmp_path) is not None
    assert snapshot.claim(tmp_path) is None
    workspace(tmp_path, "[engine]\nshared = false\n")
    assert take(tmp_path) is None


def test_the_holder_itself_reads_what_it_needs(tmp_path: Path, held: None) -> None:
    workspace(tmp_path)
    found = take(tmp_path)
    assert found is not None
    vars(snapshot)["_held"] = found
    assert found.holder == os.getpid()
    assert snapshot.claim(tmp_path) is None


def test_a_quarter_is_held_when_many_ask_for_it() -> None:
    before = FiscalCalendar().parse("2026-Q2")
    asked = [(QUARTER, "A")] * 60 + [(before, "A")] * 4 + [(before, None)] * 9
    said = snapshot.wish(Path("/w"), asked, estate.NOW)[snapshot.WISH]
    assert '{"2026-Q3": 8, "2026-Q2": 2}' in said
    few = snapshot.wish(Path("/w"), [(QUARTER, "A")] * 3, estate.NOW)[snapshot.WISH]
    assert few.endswith("{}]")
