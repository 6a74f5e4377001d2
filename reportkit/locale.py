"""How numbers, dates and money are written; text, tables and charts use the same rules.

``en`` is the house's own way. Every other one is made from Babel's copy of the Unicode locale data, and only when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from math import isnan
from numbers import Integral, Real
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
#: Signs of currencies that every reader knows; others stand with their letters.
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}
#: What an amount may be shortened to, largest first.
STEPS = (1e9, 1e6, 1e3)
#: Locales to name to somebody who wrote one that there is not.
_USUAL = (
    "en",
    "en-US",
    "de",
    "de-DE",
    "de-AT",
    "de-CH",
    "fr",
    "fr-FR",
    "fr-CH",
    "it-IT",
    "es-ES",
    "nl-NL",
    "pt-PT",
    "pl-PL",
    "sv-SE",
    "da-DK",
)
#: Other names of some locales.
_ALIASES = {"en-gb": "en", "ch": "de-CH"}


@dataclass(frozen=True, kw_only=True)
class Locale:
    """One way to write numbers and days.

    Attributes:
        name: what a configuration calls it.
        decimal: the decimal sign.
        thousands: what stands between groups of digits.
        grouping: digits of the last group, and of those before it.
        months, short_months: names of months, January first.
        days, short_days: names of weekdays, Sunday first.
        day_pattern, long_pattern: a day with ``{d}``, ``{dd}``, ``{m}``, ``{mm}``, ``{short}``, ``{month}`` and ``{y}`` filled in.
        percent_gap: what stands between a number and its percent sign.
        leads: whether the sign of a currency stands before the amount.
        gap: what stands between the amount and a sign behind it, or between a sign of letters and the amount.
        units: what amounts of a thousand million, a million and a thousand end with; empty where they are written out.
        symbols: signs of currencies, where they are others than :data:`SYMBOLS`.
    """

    name: str
    decimal: str
    thousands: str
    grouping: tuple[int, int] = (3, 3)
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    days: tuple[str, ...]
    short_days: tuple[str, ...]
    day_pattern: str
    long_pattern: str
    percent_gap: str = NARROW
    leads: bool = True
    gap: str = HARD
    units: tuple[str, str, str] = ("bn", "m", "k")
    symbols: tuple[tuple[str, str], ...] = ()

    def number(
        self, value: float | None, digits: int = 0, *, sign: bool = False, missing: str = "–"
    ) -> str:
        """Write a number with a fixed count of decimals; ``sign`` also writes the plus."""
        if value is None or isnan(value):
            return missing
        text = self._grouped(f"{abs(value):.{digits}f}")
        if not any(c in "123456789" for c in text):
            return text
        return (MINUS if value < 0 else "+" if sign else "") + text

    def general(self, value: float | None, digits: int = 6, *, missing: str = "–") -> str:
        """Write a number with so many significant digits and no zeros behind them: 0.05, 12, 1,250."""
        if value is None or isnan(value):
            return missing
        short = f"{abs(value):.{digits}g}"
        if "e" in short:
            short = f"{float(short):f}".rstrip("0").rstrip(".")
        return (MINUS if value < 0 else "") + self._grouped(short)

    def _grouped(self, text: str) -> str:
        whole, _, rest = text.partition(".")
        last, before = self.grouping
        parts = [whole[-last:]]
        whole = whole[:-last]
        while whole:
            parts.insert(0, whole[-before:])
            whole = whole[:-before]
        return self.thousands.join(parts) + (self.decimal + rest if rest else "")

    def percent(
        self,
        value: float | None,
        digits: int | None = 1,
        *,
        sign: bool = False,
        missing: str = "–",
    ) -> str:
        """Write a percent value that runs from 0 to 100; without a number of digits, with those that it has."""
        if digits is None and value is not None and not isnan(value):
            text = self.general(value)
        else:
            text = self.number(value, digits or 0, sign=sign, missing=missing)
        return text if text == missing else f"{text}{self.percent_gap}%"

    def money(
        self, value: float | None, currency: str = "EUR", *, sign: bool = False, missing: str = "–"
    ) -> str:
        """Write an amount to two or three significant digits: ``€1.4m``, ``€640k``, ``CHF 12bn``."""
        if value is None or isnan(value):
            return missing
        place = next((i for i, step in enumerate(STEPS) if abs(value) >= step * 0.9995), None)
        unit = "" if place is None else self.units[place]
        scaled = abs(value) / (1.0 if place is None else STEPS[place])
        digits = 1 if place is not None and scaled < 9.95 else 0
        shown = round(scaled, digits)
        if place is not None and not unit:
            # Written out, and yet not to more digits than those that mean something.
            amount = self.number(shown * STEPS[place])
        else:
            amount = self.number(shown, digits) + unit
        mark = MINUS if value < 0 and shown else "+" if sign and value > 0 else ""
        return self.priced(amount, currency, mark)

    def priced(self, amount: str, currency: str, mark: str = "") -> str:
        """Put the sign of a currency where it belongs."""
        before, after = self.around(currency)
        return f"{mark}{before}{amount}{after}"

    def around(self, currency: str) -> tuple[str, str]:
        """Give what stands before and behind an amount of money."""
        symbol = dict(self.symbols).get(currency) or SYMBOLS.get(currency, currency)
        if not self.leads:
            return "", f"{self.gap}{symbol}"
        return (f"{symbol}{HARD}" if symbol[-1].isalpha() or self.gap != HARD else symbol), ""

    def day(self, value: date | None, missing: str = "–") -> str:
        """Write a day in short: ``30 Sep 2026``."""
        return missing if value is None else self._day(value, self.day_pattern)

    def long_day(self, value: date | None, missing: str = "–") -> str:
        """Write a day with the full month: ``30 September 2026``."""
        return missing if value is None else self._day(value, self.long_pattern)

    def _day(self, value: date, pattern: str) -> str:
        return pattern.format(
            d=value.day,
            dd=f"{value.day:02}",
            m=value.month,
            mm=f"{value.month:02}",
            short=self.short_months[value.month - 1],
            month=self.months[value.month - 1],
            y=value.year,
        )

    def vega_number(self, currency: str = "EUR") -> dict[str, Any]:
        """Give the format locale that Vega (d3-format) takes, so that axes agree with the text."""
        return {
            "decimal": self.decimal,
            "thousands": self.thousands,
            "grouping": [self.grouping[0]] if len(set(self.grouping)) == 1 else [self.grouping[0], *[self.grouping[1]] * 6],
            "currency": list(self.around(currency)),
            "minus": MINUS,
            "percent": f"{self.percent_gap}%",
            "nan": "–",
        }  # fmt: skip

    def vega_time(self) -> dict[str, Any]:
        """Give the time locale that Vega (d3-time-format) takes."""
        names = {"d": "%-d", "dd": "%d", "m": "%-m", "mm": "%m", "short": "%b", "month": "%B", "y": "%Y"}  # fmt: skip
        day = self.day_pattern.format(**names)
        return {
            "dateTime": f"{day} %H:%M",
            "date": day,
            "time": "%H:%M",
            "periods": ["am", "pm"],
            "days": list(self.days),
            "shortDays": list(self.short_days),
            "months": list(self.months),
            "shortMonths": list(self.short_months),
        }

    def money_label(self, currency: str) -> str:
        """Give the Vega expression that writes an axis of money as the text does: €500k, €2m, €1.5bn."""
        before, after = (_quoted(part) for part in self.around(currency))
        size = "abs(datum.value)"
        label = f"format({size}, ',~r')"
        for step, unit in reversed(list(zip(STEPS, self.units, strict=True))):
            if unit:
                label = f"({size} >= {step:g} ? format({size} / {step:g}, ',~g') + {_quoted(unit)} : {label})"
        return f"(datum.value < 0 ? '{MINUS}' : '') + {before} + {label} + {after}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


EN = Locale(
    name="en",
    decimal=".",
    thousands=",",
    months=_ENGLISH_MONTHS,
    short_months=tuple(month[:3] for month in _ENGLISH_MONTHS),
    days=_ENGLISH_DAYS,
    short_days=tuple(day[:3] for day in _ENGLISH_DAYS),
    day_pattern="{d} {short} {y}",
    long_pattern="{d} {month} {y}",
)


@lru_cache(maxsize=16)
def get(name: str = "en") -> Locale:
    """Give the locale of a name such as ``en``, ``de-DE`` or ``fr``.

    Raises:
        ConfigError: no such locale.
    """
    wanted = _ALIASES.get(name.strip().replace("_", "-").lower(), name.strip().replace("_", "-"))
    if wanted.lower() == EN.name:
        return EN
    from babel import Locale as Data
    from babel import UnknownLocaleError

    try:
        data = Data.parse(wanted, sep="-")
    except (UnknownLocaleError, ValueError):
        raise ConfigError(f"locale {name!r} is not known; {nearest(wanted, _USUAL)}") from None
    return _of(str(data).replace("_", "-"), data)


def _of(name: str, data: Any) -> Locale:
    """Take from Babel's data what a report writes."""
    signs = data.number_symbols.get("latn") or next(iter(data.number_symbols.values()))
    months, days = data.months["format"], data.days["format"]
    order = (6, 0, 1, 2, 3, 4, 5)
    money = data.currency_formats["standard"].pattern.split(";")[0]
    short = data.compact_currency_formats["short"]["other"]
    leads = money.index("¤") < money.index("0")
    between = money[money.index("¤") + 1 : money.index("#")] if leads else money[money.rindex("0") + 1 : money.index("¤")]  # fmt: skip
    units = [_unit(short[str(int(step))].pattern) for step in STEPS]
    from babel.numbers import get_currency_symbol

    symbols = ((code, get_currency_symbol(code, data)) for code in (*SYMBOLS, "CHF", "JPY", "CAD", "AUD"))  # fmt: skip
    percent = data.percent_formats[None].pattern
    return Locale(
        name=name,
        decimal=signs["decimal"],
        thousands=signs["group"],
        grouping=tuple(data.decimal_formats[None].grouping),
        months=tuple(months["wide"][n] for n in range(1, 13)),
        short_months=tuple(months["abbreviated"][n] for n in range(1, 13)),
        days=tuple(days["wide"][n] for n in order),
        short_days=tuple(days["abbreviated"][n] for n in order),
        day_pattern=_pattern(data.date_formats["medium"].pattern),
        long_pattern=_pattern(data.date_formats["long"].pattern),
        percent_gap=percent[percent.rindex("0") + 1 : percent.index("%")] if percent.index("%") > percent.rindex("0") else NARROW,
        leads=leads,
        gap=_hard(between) if not leads else " " if between else HARD,
        units=(units[0], units[1], units[2]),
        symbols=tuple(symbols),
    )  # fmt: skip


