"""Quarters, fiscal years and instants."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportkit.errors import UsageError
from reportkit.period import (
    DAY,
    KINDS,
    FiscalCalendar,
    Kind,
    Weeks,
    instant,
    is_zone,
    parse_instant,
)

CALENDAR = FiscalCalendar()
RETAIL = FiscalCalendar(2, weeks=Weeks("4-5-4", "nearest", 5), named="start")
LAST_OF_SEPTEMBER = FiscalCalendar(10, weeks=Weeks("5-4-4", "last", 5))
NEAR_DECEMBER = FiscalCalendar(1, weeks=Weeks("4-4-5", "nearest", 6))


@pytest.mark.parametrize("text", ["2026-Q3", "2026q3", "FY2026-Q3", " 2026Q3 "])
def test_forms(text: str) -> None:
    period = CALENDAR.parse(text)
    assert (period.key, period.label) == ("2026-Q3", "Q3 2026")
    assert (period.start, period.end, period.days) == (date(2026, 7, 1), date(2026, 9, 30), 92)


@pytest.mark.parametrize(
    "text", ["", "Q3", "2026-Q5", "2026-Q0", "2026-13", "26-Q3", "2026-Q3-x", "2026-H3", "2026-P03", "2026-W54"]
)  # fmt: skip
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="write a quarter as 2026-Q3, a month as 2026-09, a year"):
        CALENDAR.parse(text)


@pytest.mark.parametrize(
    ("month", "day", "key", "start", "end"),
    [
        (4, date(2026, 3, 31), "FY26-Q4", date(2026, 1, 1), date(2026, 3, 31)),
        (4, date(2026, 4, 1), "FY27-Q1", date(2026, 4, 1), date(2026, 6, 30)),
        (10, date(2026, 9, 30), "FY26-Q4", date(2026, 7, 1), date(2026, 9, 30)),
        (10, date(2026, 10, 1), "FY27-Q1", date(2026, 10, 1), date(2026, 12, 31)),
        (2, date(2026, 1, 15), "FY26-Q4", date(2025, 11, 1), date(2026, 1, 31)),
    ],
)
def test_fiscal_years_are_named_after_the_year_they_end_in(
    month: int, day: date, key: str, start: date, end: date
) -> None:
    period = FiscalCalendar(month).containing(day)
    assert (period.key, period.start, period.end) == (key, start, end)


CALENDARS = st.builds(
    FiscalCalendar,
    start_month=st.integers(1, 12),
    weeks=st.none()
    | st.builds(
        Weeks,
        pattern=st.sampled_from(["4-4-5", "4-5-4", "5-4-4"]),
        ends=st.sampled_from(["last", "nearest"]),
        weekday=st.integers(0, 6),
    ),
    named=st.sampled_from(["end", "start"]),
)


@settings(max_examples=60, deadline=None)
@given(CALENDARS, st.dates(date(2020, 1, 1), date(2040, 12, 31)), st.sampled_from(KINDS))
def test_periods_tile_the_days(calendar: FiscalCalendar, day: date, kind: Kind) -> None:
    period = calendar.containing(day, kind)
    assert day in period
    assert calendar.parse(period.key) == calendar.parse(period.label) == period
    assert calendar.previous(period).end + DAY == period.start
    assert calendar.previous(period, -1).start == period.end + DAY
    assert calendar.previous(calendar.previous(period, 5), -5) == period
    assert calendar.latest_closed(day, kind).end < day
    quarter = calendar.containing(period.end)
    assert (period.year, period.quarter) == (quarter.year, quarter.quarter)
    if kind != "week":
        assert calendar.year_ago(period).number == period.number
    if calendar.weeks is not None:
        assert period.days % 7 == 0
        assert calendar.containing(day, "year").days in {52 * 7, 53 * 7}


@pytest.mark.parametrize(
    ("calendar", "year", "start", "end"),
    [
        # The National Retail Federation's 4-5-4 calendar: Saturday nearest to the end of January, 53 weeks in 2012, 2017 and 2023.
        (RETAIL, 2012, date(2012, 1, 29), date(2013, 2, 2)),
        (RETAIL, 2017, date(2017, 1, 29), date(2018, 2, 3)),
        (RETAIL, 2023, date(2023, 1, 29), date(2024, 2, 3)),
        (RETAIL, 2024, date(2024, 2, 4), date(2025, 2, 1)),
        # Apple's annual reports: last Saturday of September, 53 weeks in 2017 and 2023.
        (LAST_OF_SEPTEMBER, 2017, date(2016, 9, 25), date(2017, 9, 30)),
        (LAST_OF_SEPTEMBER, 2022, date(2021, 9, 26), date(2022, 9, 24)),
        (LAST_OF_SEPTEMBER, 2023, date(2022, 9, 25), date(2023, 9, 30)),
        # Johnson & Johnson's annual reports: Sunday nearest to the end of December, 53 weeks in 2020.
        (NEAR_DECEMBER, 2020, date(2019, 12, 30), date(2021, 1, 3)),
        (NEAR_DECEMBER, 2022, date(2022, 1, 3), date(2023, 1, 1)),
    ],
)  # fmt: skip
def test_years_of_whole_weeks_are_those_that_were_reported(
    calendar: FiscalCalendar, year: int, start: date, end: date
) -> None:
    found = calendar.period(year, 1, "year")
    assert (found.start, found.end, found.key) == (start, end, f"FY{year % 100}")


def test_months_of_whole_weeks() -> None:
    """Retail's March 2024 is five weeks; week 53 of 2023 belongs to its January, which has five then."""
    march = RETAIL.parse("FY24-P02")
    assert (march.start, march.end, march.label) == (date(2024, 3, 3), date(2024, 4, 6), "FY24-P02")
    assert RETAIL.period(2023, 12, "month").days == 35
    assert RETAIL.period(2024, 12, "month").days == 28
    assert RETAIL.parse("FY23-W53").start == date(2024, 1, 28)
    with pytest.raises(UsageError, match="Year 2024 has 52 weeks"):
        RETAIL.parse("FY24-W53")
    with pytest.raises(UsageError, match="write a quarter as FY26-Q3, a year as FY26"):
        RETAIL.parse("2024-03")


