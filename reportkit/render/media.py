"""Pictures, charts and what cannot be shown, taken out of foreign HTML before its markup is cleaned, and put back in their place."""

from __future__ import annotations

import io
import json
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

from reportkit.facts import Table
from reportkit.render.model import Node, Prose


@dataclass(frozen=True)
class Found:
    """What stood in the HTML beside its words.

    Attributes:
        alt: the words for those who cannot see it.
        url: address of a picture; empty when it is none.
        svg: a drawing, as it stood there.
        spec: the Vega-Lite specification of a chart.
        missing: what it is, where it cannot be shown.
    """

    alt: str = ""
    url: str = ""
    svg: str = ""
    spec: dict[str, Any] | None = None
    missing: str = ""


#: What cannot be shown, by its tag.
_MISSING = {
    "iframe": "a page within the page",
    "object": "an embedded object",
    "embed": "an embedded object",
    "video": "a film",
    "audio": "a sound",
    "canvas": "a drawing of a script",
}
_BEGIN = re.compile(r"(?i)<(img|svg|math|iframe|object|embed|video|audio|canvas|script)\b")
_REST = re.compile(r"(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_ATTRIBUTE = re.compile(r"(?i)\s(src|alt|data|type)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))")
_SCHEMA = re.compile(r"https?://vega\.github\.io/schema/vega-lite/v\d")
_TAG = re.compile(r"<[^<>]*>")
_VOID = {"img", "embed"}
#: Stand for what was taken out; no text holds them.
_OPEN, _CLOSE = "\ue0f0", "\ue0f1"
_MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
#: More than any page of a notebook holds.
_MOST = 500
#: Tags without an end after which no other is looked for: each is looked for in all that follows.
_BROKEN = 50


def taken(html: str) -> tuple[str, list[Found]]:
    """Give the HTML with a mark in the place of each thing that is no text, and these things."""
    source = _uncommented(html.replace(_OPEN, "").replace(_CLOSE, ""))
    lower, pieces, found, position = source.lower(), [], list[Found](), 0
    endless: set[str] = set()
    broken, begin = 0, 0
    while len(found) < _MOST and broken < _BROKEN and (named := _BEGIN.search(source, begin)):
        rest = _REST.match(source, named.end())
        if rest is None:
            broken, begin = broken + 1, named.end()
            continue
        tag, opening = named.group(1).lower(), source[named.start() : rest.end()]
        end = inner = rest.end()
        if tag not in _VOID and not opening.endswith("/>"):
            inner = -1 if tag in endless else lower.find(f"</{tag}", end)
            if inner < 0:
                # Nothing ends it: a search for each of many openings would take for ever.
                endless.add(tag)
                inner = end
            end = source.find(">", inner) + 1 or len(source)
        pieces.append(source[position : named.start()])
        one = _one(tag, opening, source[rest.end() : inner], source[named.start() : end])
        if isinstance(one, Found):
            pieces.append(f"{_OPEN}{len(found)}{_CLOSE}")
            found.append(one)
        else:
            pieces.append(one)
        position = begin = end
    pieces.append(source[position:])
    return "".join(pieces), found


def _uncommented(html: str) -> str:
    """Give HTML without its comments; one without an end stays, and is looked for once."""
    kept, position = [], 0
    while (begin := html.find("<!--", position)) >= 0:
        end = html.find("-->", begin + 4)
        if end < 0:
            break
        kept.append(html[position:begin])
        position = end + 3
    return "".join((*kept, html[position:]))


def _one(tag: str, opening: str, inside: str, whole: str) -> Found | str:
    said = {
        m.group(1).lower(): unescape(m.group(2) or m.group(3) or m.group(4) or "")
        for m in _ATTRIBUTE.finditer(opening)
    }
    if tag == "img":
        return Found(url=said.get("src", ""), alt=said.get("alt", ""))
    if tag == "svg":
        return Found(
            svg=whole
            if "xmlns" in opening
            else whole.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
        )
    if tag == "math":
        return _TAG.sub(" ", inside)
    if tag == "script":
        spec = chart(inside)
        return Found(spec=spec) if spec is not None else ""
    where = said.get("src") or said.get("data") or ""
    where = where if re.match(r"(?i)https?://", where) else ""
    return Found(missing=_MISSING[tag] + (f" ({where[:120]})" if where else ""))


