"""HTML that other libraries put into a notebook, read as text and tables; its markup goes no further."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from reportkit.facts import Table, Tone
from reportkit.render import media
from reportkit.render.grid import BLOCKS, Grid, cell_colours
from reportkit.render.markdown import paragraph, text
from reportkit.render.media import Found
from reportkit.render.model import Node, Prose

_KEPT_TAGS = BLOCKS | {
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

_CONTROL = re.compile(r"(?i)<(?:option|button|textarea|label|select|input|summary|dt|dd)\b")


_WEIGHTS = {"strong": "strong", "b": "strong", "em": "emphasis", "i": "emphasis"}
#: The sign that begins no entity.
_BARE = re.compile(r"&(?![#A-Za-z])")
#: Open tags that are remembered; deeper ones say nothing that these do not.
_DEEPEST = 100


def read_html(html: str, name: str) -> list[Prose | Table | Found]:
    """Give the texts, tables and pictures of a piece of foreign HTML, in order.

    Markup goes no further; links keep their words, and a chart that a script would draw is given as its specification.
    What cannot be shown (a page within the page, a film, a drawing of a script) is named. A coloured cell (a pandas Styler,
    say) keeps the tone of its colour beside its word.

    Args:
        html: what the other library wrote.
        name: start of the ids of tables.
    """
    import nh3

    marked, found = media.taken(html)
    # Controls stand apart from each other, and so do their words.
    marked = _CONTROL.sub(r" \g<0>", marked)
    safe = nh3.clean(
        # The library looks at each run of them again and again.
        _BARE.sub("&amp;", marked),
        tags=_KEPT_TAGS,
        attributes={"*": {"id", "colspan", "rowspan", "style"}},
        generic_attribute_prefixes=None,
        clean_content_tags={"script", "style"},
        link_rel=None,
    )
    walker = _Walker(name, cell_colours(html))
    walker.feed(safe)
    walker.close()
    walker.end()
    return list(media.placed(walker.blocks, found))


class _Walker(HTMLParser):
    """Collects blocks of text, and tables as grids with spans filled in."""

    def __init__(self, name: str, colours: dict[str, Tone]) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Prose | Table] = []
        self._name, self._colours = name, colours
        self._nodes: list[Node] = []
        self._inline: list[Node] = []
        self._open: list[str] = []
        self._heading = 0
        self._table: Grid | None = None
        self._exact: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._table is not None:
            self._table.start(tag, dict(attrs))
            return
        if tag == "table":
            self.end_text()
            self._table = Grid(self._colours)
        elif tag == "br":
            self._inline.append({"type": "linebreak"})
        elif tag == "pre":
            self.end_text()
            self._exact = []
        elif tag in BLOCKS:
            self.end_text()
            self._heading = int(tag[1]) if re.fullmatch("h[1-6]", tag) else 0
            if tag == "li":
                self._inline.append(text("• "))
        elif len(self._open) < _DEEPEST:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._table is not None:
            if tag == "table" and self._table.end_table():
                self._add_table(self._table)
                self._table = None
            elif self._table is not None:
                self._table.end(tag)
        elif tag == "pre" and self._exact is not None:
            words, self._exact = "".join(self._exact), None
            if words.strip():
                self._add({"type": "block_code", "raw": words.strip("\n")})
        elif tag in BLOCKS:
            self.end_text()
        elif tag in self._open:
            self._open.remove(tag)

    def handle_data(self, data: str) -> None:
        if self._table is not None:
            self._table.data(data)
            return
        if self._exact is not None:
            self._exact.append(data)
            return
        words = re.sub(r"\s+", " ", data)
        if words.strip() or (words and self._inline):
            node = text(words)
            # Strong within strong is strong: what is nested without end is not written so.
            for kind in dict.fromkeys(_WEIGHTS[tag] for tag in self._open if tag in _WEIGHTS):
                node = {"type": kind, "children": [node]}
            self._inline.append(node)

    def end_text(self) -> None:
        """Close the paragraph or heading that is being collected."""
        inline, self._inline = self._inline, []
        if any(node["type"] != "linebreak" for node in inline):
            node: Node = {"type": "paragraph", "children": inline}
            if self._heading:
                node = {"type": "heading", "attrs": {"level": self._heading}, "children": inline}
            self._add(node)
        self._heading = 0

    def _add(self, node: Node) -> None:
        self._nodes.append(node)

    def end(self) -> None:
        """Close what is open."""
        self.end_text()
        if self._nodes:
            self.blocks.append(Prose(nodes=tuple(self._nodes)))
            self._nodes = []

    def _add_table(self, grid: Grid) -> None:
        number = sum(isinstance(block, Table) for block in self.blocks) + 1
        table = grid.table(f"{self._name}-{number}")
        if table is not None:
            self.end()
            self.blocks.append(table)
        elif grid.caption.strip():
            self._add(paragraph(grid.caption.strip()))
