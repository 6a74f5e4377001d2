"""On which days people work: weekends and public holidays of a country, one of its parts, or an exchange."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from reportkit.errors import ConfigError, nearest
from reportkit.recurrence import Works

if TYPE_CHECKING:
    import holidays


def works(code: str = "", closed: Collection[date] = ()) -> Works:
    """Give what says whether people work on a day.

    Args:
        code: ``DE``, ``DE-BE`` or ``XECB``; weekends only when empty.
        closed: further days on which nobody works.

    Raises:
        ConfigError: such a calendar is not known.
    """
    kept = frozenset(closed)
    if not code:
        return lambda day: day.weekday() < 5 and day not in kept
    known = _calendar(code.upper())
    return lambda day: day.weekday() not in known.weekend and day not in kept and day not in known


@lru_cache(maxsize=8)
def _calendar(code: str) -> holidays.HolidayBase:
    import holidays

    country, _, part = code.partition("-")
    supported = holidays.list_supported_countries(include_aliases=True)
    if country in supported:
        if part and part not in {name.upper() for name in supported[country]}:
            raise ConfigError(f"Holidays {code!r}: {country} has no part {part!r}; {nearest(part, supported[country])}")  # fmt: skip
        names = {name.upper(): name for name in supported[country]}
        found: holidays.HolidayBase = holidays.country_holidays(country, subdiv=names.get(part))
        return found
    exchanges = holidays.list_supported_financial(include_aliases=True)
    if code in exchanges:
        market: holidays.HolidayBase = holidays.financial_holidays(code)
        return market
    raise ConfigError(
        f"Holidays {code!r} are not known; write a country as DE, a part of one as DE-BE or an exchange as XECB."
    )
