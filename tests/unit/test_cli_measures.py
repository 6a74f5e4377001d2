"""Measures on the command line: listed, explained, computed whole and split, as known by another day."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from reportkit.catalogue import FAMILIES, described
from reportkit.measures import definitions
from tests.conftest import Ended
from tests.unit.workspaces import load, workspace

Typed = Callable[..., Ended]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Nine of ten critical findings fixed by their date; one of two high ones."""
    ws = workspace(tmp_path / "ws")
    due = date(2026, 8, 1)
    rows = [
        {
            "finding_id": f"F{n}", "asset_id": f"A{n}", "severity": "critical" if n < 10 else "high", "opened": date(2026, 7, 1),
            "due_original": due, "state": "open" if n in {9, 11} else "fixed", "closed": None if n in {9, 11} else due,
        }
        for n in range(12)
    ]  # fmt: skip
    load(ws, "findings", rows, datetime(2026, 10, 2))
    return ws.folder


def test_every_measure_is_listed_and_explained(typed: Typed) -> None:
    listed = typed("measures").out
    said = json.loads(typed("measures", "--json").out)
    assert {one["id"] for one in said} == set(definitions())
    # Sixty of the catalogue, and joint coverage.
    assert len(said) == 61
    assert {one["id"][0] for one in said} == set(FAMILIES)
    for one in said:
        assert one["id"] in listed
        assert all(one[name] for name in ("name", "definition", "why", "use", "unit", "direction", "needs", "source", "version"))  # fmt: skip
    assert "Kaplan-Meier" in typed("measures", "v06").out
    wrong = typed("measures", "V99")
    assert (wrong.code, "did you mean" in wrong.err) == (2, True)


def test_limits_are_marked_as_defaults() -> None:
    words = described(definitions()["V04"])
    assert words["limits"].endswith("(defaults)")


def test_one_measure_whole_and_split(place: Path, typed: Typed) -> None:
    whole = json.loads(typed("measure", "V04", "-p", "2026-Q3", "-w", place, "--json").out)
    assert (whole["numerator"], whole["denominator"]) == (10, 12)
    assert whole["value"] == pytest.approx(100 * 10 / 12)
    parts = json.loads(typed("measure", "V04", "--by", "severity", "-w", place, "--json").out)
    assert {one["scope"]: one["value"] for one in parts} == {"severity=critical": 90, "severity=high": 50}  # fmt: skip
    shown = typed("measure", "V04", "--by", "severity", "-w", place).out
    assert "9 of 10" in shown
    alone = typed("measure", "V04", "-w", place).out
    assert "rests on" in alone
    assert "findings" in alone


def test_what_was_not_known_is_not_measured(place: Path, typed: Typed) -> None:
    said = typed("measure", "V04", "-p", "2026-Q3", "--known-by", "2026-10-01", "-w", place).out
    assert "not measured: no findings were loaded" in said
    ended = typed("measure", "V04", "--by", "severity", "-p", "2026-Q3", "--known-by", "2026-10-01", "-w", place)  # fmt: skip
    assert (ended.code, "no findings were loaded" in ended.err) == (2, True)


def test_a_wrong_word_is_answered_by_the_nearest(place: Path, typed: Typed) -> None:
    ended = typed("measure", "V04", "--by", "severty", "-w", place)
    assert (ended.code, "did you mean 'severity'" in ended.err) == (2, True)
    assert typed("measure", "V04", "--unit", "nowhere", "-w", place).code == 2


def test_a_small_group_is_withheld(tmp_path: Path, typed: Typed) -> None:
    ws = workspace(tmp_path / "ws")
    rows = [
        {"measure": "training", "period": "2026-Q3", "unit_id": unit, "num": num, "den": den}
        for unit, num, den in (("A", 2, 3), ("B", 40, 50), ("C", 30, 60))
    ]
    load(ws, "people_measures", rows, datetime(2026, 10, 2))
    shown = typed("measure", "W01", "--by", "unit", "-p", "2026-Q3", "-w", ws.folder).out
    # Three people are few, and the next larger group would give them away.
    assert shown.count("withheld: fewer than five people") == 2
    assert "30 of 60" in shown
    assert "2 of 3" not in shown
