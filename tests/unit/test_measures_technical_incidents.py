"""Incidents, their clocks and their causes on small data; expected values by hand."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reportkit import sections, stats
from reportkit.charts import incidents as chart
from reportkit.charts.plot import Plot
from reportkit.scorecard import differs
from reportkit.workspace import Workspace
from tests.unit.technical import END, KNOWN, case, parts, split, stored, view
from tests.unit.workspaces import load, workspace

AMSTERDAM = '[organisation]\ntimezone = "Europe/Amsterdam"'
NEW_YORK = '[organisation]\ntimezone = "America/New_York"'
DETECTED = datetime(2026, 8, 1, 12)


def took(number: int, name: str, hours: float | None, **more: Any) -> dict[str, Any]:
    """Give an incident with what happened so many hours after discovery."""
    found = case(number)["detected"]
    return case(number, **{name: None if hours is None else found + timedelta(hours=hours), **more})


# ---- the quarter's first and last instants ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "instant", "quarters"),
    [
        # 1 July 00:30 in Amsterdam: of the third quarter.
        (AMSTERDAM, datetime(2026, 6, 30, 22, 30), (0, 1)),
        # 30 June 23:30 in Amsterdam: of the second.
        (AMSTERDAM, datetime(2026, 6, 30, 21, 30), (1, 0)),
        # 30 June 22:00 in New York: of the second.
        (NEW_YORK, datetime(2026, 7, 1, 2), (1, 0)),
        # 1 July midnight in New York: of the third.
        (NEW_YORK, datetime(2026, 7, 1, 4), (0, 1)),
        ("", datetime(2026, 7, 1), (0, 1)),
    ],
)
def test_an_instant_at_midnight_is_in_one_quarter(
    tmp_path: Path, settings: str, instant: datetime, quarters: tuple[int, int]
) -> None:
    told = json.dumps([{"regime": "NIS2", "due": f"{instant}", "sent": None}])
    row = case(1, detected=instant, notices=told, cause="phishing", service_minutes=60, restored=instant)  # fmt: skip
    ws = stored(tmp_path, settings, incidents=[row])
    values = {id_: [ws.at(q).measure(id_).value for q in ("2026-Q2", "2026-Q3")] for id_ in ("N01", "N04", "N05", "N06")}  # fmt: skip
    assert tuple(v.value for v in values["N01"]) == quarters
    assert tuple(v.denominator for v in values["N05"]) == quarters
    assert tuple(v.denominator for v in values["N06"]) == quarters
    lost = [parts(v).get("Service hours lost this quarter", 0) for v in values["N04"]]
    assert tuple(lost) == quarters


# ---- N01 how many ----------------------------------------------------------------------------------------------------


def test_confirmed_ones_by_quarter_and_month(tmp_path: Path) -> None:
    rows = [case(n, severity=1 + n % 2, cause="phishing") for n in range(4)]
    rows += [case(10 + n, confirmed=c) for n, c in enumerate(("suspected", "near_miss", "false_positive"))]  # fmt: skip
    rows += [case(20, detected=None, severity=1), case(21, detected=datetime(2026, 10, 1))]
    v = view(tmp_path, incidents=rows)
    value = v.measure("N01").value
    # Four: 1.090 to 10.242 (Garwood 1936); a third of each a month.
    assert (value.value, value.n) == (4, 4)
    assert [value.low, value.high] == pytest.approx([1.0899, 10.2416], abs=1e-4)
    assert parts(value) == {
        "Each month": pytest.approx(1.3333, abs=1e-4),
        "Each month, at least": pytest.approx(0.3633, abs=1e-4),
        "Each month, at most": pytest.approx(3.4139, abs=1e-4),
    }
    assert value.note == "1 confirmed incident has no time of detection"
    assert split(v, "N01", "severity") == {"1": 2, "2": 2}
    assert split(v, "N01", "cause") == {"phishing": 4, "not known": 0}
    # By the end of July (31 of 92 days) nothing had been discovered: none, and up to 3.689 of them.
    july = v.workspace.at("2026-Q3", as_of=date(2026, 7, 31)).measure("N01").value
    assert (july.value, july.low) == (0, 0)
    assert parts(july)["Each month, at most"] == pytest.approx(3.689 / (3 * 31 / 92), abs=1e-3)


def test_incidents_4_vs_8(tmp_path: Path) -> None:
    """Four after eight looks like half; the intervals 1.1 to 10.2 and 3.5 to 15.8 overlap, and we say so."""
    rows = [case(n) for n in range(4)] + [case(100 + n, detected=datetime(2026, 5, 1)) for n in range(8)]  # fmt: skip
    v = view(tmp_path, incidents=rows)
    now, was = v.measure("N01"), v.previous().measure("N01")
    assert (now.value.value, was.value.value) == (4, 8)
    assert [was.value.low, was.value.high] == pytest.approx([3.454, 15.763], abs=1e-3)
    assert differs(now, was) is False
    drawn = chart(v)
    assert isinstance(drawn, Plot)
    assert drawn.title == "4 confirmed incidents after 8: the change is within noise"


# ---- N02 detect ------------------------------------------------------------------------------------------------------


def test_time_to_detect_of_those_whose_start_is_known(tmp_path: Path) -> None:
    def begun(number: int, hours: float | None, **more: Any) -> dict[str, Any]:
        return took(number, "occurred", None if hours is None else -hours, **more)

    rows = [begun(n, h, detected_by="internal") for n, h in enumerate((1, 2, 3, 4, 100, 1000))]
    rows += [
        begun(6, None, detected_by="external"),
        begun(7, None),
        begun(8, -5),  # began after it was discovered
        begun(9, 50, confirmed="false_positive"),
        case(10, detected=datetime(2025, 9, 30, 12), occurred=datetime(2025, 9, 29)),  # more than a year ago
        took(11, "acknowledged", 3, occurred=None),
        took(12, "acknowledged", -1, occurred=None),  # acknowledged before it was discovered
    ]  # fmt: skip
    value = view(tmp_path, incidents=rows).measure("N02").value
    # Six of eleven; half within 3 hours; six values give the widest interval there is, 2 / 64 = 3.1 %.
    assert (value.value, value.low, value.high) == (3, 1, 1000)
    assert (value.numerator, value.denominator) == (6, 11)
    assert parts(value) == {
        "Start known": pytest.approx(600 / 11),
        "Noticed by others": pytest.approx(100 / 7),
        "Half acknowledged within": 3,
    }
    assert value.note == "1 incident discovered before it began is left out; 1 acknowledged before it was discovered"  # fmt: skip


def test_mttd_by_month_of_discovery(tmp_path: Path) -> None:
    """Ten cases of 5 hours, and one of 400 days found late: the mean jumps from 5 to 877 hours, ours stays at 5."""
    rows = [took(n, "occurred", -5) for n in range(10)]
    late = took(10, "occurred", -24 * 400)
    for name, cases, mean in (("a", rows, 5), ("b", [*rows, late], 877.3)):
        v = view(tmp_path / name, incidents=cases)
        hours = v.sql("SELECT DATE_DIFF('hour', occurred, detected) AS h FROM incidents")["h"]
        assert hours.mean() == pytest.approx(mean, abs=0.05)
        assert v.measure("N02").value.value == 5


def test_no_start_known_is_not_measured(tmp_path: Path) -> None:
    began = took(1, "occurred", -5, confirmed="false_positive")
    value = view(tmp_path / "a", incidents=[began, case(2)]).measure("N02").value
    assert (value.value, value.reason) == (None, "the start of none of 1 incidents is known")
    none = view(tmp_path / "b", incidents=[began]).measure("N02").value
    assert (none.value, none.reason) == (None, "no confirmed incident in 12 months")


# ---- N03 contain -----------------------------------------------------------------------------------------------------


def test_time_to_contain_has_an_interval(tmp_path: Path) -> None:
    """Freireich's placebo arm, in hours: nine in ten at 17, log-log interval from 12 on.

    With all finished var(ln S) = (1 - S) / (n S). At 11: S = 6/21, sqrt(.7143 / 6) / 1.2528 * 1.96 = .5398, S ** exp(.5398) =
    .117, above a tenth; at 12: S = 4/21, .5317, S ** exp(.5317) = .0595, below. The upper end is .262 at 17, .197 at 22, and
    at 23, where nobody is left, it is not defined.
    """
    hours = (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)
    rows = [took(n, "contained", h, severity=2) for n, h in enumerate(hours)]
    measure = view(tmp_path, incidents=rows).measure("N03")
    value = measure.value
    assert (value.value, value.low, value.high) == (17, 12, None)
    assert parts(value) == {"Median": 8, "Still active": 0}
    # An interval without an upper end still tells chance from change: 11 hours before is another world, 20 is not.
    was = [view(tmp_path / f"{h}", incidents=[took(1, "contained", h)]).measure("N03") for h in (11, 20)]  # fmt: skip
    assert [differs(measure, before) for before in was] == [True, False]


def test_still_active_closed_and_wrong_ones(tmp_path: Path) -> None:
    rows = [took(n, "contained", 2) for n in range(9)]
    rows += [
        took(
            9, "contained", None, closed=datetime(2026, 9, 1)
        ),  # closed, and nobody says when contained
        took(10, "contained", -1),
        took(11, "contained", 1, confirmed="false_positive"),
        took(12, "contained", 1, confirmed="near_miss"),
        case(13, detected=datetime(2025, 9, 30, 23, 59), contained=datetime(2025, 10, 9)),
    ]
    value = view(tmp_path, incidents=rows).measure("N03").value
    # Ten: S(2) = 1/10.
    assert (value.value, value.numerator, value.denominator) == (2, 9, 10)
    assert parts(value)["Still active"] == pytest.approx(10)
    assert value.note == (
        "1 incident contained before it was detected is left out; 1 closed incident has no time of containment and counts as active"
    )


def test_the_day_ends_where_the_organisation_is(tmp_path: Path) -> None:
    """Discovered on 30 September at 20:00 UTC and contained at 02:00: active at the end of the day, four hours or eight."""
    late = datetime(2026, 9, 30, 20)
    row = case(1, detected=late, contained=late + timedelta(hours=6))
    for settings, hours in (("", 4), (NEW_YORK, None)):
        value = view(tmp_path / f"{hours}", settings, incidents=[row]).measure("N03").value
        if hours:
            assert (value.value, value.reason) == (None, f"one in ten is not contained within {hours} hours")  # fmt: skip
        else:
            assert value.value == 6  # midnight there is 04:00 UTC
    none = view(tmp_path / "c", incidents=[took(1, "contained", 1, confirmed="suspected")])
    assert none.measure("N03").value.reason == "no confirmed incident in 12 months"


# ---- N04 recover -----------------------------------------------------------------------------------------------------


def test_closed_is_not_restored(tmp_path: Path) -> None:
    rows = [took(n, "restored", 2, service_minutes=30) for n in range(8)]
    rows += [
        took(8, "restored", None, closed=datetime(2026, 9, 1), service_minutes=90),  # still degraded
        took(9, "restored", -3),
        took(10, "restored", None),  # harmed no service that anyone knows of
        case(11, detected=datetime(2026, 5, 1), restored=datetime(2026, 5, 1, 1), service_minutes=600),
        took(12, "restored", 1, confirmed="false_positive", service_minutes=600),
    ]  # fmt: skip
    value = view(tmp_path, incidents=rows).measure("N04").value
    # Ten: one in 1 hour, eight in 2, one not: S(2) = 1/10.
    assert (value.value, value.numerator, value.denominator) == (2, 9, 10)
    assert parts(value) == {"Median": 2, "Not finished yet": pytest.approx(10), "Service hours lost this quarter": 5.5}  # fmt: skip
    assert value.note == "1 incident restored before it was detected is left out"
    none = view(tmp_path / "b", incidents=[case(1, restored=datetime(2027, 1, 1))])
    # Restored after the day, with no minutes lost: nothing tells that a service was harmed.
    assert none.measure("N04").value.reason == "no confirmed incident harmed a service in 12 months"


# ---- N05 again -------------------------------------------------------------------------------------------------------


def test_causes_seen_in_the_year_before(tmp_path: Path) -> None:
    now = {"detected": DETECTED}
    rows = [
        case(1, cause="phishing", **now),
        case(
            2, cause="phishing", detected=DETECTED - timedelta(365)
        ),  # a year before, to the second
        case(3, cause="usb", **now),
        case(4, cause="usb", detected=DETECTED - timedelta(366)),
        case(5, cause="patch", detected=DETECTED),
        case(
            6, cause="patch", detected=DETECTED + timedelta(1)
        ),  # twice in the quarter: the second one
        case(7, cause="theft", **now),
        case(8, cause="theft", detected=DETECTED - timedelta(9), confirmed="false_positive"),
        case(9, **now),
        case(10, detected=DETECTED - timedelta(9)),  # two of unknown cause are not the same
    ]
    due = {"parent_type": "incident", "due_original": END - timedelta(1)}
    actions = [
        {"action_id": "1", **due, "due_current": date(2027, 1, 1)},  # a later date does not help
        {"action_id": "2", **due, "done_at": END},
        {"action_id": "3", **due, "done_at": END + timedelta(1)},
        {"action_id": "4", **due, "status": "cancelled"},
        {"action_id": "5", "parent_type": "incident", "due_original": END},
        {"action_id": "6", "parent_type": "risk", "due_original": END - timedelta(9)},
    ]
    v = view(tmp_path, incidents=rows, actions=actions)
    value = v.measure("N05").value
    # Repeated I1, I6 of I1, I3, I5, I6, I7; the causes of I9 and I10 are not known.
    assert (value.numerator, value.denominator) == (2, 5)
    assert parts(value) == {"Cause not known yet": 2, "Actions after incidents past their date": 2}
    # A quarter without incidents has no share, and the actions are late all the same.
    calm = view(tmp_path / "b", incidents=[rows[1]], actions=actions).measure("N05").value
    assert (calm.value, calm.reason) == (None, "no confirmed incident of the quarter has a known cause")  # fmt: skip
    assert parts(calm)["Actions after incidents past their date"] == 2
    # Where no action was ever loaded, none late would be a guess.
    bare = view(tmp_path / "c", incidents=rows, actions=actions[5:]).measure("N05").value
    assert parts(bare)["Actions after incidents past their date"] is None


# ---- N06 notices -----------------------------------------------------------------------------------------------------


def filed(folder: Path, notices: list[dict[str, Any]], settings: str = "", **more: Any) -> Workspace:  # fmt: skip
    """Give an incident of November 2025, determined on the day before Thanksgiving, with its notices."""
    row = case(1, **{"detected": datetime(2025, 11, 20), "determined_at": date(2025, 11, 26), "notices": json.dumps(notices), **more})  # fmt: skip
    ws = workspace(folder, settings, now=datetime(2026, 1, 12))
    load(ws, "incidents", [row], datetime(2026, 1, 5))
    return ws


@pytest.mark.parametrize("regime", ["sec-8k", "SEC 8-K", "SEC Form 8-K item 1.05", "Form 8-K", "SEC"])  # fmt: skip
@pytest.mark.parametrize(
    ("sent", "met"), [("2025-12-03T22:30:00", 100), ("2025-12-03T22:30:01", 0), (None, 0)]
)
def test_check_value_16(tmp_path: Path, regime: str, sent: str | None, met: float) -> None:
    """Determined on Wednesday 26 November 2025, the 27th is a holiday: due Wednesday 3 December, 17:30 in New York."""
    # Neither a German calendar, without Thanksgiving, nor a zone where it is another day, moves the clock.
    settings = '[organisation]\njurisdiction = "DE"\ntimezone = "Asia/Tokyo"'
    value = filed(tmp_path, [{"regime": regime, "sent": sent}], settings).at("2025-Q4").measure("N06").value  # fmt: skip
    assert (value.value, value.denominator) == (met, 1)


def test_a_recorded_due_time_goes_before_the_rule(tmp_path: Path) -> None:
    notice = {"regime": "SEC 8-K", "due": "2025-12-09T17:30:00-05:00", "sent": "2025-12-09T22:29:59Z"}  # fmt: skip
    assert filed(tmp_path, [notice]).at("2025-Q4").measure("N06").value.value == 100


def test_notices_without_a_due_time_are_named(tmp_path: Path) -> None:
    notices = [
        {"regime": "NIS2 24 h", "sent": "2025-11-21T01:00:00"},
        {"regime": "Sector regulator"},
        {"regime": "DORA", "due": "2025-11-20", "sent": "2025-11-20T23:00:00"},  # by the day's end
        {"regime": "DORA", "due": "2025-11-21", "sent": "2026-02-01"},  # not sent yet on the day
    ]
    value = filed(tmp_path / "a", notices).at("2025-Q4").measure("N06").value
    # The clock of NIS2 runs 24 hours from the discovery at midnight of 20 November, so it was an hour late.
    assert (value.numerator, value.denominator) == (1, 3)
    assert value.note == "1 notice of this quarter's incidents has no due time"
    old = filed(tmp_path / "d", notices, detected=datetime(2025, 9, 20)).at("2025-Q4")
    assert old.measure("N06").value.note == ""  # named in the quarter before
    # An 8-K is not due before the determination.
    waits = filed(tmp_path / "b", [{"regime": "SEC 8-K"}], determined_at=None, material="pending")
    value = waits.at("2025-Q4").measure("N06").value
    assert (value.value, value.reason) == (None, "no notice fell due")
    # From 20 November midnight to the end of 31 December: 41 whole days.
    assert parts(value) == {"Materiality not determined yet": 1, "Longest since discovery": 41}
    # Without any notice it waits too, unless it was no incident.
    pending = {"detected": datetime(2025, 12, 1), "material": "pending"}
    more = [case(2, **pending), case(3, **pending, confirmed="false_positive")]
    load(waits, "incidents", more, datetime(2026, 1, 5))
    both = Workspace(waits.folder, now=waits.now).at("2025-Q4").measure("N06").value
    assert parts(both)["Materiality not determined yet"] == 2


def test_a_time_that_cannot_be_read_is_named_and_stops_nothing(tmp_path: Path) -> None:
    good = {"regime": "DORA", "due": "2025-11-25T08:00", "sent": "2025-11-25T07:00"}
    unread = [good, {"regime": "X", "due": "soon"}, {"regime": "X", "due": "2025-11-26T08:00", "sent": "yes"}]  # fmt: skip
    value = filed(tmp_path / "a", unread).at("2025-Q4").measure("N06").value
    # What fell due at a time that can be read and was sent at one that cannot was not sent in time.
    assert (value.numerator, value.denominator) == (1, 2)
    assert value.note == "2 notices have a time that cannot be read, which counts as none"
    ws = stored(tmp_path / "b", incidents=[case(1, notices="[{")])
    none = ws.at("2026-Q3").measure("N06").value
    assert (none.value, none.reason) == (None, "no notice fell due")
    assert none.note == "1 notice has a time that cannot be read, which counts as none"
    assert sections.regulatory_clocks(ws.at("2026-Q3")).block is not None


def test_a_clock_of_the_workspace_says_when_a_notice_was_due(tmp_path: Path) -> None:
    """Discovered on 2 August at noon: a sector's own clock of 24 hours ends on 3 August at noon; NIS2 ships with the same."""
    notices = [
        {"regime": "SECTOR-24H", "sent": "2026-08-03T12:00:01Z"}, {"regime": "nis2-24h", "sent": "2026-08-03T11:59:59Z"}, {"regime": "dora-72h"},
    ]  # fmt: skip
    ws = stored(tmp_path, incidents=[case(1, notices=json.dumps(notices))])
    (tmp_path / "clocks.toml").write_text(
        '[[clock]]\nid = "sector-24h"\nname = "Sector"\namount = 24\nunit = "hours"\nstart = "aware of the incident"\nsource = "Sector law"\n'
    )
    value = ws.at("2026-Q3").measure("N06").value
    assert (value.numerator, value.denominator) == (1, 2)
    # Nothing says when the notice before it was sent, from which this one runs.
    assert value.note == "1 notice of this quarter's incidents has no due time"


def test_a_determination_of_the_next_quarter_starts_no_clock(tmp_path: Path) -> None:
    ws = filed(tmp_path, [{"regime": "SEC 8-K"}], determined_at=date(2026, 1, 2))
    assert ws.at("2025-Q4").measure("N06").value.value is None


def test_a_quarter_before_the_first_load_of_incidents(tmp_path: Path) -> None:
    ws = stored(tmp_path, incidents=[case(1, detected=datetime(2026, 2, 1))])
    assert ws.at("2026-Q1").measure("N01").value.value == 1
    then = ws.at("2026-Q1", known_by=KNOWN - timedelta(1)).measure("N01").value
    assert (then.value, then.reason) == (None, "no incidents were loaded")


def test_intervals_of_a_curve_that_is_not_reached() -> None:
    curve = stats.kaplan_meier([1, 2, 3], [False, False, False])
    assert curve is not None
    assert curve.interval(0.5) == (None, None)
