"""Periods and the fiscal calendar: the only place that knows when a quarter begins and ends."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reportkit.errors import UsageError

Kind = Literal["week", "month", "quarter", "half-year", "year"]
KINDS: tuple[Kind, ...] = ("week", "month", "quarter", "half-year", "year")
#: How many fiscal months a period of a kind takes; weeks are counted in days.
_MONTHS: dict[Kind, int] = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
_LETTERS: dict[str, Kind] = {"Q": "quarter", "H": "half-year", "W": "week", "P": "month"}
_NAMED = re.compile(
    r"(?:(?:FY ?)?(?P<long>\d{4})|FY ?(?P<short>\d{2}))[- ]?(?P<letter>[QHWP]) ?(?P<number>\d{1,2})"
    r"|(?P<letter2>[QHWP]) ?(?P<number2>\d{1,2}) (?:(?:FY ?)?(?P<long2>\d{4})|FY ?(?P<short2>\d{2}))",
    re.IGNORECASE,
)
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_SPOKEN_MONTH = re.compile(rf"({'|'.join(_MONTH_NAMES)}) (\d{{4}})", re.IGNORECASE)
#: Years that a report can be about; a calendar of whole weeks looks a year ahead and a year back.
_YEARS = range(1900, 3000)
_YEAR = re.compile(r"(?:FY ?)?(\d{4})|FY ?(\d{2})", re.IGNORECASE)
DAY = timedelta(days=1)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, order=True, repr=False)
class Period:
    """One week, month, quarter, half-year or year: its name, its first and its last day.

    Attributes:
        start: first day.
        end: last day; figures are as of the end of this day.
        kind: how long it is.
        number: which one of its year, from 1.
        year: fiscal year that its last day falls in.
        quarter: fiscal quarter that its last day falls in, 1 to 4.
        key: the name used in commands, folders and the ledger: ``2026-Q3``, or ``FY27-Q1`` where the fiscal year is not
            the calendar year.
        label: the name printed for readers: ``Q3 2026``, or ``FY27-Q1``.
    """

    start: date
    end: date
    kind: Kind
    number: int
    year: int
    quarter: int
    key: str
    label: str

    @property
    def code(self) -> str:
        """The fiscal quarter as tables of spend and budgets write it: ``2027-Q1``."""
        return f"{self.year}-Q{self.quarter}"

    @property
    def days(self) -> int:
        """Number of days from first to last, both counted."""
        return (self.end - self.start).days + 1

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def __str__(self) -> str:
        return self.key

    def __repr__(self) -> str:
        return f"<Period {self.key}, {self.start} to {self.end}>"


@dataclass(frozen=True)
class Weeks:
    """A fiscal year of 52 or 53 whole weeks.

    Args:
        pattern: weeks in the three months of each quarter; a 53rd week goes to the last month.
        ends: on the last such weekday of the month, or on the one nearest to the month's end.
        weekday: on which the year ends; Monday is 0.
    """

    pattern: Literal["4-4-5", "4-5-4", "5-4-4"] = "4-4-5"
    ends: Literal["last", "nearest"] = "nearest"
    weekday: int = 5

    def year_end(self, year: int, month: int) -> date:
        """Give the last day of the fiscal year that ends in, or nearest to the end of, a month."""
        month_end = date(year, month, calendar.monthrange(year, month)[1])
        last = month_end - (month_end.weekday() - self.weekday) % 7 * DAY
        following = last + 7 * DAY
        near = self.ends == "nearest" and following - month_end < month_end - last
        return following if near else last


@dataclass(frozen=True)
class FiscalCalendar:
    """Periods of an organisation.

    Args:
        start_month: month in which, or near whose beginning, the fiscal year begins; 1 is the calendar year.
        timezone: IANA name; decides on which day an instant falls.
        weeks: given when the fiscal year has whole weeks.
        named: whether a fiscal year bears the calendar year in which it ends or in which it starts.

    Months are those of the calendar, or the months of whole weeks (``FY27-P03``). Weeks are ISO 8601's, or counted from the
    beginning of a fiscal year of whole weeks.
    """

    start_month: int = 1
    timezone: str = "UTC"
    weeks: Weeks | None = None
    named: Literal["end", "start"] = "end"

    @property
    def fiscal(self) -> bool:
        """Whether the fiscal year is another one than the calendar year."""
        return self.start_month != 1 or self.weeks is not None

    def period(self, year: int, number: int, kind: Kind = "quarter") -> Period:
        """Give a period by its number in a year.

        Raises:
            UsageError: the year has no such period.
        """
        if kind == "week":
            first, last = self._week(year, number)
        else:
            size = _MONTHS[kind]
            if not 1 <= number <= 12 // size:
                raise UsageError(f"A year has {12 // size} periods of the kind {kind}; {number} was asked for.")  # fmt: skip
            months = _months(self, year)
            first, last = months[(number - 1) * size][0], months[number * size - 1][1]
        return self._named(first, last, kind, number, year)

    def parse(self, text: str) -> Period:
        """Read ``2026-Q3`` (also ``FY27-Q1``, ``Q1 FY27``, ``2026-09``, ``2026-H1``, ``2026-W40``, ``FY27-P03``, ``FY27``).

        Raises:
            UsageError: any other form.
        """
        given = text.strip()
        if match := _SPOKEN_MONTH.fullmatch(given):
            given = f"{match[2]}-{_MONTH_NAMES.index(match[1].title()) + 1:02}"
        if match := _MONTH.fullmatch(given):
            if self.weeks is None and int(match[1]) in _YEARS:
                return self.containing(date(int(match[1]), int(match[2]), 1), "month")
        elif match := _NAMED.fullmatch(given):
            part = {k: v for k, v in match.groupdict().items() if v}
            letter = (part.get("letter") or part["letter2"]).upper()
            year = part.get("long") or part.get("long2") or f"20{part.get('short') or part['short2']}"  # fmt: skip
            number = int(part.get("number") or part["number2"])
            most = {"Q": 4, "H": 2, "P": 12 if self.weeks else 0, "W": 53}[letter]
            if 1 <= number <= most and int(year) in _YEARS:
                return self.period(int(year), number, _LETTERS[letter])
        elif (match := _YEAR.fullmatch(given)) and int(match[1] or f"20{match[2]}") in _YEARS:
            return self.period(int(match[1] or f"20{match[2]}"), 1, "year")
        example = self._name("quarter", 3, 2026)
        month = "" if self.weeks else ", a month as 2026-09"
        raise UsageError(
            f"Period {text!r} is not known; write a quarter as {example}{month}, a year as {self._name('year', 1, 2026)}."
        )

    def containing(self, day: date, kind: Kind = "quarter") -> Period:
        """Give the period of a kind that a day falls in."""
        if kind == "week" and self.weeks is None:
            iso = day.isocalendar()
            return self.period(iso.year, iso.week, "week")
        year = self._fiscal_year(day)
        if kind == "week":
            return self.period(year, (day - _months(self, year)[0][0]).days // 7 + 1, "week")
        place = next(i for i, (_, last) in enumerate(_months(self, year)) if day <= last)
        return self.period(year, place // _MONTHS[kind] + 1, kind)

    def previous(self, period: Period, count: int = 1) -> Period:
        """Give the period of the same kind ``count`` earlier (negative: later)."""
        if period.kind == "week":
            return self.containing(period.start - 7 * count * DAY, "week")
        size = 12 // _MONTHS[period.kind]
        index = period.year * size + period.number - 1 - count
        return self.period(index // size, index % size + 1, period.kind)

    def year_ago(self, period: Period) -> Period:
        """Give the same period one year earlier; week 53 has week 52 as its own."""
        if period.kind != "week":
            return self.previous(period, 12 // _MONTHS[period.kind])
        year = int(period.key.removeprefix("FY").split("-")[0])
        year = year + 2000 if year < 100 else year
        return self.period(year - 1, min(period.number, self._weeks_of(year - 1)), "week")

    def trailing(self, period: Period, count: int) -> list[Period]:
        """Give ``count`` periods that end with this one, oldest first."""
        return [self.previous(period, back) for back in range(count - 1, -1, -1)]

    def between(self, first: date, last: date, kind: Kind = "quarter") -> list[Period]:
        """Give the periods from the one that holds ``first`` to the one that holds ``last``, oldest first."""
        found = []
        period = self.containing(first, kind)
        while period.start <= last:
            found.append(period)
            period = self.previous(period, -1)
        return found

    def latest_closed(self, today: date, kind: Kind = "quarter") -> Period:
        """Give the last period of a kind that has ended before ``today``."""
        return self.previous(self.containing(today, kind))

    def day(self, instant: datetime) -> date:
        """Give the organisation's day for an instant (naive instants are UTC)."""
        aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return aware.astimezone(ZoneInfo(self.timezone)).date()

    def end_of_day(self, day: date) -> datetime:
        """Give the last microsecond of the organisation's day as naive UTC."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.timezone)) + DAY
        return (midnight.astimezone(UTC) - timedelta(microseconds=1)).replace(tzinfo=None)

    # ---- how years and names are made ----------------------------------------------------------------------------

    def _fiscal_year(self, day: date) -> int:
        return next(
            year
            for year in range(day.year - 1, day.year + 3)
            if _months(self, year)[0][0] <= day <= _months(self, year)[-1][1]
        )

    def _week(self, year: int, number: int) -> tuple[date, date]:
        if not 1 <= number <= self._weeks_of(year):
            raise UsageError(f"Year {year} has {self._weeks_of(year)} weeks; week {number} was asked for.")  # fmt: skip
        first = _months(self, year)[0][0] if self.weeks else date.fromisocalendar(year, 1, 1)
        start = first + 7 * (number - 1) * DAY
        return start, start + 6 * DAY

    def _weeks_of(self, year: int) -> int:
        if self.weeks is None:
            # The 28th of December is always in the last week of ISO 8601.
            return date(year, 12, 28).isocalendar().week
        months = _months(self, year)
        return ((months[-1][1] - months[0][0]).days + 1) // 7

    def _named(self, first: date, last: date, kind: Kind, number: int, year: int) -> Period:
        fiscal_year = self._fiscal_year(last) if kind == "week" else year
        months = _months(self, fiscal_year)
        quarter = next(i for i, (_, end) in enumerate(months) if last <= end) // 3 + 1
        if kind == "month" and self.weeks is None:
            return Period(first, last, kind, number, fiscal_year, quarter, f"{first:%Y-%m}", f"{_MONTH_NAMES[first.month - 1]} {first.year}")  # fmt: skip
        plain = kind == "week" and self.weeks is None
        key = self._name(kind, number, year, plain=plain)
        letter = "" if kind == "year" else key.rpartition("-")[2]
        label = key if self.fiscal and not plain else f"{letter} {year}".strip()
        return Period(first, last, kind, number, fiscal_year, quarter, key, label)

    def _name(self, kind: Kind, number: int, year: int, *, plain: bool = False) -> str:
        # Two digits are read as a year of this century.
        fiscal = f"FY{year % 100:02}" if 2000 <= year < 2100 else f"FY{year:04}"
        head = fiscal if self.fiscal and not plain else f"{year}"
        form = {"quarter": "-Q{}", "half-year": "-H{}", "week": "-W{:02}", "month": "-P{:02}", "year": ""}  # fmt: skip
        return head + form[kind].format(number)


@lru_cache(maxsize=256)
def _months(of: FiscalCalendar, year: int) -> tuple[tuple[date, date], ...]:
    """Give first and last day of the twelve months of a fiscal year."""
    shift = 0 if of.start_month == 1 or of.named == "end" else 1
    ends_in = year + shift
    if of.weeks is None:
        index = ends_in * 12 + of.start_month - 1 - (0 if of.start_month == 1 else 12)
        firsts = [date((index + i) // 12, (index + i) % 12 + 1, 1) for i in range(13)]
        return tuple((firsts[i], firsts[i + 1] - DAY) for i in range(12))
    month = (of.start_month - 2) % 12 + 1
    start = of.weeks.year_end(ends_in - 1, month) + DAY
    end = of.weeks.year_end(ends_in, month)
    lengths = [int(n) for n in of.weeks.pattern.split("-")] * 4
    lengths[-1] += ((end - start).days + 1) // 7 - 52
    found = []
    for weeks in lengths:
        found.append((start, start + 7 * weeks * DAY - DAY))
        start += 7 * weeks * DAY
    return tuple(found)


def is_zone(name: str) -> bool:
    """Say whether a name is a time zone; asking for all names would read some hundred files."""
    try:
        return bool(ZoneInfo(name).key) and name == name.strip()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def instant(day: date, clock: time, zone: str) -> datetime:
    """Give a wall-clock time in a zone as naive UTC.

    A time that is skipped when clocks go forward is the instant of the change plus what was skipped; a time that comes twice
    is its first.
    """
    wall = datetime.combine(day, clock, ZoneInfo(zone))
    return wall.astimezone(UTC).replace(tzinfo=None)


def parse_instant(text: str) -> datetime:
    """Read an ISO date or instant as naive UTC; a bare date is its last second.

    Raises:
        UsageError: anything else.
    """
    try:
        if len(text.strip()) == len("2026-10-09"):
            day = date.fromisoformat(text.strip())
            return datetime(day.year, day.month, day.day, 23, 59, 59)  # noqa: DTZ001 - naive UTC by contract
        found = datetime.fromisoformat(text.strip())
        # An hour of the first or the last day there is may lie on none in UTC.
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    except (ValueError, OverflowError):
        raise UsageError(
            f"Time {text!r} is not known; write 2026-10-09 or 2026-10-09T08:00:00Z."
        ) from None
