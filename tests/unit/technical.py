"""Rows for the tests of technical measures: what every test needs, so that each shows only what it is about."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from reportkit.measures import Value
from reportkit.view import View
from reportkit.workspace import Workspace
from tests.unit.workspaces import load, workspace

#: When the rows were recorded: two days after the quarter's end.
KNOWN = datetime(2026, 10, 2)
START, END = date(2026, 7, 1), date(2026, 9, 30)

Row = dict[str, Any]


def stored(folder: Path, settings: str = "", **tables: Any) -> Workspace:
    """Make a workspace that knows these rows since ``KNOWN``."""
    ws = workspace(folder, settings)
    for name, rows in tables.items():
        load(ws, name, rows, KNOWN)
    return ws


def view(folder: Path, settings: str = "", **tables: Any) -> View:
    """Look at these rows at the end of the third quarter of 2026."""
    return stored(folder, settings, **tables).at("2026-Q3")


def parts(value: Value) -> dict[str, float | None]:
    """Give the numbers beside a value by name."""
    return {part.name: part.value for part in value.parts}


def split(of: View, id_: str, by: str) -> dict[str, float | None]:
    """Give the values of a measure by cell."""
    return {m.scope.removeprefix(f"{by}="): m.value.value for m in of.measure(id_, by=by)}


def before(days: int, day: date = END) -> date:
    """Give the day so many days before another."""
    return day - timedelta(days)


def weak(number: int, **more: Any) -> Row:
    """Give a finding on an asset of its own, critical, open since the quarter's first day."""
    base = {"finding_id": f"F{number}", "asset_id": f"A{number}", "severity": "critical", "opened": START, "state": "open"}  # fmt: skip
    return {**base, **more}


def fixed(number: int, closed: date, **more: Any) -> Row:
    """Give a finding that was verified fixed on a day."""
    return weak(number, state="fixed", closed=closed, **more)


def asset(number: int, **more: Any) -> Row:
    """Give a critical asset in scope."""
    base = {"asset_id": f"A{number}", "criticality": 1, "in_scope": True, "first_seen": date(2025, 1, 1)}  # fmt: skip
    return {**base, **more}


def control(number: int, name: str, **more: Any) -> Row:
    """Give an observation of a control that works on an asset, made on the quarter's last day."""
    base = {
        "asset_id": f"A{number}", "control": name, "observed_at": END, "status": "ok", "last_ok": END, "authenticated": True,
        "rto_met": True, "rpo_met": True,
    }  # fmt: skip
    return {**base, **more}


def account(number: int, **more: Any) -> Row:
    """Give an enabled account of a person."""
    return {"account_id": f"U{number}", "type": "human", "privileged": False, **more}


def case(number: int, **more: Any) -> Row:
    """Give a confirmed incident, discovered at noon of a day in August."""
    base = {"incident_id": f"I{number}", "confirmed": "confirmed", "detected": datetime(2026, 8, 1, 12) + timedelta(number)}  # fmt: skip
    return {**base, **more}
