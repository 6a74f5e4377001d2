"""HTML that other libraries put into a notebook, read as text and tables; its markup goes no further."""

from __future__ import annotations

import colorsys
import re
from html.parser import HTMLParser
from typing import Any

from reportkit.facts import Cell, Column, Table, Tone
from reportkit.render.markdown import paragraph, text
from reportkit.render.model import Node, Prose

_KEPT_TAGS = {
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "caption",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "p",
    "div",
    "section",
    "ul",
    "ol",
    "li",
    "br",
    "pre",
    "blockquote",
    "strong",
    "b",
    "em",
    "i",
    "code",
    "a",
    "span",
    "center",
    "small",
    "sub",
    "sup",
    "u",
    "dl",
    "dt",
    "dd",
    "details",
    "summary",
    "article",
    "header",
}
_BLOCKS = _KEPT_TAGS - {
    "strong",
    "b",
    "em",
    "i",
    "code",
    "a",
    "span",
    "small",
    "sub",
    "sup",
    "u",
    "br",
}
_NUMBER = re.compile(r"[+\-−]?[\d.,'’\s]*\d\s*(%|d|h|m|k|bn)?|nan|–|-|")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_BACKGROUND = re.compile(r"(?i)background(?:-color)?\s*:\s*([^;]+)")
_LONGEST = 100_000
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


def read_html(html: str, name: str) -> list[Prose | Table]:
    """Give the texts and tables of a piece of foreign HTML, in order.

    Scripts, styles, frames and pictures are dropped; links keep their words. A coloured cell (a pandas Styler, say)
    keeps the tone of its colour beside its word.

    Args:
        html: what the other library wrote.
        name: start of the ids of tables.
    """
    import nh3

    colours = _cell_colours(html)
    safe = nh3.clean(
        html,
        tags=_KEPT_TAGS,
        attributes={"*": {"id", "colspan", "rowspan"}},
        generic_attribute_prefixes=None,
        clean_content_tags={"script", "style"},
        link_rel=None,
    )
    walker = _Walker(name, colours)
    walker.feed(safe)
    walker.close()
    walker.end_text()
    return walker.blocks


class _Walker(HTMLParser):
    """Collects blocks of text, and tables as grids with spans filled in."""

    def __init__(self, name: str, colours: dict[str, Tone]) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Prose | Table] = []
        self._name, self._colours = name, colours
        self._inline: list[Node] = []
        self._open: list[str] = []
        self._heading = 0
        self._table: _Grid | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._table is not None:
            self._table.start(tag, dict(attrs))
            return
        if tag == "table":
            self.end_text()
            self._table = _Grid()
        elif tag == "br":
            self._inline.append({"type": "linebreak"})
        elif tag in _BLOCKS:
            self.end_text()
            self._heading = int(tag[1]) if re.fullmatch("h[1-6]", tag) else 0
            if tag == "li":
                self._inline.append(text("• "))
        else:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._table is not None:
            if tag == "table" and self._table.end_table():
                self._add_table(self._table)
                self._table = None
            elif self._table is not None:
                self._table.end(tag)
        elif tag in _BLOCKS:
            self.end_text()
        elif tag in self._open:
            self._open.remove(tag)

    def handle_data(self, data: str) -> None:
        if self._table is not None:
            self._table.data(data)
            return
        words = re.sub(r"\s+", " ", data)
        if words.strip() or (words and self._inline):
            node = text(words)
            for tag in self._open:
                kind = {"strong": "strong", "b": "strong", "em": "emphasis", "i": "emphasis"}.get(
                    tag
                )
                node = {"type": kind, "children": [node]} if kind else node
            self._inline.append(node)

    def end_text(self) -> None:
        """Close the paragraph or heading that is being collected."""
        inline, self._inline = self._inline, []
        if any(node["type"] != "linebreak" for node in inline):
            node: Node = {"type": "paragraph", "children": inline}
            if self._heading:
                node = {"type": "heading", "attrs": {"level": self._heading}, "children": inline}
            last = self.blocks[-1] if self.blocks else None
            if isinstance(last, Prose):
                self.blocks[-1] = Prose(nodes=(*last.nodes, node))
            else:
                self.blocks.append(Prose(nodes=(node,)))
        self._heading = 0

    def _add_table(self, grid: _Grid) -> None:
        number = sum(isinstance(block, Table) for block in self.blocks) + 1
        table = grid.table(f"{self._name}-{number}", self._colours)
        if table is not None:
            self.blocks.append(table)
        elif grid.caption.strip():
            self.blocks.append(Prose(nodes=(paragraph(grid.caption.strip()),)))


