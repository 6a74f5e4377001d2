"""The document as a workbook: every figure with its definition, one sheet a section, numbers that are numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from reportkit import locale, theme
from reportkit.facts import Callout, Cell, Column, Decisions, Headline, Table, Tiles
from reportkit.render import behind, numerals, plain
from reportkit.render.markdown import plain as words_of
from reportkit.render.model import UNDATED, Break, Chart, Image, Preformatted, Prose
from reportkit.render.sheets import WIDEST, Sheet
from reportkit.render.zipped import still

if TYPE_CHECKING:
    from reportkit.render.model import Content, Document, Node

#: What makes a spreadsheet take a text for a formula (OWASP, CSV Injection).
_LEADS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
#: Characters of a cell, and of a sheet's name, that Excel takes.
_CELL, _NAME = 32_767, 31
_TEXT_WIDTH = 110
_FIGURES = (
    ("Measure", 9), ("Name", 40), ("Of", 22), ("Value", 14), ("Unit", 9), ("Numerator", 12), ("Denominator", 12), ("Low", 12), ("High", 12),
    ("n", 8), ("Limit", 12), ("Better when", 12), ("Status", 10), ("Not measured because", 36), ("As of", 12), ("Known by (UTC)", 18), ("Definition", 90),
    ("Version", 9), ("Data", 7), ("Owner", 26),
)  # fmt: skip
_BETTER = {"down": "lower", "up": "higher", "band": "near the target"}


@dataclass(frozen=True)
class WorkbookResult:
    """A finished workbook.

    Attributes:
        data: the ``.xlsx`` file; the same document gives the same bytes.
        warnings: one sentence for everything a reader might miss.
    """

    data: bytes
    warnings: tuple[str, ...]


def write(document: Document) -> WorkbookResult:
    """Write the document as a workbook.

    The first sheet is the cover with links, the second all figures as full numbers with their definitions; each section
    has a sheet with its tables, and the data behind its charts. Text that a spreadsheet would run is stored as text.
    """
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        writer = _Writer(book, document)
        writer.all()
    made = document.cover.known_by
    return WorkbookResult(still(out.getvalue(), made), tuple(writer.warnings))


class _Writer:
    """Writes one document into one workbook."""

    def __init__(self, book: Any, document: Document) -> None:
        self.book, self.document = book, document
        self.warnings: list[str] = []
        self._style: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._names: set[str] = set()
        self._trends: list[tuple[str, Sequence[float | None]]] = []
        self._look = theme.tokens()
        self._locale = locale.get(document.cover.locale)

    def all(self) -> None:
        cover = self.document.cover
        self.book.set_properties({
            "title": f"{cover.title}, {cover.period}", "author": cover.author, "company": cover.organisation,
            "comments": f"{cover.classification}; {cover.status}", "created": cover.known_by.replace(tzinfo=None),
        })  # fmt: skip
        front = self._sheet("Report")
        figures = self._figures()
        linked = [(figures, "Every figure with its definition")] if figures else []
        linked += [(self._section(title, blocks), title) for title, blocks in self._sections()]
        if trends := self._trend_sheet():
            linked.append((trends, "Trends drawn beside figures"))
        self._front(front, linked)

    # ---- sheets ----

    def _sheet(self, title: str) -> Sheet:
        base = _NOT_IN_NAMES.sub(" ", title).strip(" '")[:_NAME].strip() or "Section"
        name, number = base, 2
        while name.lower() in self._names:
            end = f" {number}"
            name, number = base[: _NAME - len(end)] + end, number + 1
        self._names.add(name.lower())
        page = self.book.add_worksheet(name)
        page.hide_gridlines(2)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        cover = self.document.cover
        mark = f"{cover.classification} · {cover.status}".replace("&", "&&")
        page.set_footer(f"&L{cover.organisation[:60].replace('&', '&&')}&C{mark}&R&P/&N")
        return Sheet(page)

    def _front(self, sheet: Sheet, linked: Sequence[tuple[str, str]]) -> None:
        cover, page = self.document.cover, sheet.page
        page.set_column(0, 0, 18)
        page.set_column(1, 1, 70)
        self._text(sheet, 0, 0, cover.title, bold=True, font_size=20, font_color=self._ink)
        self._text(sheet, 1, 0, cover.subtitle, font_size=11, font_color=self._muted)
        facts: list[tuple[str, Any]] = [
            ("Organisation", cover.organisation),
            ("Period", cover.period),
        ]
        if cover.known_by != UNDATED:
            facts += [
                ("As of", cover.as_of),
                ("Known by (UTC)", cover.known_by.replace(tzinfo=None)),
            ]
        facts += [("Unit", cover.unit), ("For", cover.audience), ("From", cover.author)]
        facts += [("Status", cover.status.capitalize()), ("Handle as", cover.classification)]
        row = 3
        for name, value in facts:
            if value:
                self._text(sheet, row, 0, name, font_color=self._muted)
                self._value(sheet, row, 1, value)
                row += 1
        row += 1
        self._text(sheet, row, 0, "Sheets", bold=True, font_color=self._ink)
        for name, title in linked:
            row += 1
            quoted = name.replace("'", "''")
            link = self._look["light"]["accent_text"]
            page.write_url(row, 0, f"internal:'{quoted}'!A1", self._format(font_color=link, underline=1), name)  # fmt: skip
            self._text(sheet, row, 1, title)

    def _figures(self) -> str:
        figures = self.document.facts.figures
        if not figures:
            return ""
        sheet = self._sheet("Figures")
        page = sheet.page
        for column, (name, width) in enumerate(_FIGURES):
            page.set_column(column, column, width)
            self._text(sheet, 0, column, name, **self._head)
        for row, one in enumerate(figures, 1):
            share = one.unit == "percent"
            scale, shape = (100.0, "0.0%") if share else (1.0, "#,##0.##" if one.unit != "money" else "#,##0")  # fmt: skip

            def told(value: float | None, scale: float = scale) -> float | None:
                return None if value is None else value / scale

            values = (
                one.measure, one.name, one.scope, told(one.value), one.currency or one.unit, one.numerator, one.denominator, told(one.low), told(one.high),
                one.n, told(one.target), _BETTER[one.direction], {"none": ""}.get(one.status, one.status), one.reason or "", one.as_of,
                one.known_by.replace(tzinfo=None), one.definition, one.definition_version, one.confidence, one.owner,
            )  # fmt: skip
            for column, value in enumerate(values):
                measured = _FIGURES[column][0] in {"Value", "Low", "High", "Limit"}
                more: dict[str, Any] = {"num_format": shape} if measured else {}
                if _FIGURES[column][0] in {"Definition", "Name", "Not measured because"}:
                    more = {"text_wrap": True}
                self._value(sheet, row, column, value, valign="top", **more)
        page.freeze_panes(1, 2)
        page.autofilter(0, 0, len(figures), len(_FIGURES) - 1)
        return str(page.get_name())

    def _sections(self) -> Iterator[tuple[str, list[Content]]]:
        """Give the blocks under each level-1 heading; what stands before the first one is the summary."""
        title, blocks = "Summary", list[Any]()
        for placed in self.document.blocks:
            content = placed.content
            if not isinstance(content, Prose):
                blocks.append(content)
                continue
            run: list[Node] = []
            for node in content.nodes:
                if node["type"] == "heading" and node["attrs"]["level"] == 1:
                    blocks += [Prose(tuple(run))] if run else []
                    if blocks:
                        yield title, blocks
                    title, blocks, run = words_of(node["children"]), [], []
                else:
                    run.append(node)
            blocks += [Prose(tuple(run))] if run else []
        if blocks:
            yield title, blocks

    def _section(self, title: str, blocks: Sequence[Content]) -> str:
        sheet = self._sheet(title)
        self._line(sheet, title, bold=True, font_size=16, font_color=self._ink)
        for content in blocks:
            self._block(sheet, content)
        sheet.settle()
        return str(sheet.page.get_name())

    def _trend_sheet(self) -> str:
        if not self._trends:
            return ""
        sheet = self._sheet("Trends")
        self._text(sheet, 0, 0, "Oldest to newest; an empty cell was not measured", **self._head)
        sheet.page.set_column(0, 0, 46)
        for row, (name, values) in enumerate(self._trends, 1):
            self._text(sheet, row, 0, name)
            for column, value in enumerate(values, 1):
                if value is not None:
                    sheet.page.write_number(row, column, value)
        return str(sheet.page.get_name())

    # ---- blocks ----

    def _block(self, sheet: Sheet, content: Content) -> None:
        match content:
            case Table():
                self._table(sheet, content)
            case Chart():
                self._chart(sheet, content)
            case Headline():
                self._line(sheet, content.statement, bold=True, font_size=12)
                for message in content.messages:
                    self._line(sheet, f"{message.title}: {message.text}", tone=message.tone)
            case Tiles():
                cells = [(t.label, t.value, t.delta, t.note) for t in content.items]
                heads = (("", "left"), ("Now", "right"), ("Change", "right"), ("", "left"))
                columns = tuple(Column(label=label, align="right" if side == "right" else "left") for label, side in heads)  # fmt: skip
                self._table(sheet, Table(id="", title="", columns=columns, rows=tuple(tuple(Cell(text=text) for text in row) for row in cells)))  # fmt: skip
            case Callout():
                self._line(sheet, f"{content.title}. {content.text}" if content.title else content.text, tone=content.tone)  # fmt: skip
            case Decisions():
                self._decisions(sheet, content)
            case Prose() | Preformatted():
                for line in plain.unwrapped(content):
                    self._line(sheet, line)
            case Image():
                self._line(sheet, f"Picture: {content.alt}")
            case Break():
                return
        sheet.row += 1

    def _line(self, sheet: Sheet, text: str, *, tone: str = "", **look: Any) -> None:
        """Write text over the width of a page."""
        more = {**look, "text_wrap": True, "valign": "top"}
        if tone in {"good", "watch", "bad"}:
            colours = self._look["tone"][tone]["light"]
            more |= {"bg_color": colours["fill"], "font_color": colours["text"]}
        lines = sum(1 + len(part) // _TEXT_WIDTH for part in text.split("\n"))
        size = look.get("font_size", 11)
        sheet.page.set_row(sheet.row, max(lines, 1) * size * 1.36)
        sheet.page.merge_range(sheet.row, 0, sheet.row, 7, "", self._format(**more))
        self._text(sheet, sheet.row, 0, text, **more)
        sheet.row += 1

    def _table(self, sheet: Sheet, table: Table) -> None:
        if table.title:
            self._line(sheet, table.title, bold=True, font_color=self._ink)
        if not table.rows:
            self._line(sheet, table.empty, font_color=self._muted)
        else:
            for column, head in enumerate(table.columns):
                more = {"align": "right"} if head.align == "right" else {}
                self._text(sheet, sheet.row, column, head.label, **self._head, **more)
                sheet.want(column, head.label)
            sheet.row += 1
            for row in table.rows:
                for column, (cell, head) in enumerate(zip(row, table.columns, strict=True)):
                    self._cell(sheet, column, cell, head, row[0].text)
                sheet.row += 1
        if table.note:
            self._line(sheet, table.note, font_color=self._muted, italic=True)

    def _cell(self, sheet: Sheet, column: int, cell: Cell, head: Column, name: str) -> None:
        look: dict[str, Any] = {"valign": "top"}
        if cell.tone in {"good", "watch", "bad"}:
            colours = self._look["tone"][cell.tone]["light"]
            look["font_color"] = colours["text"]
            if cell.kind == "status":
                look |= {"bg_color": colours["fill"], "indent": 1}
        if cell.kind == "strong":
            look["bold"] = True
        if cell.kind == "spark" and any(value is not None for value in cell.spark):
            self._trends.append((f"{name}: {head.label}", cell.spark))
            row, last = len(self._trends), len(cell.spark)
            from xlsxwriter.utility import xl_range_abs

            sheet.page.add_sparkline(sheet.row, column, {
                "range": f"Trends!{xl_range_abs(row, 1, row, last)}", "markers": True, "series_color": self._look["light"]["accent"],
            })  # fmt: skip
            sheet.want(column, "x" * 14)
            return
        text = f"{cell.text}\n{cell.sub}" if cell.sub else cell.text
        counted = head.align == "right" or cell.kind in {"number", "delta"}
        found = numerals.read(cell.text, self._locale) if not cell.sub else None
        if found is not None and (counted or isinstance(found.value, date)):
            self._value(sheet, sheet.row, column, found.value, **look, num_format=found.format, align="right")  # fmt: skip
        else:
            more = {"align": "right"} if head.align == "right" else {}
            self._text(sheet, sheet.row, column, text, **look, **more, text_wrap=len(text) > WIDEST or "\n" in text)  # fmt: skip
        sheet.want(column, text)

    def _chart(self, sheet: Sheet, chart: Chart) -> None:
        if chart.title:
            self._line(sheet, chart.title, bold=True, font_color=self._ink)
        self._line(sheet, chart.alt, font_color=self._muted)
        for table in behind.tables(chart, most=None):
            for column, label in enumerate(table.columns):
                self._text(sheet, sheet.row, column, label, **self._head)
                sheet.want(column, label)
            sheet.row += 1
            for row in table.rows:
                for column, value in enumerate(row):
                    self._value(sheet, sheet.row, column, value, valign="top")
                    sheet.want(column, behind.written(value, self._locale))
                sheet.row += 1
            sheet.row += 1
        if chart.note:
            self._line(sheet, chart.note, font_color=self._muted, italic=True)

    def _decisions(self, sheet: Sheet, decisions: Decisions) -> None:
        if not decisions.items:
            self._line(sheet, decisions.empty, font_color=self._muted)
        columns = tuple(Column(label=x) for x in ("Option", "Cost", "Change in risk", "Effect on users", "Recommended"))  # fmt: skip
        for item in decisions.items:
            kind = "For decision" if item.for_decision else "For information"
            self._line(sheet, f"{kind} {item.number}: {item.title}", bold=True, font_color=self._ink)  # fmt: skip
            self._line(sheet, item.ask)
            rows = tuple(
                tuple(Cell(text=text) for text in (o.name, o.cost, o.risk_change, o.user_impact, "yes" if o.recommended else ""))
                for o in item.options
            )  # fmt: skip
            facts = (("Owner", item.owner), ("Decide by", item.by_when), ("Can it be undone?", item.reversibility), ("Last time", item.last_time))  # fmt: skip
            said = ". ".join(f"{name}: {value.rstrip('.')}" for name, value in facts if value)
            self._table(sheet, Table(id="", title="", columns=columns, rows=rows, note=said))
            sheet.row += 1

    # ---- cells ----

    @property
    def _ink(self) -> str:
        return str(self._look["light"]["ink"])

    @property
    def _muted(self) -> str:
        return str(self._look["light"]["muted"])

    @property
    def _head(self) -> dict[str, Any]:
        band = self._look["light"]
        return {"bold": True, "bg_color": band["ink"], "font_color": band["on_ink"], "text_wrap": True, "valign": "top"}  # fmt: skip

    def _format(self, **look: Any) -> Any:
        key = tuple(sorted(look.items()))
        if key not in self._style:
            self._style[key] = self.book.add_format({"font_name": "Arial", "font_size": 10, **look})
        return self._style[key]

    def _text(self, sheet: Sheet, row: int, column: int, text: str, **look: Any) -> None:
        if text.startswith(_LEADS):
            # A text when it is stored, and still one when somebody edits the cell.
            look["quote_prefix"] = True
        if len(text) > _CELL:
            self.warnings.append(f"{text[:40]!r}… is longer than a cell holds and is cut")
        if text:
            sheet.page.write_string(row, column, text[:_CELL], self._format(**look))
        else:
            sheet.page.write_blank(row, column, None, self._format(**look))

    def _value(self, sheet: Sheet, row: int, column: int, value: Any, **look: Any) -> None:
        if isinstance(value, bool):
            sheet.page.write_boolean(row, column, value, self._format(**look))
        elif isinstance(value, datetime):
            sheet.page.write_datetime(row, column, value, self._format(num_format="yyyy-mm-dd hh:mm", align="left", **look))  # fmt: skip
        elif isinstance(value, date):
            look = {"num_format": "d mmm yyyy", "align": "left", **look}
            sheet.page.write_datetime(row, column, datetime(value.year, value.month, value.day), self._format(**look))  # noqa: DTZ001 - a day # fmt: skip
        elif isinstance(value, int | float):
            sheet.page.write_number(row, column, value, self._format(**look))
        elif value is not None:
            self._text(sheet, row, column, str(value), **look)