def _unit(pattern: str) -> str:
    """Give what an amount of this size ends with, from a pattern such as ``0 Mio'.' ¤``.

    More than one zero counts in other steps than thousands: such an amount is written out.
    """
    if pattern.count("0") != 1:
        return ""
    return _hard(pattern.replace("'", "").replace("¤", "").rpartition("0")[2].rstrip())


def _hard(text: str) -> str:
    return text.replace(" ", HARD)


#: Parts of a Unicode date pattern, longest first, as a report's own patterns name them.
_PARTS = (
    ("yyyy", "{y}"), ("y", "{y}"), ("LLLL", "{month}"), ("MMMM", "{month}"), ("LLL", "{short}"), ("MMM", "{short}"), ("MM", "{mm}"), ("M", "{m}"),
    ("dd", "{dd}"), ("d", "{d}"),
)  # fmt: skip


def _pattern(unicode: str) -> str:
    made, rest, quoted = "", unicode, False
    while rest:
        if rest[0] == "'":
            quoted, rest = not quoted, rest[1:]
            continue
        part = next((p for p in _PARTS if not quoted and rest.startswith(p[0])), None)
        made += part[1] if part else rest[0].replace("{", "").replace("}", "")
        rest = rest[len(part[0]) if part else 1 :]
    return made


