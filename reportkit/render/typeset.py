"""From the document to the data that the printed template sets: clean text, measured tables, drawn charts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from reportkit.errors import DataError
from reportkit.facts import Callout, Cell, Column, Decision, Decisions, Headline, Table, Tiles
from reportkit.render import charts, vectors
from reportkit.render.columns import wrapped_lines
from reportkit.render.markdown import plain
from reportkit.render.measure import BREAK, breakable, clean
from reportkit.render.model import Break, Chart, Document, Image, Node, Placed, Preformatted, Prose
from reportkit.render.tabular import Setting, TableSetter

Data = dict[str, Any]

MAX_LINES = 400
_POINT = 72 / 25.4
_PIXEL = 0.75


@dataclass
class Typesetter:
    """Turns blocks into the template's data."""

    setting: Setting
    _level: int = 0
    _notes: dict[str, tuple[Node, ...]] = field(default_factory=dict)

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
            yield from TableSetter(self.setting).parts(content)
        elif isinstance(content, Headline):
            yield {"t": "headline", "statement": clean(content.statement), "messages": [
                {"tone": m.tone, "title": clean(m.title), "text": clean(m.text)} for m in content.messages]}  # fmt: skip
        elif isinstance(content, Tiles):
            yield self._tiles(content)
        elif isinstance(content, Callout):
            yield {
                "t": "callout",
                "tone": content.tone,
                "title": clean(content.title),
                "text": clean(content.text),
            }
        elif isinstance(content, Decisions):
            yield {
                "t": "decisions",
                "empty": clean(content.empty),
                "items": [_decision(d) for d in content.items],
            }
        elif isinstance(content, Preformatted):
            yield {"t": "text", "text": self._capped_text(content.text)}
        elif isinstance(content, Break):
            yield {"t": "break"}

    # ---- prose ----

    def _node(self, node: Node) -> Data:
        kind = node["type"]
        if kind == "heading":
            self._level = min(node["attrs"]["level"], self._level + 1)
            words = self._nodes(self._bare(node["children"]))
            return {"type": kind, "attrs": {"level": self._level}, "children": words}
        if kind == "footnote_ref":
            note, self._notes = self._notes.get(node["raw"], ()), dict(self._notes)
            self._notes.pop(node["raw"], None)
            return (
                {"type": "footnote", "children": self._nodes(note)}
                if note
                else {"type": "text", "raw": ""}
            )
        if kind == "table":
            return {"type": kind, "table": self._prose_table(node)}
        if kind == "link":
            return {"type": kind, "attrs": {"url": clean(node["attrs"]["url"]).replace(BREAK, "")[:2000]},
                    "children": self._nodes(node["children"]) or [{"type": "text", "raw": clean(node["attrs"]["url"])}]}  # fmt: skip
        made: Data = {"type": kind}
        if kind == "list":
            start = node["attrs"].get("start")
            made["attrs"] = {
                "ordered": node["attrs"]["ordered"],
                "start": 1 if start is None else start,
            }
            made["tight"] = bool(node.get("tight", True))
        if "raw" in node:
            made["raw"] = (
                clean(node["raw"]).rstrip("\n") if kind == "block_code" else clean(node["raw"])
            )
        if "children" in node:
            made["children"] = self._nodes(node["children"])
        return made

    def _bare(self, nodes: Iterable[Node]) -> Iterator[Node]:
        """Give a heading's words without links and footnotes: they are repeated in contents, footer and bookmarks."""
        for node in nodes:
            if node["type"] == "footnote_ref":
                self.setting.warnings.append(
                    "a footnote in a heading is not printed; put it into the text"
                )
            elif node["type"] == "link":
                yield from self._bare(node["children"])
            elif "children" in node:
                yield {**node, "children": list(self._bare(node["children"]))}
            else:
                yield node

    def _nodes(self, nodes: Iterable[Node]) -> list[Data]:
        return [self._node(node) for node in nodes]

    def _prose_table(self, node: Node) -> Data:
        head, body = node["children"][0]["children"], node["children"][1:]
        lines = [row["children"] for part in body for row in part["children"]]
        columns = tuple(
            Column(label=plain(cell["children"]), align=cell["attrs"].get("align") or "left")
            for cell in head
        )
        rows = tuple(tuple(Cell(text=plain(cell["children"])) for cell in line) for line in lines)
        data = TableSetter(self.setting).set(
            Table(id="prose", title="", columns=columns, rows=rows, empty="")
        )
        for made, line in zip(data["rows"], lines, strict=False):
            for cell, source in zip(made, line, strict=True):
                cell["nodes"] = self._nodes(source["children"])
        return data

    # ---- pictures ----

    def _chart(self, chart: Chart) -> Data:
        try:
            drawn = charts.svg(chart, fonts=self.setting.fonts)
        except DataError as error:
            self.setting.warnings.append(error.message)
            return {"t": "callout", "tone": "bad", "title": clean(chart.title or "A chart is missing"),
                    "text": clean(error.message)}  # fmt: skip
        width, height = (side * _PIXEL for side in vectors.size(drawn))
        limit = (self.setting.room - 7 * _POINT) / 2 if chart.half else self.setting.room
        shown = min(width, limit, 190 * _POINT * width / max(height, 1.0))
        return {"t": "chart", "half": chart.half, "file": self.setting.file(drawn.encode()), "width": round(shown, 2),
                "alt": clean(chart.alt), "title": clean(chart.title),
                "subtitle": clean(chart.subtitle), "note": clean(chart.note)}  # fmt: skip

    def _image(self, image: Image, placed: Placed) -> Iterator[Data]:
        shared = {
            "t": "chart",
            "half": False,
            "alt": clean(image.alt),
            "title": "",
            "subtitle": "",
            "note": "",
        }
        try:
            if image.mime == "image/svg+xml":
                drawn = vectors.clean(
                    image.data.decode("utf-8", "replace"), f"picture-{placed.cell + 1}"
                )
                width, height = (side * _PIXEL for side in vectors.size(drawn))
                file = self.setting.file(drawn.encode())
            else:
                width, height, inside = wrapped(image.data)
                file = self.setting.file(inside)
        except (DataError, OSError, ValueError) as error:
            self.setting.warnings.append(f"picture in cell {placed.cell + 1} is left out: {error}")
            return
        shown = min(width, self.setting.room, 190 * _POINT * width / max(height, 1.0))
        yield {**shared, "file": file, "width": round(shown, 2)}

    # ---- others ----

    def _tiles(self, tiles: Tiles) -> Data:
        count = len(tiles.items)
        columns = count if count <= 4 else 3 if count in {5, 6, 9} else 4
        room = (self.setting.room - (columns - 1) * 9) / columns - 20
        size = self.setting.look["type"]["number"]
        for tile in tiles.items:
            size = min(
                size,
                max(
                    size
                    * room
                    / max(self.setting.ruler.width(tile.value, size, strong=True), room),
                    9.0,
                ),
            )
        lines = max(wrapped_lines([self.setting.ruler.width(word, 7.8) for word in clean(tile.label).split()], room - 9)
                    for tile in tiles.items) if count else 1  # fmt: skip
        return {"t": "tiles", "columns": columns, "label_lines": lines, "items": [
            {"label": clean(t.label), "value": clean(t.value), "delta": clean(t.delta), "note": clean(t.note),
             "tone": t.tone, "size": round(size, 2), "trend": self.setting.look["trend"][t.trend]} for t in tiles.items]}  # fmt: skip

    def _capped_text(self, text: str) -> str:
        lines = text.split("\n")
        if len(lines) > MAX_LINES:
            self.setting.warnings.append(
                f"{len(lines) - MAX_LINES:,} of {len(lines):,} lines of printed text are left out"
            )
            lines = [*lines[:MAX_LINES], f"… {len(lines) - MAX_LINES:,} more lines"]
        return "\n".join(breakable(clean(line), 60) for line in lines)


