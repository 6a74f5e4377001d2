"""The risk register: what is above appetite, what moved, what is accepted, who else carries it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from reportkit import charts, sections
from reportkit.charts.plot import Plot
from reportkit.display import Shown
from reportkit.facts import Callout, Headline, Table
from reportkit.view import View
from tests import case_firm
from tests.unit.workspaces import load, workspace


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    ws = workspace(tmp_path_factory.mktemp("register") / "ws", case_firm.SETTINGS)
    case_firm.fill(ws)
    start = {"valid_from": date(2026, 1, 1)}
    load(ws, "actions", [
        {"action_id": "T1", **start, "parent_type": "risk", "parent_id": "R1", "title": "Late one", "owner": "CIO", "due_original": date(2026, 9, 20), "due_current": date(2026, 12, 1), "retargets": 2, "status": "open"},
        {"action_id": "T2", **start, "parent_type": "risk", "parent_id": "R1", "title": "Next one", "owner": "CIO", "due_original": date(2026, 11, 20), "due_current": date(2026, 11, 20), "status": "open"},
        {"action_id": "T3", **start, "parent_type": "risk", "parent_id": "R1", "title": "Far one", "due_original": date(2027, 3, 1), "status": "open"},
        {"action_id": "T4", **start, "parent_type": "audit", "parent_id": "A", "title": "Not a risk", "due_original": date(2026, 9, 1), "status": "open"},
    ], case_firm.KNOWN)  # fmt: skip
    load(ws, "governance_items", [
        {"item_id": "E1", **start, "kind": "exception", "title": "Old protocol", "approver": "CISO", "expiry": date(2026, 9, 10), "status": "active"},
        {"item_id": "E2", **start, "kind": "exception", "title": "Endless", "status": "active"},
        {"item_id": "P1", **start, "kind": "policy", "title": "Policy", "expiry": date(2026, 9, 10)},
    ], case_firm.KNOWN)  # fmt: skip
    load(ws, "suppliers", [
        {"supplier_id": "V1", **start, "name": "Cloud", "tier": 1, "last_assessed": date(2025, 9, 1), "next_due": date(2026, 9, 1), "result": "pass"},
        {"supplier_id": "V2", **start, "name": "Desk", "tier": 3},
    ], case_firm.KNOWN)  # fmt: skip
    load(ws, "services", [
        {"service_id": "A", "criticality": 1, "supplier_ids": "V1|V2"}, {"service_id": "B", "criticality": 3, "supplier_ids": "V1"}, {"service_id": "C"},
    ], case_firm.KNOWN)  # fmt: skip
    return ws.at("2026-Q3", report="risk")


def cells(shown: Shown) -> list[list[str]]:
    assert isinstance(shown.block, Table)
    return [[f"{c.text}|{c.sub}" if c.sub else c.text for c in row] for row in shown.block.rows]


def test_risks_above_appetite_are_named(view: View) -> None:
    ((risk, residual, appetite, over, planned, _, owner),) = cells(sections.above_appetite(view))
    assert (risk, residual, appetite, over) == ("Office|R1 · Cyber", "€1.2m", "€1.0m", "+€200k")
    assert (planned, owner) == ("€600k", "CIO")


def test_every_move_has_its_reason(view: View) -> None:
    closed, raised = cells(sections.register_moves(view))
    assert closed == ["Plant|R2", "Closed", "€400k", "–", "−€400k", "No reason written down"]
    assert raised == ["Office|R1", "Raised", "€900k", "€1.2m", "+€300k", "Trial failed"]


def test_movement_and_treatment_are_drawn(view: View) -> None:
    plot = charts.register_movement(view)
    assert isinstance(plot, Plot)
    assert plot.title == "Residual exposure of the register fell by €100k to €1.2m a year"
    assert plot.facts.reconciliations[0].holds
    plot = charts.treatment(view)
    assert isinstance(plot, Plot)
    # 3.0 to 1.2 of 3.0 to 0.6 million.
    assert plot.title == "Treatment has done 75\u202f% of what is planned for the largest risk"


def test_treatments_acceptances_and_suppliers(view: View) -> None:
    late, due = cells(sections.treatments(view))
    assert late[0] == "Late one|CIO"
    assert late[-2:] == ["1\N{NO-BREAK SPACE}Dec\N{NO-BREAK SPACE}2026|moved 2×", "10 d late"]
    assert due[-1] == "Falls due"
    endless, expired = cells(sections.acceptances(view))
    assert (endless[0], endless[3], endless[-1]) == ("Endless|E2", "Nobody named", "No end")
    assert (expired[0], expired[-1]) == ("Old protocol|E1", "Expired")
    shown = sections.concentration(view)
    cloud, desk = cells(shown)
    assert cloud[:2] == ["Cloud|tier 1", "2|1 of them most critical"]
    assert cloud[2].endswith("next one overdue")
    assert desk[3] == "Never assessed"
    assert isinstance(shown.block, Table)
    assert shown.block.note.startswith("2 of 3 services rest")


def test_the_answer_comes_first(view: View) -> None:
    block = sections.risk_headline(view).block
    assert isinstance(block, Headline)
    # Exactly 202,001 a year; 4.29 % of years above a million, of 5 % approved.
    assert block.statement.startswith(
        "Security incidents cost €202k in a mean year before insurance. More than €1.0m"
    )
    assert "within the 5 approved" in block.statement
    assert block.statement.endswith("1 of 1 open risk is above appetite.")
    ((name, often, mean, *_),) = cells(sections.scenario_losses(view))
    assert (name, often, mean) == ("Office stops|S1", "1 in 2 years", "€202k")


@pytest.mark.parametrize(
    "name", ["above_appetite", "acceptances", "concentration", "register_moves", "scenario_losses", "treatments", "benefits"]
)  # fmt: skip
def test_a_table_never_loaded_is_said(tmp_path: Path, name: str) -> None:
    block = getattr(sections, name)(workspace(tmp_path / "ws").at("2026-Q3")).block
    assert isinstance(block, Callout)
    assert "not measured" in block.title


def test_scores_are_not_added_up(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    load(ws, "risks", [{"risk_id": "R", "valid_from": date(2026, 5, 1), "residual": 12, "measured_in": "score", "status": "open"}], case_firm.KNOWN)  # fmt: skip
    shown = charts.register_movement(ws.at("2026-Q3"))
    assert isinstance(shown, Shown)
    assert isinstance(shown.block, Callout)
    assert "cannot be added up" in shown.block.text
