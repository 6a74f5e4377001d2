"""Blocks arranged as the sections of a page: anchors, heading levels, pairs of charts, and how tables adapt."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from reportkit.facts import Callout, Decisions, Headline, Table, Tiles
from reportkit.render import behind, charts, markup, vectors
from reportkit.render.legend import pickable
from reportkit.render.markdown import plain
from reportkit.render.model import Break, Chart, Image, Placed, Preformatted, Prose

if TYPE_CHECKING:
    from reportkit.render.model import Content, Document

_STACK_ROWS = 20
#: Rows of one table: nobody reads more on a page, and it has to open on a phone.
_ROWS = 1_000
#: Rows of a table behind a chart: a page is read, a workbook holds all of them.
_BEHIND = 40
#: A column without a share of the width stays on one line up to so many letters.
_SHORT = 40
#: Where an SVG says places, and the digits there that are smaller than a hundredth of a pixel.
_GEOMETRY = re.compile(r'\s(?:d|transform|x|y|x1|x2|y1|y2|width|height)="[^"]*"')
_DIGITS = re.compile(r"(\.\d\d)\d+(?!\d*e)")
#: A chart at least this wide, in pixels, is stretched over its column; a smaller one keeps its size.
_FILL, _FILL_HALF = 540, 260


@dataclass(frozen=True)
class Grid:
    """The numbers behind a chart, written as text; ``counted`` says which columns hold numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    counted: tuple[bool, ...]
    left_out: int = 0


@dataclass
class Item:
    """One block, ready for its macro."""

    kind: str
    content: Any = None
    anchor: str = ""
    heading: str = "h3"
    annex: bool = False
    wide: bool = False
    broad: bool = False
    stack: bool = False
    scored: bool = False
    lead: int = 0
    columns: bool = False
    svg: Markup = field(default_factory=Markup)
    spec: Markup = field(default_factory=Markup)
    uri: str = ""
    parts: tuple[Item, ...] = ()
    data: tuple[Grid, ...] = ()


@dataclass
class Section:
    """A level-1 heading and what follows it."""

    title: Markup = field(default_factory=Markup)
    plain: str = ""
    anchor: str = ""
    annex: bool = False
    items: list[Item] = field(default_factory=list)


