"""Sections of the posture, audit, programme and incidents reports: counts made by hand, and nothing blank without data."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest

import reportkit as rk
from reportkit import charts, resources, sections
from reportkit.charts.plot import Plot
from reportkit.display import Shown
from reportkit.errors import UsageError
from reportkit.facts import Headline, Table
from reportkit.view import View
from tests.unit.test_charts import drawn
from tests.unit.test_sections import plain, rows, view
from tests.unit.workspaces import load, workspace

SUITE = ("posture", "audit", "programme", "incidents")
START = {"valid_from": date(2026, 1, 1)}
T = date(2026, 9, 30)
UNITS = [{"unit_id": u, "name": n, **START} for u, n in (("P", "Payments"), ("F", "Field"))]


def title(shown: Any) -> str:
    assert isinstance(shown, Shown)
    assert isinstance(shown.block, Table)
    return plain(shown.block.title)


def asset(name: str, **more: Any) -> dict[str, Any]:
    return {"asset_id": name, "kind": "host", "criticality": 1, "in_scope": True, "service_id": "S", **START, **more}  # fmt: skip


def seen(name: str, control: str, **more: Any) -> dict[str, Any]:
    return {"asset_id": name, "control": control, "observed_at": T, "status": "ok", "last_ok": T, "authenticated": True, "rto_met": True, "rpo_met": True, **more}  # fmt: skip


@pytest.mark.parametrize("name", SUITE)
def test_every_cell_says_something_without_any_data(tmp_path: Path, name: str) -> None:
    notebook = nbformat.read(resources.notebook(name), as_version=4)
    names = {"rk": rk, "view": workspace(tmp_path / "ws").at("2026-Q3", report=name), "top": 8, "incident": ""}  # fmt: skip
    skipped = {"parameters", "setup"}
    cells = [c.source for c in notebook.cells if c.cell_type == "code" and not skipped & set(c.metadata.get("tags", []))]  # fmt: skip
    assert len(cells) > 20
    for source in cells:
        assert eval(source, names)._repr_mimebundle_(), source


@pytest.mark.parametrize("name", SUITE)
def test_the_notebook_is_short_cells_that_show_one_thing(name: str) -> None:
    notebook = nbformat.read(resources.notebook(name), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code" and not {"parameters", "setup", "cover"} & set(cell.metadata.get("tags", [])):  # fmt: skip
            assert cell.source.count("\n") < 4
            assert not {"if", "for"} & set(cell.source.split())
    heads = [c.source for c in notebook.cells if c.cell_type == "markdown" and c.source.startswith("# ")]  # fmt: skip
    assert heads[-1] == "# Annex"
    assert heads[-2] == "# Coverage and restatements"


def test_exploited_weaknesses_by_reach_and_lateness(tmp_path: Path) -> None:
    weak = {"severity": "high", "opened": date(2026, 7, 2), "state": "open"}
    v = view(
        tmp_path,
        assets=[asset("A", exposure="internet"), asset("B", exposure="internal")],
        kev=[{"vuln_id": "CVE-1", "date_added": date(2026, 7, 1), "due_date": date(2026, 7, 20), "ransomware": True}, {"vuln_id": "CVE-2", "date_added": date(2026, 9, 1), "due_date": date(2026, 12, 1)}],
        findings=[
            {"finding_id": "1", "asset_id": "A", "vuln_id": "CVE-1", **weak}, {"finding_id": "2", "asset_id": "B", "vuln_id": "CVE-1", **weak},
            {"finding_id": "3", "asset_id": "B", "vuln_id": "CVE-2", **weak}, {"finding_id": "4", "asset_id": "B", "vuln_id": "CVE-3", **weak},
        ],
    )  # fmt: skip
    shown = sections.exploited(v)
    assert title(shown) == "3 known-exploited weaknesses are open (2 different ones), 2 of them past the date of the catalogue"  # fmt: skip
    first, second = ([plain(c) for c in row] for row in rows(shown))
    assert first == ["CVE-1|CVE-1 · used by ransomware", "2", "1", "90 d", "20 Jul 2026", "2 late"]
    assert second[1:3] == ["1", "–"]
    assert second[5] == "In time"


def test_the_funnel_loses_each_asset_once(tmp_path: Path) -> None:
    """Six assets: three have all, one no scan, one neither scan nor restore (lost at the first step), one no restore."""
    every = ("vuln_scan", "edr", "log", "restore_test")
    has = {"A": every, "B": every[1:], "C": every[1:3], "D": every[:3], "E": every, "F": every}
    v = view(
        tmp_path, assets=[asset(name) for name in has], coverage=[seen(name, control) for name, controls in has.items() for control in controls],
    )  # fmt: skip
    plot, data = drawn(charts.funnel(v))
    assert {r["step"]: (r["n"], r["lost"]) for r in data if "step" in r} == {
        "Known": (6, 0), "Scanned": (4, 2), "Protected": (4, 0), "Logged": (4, 0), "Restorable": (3, 1),
    }  # fmt: skip
    assert plot.title.startswith("3 of 6 critical assets have every safeguard; most of the others, 2, have no scan")  # fmt: skip


def test_recovery_names_services_that_cannot_prove_it(tmp_path: Path) -> None:
    service = {"criticality": 1, "rto_hours": 2.0, "rpo_hours": 0.0, **START}
    v = view(
        tmp_path, services=[{"service_id": s, "name": n, **service} for s, n in (("S", "Pay-outs"), ("Q", "Orders"))],
        assets=[asset("A"), asset("B"), asset("C", service_id="Q")],
        coverage=[seen("A", "restore_test"), seen("B", "restore_test", rto_met=False), seen("C", "restore_test")],
    )  # fmt: skip
    shown = sections.recovery(v)
    assert title(shown) == "1 of 2 critical services cannot prove that it can be restored in full"
    assert [plain(c) for c in rows(shown)[0]] == ["Pay-outs", "1", "2 h / none", "1 of 2", "30 Sep 2026", "1 not proven|1 too slow"]  # fmt: skip


def test_lifecycle_and_tools_count_what_is_past_and_in_vain(tmp_path: Path) -> None:
    v = view(
        tmp_path,
        assets=[asset("A", eol_at=date(2026, 1, 1)), asset("B", eol_at=date(2027, 1, 1)), asset("C", criticality=3)],
        coverage=[seen("A", "edr"), seen("B", "edr", last_ok=date(2026, 9, 1)), seen("C", "edr", status="na")],
    )  # fmt: skip
    shown = sections.lifecycle(v)
    assert title(shown) == "1 asset of 3 (33.3 %) runs without the maker's support, 1 more within a year"  # fmt: skip
    assert rows(shown) == [["Computers and servers", "3", "1|33.3\u202f%", "1", "1", "0"]]  # fmt: skip
    (tool,) = rows(sections.tools(v))
    assert tool == ["Endpoint protection", "2", "2", "1|50\u202f%", "1", "–", "Act"]


def audit(name: str, **more: Any) -> dict[str, Any]:
    return {"finding_id": name, "audit_source": "internal", "rating": "high", "title": name, "opened": date(2025, 9, 1), "state": "open", **START, **more}  # fmt: skip


def test_audit_findings_by_source_against_their_first_date(tmp_path: Path) -> None:
    due = {"due_original": date(2026, 8, 1)}
    v = view(
        tmp_path,
        audits=[
            audit("1", **due, due_current=date(2026, 12, 1), retargets=1), audit("2", **due, verified_closed=date(2026, 7, 30), state="closed"),
            audit("3", **due, verified_closed=date(2026, 8, 20), state="closed"), audit("4", audit_source="regulator", opened=date(2026, 9, 1), due_original=date(2027, 1, 1)),
            audit("5", audit_source="regulator", state="false_positive", **due),
        ],
    )  # fmt: skip
    shown = sections.audit_sources(v)
    assert title(shown) == "1 of 3 findings due in the quarter was verified closed in time"
    internal, regulator, total = rows(shown)
    # Issued by, open, new, verified closed, past first date, date moved, closed but not verified, closed of those due, oldest
    assert internal == ["Internal audit", "1", "–", "2", "1", "1", "–", "1 of 3", "394 d"]
    assert regulator == ["Regulator", "1", "1", "–", "–", "–", "–", "–", "29 d"]
    assert total == ["All", "2", "1", "2", "1", "1", "–", "1 of 3", "394 d"]


def test_a_finding_on_the_same_control_came_back(tmp_path: Path) -> None:
    v = view(
        tmp_path, audits=[audit("1", control_id="C1", opened=date(2025, 1, 10)), audit("2", control_id="C1", opened=date(2026, 8, 1)), audit("3", control_id="C2", opened=date(2026, 8, 1))],
    )  # fmt: skip
    (row,) = rows(sections.repeats(v))
    assert plain(row[0]).startswith("2|2 ·")
    assert plain(row[3]).startswith("1|1 ·")
    assert row[4] == "Same control"


def test_objectives_show_what_nothing_covers_first(tmp_path: Path) -> None:
    limit = {
        "threshold_id": "T",
        "kind": "risk_appetite",
        "category": "cyber",
        "red": 100.0,
        **START,
    }
    risk = {
        "status": "open",
        "category": "cyber",
        "measured_in": "money",
        "currency": "EUR",
        **START,
    }
    v = view(
        tmp_path, objectives=[{"objective_id": o, "title": o, "owner": "X", **START} for o in ("Grow", "Move", "Trust")], thresholds=[limit],
        risks=[{"risk_id": "R1", "title": "Theft", "objective_id": "Grow", "residual": 150.0, **risk}, {"risk_id": "R2", "title": "Loss", "objective_id": "Trust", "residual": 50.0, **risk}],
        initiatives=[{"initiative_id": "I", "title": "Keys", "objective_id": "Trust", "health": "late", **START}],
    )  # fmt: skip
    shown = sections.objectives(v)
    assert title(shown) == "1 objective is uncovered, 1 of 3 carries a risk above appetite"
    assert [plain(" / ".join(row)) for row in rows(shown)] == [
        "Move|X / No risk linked / No project linked / Uncovered", "Grow|X / Theft (€150, above appetite) / No project linked / 1 above appetite",
        "Trust|X / Loss (€50) / Keys (late) / In hand",
    ]  # fmt: skip
    # Only the third is owned, linked and within appetite.
    assert [f.value for f in shown.facts.figures] == [pytest.approx(100 / 3)]


def test_shared_actions_on_time_by_unit(tmp_path: Path) -> None:
    def action(name: str, unit: str, done: date | None, **more: Any) -> dict[str, Any]:
        return {"action_id": name, "unit_id": unit, "parent_type": "risk", "due_original": date(2026, 8, 1), "done_at": done, "status": "done" if done else "open", **START, **more}  # fmt: skip

    met, late = date(2026, 7, 1), date(2026, 8, 2)
    v = view(
        tmp_path, units=UNITS,
        actions=[
            *(action(f"p{n}", "P", met) for n in range(19)), action("p19", "P", late), action("f1", "F", None), action("f2", "F", met), action("f3", "F", None, status="cancelled"),
            action("f4", "F", met, due_original=date(2025, 9, 30)),
        ],
    )  # fmt: skip
    shown = sections.joint_actions(v)
    assert title(shown) == "91 % of shared actions were done by their first date; Field is furthest behind"  # fmt: skip
    field, payments, total = ([plain(c) for c in row] for row in rows(shown))
    assert field[:2] + field[3:5] == ["Field", "50 %|1 of 2", "1", "1"]
    # Wilson, 19 of 20: 0.7639 to 0.9911.
    assert payments[:3] == ["Payments", "95 %|19 of 20", "76–99 %"]
    assert total[1] == "91 %|20 of 22"
    assert field[6] == "60 d"


def test_a_lesson_holds_until_its_cause_comes_back(tmp_path: Path) -> None:
    incident = {"confirmed": "confirmed", "unit_id": "P", "severity": 3}
    v = view(
        tmp_path,
        incidents=[
            {"incident_id": "1", "title": "a", "cause": "phishing", "detected": datetime(2026, 1, 10), "lesson": "Keys", **incident},
            {"incident_id": "2", "title": "b", "cause": "phishing", "detected": datetime(2026, 8, 10), **incident},
            {"incident_id": "3", "title": "c", "cause": "fraud", "detected": datetime(2026, 2, 10), "lesson": "Call back", **incident},
        ],
        actions=[{"action_id": n, "parent_type": "incident", "parent_id": n, "title": n, "due_original": date(2026, 4, 1), "done_at": date(2026, 3, 1), "status": "done", **START} for n in ("1", "3")],
    )  # fmt: skip
    shown = sections.lessons(v)
    assert title(shown) == "1 incident of 12 months taught nothing that was written down; 1 of 2 changes held"  # fmt: skip
    assert [(row[0], row[3]) for row in rows(shown)] == [("Keys", "Came back 1×"), ("Call back", "Held")]  # fmt: skip
    again = sections.recurrences(v)
    assert [(plain(r[0])[:2], r[2], r[4]) for r in rows(again)] == [("b|", "1", "Keys")]


EVENT: dict[str, Any] = {
    "incident_id": "INC-7", "title": "Outage of pay-outs", "confirmed": "confirmed", "severity": 2, "cause": "third_party", "detected": datetime(2026, 10, 6, 8), "occurred": datetime(2026, 10, 6, 6),
    "contained": datetime(2026, 10, 6, 20, 30), "material": "pending", "loss_primary": 250_000, "loss_secondary": 60_000, "currency": "EUR",
    "notices": json.dumps([{"regime": "NIS2 early warning", "due": "2026-10-07T08:00:00", "sent": "2026-10-07T07:00:00"}, {"regime": "NIS2 notification", "due": "2026-10-14T08:00:00"}]),
}  # fmt: skip


def test_an_incident_of_a_running_quarter_is_reported_today(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws", now=datetime(2026, 10, 12, 8))
    load(ws, "incidents", [EVENT], datetime(2026, 10, 10))
    assert ws.quarter_of("INC-7").key == "2026-Q4"
    with pytest.raises(UsageError, match="is not closed yet"):
        ws.at("2026-Q4", report="incidents")
    v: View = ws.at("2026-Q4", report="incidents", incident="INC-7")
    assert v.as_of == date(2026, 10, 12)
    block = sections.incident_headline(v, "INC-7").block
    assert isinstance(block, Headline)
    assert plain(block.statement) == "Outage of pay-outs: contained 12.5 h after discovery, service not restored yet."  # fmt: skip
    said = [plain(m.title) for m in block.messages]
    assert said == ["Next notice: NIS2 notification, 14 Oct 2026 08:00.", "Materiality is not determined yet.", "Loss so far €310k."]  # fmt: skip
    course = [[plain(c) for c in row] for row in rows(sections.incident_course(v, "INC-7"))]
    assert [(r[0], r[2]) for r in course] == [
        ("First malicious action", "2.0 h before"), ("Discovered", "–"), ("Contained", "12.5 h"), ("NIS2 early warning: sent", "23.0 h"), ("NIS2 notification: due", "8.0 d"),
    ]  # fmt: skip
    assert course[3][3].startswith("In time")
    assert course[4][3].startswith("Running")
    with pytest.raises(UsageError, match=r"'INC-8' is not known.*INC-7"):
        sections.incident_course(v, "INC-8")


def test_a_quarter_of_incidents_in_words_bad_news_first(tmp_path: Path) -> None:
    incident = {"confirmed": "confirmed", "cause": "fraud", "severity": 4, "contained": datetime(2026, 8, 1, 5), "currency": "EUR"}  # fmt: skip
    v = view(
        tmp_path,
        incidents=[
            {"incident_id": "1", "detected": datetime(2026, 8, 1), "loss_primary": 20_000, **incident},
            {"incident_id": "2", "detected": datetime(2026, 2, 1), "loss_primary": 1, **incident},
        ],
    )  # fmt: skip
    block = sections.incident_headline(v).block
    assert isinstance(block, Headline)
    assert plain(block.statement) == "1 confirmed incident in Q3 2026, none of them severe; it cost €20k."  # fmt: skip
    assert block.messages[0].title == "1 of 1 incident had a cause seen in the year before."


@pytest.mark.parametrize(
    ("name", "measure"), [("response_times", "N03"), ("causes", "N05"), ("losses", "N01")]
)
def test_charts_of_the_response_tell_what_they_draw(tmp_path: Path, name: str, measure: str) -> None:  # fmt: skip
    rows_ = [
        {"incident_id": str(n), "confirmed": "confirmed", "cause": "fraud" if n < 3 else "malware", "occurred": datetime(2026, 8, n, 1), "detected": datetime(2026, 8, n, 2),
         "contained": datetime(2026, 8, n, 2 + n), "restored": datetime(2026, 8, n, 3 + n), "loss_primary": 1000 * n, "currency": "EUR"}
        for n in range(1, 6)
    ]  # fmt: skip
    plot, data = drawn(getattr(charts, name)(view(tmp_path, incidents=rows_)))
    assert measure in {figure.measure for figure in plot.facts.figures}
    if name == "response_times":
        assert sorted(round(r["hours"], 6) for r in data if r.get("step") == "Contain" and "mark" not in r and "text" not in r) == [1, 2, 3, 4, 5, 24]  # the last is the limit  # fmt: skip
    if name == "causes":
        assert {r["name"]: r["now"] for r in data if "name" in r} == {"Fraud": 2, "Malware": 3}
    if name == "losses":
        assert plain(plot.title) == "Incidents cost €15k in the quarter and €15k in four quarters"


def test_a_roadmap_shows_what_slipped(tmp_path: Path) -> None:
    steps = [{"title": "a", "baseline": "2026-05-01", "done": "2026-04-30"}, {"title": "b", "baseline": "2026-06-01", "done": "2026-06-02"}, {"title": "c", "baseline": "2026-09-01"}, {"title": "d", "baseline": "2026-12-01"}]  # fmt: skip
    project = {"initiative_id": "I", "title": "Keys", "baseline_start": date(2026, 1, 1), "baseline_end": date(2026, 12, 31), "forecast_end": date(2027, 1, 10), "milestones": json.dumps(steps), "health": "late", **START}  # fmt: skip
    plot, data = drawn(charts.roadmap(view(tmp_path, initiatives=[project])))
    assert [r["state"] for r in data if "state" in r] == ["Met", "Met late", "Missed", "Ahead"]
    assert [r["text"] for r in data if "plan" in r] == ["+10 d"]
    assert plot.title == "1 of 1 running project ends later than first planned, 1 milestone is missed and open"  # fmt: skip


def test_parts_of_a_measure_with_limit_and_intervals(tmp_path: Path) -> None:
    coverage = [seen(f"p{n}", "vuln_scan") for n in range(19)] + [seen("p19", "vuln_scan", status="absent", last_ok=None), seen("f0", "vuln_scan")]  # fmt: skip
    v = view(tmp_path, units=UNITS, assets=[asset(f"p{n}", unit_id="P") for n in range(20)] + [asset("f0", unit_id="F")], coverage=coverage)  # fmt: skip
    plot, data = drawn(charts.by_part(v, "K02"))
    found = {r["name"]: r for r in data if "off" in r}
    assert list(found) == ["Payments", "Field"]
    assert found["Payments"]["low"] == pytest.approx(76.39, abs=0.01)
    assert found["Payments"]["high"] == pytest.approx(99.11, abs=0.01)
    assert found["Field"]["label"].endswith("(1 of 1)")  # fmt: skip
    assert {f.scope for f in plot.facts.figures} == {"", "unit=P", "unit=F"}


def test_a_course_keeps_quarters_that_are_not_measured_out(tmp_path: Path) -> None:
    told = [{"unit_id": "P", "period": f"2026-Q{q}", "measure": "training", "num": 40 + q, "den": 50} for q in (1, 3)]  # fmt: skip
    plot, data = drawn(charts.course(view(tmp_path, units=UNITS, people_measures=told), "W01"))
    assert isinstance(plot, Plot)
    drawn_ = {r["quarter"]: round(r["value"], 6) for r in data if "quarter" in r}
    assert drawn_ == {"Q1 2026": 82.0, "Q3 2026": 86.0}


def test_the_yearly_report_says_what_it_cannot_state(tmp_path: Path) -> None:
    shown = sections.yearly(view(tmp_path))
    assert [row[0] for row in rows(shown)] == [f"({n})" for n in range(1, 7)]
    assert "cannot be made yet" in title(shown)
    assert {f.measure for f in shown.facts.figures} >= {"K07", "P01", "C04", "R01", "Q02", "C01", "C02", "N06", "R03"}  # fmt: skip


def test_requirements_by_function_add_up(tmp_path: Path) -> None:
    asked = [{"framework": "NIST CSF 2.0", "requirement_id": r, "applicable": True} for r in ("GV.PO", "GV.RM", "PR.AA")]  # fmt: skip
    control = {"control_id": "C", "csf_id": "GV.PO", "state": "implemented", "result": "effective", "method": "test", "assessed_at": date(2026, 8, 1), "next_due": date(2027, 8, 1), "evidence_at": date(2026, 8, 1)}  # fmt: skip
    failed = control | {"control_id": "D", "csf_id": "PR.AA", "result": "ineffective"}
    plot, data = drawn(charts.requirements(view(tmp_path, frameworks=asked, controls=[control, failed])))  # fmt: skip
    assert {(r["part"], r["state"]): r["n"] for r in data if "state" in r} == {
        ("Govern (GV)", "Met by a tested control"): 1, ("Govern (GV)", "No control answers"): 1, ("Protect (PR)", "Tested, not effective or out of date"): 1,
    }  # fmt: skip
    assert plot.title == "2 of 3 applicable requirements are without a working, tested control"


def test_late_weaknesses_of_a_unit_are_those_of_its_headline(tmp_path: Path) -> None:
    """Late by the first date: one as it was, one moved to a later day, one accepted since; the fourth is not due yet."""
    base = {"severity": "high", "opened": date(2026, 6, 1), "state": "open"}
    late = {**base, "due_original": date(2026, 8, 1)}
    found = [
        {**late, "finding_id": "F1"}, {**late, "finding_id": "F2", "due_current": date(2026, 12, 1)},
        {**late, "finding_id": "F3", "state": "accepted"}, {**base, "finding_id": "F4", "due_original": date(2026, 12, 1)},
    ]  # fmt: skip
    v = view(tmp_path, findings=[{"asset_id": "A", **one} for one in found])
    shown = sections.overdue(v).block
    assert isinstance(shown, Table)
    assert len(shown.rows) == 3 == v.measure("V05").value.value
    assert {row[0].sub: row[3].sub for row in shown.rows} == {"F1": "", "F2": "now 1\N{NO-BREAK SPACE}Dec\N{NO-BREAK SPACE}2026", "F3": "accepted"}  # fmt: skip
