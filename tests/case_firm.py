"""A firm with one scenario, one decision and numbers that can be worked out by hand: a control stops three events of five.

In the mean the control is worth 59,261.27 without the time of users and -105,672.94 with it.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from reportkit.workspace import Workspace
from tests.unit.workspaces import load

KNOWN = datetime(2026, 10, 2)
SETTINGS = '[organisation]\nname = "Worked"\n[finance]\ndiscount_rate = 0.08\nhorizon_years = 3\ncase_budget = 300000\n'
START = {"valid_from": date(2026, 1, 1)}
_OPTION = {"decision_id": "D1", **START, "currency": "EUR"}
SCENARIOS: list[dict[str, Any]] = [
    {"scenario_id": "S1", "state": "current", **START, "title": "Office stops", "freq_dist": "poisson", "rate": 0.5, "sev_dist": "lognormal_ci90",
     "low": 1e5, "high": 1e6, "ci_level": 0.9, "currency": "EUR", "cia_tags": "A", "event_hours": 20.0, "event_records": 0.0, "insured": False},
    {"scenario_id": "S1", "state": "residual", **START, "title": "Office stops", "freq_dist": "poisson", "rate": 0.2, "sev_dist": "lognormal_ci90",
     "low": 1e5, "high": 1e6, "ci_level": 0.9, "currency": "EUR", "cia_tags": "A", "insured": False},
]  # fmt: skip
OPTIONS: list[dict[str, Any]] = [
    {**_OPTION, "option_id": "none", "place": 1, "name": "Do nothing", "trade_off": "The finding stays open"},
    {**_OPTION, "option_id": "control", "place": 2, "name": "Control", "once_mode": 150e3, "yearly_mode": 40e3, "recommended": True,
     "objective_ids": "O1", "trade_off": "Four minutes a month", "reversibility": "Fully"},
    {**_OPTION, "option_id": "cover", "place": 3, "name": "Cover", "yearly_low": 50e3, "yearly_mode": 60e3, "yearly_high": 70e3, "retention": 250e3,
     "limit_amount": 500e3},
]  # fmt: skip
EFFECTS: list[dict[str, Any]] = [
    {"decision_id": "D1", **START, "option_id": "control", "scenario_id": "S1", "control": "New control", "acts_on": "frequency", "low": 0.5,
     "mode": 0.6, "high": 0.7, "rationale": "Trial"},
]  # fmt: skip
IMPACTS: list[dict[str, Any]] = [
    {"decision_id": "D1", **START, "option_id": "control", "population": "Staff", "item": "Sign-in", "people": 2000, "times": 1.0, "minutes_mode": 4.0,
     "hourly_cost": 40.0, "currency": "EUR", "once": False},
]  # fmt: skip
DECISIONS: list[dict[str, Any]] = [
    {"decision_id": "D1", **START, "period": "2026-Q3", "title": "A new control", "ask": "Approve it.", "owner": "CISO", "by_when": date(2026, 11, 1),
     "for_decision": True, "options": json.dumps([{"name": "Do nothing"}, {"name": "Control", "cost": 1, "recommended": True}])},
]  # fmt: skip
LIMITS: list[dict[str, Any]] = [
    {"threshold_id": "F1", "valid_from": date(2026, 1, 1), "kind": "friction", "scope": "Staff", "red": 3.0},
    {"threshold_id": "L1", "valid_from": date(2026, 1, 1), "kind": "loss_appetite", "points": "[[500000, 0.2], [1000000, 0.05]]", "currency": "EUR"},
    {"threshold_id": "A1", "valid_from": date(2026, 1, 1), "kind": "risk_appetite", "category": "Cyber", "red": 1e6, "currency": "EUR"},
]  # fmt: skip
#: Two risks: one raised from 0.9 to 1.2 million in the quarter, above appetite; one closed in it.
RISKS: list[dict[str, Any]] = [
    {"risk_id": "R1", "valid_from": date(2026, 4, 1), "title": "Office", "category": "Cyber", "residual": 0.9e6, "inherent": 3e6, "target": 0.6e6,
     "status": "open", "opened": date(2026, 1, 5), "measured_in": "money", "currency": "EUR", "response": "mitigate", "owner": "CIO"},
    {"risk_id": "R1", "valid_from": date(2026, 8, 1), "title": "Office", "category": "Cyber", "residual": 1.2e6, "inherent": 3e6, "target": 0.6e6,
     "status": "open", "opened": date(2026, 1, 5), "measured_in": "money", "currency": "EUR", "response": "mitigate", "owner": "CIO", "rationale": "Trial failed"},
    {"risk_id": "R2", "valid_from": date(2026, 4, 1), "title": "Plant", "category": "Cyber", "residual": 0.4e6, "inherent": 0.8e6, "target": 0.3e6,
     "status": "open", "opened": date(2026, 1, 5), "measured_in": "money", "currency": "EUR", "response": "accept", "accepted_until": date(2026, 12, 1), "owner": "COO"},
    {"risk_id": "R2", "valid_from": date(2026, 9, 1), "title": "Plant", "category": "Cyber", "residual": 0.4e6, "inherent": 0.8e6, "target": 0.3e6,
     "status": "closed", "opened": date(2026, 1, 5), "closed": date(2026, 9, 1), "measured_in": "money", "currency": "EUR", "response": "accept", "owner": "COO", "rationale": "Sold"},
]  # fmt: skip


def fill(ws: Workspace) -> Workspace:
    """Load the firm into an empty workspace."""
    tables = {
        "scenarios": SCENARIOS, "options": OPTIONS, "option_effects": EFFECTS, "option_impacts": IMPACTS, "decisions": DECISIONS, "thresholds": LIMITS,
        "risks": RISKS, "objectives": [{"objective_id": "O1", "title": "Keep working", "owner": "CEO"}],
    }  # fmt: skip
    for name, rows in tables.items():
        load(ws, name, rows, KNOWN)
    return ws
