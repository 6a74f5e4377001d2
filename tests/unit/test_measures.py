"""Measures on constructed data; every expected value is counted by hand or stands in a published table."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reportkit.errors import UsageError
from reportkit.measures import Measure, definitions
from reportkit.scorecard import SCORECARDS
from reportkit.view import View
from tests.unit.workspaces import load, workspace

KNOWN = datetime(2026, 10, 2)
END = date(2026, 9, 30)


def view(folder: Path, **tables: list[dict[str, Any]]) -> View:
    ws = workspace(folder / "ws")
    for name, rows in tables.items():
        load(ws, name, rows, KNOWN)
    return ws.at("2026-Q3")


def weak(number: int, **more: Any) -> dict[str, Any]:
    return {
        "finding_id": f"F{number}",
        "asset_id": f"A{number}",
        "severity": "critical",
        "opened": date(2026, 7, 1),
        "state": "open",
        **more,
    }


def test_every_board_measure_is_defined_and_explained() -> None:
    known = definitions()
    assert len(SCORECARDS["board"]) == 10
    for id_ in SCORECARDS["board"]:
        words = known[id_]
        assert all((words.definition, words.why, words.use, words.source, words.needs)), id_


def test_nothing_loaded_is_not_measured_and_says_why(tmp_path: Path) -> None:
    empty = view(tmp_path)
    for id_ in definitions():
        measure = empty.measure(id_)
        assert measure.value.value is None, id_
        assert measure.value.reason is not None, id_
        assert "loaded" in measure.value.reason, id_
        assert measure.status == "none"
        assert measure.confidence == "D"


def test_due_cohort_counts_the_late_ones(tmp_path: Path) -> None:
    """Ten closed on time and ninety still late: closed-on-time / closed would say 100 %, the cohort says 10 %."""
    due = date(2026, 8, 1)
    rows = [weak(n, due_original=due, state="fixed", closed=due) for n in range(10)]
    rows += [weak(n, due_original=due) for n in range(10, 100)]
    value = view(tmp_path, findings=rows).measure("V04").value
    assert (value.value, value.numerator, value.denominator) == (10, 10, 100)
    # Wilson 95 % interval of 10 of 100, Brown, Cai and DasGupta 2001.
    assert value.low == pytest.approx(5.52, abs=0.01)
    assert value.high == pytest.approx(17.44, abs=0.01)


def test_due_cohort_leaves_out_what_never_counted(tmp_path: Path) -> None:
    due = date(2026, 8, 1)
    rows = [
        weak(1, due_original=due, state="fixed", closed=due),
        weak(2, due_original=due, state="fixed", closed=due + timedelta(1)),
        weak(3, due_original=due, state="accepted", accepted_at=date(2026, 7, 20)),
        weak(4, due_original=due, state="false_positive"),
        weak(5, due_original=due, state="decommissioned", closed=date(2026, 7, 15)),
        weak(6, due_original=due, state="decommissioned", closed=date(2026, 9, 15)),
        weak(7, due_original=date(2026, 10, 1)),
        weak(8, due_original=date(2026, 6, 30)),
        weak(9, due_original=due, severity="medium"),
    ]
    value = view(tmp_path, findings=rows).measure("V04").value
    # F1 of F1, F2, F3, and of F5 and F6, which were decommissioned and not fixed.
    assert (value.numerator, value.denominator) == (1, 5)


def test_exploited_overdue_uses_the_catalogue_of_the_day(tmp_path: Path) -> None:
    kev = [
        {"vuln_id": "CVE-1", "date_added": date(2026, 8, 1), "due_date": date(2026, 8, 22)},
        {"vuln_id": "CVE-2", "date_added": date(2026, 9, 25), "due_date": date(2026, 10, 16)},
        {"vuln_id": "CVE-3", "date_added": date(2026, 10, 1), "due_date": date(2026, 9, 1)},
    ]
    rows = [
        weak(1, vuln_id="CVE-1"),
        weak(2, vuln_id="CVE-1", state="fixed", closed=date(2026, 9, 1)),
        weak(3, vuln_id="CVE-2"),
        weak(4, vuln_id="CVE-3"),
        weak(5, vuln_id="CVE-9"),
    ]
    v = view(tmp_path, findings=rows, kev=kev)
    value = v.measure("V03").value
    assert (value.value, value.n) == (1, 2)
    assert v.measure("V03").status == "amber"


def test_a_weakness_of_several_cves_is_exploited_when_one_of_them_is(tmp_path: Path) -> None:
    kev = [
        {"vuln_id": "CVE-2", "date_added": date(2026, 7, 1), "due_date": date(2026, 7, 22)},
        {"vuln_id": "CVE-3", "date_added": date(2026, 6, 1), "due_date": date(2026, 9, 1)},
    ]
    rows = [
        weak(1, vuln_id="plugin-10", cve_ids="CVE-1|CVE-2|CVE-3"),
        weak(2, vuln_id="plugin-11", cve_ids="CVE-1"),
        weak(3, vuln_id="plugin-12", cve_ids="CVE-22|CVE-33"),
    ]
    v = view(tmp_path, findings=rows, kev=kev)
    listed = v.sql(
        "SELECT finding_id, kev, kev_date, kev_due FROM open_findings ORDER BY finding_id"
    )
    assert listed["kev"].tolist() == [True, False, False]
    assert listed["kev_date"].iloc[0].date() == date(2026, 6, 1)
    assert listed["kev_due"].iloc[0].date() == date(2026, 7, 22)
    assert v.measure("V03").value.value == 1


def asset(number: int) -> dict[str, Any]:
    return {
        "asset_id": f"A{number}",
        "criticality": 1,
        "in_scope": True,
        "first_seen": date(2025, 1, 1),
    }


def covered(number: int, control: str, **more: Any) -> dict[str, Any]:
    return {
        "asset_id": f"A{number}",
        "control": control,
        "observed_at": END,
        "status": "ok",
        "last_ok": END,
        "authenticated": True,
        "rto_met": True,
        "rpo_met": True,
        **more,
    }


def test_joint_coverage_is_below_each_of_its_parts(tmp_path: Path) -> None:
    """Four safeguards at 95 % that miss different hosts leave 80 % with all four."""
    controls = ["vuln_scan", "edr", "log", "restore_test"]
    rows = [
        covered(n, control, status="absent" if n == miss else "ok")
        for miss, control in enumerate(controls)
        for n in range(20)
    ]
    v = view(tmp_path, assets=[asset(n) for n in range(20)], coverage=rows)
    assert [v.measure(i).value.value for i in ("K02", "K03", "K05", "K06")] == [95, 95, 95, 95]
    assert v.measure("K07").value.value == 80


def test_an_unobserved_control_is_not_measured_and_not_zero(tmp_path: Path) -> None:
    rows = [covered(n, c) for c in ("vuln_scan", "edr", "restore_test") for n in range(3)]
    rows += [
        covered(n, "log", observed_at=date(2026, 6, 30), last_ok=date(2026, 6, 30))
        for n in range(3)
    ]
    v = view(tmp_path, assets=[asset(n) for n in range(3)], coverage=rows)
    for id_ in ("K05", "K07"):
        assert v.measure(id_).value.value is None
        assert "no log source was observed" in (v.measure(id_).value.reason or "")


@pytest.mark.parametrize(
    ("change", "works"),
    [
        ({}, True),
        ({"last_ok": END - timedelta(30)}, True),
        ({"last_ok": END - timedelta(31)}, False),
        ({"authenticated": False}, False),
        ({"status": "absent"}, False),
    ],
)
def test_scan_counts_within_thirty_days_and_with_credentials(
    tmp_path: Path, change: dict[str, Any], *, works: bool
) -> None:
    v = view(tmp_path, assets=[asset(1)], coverage=[covered(1, "vuln_scan", **change)])
    assert v.measure("K02").value.value == (100 if works else 0)


def test_privileged_sign_in_counts_enforced_and_not_registered(tmp_path: Path) -> None:
    base = {"type": "admin", "privileged": True, "mfa": "strong", "enforced": True}
    rows = [
        {"account_id": "1", **base},
        {"account_id": "2", **base, "enforced": False},
        {"account_id": "3", **base, "mfa": "none"},
        {"account_id": "4", **base, "type": "service"},
        {"account_id": "5", **base, "privileged": False},
        {"account_id": "6", **base, "enforced": False, "disabled_at": datetime(2026, 9, 1)},
        {"account_id": "7", **base, "enforced": False, "disabled_at": datetime(2026, 10, 1)},
        {"account_id": "8", **base},
    ]
    value = view(tmp_path, identities=rows).measure("K04").value
    assert (value.numerator, value.denominator) == (2, 5)


def case(number: int, hours: float | None, **more: Any) -> dict[str, Any]:
    detected = datetime(2026, 8, 1) + timedelta(days=number)
    return {
        "incident_id": f"I{number}",
        "confirmed": "confirmed",
        "detected": detected,
        "contained": None if hours is None else detected + timedelta(hours=hours),
        **more,
    }


def test_incidents_carry_the_exact_poisson_interval(tmp_path: Path) -> None:
    """Four events have the published exact interval (1.090, 10.242)."""
    rows = [case(n, 1) for n in range(4)]
    rows += [case(9, 1, confirmed="false_positive"), case(-40, 1)]
    value = view(tmp_path, incidents=rows).measure("N01").value
    assert value.value == 4
    assert value.low == pytest.approx(1.090, abs=5e-4)
    assert value.high == pytest.approx(10.242, abs=5e-4)


def test_time_to_contain_counts_those_still_active(tmp_path: Path) -> None:
    """Nine contained within an hour and one active for weeks: the 90th percentile is reached by the nine, not the mean."""
    done = [case(n, 1) for n in range(9)]
    assert view(tmp_path / "a", incidents=[*done, case(9, None)]).measure("N03").value.value == 1
    slow = (
        view(tmp_path / "b", incidents=[*done[:8], case(8, None), case(9, None)])
        .measure("N03")
        .value
    )
    assert slow.value is None
    assert "one in ten is not contained" in (slow.reason or "")


def test_notices_use_the_eight_k_clock_when_no_due_time_is_recorded(tmp_path: Path) -> None:
    """Determined Wednesday 25 November 2026, Thanksgiving on the 26th: due Wednesday 2 December 2026."""
    notice = json.dumps([{"regime": "SEC 8-K", "sent": "2026-12-02T20:00:00"}])
    rows = [
        case(
            1, 1, determined_at=date(2026, 11, 25), notices=notice, detected=datetime(2026, 11, 20)
        )
    ]
    ws = workspace(tmp_path / "ws", now=datetime(2027, 1, 12))
    load(ws, "incidents", rows, datetime(2027, 1, 5))
    value = ws.at("2026-Q4").measure("N06").value
    assert (value.value, value.denominator) == (100, 1)


def test_notices_late_and_unsent_are_missed(tmp_path: Path) -> None:
    def told(due: str, sent: str | None) -> str:
        return json.dumps([{"regime": "NIS2 24 h", "due": due, "sent": sent}])

    rows = [
        case(1, 1, notices=told("2026-08-02T10:00:00", "2026-08-02T09:00:00")),
        case(2, 1, notices=told("2026-08-02T10:00:00", "2026-08-02T11:00:00")),
        case(3, 1, notices=told("2026-08-02T10:00:00", None)),
        case(4, 1, notices=told("2026-10-02T10:00:00", None)),
    ]
    value = view(tmp_path, incidents=rows).measure("N06").value
    assert (value.numerator, value.denominator) == (1, 3)


def test_risks_above_the_appetite_of_their_category(tmp_path: Path) -> None:
    risks = [
        {"risk_id": "1", "category": "cyber", "residual": 3e6, "status": "open"},
        {"risk_id": "2", "category": "cyber", "residual": 2e6, "status": "open"},
        {"risk_id": "3", "category": "cyber", "residual": 9e6, "status": "closed"},
        {"risk_id": "4", "category": "fraud", "residual": 9e6, "status": "open"},
    ]
    limits = [
        {
            "threshold_id": "T",
            "valid_from": date(2025, 1, 1),
            "kind": "risk_appetite",
            "category": "cyber",
            "red": 2e6,
        }
    ]
    value = view(tmp_path, risks=risks, thresholds=limits).measure("R01").value
    assert (value.value, value.denominator) == (1, 3)
    assert "1 risk has no approved appetite" in value.note


def scenario(**more: Any) -> dict[str, Any]:
    return {
        "scenario_id": "S1",
        "state": "current",
        "title": "Ransomware",
        "freq_dist": "poisson",
        "rate": 0.1,
        "sev_dist": "lognormal_ci90",
        "low": 100_000.0,
        "high": 1_000_000.0,
        "currency": "EUR",
        **more,
    }


def test_money_at_risk_agrees_with_the_published_values(tmp_path: Path) -> None:
    """The riskquant example: ALE 40,400.13; exact P(S > 1M) = 0.00573."""
    points = json.dumps([[100_000, 0.2], [1_000_000, 0.01]])
    limits = [
        {
            "threshold_id": "L",
            "valid_from": date(2025, 1, 1),
            "kind": "loss_appetite",
            "points": points,
        }
    ]
    v = view(tmp_path, scenarios=[scenario()], thresholds=limits)
    ale = v.measure("Q01").value
    assert ale.value is not None
    assert ale.high is not None
    assert abs(ale.value - 40_400.128) < 3 * (ale.high - ale.value) / 1.96
    chance = v.measure("Q02")
    assert chance.value.value == pytest.approx(0.573, abs=0.05)
    assert chance.target == 1
    assert chance.status == "green"


def test_foreign_money_without_a_rate_is_no_figure(tmp_path: Path) -> None:
    value = view(tmp_path, scenarios=[scenario(currency="USD")]).measure("Q01").value
    assert (value.value, value.reason) == (None, "1 of 1 scenarios are in USD without a rate")


def test_audit_overdue_goes_by_the_first_date(tmp_path: Path) -> None:
    base = {"opened": date(2026, 1, 1), "state": "open", "due_original": date(2026, 6, 1)}
    rows = [
        {"finding_id": "1", **base, "due_current": date(2026, 12, 1), "retargets": 2},
        {"finding_id": "2", **base, "verified_closed": date(2026, 7, 1), "state": "closed"},
        {"finding_id": "3", **base, "accepted_at": date(2026, 7, 1), "state": "accepted"},
        {"finding_id": "4", **base, "closed_by_owner": date(2026, 7, 1)},
        {"finding_id": "5", **base, "due_original": date(2026, 9, 30)},
    ]
    v = view(tmp_path, audits=rows)
    assert v.measure("A01").value.value == 3
    assert v.measure("A02").value.value == 2


def line(period: str, budget: float, actual: float | None) -> dict[str, Any]:
    return {
        "line_id": "L",
        "period": period,
        "category": "Tools",
        "budget": budget,
        "actual": actual,
        "currency": "EUR",
    }


def test_spend_is_compared_over_the_fiscal_year_so_far(tmp_path: Path) -> None:
    rows = [line("2025-Q4", 1.0, 99.0), line("2026-Q1", 100.0, 90.0), line("2026-Q2", 100.0, 100.0)]
    rows += [line("2026-Q3", 200.0, 220.0), line("2026-Q4", 100.0, 0.0)]
    value = view(tmp_path, spend=rows).measure("B01").value
    assert value.value == pytest.approx(2.5)
    assert (value.numerator, value.denominator, value.n) == (410, 400, 3)


def test_time_to_fix_is_the_published_survival_median(tmp_path: Path) -> None:
    """Freireich's 6-MP arm: Kaplan-Meier median 23, closed-only median 10."""
    events = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    start = date(2026, 8, 1)
    rows = [
        weak(n, opened=start, state="fixed", closed=start + timedelta(d))
        for n, d in enumerate(events)
    ]
    rows += [
        weak(50 + n, opened=start, state="accepted", accepted_at=start + timedelta(d))
        for n, d in enumerate(censored)
    ]
    value = view(tmp_path, findings=rows).measure("V06").value
    assert (value.value, value.n, value.numerator) == (23, 21, 9)


