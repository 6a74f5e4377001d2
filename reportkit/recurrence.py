"""Due days in words: ``5th business day after quarter end at 07:00``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

from reportkit.period import DAY, KINDS, WEEKDAYS, Kind, Period, instant

#: Says whether people work on a day.
Works = Callable[[date], bool]

_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_RULE = re.compile(
    rf"(?:(?:on )?(?:the )?(?P<nth>last|{'|'.join(_ORDINALS)}|[1-9]\d{{0,2}}(?:st|nd|rd|th)) "
    rf"(?P<what>business day|working day|day|{'|'.join(WEEKDAYS)}) (?P<how>after|before|of) (?:the )?)?"
    rf"(?P<kind>{'|'.join(KINDS)}|half year)(?P<end> end| ends)? at (?P<clock>\d\d?:\d\d)"
)
_EVERY = re.compile(rf"every (?P<what>{'|'.join(WEEKDAYS)}) at (?P<clock>\d\d?:\d\d)")
_LEAD = re.compile(r"([1-9]\d{0,2}) (business day|working day|day|week)s?(?: before)?")
EXAMPLE = "5th business day after quarter end at 07:00"


@dataclass(frozen=True)
class Rule:
    """A day counted from the end or the beginning of a period, and a time of that day.

    Attributes:
        nth: which one; 0 is the period's last day itself, -1 the last one in it.
        what: business day, day, or a weekday.
        how: after or before the period's end, or within it (``of``).
        kind: of the period that it belongs to.
        clock: wall-clock time.
    """

    nth: int
    what: str
    how: Literal["after", "before", "of"]
    kind: Kind
    clock: time

    def day(self, period: Period, works: Works) -> date:
        """Give the day for a period."""
        if self.nth == 0:
            return period.end
        backwards = self.how == "before" or self.nth < 0
        day = {
            "after": period.end + DAY,
            "before": period.end - DAY,
            "of": period.end if self.nth < 0 else period.start,
        }[self.how]
        left = abs(self.nth)
        while True:
            left -= _counts(day, self.what, works)
            if left == 0:
                return day
            day = day - DAY if backwards else day + DAY

    def at(self, period: Period, works: Works, zone: str) -> datetime:
        """Give the instant for a period as naive UTC."""
        return instant(self.day(period, works), self.clock, zone)


def parse(text: str) -> Rule:
    """Read a rule in words.

    Raises:
        ValueError: any other form.
    """
    given = " ".join(text.lower().split())
    if match := _EVERY.fullmatch(given):
        return Rule(1, match["what"], "after", "week", clock(match["clock"]))
    match = _RULE.fullmatch(given)
    if match is None or (match["how"] in {None, "after", "before"} and not match["end"]):
        raise ValueError(f"{text!r} is not understood; write for example '{EXAMPLE}', 'last business day of month at 18:00' or 'every monday at 07:00'")  # fmt: skip
    kind: Kind = next(k for k in KINDS if k == match["kind"].replace(" ", "-"))
    how: Literal["after", "before", "of"] = "after"
    if match["how"] == "before":
        how = "before"
    elif match["how"] == "of":
        how = "of"
    elif match["nth"] == "last":
        raise ValueError(f"{text!r} has no end; write a number for 'last'")
    what = (match["what"] or "day").replace("working", "business")
    return Rule(_number(match["nth"]), what, how, kind, clock(match["clock"]))


def _number(word: str | None) -> int:
    if word is None:
        return 0
    if word == "last":
        return -1
    return _ORDINALS.get(word) or int(word[:-2])


def clock(text: str) -> time:
    """Read a time such as ``07:00``.

    Raises:
        ValueError: it is none.
    """
    hour, _, minute = text.partition(":")
    if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
        raise ValueError(f"{text!r} is not a time; write for example 07:00")
    return time(int(hour), int(minute))


def lead(text: str) -> tuple[int, str]:
    """Read ``10 business days``: how many, of what.

    Raises:
        ValueError: any other form.
    """
    match = _LEAD.fullmatch(" ".join(text.lower().split()))
    if match is None:
        raise ValueError(f"{text!r} is not understood; write for example '10 business days', '14 days' or '2 weeks'")  # fmt: skip
    count, what = int(match[1]), match[2].replace("working", "business")
    return (7 * count, "day") if what == "week" else (count, what)


def before(day: date, count: int, what: str, works: Works) -> date:
    """Give the day that many days or business days before another."""
    while count:
        day -= DAY
        count -= _counts(day, what, works)
    return day


def _counts(day: date, what: str, works: Works) -> int:
    if what == "business day":
        return int(works(day))
    return int(what == "day" or WEEKDAYS[day.weekday()] == what)
