"""Due times: words, business days, zones, boards, and the period each one reports on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportkit import recurrence
from reportkit.distribution import Schedule
from reportkit.errors import ConfigError
from reportkit.period import FiscalCalendar, Weeks
from reportkit.schedule import Occurrence, between, upcoming
from reportkit.schedule.workdays import works

BERLIN = FiscalCalendar(timezone="Europe/Berlin")
QUARTERLY = Schedule(
    report="board",
    when="5th business day after quarter end at 07:00",
    zone="Europe/Berlin",
    holidays="DE-BE",
)


def days(schedule: Schedule, year: int, calendar: FiscalCalendar = BERLIN) -> list[tuple[str, str]]:
    found = between([schedule], calendar, datetime(year, 1, 1), datetime(year, 12, 31, 23))
    return [(one.period.key, f"{one.local:%Y-%m-%d %H:%M}") for one in found]


def test_the_fifth_business_day_after_quarter_end_in_berlin() -> None:
    """Counted by hand on the calendars of 2026: New Year, Good Friday (3 April), Easter Monday (6 April), Women's Day is a Sunday."""
    assert days(QUARTERLY, 2026) == [
        ("2025-Q4", "2026-01-08 07:00"),
        ("2026-Q1", "2026-04-09 07:00"),
        ("2026-Q2", "2026-07-07 07:00"),
        ("2026-Q3", "2026-10-07 07:00"),
    ]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("1st day after month end at 06:30", ("2024-01", "2024-02-01 06:30")),
        ("second monday after month end at 06:30", ("2024-01", "2024-02-12 06:30")),
        ("10th day after half-year end at 06:30", ("2023-H2", "2024-01-10 06:30")),
        ("2nd business day after year end at 06:30", ("2023", "2024-01-03 06:30")),
        ("every friday at 06:30", ("2023-W52", "2024-01-05 06:30")),
    ],
)
def test_other_words(when: str, expected: tuple[str, str]) -> None:
    made = Schedule(report="posture", when=when, zone="Europe/Berlin", holidays="DE")
    assert expected in days(made, 2024)


@pytest.mark.parametrize(
    ("words", "key", "day"),
    [
        ("last business day of month at 18:00", "2026-05", date(2026, 5, 29)),
        ("last day of month at 18:00", "2028-02", date(2028, 2, 29)),
        ("quarter end at 18:00", "2026-Q3", date(2026, 9, 30)),
        ("2nd business day before quarter end at 18:00", "2026-Q3", date(2026, 9, 28)),
        ("first tuesday of month at 18:00", "2026-09", date(2026, 9, 1)),
    ],
)
def test_days_within_a_period(words: str, key: str, day: date) -> None:
    assert recurrence.parse(words).day(BERLIN.parse(key), works("DE")) == day


@pytest.mark.parametrize(
    ("zone", "when", "day", "utc"),
    [
        # Clocks go forward on Sunday 29 March 2026 in Berlin, on Sunday 8 March in New York; back on 25 October and 1 November.
        ("Europe/Berlin", "every sunday at 02:30", date(2026, 3, 29), datetime(2026, 3, 29, 1, 30)),
        ("Europe/Berlin", "every sunday at 02:30", date(2026, 10, 25), datetime(2026, 10, 25, 0, 30)),
        ("America/New_York", "every sunday at 02:30", date(2026, 3, 8), datetime(2026, 3, 8, 7, 30)),
        ("America/New_York", "every sunday at 01:30", date(2026, 11, 1), datetime(2026, 11, 1, 5, 30)),
    ],
)  # fmt: skip
def test_a_time_that_is_skipped_or_comes_twice_is_due_once(
    zone: str, when: str, day: date, utc: datetime
) -> None:
    made = Schedule(report="posture", when=when, zone=zone)
    start = datetime(day.year, day.month, day.day)
    found = between([made], FiscalCalendar(), start - timedelta(days=3), start + timedelta(days=3))
    assert [one.scheduled_at for one in found] == [utc]


def test_the_period_comes_from_the_due_time_in_its_own_zone() -> None:
    """In Auckland the quarter is over while London still has its last evening."""
    made = Schedule(
        report="board", when="1st day after quarter end at 00:30", zone="Pacific/Auckland"
    )
    found = between(
        [made], FiscalCalendar(timezone="Pacific/Auckland"),
        datetime(2026, 9, 30), datetime(2026, 10, 1),
    )  # fmt: skip
    assert [(one.period.key, one.scheduled_at) for one in found] == [
        ("2026-Q3", datetime(2026, 9, 30, 11, 30))
    ]


