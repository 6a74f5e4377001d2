"""From Markdown nodes to safe markup for page and mail, and to plain words. Text is escaped here and nowhere else.

Raw HTML inside Markdown is shown as the text it is; comments vanish; pictures and links are kept only when following
them cannot fetch anything by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from reportkit.render.model import Node

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_SAFE_LINK = re.compile(r"(?:https?://|mailto:|#)[^\s\x00-\x1f]+\Z", re.IGNORECASE)
_SAFE_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+\Z")
_INLINE_TAGS = {"emphasis": "em", "strong": "strong", "strikethrough": "s"}


@dataclass
class Footnotes:
    """Footnotes of one document, numbered in the order in which they are first cited."""

    cited: dict[tuple[str, str], int] = field(default_factory=dict)
    texts: dict[tuple[str, str], Markup] = field(default_factory=dict)

    def cite(self, scope: str, key: str) -> int:
        """Give the number of a note; the first citation assigns it."""
        return self.cited.setdefault((scope, key), len(self.cited) + 1)

    def listed(self) -> list[tuple[int, Markup]]:
        """Give every cited note that has a text, by number."""
        pairs = ((number, self.texts.get(place)) for place, number in self.cited.items())
        return [(number, text) for number, text in pairs if text is not None]


@dataclass
class Writer:
    """Writes Markdown nodes as HTML.

    Attributes:
        footnotes: where citations and notes are kept; None leaves notes out (a mail has no anchors).
        scope: keeps equal footnote keys of different cells apart.
        warnings: one sentence for everything that was left out.
    """

    footnotes: Footnotes | None = None
    scope: str = ""
    warnings: list[str] = field(default_factory=list)

    def blocks(self, nodes: Iterable[Node]) -> Markup:
        """Write block nodes; headings are expected to be taken out by the caller."""
        return Markup("").join(self._block(node) for node in nodes)

    def inline(self, nodes: Iterable[Node]) -> Markup:
        """Write inline nodes."""
        return Markup("").join(self._inline(node) for node in nodes)

    def _block(self, node: Node) -> Markup:
        kind = node["type"]
        children: Sequence[Node] = node.get("children", ())
        if kind == "paragraph":
            return Markup("<p>{}</p>").format(self.inline(children))
        if kind in {"block_text", "heading"}:
            return self.inline(children)
        if kind == "list":
            tag = "ol" if node.get("attrs", {}).get("ordered") else "ul"
            return _wrap(tag, self.blocks(children))
        if kind in {"list_item", "task_list_item"}:
            return _wrap("li", self.blocks(children))
        if kind == "block_quote":
            return _wrap("blockquote", self.blocks(children))
        if kind == "block_code":
            return Markup("<pre>{}</pre>").format(node.get("raw", ""))
        if kind == "thematic_break":
            return Markup("<hr>")
        if kind == "table":
            return Markup(
                '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>{}</table></div>'
            ).format(self.blocks(children))
        if kind == "table_head":
            return Markup("<thead><tr>{}</tr></thead>").format(self.blocks(children))
        if kind == "table_body":
            return _wrap("tbody", self.blocks(children))
        if kind == "table_row":
            return _wrap("tr", self.blocks(children))
        if kind == "table_cell":
            return self._table_cell(node)
        if kind == "footnotes":
            self._keep_notes(children)
            return Markup("")
        if kind == "block_html":
            text = _COMMENT.sub("", node.get("raw", "")).strip()
            return Markup("<p>{}</p>").format(text) if text else Markup("")
        if kind == "blank_line":
            return Markup("")
        return self.blocks(children) if children else escape(node.get("raw", ""))

    def _inline(self, node: Node) -> Markup:
        kind = node["type"]
        children: Sequence[Node] = node.get("children", ())
        if kind in _INLINE_TAGS:
            return _wrap(_INLINE_TAGS[kind], self.inline(children))
        if kind == "codespan":
            return Markup("<code>{}</code>").format(node.get("raw", ""))
        if kind == "linebreak":
            return Markup("<br>")
        if kind == "softbreak":
            return Markup("\n")
        if kind == "link":
            return self._link(node.get("attrs", {}).get("url", ""), self.inline(children))
        if kind == "image":
            return self._picture(node)
        if kind == "footnote_ref":
            return self._citation(node)
        if kind == "inline_html":
            raw = node.get("raw", "")
            return Markup("<br>") if _LINE_BREAK.fullmatch(raw) else escape(_COMMENT.sub("", raw))
        return self.inline(children) if children else escape(node.get("raw", ""))

    def _link(self, url: str, label: Markup) -> Markup:
        if not _SAFE_LINK.match(url):
            return label
        return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(url, label)

    def _picture(self, node: Node) -> Markup:
        url = node.get("attrs", {}).get("url", "")
        alt = words(node.get("children", ()))
        if _SAFE_PICTURE.match(url):
            return Markup('<img src="{}" alt="{}">').format(url, alt)
        self.warnings.append(
            f"picture {alt or url!r} is not part of the notebook and was left out; attach it or embed it."
        )
        return Markup("[{}]").format(alt) if alt else Markup("")

    def _citation(self, node: Node) -> Markup:
        if self.footnotes is None:
            return Markup("")
        first = (self.scope, node["raw"]) not in self.footnotes.cited
        number = self.footnotes.cite(self.scope, node["raw"])
        anchor = Markup(' id="ref-{}"').format(number) if first else Markup("")
        return Markup('<sup><a{} href="#note-{}" aria-label="Note {}">{}</a></sup>').format(
            anchor, number, number, number
        )

    def _keep_notes(self, items: Sequence[Node]) -> None:
        if self.footnotes is None:
            return
        for item in items:
            key = item.get("attrs", {}).get("key", "")
            text = Markup(" ").join(
                self.inline(part.get("children", ())) for part in item.get("children", ())
            )
            self.footnotes.texts[(self.scope, key)] = text

    def _table_cell(self, node: Node) -> Markup:
        attrs = node.get("attrs", {})
        align = (
            Markup(' class="{}"').format(attrs["align"])
            if attrs.get("align") in {"right", "center"}
            else Markup("")
        )
        inner = self.inline(node.get("children", ()))
        if attrs.get("head"):
            return Markup('<th scope="col"{}>{}</th>').format(align, inner)
        return Markup("<td{}>{}</td>").format(align, inner)


def _wrap(tag: str, inner: Markup) -> Markup:
    return Markup("<{0}>{1}</{0}>").format(tag, inner)


def words(nodes: Iterable[Node]) -> str:
    """Give the words of inline nodes without any markup."""
    return "".join(_words(nodes))


def _words(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        kind = node["type"]
        if kind in {"linebreak", "softbreak"}:
            yield " "
        elif kind == "footnote_ref":
            continue
        elif kind == "inline_html":
            yield (
                " "
                if _LINE_BREAK.fullmatch(node.get("raw", ""))
                else _COMMENT.sub("", node.get("raw", ""))
            )
        elif node.get("children"):
            yield from _words(node["children"])
        else:
            yield node.get("raw", "")


def slug(text: str, taken: set[str]) -> str:
    """Make an anchor name from a heading, unique among those taken (which it joins)."""
    base = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "section"
    name = base
    number = 2
    while name in taken:
        name = f"{base}-{number}"
        number += 1
    taken.add(name)
    return name


@dataclass(frozen=True)
class Spark:
    """A sparkline as path data: segments joined where values follow each other, and the last point.

    Attributes:
        path: SVG path data of all segments; lone points between gaps are not part of it.
        dots: points without a neighbour on either side.
        last: the last measured point, None without any.
    """

    path: str
    dots: tuple[tuple[float, float], ...]
    last: tuple[float, float] | None


def spark(
    values: Sequence[float | None], width: float = 84.0, height: float = 22.0, pad: float = 3.0
) -> Spark:
    """Lay values out over a width and height in pixels; None leaves a gap."""
    known = [v for v in values if v is not None]
    if not known:
        return Spark("", (), None)
    low, high = min(known), max(known)
    step = (width - 2 * pad) / max(len(values) - 1, 1)

    def place(index: int, value: float) -> tuple[float, float]:
        share = (value - low) / (high - low) if high > low else 0.5
        return round(pad + index * step, 1), round(height - pad - share * (height - 2 * pad), 1)

    runs: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(place(index, value))
    path = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in run) for run in runs if len(run) > 1)
    dots = tuple(run[0] for run in runs if len(run) == 1)
    return Spark(path, dots, next(run[-1] for run in reversed(runs) if run))


def spark_words(values: Sequence[float | None]) -> str:
    """Say a sparkline in words, oldest first."""
    if not values:
        return "no history"
    return "oldest to newest: " + ", ".join(
        "not measured" if v is None else f"{v:.4g}" for v in values
    )


def direction(text: str) -> str:
    """Tell which way a change points by its sign: up, down, level, or nothing when there is no number."""
    stripped = text.strip()
    if not any(char.isdigit() for char in stripped):
        return ""
    if stripped[0] in "+▲↑":
        return "up"
    if stripped[0] in "-\u2212\u2013▼↓":
        return "down"
    return "level"


def one_line(text: Any) -> str:
    """Fold any text into one line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
