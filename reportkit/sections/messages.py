"""The few sentences that a reader should keep: each a fact, what it means, and who acts on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reportkit import display
from reportkit.facts import Message

if TYPE_CHECKING:
    from reportkit.scorecard import Row

_ORDER = {"red": 0, "amber": 1, "green": 2, "none": 3}


def worst(rows: Iterable[Row], most: int = 3) -> tuple[Message, ...]:
    """Give the measures that need a word most, the bad news first; of equal ones those that got worse."""
    known = [row for row in rows if row.now.value.value is not None]
    known.sort(key=lambda row: (_ORDER[row.now.status], not _worse(row)))
    return tuple(map(message, known[:most]))


def _worse(row: Row) -> bool:
    trend = display.trend(row.now.value.value, row.before.value.value, row.now.definition.direction)
    return trend == "worse" and row.differs is not False


def message(row: Row) -> Message:
    """Say of a measure how it stands, how it moved, what it is for and who answers for it."""
    now = row.now
    words = now.definition
    limit = f", limit {display.limit(now)}" if now.target is not None else ""
    return Message(
        title=f"{words.name}: {_shown(row, now.value.value)}{limit}.",
        text=" ".join(filter(None, (moved(row), _sentence(words.use), _acts(row)))),
        tone=display.TONES[now.status],
    )


def moved(row: Row) -> str:
    """Say how a measure moved in a quarter; what is written alike did not move, and chance is called noise."""
    now, before = row.now.value.value, row.before.value.value
    if now is None or before is None:
        return ""
    was, is_ = _shown(row, before), _shown(row, now)
    trend = display.trend(now, before, row.now.definition.direction)
    if trend == "same" or was == is_:
        return "As a quarter ago."
    if row.differs is False:
        return f"It was {was} a quarter ago; the change is within noise."
    return f"It was {was} a quarter ago, so it got {trend}."


def _shown(row: Row, value: float | None) -> str:
    words = row.now.definition
    return display.write(value, words.unit, digits=words.digits, currency=row.now.currency)


def _sentence(text: str) -> str:
    return text if not text or text[-1] in ".?!" else f"{text}."


def _acts(row: Row) -> str:
    owner = row.now.figure().owner
    if not owner:
        return ""
    return f"{owner} acts." if row.now.status == "red" else f"{owner} answers for it." if row.now.status == "amber" else ""  # fmt: skip