def test_a_board_day_with_lead_time() -> None:
    made = Schedule(
        report="board", board=("2026-11-18", "2027-02-17"), lead="10 business days", at="09:00",
        zone="Europe/Berlin", holidays="DE-BY",
    )  # fmt: skip
    found = upcoming([made], BERLIN, datetime(2026, 10, 1), 5)
    # All Saints' Day is a Sunday in 2026, so ten days are two weeks.
    assert [(f"{o.local:%Y-%m-%d %H:%M}", o.period.key, o.board) for o in found] == [
        ("2026-11-04 09:00", "2026-Q3", date(2026, 11, 18)),
        ("2027-02-03 09:00", "2026-Q4", date(2027, 2, 17)),
    ]


def test_a_cut_off_comes_before_the_run() -> None:
    made = QUARTERLY.model_copy(update={"cut_off": "3rd business day after quarter end at 18:00"})
    first = upcoming([made], BERLIN, datetime(2026, 9, 1), 1)[0]
    assert (first.cut_off, first.scheduled_at) == (
        datetime(2026, 10, 5, 16),
        datetime(2026, 10, 7, 5),
    )
    late = QUARTERLY.model_copy(update={"cut_off": "9th business day after quarter end at 18:00"})
    with pytest.raises(ConfigError, match="the cut-off for 2026-Q3 comes after the run"):
        upcoming([late], BERLIN, datetime(2026, 9, 1), 1)


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"when": "soon"}, "'soon' is not understood; write for example '5th business day"),
        ({"when": "last day after month end at 07:00"}, "has no end"),
        ({"when": "5th day after quarter end at 25:00"}, "'25:00' is not a time"),
        ({"when": None}, "either 'when', or 'board' with 'lead'"),
        ({"when": None, "board": ("2026-11-18",)}, "'board' needs 'lead'"),
        ({"zone": "Berlin"}, "not a time zone"),
    ],
)
def test_what_is_not_understood_is_said(given_: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Schedule.model_validate(QUARTERLY.model_dump() | given_)


@pytest.mark.parametrize(
    ("code", "message"), [("DE-XX", "DE has no part 'XX'"), ("Narnia", "write a country as DE")]
)
def test_unknown_holidays(code: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        works(code)


def test_a_run_within_its_period_is_refused() -> None:
    made = Schedule(report="board", when="last business day of quarter at 07:00")
    with pytest.raises(ConfigError, match="falls into 2026-Q3, which is not over then"):
        upcoming([made], BERLIN, datetime(2026, 9, 1), 1)


ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata", "UTC")


@settings(max_examples=40, deadline=None)
@given(
    st.builds(
        FiscalCalendar,
        start_month=st.integers(1, 12),
        timezone=st.sampled_from(ZONES),
        weeks=st.none() | st.just(Weeks()),
    ),
    st.integers(1, 12),
    st.sampled_from(["business day", "day", "friday"]),
    st.sampled_from(["month", "quarter", "year"]),
    st.integers(0, 23),
    st.datetimes(datetime(2020, 1, 1), datetime(2039, 1, 1)),
)
def test_every_period_is_due_once_and_after_its_end(
    calendar: FiscalCalendar, nth: int, what: str, kind: str, hour: int, start: datetime
) -> None:
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(nth, "th")
    made = Schedule(report="r", when=f"{nth}{suffix} {what} after {kind} end at {hour:02}:30")
    end = start + timedelta(days=500)
    found = between([made], calendar, start, end)
    # Whatever way the time is cut into pieces, each due time is in one of them.
    middle = start + timedelta(days=211)
    pieces = between([made], calendar, start, middle) + between([made], calendar, middle, end)
    assert pieces == found
    keys = [one.period.key for one in found]
    assert len(set(keys)) == len(keys)
    for one in found:
        assert one.local.date() > one.period.end
        assert (one.local.hour, one.local.minute) == (hour, 30) or _skipped(one, hour)
    for before, after in pairwise(found):
        assert calendar.previous(after.period) == before.period


def _skipped(one: Occurrence, hour: int) -> bool:
    wall = one.local.replace(tzinfo=None, hour=hour, minute=30)
    zone = ZoneInfo(one.zone)
    there = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None) != wall
