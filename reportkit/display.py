"""What a cell of a report shows: numbers as a reader expects them, tables, tiles, and the block that carries them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reportkit import locale
from reportkit.exhibit import Exhibit
from reportkit.facts import MIME, Block, Cell, Column, Facts, Status, Table, Tone, Trend, bundle

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.measures import Definition, Measure
    from reportkit.measures.model import Value
    from reportkit.profile import Profile

TONES: dict[Status, Tone] = {"green": "good", "amber": "watch", "red": "bad", "none": "none"}
WORDS: dict[Status, str] = {
    "green": "On target",
    "amber": "Watch",
    "red": "Act",
    "none": "Not measured",
}


@dataclass(frozen=True, repr=False)
class Shown(Exhibit):
    """Something a cell shows: a block for the reader, facts for the gates and the ledger, or both."""

    block: Block | None = None
    facts: Facts = field(default_factory=Facts)

    def _blocks(self) -> tuple[Block, ...]:
        return () if self.block is None else (self.block,)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {**super()._repr_mimebundle_(), MIME: bundle(self.block, self.facts)}

    def __repr__(self) -> str:
        if self.block is None:
            return "<Shown: facts only>"
        title = getattr(self.block, "title", "") or getattr(self.block, "statement", "")
        rows = f", {locale.plural(len(self.block.rows), 'row')}" if isinstance(self.block, Table) else ""  # fmt: skip
        return f"<Shown {self.block.kind}: {title}{rows}>" if title else f"<Shown {self.block.kind}{rows}>"  # fmt: skip


# ---- numbers as text -------------------------------------------------------------------------------------------------


def write(
    value: float | None, unit: str, *, digits: int = 0, currency: str = "EUR", sign: bool = False
) -> str:
    """Write a measure's value as a reader expects it, with its unit."""
    en = locale.here()
    if value is None:
        return "–"
    if unit == "percent":
        return en.percent(value, digits, sign=sign)
    if unit == "money":
        return en.money(value, currency, sign=sign)
    text = en.number(value, digits, sign=sign)
    short = {"days": "d", "hours": "h"}.get(unit)
    return f"{text}{locale.NARROW}{short}" if short else text


def change(value: float | None, unit: str, *, digits: int = 0, currency: str = "EUR") -> str:
    """Write a difference between two values; of two percentages it is points, which are no percentage of anything."""
    if unit == "percent" and value is not None:
        return f"{locale.number(value, digits, sign=True)} pts"
    return write(value, unit, digits=digits, currency=currency, sign=True)


def limit(measure: Measure) -> str:
    """Write the limit a measure is held against, without decimals that say nothing."""
    target, words = measure.target, measure.definition
    digits = 0 if target is None or target == round(target) else words.digits
    return write(target, words.unit, digits=digits, currency=measure.currency)


def ratio(value: Value, words: Definition, currency: str = "EUR") -> str:
    """Write numerator and denominator: ``412 of 450``."""
    if value.numerator is None or value.denominator is None:
        return ""
    if words.amounts:
        return f"{locale.here().money(value.numerator, currency)} of {locale.here().money(value.denominator, currency)}"
    return f"{locale.number(value.numerator)} of {locale.number(value.denominator)}"


def trend(now: float | None, before: float | None, direction: str) -> Trend:
    """Say whether a change is better, worse or none."""
    if now is None or before is None:
        return "none"
    if direction == "band":
        now, before = abs(now), abs(before)
    if round(now, 6) == round(before, 6):
        return "same"
    return "better" if (now > before) == (direction == "up") else "worse"


# ---- tables ----------------------------------------------------------------------------------------------------------


def table(
    id_: str,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell | str]],
    **more: Any,
) -> Shown:
    """Give a table; a plain text stands for a plain cell.

    Args:
        id_: unique in the report.
        title: what the table says.
        columns: the columns.
        rows: one sequence of cells for each row.
        **more: ``note``, ``total``, ``wide``, ``dense``, ``empty`` as in :class:`reportkit.facts.Table`; ``facts``.
    """
    facts = more.pop("facts", Facts())
    cells = tuple(tuple(c if isinstance(c, Cell) else Cell(text=c) for c in row) for row in rows)
    return Shown(Table(id=id_, title=title, columns=tuple(columns), rows=cells, **more), facts)


def status_cell(status: Status, word: str = "", *, sub: str = "") -> Cell:
    """Give a status pill: colour, shape and word, with a smaller line below."""
    return Cell(text=word or WORDS[status], kind="status", tone=TONES[status], sub=sub)


def number(text: str) -> Cell:
    """Give a right-aligned number."""
    return Cell(text=text, kind="number")


def profile_note(item: Profile) -> str:
    """Say in words what the columns do not."""
    empty = [column.column for column in item.columns if not column.filled]
    parts = [f"Days from {item.oldest} to {item.newest}" if item.oldest else "No days"]
    if item.gaps:
        shown = ", ".join(item.gaps[:6]) + (
            f" and {len(item.gaps) - 6} more" if len(item.gaps) > 6 else ""
        )
        parts.append(f"months without any: {shown}")
    if item.rejected:
        parts.append(f"{locale.plural(item.rejected, 'record was', 'records were')} rejected")
    if empty:
        parts.append(f"columns without a value: {', '.join(empty)}")
    return "; ".join(parts) + "."


def frame(item: pd.DataFrame) -> Shown:
    """Show a pandas frame as a table of the report; what is missing stays empty."""
    columns = [
        Column(label=str(name), align="right" if item[name].dtype.kind in "iuf" else "left")
        for name in item.columns
    ]
    rows = [
        [Cell(text="" if gone else locale.cell(value)) for value, gone in zip(row, blank, strict=True)]
        for row, blank in zip(item.itertuples(index=False), item.isna().to_numpy(), strict=True)
    ]  # fmt: skip
    return table("frame", "", columns, rows)
