"""The author's words for single sections, put where they belong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reportkit.facts import Callout, Facts
from reportkit.render.markdown import plain
from reportkit.render.model import Placed, Prose


def remarked(blocks: Iterable[Placed], facts: Facts) -> Iterator[Placed]:
    """Put the author's words below the headings that they are written for."""
    said = {_name(remark.place): (remark.text, one.author) for one in facts.written for remark in one.remarks}  # fmt: skip
    for placed in blocks:
        yield placed
        content = placed.content
        if said and isinstance(content, Prose):
            for node in content.nodes:
                if node["type"] == "heading" and (found := said.pop(_name(plain(node["children"])), None)):  # fmt: skip
                    title = f"Comment by {found[1]}" if found[1] else "Comment"
                    yield replace(placed, content=Callout(title=title, text=found[0], tone="neutral"))  # fmt: skip


def _name(heading: str) -> str:
    return " ".join(heading.split()).casefold()
