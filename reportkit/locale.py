"""How numbers, dates and money are written; text, tables and charts use the same rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import isnan
from typing import Any

from reportkit.errors import ConfigError, nearest

MINUS = "\N{MINUS SIGN}"
NARROW = "\N{NARROW NO-BREAK SPACE}"
HARD = "\N{NO-BREAK SPACE}"
_ENGLISH_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_ENGLISH_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_GERMAN_MONTHS = (
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
)
_GERMAN_DAYS = ("Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag")
#: Signs of currencies that every reader knows; others stand with their letters.
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}
_STEPS = ((1e9, "bn"), (1e6, "m"), (1e3, "k"))


@dataclass(frozen=True, kw_only=True)
class Locale:
    """One way to write numbers and days.

    Attributes:
        name: what a configuration calls it.
        decimal: the decimal sign.
        thousands: what stands between groups of three digits.
        months: full month names, January first.
        days: full names of weekdays, Sunday first.
        day_pattern: a day with ``{d}``, ``{m}``, ``{month}`` and ``{y}`` filled in.
    """

    name: str
    decimal: str
    thousands: str
    months: tuple[str, ...]
    days: tuple[str, ...]
    day_pattern: str

    def number(
        self, value: float | None, digits: int = 0, *, sign: bool = False, missing: str = "–"
    ) -> str:
        """Write a number with a fixed count of decimals; ``sign`` also writes the plus."""
        if value is None or isnan(value):
            return missing
        text = f"{abs(value):,.{digits}f}"
        text = text.translate({ord(","): self.thousands, ord("."): self.decimal})
        if not any(c in "123456789" for c in text):
            return text
        return (MINUS if value < 0 else "+" if sign else "") + text

    def percent(
        self, value: float | None, digits: int = 1, *, sign: bool = False, missing: str = "–"
    ) -> str:
        """Write a percent value that runs from 0 to 100."""
        text = self.number(value, digits, sign=sign, missing=missing)
        return text if text == missing else f"{text}{NARROW}%"

    def money(
        self, value: float | None, currency: str = "EUR", *, sign: bool = False, missing: str = "–"
    ) -> str:
        """Write an amount to two or three significant digits: ``€1.4m``, ``€640k``, ``CHF 12bn``."""
        if value is None or isnan(value):
            return missing
        size, unit = next(
            ((step, word) for step, word in _STEPS if abs(value) >= step * 0.9995), (1.0, "")
        )
        scaled = abs(value) / size
        digits = 1 if unit and scaled < 9.95 else 0
        amount = self.number(scaled, digits) + unit
        mark = (
            MINUS
            if value < 0 and float(f"{scaled:.{digits}f}")
            else "+"
            if sign and value > 0
            else ""
        )
        symbol = SYMBOLS.get(currency)
        return (
            f"{mark}{symbol}{amount}" if symbol else f"{mark}{currency}\N{NO-BREAK SPACE}{amount}"
        )

    def day(self, value: date | None, missing: str = "–") -> str:
        """Write a day as ``30 Sep 2026``."""
        if value is None:
            return missing
        return self.day_pattern.format(
            d=value.day, m=value.month, month=self.months[value.month - 1][:3], y=value.year
        )

    def long_day(self, value: date | None, missing: str = "–") -> str:
        """Write a day with the full month: ``30 September 2026``."""
        if value is None:
            return missing
        return self.day_pattern.format(
            d=value.day, m=value.month, month=self.months[value.month - 1], y=value.year
        )

    def vega_number(self) -> dict[str, Any]:
        """Give the format locale that Vega (d3-format) takes, so that axes agree with the text."""
        return {
            "decimal": self.decimal,
            "thousands": self.thousands,
            "grouping": [3],
            "currency": ["€", ""],
            "minus": MINUS,
            "percent": f"{NARROW}%",
            "nan": "–",
        }

    def vega_time(self) -> dict[str, Any]:
        """Give the time locale that Vega (d3-time-format) takes."""
        return {
            "dateTime": "%-d %b %Y %H:%M",
            "date": "%-d %b %Y",
            "time": "%H:%M",
            "periods": ["am", "pm"],
            "days": list(self.days),
            "shortDays": [day[:3] for day in self.days],
            "months": list(self.months),
            "shortMonths": [month[:3] for month in self.months],
        }


EN = Locale(
    name="en",
    decimal=".",
    thousands=",",
    months=_ENGLISH_MONTHS,
    days=_ENGLISH_DAYS,
    day_pattern="{d} {month} {y}",
)
DE = Locale(
    name="de",
    decimal=",",
    thousands=".",
    months=_GERMAN_MONTHS,
    days=_GERMAN_DAYS,
    day_pattern="{d}. {month} {y}",
)
CH = Locale(
    name="ch",
    decimal=".",
    thousands="’",
    months=_GERMAN_MONTHS,
    days=_GERMAN_DAYS,
    day_pattern="{d}. {month} {y}",
)

_LOCALES = {locale.name: locale for locale in (EN, DE, CH)}


def get(name: str = "en") -> Locale:
    """Give the locale of that name.

    Raises:
        ConfigError: no such locale.
    """
    try:
        return _LOCALES[name.lower()]
    except KeyError:
        raise ConfigError(
            f"locale {name!r} is not known; {nearest(name.lower(), _LOCALES)}"
        ) from None


def plural(n: int, one: str, many: str = "") -> str:
    """Write a count with its noun: 1 risk, 2 risks."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"
