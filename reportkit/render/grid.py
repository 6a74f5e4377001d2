"""Tables of foreign HTML as grids: spans filled in, titles taken out of the head, colours read as tones."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator
from typing import Any

from reportkit.facts import Cell, Column, Table, Tone

#: Tags that begin a line of their own.
BLOCKS = frozenset({
    "table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "section", "ul", "ol",
    "li", "pre", "blockquote", "center", "dl", "dt", "dd", "details", "summary", "article", "header",
})  # fmt: skip
_NUMBER = re.compile(r"[+\-−]?[\d.,'’\s]*\d\s*(%|d|h|m|k|bn)?|nan|–|-|")
_BACKGROUND = re.compile(r"(?i)background(?:-color)?\s*:\s*([^;]+)")
_LONGEST = 100_000
#: Columns, and cells of all rows: a few words with spans make more of them than memory holds.
_COLUMNS, _CELLS = 1_000, 100_000
_NAMED = {
    "green": "#008000",
    "lime": "#00FF00",
    "lightgreen": "#90EE90",
    "red": "#FF0000",
    "salmon": "#FA8072",
    "darkred": "#8B0000",
    "orange": "#FFA500",
    "gold": "#FFD700",
    "yellow": "#FFFF00",
    "amber": "#FFBF00",
    "lightcoral": "#F08080",
    "darkgreen": "#006400",
    "crimson": "#DC143C",
    "pink": "#FFC0CB",
    "tomato": "#FF6347",
}


class Grid:
    """One table while it is read."""

    def __init__(self, colours: dict[str, Tone]) -> None:
        self._caption: list[str] = []
        self._colours = colours
        self._rows: list[list[tuple[str, Tone]]] = []
        self._heads: set[int] = set()
        self._feet: set[int] = set()
        self._across: set[int] = set()
        self._spans: dict[int, tuple[int, tuple[str, Tone]]] = {}
        self._depth = 1
        self._taken, self._cut = 0, False
        self._in_caption = self._in_head = self._in_foot = False
        self._cell: dict[str, Any] | None = None

    @property
    def caption(self) -> str:
        """The words above it."""
        return "".join(self._caption)

    def start(self, tag: str, attrs: dict[str, str | None]) -> None:
        """Take an opening tag inside the table."""
        if tag == "table":
            self._depth += 1
        elif self._depth > 1 or tag == "br":
            self.data(" ")
        elif tag == "thead":
            self._in_head = True
        elif tag == "tfoot":
            self._in_foot = True
        elif tag == "caption":
            self._in_caption = True
        elif tag == "tr":
            self._end_cell()
            self._rows.append([])
            self._fill()
            if self._in_head:
                self._heads.add(len(self._rows) - 1)
            if self._in_foot:
                self._feet.add(len(self._rows) - 1)
        elif tag in {"td", "th"}:
            self._end_cell()
            self._cell = {
                "text": [],
                "tone": self._tone(attrs),
                "across": _span(attrs.get("colspan")),
                "down": _span(attrs.get("rowspan")),
            }
        elif tag in BLOCKS:
            self.data(" ")

    def end(self, tag: str) -> None:
        """Take a closing tag inside the table."""
        if self._depth > 1:
            return
        if tag in {"td", "th", "tr"}:
            self._end_cell()
        elif tag == "thead":
            self._in_head = False
        elif tag == "tfoot":
            self._in_foot = False
        elif tag == "caption":
            self._in_caption = False

    def end_table(self) -> bool:
        """Close this table, or one inside it; whether it was this one."""
        self._depth -= 1
        if not self._depth:
            self._end_cell()
        return not self._depth

    def data(self, words: str) -> None:
        """Take text."""
        if self._in_caption:
            self._caption.append(words)
        elif self._cell is not None:
            self._cell["text"].append(words)

    def _tone(self, attrs: dict[str, str | None]) -> Tone:
        painted = _BACKGROUND.search((attrs.get("style") or "")[:_LONGEST])
        own = _tone(painted.group(1).strip()) if painted else "none"
        return own if own != "none" else self._colours.get(attrs.get("id") or "", "none")

    def _fill(self) -> None:
        row = self._rows[-1]
        while (column := len(row)) in self._spans:
            left, content = self._spans.pop(column)
            if not self._room(row):
                return
            row.append(content)
            if left > 1:
                self._spans[column] = (left - 1, content)

    def _end_cell(self) -> None:
        cell, self._cell = self._cell, None
        if cell is None:
            return
        if not self._rows:
            self._rows.append([])
        words = re.sub(r"[ \t\r\n\f]+", " ", "".join(cell["text"])).strip()
        if cell["across"] > 1 and not self._rows[-1]:
            self._across.add(len(self._rows) - 1)
        else:
            self._across.discard(len(self._rows) - 1)
        for _ in range(cell["across"]):
            if not self._room(self._rows[-1]):
                return
            column = len(self._rows[-1])
            self._rows[-1].append((words, cell["tone"]))
            if cell["down"] > 1:
                self._spans[column] = (cell["down"] - 1, (words, cell["tone"]))
        self._fill()

    def _room(self, row: list[tuple[str, Tone]]) -> bool:
        """Say whether one more cell is taken."""
        if len(row) >= _COLUMNS or self._taken >= _CELLS:
            self._cut = True
            return False
        self._taken += 1
        return True

    def _apart(self) -> tuple[list[str], list[str]]:
        """Take the rows of one cell out of the head and the foot, and give their words; in the body the cell stands once."""
        titles: list[str] = []
        notes: list[str] = []
        width = max((len(row) for row in self._rows), default=0)
        for number in sorted(self._across):
            row = self._rows[number]
            if len(row) < width or width < 2:
                continue
            if number in self._heads or number in self._feet:
                (titles if number in self._heads else notes).append(row[0][0])
                row.clear()
            else:
                row[1:] = [("", "none")] * (width - 1)
        return titles, notes

    def table(self, name: str) -> Table | None:
        """Give the table; None when it has no rows."""
        titles, notes = self._apart()
        if self._cut:
            notes.append(
                f"Cut: a table here holds {_COLUMNS:,} columns and {_CELLS:,} cells at most."
            )
        heads_ = sum(1 for i in self._heads if i < len(self._rows) and self._rows[i])
        rows = [row for row in self._rows if row]
        if not rows:
            return None
        width = max(len(row) for row in rows)
        rows = [row + [("", "none")] * (width - len(row)) for row in rows]
        heads = max(1, heads_)
        labels = [
            " · ".join(dict.fromkeys(filter(None, (row[i][0] for row in rows[:heads]))))
            for i in range(width)
        ]
        body = rows[heads:]
        columns = tuple(
            Column(
                label=labels[i],
                align="right"
                if body
                and all(_NUMBER.fullmatch(row[i][0].lower()) for row in body)
                and any(row[i][0] for row in body)
                else "left",
            )
            for i in range(width)
        )
        cells = tuple(
            tuple(_cell(words, tone, columns[i].align) for i, (words, tone) in enumerate(row))
            for row in body
        )
        return Table(
            id=name,
            title=" · ".join(filter(None, (self.caption.strip(), *titles))),
            columns=columns,
            rows=cells,
            note=" ".join(filter(None, notes)),
            empty="No rows.",
        )


def _cell(words: str, tone: Tone, align: str) -> Cell:
    if tone != "none" and words:
        return Cell(text=words, kind="status", tone=tone)
    return Cell(text=words, kind="number" if align == "right" else "text")


def _span(value: str | None) -> int:
    return min(max(int(value), 1), 1000) if value and value.isascii() and value.isdigit() else 1


def cell_colours(html: str) -> dict[str, Tone]:
    """Give the tone of every cell id that a style sheet in the HTML paints green, amber or red."""
    tones: dict[str, Tone] = {}
    for sheet in _sheets(html[: _LONGEST * 20]):
        for rule in sheet.split("}"):
            selectors, _, body = rule.rpartition("{")
            painted = _BACKGROUND.search(body)
            tone = _tone(painted.group(1).strip()) if painted else "none"
            if tone != "none":
                tones |= {
                    part.strip()[1:]: tone
                    for part in selectors.split(",")
                    if part.strip().startswith("#")
                }
    return tones


def _sheets(html: str) -> Iterator[str]:
    """Give the style sheets of a piece of HTML; one without an end is none, and its end is looked for once."""
    lower, position = html.lower(), 0
    while (begin := lower.find("<style", position)) >= 0:
        opened = lower.find(">", begin)
        position = lower.find("</style>", opened)
        if opened < 0 or position < 0:
            return
        yield html[opened + 1 : position]


def _tone(colour: str) -> Tone:
    colour = _NAMED.get(colour.lower(), colour)
    if match := re.fullmatch(r"#([0-9a-fA-F]{6})", colour):
        parts = [int(match.group(1)[i : i + 2], 16) for i in (0, 2, 4)]
    elif match := re.fullmatch(r"#([0-9a-fA-F]{3})", colour):
        parts = [int(digit * 2, 16) for digit in match.group(1)]
    elif match := re.fullmatch(r"rgba?\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)[^)]*\)", colour):
        parts = [int(part) for part in match.groups()]
    else:
        return "none"
    hue, light, strength = colorsys.rgb_to_hls(*(min(part, 255) / 255 for part in parts))
    degrees = hue * 360
    if strength < 0.2 or not 0.1 < light < 0.97:
        return "none"
    if degrees < 20 or degrees >= 340:
        return "bad"
    if degrees < 68:
        return "watch"
    return "good" if degrees < 175 else "none"
