"""Which runs fall into a span of time, and which period each one reports on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from reportkit import recurrence
from reportkit.distribution import Schedule
from reportkit.errors import ConfigError
from reportkit.period import FiscalCalendar, Period, instant
from reportkit.schedule.workdays import works

#: How far ahead coming runs are looked for.
HORIZON = timedelta(days=800)


@dataclass(frozen=True, order=True)
class Occurrence:
    """One coming or past due time.

    Attributes:
        scheduled_at: naive UTC instant; the period follows from it, however late the run begins.
        report: name of the report.
        period: what it reports on.
        cut_off: naive UTC instant after which what is recorded does not count; None for none.
        units: of the schedule.
        zone: in which it was written.
        board: day of the meeting it is for.
    """

    scheduled_at: datetime
    report: str
    period: Period
    cut_off: datetime | None = None
    units: tuple[str, ...] = ()
    zone: str = "UTC"
    board: date | None = None

    @property
    def local(self) -> datetime:
        """The due time on the clock of its zone."""
        return self.scheduled_at.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone))


def between(
    schedules: Iterable[Schedule], calendar: FiscalCalendar, after: datetime, until: datetime
) -> list[Occurrence]:
    """Give all due times later than one instant and not later than another, in order.

    Args:
        schedules: of the configuration.
        calendar: of the organisation.
        after: naive UTC instant.
        until: naive UTC instant.

    Raises:
        ConfigError: a schedule cannot be followed.
    """
    found = [one for schedule in schedules for one in _of(schedule, calendar, after, until)]
    return sorted(found, key=lambda one: (one.scheduled_at, one.report, one.period.start))


def upcoming(
    schedules: Iterable[Schedule], calendar: FiscalCalendar, now: datetime, count: int
) -> list[Occurrence]:
    """Give the next due times after an instant."""
    return list(islice(between(schedules, calendar, now, now + HORIZON), count))


def _of(
    schedule: Schedule, calendar: FiscalCalendar, after: datetime, until: datetime
) -> Iterator[Occurrence]:
    zone = schedule.zone or calendar.timezone
    working = works(schedule.holidays, [_day(text, schedule) for text in schedule.closed])
    cut = recurrence.parse(schedule.cut_off) if schedule.cut_off else None
    for at, period, board in _times(schedule, calendar, (after, until), zone, working):
        if not after < at <= until:
            continue
        if calendar.day(at) <= period.end:
            raise ConfigError(f"[[schedule]] of {schedule.report}: {schedule.when!r} falls into {period.key}, which is not over then.")  # fmt: skip
        closing = cut.at(period, working, zone) if cut else None
        if closing is not None and closing > at:
            raise ConfigError(f"[[schedule]] of {schedule.report}: the cut-off for {period.key} comes after the run.")  # fmt: skip
        yield Occurrence(at, schedule.report, period, closing, schedule.units, zone, board)


def _times(
    schedule: Schedule,
    calendar: FiscalCalendar,
    span: tuple[datetime, datetime],
    zone: str,
    working: recurrence.Works,
) -> Iterator[tuple[datetime, Period, date | None]]:
    if schedule.when is not None:
        rule = recurrence.parse(schedule.when)
        # No due time lies further from its period than this, holidays included.
        slack = timedelta(days=abs(rule.nth) * 7 + 40)
        for period in calendar.between((span[0] - slack).date(), span[1].date(), rule.kind):
            yield rule.at(period, working, zone), period, None
        return
    count, what = recurrence.lead(schedule.lead or "")
    for text in schedule.board:
        meeting = _day(text, schedule)
        day = recurrence.before(meeting, count, what, working)
        try:
            at = instant(day, recurrence.clock(schedule.at), zone)
        except ValueError as error:
            raise ConfigError(f"[[schedule]] of {schedule.report}: at = {error}.") from None
        yield at, calendar.latest_closed(day), meeting


def _day(text: str, schedule: Schedule) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"[[schedule]] of {schedule.report}: {text!r} is not a day; write it as 2026-11-18.") from None  # fmt: skip
