"""The text of one cell as a value of a column's type, or the words for what is wrong with it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from reportkit.errors import nearest
from reportkit.tables import Column

#: Days outside are slips of the keyboard or a spreadsheet's zero.
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
TRUE = frozenset({"true", "yes", "y", "t", "1"})
FALSE = frozenset({"false", "no", "n", "f", "0"})
_CENT = Decimal("0.01")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_FRACTION = re.compile(r"(\.\d{6})\d+")


class Wrong(ValueError):
    """A cell that does not fit; its text is the end of a sentence that begins with the value."""


def parser(column: Column) -> Callable[[str], Any] | None:
    """Give what turns a trimmed, non-empty text into a column's value; None where the text is the value."""
    if column.type in ("text", "list"):
        return None
    if column.type == "enum":
        return _choice(column)
    if column.type in ("integer", "number"):
        return _number(column)
    return {"date": day, "instant": instant, "money": money, "boolean": truth, "json": _json}[
        column.type
    ]


def day(value: str) -> date:
    """Read a day, taken as written: of an instant with a zone, the day that stands there."""
    try:
        found = date.fromisoformat(value[:10]) if _ISO_DAY.match(value) else None
        if found is not None and len(value) > 10:
            moment(value)
    except ValueError:
        found = None
    if found is None:
        raise Wrong("is not a day such as 2026-09-30")
    if not FIRST_DAY <= found <= LAST_DAY:
        raise Wrong(f"is not a plausible day (years {FIRST_DAY.year} to {LAST_DAY.year})")
    return found


def moment(value: str) -> datetime:
    """Read an ISO instant, with or without zone; digits beyond the microsecond are cut."""
    return datetime.fromisoformat(_FRACTION.sub(r"\1", value))


def instant(value: str) -> datetime:
    """Read an instant as naive UTC; one without a zone counts as UTC, a day as its beginning."""
    try:
        found = moment(value) if _ISO_DAY.match(value) else None
    except ValueError:
        found = None
    if found is None:
        raise Wrong("is not a time such as 2026-09-30T14:05:00Z")
    if not FIRST_DAY <= found.date() <= LAST_DAY:
        raise Wrong(f"is not a plausible time (years {FIRST_DAY.year} to {LAST_DAY.year})")
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def money(value: str) -> Decimal:
    """Read an amount; more than two places are rounded half to even."""
    try:
        amount = Decimal(value)
        if amount.is_finite() and abs(amount) < Decimal(10) ** 16:
            return amount.quantize(_CENT, ROUND_HALF_EVEN)
    except InvalidOperation:
        pass
    raise Wrong("is not an amount such as 1234.50")


def truth(value: str) -> bool:
    """Read true or false, yes or no, 1 or 0."""
    folded = value.casefold()
    if folded in TRUE:
        return True
    if folded in FALSE:
        return False
    raise Wrong("is not true or false")


def _json(value: str) -> str:
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        raise Wrong("is not JSON") from None
    return value


def _choice(column: Column) -> Callable[[str], str]:
    allowed = {word.casefold(): word for word in column.allowed}
    listed = ", ".join(column.allowed)

    def parse(value: str) -> str:
        found = allowed.get(value.casefold())
        if found is None:
            hint = nearest(value.casefold(), column.allowed)
            meant = f" ({hint})" if hint.startswith("did you mean") else ""
            raise Wrong(f"is not one of {listed}{meant}")
        return found

    return parse


def _number(column: Column) -> Callable[[str], float | int]:
    whole = column.type == "integer"
    what = "a whole number" if whole else "a number"
    low, high = column.low, column.high
    if low is not None and high is not None:
        what += f" between {low:g} and {high:g}"
    elif low is not None:
        what += f" of at least {low:g}"

    def parse(value: str) -> float | int:
        try:
            found = float(value)
        except ValueError:
            found = math.nan
        fits = math.isfinite(found) and (not whole or found.is_integer())
        # float() also reads '1_000', which no export means as a number.
        if (
            not fits
            or "_" in value
            or (low is not None and found < low)
            or (high is not None and found > high)
            or (whole and abs(found) > 2**53)
        ):
            raise Wrong(f"is not {what}")
        return int(found) if whole else found

    return parse
