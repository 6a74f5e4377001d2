"""Numbers, shares, amounts and days that a report wrote as text, read back: a spreadsheet counts with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from reportkit.locale import HARD, MINUS, NARROW, SYMBOLS, Locale

_STEPS = {"k": (1e3, ","), "m": (1e6, ",,"), "bn": (1e9, ",,,")}
_UNITS = ("d", "h", "pts", "pt")
_BLANKS = str.maketrans({NARROW: " ", HARD: " ", "\N{FIGURE SPACE}": " "})


@dataclass(frozen=True)
class Numeral:
    """A number and the spreadsheet format under which it reads as it was written.

    Attributes:
        value: shares are fractions of one, amounts are whole (``€1.4m`` is 1,400,000); a day is a date.
        format: of the cell.
    """

    value: float | date
    format: str


def read(text: str, locale: Locale) -> Numeral | None:
    """Read a text that is nothing but a number with its unit, or a day; None for any other.

    What has leading zeros or a row of digits without any grouping beside letters is a name and stays text.
    """
    plain = text.strip().translate(_BLANKS).replace(MINUS, "-").replace("\N{EN DASH}", "-")
    if not plain or not any(char.isdigit() for char in plain):
        return None
    return _day(plain, locale) or _number(plain, locale)


def _number(plain: str, locale: Locale) -> Numeral | None:
    group = locale.thousands.translate(_BLANKS)
    amount = rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+|\d+"
    currency = "|".join(map(re.escape, SYMBOLS.values()))
    steps, units = "|".join(_STEPS), "|".join(_UNITS)
    pattern = (
        rf"(?P<sign>[+-]?)(?:(?P<money>{currency}|[A-Z]{{3}} ))?(?P<whole>{amount})(?:{re.escape(locale.decimal)}(?P<part>\d+))?"
        rf"(?:(?P<step>{steps})\b|(?P<share> ?%)| (?P<unit>{units}))?"
    )
    found = re.fullmatch(pattern, plain)
    if found is None:
        return None
    whole, part = found["whole"].replace(group, ""), found["part"] or ""
    if (len(whole) > 1 and whole.startswith("0")) or len(whole) + len(part) > 15:
        return None
    if found["step"] and not found["money"]:
        return None
    value = float(f"{whole}.{part or 0}") * (-1 if found["sign"] == "-" else 1)
    digits = f".{'0' * len(part)}" if part else ""
    shape = f"#,##0{digits}" if group in found["whole"] or found["money"] else f"0{digits}"
    if found["share"]:
        # Divided as text: 12.3 / 100 is not the fraction that was meant.
        return Numeral(float(f"{value!r}e-2"), _signed(f"0{digits}%", found["sign"]))
    if found["money"]:
        size, scale = _STEPS.get(found["step"] or "", (1.0, ""))
        end = f'"{found["step"]}"' if found["step"] else ""
        shape = f'"{found["money"]}"#,##0{digits}{scale}{end}'
        return Numeral(round(value * size, 2), _signed(shape, found["sign"]))
    if found["unit"]:
        return Numeral(value, _signed(f'{shape}" {found["unit"]}"', found["sign"]))
    return Numeral(value, _signed(shape, found["sign"]))


def _signed(shape: str, sign: str) -> str:
    """Keep the plus that was written."""
    return f"+{shape};-{shape};{shape}" if sign == "+" else shape


def _day(plain: str, locale: Locale) -> Numeral | None:
    found = re.fullmatch(r"(\d{1,2})\.? ([^\W\d]+)\.? (\d{4})", plain)
    if found is None:
        return None
    for number, month in enumerate(locale.months, 1):
        if found[2] in {month, month[:3]}:
            try:
                return Numeral(date(int(found[3]), number, int(found[1])), "d mmm yyyy")
            except ValueError:
                return None
    return None
