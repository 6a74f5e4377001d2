"""The time frame of the fictional company: eight quarters, days named relative to them, and streams of chance.

Everything in the catalogue is dated as ``quarter+day``: ``3+17`` is the 17th day (counted from 0) of the fourth of the
eight quarters, ``-1+10`` lies before the first one, ``8+40`` after the last. So the whole story moves with the quarter
it ends in.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from reportkit.errors import UsageError
from reportkit.period import DAY, FiscalCalendar, Period

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

QUARTERS = 8
LAST = QUARTERS - 1
#: The quarter in which everything went wrong, counted from the oldest.
BAD = 3
#: The quarter without deliveries of the log platform.
GAP = 4
#: The quarter in which the acquired subsidiary joined.
JOINED = 5
_DAY = re.compile(r"(-?\d+)\+(\d+)")
#: Last day of the story as it was written; real dates of the catalogue move with the distance to it.
WRITTEN = date(2026, 9, 30)


@dataclass(frozen=True)
class Scene:
    """When the story happens, and from which seed.

    Attributes:
        until: the last of the eight quarters.
        seed: the only source of chance.
        calendar: the organisation's calendar.
    """

    until: Period
    seed: int
    calendar: FiscalCalendar

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """The eight quarters, oldest first."""
        return tuple(self.calendar.trailing(self.until, QUARTERS))

    @cached_property
    def ends(self) -> tuple[date, ...]:
        """Last days of the eight quarters."""
        return tuple(period.end for period in self.periods)

    @cached_property
    def end_days(self) -> npt.NDArray[np.datetime64]:
        """Last days of the eight quarters, as an array of days."""
        import numpy as np

        return np.array(self.ends, dtype="datetime64[D]")

    def period(self, index: int) -> Period:
        """Give a quarter by its distance from the oldest one; negative ones lie before the story."""
        return self.calendar.previous(self.until, LAST - index)

    def day(self, text: str) -> date:
        """Read a day of the catalogue, for example ``3+17``; days past a quarter's end give its last day.

        Raises:
            UsageError: not of that form.
        """
        match = _DAY.fullmatch(text.strip())
        if match is None:
            raise UsageError(f"Day {text!r} is not known; write a quarter and a day as 3+17.")
        period = self.period(int(match[1]))
        return min(period.start + timedelta(days=int(match[2])), period.end)

    def optional(self, text: str) -> date | None:
        """Read a day of the catalogue, or nothing from an empty cell."""
        return self.day(text) if text.strip() else None

    def workday(self, text: str) -> date:
        """Read a day of the catalogue and give the working day on or before it, within the same quarter."""
        day = self.day(text)
        first = self.calendar.containing(day).start
        while day.weekday() > 4 and day > first:
            day -= DAY
        while day.weekday() > 4:
            day += DAY
        return day

    def index(self, day: date) -> int:
        """Give the quarter in which a day becomes known: 0 for everything before the story."""
        for index, end in enumerate(self.ends):
            if day <= end:
                return index
        return QUARTERS

    def moved(self, day: date) -> date:
        """Give a real day of the catalogue, moved with the story."""
        return day + (self.until.end - WRITTEN)

    def at(self, day: date, hours: float) -> datetime:
        """Give the instant some hours after a day begins, to the minute."""
        return datetime.combine(day, time()) + timedelta(minutes=round(hours * 60))

    def rng(self, name: str) -> np.random.Generator:
        """Give the stream of chance of one part; another part never moves it."""
        import numpy as np

        digest = hashlib.sha256(f"{self.seed}:{name}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:16], "big"))
