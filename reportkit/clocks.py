"""When a notice to a regulator is due.

The rules are data with days from which they hold, in ``clocks.toml``: a law that changes is a new row, not changed code. Times are naive UTC unless they carry a zone.
None of this is legal advice; each row names its source.
"""

from __future__ import annotations

import calendar
import tomllib
from collections.abc import Collection
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from reportkit import resources
from reportkit.errors import ConfigError, DataError, from_os, nearest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
        valid_from: first day on which the rule is in force.
        verified: read in the law itself; else known from secondary sources only.
        enabled: in use.
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
    valid_from: date = date.min
    verified: bool = True
    enabled: bool = True

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise ConfigError(
                f"Clock {self.id!r} runs {self.amount} {self.unit}; give a number above 0."
            )
        if self.unit not in {"hours", "business days", "months"}:
            raise ConfigError(
                f"Clock {self.id!r} has unit {self.unit!r}; choose hours, business days or months."
            )


#: The file in which the rules stand: in the package, and in a workspace that changes them.
FILE = "clocks.toml"


@cache
def shipped() -> tuple[Regime, ...]:
    """Give the clocks that came with the package."""
    return _parse(resources.templates() / FILE)


def read(workspace: Path) -> tuple[Regime, ...]:
    """Give the clocks of a workspace: those that came with the package, and what its own file changes or adds.

    Raises:
        ConfigError: its file cannot be understood.
    """
    path = workspace / FILE
    own = _parse(path) if path.exists() else ()
    replaced = {(rule.id, rule.valid_from) for rule in own}
    return (*(rule for rule in shipped() if (rule.id, rule.valid_from) not in replaced), *own)


def _parse(path: Path) -> tuple[Regime, ...]:
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
    except OSError as error:
        raise from_os(error, f"Reading {path}") from error
    known = {item.name for item in fields(Regime)}
    needed = {item.name for item in fields(Regime) if item.default is MISSING}
    rules = []
    for row in said.get("clock", ()):
        name = row.get("id", "without an id")
        if wrong := sorted(row.keys() - known):
            raise ConfigError(f"{path}: clock {name!r} has unknown key {wrong[0]!r}; {nearest(wrong[0], known)}")  # fmt: skip
        if gone := sorted(needed - row.keys()):
            raise ConfigError(f"{path}: clock {name!r} has no {gone[0]!r}; every clock needs {', '.join(sorted(needed))}.")  # fmt: skip
        rules.append(Regime(**row))
    return tuple(rules)


def regime(name: str, day: date | None = None, rules: Collection[Regime] = ()) -> Regime:
    """Give a clock by its id, whatever its case, as it was in force on a day.

    Args:
        name: its id.
        day: the day; the newest version when not given.
        rules: among which; by default those that came with the package.

    Raises:
        DataError: unknown id, none in force on that day, or none that is enabled; the message says which.
    """
    among = rules or shipped()
    versions = [rule for rule in among if rule.id.casefold() == name.strip().casefold()]
    if not versions:
        known = dict.fromkeys(rule.id for rule in among)
        raise DataError(f"Regime {name!r} is not known; {nearest(name, known)}")
    fitting = [
        rule for rule in versions if rule.enabled and (day is None or rule.valid_from <= day)
    ]
    if not fitting:
        first = min(rule.valid_from for rule in versions)
        raise DataError(
            f"Regime {name!r} is switched off." if not any(r.enabled for r in versions) else f"Regime {name!r} is in force from {first} on."
        )  # fmt: skip
    return max(fitting, key=lambda rule: rule.valid_from)


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
