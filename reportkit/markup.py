"""Blocks as markup for the front end of a notebook: legible where it is light and where it is dark, with no font, script or file of its own.

Everything is escaped first: findings are written by strangers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from reportkit import locale, plain, theme
from reportkit.facts import (
    Block,
    Callout,
    Cell,
    Column,
    Cover,
    Decisions,
    Headline,
    Table,
    Tile,
    Tiles,
    Tone,
)

#: A front end shows so many rows of a table and says how many there are.
LONGEST = 200
#: A cell of at most so many characters is not broken: days, numbers and names of tables.
_SHORT = 22
_SHAPES = {"circle": "●", "triangle": "▲", "square": "■", "diamond": "◆", "ring": "○"}
#: Where the page around is dark: JupyterLab, Notebook and VS Code each say so in their own way.
_DARK = ("[data-jp-theme-light=false]", ".vscode-dark", ".vscode-high-contrast:not(.vscode-high-contrast-light)")  # fmt: skip
_RULES = (
    ".rk.rk{font:13px/1.45 FONT;max-width:980px;margin:2px 0 8px;overflow-x:auto}"
    ".rk .rk-m{color:var(--rk-muted);font-size:12px}"
    ".rk .rk-s{font-size:18px;font-weight:600;margin:6px 0}"
    ".rk .rk-r{display:flex;gap:12px;flex-wrap:wrap;margin:4px 0}"
    ".rk .rk-k{border:1px solid var(--rk-hair);border-top:3px solid var(--t,var(--rk-hair));padding:10px 14px;min-width:130px;max-width:300px;border-radius:2px}"
    ".rk .rk-v{font-size:22px;font-weight:600;line-height:1.35}"
    ".rk .rk-x table{border-collapse:collapse;border:0;margin:4px 0;font-size:13px;table-layout:auto}"
    ".rk .rk-x caption{text-align:left;font-weight:600;font-size:13px;color:inherit;padding:4px 8px;caption-side:top}"
    ".rk .rk-x tr,.rk .rk-x tr:nth-child(n){background:none}"
    ".rk .rk-x th,.rk .rk-x td{padding:4px 8px;vertical-align:top;border:0;font-size:13px;line-height:1.4;max-width:46ch;word-break:normal;overflow-wrap:anywhere}"
    ".rk .rk-x th{color:var(--rk-muted);font-weight:500;vertical-align:bottom;overflow-wrap:normal}"
    ".rk .rk-x td{border-top:1px solid var(--rk-hair)}"
    ".rk .rk-x tbody tr:last-child td{border-bottom:1px solid var(--rk-hair)}"
    ".rk .rk-x .rk-n{white-space:nowrap;overflow-wrap:normal;font-variant-numeric:tabular-nums}"
    ".rk .rk-u{font-size:11px;color:var(--rk-muted)}"
    ".rk .rk-p{white-space:nowrap;font-weight:600;font-size:12px;padding:1px 7px;border-radius:9px;color:var(--t);background:var(--f)}"
    ".rk .rk-c{border-left:4px solid var(--t);padding:6px 14px;margin:4px 0}"
    ".rk .rk-h{background:var(--rk-ink);color:var(--rk-on);padding:18px 24px;border-radius:4px}"
    ".rk .rk-h .rk-m{color:inherit;opacity:.75}"
    ".rk svg{vertical-align:middle;color:var(--rk-accent)}"
)


def html(*blocks: Block) -> str:
    """Write blocks one below the other as self-contained HTML."""
    inner = "".join(_WRITERS.get(block.kind, lambda _: "")(block) for block in blocks)
    return f'<style>{_style()}</style><div class="rk">{inner}</div>' if inner else ""


def _style() -> str:
    light, dark = (_variables(scheme) for scheme in ("light", "dark"))
    where = ",".join(f"{one} .rk" for one in _DARK)
    family = theme.front_end_font()
    return f".rk{{{light}}}{where}{{{dark}}}" + _RULES.replace("FONT", family)


def _variables(scheme: str) -> str:
    look = theme.tokens()
    plain_ = look[scheme]
    said = {
        "muted": plain_["muted"], "hair": plain_["hair"], "ink": look["light"]["ink"] if scheme == "light" else plain_["surface"],
        "on": "#FFFFFF", "accent": plain_["accent"],
        **{f"{tone}{part[0]}": entry[scheme][part] for tone, entry in look["tone"].items() for part in ("text", "fill")},
    }  # fmt: skip
    return "".join(f"--rk-{name}:{escape(str(value))};" for name, value in said.items())


def _toned(tone: Tone) -> str:
    return f"--t:var(--rk-{tone}t);--f:var(--rk-{tone}f)"


def _p(text: str, name: str = "") -> str:
    return f'<div class="{name}">{escape(text)}</div>' if text else ""


def _cover(b: Cover) -> str:
    day = locale.here().long_day
    known = f"as of {day(b.as_of)}, known by {day(b.known_by)}"
    return (
        '<div class="rk-h">'
        + _p(f"{b.organisation} · {b.classification}", "rk-m")
        + _p(b.title, "rk-v")
        + _p(f"{b.period} · {b.status} · {known}", "rk-m")
        + "</div>"
    )


def _headline(b: Headline) -> str:
    points = "".join(
        f'<li style="margin:6px 0"><b style="color:var(--rk-{m.tone}t)">{escape(m.title)}</b> {escape(m.text)}</li>'
        for m in b.messages
    )
    return _p(b.statement, "rk-s") + (f"<ul>{points}</ul>" if points else "")


def _tiles(b: Tiles) -> str:
    return f'<div class="rk-r">{"".join(map(_tile, b.items))}</div>'


def _tile(t: Tile) -> str:
    tone = "" if t.tone in {"none", "neutral"} else f' style="{_toned(t.tone)}"'
    small = " · ".join(filter(None, (t.delta, t.note)))
    return f'<div class="rk-k"{tone}>{_p(t.label, "rk-m")}{_p(t.value, "rk-v")}{_p(small, "rk-m")}</div>'


def _table(b: Table) -> str:
    head = "".join(f'<th scope="col" style="text-align:{c.align}">{escape(c.label)}</th>' for c in b.columns)  # fmt: skip
    body = "".join(_row(b.columns, row) for row in b.rows[:LONGEST])
    more = f"{len(b.rows) - LONGEST:,} more rows are not shown here." if len(b.rows) > LONGEST else ""  # fmt: skip
    caption = f"<caption>{escape(b.title)}</caption>" if b.title else ""
    shown = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if b.rows else _p(b.title, "rk-s") + _p(b.empty, "rk-m")  # fmt: skip
    return f'<div class="rk-x">{shown}{_p(more, "rk-m")}{_p(b.note, "rk-m")}</div>'


def _row(columns: Sequence[Column], row: Sequence[Cell]) -> str:
    cells = (
        f'<td{" class=rk-n" if len(cell.text) <= _SHORT else ""} style="text-align:{column.align}">{_cell(cell)}</td>'
        for cell, column in zip(row, columns, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>"


def _cell(c: Cell) -> str:
    sub = f'<br><span class="rk-u">{escape(c.sub)}</span>' if c.sub else ""
    if c.kind == "spark":
        return spark(c.spark, c.text) + sub
    if c.kind == "status":
        shape = _SHAPES.get(str(theme.tokens()["tone"][c.tone].get("shape", "")), "")
        return f'<span class="rk-p" style="{_toned(c.tone)}">{shape} {escape(c.text)}</span>{sub}'
    if c.tone not in {"none", "neutral"}:
        return f'<b style="color:var(--rk-{c.tone}t)">{escape(c.text)}</b>{sub}'
    said = escape(c.text)
    said = f"<b>{said}</b>" if c.kind == "strong" else f'<span class="rk-m">{said}</span>' if c.kind == "muted" else said  # fmt: skip
    return said + sub


def spark(values: Sequence[float | None], words: str = "", *, wide: int = 96, high: int = 22) -> str:  # fmt: skip
    """Draw a short series as a line with a dot at its end; a gap stays a gap, and block characters stand where nothing is drawn."""
    known = [v for v in values if v is not None]
    if not known:
        return ""
    low, high_ = min(known), max(known)
    step, span = (wide - 8) / max(len(values) - 1, 1), (high_ - low) or 1.0
    points = [
        None if v is None else (4 + i * step, high - 4 - (high - 8) * ((v - low) / span if high_ > low else 0.5))
        for i, v in enumerate(values)
    ]  # fmt: skip
    path, begun = "", False
    for point in points:
        path += f"{'L' if begun else 'M'}{point[0]:.1f} {point[1]:.1f}" if point else ""
        begun = point is not None
    last = next(point for point in reversed(points) if point)
    said = escape(words or plain.bars(values))
    return (
        f'<svg width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" role="img" aria-label="{said}"><title>{said}</title>'
        f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round"/>'
        f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="2.5" fill="currentColor"/></svg>'
    )


def _callout(b: Callout) -> str:
    return f'<div class="rk-c" style="{_toned(b.tone)}"><b>{escape(b.title)}</b><br>{escape(b.text)}</div>'


def _decisions(b: Decisions) -> str:
    if not b.items:
        return _p(b.empty, "rk-m")
    parts = []
    for d in b.items:
        options = "".join(
            f"<li>{'<b>Recommended:</b> ' if o.recommended else ''}{escape(o.name)}: {escape(o.cost)}; {escape(o.risk_change)}; {escape(o.user_impact)}</li>"
            for o in d.options
        )
        by = _p(f"{d.owner}, by {d.by_when}", "rk-m")
        parts.append(f"<h4>{d.number}. {escape(d.title)}</h4>{_p(d.ask)}<ul>{options}</ul>{by}")
    return "".join(parts)


_WRITERS: dict[str, Callable[[Any], str]] = {
    "cover": _cover, "headline": _headline, "tiles": _tiles, "table": _table, "callout": _callout, "decisions": _decisions,
}  # fmt: skip