@pytest.mark.parametrize(
    ("text", "start", "end", "label"),
    [
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "February 2024"),
        ("2026-H2", date(2026, 7, 1), date(2026, 12, 31), "H2 2026"),
        ("2026", date(2026, 1, 1), date(2026, 12, 31), "2026"),
        # ISO 8601: week 53 of 2026 ends in 2027, week 1 of 2025 begins in 2024.
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3), "W53 2026"),
        ("2025-W01", date(2024, 12, 30), date(2025, 1, 5), "W01 2025"),
    ],
)
def test_other_kinds(text: str, start: date, end: date, label: str) -> None:
    found = CALENDAR.parse(text)
    assert (found.start, found.end, found.label, found.key) == (start, end, label, text)
    assert CALENDAR.parse(label) == found


@pytest.mark.parametrize(
    "text", ["FY27-Q1", "fy27q1", "FY2027-Q1", "Q1 FY27", "2027-Q1", "FY27 Q1"]
)
def test_a_fiscal_quarter_has_one_name(text: str) -> None:
    found = FiscalCalendar(4).parse(text)
    assert (found.key, found.label, found.code) == ("FY27-Q1", "FY27-Q1", "2027-Q1")
    assert FiscalCalendar(4, named="start").parse("FY26-Q1").start == found.start


@pytest.mark.parametrize(
    ("day", "clock", "utc"),
    [
        # Berlin skips 02:00 to 03:00 on 29 March 2026 and has them twice on 25 October.
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30)),
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30)),
        (date(2026, 7, 7), time(7), datetime(2026, 7, 7, 5)),
        (date(2026, 1, 7), time(7), datetime(2026, 1, 7, 6)),
        (date(2028, 2, 29), time(7), datetime(2028, 2, 29, 6)),
    ],
)
def test_wall_clock_times(day: date, clock: time, utc: datetime) -> None:
    assert instant(day, clock, "Europe/Berlin") == utc


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


@pytest.mark.parametrize("name", ["Europe/Zurich", "UTC", "America/Argentina/Ushuaia"])
def test_zones(name: str) -> None:
    assert is_zone(name)


@pytest.mark.parametrize("name", ["", "Europe", "Zurich", "../etc/passwd", "/etc/passwd", "a\0b", "Europe/zurich "])  # fmt: skip
def test_what_is_no_zone(name: str) -> None:
    assert not is_zone(name)


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
