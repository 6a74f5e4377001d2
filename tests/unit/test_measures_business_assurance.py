"""Audits, controls, suppliers, policies, objectives; every expected value is counted by hand or stands in a published table."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from reportkit.sources import contract
from reportkit.tables import table
from tests.unit.business import END, START, audit, limit, parts, risk, split, value_of, view
from tests.unit.workspaces import load, workspace

AUGUST = date(2026, 8, 1)
LATE = date(2026, 9, 29)

# ---- A: audits -------------------------------------------------------------------------------------------------------


def test_the_audit_roll_forward_adds_up(tmp_path: Path) -> None:
    rows = [
        audit("1", rating="high"),
        audit("2", verified_closed=START, state="closed", rating="high"),  # open until the day before
        audit("3", verified_closed=date(2026, 6, 30), state="closed"),  # gone before
        audit("4", opened=START),
        audit("5", opened=AUGUST, accepted_at=date(2026, 9, 1), state="accepted"),
        audit("6", accepted_at=AUGUST, verified_closed=date(2026, 8, 20), state="closed"),  # accepted first
        audit("7", state="closed"),  # on no day
        audit("8", state="false_positive", rating="high"),
        audit("9", opened=AUGUST, closed_by_owner=date(2026, 9, 1)),  # nobody verified it
        audit("10", verified_closed=date(2026, 10, 1), state="closed"),  # after the day
        audit("11", opened=date(2026, 10, 1)),
        audit("12", accepted_at=AUGUST, verified_closed=AUGUST, state="closed"),  # both: it was verified
    ]  # fmt: skip
    at = view(tmp_path, audits=rows)
    value = at.measure("A01").value
    # At the start 1, 2, 6, 7, 10, 12; new 4, 5, 9; closed 2, 12; accepted 5, 6; open 1, 4, 7, 9, 10: 6 + 3 - 2 - 2 = 5.
    assert value.value == 5
    assert list(parts(value).values()) == [6, 3, 2, 2, 1]
    assert value.note == "1 is called closed or accepted without a day and counts as open"
    assert at.previous().measure("A01").value.value == 6
    by_rating = split(at, "A01", "rating")
    assert {name: cell.value for name, cell in by_rating.items()} == {"high": 1, "not known": 4}
    assert list(parts(by_rating["high"]).values()) == [2, 0, 1, 0, 1]


def test_none_overdue_after_redating(tmp_path: Path) -> None:
    """Three findings are past their first date; all were moved to next year, so by the current date none is late."""
    moved = {"due_original": date(2026, 6, 1), "due_current": date(2027, 1, 1)}
    rows = [audit(str(n), **moved, retargets=n) for n in (1, 2)] + [audit("3", **moved)]
    rows += [audit("4", due_original=END), audit("5", due_original=LATE), audit("6")]
    value = value_of(tmp_path, "A02", audits=rows)
    # Late: 1, 2, 3 and 5, which was due the day before; 5 alone by its only date. Moved 1 + 2 + 1 times.
    assert (value.value, value.denominator) == (4, 6)
    assert parts(value) == {
        "Past the date agreed since": 1,
        "Dates moved": 4,
        "Without a first date": 1,
    }


#: Freireich's 6-MP arm: nine events, twelve censored, Kaplan-Meier median 23.
EVENTS, CENSORED = [6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def closed_after(name: str, days: int, **more: Any) -> dict[str, Any]:
    return audit(name, verified_closed=date(2026, 1, 1) + timedelta(days), state="closed", **more)


def test_time_to_close_is_the_published_survival_median(tmp_path: Path) -> None:
    rows = [closed_after(f"E{n}", days) for n, days in enumerate(EVENTS)]
    # Of the censored every second was accepted, one of them verified later; the others stand open, one closed by its owner.
    for n, days in enumerate(CENSORED):
        accepted = {"accepted_at": date(2026, 1, 1) + timedelta(days), "state": "accepted"}
        rows.append(audit(f"C{n}", **accepted) if n % 2 else audit(f"C{n}", opened=END - timedelta(days)))  # fmt: skip
    rows[-1]["verified_closed"] = date(2026, 8, 1)
    rows[9]["closed_by_owner"] = date(2026, 9, 28)
    rows += [
        closed_after("X", -1), audit("Y", opened=None), audit("Z", opened=END - timedelta(1500)), audit("V", state="duplicate"),
    ]  # fmt: skip
    value = value_of(tmp_path, "A03", audits=rows)
    assert (value.value, value.n, value.numerator) == (23, 21, 9)
    said = parts(value)
    assert said["Average of closed ones (as many tools print it)"] == pytest.approx(109 / 9)
    assert said["Oldest open"] == 1500
    assert said["Nine in ten closed within"] is None
    assert value.note == (
        "1 finding that ended before it was issued is left out; 1 finding without a day of issue is left out"
    )


def test_mean_of_closed_minus_opened_over_closed(tmp_path: Path) -> None:
    """Nine closed in ten days, ten open for 273: the mean of closed says ten days. Once the ten are closed the mean says
    148 days, and so punishes the clearing; the median only goes from "not reached" to 273."""
    quick = [closed_after(f"Q{n}", 10) for n in range(9)]
    age = (END - date(2026, 1, 1)).days + 1  # 273: closed on the day after its 272nd
    slow = [audit(f"S{n}", opened=END - timedelta(age)) for n in range(10)]
    legacy = "Average of closed ones (as many tools print it)"
    before = value_of(tmp_path / "a", "A03", audits=quick + slow)
    assert (before.value, before.reason) == (None, "half are not closed within 273 days")
    assert parts(before)[legacy] == 10
    cleared = [{**row, "verified_closed": END, "state": "closed"} for row in slow]
    after = value_of(tmp_path / "b", "A03", audits=quick + cleared)
    assert after.value == 273
    assert parts(after)[legacy] == pytest.approx((9 * 10 + 10 * 273) / 19)


def test_the_same_control_failing_again(tmp_path: Path) -> None:
    new = {"opened": AUGUST}
    rows = [
        audit("a", control_id="C1", opened=date(2024, 8, 1)), audit("1", control_id="C1", **new),  # 24 months to the day
        audit("b", control_id="C2", opened=date(2024, 7, 31)), audit("2", control_id="C2", **new),  # a day more
        audit("3", control_id="C3", **new), audit("4", control_id="C3", **new),  # one report, two findings
        audit("5", repeat_of="zz", **new), audit("6", **new),
        audit("c", control_id="C7", state="false_positive"), audit("7", control_id="C7", **new),
    ]  # fmt: skip
    value = value_of(tmp_path / "a", "A04", audits=rows)
    assert (value.numerator, value.denominator) == (2, 7)
    assert parts(value) == {"Without a control named": 1}
    none = value_of(tmp_path / "b", "A04", audits=[audit("a", control_id="C1")])
    assert (none.value, none.reason) == (None, "no audit finding was issued in the quarter")


# ---- C: controls, exceptions -----------------------------------------------------------------------------------------


def control(name: str, **more: Any) -> dict[str, Any]:
    return {"control_id": name, "assessed_at": date(2026, 3, 1), "framework": "F", "state": "implemented", **more}  # fmt: skip


def test_controls_tested_and_effective(tmp_path: Path) -> None:
    rows = [
        control("1", result="effective", method="test"), control("2", result="effective", method="assert"),
        control("3", result="ineffective", method="examine"), control("4", result="effective"),
        control("5", result="not_tested", method="interview"), control("6", result="effective", method="test", state="na"),
        control("7"), control("8", result="ineffective", method="test"),
        control("8", result="effective", method="test", assessed_at=date(2026, 10, 1)),  # tested again after the day
    ]  # fmt: skip
    value = value_of(tmp_path / "a", "C01", controls=rows)
    # Tested: 1, 3, 4, 8; they work: 1, 4. In scope: all but 6.
    assert (value.numerator, value.denominator, value.value) == (2, 4, 50)
    assert list(parts(value).values()) == [pytest.approx(400 / 7), 3, 1, 1]
    none = value_of(tmp_path / "b", "C01", controls=[rows[1], rows[4]])
    assert (none.value, none.reason) == (None, "no control was tested")


def requirement(name: str, **more: Any) -> dict[str, Any]:
    return {"framework": "F", "requirement_id": name, **more}


def test_compliance_with_not_applicable_and_not_assessed_moved_out(tmp_path: Path) -> None:
    """Eleven of the twelve requirements anybody assessed are met: 92 %. Of all eighteen that apply it is 61 %."""
    rows = [requirement("P"), *(requirement(str(n), parent_id="P") for n in range(1, 19))]
    rows += [requirement(str(n), parent_id="P", applicable=False) for n in (19, 20)]
    good: dict[str, Any] = {"result": "effective", "method": "test"}
    controls = [
        # 1 to 11 are met; 1 by the second of two controls.
        control("A", requirement_ids="|".join(str(n) for n in range(1, 12)), next_due=END, **good),
        control("B", requirement_ids="1|12", result="ineffective", method="test"),
        control("C", requirement_ids="13|14", result="effective", method="assert"),
        control("D", requirement_ids="15", next_due=LATE, **good),  # out of date
        control("E", requirement_ids="16", state="na", **good),
    ]
    at = view(tmp_path, frameworks=rows, controls=controls)
    value = at.measure("C02").value
    assert round(100 * 11 / 12) == 92
    assert (value.numerator, value.denominator) == (11, 18)
    # No control: 16, 17, 18; asserted only: 13, 14; failed or out of date: 12, 15; 19 and 20 do not apply.
    assert list(parts(value).values()) == [3, 2, 2, 2]
    assert split(at, "C02", "framework")["F"].value == value.value


def test_a_requirement_of_the_framework_is_met_by_its_category(tmp_path: Path) -> None:
    csf = [{"framework": "NIST CSF 2.0", "requirement_id": name} for name in ("PR.AA-01", "PR.AA-02")]  # fmt: skip
    rows = [control("1", framework="Own", csf_id="PR.AA-01", result="effective", method="examine")]
    value = value_of(tmp_path / "a", "C02", frameworks=csf, controls=rows)
    assert (value.numerator, value.denominator) == (1, 2)
    off = [{**row, "applicable": False} for row in csf]
    none = value_of(tmp_path / "b", "C02", frameworks=off, controls=rows)
    assert (none.value, none.reason) == (None, "no requirement is applicable")


def test_evidence_is_fresh_within_its_cadence(tmp_path: Path) -> None:
    """From 1 March to 1 September are 184 days; 184 days before the last day is 30 March."""
    half = {"next_due": date(2026, 9, 1)}
    rows = [
        control("1", evidence_at=date(2026, 3, 30), **half), control("2", evidence_at=date(2026, 3, 29), **half),
        control("3", evidence_at=date(2025, 9, 30)), control("4", evidence_at=date(2025, 9, 29)),  # no cadence kept
        control("5"), control("6", evidence_at=date(2026, 10, 1)),
        control("7", evidence_at=END, state="na"),
        control("8", evidence_at=date(2019, 1, 1), next_due=date(2027, 3, 1)),  # due later, and long outdated
    ]  # fmt: skip
    value = value_of(tmp_path, "C03", controls=rows)
    assert (value.numerator, value.denominator) == (2, 7)
    assert list(parts(value).values()) == [1, 1]


def item(name: str, kind: str = "exception", **more: Any) -> dict[str, Any]:
    return {"item_id": name, "kind": kind, "status": "active", **more}


def test_exceptions_past_their_end(tmp_path: Path) -> None:
    rows = [
        item("1", expiry=END), item("2", expiry=LATE, owner="Ann"), item("3", expiry=LATE, status="expired"),
        item("4", expiry=LATE, status="retired"), item("5", expiry=LATE, status="draft"), item("6"),
        item("7", expiry=LATE, approved_at=date(2026, 10, 1)), item("8", "policy", expiry=LATE),
    ]  # fmt: skip
    at = view(tmp_path, governance_items=rows)
    value = at.measure("C04").value
    assert (value.value, value.denominator) == (2, 4)
    assert parts(value) == {"In force": 4, "Without an expiry date": 1}
    assert {k: v.value for k, v in split(at, "C04", "owner").items()} == {"Ann": 1, "not known": 1}


def test_policies_in_date_and_attested(tmp_path: Path) -> None:
    rows = [
        item("1", "policy", review_due=END, scope_n=100, attested_n=90),
        item("2", "standard", review_due=LATE, attested_n=50),  # of how many is not said
        item("3", "policy", scope_n=10),
        item("4", "policy", review_due=END, status="retired"), item("5", review_due=END),
    ]  # fmt: skip
    value = value_of(tmp_path / "a", "P01", governance_items=rows)
    assert (value.numerator, value.denominator) == (1, 3)
    assert parts(value) == {"Attested by staff in scope": 90, "Without a review date": 1}
    few = value_of(tmp_path / "b", "P01", governance_items=[item("1", "policy", review_due=END, scope_n=4, attested_n=3)])  # fmt: skip
    assert parts(few)["Attested by staff in scope"] is None
    none = value_of(tmp_path / "c", "P01", governance_items=[item("1", "exception", review_due=END)])  # fmt: skip
    assert (none.value, none.reason) == (None, "no policy is in force")


def test_more_attested_than_there_are_is_refused_at_the_door() -> None:
    raw = pa.table({"item_id": ["1"], "kind": ["policy"], "scope_n": ["5"], "attested_n": ["6"]})
    rows, problems, refused = contract.conform(table("governance_items"), raw)
    assert (rows.num_rows, refused.num_rows) == (0, 1)
    assert "below attested_n" in problems[0].message


# ---- T: suppliers ----------------------------------------------------------------------------------------------------


def supplier(name: str, **more: Any) -> dict[str, Any]:
    return {"supplier_id": name, "tier": 1, **more}


def test_critical_suppliers_assessed_in_twelve_months(tmp_path: Path) -> None:
    whole = {"country": "NL", "contract_end": date(2027, 1, 1), "exit_tested_at": END}
    rows = [
        supplier("1", last_assessed=date(2025, 9, 30), **whole), supplier("2", last_assessed=date(2025, 9, 29), result="fail"),
        supplier("3", tier=3, critical_function=True, last_assessed=END, **{**whole, "exit_tested_at": date(2026, 10, 1)}),
        supplier("4", last_assessed=date(2026, 10, 1)), supplier("5"),
        supplier("6", tier=2, last_assessed=END), supplier("7", tier=None, last_assessed=END),
    ]  # fmt: skip
    value = value_of(tmp_path / "a", "T01", suppliers=rows)
    # Critical: 1 to 5; assessed in time: 1 and 3; complete: 1.
    assert (value.numerator, value.denominator) == (2, 5)
    assert list(parts(value).values()) == [20, 1, 1, 1]
    none = value_of(tmp_path / "b", "T01", suppliers=rows[5:])
    assert (none.value, none.reason) == (None, "no critical supplier is known")


def test_months_may_hold_a_leap_day(tmp_path: Path) -> None:
    """From 30 September 2023 to that of 2024 are 366 days, from 2022 on 731: twelve months, and twenty-four."""
    ws = workspace(tmp_path / "ws", now=datetime(2024, 10, 12))
    last, year, two = date(2024, 9, 30), date(2023, 9, 30), date(2022, 9, 30)
    tables: dict[str, list[dict[str, Any]]] = {
        "suppliers": [supplier("1", last_assessed=year)],
        "controls": [{"control_id": "1", "assessed_at": year, "evidence_at": year}],
        "initiatives": [{"initiative_id": "1", "go_live": date(2023, 10, 1), "security_review_at": year}],
        "audits": [audit("1", control_id="C", opened=two), audit("2", control_id="C", opened=last)],
    }  # fmt: skip
    for name, rows in tables.items():
        load(ws, name, rows, datetime(2024, 10, 2))
    at = ws.at("2024-Q3")
    assert [at.measure(id_).value.value for id_ in ("T01", "C03", "G02", "A04")] == [100] * 4


def promise(name: str, due: date | None, **more: Any) -> dict[str, Any]:
    return {"action_id": name, "parent_type": "supplier", "due_original": due, **more}


def test_supplier_actions_and_who_carries_the_services(tmp_path: Path) -> None:
    actions = [
        promise("1", LATE), promise("2", END), promise("3", LATE, due_current=date(2027, 1, 1)),  # moved, and late all the same
        promise("4", LATE, done_at=END, status="done"), promise("5", LATE, done_at=date(2026, 10, 1), status="done"),
        promise("6", LATE, status="cancelled"), promise("7", None), promise("8", LATE, status="verified"),
        promise("9", LATE, parent_type="risk"),
    ]  # fmt: skip
    # Used by three, two, one and one services; of equals the first by name counts.
    uses = ["a|b", "a|b", "a|c", "d", None]
    tables: dict[str, Any] = {
        "actions": actions, "suppliers": [supplier("a")], "units": [{"unit_id": "X", "name": "X"}],
        "services": [{"service_id": str(n), "supplier_ids": ids} for n, ids in enumerate(uses)],
    }  # fmt: skip
    at = view(tmp_path / "a", **tables)
    value = at.measure("T02").value
    # Late: 1, 3, 5, 8; open: these, 2 and 7.
    assert (value.value, value.denominator) == (4, 6)
    assert parts(value) == {"Without a first date": 1, "Services on the three most used suppliers": 60}  # fmt: skip
    assert value.note == "1 is called done without a day and counts as open"
    unit = at.workspace.at("2026-Q3", unit="X").measure("T02").value
    assert (unit.value, parts(unit)) == (0, {"Without a first date": 0})
    silent = view(tmp_path / "b", **{**tables, "services": [{"service_id": "1"}]})
    assert parts(silent.measure("T02").value)["Services on the three most used suppliers"] is None


# ---- G01 -------------------------------------------------------------------------------------------------------------


def test_objectives_with_their_risk_in_hand(tmp_path: Path) -> None:
    objectives = [{"objective_id": f"O{n}", "owner": None if n == 4 else "Ann"} for n in range(1, 7)]  # fmt: skip
    risks = [
        risk("1", objective_id="O1", residual=2), risk("2", objective_id="O2", residual=3), risk("3", objective_id="O2", residual=1),
        risk("4", objective_id="O4", residual=1), risk("5", objective_id="O3", residual=1, closed=END),
        risk("6", objective_id="O6", category="fraud", residual=9),
    ]  # fmt: skip
    projects = [
        {"initiative_id": "P1", "objective_id": "O5"}, {"initiative_id": "P2", "objective_id": "O3", "ended_at": END},
    ]  # fmt: skip
    tables: dict[str, Any] = {"objectives": objectives, "risks": risks, "initiatives": projects}
    value = value_of(tmp_path / "a", "G01", thresholds=[limit("cyber", 2)], **tables)
    # 1 at its line, 5 by a project, 6 with no appetite to be above; 2 above, 3 without a link, 4 without an owner.
    assert (value.numerator, value.denominator) == (3, 6)
    assert list(parts(value).values()) == [1, 1, 1, 1]
    without = value_of(tmp_path / "b", "G01", **tables)
    assert (without.value, without.reason) == (None, "no thresholds were loaded")