def test_split_adds_up_to_the_whole(tmp_path: Path) -> None:
    rows = [weak(n, severity=s) for n, s in enumerate(["critical", "high", "high", "low"])]
    parts: list[Measure] = view(tmp_path, findings=rows).measure("V01", by="severity")
    assert {m.scope: m.value.value for m in parts} == {
        "severity=critical": 1,
        "severity=high": 2,
        "severity=low": 1,
    }


def test_a_wrong_measure_or_split_names_the_nearest(tmp_path: Path) -> None:
    v = view(tmp_path, findings=[weak(1)])
    with pytest.raises(UsageError, match="Measure 'V40' is not known"):
        v.measure("V40")
    with pytest.raises(UsageError, match="did you mean 'severity'"):
        v.measure("V01", by="severty")


def test_a_source_from_long_before_the_quarter_does_not_speak_for_it(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    load(ws, "findings", [weak(1, opened=date(2026, 1, 1))], datetime(2026, 4, 1))
    assert ws.at("2026-Q1").measure("V01").value.value == 1
    reason = ws.at("2026-Q3").measure("V01").value.reason
    assert reason == "findings were last loaded on 1 April 2026, before this quarter's end"


def test_a_unit_sees_itself_and_its_parts(tmp_path: Path) -> None:
    units = [
        {"unit_id": "firm", "name": "Firm"},
        {"unit_id": "retail", "name": "Retail", "parent_id": "firm"},
        {"unit_id": "shops", "name": "Shops", "parent_id": "retail"},
        {"unit_id": "cards", "name": "Cards", "parent_id": "firm"},
    ]
    rows = [weak(1, unit_id="retail"), weak(2, unit_id="shops"), weak(3, unit_id="cards")]
    ws = view(tmp_path, units=units, findings=rows).workspace
    assert ws.at("2026-Q3", unit="retail").measure("V01").value.value == 2
    assert ws.at("2026-Q3", unit="firm").measure("V01").value.value == 3
    with pytest.raises(UsageError, match="did you mean 'cards'"):
        ws.at("2026-Q3", unit="card").measure("V01")


def test_spend_not_booked_yet_is_no_saving(tmp_path: Path) -> None:
    """A budget line without an actual is named; a quarter without any is not measured."""
    line = {"category": "Tools", "budget": 100.0, "currency": "EUR"}
    rows = [
        {**line, "line_id": "L1", "period": "2026-Q1", "actual": 110.0},
        {**line, "line_id": "L2", "period": "2026-Q3", "actual": 100.0},
        {**line, "line_id": "L3", "period": "2026-Q3"},
    ]
    assert (
        view(tmp_path / "a", spend=rows).measure("B01").value.note
        == "budget lines without an actual yet: 1; quarters of the year without any line: 1"
    )
    none = view(tmp_path / "b", spend=[rows[0], rows[2]]).measure("B01").value
    assert (none.value, none.reason) == (None, "no spend of this quarter was loaded")


def test_a_unit_is_never_held_against_the_firm_s_loss_appetite(tmp_path: Path) -> None:
    scenario = {
        "scenario_id": "S", "unit_id": "X", "state": "current", "title": "Theft", "freq_dist": "poisson", "rate": 0.5,
        "sev_dist": "lognormal_ci90", "low": 1e6, "high": 4e6, "currency": "EUR", "valid_from": date(2026, 1, 1),
    }  # fmt: skip
    limit = {"threshold_id": "T", "kind": "loss_appetite", "points": "[[5e6, 0.05]]", "valid_from": date(2026, 1, 1)}  # fmt: skip
    ws = workspace(tmp_path / "ws")
    load(ws, "units", [{"unit_id": "X", "name": "X"}], KNOWN)
    load(ws, "scenarios", [scenario], KNOWN)
    load(ws, "thresholds", [limit], KNOWN)
    assert ws.at("2026-Q3").measure("Q02").value.value is not None
    unit = ws.at("2026-Q3", unit="X")
    assert unit.measure("Q02").value.reason == "no loss appetite is approved for this scope"
    again = workspace(tmp_path / "ws")
    load(
        again,
        "thresholds",
        [{**limit, "threshold_id": "U", "scope": "X", "points": "[[2e6, 0.2]]"}],
        KNOWN,
    )
    assert again.at("2026-Q3", unit="X").measure("Q02").value.target == pytest.approx(20)
