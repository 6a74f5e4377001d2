"""Headings make the sections and the table of contents, also for those who listen to the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reportkit.lint.sheet import Fault, Sheet
from reportkit.render.markdown import plain, prose


def headings(sheet: Sheet) -> Iterator[Fault]:
    """The first heading is of level 1, and no level is left out."""
    last = 0
    for cell in sheet.cells:
        if cell.kind != "markdown" or not cell.shown:
            continue
        for node in prose(cell.source, lambda *_: True, lambda _: ()).nodes:
            if node["type"] != "heading":
                continue
            level, text = node["attrs"]["level"], _words(node)
            if level > last + 1:
                after = f"follows one of level {last}" if last else "is the first"
                yield cell.fault(
                    "headings",
                    f"heading {text!r} of level {level} {after}; write it with {'#' * (last + 1)}",
                )
            last = level
    if not last:
        yield sheet.fault("headings", "no heading; open each section with a cell such as '# Risk'")


def _words(node: Mapping[str, Any]) -> str:
    return plain(node.get("children", ())).strip()
