"""A few measures of one subject in full: value, what it is of, the quarter before, limit, status, what is read beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reportkit import display, locale
from reportkit.display import Shown
from reportkit.facts import Cell, Column, Facts
from reportkit.phrases import some
from reportkit.scorecard import row_of

if TYPE_CHECKING:
    from reportkit.scorecard import Row
    from reportkit.view import View

#: Numbers read beside a measure, at most.
_BESIDE = 3
_CHANGES = {"better": "better", "worse": "worse", "same": "unchanged", "none": ""}


def measured(view: View, subject: str, *ids: str) -> Shown:
    """Give a subject's measures as they stand, like for like with the quarter before, the off-target ones first.

    Args:
        view: the quarter.
        subject: what they are about, for the title: ``Identity and access``.
        ids: the measures, in the order of reading.
    """
    rows = [row_of(view, id_) for id_ in ids]
    order = {"red": 0, "amber": 1, "green": 2, "none": 2}
    rows.sort(key=lambda row: order[row.now.status])
    label = view.previous().period.label.replace(" ", locale.HARD)
    columns = (
        Column(label="Measure", width=2.4), Column(label="Now", align="right", width=1.1), Column(label=label, align="right"), Column(label="Limit", align="right"),
        Column(label="Status", width=1.1), Column(label="Read beside it", width=2.6),
    )  # fmt: skip
    name = "-".join(("measured", *ids)).lower()
    return display.table(
        name, f"{subject}: {_message(rows)}", columns, map(_cells, rows), dense=True,
        note="Limits marked * are defaults." if any(_star(row) for row in rows) else "",
        facts=Facts(figures=tuple(row.now.figure() for row in rows)),
    )  # fmt: skip


def _message(rows: Sequence[Row]) -> str:
    limited = [row for row in rows if row.now.value.value is not None and row.now.target is not None]  # fmt: skip
    unknown = sum(row.now.value.value is None for row in rows)
    off = sum(row.now.status in ("red", "amber") for row in limited)
    parts = []
    if limited:
        parts.append(
            f"{some(off, len(limited), 'measure')} with a limit {'misses' if off == 1 else 'miss'} it"
            if off
            else "on target where a limit is set"
        )
    if unknown:
        parts.append(f"{unknown} not measured")
    return ", ".join(parts) or "no limit is set"


def _star(row: Row) -> str:
    own = row.now.value.target is None and row.now.target is not None
    return "*" if own and row.now.default_limits else ""


def _cells(row: Row) -> tuple[Cell, ...]:
    now, words = row.now, row.now.definition

    def text(value: float | None) -> str:
        return display.write(value, words.unit, digits=words.digits, currency=now.currency)

    missing = now.value.value is None
    change = display.trend(now.value.value, row.before.value.value, words.direction)
    noise = row.differs is False and change in {"better", "worse"}
    sign = {"up": "≥", "down": "≤", "band": "±"}[words.direction] + locale.NARROW
    beside = [
        f"{part.name}: {display.write(part.value, part.unit, digits=_digits(part.value, part.unit), currency=now.currency)}"
        for part in now.value.parts
        if part.value is not None and not (part.value == 0 and part.unit == "count")
    ][:_BESIDE]
    return (
        Cell(text=words.name, kind="strong", sub=words.id),
        Cell(
            text="–" if missing else text(now.value.value), kind="number" if missing else "strong",
            sub=(now.value.reason or "not measured") if missing else display.ratio(now.value, words, now.currency).replace(" ", locale.HARD),
        ),
        Cell(text=text(row.before.value.value), kind="number"),
        Cell(text=f"{sign}{display.limit(now)}{_star(row)}" if now.target is not None else "–", kind="muted"),
        display.status_cell(
            now.status, "Not measured" if missing else "" if now.target is not None else "No limit",
            sub=f"within{locale.HARD}noise" if noise else _CHANGES[change],
        ),
        Cell(text="; ".join(beside) or "–", kind="muted"),
    )  # fmt: skip


def _digits(value: float | None, unit: str) -> int:
    """Give the decimals of a number that is read beside another: none where it is large or counts things."""
    return 0 if unit == "count" or value is None or abs(value) >= 10 else 1
