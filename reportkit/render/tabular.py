"""Tables on paper: measured, set upright where they fit and across the page where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reportkit import locale, theme
from reportkit.facts import Cell, Table
from reportkit.render.columns import Fit, Need, fit
from reportkit.render.measure import BREAK, Ruler, breakable, clean, ruler, words
from reportkit.render.sparkline import sparkline

Data = dict[str, Any]

MAX_ROWS = 400
#: Columns that are never taken apart.
_TOGETHER = 8
#: Rows looked at when room is shared among the columns of a table.
SAMPLE = 40
#: A table up to this height, in points, stays on one page.
WHOLE = 330.0
#: Distance of two lines in a cell, in font sizes.
LEADING = 1.22
_POINT = 72 / 25.4
_PIXEL = 0.75
_SPARK = (58.0, 13.0)
_STATUS_WORDS_PAD = 18.0


@dataclass
class Setting:
    """The page that everything is set on, and what comes up while it is set.

    Attributes:
        fonts: folder of the report's fonts.
        warnings: what had to be repaired or left out.
        files: pictures by the name under which the template finds them.
        look: tokens of the theme.
        ruler: measures text in the report's font.
        room: width of the text in points.
        across: the same on a page turned on its side.
    """

    fonts: Path
    warnings: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    look: Data = field(default_factory=theme.tokens)
    ruler: Ruler = field(init=False)
    room: float = field(init=False)
    across: float = field(init=False)

    def __post_init__(self) -> None:
        page = self.look["page"]
        self.ruler = ruler(self.fonts, self.look["font"]["sans"])
        self.room = (page["width"] - page["left"] - page["right"]) * _POINT
        self.across = (page["height"] - page["left"] - page["right"]) * _POINT

    def file(self, svg: bytes) -> str:
        """Keep an SVG and give the name under which the template finds it."""
        name = f"picture-{len(self.files) + 1}.svg"
        self.files[name] = svg
        return name


@dataclass(frozen=True)
class TableSetter:
    """Sets tables."""

    setting: Setting

    def parts(self, table: Table) -> list[Data]:
        """Give a table in as many parts as it takes for every word to stay whole; each begins with the first column."""
        count = len(table.columns)
        if count <= _TOGETHER or self._stands(table):
            return [self.set(table)]
        for pieces in range(2, count // 3 + 1):
            step = -(-(count - 1) // pieces)
            spans = [range(at, min(at + step, count)) for at in range(1, count, step)]
            made = [_columns(table, (0, *span)) for span in spans]
            if all(self._stands(part) for part in made):
                return [
                    self.set(part.model_copy(update={
                        "title": f"{table.title} ({part.columns[1].label} to {part.columns[-1].label})",
                        "note": table.note if part is made[-1] else "",
                    }))
                    for part in made
                ]  # fmt: skip
        return [self.set(table)]

    def _stands(self, table: Table) -> bool:
        """Say whether a table fits across a page with its words whole, at the smallest size."""
        size = self.setting.look["type"]["table"] - (0.8 if table.dense else 0.0) - 1.2
        return self._fitted(table, table.rows[:MAX_ROWS], size, 3.6, self.setting.across).fits

    def set(self, table: Table) -> Data:
        """Give the template's data of a table, with the width of every column in points."""
        rows, note = table.rows, table.note
        if len(rows) > MAX_ROWS:
            note = (
                f"{note} Shown are the first {MAX_ROWS} of {locale.number(len(rows))} rows.".strip()
            )
            self.setting.warnings.append(
                f"table {table.title or table.id!r}: {locale.number(len(rows) - MAX_ROWS)} of {locale.number(len(rows))} rows are not printed"
            )
            rows = rows[:MAX_ROWS]
        size = self.setting.look["type"]["table"] - (0.8 if table.dense else 0.0)
        pad, lead = 4.6, 3.4 if table.dense else 4.6
        across, chosen = False, self._fitted(table, rows, size, pad, self.setting.room)
        for smaller in (size - 0.6, size - 1.2):
            if chosen.fits and chosen.lines <= (5 if table.wide else 9):
                break
            size, pad = smaller, 3.6
            chosen = self._fitted(table, rows, size, pad, self.setting.room)
        if not chosen.fits or chosen.lines > (7 if table.wide else 14):
            turned = self._fitted(table, rows, size, pad, self.setting.across)
            if turned.fits or turned.lines < chosen.lines or not chosen.fits:
                across, chosen = True, turned
        if not chosen.fits:
            self.setting.warnings.append(
                f"table {table.title or table.id!r} is too wide even across the page; its words are broken"
            )
        height = len(rows) * (chosen.average * size * LEADING + 2 * lead)
        return {
            "t": "table", "across": across, "title": clean(table.title), "note": clean(note), "empty": clean(table.empty),
            "columns": [{"label": self._narrowed(c.label, w, size), "align": c.align}
                        for c, w in zip(table.columns, chosen.widths, strict=True)],
            "rows": [[self._cell(cell, width, size) for cell, width in zip(row, chosen.widths, strict=True)] for row in rows],
            "widths": list(chosen.widths), "size": round(size, 2), "pad": pad, "lead": lead,
            "total": table.total, "plain": False, "breakable": height > WHOLE,
        }  # fmt: skip

    def _fitted(
        self, table: Table, rows: Sequence[Sequence[Cell]], size: float, pad: float, room: float
    ) -> Fit:
        last = len(table.columns) - 1
        sample = rows[:: max(len(rows) // SAMPLE, 1)]
        needs = []
        for position, column in enumerate(table.columns):
            sides = pad * ((position > 0) + (position < last)) + 0.6
            least = self.setting.ruler.longest_word(clean(column.label), size * 0.92, strong=True)
            most = min(
                self.setting.ruler.width(column.label, size * 0.92, strong=True), least * 1.8
            )
            for row in rows:
                low, high = self._cell_need(row[position], size, first=position == 0)
                least, most = max(least, low), max(most, high)
            words = tuple(self._words(row[position], size, first=position == 0) for row in sample)
            needs.append(
                Need(
                    least=least + sides,
                    most=most + sides,
                    share=column.width,
                    sides=sides,
                    words=words,
                )
            )
        return fit(needs, room)

    def _words(self, cell: Cell, size: float, *, first: bool) -> tuple[tuple[float, ...], ...]:
        low, high = self._cell_need(cell.model_copy(update={"sub": ""}), size, first=first)
        strong = first or cell.kind == "strong"
        ruler = self.setting.ruler
        line = (
            (low,)
            if low == high
            else tuple(ruler.width(w, size, strong=strong) for w in words(clean(cell.text)))
        )
        if not cell.sub:
            return (line,)
        return line, tuple(ruler.width(w, size * 0.86) for w in words(clean(cell.sub)))

    def _cell_need(self, cell: Cell, size: float, *, first: bool) -> tuple[float, float]:
        if cell.kind == "spark":
            return _SPARK[0] * _PIXEL, _SPARK[0] * _PIXEL
        text, strong = clean(cell.text), cell.kind in {"strong", "delta", "status"} or first
        whole = self.setting.ruler.width(text, size, strong=strong)
        if cell.kind == "status" and text:
            low = high = (
                self.setting.ruler.width(text, size * 0.92, strong=True) + _STATUS_WORDS_PAD
            )
        elif cell.kind in {"number", "delta"}:
            low = high = whole + (9.0 if cell.kind == "delta" else 0.0)
            if len(text) > 24:
                low = self.setting.ruler.longest_word(text, size, strong=strong)
        else:
            low, high = self.setting.ruler.longest_word(text, size, strong=strong), whole
        if cell.sub:
            sub = clean(cell.sub)
            low = max(low, self.setting.ruler.longest_word(sub, size * 0.86))
            high = max(high, min(self.setting.ruler.width(sub, size * 0.86), 130.0))
        return low, high

    def _cell(self, cell: Cell, width: float, size: float) -> Data:
        made: Data = {"kind": cell.kind, "tone": cell.tone, "text": self._narrowed(cell.text, width, size),
                      "sub": self._narrowed(cell.sub, width, size)}  # fmt: skip
        if cell.kind == "spark":
            colours = self.setting.look["tone"].get(cell.tone, self.setting.look["tone"]["none"])[
                "light"
            ]
            dot = (
                colours["mark"]
                if cell.tone in {"good", "watch", "bad"}
                else self.setting.look["light"]["accent"]
            )
            known = [value for value in cell.spark if value is not None]
            drawn = sparkline(
                cell.spark,
                line=self.setting.look["light"]["muted"],
                dot=dot,
                width=_SPARK[0],
                height=_SPARK[1],
            )
            made["file"] = self.setting.file(drawn.encode()) if known else ""
            made["width"] = _SPARK[0] * _PIXEL
            # Nothing is drawn of a trend without a value, so its words would be read.
            made["text"] = (_worded(made["text"]) or _spoken(cell.spark)) if known else "–"
        return made

    def _narrowed(self, text: str, width: float, size: float) -> str:
        """Let words be broken that are wider than their column."""
        ready = clean(text)
        if self.setting.ruler.longest_word(ready, size, strong=True) <= width:
            return ready
        limit = max(int(width / (size * 0.75)), 3)
        return breakable(ready.replace(BREAK, ""), limit)


def _columns(table: Table, kept: Sequence[int]) -> Table:
    """Give a table with some of its columns."""
    return table.model_copy(update={
        "columns": tuple(table.columns[i] for i in kept), "rows": tuple(tuple(row[i] for i in kept) for row in table.rows),
    })  # fmt: skip


def _worded(values: str) -> str:
    """Say that a row of numbers is a trend: alone it is no sentence."""
    if values and not any(char.isalpha() for char in values):
        return f"Trend, oldest first: {values}."
    return values


def _spoken(values: Sequence[float | None]) -> str:
    """Say a trend in words, for those who cannot see the line."""
    known = [value for value in values if value is not None]
    words = f"Trend of {len(values)} periods: it starts at {locale.general(known[0], 4)} and ends at {locale.general(known[-1], 4)}"
    if values[-1] is None:
        words = f"Trend of {len(values)} periods: it starts at {locale.general(known[0], 4)} and is last measured at {locale.general(known[-1], 4)}"
    missing = len(values) - len(known)
    return (
        f"{words}, between {locale.general(min(known), 4)} and {locale.general(max(known), 4)}"
        + (f"; {missing} not measured." if missing else ".")
    )
