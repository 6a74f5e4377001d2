"""``reportkit formats``: what can be read."""

from __future__ import annotations

import re

from reportkit.cli import screen
from reportkit.cli.options import JsonOption


def formats(*, json: JsonOption = False) -> None:
    """List the formats that are recognised, and the mappings that come along."""
    from reportkit.sources import mapping
    from reportkit.sources.formats import described

    readers = described()
    mappings = {
        name: {"table": one.source.table, "tool": one.source.tool, "tried": _tried(name)}
        for name, one in mapping.shipped().items()
    }
    if json:
        screen.say_json({"formats": readers, "mappings": mappings})
        return
    screen.say(screen.styled("Formats, recognised by themselves", "strong"))
    screen.table(list(readers.items()))
    screen.say()
    screen.say(
        screen.styled(
            "Mappings for CSV, JSON lists and spreadsheets, recognised by their columns", "strong"
        )
    )
    screen.table([(name, one["table"], one["tried"]) for name, one in mappings.items()])
    screen.say()
    screen.say("Anything else: reportkit load TABLE FILE --mapping MINE.toml")


def _tried(name: str) -> str:
    """Give the sentence of a mapping's head that says on what it was tried."""
    from reportkit import resources

    text = (resources.templates() / "mappings" / f"{name}.toml").read_text(encoding="utf-8")
    head = " ".join(
        line.removeprefix("#").strip() for line in text.split("[source]")[0].splitlines()
    )
    found = re.search(r"(Tried on [^.]*|Not tried[^.]*)", head)
    return found[1] if found else "Not tried on a real export"
