"""The acceptance case of restatements: as-of and known-by on findings, told and today."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from reportkit import restate
from reportkit.workspace import Workspace
from tests.unit.workspaces import load, publish, workspace

Q1_CUT = datetime(2026, 4, 9)
Q2_CUT = datetime(2026, 7, 9)


def finding(number: int, **more: Any) -> dict[str, Any]:
    return {
        "finding_id": f"F{number:02d}",
        "asset_id": f"A{number}",
        "severity": "high",
        "opened": date(2026, 2, 1),
        "state": "open",
        **more,
    }


@pytest.fixture
def told(tmp_path: Path) -> Workspace:
    """Ten findings open at the end of Q1, told; then four fixed, one a false positive, two arrive back-dated."""
    ws = workspace(tmp_path / "ws")
    load(ws, "findings", [finding(n) for n in range(1, 11)], datetime(2026, 4, 2))
    publish(ws.at("2026-Q1", known_by=Q1_CUT), ["V01"], Q1_CUT)
    changed = [finding(n, state="fixed", closed=date(2026, 5, 10)) for n in range(1, 5)]
    changed += [finding(5, state="false_positive", closed=date(2026, 5, 11))]
    changed += [finding(n, opened=date(2026, 3, 20)) for n in (11, 12)]
    load(ws, "findings", changed, datetime(2026, 7, 2))
    return Workspace(ws.folder, now=datetime(2026, 7, 12))


def count(ws: Workspace, period: str, known_by: datetime | None = None) -> float | None:
    value: float | None = ws.at(period, known_by=known_by).measure("V01").value.value
    return value


def test_first_quarter_as_published_is_ten(told: Workspace) -> None:
    publication = told.ledger.publication("board", "2026-Q1")
    assert publication is not None
    assert told.ledger.figures(publication)["V01", ""].value == 10


def test_first_quarter_rerun_is_known_by_the_published_cut_off(told: Workspace) -> None:
    assert told.at("2026-Q1").known_by == Q1_CUT
    assert count(told, "2026-Q1") == 10


def test_first_quarter_known_by_second_is_eleven_and_never_seven(told: Workspace) -> None:
    assert count(told, "2026-Q1", Q2_CUT) == 11


def test_roll_forward_of_second_quarter(told: Workspace) -> None:
    roll = restate.roll_forward(told.at("2026-Q2", known_by=Q2_CUT), restate.WEAKNESSES)
    assert roll.told == 10
    assert roll.bridge == (("Learnt late", 2), ("Reclassified", -1))
    assert dict(roll.moves) == {"Newly found": 0, "Fixed": -4, "Decommissioned": 0}
    assert roll.closing == 7
    (fact,) = roll.facts("2026-Q1").reconciliations
    assert (fact.opening, fact.restated, fact.closing, fact.holds) == (10, 1, 7, True)
    classes = {r.cause: (r.today or 0) - (r.told or 0) for r in roll.facts("2026-Q1").restatements}
    assert classes == {"late data": 2, "reclassified": -1}


def test_the_day_before_and_the_day_of_an_event(tmp_path: Path) -> None:
    """Open at t is opened on or before t and not closed on or before t."""
    ws = workspace(tmp_path / "ws")
    day = date(2026, 9, 30)
    rows = [
        finding(1, opened=day),
        finding(2, opened=date(2026, 10, 1)),
        finding(3, state="fixed", closed=day),
        finding(4, state="fixed", closed=date(2026, 10, 1)),
        finding(5, state="accepted", accepted_at=date(2026, 9, 1)),
        finding(6, state="duplicate"),
    ]
    load(ws, "findings", rows, datetime(2026, 10, 5))
    open_now = set(ws.at("2026-Q3").sql("SELECT finding_id FROM open_findings")["finding_id"])
    assert open_now == {"F01", "F04", "F05"}


def test_history_loaded_on_the_first_day_gives_a_trend(tmp_path: Path) -> None:
    """Unpublished quarters are known by now, so one load today still says what was open then."""
    ws = workspace(tmp_path / "ws")
    rows = [finding(n, opened=date(2025, 1 + n, 1)) for n in range(1, 9)]
    rows[0] |= {"state": "fixed", "closed": date(2026, 1, 15)}
    load(ws, "findings", rows, datetime(2026, 10, 5))
    trend = ws.at("2026-Q3").trend("V01", periods=8)
    assert trend["period"].tolist()[0] == "2024-Q4"
    # Before the first day of which anything was loaded nothing is known, which is not nothing.
    assert trend["reason"].tolist()[0] == "the findings that were loaded begin after this day"
    assert trend["value"].tolist()[1:] == [2, 5, 8, 8, 7, 7, 7]


@pytest.mark.parametrize(
    ("table", "row", "change", "query"),
    [
        (
            "incidents",
            {"incident_id": "I1", "confirmed": "confirmed", "detected": datetime(2026, 3, 1, 9)},
            {"contained": datetime(2026, 4, 20, 9)},
            "SELECT COUNT(*) AS n FROM incidents WHERE contained IS NULL",
        ),
        (
            "risks",
            {"risk_id": "R1", "status": "open", "residual": 5.0, "valid_from": date(2026, 1, 1)},
            {"residual": 1.0, "valid_from": date(2026, 5, 1)},
            "SELECT COUNT(*) AS n FROM risks WHERE residual = 5",
        ),
        (
            "audits",
            {"finding_id": "A1", "opened": date(2026, 2, 1), "state": "open"},
            {"verified_closed": date(2026, 5, 1), "state": "closed"},
            "SELECT COUNT(*) AS n FROM audits WHERE verified_closed IS NULL",
        ),
    ],
)
def test_no_query_sees_the_future(
    tmp_path: Path, table: str, row: dict[str, Any], change: dict[str, Any], query: str
) -> None:
    """A view at the end of Q1 shows the state of that day, although a later one is known."""
    ws = workspace(tmp_path / "ws")
    load(ws, table, [row], datetime(2026, 3, 31))
    load(ws, table, [{**row, **change}], datetime(2026, 6, 30))
    assert ws.at("2026-Q1").sql(query)["n"].tolist() == [1]
    assert ws.at("2026-Q2").sql(query)["n"].tolist() == [0]


def test_later_knowledge_is_absent_before_its_cut_off(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    load(ws, "incidents", [{"incident_id": "I1", "confirmed": "suspected"}], datetime(2026, 3, 31))
    load(ws, "incidents", [{"incident_id": "I1", "confirmed": "confirmed"}], datetime(2026, 6, 30))
    then = ws.at("2026-Q1", known_by=datetime(2026, 4, 9)).table("incidents")
    now = ws.at("2026-Q1").table("incidents")
    assert then["confirmed"].tolist() == ["suspected"]
    assert now["confirmed"].tolist() == ["confirmed"]


def test_a_later_service_level_moves_no_past_due_date(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    load(ws, "findings", [finding(1), finding(2, opened=date(2026, 6, 5))], datetime(2026, 7, 1))
    levels = [
        {
            "threshold_id": "S",
            "valid_from": date(2024, 1, 1),
            "kind": "sla",
            "scope": "high",
            "days": 30,
        },
        {
            "threshold_id": "S",
            "valid_from": date(2026, 6, 1),
            "kind": "sla",
            "scope": "high",
            "days": 14,
        },
    ]
    load(ws, "thresholds", levels, datetime(2026, 7, 1))
    due = ws.at("2026-Q2").sql("SELECT finding_id, due_original FROM findings ORDER BY 1")[
        "due_original"
    ]
    assert [d.date() for d in due] == [date(2026, 3, 3), date(2026, 6, 19)]


def test_two_service_levels_from_one_day_count_no_finding_twice(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    load(ws, "findings", [finding(1)], datetime(2026, 10, 2))
    level = {"kind": "sla", "scope": "high", "valid_from": date(2025, 1, 1)}
    levels = [
        {**level, "threshold_id": "a", "days": 30.0},
        {**level, "threshold_id": "b", "days": 14.0},
    ]
    load(ws, "thresholds", levels, datetime(2026, 10, 2))
    rows = ws.at("2026-Q3").sql("SELECT finding_id, due_original FROM findings")
    assert rows["finding_id"].tolist() == ["F01"]
    assert rows["due_original"].iloc[0].date() == date(2026, 2, 15)
