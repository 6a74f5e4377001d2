"""``reportkit formats`` and ``guess``: what can be read, and a start where a file is not among it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

import typer

from reportkit.cli import screen
from reportkit.cli.options import JsonOption
from reportkit.errors import UsageError, from_os


def formats(*, json: JsonOption = False) -> None:
    """List the formats that are recognised, and the mappings that come along."""
    from reportkit.sources import mapping
    from reportkit.sources.formats import described

    readers = described()
    mappings = {
        name: {"table": one.source.table, "tool": one.source.tool, "tried": tried(name)}
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


def tried(name: str) -> str:
    """Give the sentence of a mapping's head that says on what it was tried."""
    from reportkit import resources

    text = (resources.templates() / "mappings" / f"{name}.toml").read_text(encoding="utf-8")
    head = " ".join(
        line.removeprefix("#").strip() for line in text.split("[source]")[0].splitlines()
    )
    found = re.search(r"(Tried on [^.]*|Not tried[^.]*)", head)
    return found[1] if found else "Not tried on a real export"


def guess(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A CSV, a spreadsheet or a list in JSON.")
    ],
    *,
    table: Annotated[
        str | None,
        typer.Option(
            "--table",
            "-t",
            metavar="TABLE",
            help="The table it goes into; by default the one that fits best.",
        ),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(
            "--sheet",
            metavar="NAME",
            help="The sheet of a workbook; by default the one that fits best.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="TOML", help="Write it here; by default it is printed."
        ),
    ] = None,
) -> None:
    """Write a mapping for a file, with the words seen in it, to be read and edited."""
    from reportkit.sources import reading
    from reportkit.sources.guess import draft
    from reportkit.tables import table as spec

    named = spec(table).name if table is not None else None
    found = draft(reading.ask(file, table=named), named, sheet)
    if out is None:
        screen.say(found.toml.removesuffix("\n"))
        return
    if out.exists():
        raise UsageError(f"{out} exists and was left as it is; name another file.")
    try:
        out.write_text(_schema(out) + found.toml, encoding="utf-8")
    except OSError as error:
        raise from_os(error, f"Writing {out}") from error
    screen.say(f"{screen.short(out)}: read every line, fill in what is empty, then")
    screen.say(f"  reportkit load {found.table} {screen.short(file)} --mapping {screen.short(out)}")


def _schema(out: Path) -> str:
    """Give the line by which an editor finds the schema of mappings, where the workspace keeps it."""
    from reportkit import config, schemas

    place = config.find(out.parent)
    path = place and place / schemas.FOLDER / "mapping.json"
    return schemas.LINE.format(path=os.path.relpath(path, out.resolve().parent)) + "\n" if path and path.is_file() else ""  # fmt: skip
