"""How things show themselves in a notebook: blocks for the report, plain markup for JupyterLab, text for the rest.

This is the only module that writes markup inside a notebook. Everything is escaped first: findings are written by
strangers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from reportkit import locale, theme
from reportkit.facts import (
    MIME,
    Block,
    Callout,
    Cell,
    Column,
    Cover,
    Decisions,
    Facts,
    Headline,
    Status,
    Table,
    Tile,
    Tiles,
    Tone,
    Trend,
    bundle,
)

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.measures import Definition, Measure
    from reportkit.measures.model import Value
    from reportkit.profile import Profile
    from reportkit.view import View
    from reportkit.workspace import Workspace

TONES: dict[Status, Tone] = {"green": "good", "amber": "watch", "red": "bad", "none": "none"}
WORDS: dict[Status, str] = {
    "green": "On target",
    "amber": "Watch",
    "red": "Act",
    "none": "Not measured",
}


def _ink(name: str = "ink") -> str:
    """Give a colour of the theme, as the report's pages use it."""
    return str(theme.tokens()["light"][name])


def _tone(tone: Tone) -> str:
    return str(theme.tokens()["tone"][tone]["light"]["text"])


@dataclass(frozen=True)
class Shown:
    """Something a cell shows: a block for the reader, facts for the gates and the ledger, or both."""

    block: Block | None = None
    facts: Facts = field(default_factory=Facts)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {
            MIME: bundle(self.block, self.facts),
            "text/html": markup(self.block) if self.block is not None else "",
            "text/plain": words(self.block) if self.block is not None else "",
        }


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


# ---- what objects show when they are the last line of a cell ---------------------------------------------------------


def measure(item: Measure) -> dict[str, Any]:
    """Show a measure as a tile with its definition."""
    words_, value = item.definition, item.value
    shown = write(value.value, words_.unit, digits=words_.digits, currency=item.currency)
    tile = Tile(
        label=f"{words_.id} {words_.name}" + (f" ({item.scope})" if item.scope else ""),
        value=shown if value.value is not None else "Not measured",
        note=value.reason or ratio(value, words_, item.currency),
        tone=TONES[item.status],
    )
    return Shown(Tiles(items=(tile,)), Facts(figures=(item.figure(),)))._repr_mimebundle_()


def workspace(item: Workspace) -> dict[str, Any]:
    """Show a workspace as the list of its tables."""
    loads = item.store.loads()
    rows = []
    for name in sorted({load.table for load in loads}):
        own = [load for load in loads if load.table == name]
        rows.append(
            (
                name,
                number(locale.number(sum(x.rows for x in own))),
                number(str(len(own))),
                f"{own[-1].recorded_at:%Y-%m-%d}",
            )
        )
    shown = table(
        "workspace", item.settings.organisation.name,
        (Column(label="Table"), Column(label="Rows", align="right"), Column(label="Loads", align="right"), Column(label="Last")), rows,
        empty="Nothing is loaded yet.",
    )  # fmt: skip
    return shown._repr_mimebundle_()


def view(item: View) -> dict[str, Any]:
    """Show a view in one line."""
    unit = f", unit {item.unit}" if item.unit else ""
    known = f"known by {locale.here().long_day(item.known_by)} {item.known_by:%H:%M} UTC"
    line = f"{item.workspace.settings.organisation.name}, {item.period.label}{unit}: as of {locale.here().long_day(item.as_of)}, {known}"
    return {"text/plain": line, "text/html": f"<p>{escape(line)}</p>"}


def profile(item: Profile) -> dict[str, Any]:
    """Show a profile as a table of columns, with its days and gaps below."""
    columns = (
        Column(label="Column"), Column(label="Type"), Column(label="Filled", align="right"), Column(label="Missing", align="right"),
        Column(label="Different", align="right"), Column(label="Lowest"), Column(label="Highest"),
    )  # fmt: skip
    rows = [
        (r.column, r.type, number(locale.number(r.filled)), number(f"{locale.number(r.missing, 1)} %"), number(locale.number(r.different)), r.lowest, r.highest)
        for r in item.columns
        if r.filled
    ]  # fmt: skip
    shown = table(
        "profile",
        f"{item.table}: {locale.plural(item.rows, 'row')}",
        columns,
        rows,
        note=profile_note(item),
        empty="No rows.",
    )
    return shown._repr_mimebundle_()


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


# ---- markup for JupyterLab -------------------------------------------------------------------------------------------

_FONT = "font-family:Inter,'Segoe UI',system-ui,sans-serif"


def markup(block: Block) -> str:
    """Write a block as self-contained HTML for a notebook front end."""
    writer: Callable[[Any], str] = _WRITERS.get(block.kind, lambda _: "")
    inner = writer(block)
    return (
        f'<div style="{_FONT};color:{_ink("text")};max-width:980px">{inner}</div>' if inner else ""
    )


def _p(text: str, style: str = "") -> str:
    return f'<div style="{style}">{escape(text)}</div>'


