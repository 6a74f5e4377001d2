"""What kinds of values a parameter takes, and how a value from outside becomes one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Literal

Kind = Literal[
    "text", "date", "whole number", "number", "true or false", "list", "mapping", "any value"
]

#: What to write for each kind, in words.
EXAMPLES: dict[Kind, str] = {
    "text": "text",
    "date": "a date such as 2026-09-30",
    "whole number": "a whole number such as 12",
    "number": "a number such as 0.5",
    "true or false": "true or false",
    "list": 'a list such as ["EU", "US"]',
    "mapping": 'a mapping such as {"EU": 1}',
    "any value": "text, numbers, lists and mappings",
}

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_WHOLE = re.compile(r"[+-]?\d+")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

#: Given for a value that is not of the kind.
WRONG: Any = object()


def is_day(text: str) -> bool:
    """Say whether a text is a day such as ``2026-09-30``."""
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _text(value: object) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) else WRONG


def _date(value: object) -> Any:
    if isinstance(value, datetime):
        return WRONG
    text = _text(value)
    return text if isinstance(text, str) and is_day(text) else WRONG


def _whole(value: object) -> Any:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else WRONG


def _number(value: object) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return WRONG
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return WRONG
    return number if abs(number) < float("inf") else WRONG


def _boolean(value: object) -> Any:
    if isinstance(value, str):
        return _BOOLEANS.get(value.strip().lower(), WRONG)
    return value if isinstance(value, bool) else WRONG


def _json(value: object) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return WRONG


def _list(value: object) -> Any:
    read = _json(value)
    return _plain(list(read)) if isinstance(read, list | tuple) else WRONG


def _mapping(value: object) -> Any:
    read = _json(value)
    return _plain(dict(read)) if isinstance(read, Mapping) else WRONG


def _any(value: object) -> Any:
    return _plain(value)


def _plain(value: object) -> Any:
    """Keep what a notebook cell can hold as a literal; days become text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        parts = [_plain(part) for part in value]
        return WRONG if WRONG in parts else parts
    if isinstance(value, Mapping):
        pairs = {str(name): _plain(part) for name, part in value.items()}
        return WRONG if WRONG in pairs.values() else pairs
    return value if value is None or isinstance(value, str | bool | int | float) else WRONG


_CONVERTERS: dict[Kind, Callable[[object], Any]] = {
    "text": _text, "date": _date, "whole number": _whole, "number": _number, "true or false": _boolean,
    "list": _list, "mapping": _mapping, "any value": _any,
}  # fmt: skip


def convert(kind: Kind, value: object) -> Any:
    """Give a value as a notebook cell can hold it, or :data:`WRONG` when it is not of the kind.

    Text from a command line is read as the kind asks for; text that is wanted stays as it is, and days become text.
    """
    return _CONVERTERS[kind](value)
