"""The board's rows: now, as told, like for like; what is noise; what is restated; what is not measured."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from reportkit.errors import UsageError
from reportkit.scorecard import SCORECARDS
from reportkit.view import View
from reportkit.workspace import Workspace
from tests.unit.workspaces import load, publish, workspace

Q2_CUT, Q3_CUT = datetime(2026, 7, 8), datetime(2026, 10, 8)


def incident(number: int, detected: date) -> dict[str, Any]:
    day = datetime(detected.year, detected.month, detected.day, 9)
    return {
        "incident_id": f"I{number}", "confirmed": "confirmed", "severity": 2, "detected": day,
        "contained": day.replace(hour=19),
    }  # fmt: skip


def due(number: int, day: date, *, fixed: bool) -> dict[str, Any]:
    return {
        "finding_id": f"F{number}", "asset_id": f"A{number}", "severity": "high", "opened": date(2026, 3, 1),
        "due_original": day, "state": "fixed" if fixed else "open", "closed": day if fixed else None,
    }  # fmt: skip


def at(ws: Workspace, now: datetime = Q3_CUT) -> View:
    return Workspace(ws.folder, now=now).at("2026-Q3")


def late_shares(folder: Path, before: tuple[int, int], now: tuple[int, int]) -> View:
    """Findings due in Q2 and Q3, of which so many were fixed in time."""
    ws = workspace(folder)
    rows: list[dict[str, Any]] = []
    for day, (fixed, count) in ((date(2026, 5, 1), before), (date(2026, 8, 1), now)):
        rows += [due(len(rows) + n, day, fixed=n < fixed) for n in range(count)]
    load(ws, "findings", rows, datetime(2026, 10, 2))
    return at(ws)


@pytest.mark.parametrize(
    ("before", "now", "differs"),
    # Newcombe's test of two proportions: 88/98 and 89/98 overlap widely, 10/100 and 60/100 are far apart.
    [((88, 98), (89, 98), False), ((10, 100), (60, 100), True)],
)
def test_a_share_changes_only_beyond_chance(
    tmp_path: Path, before: tuple[int, int], now: tuple[int, int], *, differs: bool
) -> None:
    row = late_shares(tmp_path / "ws", before, now).scorecard()["V04"]
    assert row.now.value.value == pytest.approx(100 * now[0] / now[1])
    assert row.before.value.value == pytest.approx(100 * before[0] / before[1])
    assert row.differs is differs
    text = str(late_shares(tmp_path / "again", before, now).scorecard()._repr_mimebundle_())
    assert (
        "within" in text.split("Critical and high weaknesses")[1].split("K07", maxsplit=1)[0]
    ) is not differs


def test_ten_rows_and_what_was_never_loaded_is_not_measured(tmp_path: Path) -> None:
    view = late_shares(tmp_path / "ws", (1, 2), (1, 2))
    card = view.scorecard()
    assert [row.now.definition.id for row in card.rows] == list(SCORECARDS["board"])
    for row in card.rows:
        if row.now.definition.id != "V04":
            assert row.now.value.value is None
            assert row.now.value.reason
            assert row.now.status == "none"
    assert {f.measure: f.value for f in card.facts().figures}["A02"] is None
    with pytest.raises(UsageError, match="did you mean 'V04'"):
        card["V40"]
    with pytest.raises(UsageError, match="board"):
        view.scorecard("bord")


def test_told_like_for_like_and_restated(tmp_path: Path) -> None:
    """Told 4 of 4; then a late load shows that six more had been due and missed: 4 of 10."""
    ws = workspace(tmp_path / "ws")
    day = date(2026, 5, 1)
    load(ws, "findings", [due(n, day, fixed=True) for n in range(4)], datetime(2026, 7, 2))
    publish(Workspace(ws.folder, now=Q2_CUT).at("2026-Q2"), ["V04"], Q2_CUT)
    late = [due(n, day, fixed=False) for n in range(4, 10)]
    load(ws, "findings", [*late, due(20, date(2026, 8, 1), fixed=True)], datetime(2026, 10, 2))
    row = at(ws).scorecard()["V04"]
    assert row.told is not None
    assert (row.told.value, row.before.value.value, row.now.value.value) == (100, 40, 100)
    assert row.restated
    assert row.series[-2:] == (40, 100)
    (fact,) = [r for r in at(ws).scorecard().facts().restatements if r.measure == "V04"]
    assert (fact.told, fact.today, fact.cause, fact.period) == (100, 40, "late data", "2026-Q2")


def test_the_same_told_and_today_is_no_restatement(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    load(ws, "findings", [due(1, date(2026, 5, 1), fixed=True)], datetime(2026, 7, 2))
    publish(Workspace(ws.folder, now=Q2_CUT).at("2026-Q2"), ["V04"], Q2_CUT)
    load(ws, "findings", [due(2, date(2026, 8, 1), fixed=True)], datetime(2026, 10, 2))
    card = at(ws).scorecard()
    assert not card["V04"].restated
    assert card.facts().restatements == ()


def test_status_starts_from_the_last_published_one(tmp_path: Path) -> None:
    """Green from 90, red below 80, hysteresis 2: 91 stays amber after amber, and is green after green."""
    limits = {
        "threshold_id": "T", "kind": "measure", "measure_id": "V04", "green": 90.0, "red": 80.0, "hysteresis": 2.0,
        "valid_from": date(2025, 1, 1),
    }  # fmt: skip
    seen = {}
    for name, fixed in (("amber", 85), ("green", 95)):
        ws = workspace(tmp_path / name)
        load(ws, "thresholds", [limits], datetime(2026, 1, 2))
        first = [due(n, date(2026, 5, 1), fixed=n < fixed) for n in range(100)]
        load(ws, "findings", first, datetime(2026, 7, 2))
        publish(Workspace(ws.folder, now=Q2_CUT).at("2026-Q2"), ["V04"], Q2_CUT)
        then = [due(200 + n, date(2026, 8, 1), fixed=n < 91) for n in range(100)]
        load(ws, "findings", then, datetime(2026, 10, 2))
        row = at(ws).scorecard()["V04"]
        assert row.told is not None
        assert row.told.status == name
        seen[name] = row.now.status
    assert seen == {"amber": "amber", "green": "green"}


def test_an_override_is_printed_with_its_reason(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    load(ws, "findings", [due(1, date(2026, 8, 1), fixed=True)], datetime(2026, 10, 2))
    row = {
        "threshold_id": "T", "kind": "measure", "measure_id": "V04", "green": 90.0, "red": 80.0,
        "valid_from": date(2026, 1, 1), "override_status": "red", "override_reason": "scanner was down (R. Vos)",
    }  # fmt: skip
    load(ws, "thresholds", [row], datetime(2026, 10, 2))
    card = at(ws).scorecard()
    assert card["V04"].now.status == "red"
    assert "V04: status set by hand, scanner was down (R. Vos)." in str(card._repr_mimebundle_())


def test_limits_loaded_long_ago_still_hold(tmp_path: Path) -> None:
    """Thresholds are decisions: they need no monthly load, unlike a scanner's export."""
    ws = workspace(tmp_path / "ws")
    risk = {"risk_id": "R1", "category": "c", "residual": 5.0, "status": "open", "opened": date(2026, 1, 1), "valid_from": date(2026, 1, 1)}  # fmt: skip
    limit = {"threshold_id": "T", "kind": "risk_appetite", "category": "c", "red": 3.0, "valid_from": date(2025, 1, 1)}  # fmt: skip
    load(ws, "thresholds", [limit], datetime(2025, 1, 10))
    load(ws, "risks", [risk], datetime(2026, 10, 2))
    assert at(ws).measure("R01").value.value == 1
    (ws.folder / "reportkit.toml").write_text("[freshness]\nthresholds = 90\n")
    assert "thresholds were last loaded on 10 January 2025" in str(
        at(ws).measure("R01").value.reason
    )
