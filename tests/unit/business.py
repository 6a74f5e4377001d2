"""Small data sets for the measures of the business: rows in, values out."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from reportkit.measures import Measure, Value
from reportkit.view import View
from tests.unit.workspaces import load, workspace

#: The quarter of all tests is 2026-Q3; its data is recorded two days after its end.
START, END, KNOWN = date(2026, 7, 1), date(2026, 9, 30), datetime(2026, 10, 2)
Row = dict[str, Any]


def view(folder: Path, unit: str = "", settings: str = "", **tables: Any) -> View:
    """Give the third quarter of 2026 over some tables."""
    ws = workspace(folder / "ws", settings)
    for name, rows in tables.items():
        load(ws, name, rows, KNOWN)
    return ws.at("2026-Q3", unit=unit)


def value_of(folder: Path, id_: str, **tables: Any) -> Value:
    """Give the value of one measure over some tables."""
    found: Value = view(folder, **tables).measure(id_).value
    return found


def parts(value: Value) -> dict[str, float | None]:
    """Give the numbers beside a value by name."""
    return {part.name: part.value for part in value.parts}


def bounds(value: Value) -> tuple[float, float]:
    """Give the interval of a value that has one."""
    assert value.low is not None
    assert value.high is not None
    return value.low, value.high


def split(of: View, id_: str, by: str) -> dict[str, Value]:
    """Give the values of a measure by one of its dimensions."""
    found: list[Measure] = of.measure(id_, by=by)
    return {m.scope.partition("=")[2]: m.value for m in found}


def limit(category: str, red: float, **more: Any) -> Row:
    """Give an approved appetite of a category."""
    return {
        "threshold_id": f"A-{category}", "valid_from": date(2025, 1, 1), "kind": "risk_appetite", "category": category, "red": red, **more,
    }  # fmt: skip


def risk(name: str, **more: Any) -> Row:
    """Give an open risk of one category."""
    return {
        "risk_id": name, "category": "cyber", "status": "open", "opened": date(2026, 1, 1), "valid_from": date(2026, 1, 1), **more,
    }  # fmt: skip


def audit(name: str, **more: Any) -> Row:
    """Give an audit finding issued in January."""
    return {"finding_id": name, "opened": date(2026, 1, 1), "state": "open", **more}


def scenario(name: str = "S1", **more: Any) -> Row:
    """Give the scenario of riskquant's example: mean of one event 404,001.28."""
    return {
        "scenario_id": name, "state": "current", "title": name, "freq_dist": "poisson", "rate": 0.1, "sev_dist": "lognormal_ci90",
        "low": 100_000.0, "high": 1_000_000.0, "currency": "EUR", "valid_from": date(2026, 1, 1), **more,
    }  # fmt: skip


def people(unit: str, measure: str, num: float | None, den: float | None, **more: Any) -> Row:
    """Give one measure of a unit's people in the quarter; all of the unit when not said otherwise."""
    return {
        "unit_id": unit, "period": "2026-Q3", "measure": measure, "n": den, "num": num, "den": den, **more,
    }  # fmt: skip
