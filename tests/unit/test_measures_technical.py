"""Measures of weaknesses on small data; every expected value is counted or computed by hand beside it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.technical import (
    END,
    KNOWN,
    START,
    asset,
    before,
    control,
    fixed,
    parts,
    split,
    stored,
    view,
    weak,
)
from tests.unit.workspaces import load

NEXT_DAY = END + timedelta(1)
NO_DAY = "1 finding has no day of first detection and is left out"


# ---- V01 open --------------------------------------------------------------------------------------------------------


def test_open_is_what_is_neither_ended_nor_reclassified_by_the_day(tmp_path: Path) -> None:
    v = view(
        tmp_path,
        assets=[asset(1, unit_id="a"), asset(2, unit_id="b")],
        findings=[
            weak(1),  # its unit is the asset's
            weak(2, state="reopened", severity="high", unit_id="a"),
            weak(3, state="accepted", accepted_at=date(2026, 8, 1), severity="low", unit_id="b"),
            weak(4, state="false_positive"),
            weak(5, state="duplicate"),
            weak(6, state="out_of_scope"),
            fixed(7, END),
            fixed(8, NEXT_DAY, severity="medium"),  # fixed a day later: open on the day
            weak(9, opened=NEXT_DAY),
            weak(10, state="decommissioned", closed=date(2026, 9, 1)),
            weak(11, opened=None, severity="info"),  # nobody knows since when, but it is open
        ],
    )
    # F1, F2, F3, F8, F11
    assert v.measure("V01").value.value == 5
    by_severity = {"critical": 1, "high": 1, "medium": 1, "low": 1, "info": 1}
    assert split(v, "V01", "severity") == by_severity
    # F8 and F11 name no unit and their assets are not known: the cells still add up to five.
    assert split(v, "V01", "unit") == {"a": 2, "b": 1, "not known": 2}
    # Nothing was open at the end of the quarter before: all were found later, but for the one without a day.
    assert v.previous().measure("V01").value.value == 1


def test_a_severity_nobody_defined_is_a_cell_of_its_own(tmp_path: Path) -> None:
    v = view(tmp_path, findings=[weak(1), weak(2, severity="urgent")])
    assert split(v, "V01", "severity") == {"critical": 1, "urgent": 1}


def test_a_unit_sees_its_own_findings_only(tmp_path: Path) -> None:
    units = [{"unit_id": "a"}, {"unit_id": "b"}]
    due = {"due_original": before(10)}
    rows = [weak(1, unit_id="a", **due), weak(2, unit_id="b", **due), weak(3, **due)]
    ws = stored(tmp_path, units=units, assets=[asset(3, unit_id="a")], findings=rows)
    a = ws.at("2026-Q3", unit="a")
    # F1, and F3 by its asset
    assert [a.measure(i).value.value for i in ("V01", "V05", "V09")] == [2, 2, 2]
    assert a.measure("V04").value.denominator == 2


def test_open_criticals_this_month(tmp_path: Path) -> None:
    """Twice the scanning finds twice as much: the count doubles, the count on 100 scanned assets does not move."""
    found = [weak(n, opened=date(2026, 6, 1)) for n in range(50)]
    found += [weak(n, opened=date(2026, 8, 1)) for n in range(50, 100)]
    scans = [control(n, "vuln_scan", observed_at=date(2026, 6, 30), last_ok=date(2026, 6, 20)) for n in range(50)]  # fmt: skip
    scans += [control(n, "vuln_scan") for n in range(100)]
    v = view(tmp_path, assets=[asset(n) for n in range(100)], findings=found, coverage=scans)
    was, now = v.previous(), v
    assert (was.measure("V01").value.value, now.measure("V01").value.value) == (50, 100)
    assert (was.measure("K02").value.value, now.measure("K02").value.value) == (50, 100)
    density = "Open critical and high on 100 scanned assets"
    # 50 of 50 scanned, then 100 of 100.
    assert [parts(x.measure("V09").value)[density] for x in (was, now)] == [100, 100]


# ---- V02, V03 known exploited ----------------------------------------------------------------------------------------


def listed(cve: str, added: date, **more: object) -> dict[str, object]:
    return {"vuln_id": cve, "date_added": added, **more}


def test_exploited_ones_by_when_they_were_listed_and_found(tmp_path: Path) -> None:
    kev = [
        listed("CVE-1", date(2026, 6, 1)),
        listed("CVE-2", date(2026, 8, 1), ransomware=True),
        listed("CVE-3", NEXT_DAY),
    ]
    old = date(2026, 5, 1)
    rows = [
        weak(1, vuln_id="CVE-1", opened=old),  # listed and found before the quarter
        weak(2, vuln_id="CVE-1", opened=date(2026, 7, 10)),  # newly found
        weak(3, vuln_id="CVE-2", opened=START),  # newly listed
        weak(4, vuln_id="CVE-2", opened=date(2026, 8, 1)),  # found on the day of listing: newly found
        weak(5, vuln_id="CVE-3"),  # not listed yet on the day
        fixed(6, date(2026, 9, 1), vuln_id="CVE-2"),
        weak(7, vuln_id="CVE-2", state="false_positive"),
        weak(8, vuln_id="CVE-1", opened=old, asset_id="A1", state="accepted"),
        weak(9, vuln_id="CVE-9"),
    ]  # fmt: skip
    assets = [asset(1, exposure="internal"), asset(2, exposure="partner"), asset(3, exposure="internet")]  # fmt: skip
    v = view(tmp_path, kev=kev, findings=rows, assets=assets)
    measure = v.measure("V02")
    # F1, F2, F3, F4, F8; F1 and F8 are on one asset.
    assert measure.value.value == 5
    assert parts(measure.value) == {
        "Assets": 4, "Facing the internet": 1, "Used for ransomware": 2, "Newly listed this quarter": 1, "Newly found this quarter": 2,
    }  # fmt: skip
    # A4 is in no inventory.
    assert split(v, "V02", "exposure") == {"internal": 2, "partner": 1, "internet": 1, "not known": 1}  # fmt: skip
    assert measure.status == "none"  # the limit of zero is for those that face the internet
    # The catalogue of the day: at the end of June only CVE-1 was listed and only F1 and F8 were found.
    assert v.previous().measure("V02").value.value == 2


def test_a_catalogue_beside_findings_without_identifiers_says_nothing(tmp_path: Path) -> None:
    v = view(tmp_path, kev=[listed("CVE-1", START)], findings=[weak(1)])
    for id_ in ("V02", "V03"):
        value = v.measure(id_).value
        assert (value.value, value.reason) == (None, "findings have no vuln id")


def test_exploited_is_overdue_the_day_after_the_due_day(tmp_path: Path) -> None:
    kev = [
        listed("CVE-1", START, due_date=END),
        listed("CVE-2", START, due_date=before(1)),
        listed("CVE-3", START),
    ]
    rows = [
        weak(1, vuln_id="CVE-1"),  # due today
        weak(2, vuln_id="CVE-2"),
        weak(3, vuln_id="CVE-2", state="accepted", severity="low"),  # still exposed
        fixed(4, END, vuln_id="CVE-2"),
        weak(5, vuln_id="CVE-3"),  # the catalogue gives no day
        weak(6, vuln_id="X-1", kev_date=START, kev_due=before(3)),  # the record's own listing
        weak(7, vuln_id="CVE-2", state="duplicate"),
    ]
    v = view(tmp_path, kev=kev, findings=rows)
    measure = v.measure("V03")
    # F2, F3, F6 of F1, F2, F3, F5, F6
    assert (measure.value.numerator, measure.value.denominator) == (3, 5)
    assert measure.value.note == "1 listed finding has no due date"
    assert measure.status == "amber"
    assert split(v, "V03", "severity") == {"critical": 2, "low": 1}


# ---- V04, V05 promised days ------------------------------------------------------------------------------------------


def test_closed_on_time_of_closed(tmp_path: Path) -> None:
    """Ten fixed on time and ninety late and open: of those closed 100 % were on time, of those due 10 %."""
    due = date(2026, 8, 1)
    rows = [fixed(n, due, due_original=due) for n in range(10)]
    rows += [weak(n, due_original=due) for n in range(10, 100)]
    v = view(tmp_path, findings=rows)
    closed = v.sql(
        "SELECT AVG(CASE WHEN closed <= due_original THEN 100 ELSE 0 END) AS p FROM findings WHERE state = 'fixed'"
    )
    assert closed["p"].tolist() == [100]
    assert v.measure("V04").value.value == 10
    assert v.measure("V05").value.value == 90


def test_the_cohort_is_what_fell_due_in_the_quarter(tmp_path: Path) -> None:
    due = {"due_original": date(2026, 8, 1)}
    rows = [
        fixed(1, START, due_original=START, unit_id="a"),  # met, on the first day
        fixed(2, END, due_original=END, severity="high", unit_id="a"),  # met, on the last day
        fixed(3, NEXT_DAY, due_original=END, unit_id="a"),  # a day late, and open on the day
        weak(4, due_original=before(1, START)),
        weak(5, due_original=NEXT_DAY),
        weak(6, state="accepted", accepted_at=date(2026, 8, 1), unit_id="b", **due),
        weak(7, state="accepted", accepted_at=date(2026, 8, 2), unit_id="b", **due),  # once late
        weak(8, state="reopened", unit_id="b", **due),
        weak(9, state="fixed", unit_id="b", **due),  # no day given: the day it was told, after the quarter
        weak(10, state="duplicate", **due),
        weak(11, severity="medium", **due),
        weak(12, state="decommissioned", closed=date(2026, 8, 1), **due),
        weak(13),
    ]  # fmt: skip
    v = view(tmp_path, findings=rows)
    value = v.measure("V04").value
    # Met F1, F2; accepted by then F6; decommissioned F12; late F3, F7, F8, F9. 2 / 8
    assert (value.numerator, value.denominator) == (2, 8)
    assert value.value == 25
    assert parts(value) == {"Accepted instead": 1, "Decommissioned instead": 1, "Still open or ended late": 4}  # fmt: skip
    cells = v.measure("V04", by="unit")
    assert {m.scope: (m.value.numerator, m.value.denominator) for m in cells} == {"unit=a": (2, 3), "unit=b": (0, 4), "unit=not known": (0, 1)}  # fmt: skip
    assert v.measure("V04").status == "red"


def test_the_promise_is_the_one_in_force_when_it_was_found(tmp_path: Path) -> None:
    """Thirty days were promised until 15 August, seven since: 10 July + 30 = 9 August, and not 17 July."""
    limits = [
        {"threshold_id": "L", "kind": "sla", "scope": "critical", "days": days, "valid_from": since}
        for days, since in ((30, date(2026, 1, 1)), (7, date(2026, 8, 15)))
    ]
    rows = [
        fixed(1, date(2026, 8, 9), opened=date(2026, 7, 10)),  # on the thirtieth day
        fixed(2, date(2026, 8, 10), opened=date(2026, 7, 10)),
        fixed(3, date(2026, 8, 22), opened=date(2026, 8, 15)),  # on the seventh day
        fixed(4, date(2026, 8, 23), opened=date(2026, 8, 15)),
    ]
    value = view(tmp_path, findings=rows, thresholds=limits).measure("V04").value
    assert (value.numerator, value.denominator) == (2, 4)


def test_nothing_fell_due_is_not_measured(tmp_path: Path) -> None:
    value = view(tmp_path, findings=[weak(1, due_original=NEXT_DAY)]).measure("V04").value
    assert (value.value, value.reason) == (None, "no critical or high finding fell due")


def test_percent_patched(tmp_path: Path) -> None:
    """Without its dead hosts 47 of 100 patched would be 47 of 88, six points up: ours keeps them, and says that they went."""
    due = {"due_original": date(2026, 8, 30)}
    rows = [fixed(n, date(2026, 7, 11), **due) for n in range(47)]
    kept = rows + [weak(n, **due) for n in range(47, 100)]
    lost = rows + [weak(n, state="decommissioned", closed=date(2026, 7, 21), **due) for n in range(47, 59)]  # fmt: skip
    lost += [weak(n, **due) for n in range(59, 100)]
    whole, dead = (view(tmp_path / n, findings=f) for n, f in (("a", kept), ("b", lost)))
    assert (whole.measure("V04").value.numerator, whole.measure("V04").value.denominator) == (47, 100)  # fmt: skip
    assert (dead.measure("V04").value.numerator, dead.measure("V04").value.denominator) == (47, 100)
    assert parts(dead.measure("V04").value)["Decommissioned instead"] == 12
    # What was never fixed stays not fixed: 53 of 100 in both.
    assert [parts(v.measure("V06").value)["Not fixed yet"] for v in (whole, dead)] == [pytest.approx(53)] * 2  # fmt: skip


def test_days_late_count_from_the_first_promise(tmp_path: Path) -> None:
    rows = [
        weak(1, due_original=END),  # due today
        weak(2, due_original=before(1)),
        weak(3, due_original=before(10), severity="low"),
        weak(
            4, due_original=before(29), due_current=date(2026, 12, 1)
        ),  # a later day does not help
        weak(5, due_original=before(31), state="accepted", accepted_at=before(40)),
        weak(6),
        fixed(7, END, due_original=before(20)),
        weak(8, due_original=before(20), state="out_of_scope"),
    ]
    v = view(tmp_path, findings=rows)
    value = v.measure("V05").value
    assert (value.value, value.denominator) == (4, 5)
    # Late by 1, 10, 29 and 31 days: half are late by 10 or less.
    assert parts(value) == {
        "Median days late": 10, "Longest": 31, "Accepted among them": 1, "Open without a due date": 1,
    }  # fmt: skip
    assert split(v, "V05", "severity") == {"critical": 3, "low": 1}


def test_no_promise_is_not_measured_and_nothing_open_is_zero(tmp_path: Path) -> None:
    limit = {"threshold_id": "L", "kind": "sla", "scope": "high", "days": 7, "valid_from": date(2026, 1, 1)}  # fmt: skip
    none = view(tmp_path / "a", findings=[weak(1)], thresholds=[limit]).measure("V05").value
    assert (none.value, none.reason) == (None, "no open finding has a due date")
    gone = view(tmp_path / "b", findings=[fixed(1, END, due_original=END)]).measure("V05").value
    assert gone.value == 0


def test_zero_overdue_after_redating(tmp_path: Path) -> None:
    rows = [weak(n, due_original=before(5), due_current=date(2027, 1, 1)) for n in range(3)]
    v = view(tmp_path, findings=rows)
    assert v.sql("SELECT finding_id FROM open_findings WHERE due_current < DATE '2026-09-30'").empty
    assert v.measure("V05").value.value == 3


def test_a_due_day_before_the_finding_is_believed_as_it_stands(tmp_path: Path) -> None:
    """Nothing refuses it: found on 1 July and due on 1 January, it counts as 272 days late at the age of 91."""
    v = view(tmp_path, findings=[weak(1, due_original=date(2026, 1, 1))])
    assert (
        parts(v.measure("V05").value)["Longest"] == 272
    )  # January to September: 273 days less one
    assert v.measure("V08").value.value == 91


# ---- before the first load -------------------------------------------------------------------------------------------


def test_a_quarter_before_the_first_load(tmp_path: Path) -> None:
    """Days in the rows speak for it with today's knowledge; with the knowledge of then nothing is measured."""
    ws = stored(tmp_path, findings=[weak(1, opened=date(2026, 1, 10)), weak(2)])
    assert ws.at("2026-Q1").measure("V01").value.value == 1
    then = ws.at("2026-Q1", known_by=datetime(2026, 4, 2)).measure("V01").value
    assert (then.value, then.reason) == (None, "no findings were loaded")
    load(ws, "findings", [weak(2, state="false_positive")], KNOWN + timedelta(1))
    assert type(ws)(ws.folder, now=KNOWN + timedelta(2)).at("2026-Q3").measure("V01").value.value == 1  # fmt: skip
