"""Markdown to a syntax tree that holds text only: no HTML, no unsafe link, no picture from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from reportkit.facts import Table
from reportkit.render import media
from reportkit.render.model import Node, Prose

_SAFE_LINK = re.compile(r"(?i)(https?://|mailto:)")
_BREAK = re.compile(r"(?i)<br\s*/?>")
_STRUCTURE = re.compile(r"(?i)\s*<(table|div|p|h[1-6]|ul|ol|blockquote|section|center)[\s>]")

#: Says how words look; the words stay.
_FORMAT = re.compile(
    r"(?i)</?(?:b|strong|i|em|u|kbd|small|mark|span|font|center|code|tt|ins|big)(?:\s[^<>]*)?>"
)
_RAISED = {"<sup>": "^", "<sub>": "_", "</sup>": "", "</sub>": ""}
#: Code, which stays as it is; then formulas, in which no sign means what it means in markdown.
_FORMULA = re.compile(
    r"(?sm)(?P<code>^(?:```|~~~).*?^(?:```|~~~)|`[^`\n]+`|^(?: {4}|\t).*?$)"
    r"|\$\$.+?\$\$|(?<![\\$\w])\$(?=[^\s$])[^$\n`]*?(?<=[^\s\\])\$(?!\d)|\\begin\{(?P<name>\w+\*?)\}.*?\\end\{(?P=name)\}"
)
_SIGN = re.compile(r"[\\*_~\[\]<&`^]")

#: Takes address and alternative text of a picture, and says whether the picture found its own place.
TakeImage = Callable[[str, str], bool]
#: Takes structural HTML and gives the blocks of text in it.
TakeHtml = Callable[[str], Iterable[Node]]


@lru_cache(maxsize=1)
def _parser() -> Callable[[str], Any]:
    import mistune

    return mistune.create_markdown(
        renderer="ast", plugins=["table", "strikethrough", "footnotes", "url"]
    )


def prose(source: str, take_image: TakeImage, take_html: TakeHtml) -> Prose:
    """Give the syntax tree of a markdown text.

    HTML inside markdown is shown as the text it is, save line breaks, comments and tags that only say how words look; a
    structural block goes to ``take_html``.
    """
    nodes: list[Node] = []
    notes: list[tuple[str, tuple[Node, ...]]] = []
    for node in _parser()(_with_formulas(source)):
        if node["type"] == "footnotes":
            notes += [
                (item["attrs"]["key"], tuple(_flat(item, take_image))) for item in node["children"]
            ]
        elif node["type"] == "block_html":
            nodes += _html(node["raw"], take_html, take_image)
        elif node["type"] != "blank_line":
            nodes.append(_clean(node, take_image))
    return Prose(nodes=tuple(node for node in nodes if not _empty(node)), notes=tuple(notes))


def _with_formulas(source: str) -> str:
    """Let formulas stand as they were written: typesetting them is not this tool's trade, and their source says the same."""
    if "$" not in source and "\\begin" not in source:
        return source
    return _FORMULA.sub(lambda found: found.group() if found["code"] else _SIGN.sub(r"\\\g<0>", found.group()), source)  # fmt: skip


def _html(raw: str, take_html: TakeHtml, take_image: TakeImage) -> Iterable[Node]:
    if _is_comment(raw):
        return []
    if words := _pictured(raw, take_image):
        return [paragraph("".join(words))]
    if _STRUCTURE.match(raw):
        return take_html(raw)
    return [paragraph(raw.strip())]


def _is_comment(raw: str) -> bool:
    """Say whether a piece is comments alone; as one pattern, this would try each way to part them."""
    rest = raw.strip()
    while rest.startswith("<!--"):
        end = rest.find("-->", 4)
        if end < 0:
            return False
        rest = rest[end + 3 :].lstrip()
        if not rest:
            return True
    return False


def _pictured(raw: str, take_image: TakeImage) -> list[str]:
    """Take the pictures of a piece that is nothing else, and give the words of those that find no place; nothing for any other."""
    return ["" if take_image(one.url, one.alt) else one.alt for one in media.images(raw)]


def _flat(item: Node, take_image: TakeImage) -> list[Node]:
    inline: list[Node] = []
    for child in item["children"]:
        if inline:
            inline.append({"type": "softbreak"})
        inline += _clean(child, take_image).get("children", [])
    return inline


def _clean(node: Node, take_image: TakeImage) -> Node:
    kind = node["type"]
    if kind == "inline_html":
        raw = node["raw"]
        if _BREAK.fullmatch(raw):
            return {"type": "linebreak"}
        if words := _pictured(raw, take_image):
            return text("".join(words))
        if raw.lower() in _RAISED:
            return text(_RAISED[raw.lower()])
        return text("" if _is_comment(raw) or _FORMAT.fullmatch(raw) else raw)
    if kind == "block_html":
        return paragraph("" if _is_comment(node["raw"]) else node["raw"].strip())
    if kind == "image":
        alt = plain(node.get("children", []))
        return text("" if take_image(node["attrs"]["url"], alt) else alt)
    children = [
        _clean(child, take_image)
        for child in node.get("children", [])
        if child["type"] != "blank_line"
    ]
    if kind == "link" and not _SAFE_LINK.match(node["attrs"].get("url", "")):
        return {"type": "text", "raw": plain(children)}
    kept: Node = {"type": kind}
    if "raw" in node:
        kept["raw"] = node["raw"]
    if "attrs" in node:
        kept["attrs"] = dict(node["attrs"])
    if "children" in node:
        kept["children"] = children
    return kept


def text(raw: str) -> Node:
    """Give an inline node of plain text."""
    return {"type": "text", "raw": raw}


def paragraph(raw: str) -> Node:
    """Give a paragraph of plain text."""
    return {"type": "paragraph", "children": [text(raw)]}


def plain(nodes: Iterable[Node]) -> str:
    """Give the words of a run of nodes."""
    words = []
    for node in nodes:
        if node["type"] in {"softbreak", "linebreak"}:
            words.append(" ")
        elif node["type"] != "footnote_ref":
            words.append(node.get("raw") or plain(node.get("children", [])))
    return "".join(words)


def _empty(node: Node) -> bool:
    return node["type"] in {"paragraph", "heading"} and not plain(node["children"]).strip()


def table_node(table: Table) -> Node:
    """Give a table as a node between other text."""

    def row(kind: str, texts: Iterable[str]) -> Node:
        return {
            "type": kind,
            "children": [
                {
                    "type": "table_cell",
                    "attrs": {"align": None, "head": kind == "table_head"},
                    "children": [{"type": "text", "raw": words}],
                }
                for words in texts
            ],
        }

    body = [row("table_row", (cell.text for cell in cells)) for cells in table.rows]
    head = row("table_head", (column.label for column in table.columns))
    return {"type": "table", "children": [head, {"type": "table_body", "children": body}]}