def _decision(item: Decision) -> Data:
    said = [
        item.title,
        item.ask,
        *(part for o in item.options for part in (o.name, o.cost, o.risk_change, o.user_impact)),
    ]
    return {
        "number": item.number, "title": clean(item.title), "ask": clean(item.ask), "owner": clean(item.owner),
        "by_when": clean(item.by_when), "reversibility": clean(item.reversibility), "last_time": clean(item.last_time),
        "for_decision": item.for_decision, "long": sum(map(len, said)) > 2200,
        "options": [{"name": clean(o.name), "cost": clean(o.cost), "risk_change": clean(o.risk_change),
                     "user_impact": clean(o.user_impact), "recommended": o.recommended} for o in item.options],
    }  # fmt: skip


def wrapped(data: bytes) -> tuple[float, float, bytes]:
    """Give width and height in points, and the picture inside an SVG: the template reads text files only."""
    import base64
    import io

    from PIL import Image as Picture

    with Picture.open(io.BytesIO(data)) as picture:
        dots = float(picture.info.get("dpi", (96, 96))[0]) or 96.0
        out = io.BytesIO()
        clear = "A" in picture.getbands() or "transparency" in picture.info
        picture.convert("RGBA" if clear else "RGB").save(out, "PNG")
        wide, high = picture.size
    inside = base64.b64encode(out.getvalue()).decode()
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">'
        f'<image width="{wide}" height="{high}" href="data:image/png;base64,{inside}"/></svg>'
    )
    return wide * 72 / dots, high * 72 / dots, svg.encode()


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
