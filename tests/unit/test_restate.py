"""Roll-forwards: opened as told, every difference a line of its own, and always adding up."""

from __future__ import annotations

import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reportkit import restate
from reportkit.workspace import Workspace
from tests.unit.workspaces import load, publish, workspace

Q2_CUT, NOW = datetime(2026, 7, 8), datetime(2026, 10, 8)


def finding(number: int, **more: Any) -> dict[str, Any]:
    return {
        "finding_id": f"F{number:03d}", "asset_id": f"A{number}", "severity": "high",
        "opened": date(2026, 2, 1), "state": "open", **more,
    }  # fmt: skip


def rolled(
    folder: Path, told: list[dict[str, Any]], then: list[dict[str, Any]]
) -> restate.RollForward:
    ws = workspace(folder)
    load(ws, "findings", told, datetime(2026, 7, 2))
    publish(Workspace(ws.folder, now=Q2_CUT).at("2026-Q2"), ["V01"], Q2_CUT)
    # Something is loaded each quarter, so that the source speaks for it.
    old = finding(999, opened=date(2025, 1, 1), state="fixed", closed=date(2025, 2, 1))
    load(ws, "findings", [*then, old], datetime(2026, 10, 2))
    return restate.roll_forward(Workspace(ws.folder, now=NOW).at("2026-Q3"), restate.WEAKNESSES)


def test_each_kind_of_difference_has_its_line(tmp_path: Path) -> None:
    """Of five told, one was a duplicate, one had been fixed in June; two more were open unseen; one new, one fixed now."""
    roll = rolled(
        tmp_path / "ws",
        [finding(n) for n in range(1, 6)],
        [
            finding(1, state="duplicate"),
            finding(2, state="fixed", closed=date(2026, 6, 15)),
            finding(3, state="fixed", closed=date(2026, 8, 1)),
            finding(6, opened=date(2026, 5, 1)),
            finding(7, opened=date(2026, 6, 30)),
            finding(8, opened=date(2026, 7, 1)),
        ],
    )
    assert roll.told == 5
    assert dict(roll.bridge) == {
        "Learnt late": 2,
        "Reclassified": -1,
        "Closed earlier than known": -1,
    }
    assert roll.opening == 5
    assert dict(roll.moves) == {"Newly found": 1, "Fixed": -1, "Decommissioned": 0}
    assert roll.closing == 5
    assert roll.lines[0] == ("Opening as told", 5, "stock")
    assert roll.facts("2026-Q2").reconciliations[0].holds


def test_the_closing_is_told_so_that_the_next_one_opens_with_it(tmp_path: Path) -> None:
    facts = rolled(tmp_path / "ws", [finding(1)], []).facts("2026-Q2")
    assert [(f.measure, f.value) for f in facts.figures] == [("V01", 1)]
    assert facts.restatements == ()


def test_without_a_table_there_is_a_reason_and_no_fact(tmp_path: Path) -> None:
    view = Workspace(workspace(tmp_path / "ws").folder, now=NOW).at("2026-Q3")
    roll = restate.roll_forward(view, restate.WEAKNESSES)
    assert roll.reason == "no findings were loaded"
    assert roll.facts("2026-Q2").reconciliations == ()


day = st.dates(date(2026, 1, 1), date(2026, 9, 30))
state = st.sampled_from(
    ["open", "fixed", "fixed", "accepted", "decommissioned", "duplicate", "false_positive", "reopened"]
)  # fmt: skip


@st.composite
def version(draw: st.DrawFn, number: int, days: st.SearchStrategy[date] = day) -> dict[str, Any]:
    opened, state_ = draw(days), draw(state)
    ended = state_ in {"fixed", "decommissioned"}
    closed = (
        min(opened + timedelta(draw(st.integers(0, 200))), date(2026, 10, 1)) if ended else None
    )
    return finding(number, opened=opened, state=state_, closed=closed)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_it_always_adds_up(data: st.DataObject) -> None:
    # Before the first finding nothing is told.
    told = [data.draw(version(0, st.dates(date(2026, 1, 1), date(2026, 6, 30))))]
    told += [data.draw(version(n)) for n in range(1, data.draw(st.integers(1, 8)))]
    then = [data.draw(version(n)) for n in data.draw(st.sets(st.integers(0, 12), max_size=8))]
    with tempfile.TemporaryDirectory() as folder:
        roll = rolled(Path(folder) / "ws", told, then)
        assert roll.told is not None
        assert roll.told + sum(n for _, n in roll.bridge) == roll.opening
        assert roll.opening + sum(n for _, n in roll.moves) == roll.closing
        assert "Not explained" not in dict(roll.bridge)
