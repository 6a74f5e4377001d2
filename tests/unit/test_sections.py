"""Sections: what each shows from its table, and that a missing table is said and never blank."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from reportkit import sections
from reportkit.display import Shown
from reportkit.facts import Callout, Cover, Decisions, Headline, Table, Tiles
from reportkit.view import View
from reportkit.workspace import Workspace
from tests.unit.workspaces import load, publish, workspace

KNOWN = datetime(2026, 10, 2)
START = {"valid_from": date(2026, 1, 1)}


def view(folder: Path, settings: str = "", **tables: list[dict[str, Any]]) -> View:
    ws = workspace(folder / "ws", settings)
    for name, rows in tables.items():
        load(ws, name, rows, KNOWN)
    return ws.at("2026-Q3")


def rows(shown: Shown) -> list[list[str]]:
    """Give the text of every cell, with its smaller line behind a bar."""
    assert isinstance(shown.block, Table)
    return [
        [f"{c.text}|{c.sub}" if c.sub else c.text for c in row]
        for row in shown.block.rows
    ]  # fmt: skip


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    "name",
    ["top_risks", "notable_incidents", "regulatory_clocks", "threats", "overdue_audits", "obligations", "initiatives",
     "people", "decisions", "past_decisions"],
)  # fmt: skip
def test_a_table_never_loaded_is_said(tmp_path: Path, name: str) -> None:
    block = getattr(sections, name)(view(tmp_path)).block
    assert isinstance(block, Callout)
    assert "not measured" in block.title
    assert "were loaded" in block.text


@pytest.mark.parametrize(
    ("name", "table", "row"),
    [
        ("top_risks", "risks", {"risk_id": "R", "status": "closed", **START}),
        ("notable_incidents", "incidents", {"incident_id": "I", "confirmed": "near_miss", "detected": datetime(2026, 8, 1)}),
        ("overdue_audits", "audits", {"finding_id": "A", "due_original": date(2027, 1, 1), **START}),
        ("obligations", "governance_items", {"item_id": "G", "kind": "policy", **START}),
        ("decisions", "decisions", {"decision_id": "D", "period": "2026-Q1", **START}),
        ("threats", "threats", {"threat_id": "T", "period": "2026-Q1", **START}),
    ],
)  # fmt: skip
def test_nothing_to_show_is_a_sentence(
    tmp_path: Path, name: str, table: str, row: dict[str, Any]
) -> None:
    block = getattr(sections, name)(view(tmp_path, "", **{table: [row]})).block
    assert isinstance(block, Table | Decisions)
    assert not (block.rows if isinstance(block, Table) else block.items)
    assert block.empty.endswith(".")


def test_the_cover_says_when_and_by_whom(tmp_path: Path) -> None:
    text = '[organisation]\nname = "Acme"\ncurrency = "GBP"\n[report]\nauthor = "CISO"\nclassification = "TLP:RED"\n'
    block = sections.cover(view(tmp_path, text), "Board", "All of it").block
    assert isinstance(block, Cover)
    assert (block.organisation, block.author, block.classification) == ("Acme", "CISO", "TLP:RED")
    assert (block.period, block.as_of, block.status) == ("Q3 2026", date(2026, 9, 30), "draft")


def test_without_words_the_measures_speak_worst_first(tmp_path: Path) -> None:
    due = date(2026, 8, 1)
    findings = [
        {"finding_id": f"F{n}", "asset_id": "A", "severity": "high", "opened": date(2026, 7, 1), "due_original": due, "state": "open"}
        for n in range(4)
    ]  # fmt: skip
    audits = [
        {"finding_id": "A1", "due_original": date(2027, 1, 1), "opened": date(2026, 2, 1), **START}
    ]
    block = sections.headline(view(tmp_path, findings=findings, audits=audits)).block
    assert isinstance(block, Headline)
    assert (
        block.statement
        == "1 of 2 measured figures needs action, 1 meets the limit; 8 of 10 are not measured."
    )
    assert [m.tone for m in block.messages] == ["bad", "good"]
    assert plain(block.messages[0].title).startswith(
        "Critical and high weaknesses fixed on time: 0.0 %, limit 90 %"
    )


def test_tiles_say_change_and_limit(tmp_path: Path) -> None:
    audits = [
        {"finding_id": f"A{n}", "opened": date(2026, 1, 2), "due_original": day, **START}
        for n, day in enumerate((date(2026, 5, 1), date(2026, 8, 1), date(2026, 9, 1)))
    ]  # fmt: skip
    block = sections.tiles(view(tmp_path, audits=audits), ("A02", "Q02")).block
    assert isinstance(block, Tiles)
    late, loss = block.items
    assert (late.value, late.delta, late.trend) == ("3", "+2", "worse")
    assert (loss.value, loss.tone) == ("Not measured", "none")
    assert "loaded" in loss.note


def test_changes_open_the_record_and_later_name_what_moved(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    audit = {
        "finding_id": "A1",
        "opened": date(2026, 1, 2),
        "due_original": date(2026, 8, 1),
        **START,
    }
    more = [{**audit, "finding_id": f"A{n}"} for n in range(2, 12)]
    load(ws, "audits", [audit, *more], datetime(2026, 7, 2))
    first = Workspace(ws.folder, now=datetime(2026, 7, 8)).at("2026-Q2")
    block = sections.changes(first).block
    assert isinstance(block, Callout)
    assert block.title == "Nothing was told before"
    publish(first, ["A02"], datetime(2026, 7, 8))
    load(ws, "audits", [audit], datetime(2026, 10, 2), source="again")
    now = Workspace(ws.folder, now=datetime(2026, 10, 8)).at("2026-Q3")
    assert rows(sections.changes(now)) == [
        ["Audit findings past their first date", "On target", "Act", "0 told, 11 now"]
    ]


def test_top_risks_by_money_with_movement_and_appetite(tmp_path: Path) -> None:
    risk = {"category": "c", "status": "open", "opened": date(2025, 1, 1), "owner": "COO"}
    risks = [
        {**risk, "risk_id": "R1", "title": "Small", "residual": 1e6, "valid_from": date(2026, 1, 1)},
        {**risk, "risk_id": "R2", "title": "Grew", "residual": 2e6, "valid_from": date(2026, 1, 1)},
        {**risk, "risk_id": "R2", "title": "Grew", "residual": 3e6, "valid_from": date(2026, 8, 1)},
        {**risk, "risk_id": "R3", "title": "New", "residual": 2e6, "opened": date(2026, 9, 1), "valid_from": date(2026, 9, 1)},
    ]  # fmt: skip
    limit = {"threshold_id": "T", "kind": "risk_appetite", "category": "c", "red": 2.5e6, **START}
    shown = rows(sections.top_risks(view(tmp_path, risks=risks, thresholds=[limit]), top=2))
    assert [(r[0].split("|")[0], r[1], r[2], r[4]) for r in shown] == [
        ("Grew", "€3.0m", "+€1.0m", "Above"),
        ("New", "€2.0m", "new", "Within"),
    ]


def test_incidents_and_their_clocks(tmp_path: Path) -> None:
    base = {"confirmed": "confirmed", "title": "Theft", "cause": "phishing"}
    notices = [
        {"regime": "NIS2 24 h", "due": "2026-08-02T09:00", "sent": "2026-08-02T08:00"},
        {"regime": "NIS2 72 h", "due": "2026-08-04T09:00", "sent": "2026-08-05T09:00"},
    ]
    incidents = [
        {**base, "incident_id": "I1", "severity": 1, "detected": datetime(2026, 8, 1, 9), "contained": datetime(2026, 8, 1, 14, 30),
         "material": "yes", "determined_at": date(2026, 8, 3), "loss_primary": 250_000.0, "notices": json.dumps(notices)},
        {**base, "incident_id": "I2", "severity": 2, "detected": datetime(2026, 9, 20, 9), "material": "pending"},
        {**base, "incident_id": "I3", "severity": 4, "detected": datetime(2026, 8, 1, 9)},
        {**base, "incident_id": "I4", "severity": 1, "detected": datetime(2026, 5, 1, 9)},
    ]  # fmt: skip
    at = view(tmp_path, incidents=incidents)
    shown = rows(sections.notable_incidents(at))
    assert [r[0] for r in shown] == ["Theft|I1 · phishing", "Theft|I2 · phishing"]
    assert [plain(r[2]) for r in shown] == ["5.5 h", "still active"]
    assert plain(shown[0][3]) == "Material|decided 3 Aug 2026"
    assert shown[0][4] == "€250k"
    clocks = sections.regulatory_clocks(at)
    assert [(r[0], r[4]) for r in rows(clocks)] == [("NIS2 24 h", "In time"), ("NIS2 72 h", "Late")]
    assert isinstance(clocks.block, Table)
    assert "I2: 10 days since discovery" in clocks.block.note


def test_threats_count_our_exposed_assets_through_any_cve(tmp_path: Path) -> None:
    weak = {"severity": "high", "opened": date(2026, 8, 1), "state": "open"}
    findings = [
        {**weak, "finding_id": "F1", "asset_id": "A1", "vuln_id": "CVE-1"},
        {**weak, "finding_id": "F2", "asset_id": "A1", "vuln_id": "CVE-2"},
        {**weak, "finding_id": "F3", "asset_id": "A2", "vuln_id": "plugin-9", "cve_ids": "CVE-8|CVE-2"},
        {**weak, "finding_id": "F4", "asset_id": "A3", "vuln_id": "CVE-1", "state": "fixed", "closed": date(2026, 9, 1)},
        {**weak, "finding_id": "F5", "asset_id": "A4", "vuln_id": "CVE-22"},
    ]  # fmt: skip
    threats = [
        {"threat_id": "T1", "period": "2026-Q3", "title": "One", "vuln_ids": "CVE-1|CVE-2", **START},
        {"threat_id": "T2", "period": "2026-Q3", "title": "Two", "vuln_ids": "CVE-7", **START},
    ]  # fmt: skip
    shown = rows(sections.threats(view(tmp_path, findings=findings, threats=threats)))
    assert [r[2] for r in shown] == ["2 assets|3 open weaknesses", "No open weakness"]


def test_audit_findings_past_their_first_date(tmp_path: Path) -> None:
    audits = [
        {"finding_id": "A1", "title": "Old", "rating": "high", "opened": date(2025, 1, 1), "due_original": date(2026, 9, 20),
         "due_current": date(2026, 12, 1), "retargets": 2, **START},
        {"finding_id": "A2", "title": "Closed", "opened": date(2025, 1, 1), "due_original": date(2026, 1, 1), "verified_closed": date(2026, 2, 1), **START},
        {"finding_id": "A3", "title": "Later", "opened": date(2025, 1, 1), "due_original": date(2026, 10, 1), **START},
    ]  # fmt: skip
    (row,) = rows(sections.overdue_audits(view(tmp_path, audits=audits)))
    assert row[0].startswith("Old|A1")
    assert [plain(x) for x in row[1:5]] == ["High", "20 Sep 2026", "10 d", "1 Dec 2026|moved 2×"]


def test_initiatives_say_slip_and_money(tmp_path: Path) -> None:
    steps = [
        {"title": "a", "baseline": "2026-03-01", "done": "2026-03-01"},
        {"title": "b", "baseline": "2026-06-01", "done": "2026-07-01"},
        {"title": "c", "baseline": "2026-12-01", "done": None},
    ]
    item = {
        "initiative_id": "P1", "title": "Segmentation", "health": "at_risk", "baseline_start": date(2026, 1, 1), "baseline_end": date(2026, 12, 31),
        "forecast_end": date(2027, 1, 30), "budget": 800_000.0, "actual": 300_000.0, "milestones": json.dumps(steps), **START,
    }  # fmt: skip
    (row,) = rows(sections.initiatives(view(tmp_path, initiatives=[item])))
    assert [plain(x) for x in row] == [
        "Segmentation", "At risk", "1 of 2", "30 Jan 2027|+30 d against baseline", "€300k|of €800k",
    ]  # fmt: skip


def test_people_are_never_shown_in_groups_below_five(tmp_path: Path) -> None:
    people = [
        {"unit_id": "A", "period": "2026-Q3", "measure": "training", "num": 45, "den": 50},
        {"unit_id": "A", "period": "2026-Q3", "measure": "phishing", "num": 10, "den": 40},
        {"unit_id": "B", "period": "2026-Q3", "measure": "training", "num": 3, "den": 4},
        {"unit_id": "C", "period": "2026-Q3", "measure": "training", "num": 6, "den": 8},
    ]
    shown = rows(sections.people(view(tmp_path, people_measures=people)))
    # Wilson intervals of 45/50 and 10/40 (Brown, Cai and DasGupta 2001).
    assert [plain(x) for x in shown[0]] == ["A", "90 %", "79–96 %", "25 %", "14–40 %"]
    # The total is told in W01, so the next larger group goes with the small one.
    assert [row[1] for row in shown[1:]] == ["withheld", "withheld"]
    assert "75" not in "".join(plain(x) for row in shown[1:] for x in row)


def test_decisions_with_options_and_what_became_of_earlier_ones(tmp_path: Path) -> None:
    options = [
        {"name": "Do nothing", "cost": "No cost", "risk_change": "None", "user_impact": "None"},
        {"name": "Buy", "cost": 85000, "risk_change": "Halved", "user_impact": "None", "recommended": True},
    ]  # fmt: skip
    decisions = [
        {"decision_id": "D1", "period": "2026-Q3", "title": "Keys", "ask": "Fund keys", "options": json.dumps(options),
         "owner": "CISO", "by_when": date(2026, 11, 10), **START},
        {"decision_id": "D2", "period": "2026-Q3", "title": "Note", "for_decision": False, **START},
        {"decision_id": "D0", "period": "2026-Q2", "title": "Cover", "decided_at": date(2026, 7, 20), "outcome": "Renewed", **START},
    ]  # fmt: skip
    at = view(tmp_path, decisions=decisions)
    block = sections.decisions(at).block
    assert isinstance(block, Decisions)
    assert [(d.title, d.for_decision) for d in block.items] == [("Keys", True), ("Note", False)]
    assert [(o.name, o.cost, o.recommended) for o in block.items[0].options] == [
        ("Do nothing", "No cost", False),
        ("Buy", "€85k", True),
    ]
    assert [[plain(x) for x in r] for r in rows(sections.past_decisions(at))] == [
        ["Cover|asked in Q2 2026", "20 Jul 2026", "Renewed"]
    ]


def test_the_annex_says_where_from_how_and_whether_it_adds_up(tmp_path: Path) -> None:
    findings = [{"finding_id": "F1", "asset_id": "A", "severity": "low", "opened": date(2026, 8, 1), "state": "open"}]  # fmt: skip
    at = view(tmp_path, findings=findings)
    shown = sections.sources(at)
    (row,) = rows(shown)
    assert row[:3] == ["findings", "test", "1"]
    assert row[-1] == "clock"
    assert isinstance(shown.block, Table)
    assert "Not loaded: assets" in shown.block.note
    lines = rows(sections.reconciliation(at))
    assert [r[1:3] for r in lines[:5]] == [
        ["Opening", "0"], ["Newly found", "+1"], ["Fixed", "0"], ["Decommissioned", "0"], ["Closing", "1"],
    ]  # fmt: skip
    assert lines[4][3] == "Adds up"
    assert lines[5][1] == "Not measured: no audit findings were loaded"
    empty = sections.restatements(at).block
    assert isinstance(empty, Table)
    assert empty.empty == "No report was published for Q2 2026, so nothing can be restated."
    assert len(rows(sections.definitions(at))) == 10
    facts = {r[0]: r[1] for r in rows(sections.reproducibility(at))}
    assert facts["As of"].startswith("30 September 2026")


def test_the_annex_says_who_approved_what_was_told_last(tmp_path: Path) -> None:
    from reportkit.ledger import approvals

    ws = workspace(tmp_path / "ws")
    before = ws.at("2026-Q2")
    told = publish(before, [], before.known_by)

    def say(by: str, action: Any) -> None:
        one = approvals.Approval(report="board", period="2026-Q2", unit="", run_id=told.run_id, digest="d", by=by, at=datetime(2026, 7, 9), action=action)  # fmt: skip
        approvals.add(ws.ledger, one)

    assert "Approved" not in {r[0] for r in rows(sections.reproducibility(ws.at("2026-Q3")))}
    say("Ada Lind", "approve")
    say("Bo Ek", "approve")
    say("Bo Ek", "revoke")
    facts = {r[0]: r[1] for r in rows(sections.reproducibility(ws.at("2026-Q3")))}
    assert facts["Approved"] == "Q2 2026, revision 1: Ada Lind on 9 July 2026 (asserted)"


def test_changes_of_definitions_are_told_where_there_are_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A second version of V04 says from when on it is used, and what changed."""
    from dataclasses import replace

    from reportkit.measures import definition, registry

    at = workspace(tmp_path / "ws").at("2026-Q3")
    assert sections.definition_changes(at).block is None
    note: Any = sections.definitions(at).block
    assert note.note.endswith("All definitions are in their first version.")
    changed = replace(definition("V04"), version=2, changes=((2, date(2026, 7, 1), "Accepted after the date is late"),))  # fmt: skip
    monkeypatch.setitem(registry._definitions, "V04", changed)
    shown: Any = sections.definition_changes(workspace(tmp_path / "ws").at("2026-Q3")).block
    assert [cell.text for cell in shown.rows[0]] == ["V04", changed.name, "2", "1 Jul 2026".replace(" ", "\N{NO-BREAK SPACE}"), "Accepted after the date is late"]  # fmt: skip
