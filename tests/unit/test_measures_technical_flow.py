"""How fast weaknesses go, what is likely to be used, how old, how many: expected values by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from reportkit.measures import Value
from reportkit.view import View
from tests.unit.technical import END, START, asset, before, control, fixed, parts, split, view, weak

NEXT_DAY = END + timedelta(1)
#: From the quarter's first day to its last.
QUARTER = 91


def median(folder: Path, *rows: dict[str, Any], **tables: Any) -> Value:
    value: Value = view(folder, findings=list(rows), **tables).measure("V06").value
    return value


def after(days: int, start: date = START) -> date:
    return start + timedelta(days)


# ---- V06 time to fix -------------------------------------------------------------------------------------------------


def test_the_published_curve_has_its_published_interval(tmp_path: Path) -> None:
    """Freireich's 6-MP arm: median 23; log-log interval from 13 on, without an upper end.

    At 10: S = .7529, sum d/n(n-d) = .016375, exp(1.96 * .12797 / .28379) = 2.420, .7529 ** 2.420 = .503, above a half.
    At 13: S = .6902, sum .023951, exp(1.96 * .15476 / .37078) = 2.266, .6902 ** 2.266 = .432, below.
    """
    events = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    rows = [fixed(n, after(d)) for n, d in enumerate(events)]
    rows += [weak(50 + n, state="accepted", accepted_at=after(d)) for n, d in enumerate(censored)]
    value = median(tmp_path, *rows)
    assert (value.value, value.low, value.high) == (23, 13, None)
    assert (value.numerator, value.denominator) == (9, 21)


def test_what_ends_a_clock_and_what_only_stops_it(tmp_path: Path) -> None:
    rows = [
        fixed(1, after(5)),
        fixed(2, after(10)),
        fixed(3, after(10)),
        weak(4, state="decommissioned", closed=after(7)),
        weak(5, state="accepted", accepted_at=after(8)),
        weak(6, state="reopened"),  # its clock went on
        weak(7),
        weak(8, state="false_positive"),
        weak(9, state="duplicate"),
        weak(10, state="out_of_scope"),
        fixed(11, NEXT_DAY),  # open on the day
    ]
    v = view(tmp_path, findings=rows)
    measure = v.measure("V06")
    # Eight count. S(5) = 7/8; two leave; at 10 five are left: S = 7/8 * 3/5 = .525, and nothing more happens.
    assert (measure.value.value, measure.value.n, measure.value.numerator) == (None, 8, 3)
    assert measure.value.reason == f"half are not fixed within {QUARTER} days"
    assert (measure.value.low, measure.value.high) == (None, None)
    assert parts(measure.value)["Not fixed yet"] == pytest.approx(62.5)  # 5 of 8
    # What competes with a fix is told apart among the exits.
    assert measure.frame is not None
    assert (measure.frame["exits"].sum(), measure.frame["gone"].sum()) == (5, 1)


def test_on_one_day_fixes_come_before_those_that_leave(tmp_path: Path) -> None:
    """One of three fixed and one accepted on day 10: S = 2/3; were the accepted one gone first, it would be 1/2."""
    gone = weak(2, state="accepted", accepted_at=after(10))
    assert median(tmp_path, fixed(1, after(10)), gone, weak(3)).value is None


def test_mean_of_the_first_days_and_what_the_curve_does_not_reach(tmp_path: Path) -> None:
    start = date(2025, 7, 1)
    rows = [fixed(1, after(20, start), opened=start), fixed(2, after(60, start), opened=start), weak(3, opened=start)]  # fmt: skip
    value = median(tmp_path, *rows)
    # S = 1, 2/3 from 20, 1/3 from 60: 20 * 1 + 40 * 2/3 + 120 * 1/3 = 86.67
    assert value.value == 60
    assert parts(value) == {
        "Nine in ten fixed within": None,
        "Mean of the first 180 days open": pytest.approx(86.667, abs=1e-3),
        "Fixed within 180 days": pytest.approx(200 / 3),
        "Decommissioned within 180 days instead": 0,
        "Not fixed yet": pytest.approx(100 / 3),
    }


def test_what_was_decommissioned_was_not_fixed_and_will_not_be(tmp_path: Path) -> None:
    """Of four one fixed on day 10 and one decommissioned on day 20: a quarter each. Censored, the latter would be a third fixed."""
    start = date(2025, 7, 1)
    rows = [
        fixed(1, after(10, start), opened=start), weak(2, opened=start, state="decommissioned", closed=after(20, start)),
        fixed(3, after(200, start), opened=start), weak(4, opened=start),
    ]  # fmt: skip
    told = parts(median(tmp_path, *rows))
    assert told["Fixed within 180 days"] == pytest.approx(25)
    assert told["Decommissioned within 180 days instead"] == pytest.approx(25)


@pytest.mark.parametrize(
    ("scan", "reached"),
    [
        (before(46), 60),  # not scanned in 45 days: watched to that day, the 45th
        (before(45), None),  # just scanned in time: watched to the end
        (date(2026, 6, 1), None),  # found by other means since: the scan says nothing of it
    ],
)
def test_an_asset_no_longer_scanned_is_watched_to_its_last_scan(
    tmp_path: Path, scan: date, reached: float | None
) -> None:
    """Fixed on day 60, one of three, or of two when the unscanned one left on day 45: S = 2/3 or 1/2."""
    rows = [fixed(1, after(60)), weak(2), weak(3)]
    unscanned = control(2, "vuln_scan", last_ok=scan, status="absent")
    assert median(tmp_path, *rows, coverage=[unscanned, control(3, "vuln_scan")]).value == reached


def test_findings_of_two_years_count(tmp_path: Path) -> None:
    edge, older = before(730), before(731)
    rows = [fixed(1, after(3, edge), opened=edge), fixed(2, after(9, older), opened=older)]
    value = median(tmp_path, *rows)
    assert (value.value, value.n) == (3, 1)
    # One alone: the curve falls to 0 at once, where its band is not defined.
    assert (value.low, value.high) == (None, None)


def mean_of_closed(of: View) -> float:
    """Compute the usual figure: days from opened to closed of what was closed in the quarter."""
    closed = of.sql("SELECT opened, closed FROM findings WHERE closed >= DATE '2026-07-01'")
    return float((closed["closed"] - closed["opened"]).dt.days.mean())


def test_mean_of_closed_falls_when_hard_items_stay_open(tmp_path: Path) -> None:
    """Nine easy ones take 10 days, eleven hard ones 80, or stay open. Mean of closed: 48.5, then 10."""
    easy = [fixed(n, after(10)) for n in range(9)]
    done = view(tmp_path / "a", findings=[*easy, *(fixed(n, after(80)) for n in range(9, 20))])
    left = view(tmp_path / "b", findings=[*easy, *(weak(n) for n in range(9, 20))])
    assert (mean_of_closed(done), mean_of_closed(left)) == (48.5, 10)
    assert done.measure("V06").value.value == 80
    slow = left.measure("V06").value  # longer than 91 days, and not shorter
    assert (slow.value, slow.reason) == (None, "half are not fixed within 91 days")


def test_mean_of_closed_rises_when_backlog_is_cleared(tmp_path: Path) -> None:
    """Twenty take 10 days; five of 600 days are cleared. Mean of closed: 10, then 128. Ours: half in 10 days, as before."""
    quick = [fixed(n, after(10)) for n in range(20)]
    old = before(600)
    kept = view(tmp_path / "a", findings=[*quick, *(weak(n, opened=old) for n in range(20, 25))])
    gone = view(tmp_path / "b", findings=[*quick, *(fixed(n, END, opened=old) for n in range(20, 25))])  # fmt: skip
    assert (mean_of_closed(kept), mean_of_closed(gone)) == (10, 128)
    still, clear = (v.measure("V06").value for v in (kept, gone))
    assert (still.value, clear.value) == (10, 10)
    # Before, nine in ten were not reached: 5/25 = .2 stayed; now the last are done at 600 days.
    slow = "Nine in ten fixed within"
    assert (parts(still)[slow], parts(clear)[slow]) == (None, 600)


def test_ends_before_beginnings_and_missing_days_are_named(tmp_path: Path) -> None:
    rows = [
        fixed(1, after(4)),
        fixed(2, before(3, START)),  # fixed before it was found
        weak(3, state="accepted", accepted_at=before(3, START)),
        weak(4, opened=None),
    ]
    value = median(tmp_path / "a", *rows)
    assert (value.value, value.n) == (4, 1)
    assert value.note == (
        "2 findings ended before they began and are left out; 1 finding has no day of first detection and is left out"
    )
    none = median(tmp_path / "b", fixed(2, before(3, START)))
    assert (none.value, none.reason) == (None, "no finding was opened in 24 months")
    assert none.note == "1 finding ended before it began and is left out"


# ---- V07 likely to be used -------------------------------------------------------------------------------------------


def score(cve: str, epss: float, day: date = START, model: str = "v4") -> dict[str, Any]:
    return {"vuln_id": cve, "epss": epss, "score_date": day, "model": model}


def test_scores_are_summed_over_distinct_weaknesses(tmp_path: Path) -> None:
    epss = [
        score("CVE-1", 0.5),
        score("CVE-2", 0.9),
        score("CVE-2", 0.2, date(2026, 9, 1)),  # the newest by the day
        score("CVE-2", 0.99, NEXT_DAY),
        score("CVE-6", 0.9),
    ]
    rows = [
        weak(1, vuln_id="CVE-1", epss=0.01),  # the catalogue goes before the scanner
        weak(2, vuln_id="CVE-1", severity="high"),  # the same weakness on another asset
        weak(3, vuln_id="plugin-9", cve_ids="GHSA-1|CVE-2"),
        weak(4, vuln_id="CVE-3", epss=0.1),  # the scanner's own, just likely
        weak(5, vuln_id="CVE-4"),
        weak(6, vuln_id="plugin-8", cve_ids="CVE-1|CVE-5", epss=0.8),  # one score of two is none of CVE-5
        fixed(7, END, vuln_id="CVE-6"),
        weak(8, vuln_id="CVE-6", state="false_positive"),
        weak(9, vuln_id="RULE-7"),
    ]  # fmt: skip
    v = view(tmp_path, findings=rows, epss=epss)
    value = v.measure("V07").value
    # CVE-1 .5, CVE-2 .2, CVE-3 .1; CVE-4 and CVE-5 have none.
    assert value.value == pytest.approx(0.8)
    assert (value.numerator, value.denominator) == (3, 5)
    assert parts(value) == {"CVEs at 10\u202f% or more": 100}
    assert value.note == "2 of 5 open CVEs have no score"
    # CVE-1 is open at two severities and counts in both cells: cells of distinct things do not add up.
    cells = split(v, "V07", "severity")
    assert cells == {"critical": pytest.approx(0.8), "high": pytest.approx(0.5)}


def test_average_vulnerability_score(tmp_path: Path) -> None:
    """A hundred mild ones beside one of .5: the average falls from .5 to .0059, ours rises from .5 to .6."""
    bad = weak(0, vuln_id="CVE-0", epss=0.5)
    mild = [weak(n, vuln_id=f"CVE-{n}", epss=0.001) for n in range(1, 101)]
    both = [view(tmp_path / "a", findings=[bad]), view(tmp_path / "b", findings=[bad, *mild])]
    means = [v.sql("SELECT AVG(epss) AS e FROM open_findings")["e"][0] for v in both]
    assert means == pytest.approx([0.5, 0.0059], abs=1e-4)
    assert [v.measure("V07").value.value for v in both] == pytest.approx([0.5, 0.6])


def test_scores_of_two_models_are_named_and_no_score_is_not_measured(tmp_path: Path) -> None:
    rows = [weak(1, vuln_id="CVE-1"), weak(2, vuln_id="CVE-2")]
    epss = [score("CVE-1", 0.5, model="v3"), score("CVE-2", 0.2)]
    assert view(tmp_path / "a", findings=rows, epss=epss).measure("V07").value.note == "2 models' scores are mixed"  # fmt: skip
    other = view(tmp_path / "b", findings=rows, epss=[score("CVE-9", 0.2)]).measure("V07").value
    assert (other.value, other.reason) == (None, "no open CVE has an exploit prediction score")
    gone = view(tmp_path / "c", findings=[weak(3, vuln_id="RULE-1")], epss=epss).measure("V07").value  # fmt: skip
    assert (gone.value, gone.reason) == (None, "no CVE is open")


# ---- V08 age ---------------------------------------------------------------------------------------------------------


def test_age_is_of_what_is_open(tmp_path: Path) -> None:
    rows = [
        weak(1, opened=END),
        weak(2, opened=before(10)),
        weak(3, opened=before(10), severity="low"),
        weak(4, opened=before(400), state="accepted"),
        fixed(5, END, opened=before(700)),
        weak(6, opened=None),
        weak(7, opened=NEXT_DAY),  # a day that has not come
    ]
    v = view(tmp_path, findings=rows)
    value = v.measure("V08").value
    # 0, 10, 10, 400: half are 10 days old at most; nine in ten of four are all four.
    assert (value.value, value.n) == (10, 4)
    assert parts(value) == {"Nine in ten are no older than": 400, "Oldest": 400}
    assert value.note == "1 finding has no day of first detection and is left out"
    assert split(v, "V08", "severity") == {"critical": 10, "low": 10}


def test_age_of_nothing_is_not_measured(tmp_path: Path) -> None:
    none = view(tmp_path / "a", findings=[fixed(1, END)]).measure("V08").value
    assert (none.value, none.reason) == (None, "nothing is open")
    rows = [weak(1, opened=None), fixed(2, END)]
    unknown = view(tmp_path / "b", findings=rows).measure("V08").value
    assert (unknown.value, unknown.reason) == (None, "1 finding has no day of first detection and is left out")  # fmt: skip


# ---- V09 flow --------------------------------------------------------------------------------------------------------


def test_flow_capacity_and_density(tmp_path: Path) -> None:
    old = date(2026, 5, 1)
    rows = [
        weak(1),  # on the first day
        weak(2, opened=END, severity="high"),
        fixed(3, date(2026, 8, 20), opened=date(2026, 8, 1)),
        weak(4, opened=before(1, START), severity="low"),
        fixed(5, START, opened=old),
        weak(6, opened=old, state="decommissioned", closed=END),
        fixed(7, before(1, START), opened=old),
        fixed(8, NEXT_DAY, opened=old),
        weak(9, state="false_positive"),
        weak(10, state="accepted", accepted_at=date(2026, 8, 9), severity="medium"),
    ]
    seen = [
        control(1, "vuln_scan", last_ok=START),
        control(2, "vuln_scan"),
        control(3, "vuln_scan", last_ok=before(1, START)),
        control(4, "edr"),
    ]
    v = view(tmp_path, findings=rows, coverage=seen, assets=[asset(1)])
    value = v.measure("V09").value
    # Opened F1, F2, F3, F10; ended F3, F5, F6.
    assert (value.value, value.numerator, value.denominator) == (1, 4, 3)
    assert v.measure("V09").status == "red"  # more came than went
    assert parts(value) == {
        "Closed for each hundred open at the start": 75,  # 3, and F4, F5, F6, F8 were open
        "Open critical and high on 100 scanned assets": 150,  # F1, F2, F8 on A1 and A2
    }
    cells = v.measure("V09", by="severity")
    assert {m.scope: m.value.value for m in cells} == {
        "severity=critical": 2 - 3, "severity=high": 1, "severity=low": 0, "severity=medium": 1,
    }  # fmt: skip
    assert sum(m.value.value for m in cells) == value.value
    assert {parts(m.value)["Open critical and high on 100 scanned assets"] for m in cells} == {None}
    # What was open, came and went gives what is open: 4 + 4 - 3 = 5.
    assert v.previous().measure("V01").value.value == 4
    assert v.measure("V01").value.value == 5


def test_no_scan_and_no_start_are_no_zeros(tmp_path: Path) -> None:
    value = view(tmp_path, findings=[weak(1), weak(2, opened=None)]).measure("V09").value
    assert value.value == 1
    assert set(parts(value).values()) == {None}
    assert value.note == "1 finding has no day of first detection, so only its end counts"


def test_an_end_before_the_beginning_is_counted_as_come_and_not_as_gone(tmp_path: Path) -> None:
    """A wrong row that checks at loading refuse: here it adds to the flow, though nothing of it is open."""
    v = view(tmp_path, findings=[fixed(1, before(9, START), opened=date(2026, 8, 1)), weak(2)])
    assert (v.measure("V09").value.value, v.measure("V01").value.value) == (2, 1)