class _Grid:
    """One table while it is read."""

    def __init__(self) -> None:
        self.caption = ""
        self._rows: list[list[tuple[str, str]]] = []
        self._heads: set[int] = set()
        self._spans: dict[int, tuple[int, tuple[str, str]]] = {}
        self._depth = 1
        self._in_caption = self._in_head = False
        self._cell: dict[str, Any] | None = None

    def start(self, tag: str, attrs: dict[str, str | None]) -> None:
        if tag == "table":
            self._depth += 1
        elif self._depth > 1 or tag == "br":
            self.data(" ")
        elif tag == "thead":
            self._in_head = True
        elif tag == "caption":
            self._in_caption = True
        elif tag == "tr":
            self._rows.append([])
            self._fill()
            if self._in_head:
                self._heads.add(len(self._rows) - 1)
        elif tag in {"td", "th"}:
            self._end_cell()
            self._cell = {
                "text": "",
                "id": attrs.get("id") or "",
                "across": _span(attrs.get("colspan")),
                "down": _span(attrs.get("rowspan")),
            }
        elif tag in _BLOCKS:
            self.data(" ")

    def end(self, tag: str) -> None:
        if self._depth > 1:
            return
        if tag in {"td", "th", "tr"}:
            self._end_cell()
        elif tag == "thead":
            self._in_head = False
        elif tag == "caption":
            self._in_caption = False

    def end_table(self) -> bool:
        self._depth -= 1
        if not self._depth:
            self._end_cell()
        return not self._depth

    def data(self, words: str) -> None:
        if self._in_caption:
            self.caption += words
        elif self._cell is not None:
            self._cell["text"] += words

    def _fill(self) -> None:
        row = self._rows[-1]
        while (column := len(row)) in self._spans:
            left, content = self._spans.pop(column)
            row.append(content)
            if left > 1:
                self._spans[column] = (left - 1, content)

    def _end_cell(self) -> None:
        cell, self._cell = self._cell, None
        if cell is None:
            return
        if not self._rows:
            self._rows.append([])
        words = re.sub(r"[ \t\r\n\f]+", " ", cell["text"]).strip()
        for _ in range(cell["across"]):
            column = len(self._rows[-1])
            self._rows[-1].append((words, cell["id"]))
            if cell["down"] > 1:
                self._spans[column] = (cell["down"] - 1, (words, cell["id"]))
        self._fill()

    def table(self, name: str, colours: dict[str, Tone]) -> Table | None:
        rows = [row for row in self._rows if row]
        if not rows:
            return None
        width = max(len(row) for row in rows)
        rows = [row + [("", "")] * (width - len(row)) for row in rows]
        heads = (
            max(1, sum(1 for i in self._heads if i < len(self._rows) and self._rows[i]))
            if self._heads
            else 1
        )
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
            tuple(
                _cell(words, colours.get(name_, "none"), columns[i].align)
                for i, (words, name_) in enumerate(row)
            )
            for row in body
        )
        return Table(
            id=name, title=self.caption.strip(), columns=columns, rows=cells, empty="No rows."
        )


def _cell(words: str, tone: Tone, align: str) -> Cell:
    if tone != "none" and words:
        return Cell(text=words, kind="status", tone=tone)
    return Cell(text=words, kind="number" if align == "right" else "text")


def _span(value: str | None) -> int:
    return min(max(int(value), 1), 1000) if value and value.isascii() and value.isdigit() else 1


def _cell_colours(html: str) -> dict[str, Tone]:
    """Give the tone of every cell id that a style sheet in the HTML paints green, amber or red."""
    tones: dict[str, Tone] = {}
    for sheet in re.findall(r"(?is)<style[^>]*>(.*?)</style>", html[: _LONGEST * 20]):
        for selectors, body in _RULE.findall(sheet):
            painted = _BACKGROUND.search(body)
            tone = _tone(painted.group(1).strip()) if painted else "none"
            if tone != "none":
                tones |= {
                    part.strip()[1:]: tone
                    for part in selectors.split(",")
                    if part.strip().startswith("#")
                }
    return tones


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