def chart(script: str) -> dict[str, Any] | None:
    """Give the Vega-Lite specification that a script would draw; None when there is none."""
    if not _SCHEMA.search(script):
        return None
    decoder, position = json.JSONDecoder(), 0
    for _ in range(_MOST):
        position = script.find('{"', position)
        if position < 0:
            return None
        try:
            value, _end = decoder.raw_decode(script, position)
        except (ValueError, RecursionError):
            position += 1
            continue
        if isinstance(value, dict) and _SCHEMA.match(str(value.get("$schema", ""))):
            return value
        position += 1
    return None


def elsewhere(spec: Any) -> str:
    """Give the address that a chart would read its data from; empty when all of it is inside."""
    if isinstance(spec, dict):
        data = spec.get("data")
        if isinstance(data, dict) and isinstance(data.get("url"), str):
            return str(data["url"])
        parts: Iterable[Any] = (
            value for key, value in spec.items() if key not in {"datasets", "values"}
        )
    else:
        parts = spec if isinstance(spec, list) else ()
    return next(filter(None, map(elsewhere, parts)), "")


def is_picture(data: bytes, mime: str) -> bool:
    """Say whether bytes are a picture that every format can show."""
    from PIL import Image

    if mime == "image/svg+xml":
        from reportkit.errors import DataError
        from reportkit.render import vectors

        try:
            vectors.clean(data.decode("utf-8"), "picture")
        except (DataError, UnicodeDecodeError):
            return False
        return True
    try:
        with (
            warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning),
            Image.open(io.BytesIO(data)) as picture,
        ):
            picture.verify()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return True


def placed(
    blocks: Sequence[Prose | Table], found: Sequence[Found]
) -> Iterator[Prose | Table | Found]:
    """Put what was taken out where its mark stands; in a table its words stand in the cell."""
    for block in blocks:
        if not found:
            yield block
        elif isinstance(block, Table):
            yield _worded(block, found)
        else:
            yield from _split(block, found)


def _split(block: Prose, found: Sequence[Found]) -> Iterator[Prose | Found]:
    kept: list[Node] = []
    for node in block.nodes:
        own: list[Found] = []
        node_ = _without(node, found, own)
        if _holds(node_):
            kept.append(node_)
        if own:
            if kept:
                yield Prose(nodes=tuple(kept))
                kept = []
            yield from own
    if kept:
        yield Prose(nodes=tuple(kept))


def _without(node: Node, found: Sequence[Found], own: list[Found]) -> Node:
    if "raw" in node and _OPEN in node["raw"]:
        own += [
            found[int(match)] for match in _MARK.findall(node["raw"]) if int(match) < len(found)
        ]
        node = {**node, "raw": _MARK.sub("", node["raw"])}
    if "children" in node:
        node = {**node, "children": [_without(child, found, own) for child in node["children"]]}
    return node


def _holds(node: Node) -> bool:
    return bool(node.get("raw", "").strip()) or any(map(_holds, node.get("children", ())))


def _worded(block: Table, found: Sequence[Found]) -> Table:
    def words(text: str) -> str:
        return (
            _MARK.sub(lambda match: _said(found[int(match.group(1))]), text).strip()
            if _OPEN in text
            else text
        )

    rows = tuple(
        tuple(cell.model_copy(update={"text": words(cell.text)}) for cell in row)
        for row in block.rows
    )
    columns = tuple(
        column.model_copy(update={"label": words(column.label)}) for column in block.columns
    )
    return block.model_copy(
        update={
            "rows": rows,
            "columns": columns,
            "title": words(block.title),
            "note": words(block.note),
        }
    )


def _said(one: Found) -> str:
    return one.alt or (f"[{one.missing}]" if one.missing else "[picture]")


def images(html: str) -> Iterable[Found]:
    """Give the pictures of a piece of HTML that is nothing but pictures inside the notebook; none when there is anything else."""
    marked, found = taken(html)
    only = not _MARK.sub("", marked).strip() and all(
        one.url.startswith(("attachment:", "data:")) for one in found
    )
    return found if only else ()
