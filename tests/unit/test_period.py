"""Quarters, fiscal years and instants."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportkit.errors import UsageError
from reportkit.period import DAY, FiscalCalendar, parse_instant

CALENDAR = FiscalCalendar()


@pytest.mark.parametrize("text", ["2026-Q3", "2026q3", "FY2026-Q3", " 2026Q3 "])
def test_forms(text: str) -> None:
    period = CALENDAR.parse(text)
    assert (period.key, period.label) == ("2026-Q3", "Q3 2026")
    assert (period.start, period.end, period.days) == (date(2026, 7, 1), date(2026, 9, 30), 92)


@pytest.mark.parametrize("text", ["", "2026", "Q3", "2026-Q5", "2026-09", "26-Q3", "2026-Q3-x"])
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="write a quarter as 2026-Q3"):
        CALENDAR.parse(text)


@pytest.mark.parametrize(
    ("month", "day", "key", "start", "end"),
    [
        (4, date(2026, 3, 31), "2026-Q4", date(2026, 1, 1), date(2026, 3, 31)),
        (4, date(2026, 4, 1), "2027-Q1", date(2026, 4, 1), date(2026, 6, 30)),
        (10, date(2026, 9, 30), "2026-Q4", date(2026, 7, 1), date(2026, 9, 30)),
        (10, date(2026, 10, 1), "2027-Q1", date(2026, 10, 1), date(2026, 12, 31)),
        (2, date(2026, 1, 15), "2026-Q4", date(2025, 11, 1), date(2026, 1, 31)),
    ],
)
def test_fiscal_years_are_named_after_the_year_they_end_in(
    month: int, day: date, key: str, start: date, end: date
) -> None:
    period = FiscalCalendar(month).containing(day)
    assert (period.key, period.start, period.end) == (key, start, end)


@given(st.integers(1, 12), st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_quarters_tile_the_days(month: int, day: date) -> None:
    calendar = FiscalCalendar(month)
    period = calendar.containing(day)
    assert day in period
    assert calendar.parse(period.key) == period
    assert calendar.previous(period).end + DAY == period.start
    assert calendar.previous(period, -1).start == period.end + DAY
    assert calendar.year_ago(period).quarter == period.quarter
    assert calendar.latest_closed(day).end < day


def test_trailing_is_oldest_first() -> None:
    assert [p.key for p in CALENDAR.trailing(CALENDAR.parse("2026-Q2"), 3)] == [
        "2025-Q4",
        "2026-Q1",
        "2026-Q2",
    ]


def test_the_day_of_an_instant_is_the_organisations() -> None:
    sydney = FiscalCalendar(timezone="Australia/Sydney")
    assert sydney.day(datetime(2026, 9, 30, 15, 0)) == date(2026, 10, 1)
    assert sydney.end_of_day(date(2026, 9, 30)) == datetime(2026, 9, 30, 13, 59, 59, 999999)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-10-09", datetime(2026, 10, 9, 23, 59, 59)),
        ("2026-10-09T08:00:00Z", datetime(2026, 10, 9, 8)),
        ("2026-10-09T08:00:00+02:00", datetime(2026, 10, 9, 6)),
        ("2026-10-09T08:00:00", datetime(2026, 10, 9, 8)),
    ],
)
def test_instants(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant


def test_another_instant_is_refused() -> None:
    with pytest.raises(UsageError, match=r"Time '09\.10\.2026' is not known"):
        parse_instant("09.10.2026")