class Layout:
    """Walks the blocks once, collecting sections, footnotes, column rules and warnings."""

    def __init__(self, document: Document, *, interactive: bool) -> None:
        self._document, self._interactive = document, interactive
        self._taken = {"report", "notes-h"}
        self.look: dict[str, Any] | None = None
        self._level = 1
        self.footnotes = markup.Footnotes()
        self.column_rules: list[str] = []
        self.warnings: list[str] = []

    def sections(self) -> Iterator[Section]:
        """Give the sections in reading order; blocks before the first heading open one without a title."""
        section = Section()
        for placed in self._document.blocks:
            if isinstance(placed.content, Prose):
                for piece in self._prose(placed.content, placed):
                    if isinstance(piece, Section):
                        if section.anchor or section.items:
                            yield _paired(section)
                        section = piece
                    else:
                        section.items.append(piece)
            else:
                section.items.append(self._block(placed.content, placed))
        if section.anchor or section.items:
            yield _paired(section)

    def _prose(self, prose: Prose, placed: Placed) -> Iterator[Section | Item]:
        writer = markup.Writer(self.footnotes, placed.cell)
        run: list[Any] = []
        for node in prose.nodes:
            if node["type"] != "heading":
                run.append(node)
                continue
            if run:
                yield Item("prose", writer.nodes(run))
                run = []
            words, title = plain(node["children"]), writer.nodes(node["children"])
            anchor = markup.slug(words, self._taken)
            self._level = node["attrs"]["level"]
            if self._level == 1:
                yield Section(title, words, anchor, annex="annex" in placed.tags)
            else:
                yield Item("heading", title, anchor, heading=f"h{min(self._level + 1, 6)}")
        if run:
            yield Item("prose", writer.nodes(run))
        writer.keep_notes(prose)

    def _block(self, content: Content, placed: Placed) -> Item:
        annex = "annex" in placed.tags
        match content:
            case Chart():
                return self._chart(content)
            case Table():
                return self._table(content, annex=annex)
            case Decisions():
                return Item("decisions", content, heading=f"h{min(self._level + 2, 6)}")
            case Headline():
                return Item("headline", content)
            case Tiles():
                return Item("tiles", content)
            case Callout():
                return Item("callout", content)
            case Image():
                return Item("image", content, uri=data_uri(content.mime, content.data))
            case Preformatted():
                return Item("preformatted", content)
            case Break():
                return Item("break")
            case _:
                raise TypeError(f"block {type(content).__name__} has no place on a page")

    def _chart(self, chart: Chart) -> Item:
        item = Item("chart", chart, markup.slug(chart.id, self._taken))
        item.data = tuple(_grid(table) for table in behind.tables(chart, _BEHIND))
        drawn = charts.svg(chart)
        item.svg = Markup(_inline_svg(drawn))  # noqa: S704 - cleaned by the chart module
        item.wide = vectors.size(drawn)[0] >= (_FILL_HALF if chart.half else _FILL)
        if self._interactive:
            live = charts.vega(replace(chart, spec=pickable(chart.spec)))
            look = live.pop("config", {})
            self.look = look if self.look is None else self.look
            if look != self.look:
                live["config"] = look
            item.spec = script_json(_trimmed(live))
        return item

    def _table(self, table: Table, *, annex: bool) -> Item:
        left = len(table.rows) - _ROWS
        if left > 0:
            said = f"{left:,} of {len(table.rows):,} rows are left out here; a workbook holds all."
            self.warnings.append(f"table {table.title[:60]!r}: {said}")
            table = table.model_copy(update={"rows": table.rows[:_ROWS], "note": f"{said} {table.note}".strip(), "total": False})  # fmt: skip
        item = Item("table", table, markup.slug(table.id or table.title, self._taken), annex=annex)
        item.wide = table.wide or len(table.columns) > 9
        item.broad = item.wide or len(table.columns) > 6
        kinds = [
            {row[position].kind for row in table.rows} for position in range(len(table.columns))
        ]
        item.lead = next((i for i, kind in enumerate(kinds[:3]) if "strong" in kind), 0)
        # A card needs a name: rows that leave it to the row above stay a table.
        named = all(row[item.lead].text for row in table.rows)
        item.stack = len(table.columns) >= 4 and len(table.rows) <= _STACK_ROWS and named
        item.scored = item.stack and sum("status" in kind for kind in kinds[1:]) == 1
        shares = [column.width for column in table.columns]
        if any(shares):
            item.columns = True
            total = sum(shares)
            for position, share in enumerate(shares, start=1):
                width = f"{100 * share / total:.1f}%" if share else "1%"
                self.column_rules.append(
                    f"#{item.anchor} col:nth-child({position}){{width:{width}}}"
                )
                longest = max((len(row[position - 1].text) for row in table.rows), default=0)
                if not share and longest <= _SHORT:
                    self.column_rules.append(
                        f"@media print,(min-width:761px){{#{item.anchor} tr>:nth-child({position})"
                        ":not(.empty){white-space:nowrap}}"
                    )
        return item


def _paired(section: Section) -> Section:
    """Put neighbouring half-width charts side by side."""
    items: list[Item] = []
    for item in section.items:
        last = items[-1] if items else None
        half = item.kind == "chart" and item.content.half
        if half and last is not None and last.kind == "chart" and last.content.half:
            items[-1] = Item("pair", parts=(last, item))
        else:
            items.append(item)
    section.items = items
    return section


def _grid(table: behind.Behind) -> Grid:
    cells = tuple(tuple(behind.written(value) for value in row) for row in table.rows)
    counted = tuple(
        all(isinstance(row[i], float | None) for row in table.rows)
        for i in range(len(table.columns))
    )
    return Grid(table.columns, cells, counted, table.left_out)


def _trimmed(node: Any) -> Any:
    """Write no more digits of a number than a screen or a tooltip can show."""
    if isinstance(node, float):
        return float(f"{node:.9g}")
    if isinstance(node, dict):
        return {key: _trimmed(child) for key, child in node.items()}
    return [_trimmed(child) for child in node] if isinstance(node, list) else node


def script_json(value: object) -> Markup:
    """Write a value as JSON that may stand inside a script element: no ``<`` is left in it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return Markup(safe)  # noqa: S704 - no markup can start without the sign that was just replaced


def _inline_svg(svg: str) -> str:
    """Drop what an SVG inside HTML does not need: namespaces, which look like addresses, and invisible digits."""
    bare = re.sub(r'\s(?:xmlns(?::\w+)?|version)="[^"]*"', "", svg.strip(), count=3)
    return _GEOMETRY.sub(lambda shape: _DIGITS.sub(r"\1", shape[0]), bare)


def data_uri(mime: str, data: bytes) -> str:
    """Give bytes as an address that holds them."""
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"
