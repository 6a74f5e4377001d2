"""When a notice to a regulator is due.

The rules are data: a law that changes is a changed row, not changed code. Times are naive UTC unless they carry a zone.
None of this is legal advice; each row names its source.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from reportkit.errors import ConfigError, DataError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

DAY = timedelta(days=1)
#: Last minute of a day on which a notice still counts for that day.
END_OF_DAY = time(23, 59, 59)


@dataclass(frozen=True)
class Regime:
    """One clock of one regulator.

    Attributes:
        id: stable name, as in the notices of an incident.
        name: what readers call it.
        amount: how many units the clock runs.
        unit: hours run through; business days skip weekends and holidays; months end on the same day of the month.
        start: the event that starts the clock.
        source: where the rule stands.
        zone: time zone in which days are counted.
        closes: time of day at which the last day ends; not used for hours.
        jurisdiction: whose holidays count, an ISO country or country-subdivision; used for business days only.
        note: what the row leaves out.
    """

    id: str
    name: str
    amount: int
    unit: Literal["hours", "business days", "months"]
    start: str
    source: str
    zone: str = "UTC"
    closes: time = END_OF_DAY
    jurisdiction: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise ConfigError(
                f"Clock {self.id!r} runs {self.amount} {self.unit}; give a number above 0."
            )
        if self.unit not in {"hours", "business days", "months"}:
            raise ConfigError(
                f"Clock {self.id!r} has unit {self.unit!r}; choose hours, business days or months."
            )


_DORA = "Regulation (EU) 2022/2554 (DORA) Art. 19(4) and its technical standard on time limits"
_DORA_NOTE = "The standard lets many entities send at noon of the next working day when the limit falls on a day off."
_NIS2 = "Directive (EU) 2022/2555 (NIS2) Art. 23(4)"
_NIS2_NOTE = "A directive: the national law may be stricter."
_BRUSSELS = "Europe/Brussels"

REGIMES: tuple[Regime, ...] = (
    Regime(
        "sec-8k", "SEC Form 8-K, Item 1.05", 4, "business days", "materiality determined",
        "Form 8-K, Item 1.05 and General Instruction B.1; Regulation S-T Rule 13(a)(2)",
        zone="America/New_York", closes=time(17, 30), jurisdiction="US",
        note="Days on which the Commission closes by order are given by the user; delay by the Attorney General is not counted.",
    ),
    Regime("dora-4h", "DORA initial notification", 4, "hours", "classified as major", _DORA, note=_DORA_NOTE),
    Regime("dora-24h", "DORA initial notification, latest", 24, "hours", "aware of the incident", _DORA, note=_DORA_NOTE),
    Regime("dora-72h", "DORA intermediate report", 72, "hours", "initial notification sent", _DORA, note=_DORA_NOTE),
    Regime(
        "dora-1m", "DORA final report", 1, "months", "latest intermediate report sent", _DORA,
        zone=_BRUSSELS, note=_DORA_NOTE,
    ),
    Regime("nis2-24h", "NIS2 early warning", 24, "hours", "aware of the incident", _NIS2, note=_NIS2_NOTE),
    Regime("nis2-72h", "NIS2 incident notification", 72, "hours", "aware of the incident", _NIS2, note=_NIS2_NOTE),
    Regime(
        "nis2-1m", "NIS2 final report", 1, "months", "incident notification sent", _NIS2,
        zone=_BRUSSELS, note=_NIS2_NOTE,
    ),
    Regime(
        "nydfs-72h", "NYDFS notice of a cybersecurity incident", 72, "hours", "incident determined",
        "23 NYCRR 500.17(a)(1)",
    ),
)  # fmt: skip


def regime(name: str) -> Regime:
    """Give a clock by its id.

    Raises:
        DataError: unknown id; the message holds the nearest known one.
    """
    for known in REGIMES:
        if known.id == name:
            return known
    raise DataError(
        f"Regime {name!r} is not known; {nearest(name, (known.id for known in REGIMES))}"
    )


def due(rule: Regime, start: datetime, closed: Collection[date] = ()) -> datetime:
    """Give the last moment at which a notice is on time.

    Args:
        rule: the clock.
        start: when its start event happened; naive is UTC.
        closed: further days that are no business days, such as a closing by order.

    Returns:
        The moment in UTC, naive when ``start`` is naive.
    """
    begun = start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)
    if rule.unit == "hours":
        end = begun + timedelta(hours=rule.amount)
    else:
        zone = ZoneInfo(rule.zone)
        day = begun.astimezone(zone).date()
        if rule.unit == "months":
            last = months_later(day, rule.amount)
        else:
            last = business_day_due(day, rule.amount, rule.jurisdiction, closed)
        end = datetime.combine(last, rule.closes, zone).astimezone(UTC)
    return end.replace(tzinfo=None) if start.tzinfo is None else end


def business_day_due(
    start: date, days: int = 4, jurisdiction: str = "US", closed: Collection[date] = ()
) -> date:
    """Give the day on which a number of business days after ``start`` ends.

    A start on a day off counts as if the period began with the next business day, which is then its first day.

    Args:
        start: day of the event; it is not counted.
        days: business days, 1 or more.
        jurisdiction: whose weekends and holidays count, an ISO country or country-subdivision.
        closed: further days that are no business days.

    Raises:
        DataError: fewer than 1 day.
        ConfigError: a jurisdiction without a known calendar.
    """
    if days < 1:
        raise DataError(f"A clock of {days} business days is not allowed; give 1 or more.")
    working = _calendar(jurisdiction)
    day = start
    while days:
        day += DAY
        if working(day) and day not in closed:
            days -= 1
    return day


def months_later(start: date, months: int) -> date:
    """Give the same day of a later month, or its last day where that month is shorter.

    Source:
        Regulation (EEC, Euratom) 1182/71 Art. 3(2)(c).
    """
    index = start.year * 12 + start.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


@cache
def _calendar(jurisdiction: str) -> Callable[[date], bool]:
    import holidays

    country, _, part = jurisdiction.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError:
        raise ConfigError(
            f"Jurisdiction {jurisdiction!r} has no holiday calendar; "
            "give an ISO country code such as US, or one with a part such as US-NY."
        ) from None
    working: Callable[[date], bool] = found.is_working_day
    return working
