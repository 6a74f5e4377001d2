"""From Markdown nodes to safe markup for page and mail. Text is escaped here and in the templates, nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from reportkit import locale
from reportkit.render.sparkline import sparkline

if TYPE_CHECKING:
    from reportkit.render.model import Node, Prose

_SAFE_LINK = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x1f]+\Z", re.IGNORECASE)
_WRAPPED = {
    "emphasis": "em",
    "strong": "strong",
    "strikethrough": "s",
    "paragraph": "p",
    "list_item": "li",
    "task_list_item": "li",
    "block_quote": "blockquote",
    "table_body": "tbody",
    "table_row": "tr",
}
_TABLE = Markup(
    '<div class="scroll" role="group" aria-label="Table" tabindex="0"><table>{}</table></div>'
)
_RAW = {"codespan": "code", "block_code": "pre"}
_EMPTY = {
    "linebreak": Markup("<br>"),
    "softbreak": Markup("\n"),
    "thematic_break": Markup("<hr>"),
    "blank_line": Markup(""),
}


@dataclass
class Footnotes:
    """Footnotes of one document, numbered in the order in which they are first cited."""

    _numbers: dict[tuple[int, str], int] = field(default_factory=dict)
    _texts: dict[int, Markup] = field(default_factory=dict)

    def cite(self, cell: int, key: str) -> tuple[int, bool]:
        """Give the number of a note, and whether this is its first citation."""
        place = (cell, key)
        first = place not in self._numbers
        return self._numbers.setdefault(place, len(self._numbers) + 1), first

    def keep(self, cell: int, key: str, text: Markup) -> None:
        """Keep the text of a note that was cited."""
        if (cell, key) in self._numbers:
            self._texts[self._numbers[cell, key]] = text

    def listed(self) -> list[tuple[int, Markup]]:
        """Give the notes by number."""
        return sorted(self._texts.items())


class Writer:
    """Writes the nodes of one cell's prose as HTML.

    Args:
        footnotes: where notes are numbered and kept; None leaves them out (a mail has no anchors).
        cell: keeps equal footnote keys of different cells apart.
    """

    def __init__(self, footnotes: Footnotes | None = None, cell: int = 0) -> None:
        self._footnotes, self._cell = footnotes, cell

    def nodes(self, nodes: Iterable[Node]) -> Markup:
        """Write block or inline nodes, one after the other."""
        return Markup("").join(self._node(node) for node in nodes)

    def keep_notes(self, prose: Prose) -> None:
        """Keep the footnotes of this prose that were cited so far."""
        if self._footnotes is not None:
            for key, inline in prose.notes:
                self._footnotes.keep(self._cell, key, self.nodes(inline))

    def _node(self, node: Node) -> Markup:
        kind = node["type"]
        children: Sequence[Node] = node.get("children", ())
        attrs = node.get("attrs") or {}
        if kind in _EMPTY:
            return _EMPTY[kind]
        if kind in _WRAPPED:
            return _wrap(_WRAPPED[kind], self.nodes(children))
        if kind in _RAW:
            return _wrap(_RAW[kind], escape(node.get("raw", "")))
        if kind == "list":
            return _wrap("ol" if attrs.get("ordered") else "ul", self.nodes(children))
        if kind == "link":
            return self._link(attrs.get("url", ""), self.nodes(children))
        if kind == "footnote_ref":
            return self._citation(node)
        if kind == "table":
            return _TABLE.format(self.nodes(children))
        if kind == "table_head":
            return Markup("<thead><tr>{}</tr></thead>").format(self.nodes(children))
        if kind == "table_cell":
            return _table_cell(attrs, self.nodes(children))
        return self.nodes(children) if children else escape(node.get("raw", ""))

    def _link(self, url: str, label: Markup) -> Markup:
        if not _SAFE_LINK.match(url):
            return label
        return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(url, label)

    def _citation(self, node: Node) -> Markup:
        if self._footnotes is None:
            return Markup("")
        number, first = self._footnotes.cite(self._cell, node.get("raw", ""))
        anchor = Markup(' id="ref-{}"').format(number) if first else Markup("")
        return Markup('<sup><a{} href="#note-{}" aria-label="Note {}">{}</a></sup>').format(
            anchor, number, number, number
        )


def _wrap(tag: str, inner: Markup) -> Markup:
    return Markup("<{0}>{1}</{0}>").format(tag, inner)


def _table_cell(attrs: Node, inner: Markup) -> Markup:
    side = attrs.get("align")
    align = Markup(' class="{}"').format(side) if side in {"right", "center"} else Markup("")
    if attrs.get("head"):
        return Markup('<th scope="col"{}>{}</th>').format(align, inner)
    return Markup("<td{}>{}</td>").format(align, inner)


def slug(text: str, taken: set[str]) -> str:
    """Make an anchor name from a heading, unique among those taken (which it joins)."""
    base = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "section"
    if base[0].isdigit():
        base = f"s-{base}"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    taken.add(name)
    return name


def spark(values: Sequence[float | None], words: str = "") -> Markup:
    """Draw a sparkline that a style sheet may colour, with its words for those who cannot see it."""
    drawn = sparkline(values, line="currentColor", dot="currentColor", width=84, height=22)
    bare = Markup(drawn.replace(' xmlns="http://www.w3.org/2000/svg"', ""))  # noqa: S704 - numbers only
    said = words or spark_words(values)
    return Markup('<span class="spark" role="img" aria-label="{}">{}</span>').format(said, bare)


def spark_words(values: Sequence[float | None]) -> str:
    """Say a sparkline in words, oldest first."""
    if not values:
        return "no history"
    return "oldest to newest: " + ", ".join(
        "not measured" if v is None else locale.general(v, 4) for v in values
    )


def direction(text: str) -> str:
    """Tell which way a change points by its sign: up, down, or nothing without a sign or a number."""
    stripped = text.strip()
    if not any(char.isdigit() for char in stripped):
        return ""
    if stripped[0] in "+▲↑":
        return "up"
    if stripped[0] in "-\N{MINUS SIGN}\N{EN DASH}▼↓":
        return "down"
    return ""


def one_line(text: str) -> str:
    """Fold text into one line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
