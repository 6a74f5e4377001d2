"""Days and times as people write them. One order for a whole column, never guessed cell by cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from reportkit.sources import cells

#: Orders of day, month and year, and what separates them.
ORDERS = {"dmy": "%d{0}%m{0}%Y", "mdy": "%m{0}%d{0}%Y", "ymd": "%Y{0}%m{0}%d"}
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_NUMERIC = re.compile(r"^\d{1,4}([./-])\d{1,2}\1\d{1,4}")


class Undecided(ValueError):
    """A column whose order of day and month cannot be told; its text says why and what to do."""


def column(
    values: Iterable[str], formats: Sequence[str] = (), order: str = "fit"
) -> dict[str, str]:
    """Read a column's different values; ISO dates are always understood, beside one further way of writing.

    Args:
        values: the column's different values, trimmed, none of them blank.
        formats: ways of writing as strptime has them; the first that fits every value is taken.
        order: ``dmy``, ``mdy`` or ``ymd`` for numeric dates, or ``fit`` for the one that fits every value.

    Returns:
        ISO text by value. A value that does not fit the column's way of writing is not among them.

    Raises:
        Undecided: two orders fit every value and mean different days.
    """
    found: dict[str, str] = {}
    rest: list[str] = []
    for value in values:
        if _is_iso(value):
            found[value] = value
        else:
            rest.append(value)
    if not rest:
        return found
    if formats:
        readings = [_all(rest, (writing,)) for writing in formats]
        # Where no single format fits all, the one that fits most shows the others as errors.
        return found | max(readings, key=len)
    orders = list(ORDERS) if order == "fit" else [order]
    full = []
    readings = []
    for name in orders:
        reading = _all(rest, _writings(name, rest))
        readings.append(reading)
        if len(reading) == len(rest):
            full.append((name, reading))
    if len(full) > 1 and full[0][1] != full[1][1]:
        raise Undecided(
            f"may be read as {full[0][0]} or as {full[1][0]}, as every other day in this column; "
            f'say which with order = "{full[0][0]}" or order = "{full[1][0]}" in the mapping'
        )
    return found | max(readings, key=len)


def _is_iso(value: str) -> bool:
    try:
        cells.instant(value)
    except cells.Wrong:
        return False
    return True


def _writings(order: str, values: Sequence[str]) -> tuple[str, ...]:
    marks = {match[1] for value in values if (match := _NUMERIC.match(value))}
    return tuple(ORDERS[order].format(mark) + time for mark in sorted(marks) for time in _TIMES)


def _all(values: Sequence[str], writings: Sequence[str]) -> dict[str, str]:
    found = {}
    for value in values:
        for writing in writings:
            try:
                read = datetime.strptime(value, writing)  # noqa: DTZ007 - a day counts as written
            except ValueError:
                continue
            plain = (read.hour, read.minute, read.second) == (0, 0, 0)
            found[value] = (
                read.date().isoformat() if plain and read.tzinfo is None else read.isoformat()
            )
            break
    return found
