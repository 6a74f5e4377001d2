"""Periods and the fiscal calendar: the only place that knows when a quarter begins and ends."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from reportkit.errors import UsageError

_FORM = re.compile(r"(?:FY)?(\d{4})-?Q([1-4])", re.IGNORECASE)
DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Period:
    """One fiscal quarter: its name, its first and its last day.

    Attributes:
        year: fiscal year the quarter belongs to.
        quarter: 1 to 4.
        start: first day.
        end: last day; figures are as of the end of this day.
    """

    year: int
    quarter: int
    start: date
    end: date

    @property
    def key(self) -> str:
        """The name used in commands, folders and the ledger: ``2026-Q3``."""
        return f"{self.year}-Q{self.quarter}"

    @property
    def label(self) -> str:
        """The name printed for readers: ``Q3 2026``."""
        return f"Q{self.quarter} {self.year}"

    @property
    def days(self) -> int:
        """Number of days from first to last, both counted."""
        return (self.end - self.start).days + 1

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def __str__(self) -> str:
        return self.key


@dataclass(frozen=True)
class FiscalCalendar:
    """Quarters of an organisation whose fiscal year starts on the first day of a month.

    Args:
        start_month: 1 to 12; 1 is the calendar year.
        timezone: IANA name; decides on which day an instant falls.

    A fiscal year is named after the calendar year in which it ends.
    """

    start_month: int = 1
    timezone: str = "UTC"

    def period(self, year: int, quarter: int) -> Period:
        """Give quarter 1 to 4 of a fiscal year."""
        first_year = year if self.start_month == 1 else year - 1
        months = self.start_month - 1 + 3 * (quarter - 1)
        start = date(first_year + months // 12, months % 12 + 1, 1)
        last = months + 2
        end_year, end_month = first_year + last // 12, last % 12 + 1
        end = date(end_year, end_month, calendar.monthrange(end_year, end_month)[1])
        return Period(year, quarter, start, end)

    def parse(self, text: str) -> Period:
        """Read ``2026-Q3`` (also ``2026Q3``, ``FY2026-Q3``).

        Raises:
            UsageError: any other form.
        """
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise UsageError(f"Period {text!r} is not known; write a quarter as 2026-Q3.")
        return self.period(int(match[1]), int(match[2]))

    def containing(self, day: date) -> Period:
        """Give the quarter a day falls in."""
        year = day.year if self.start_month == 1 or day.month < self.start_month else day.year + 1
        return self.period(year, (day.month - self.start_month) % 12 // 3 + 1)

    def previous(self, period: Period, count: int = 1) -> Period:
        """Give the quarter ``count`` quarters earlier (negative: later)."""
        index = period.year * 4 + period.quarter - 1 - count
        return self.period(index // 4, index % 4 + 1)

    def year_ago(self, period: Period) -> Period:
        """Give the same quarter one fiscal year earlier."""
        return self.previous(period, 4)

    def trailing(self, period: Period, count: int) -> list[Period]:
        """Give ``count`` quarters that end with this one, oldest first."""
        return [self.previous(period, back) for back in range(count - 1, -1, -1)]

    def latest_closed(self, today: date) -> Period:
        """Give the last quarter that has ended before ``today``."""
        return self.previous(self.containing(today))

    def day(self, instant: datetime) -> date:
        """Give the organisation's day for an instant (naive instants are UTC)."""
        aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return aware.astimezone(ZoneInfo(self.timezone)).date()

    def end_of_day(self, day: date) -> datetime:
        """Give the last microsecond of the organisation's day as naive UTC."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.timezone)) + DAY
        return (midnight.astimezone(UTC) - timedelta(microseconds=1)).replace(tzinfo=None)


def parse_instant(text: str) -> datetime:
    """Read an ISO date or instant as naive UTC; a bare date is its last second.

    Raises:
        UsageError: anything else.
    """
    try:
        if len(text.strip()) == len("2026-10-09"):
            day = date.fromisoformat(text.strip())
            return datetime(day.year, day.month, day.day, 23, 59, 59)  # noqa: DTZ001 - naive UTC by contract
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"Time {text!r} is not known; write 2026-10-09 or 2026-10-09T08:00:00Z."
        ) from None
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant
