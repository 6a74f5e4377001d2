"""Status from limits: three colours, steady at the edges, overridden in the open."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from reportkit.facts import Status
from reportkit.measures.model import Direction
from reportkit.measures.status import Limits, status
from reportkit.workspace import Workspace
from tests.unit.workspaces import load, publish, workspace


@pytest.mark.parametrize(
    ("value", "direction", "limits", "expected"),
    [
        (0, "down", Limits(0, 3), "green"),
        (1, "down", Limits(0, 3), "amber"),
        (3, "down", Limits(0, 3), "amber"),
        (4, "down", Limits(0, 3), "red"),
        (90, "up", Limits(90, 80), "green"),
        (89.9, "up", Limits(90, 80), "amber"),
        (80, "up", Limits(90, 80), "amber"),
        (79.9, "up", Limits(90, 80), "red"),
        (-5, "band", Limits(5, 10), "green"),
        (-7, "band", Limits(5, 10), "amber"),
        (11, "band", Limits(5, 10), "red"),
        (None, "down", Limits(0, 3), "none"),
        (4, "down", Limits(None, None), "none"),
    ],
)
def test_colours(
    value: float | None, direction: Direction, limits: Limits, expected: Status
) -> None:
    assert status(value, limits, direction) == expected


@pytest.mark.parametrize(
    ("value", "direction", "before", "expected"),
    [
        (89.5, "up", "green", "green"),
        (88.5, "up", "green", "amber"),
        (90.5, "up", "amber", "amber"),
        (91.5, "up", "amber", "green"),
        (10.5, "down", "green", "green"),
        (11.5, "down", "green", "amber"),
        (89.5, "up", "none", "amber"),
    ],
)
def test_hysteresis_keeps_the_last_published_status(
    value: float, direction: Direction, before: Status, expected: Status
) -> None:
    limits = Limits(90, 80, hysteresis=1) if direction == "up" else Limits(10, 20, hysteresis=1)
    assert status(value, limits, direction, before) == expected


def test_an_override_counts_but_not_for_what_is_not_measured() -> None:
    limits = Limits(0, 3, override="amber", reason="agreed with the committee")
    assert status(9, limits, "down") == "amber"
    assert status(None, limits, "down") == "none"


def test_a_status_that_is_kept_says_so(tmp_path: Path) -> None:
    """Ten open were told as on target, of at most ten; twelve are within three of it, and fourteen are not."""
    for late, status_, said in ((2, "green", "by the limits alone it would be to watch; within 3 of a limit it stays what it was"), (4, "amber", "")):  # fmt: skip
        ws = workspace(tmp_path / str(late))
        limit = {"threshold_id": "T", "kind": "measure", "measure_id": "V01", "green": 10.0, "red": 20.0, "hysteresis": 3.0, "valid_from": date(2026, 1, 1)}  # fmt: skip
        rows = [{"finding_id": f"F{n}", "severity": "high", "opened": date(2026, 2, 1), "state": "open"} for n in range(10 + late)]  # fmt: skip
        load(ws, "thresholds", [limit], datetime(2026, 1, 5))
        load(ws, "findings", rows[:10], datetime(2026, 7, 2))
        before = Workspace(ws.folder, now=datetime(2026, 7, 8))
        publish(before.at("2026-Q2"), ["V01"], datetime(2026, 7, 8))
        new = [{**row, "opened": date(2026, 8, 1)} for row in rows[10:]]
        load(ws, "findings", new, datetime(2026, 10, 2))
        now = Workspace(ws.folder, now=datetime(2026, 10, 9)).at("2026-Q3").measure("V01")
        assert (now.value.value, now.status, now.held) == (10 + late, status_, said)
