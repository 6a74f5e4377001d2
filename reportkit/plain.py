"""Blocks as text, for a terminal or a screen reader of raw output: words in lines, tables in columns."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

from reportkit.facts import Block, Callout, Cell, Column, Cover, Decisions, Headline, Table, Tiles

_BARS = "▁▂▃▄▅▆▇█"
#: A cell is cut after so many characters, but for the last one, which goes on below; a table after so many rows.
_WIDEST = 48
_LINE = 110
_LONGEST = 60


def bars(values: Sequence[float | None]) -> str:
    """Write a short series as block characters; a gap stays a gap."""
    known = [v for v in values if v is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    return "".join(
        " " if v is None else _BARS[round(7 * (v - low) / (high - low))] if high > low else _BARS[3]
        for v in values
    )


def text(*blocks: Block) -> str:
    """Write blocks one below the other."""
    return "\n\n".join(filter(None, map(_text, blocks)))


def _text(block: Block) -> str:
    if isinstance(block, Table):
        lines = [block.title, *columns(block.columns, block.rows)]
        return "\n".join(filter(None, (*lines, *(() if block.rows else (block.empty,)), block.note)))  # fmt: skip
    if isinstance(block, Headline):
        return "\n".join([block.statement, *(f"- {m.title} {m.text}" for m in block.messages)])
    if isinstance(block, Tiles):
        return "\n".join(" ".join(filter(None, (f"{t.label}: {t.value}", t.delta, t.note))) for t in block.items)  # fmt: skip
    if isinstance(block, Cover):
        return f"{block.title}, {block.organisation}, {block.period}"
    if isinstance(block, Callout):
        return f"{block.title} {block.text}"
    if isinstance(block, Decisions):
        return "\n".join(f"{d.number}. {d.title}: {d.ask}" for d in block.items) or block.empty
    return ""


def columns(heads: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> Iterable[str]:
    """Give the lines of a table, each cell below its head."""
    if not rows:
        return
    labels = [column.label for column in heads]
    written = [labels] if any(labels) else []
    written += [[*map(_cut, line[:-1]), line[-1]] for line in ([_cell(cell) for cell in row] for row in rows[:_LONGEST])]  # fmt: skip
    widths = [max(map(_width, column)) for column in zip(*written, strict=True)]
    before = sum(widths[:-1]) + 2 * len(widths[:-1])
    widths[-1] = min(widths[-1], max(_WIDEST, _LINE - before))
    for line in written:
        first, *more = textwrap.wrap(line[-1], widths[-1]) or [""]
        cells = (
            " " * (width - _width(said)) + said if head.align == "right" else said + " " * (width - _width(said))
            for said, width, head in zip((*line[:-1], first), widths, heads, strict=True)
        )  # fmt: skip
        yield "  ".join(cells).rstrip()
        yield from (" " * before + rest for rest in more)
    if len(rows) > _LONGEST:
        yield f"… and {len(rows) - _LONGEST:,} more"


def _cell(cell: Cell) -> str:
    said = bars(cell.spark) if cell.kind == "spark" else cell.text
    said = f"{said} ({cell.sub})" if cell.sub else said
    # Whatever moves a terminal's cursor, or turns the line around, is no part of a table.
    return "".join(" " if unicodedata.category(one) in {"Cc", "Cf"} else one for one in said)


def _cut(said: str) -> str:
    return said if len(said) <= _WIDEST else said[: _WIDEST - 1] + "…"


def _width(said: str) -> int:
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in said
    )
