"""Labels of charts: long names in lines, and how an amount is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reportkit import locale

if TYPE_CHECKING:
    from reportkit.view import View

#: Why there is no chart of a business case.
NO_CASE = "no option of a decision of this quarter is given in money"


def money(value: float | None, view: View, *, sign: bool = False) -> str:
    """Write an amount in the organisation's currency."""
    return locale.here().money(value, view.currency, sign=sign)


def lower(text: str) -> str:
    """Write a label as the middle of a sentence."""
    return text[:1].lower() + text[1:]


def in_lines(names: Iterable[str], width: int, *, least: int = 1) -> str:
    """Give the label expression of an axis that breaks long names into lines of about ``width`` characters.

    Args:
        names: what the axis names.
        width: characters of a line.
        least: lines of each name; empty ones stand before its first.
    """

    def lines(name: str) -> list[str]:
        made = _lines(name, width)
        return [""] * (least - len(made)) + made

    cases = "".join(
        f"datum.value === {_quoted(name)} ? [{', '.join(map(_quoted, lines(name)))}] : "
        for name in names
    )
    return f"{cases}datum.value"


def most_lines(names: Iterable[str], width: int) -> int:
    """Give how many lines the longest of some names takes."""
    return max((len(_lines(name, width)) for name in names), default=1)


def lifted(names: Iterable[str], width: int) -> dict[str, object]:
    """Give the label offset of an axis whose long names stand in lines: two lines are lifted to the middle."""
    long = ", ".join(_quoted(name) for name in names if len(_lines(name, width)) > 1)
    return {"condition": {"test": f"indexof([{long}], datum.value) >= 0", "value": -6}, "value": 0}


def _lines(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