# ---- how this process writes -----------------------------------------------------------------------------------------

_HERE = [EN]


def use(name: str) -> Locale:
    """Write as that locale does from now on, in this process: a report is written for one reader at a time.

    Raises:
        ConfigError: no such locale.
    """
    _HERE[0] = get(name)
    return _HERE[0]


def here() -> Locale:
    """Give the locale in which this process writes."""
    return _HERE[0]


def number(value: float | None, digits: int = 0, *, sign: bool = False) -> str:
    """Write a number as this process does."""
    return here().number(value, digits, sign=sign)


def general(value: float | None, digits: int = 6) -> str:
    """Write a number without zeros behind it, as this process does."""
    return here().general(value, digits)


def percent(value: float | None, digits: int | None = 0, *, sign: bool = False) -> str:
    """Write a percent value that runs from 0 to 100, as this process does; it does not break from its sign at the end of a line."""
    return here().percent(value, digits, sign=sign)


def cell(value: Any) -> str:
    """Write what stands in a cell of a frame: numbers without digits that say nothing, days without a midnight, all else as text."""
    if isinstance(value, datetime):
        day, time = here().day(value.date()), f"{value:%H:%M}"
        return day if time == "00:00" else f"{day} {time}"
    if isinstance(value, date):
        return here().day(value)
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, Integral):
        # Years are whole numbers too.
        return number(int(value)) if abs(int(value)) >= 10_000 else str(value)
    if isinstance(value, Real):
        exact = float(value)
        if exact.is_integer():
            return cell(int(exact))
        return general(round(exact, 2) or exact, 6) if abs(exact) >= 1e-4 else f"{exact:.3g}"
    return str(value)


def plural(n: int, one: str, many: str = "", *, write: Callable[[float], str] = number) -> str:
    """Write a count with its noun: 1 risk, 2 risks."""
    return f"{write(n)} {one if n == 1 else many or one + 's'}"
