"""From the document to the data that the printed template sets: clean text, measured tables, drawn charts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reportkit import theme
from reportkit.errors import DataError
from reportkit.facts import Callout, Cell, Column, Decision, Decisions, Headline, Table, Tiles
from reportkit.render import charts
from reportkit.render.markdown import plain
from reportkit.render.measure import BREAK, Fit, Need, Ruler, breakable, fit, ruler
from reportkit.render.model import Break, Chart, Document, Image, Node, Placed, Preformatted, Prose
from reportkit.render.sparkline import sparkline

Data = dict[str, Any]

MAX_ROWS = 400
MAX_LINES = 400
_POINT = 72 / 25.4
_PIXEL = 0.75
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_BEYOND = re.compile("[\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0010fffe\U0010ffff\ue000-\uf8ff]")
_SPARK = (58.0, 13.0)
_STATUS_WORDS_PAD = 18.0


def clean(text: str) -> str:
    """Give text that a PDF may hold: no control characters, no half characters; long words may be broken."""
    return breakable(_BEYOND.sub("\N{WHITE SQUARE}", _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))))


@dataclass
class Typesetter:
    """Turns blocks into the template's data.

    Attributes:
        fonts: folder of the report's fonts.
        warnings: what had to be repaired or left out.
        files: pictures by the name under which the template finds them.
    """

    fonts: Path
    warnings: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    _level: int = 0
    _notes: dict[str, tuple[Node, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        look = theme.tokens()
        page, self._sizes, self._look = look["page"], look["type"], look
        self._ruler: Ruler = ruler(self.fonts)
        self.room = (page["width"] - page["left"] - page["right"]) * _POINT
        self._across = (page["height"] - page["left"] - page["right"]) * _POINT

    def blocks(self, document: Document) -> list[Data]:
        """Give the body; half-width charts are paired, landscape tables in a row share their pages."""
        written: list[Data] = []
        annexed = False
        for placed in document.blocks:
            if "annex" in placed.tags and not annexed:
                annexed = True
                written.append({"t": "break"})
            written += self._written(placed)
        return list(_grouped(written))

    def _written(self, placed: Placed) -> Iterator[Data]:
        content = placed.content
        if isinstance(content, Prose):
            self._notes = dict(content.notes)
            yield {"t": "prose", "nodes": [self._node(node) for node in content.nodes]}
        elif isinstance(content, Chart):
            yield self._chart(content)
        elif isinstance(content, Image):
            yield from self._image(content, placed)
        elif isinstance(content, Table):
            yield self._table(content)
        elif isinstance(content, Headline):
            yield {"t": "headline", "statement": clean(content.statement), "messages": [
                {"tone": m.tone, "title": clean(m.title), "text": clean(m.text)} for m in content.messages]}  # fmt: skip
        elif isinstance(content, Tiles):
            yield self._tiles(content)
        elif isinstance(content, Callout):
            yield {"t": "callout", "tone": content.tone, "title": clean(content.title), "text": clean(content.text)}
        elif isinstance(content, Decisions):
            yield {"t": "decisions", "empty": clean(content.empty), "items": [_decision(d) for d in content.items]}
        elif isinstance(content, Preformatted):
            yield {"t": "text", "text": self._capped_text(content.text)}
        elif isinstance(content, Break):
            yield {"t": "break"}

    # ---- prose ----

    def _node(self, node: Node) -> Data:
        kind = node["type"]
        if kind == "heading":
            self._level = min(node["attrs"]["level"], self._level + 1)
            return {"type": kind, "attrs": {"level": self._level}, "children": self._nodes(node["children"])}
        if kind == "footnote_ref":
            note, self._notes = self._notes.get(node["raw"], ()), dict(self._notes)
            self._notes.pop(node["raw"], None)
            return {"type": "footnote", "children": self._nodes(note)} if note else {"type": "text", "raw": ""}
        if kind == "table":
            return {"type": kind, "table": self._prose_table(node)}
        if kind == "link":
            return {"type": kind, "attrs": {"url": _CONTROL.sub("", node["attrs"]["url"])[:2000]},
                    "children": self._nodes(node["children"]) or [{"type": "text", "raw": clean(node["attrs"]["url"])}]}  # fmt: skip
        made: Data = {"type": kind}
        if kind == "list":
            start = node["attrs"].get("start")
            made["attrs"] = {"ordered": node["attrs"]["ordered"], "start": 1 if start is None else start}
            made["tight"] = bool(node.get("tight", True))
        if "raw" in node:
            made["raw"] = clean(node["raw"]).rstrip("\n") if kind == "block_code" else clean(node["raw"])
        if "children" in node:
            made["children"] = self._nodes(node["children"])
        return made

    def _nodes(self, nodes: Iterable[Node]) -> list[Data]:
        return [self._node(node) for node in nodes]

    def _prose_table(self, node: Node) -> Data:
        head, body = node["children"][0]["children"], node["children"][1:]
        lines = [row["children"] for part in body for row in part["children"]]
        columns = tuple(Column(label=plain(cell["children"]), align=cell["attrs"].get("align") or "left") for cell in head)
        rows = tuple(tuple(Cell(text=plain(cell["children"])) for cell in line) for line in lines)
        data = self._table(Table(id="prose", title="", columns=columns, rows=rows, empty=""))
        for made, line in zip(data["rows"], lines, strict=False):
            for cell, source in zip(made, line, strict=True):
                cell["nodes"] = self._nodes(source["children"])
        return data

    # ---- pictures ----

    def _chart(self, chart: Chart) -> Data:
        try:
            drawn = charts.svg(chart, fonts=self.fonts)
        except DataError as error:
            self.warnings.append(error.message)
            return {"t": "callout", "tone": "bad", "title": clean(chart.title or "A chart is missing"),
                    "text": clean(error.message)}  # fmt: skip
        width, height = (side * _PIXEL for side in charts.svg_size(drawn))
        limit = (self.room - 7 * _POINT) / 2 if chart.half else self.room
        shown = min(width, limit, 190 * _POINT * width / max(height, 1.0))
        return {"t": "chart", "half": chart.half, "file": self._file(drawn.encode(), "svg"), "width": round(shown, 2),
                "alt": clean(chart.alt), "title": clean(chart.title),
                "subtitle": clean(chart.subtitle), "note": clean(chart.note)}  # fmt: skip

    def _image(self, image: Image, placed: Placed) -> Iterator[Data]:
        shared = {"t": "chart", "half": False, "alt": clean(image.alt), "title": "", "subtitle": "", "note": ""}
        try:
            if image.mime == "image/svg+xml":
                drawn = charts.clean_svg(image.data.decode("utf-8", "replace"), f"picture-{placed.cell + 1}")
                width, height = (side * _PIXEL for side in charts.svg_size(drawn))
                file = self._file(drawn.encode(), "svg")
            else:
                width, height, png = _opaque(image.data)
                file = self._file(png, "png")
        except (DataError, OSError, ValueError) as error:
            self.warnings.append(f"picture in cell {placed.cell + 1} is left out: {error}")
            return
        shown = min(width, self.room, 190 * _POINT * width / max(height, 1.0))
        yield {**shared, "file": file, "width": round(shown, 2)}

    def _file(self, data: bytes, suffix: str) -> str:
        name = f"picture-{len(self.files) + 1}.{suffix}"
        self.files[name] = data
        return name

    # ---- tables ----

    def _table(self, table: Table) -> Data:
        rows, note = table.rows, table.note
        if len(rows) > MAX_ROWS:
            note = f"{note} Shown are the first {MAX_ROWS} of {len(rows):,} rows.".strip()
            self.warnings.append(f"table {table.title or table.id!r}: {len(rows) - MAX_ROWS:,} of {len(rows):,} rows are not printed")
            rows = rows[:MAX_ROWS]
        size = self._sizes["table"] - (0.8 if table.dense else 0.0)
        pad, lead = 4.6, 3.4 if table.dense else 4.6
        across, chosen = False, self._fitted(table, rows, size, pad, self.room)
        for smaller in (size - 0.6, size - 1.2):
            if chosen.fits and chosen.lines <= (5 if table.wide else 9):
                break
            size, pad = smaller, 3.6
            chosen = self._fitted(table, rows, size, pad, self.room)
        if not chosen.fits or chosen.lines > (7 if table.wide else 14):
            turned = self._fitted(table, rows, size, pad, self._across)
            if turned.fits or turned.lines < chosen.lines or not chosen.fits:
                across, chosen = True, turned
        if not chosen.fits:
            self.warnings.append(f"table {table.title or table.id!r} is too wide even across the page; its words are broken")
        lines = sum(2 if any(cell.sub for cell in row) else 1 for row in rows) * min(chosen.lines, 3)
        return {
            "t": "table", "across": across, "title": clean(table.title), "note": clean(note), "empty": clean(table.empty),
            "columns": [{"label": self._narrowed(c.label, w, size), "align": c.align}
                        for c, w in zip(table.columns, chosen.widths, strict=True)],
            "rows": [[self._cell(cell, width, size) for cell, width in zip(row, chosen.widths, strict=True)] for row in rows],
            "widths": list(chosen.widths), "size": round(size, 2), "pad": pad, "lead": lead,
            "total": table.total, "plain": False, "breakable": lines > 16,
        }  # fmt: skip

    def _fitted(self, table: Table, rows: Sequence[Sequence[Cell]], size: float, pad: float, room: float) -> Fit:
        last = len(table.columns) - 1
        needs = []
        for position, column in enumerate(table.columns):
            sides = pad * ((position > 0) + (position < last))
            least = self._ruler.longest_word(clean(column.label), size * 0.92, strong=True)
            most = min(self._ruler.width(column.label, size * 0.92, strong=True), least * 1.8)
            for row in rows:
                low, high = self._cell_need(row[position], size, first=position == 0)
                least, most = max(least, low), max(most, high)
            needs.append(Need(least=least + sides + 0.6, most=most + sides + 0.6, share=column.width))
        return fit(needs, room)

    def _cell_need(self, cell: Cell, size: float, *, first: bool) -> tuple[float, float]:
        if cell.kind == "spark":
            return _SPARK[0] * _PIXEL, _SPARK[0] * _PIXEL
        text, strong = clean(cell.text), cell.kind in {"strong", "delta", "status"} or first
        whole = self._ruler.width(text, size, strong=strong)
        if cell.kind == "status" and text:
            low = high = self._ruler.width(text, size * 0.92, strong=True) + _STATUS_WORDS_PAD
        elif cell.kind in {"number", "delta"}:
            low = high = whole + (9.0 if cell.kind == "delta" else 0.0)
            if len(text) > 24:
                low = self._ruler.longest_word(text, size, strong=strong)
        else:
            low, high = self._ruler.longest_word(text, size, strong=strong), whole
        if cell.sub:
            sub = clean(cell.sub)
            low = max(low, self._ruler.longest_word(sub, size * 0.86))
            high = max(high, min(self._ruler.width(sub, size * 0.86), 130.0))
        return low, high

    def _cell(self, cell: Cell, width: float, size: float) -> Data:
        made: Data = {"kind": cell.kind, "tone": cell.tone, "text": self._narrowed(cell.text, width, size),
                      "sub": self._narrowed(cell.sub, width, size)}  # fmt: skip
        if cell.kind == "spark":
            colours = self._look["tone"].get(cell.tone, self._look["tone"]["none"])["light"]
            dot = colours["mark"] if cell.tone in {"good", "watch", "bad"} else self._look["light"]["accent"]
            known = [value for value in cell.spark if value is not None]
            drawn = sparkline(cell.spark, line=self._look["light"]["muted"], dot=dot, width=_SPARK[0], height=_SPARK[1])
            made["file"] = self._file(drawn.encode(), "svg") if known else ""
            made["width"] = _SPARK[0] * _PIXEL
            made["text"] = made["text"] or (_spoken(cell.spark) if known else "–")
        return made

    def _narrowed(self, text: str, width: float, size: float) -> str:
        """Let words be broken that are wider than their column."""
        ready = clean(text)
        if self._ruler.longest_word(ready, size, strong=True) <= width:
            return ready
        limit = max(int(width / (size * 0.75)), 3)
        return breakable(ready.replace(BREAK, ""), limit)

    # ---- others ----

    def _tiles(self, tiles: Tiles) -> Data:
        count = len(tiles.items)
        columns = count if count <= 4 else 3 if count in {5, 6, 9} else 4
        room = (self.room - (columns - 1) * 9) / columns - 20
        size = self._sizes["number"]
        for tile in tiles.items:
            size = min(size, max(size * room / max(self._ruler.width(tile.value, size, strong=True), room), 9.0))
        return {"t": "tiles", "columns": columns, "items": [
            {"label": clean(t.label), "value": clean(t.value), "delta": clean(t.delta), "note": clean(t.note),
             "tone": t.tone, "size": round(size, 2), "trend": self._look["trend"][t.trend]} for t in tiles.items]}  # fmt: skip

    def _capped_text(self, text: str) -> str:
        lines = text.split("\n")
        if len(lines) > MAX_LINES:
            self.warnings.append(f"{len(lines) - MAX_LINES:,} of {len(lines):,} lines of printed text are left out")
            lines = [*lines[:MAX_LINES], f"… {len(lines) - MAX_LINES:,} more lines"]
        return "\n".join(breakable(clean(line), 60) for line in lines)


def _decision(item: Decision) -> Data:
    said = [item.title, item.ask, *(part for o in item.options for part in (o.name, o.cost, o.risk_change, o.user_impact))]
    return {
        "number": item.number, "title": clean(item.title), "ask": clean(item.ask), "owner": clean(item.owner),
        "by_when": clean(item.by_when), "reversibility": clean(item.reversibility), "last_time": clean(item.last_time),
        "for_decision": item.for_decision, "long": sum(map(len, said)) > 2200,
        "options": [{"name": clean(o.name), "cost": clean(o.cost), "risk_change": clean(o.risk_change),
                     "user_impact": clean(o.user_impact), "recommended": o.recommended} for o in item.options],
    }  # fmt: skip


def _spoken(values: Sequence[float | None]) -> str:
    words = ", ".join("not measured" if value is None else f"{value:.4g}" for value in values)
    return f"Trend, oldest first: {words}."


def _opaque(data: bytes) -> tuple[float, float, bytes]:
    """Give width and height in points, and the picture as PNG."""
    import io

    from PIL import Image as Picture

    with Picture.open(io.BytesIO(data)) as picture:
        dots = picture.info.get("dpi", (96, 96))[0] or 96
        out = io.BytesIO()
        picture.convert("RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB").save(out, "PNG")
        return picture.width * 72 / float(dots), picture.height * 72 / float(dots), out.getvalue()


def _grouped(blocks: Sequence[Data]) -> Iterator[Data]:
    position = 0
    while position < len(blocks):
        block = blocks[position]
        following = blocks[position + 1] if position + 1 < len(blocks) else {}
        if block.get("half") and following.get("half"):
            yield {"t": "pair", "items": [block, following]}
            position += 2
        elif block.get("half"):
            yield {**block, "t": "beside"} if block["title"] or block["note"] else block
            position += 1
        elif block.get("across"):
            run = [block]
            while position + len(run) < len(blocks) and blocks[position + len(run)].get("across"):
                run.append(blocks[position + len(run)])
            yield {"t": "landscape", "items": run}
            position += len(run)
        else:
            yield block
            position += 1