def _cover(b: Cover) -> str:
    known = (
        f"as of {locale.here().long_day(b.as_of)}, known by {locale.here().long_day(b.known_by)}"
    )
    return (
        f'<div style="background:{_ink()};color:{_ink("on_ink")};padding:20px 24px;border-radius:6px">'
        + _p(
            f"{b.organisation} · {b.classification}", f"color:{_ink('on_ink_muted')};font-size:13px"
        )
        + _p(b.title, "font-size:26px;font-weight:600")
        + _p(f"{b.period} · {b.status} · {known}", f"color:{_ink('on_ink_muted')};font-size:13px")
        + "</div>"
    )


def _headline(b: Headline) -> str:
    points = "".join(
        f'<li style="margin:6px 0"><b style="color:{_tone(m.tone)}">{escape(m.title)}</b> {escape(m.text)}</li>'
        for m in b.messages
    )
    return _p(b.statement, "font-size:19px;font-weight:600;margin:8px 0") + f"<ul>{points}</ul>"


def _tiles(b: Tiles) -> str:
    return '<div style="display:flex;gap:12px;flex-wrap:wrap">' + "".join(
        f'<div style="border:1px solid {_ink("hair")};border-top:3px solid {_tone(t.tone)};padding:10px 14px;min-width:150px">'
        + _p(t.label, f"font-size:12px;color:{_ink('muted')}")
        + _p(t.value, "font-size:22px;font-weight:600")
        + _p(" ".join(x for x in (t.delta, t.note) if x), f"font-size:12px;color:{_ink('muted')}")
        + "</div>"
        for t in b.items
    ) + "</div>"  # fmt: skip


def _table(b: Table) -> str:
    head = "".join(
        f'<th scope="col" style="text-align:{c.align};padding:4px 8px;color:{_ink("muted")};font-weight:500">{escape(c.label)}</th>'
        for c in b.columns
    )
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align:{c.align};padding:4px 8px;border-top:1px solid {_ink("hair")}">{_cell(x)}</td>' for x, c in zip(row, b.columns, strict=True)) + "</tr>"
        for row in b.rows
    )  # fmt: skip
    note = _p(b.note, f"font-size:12px;color:{_ink('muted')}") if b.note else ""
    empty = "" if b.rows else _p(b.empty, f"color:{_ink('muted')};padding:6px 8px")
    return f'<table style="border-collapse:collapse;font-size:13px"><caption style="text-align:left;font-weight:600;padding:6px 8px">{escape(b.title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{empty}{note}'


_BARS = "▁▂▃▄▅▆▇█"


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


def _cell(c: Cell) -> str:
    text = bars(c.spark) if c.kind == "spark" else c.text
    style = (
        f"color:{_tone(c.tone)};font-weight:600"
        if c.tone not in {"none", "neutral"}
        else "font-weight:600"
        if c.kind == "strong"
        else ""
    )
    sub = (
        f'<br><span style="font-size:11px;color:{_ink("muted")}">{escape(c.sub)}</span>'
        if c.sub
        else ""
    )
    return f'<span style="{style}">{escape(text)}</span>{sub}'


def _callout(b: Callout) -> str:
    return f'<div style="border-left:4px solid {_tone(b.tone)};background:{_ink("surface")};padding:8px 14px"><b>{escape(b.title)}</b><br>{escape(b.text)}</div>'


def _decisions(b: Decisions) -> str:
    if not b.items:
        return _p(b.empty, f"color:{_ink('muted')}")
    parts = []
    for d in b.items:
        options = "".join(
            f"<li>{'<b>Recommended:</b> ' if o.recommended else ''}{escape(o.name)}: {escape(o.cost)}; {escape(o.risk_change)}; {escape(o.user_impact)}</li>"
            for o in d.options
        )
        by = _p(f"{d.owner}, by {d.by_when}", f"color:{_ink('muted')}")
        parts.append(f"<h4>{d.number}. {escape(d.title)}</h4>{_p(d.ask)}<ul>{options}</ul>{by}")
    return "".join(parts)


_WRITERS: dict[str, Callable[[Any], str]] = {
    "cover": _cover, "headline": _headline, "tiles": _tiles, "table": _table, "callout": _callout, "decisions": _decisions,
}  # fmt: skip


def words(block: Block) -> str:
    """Write a block as plain text, for a terminal or a screen reader of raw output."""
    if isinstance(block, Table):
        lines = ["  ".join(c.label for c in block.columns)]
        lines += [
            "  ".join(bars(c.spark) if c.kind == "spark" else c.text for c in row)
            for row in block.rows
        ]
        return "\n".join([block.title, *lines])
    if isinstance(block, Headline):
        return "\n".join([block.statement, *(f"- {m.title} {m.text}" for m in block.messages)])
    if isinstance(block, Tiles):
        return "\n".join(f"{t.label}: {t.value} {t.delta} {t.note}".rstrip() for t in block.items)
    if isinstance(block, Cover):
        return f"{block.title}, {block.organisation}, {block.period}"
    if isinstance(block, Callout):
        return f"{block.title} {block.text}"
    if isinstance(block, Decisions):
        return "\n".join(f"{d.number}. {d.title}: {d.ask}" for d in block.items) or block.empty
    return ""
