"""``reportkit load``, ``inspect`` and ``tables``: data in."""

from __future__ import annotations

import glob
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reportkit.cli import completing, options, screen
from reportkit.cli.options import JsonOption, UnitOption, WorkspaceOption
from reportkit.errors import ConfigError, DataError, UsageError
from reportkit.locale import plural

if TYPE_CHECKING:
    from reportkit.sources import Extract
    from reportkit.store import Load

FilesArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="An export, a CSV or a spreadsheet, packed or not; several, or a quoted 'exports/*.csv'.",
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", metavar="F", help="The file's format; by default it is recognised."),
]
MappingOption = Annotated[
    Path | None,
    typer.Option(
        "--mapping",
        "-m",
        metavar="TOML",
        help="Says which column is which; a file, or a name in mappings/.",
    ),
]
_SHOWN = 10


def load(
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE",
            help="The table to load into; see 'reportkit tables'.",
            autocompletion=completing.tables,
        ),
    ],
    files: FilesArgument,
    *,
    workspace: WorkspaceOption = None,
    mapping: MappingOption = None,
    format: FormatOption = None,  # noqa: A002 - the word of the command line
    observed: Annotated[
        str | None,
        typer.Option(
            "--observed", metavar="DATE", help="Day on which the file was made, if it does not say."
        ),
    ] = None,
    recorded_at: Annotated[
        str | None,
        typer.Option(
            "--recorded-at",
            metavar="TIME",
            help="State that this was known earlier; marked as stated in every report.",
        ),
    ] = None,
    unit: UnitOption = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="NAME",
            help="Name of the system it comes from; by default the format or the file.",
        ),
    ] = None,
    complete: Annotated[
        bool,
        typer.Option(
            "--complete",
            help="The file lists all that is open in this source: close what it no longer lists.",
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Load a file into a table; what was loaded before is kept."""
    from reportkit import sources, store, tables
    from reportkit.intake import Origin, keep
    from reportkit.store import counted

    folder = options.workspace(workspace)
    spec = tables.table(table)
    stated = _stated(folder, spec.name, recorded_at)
    paths = _existing(files)
    if complete and len(paths) > 1:
        raise UsageError(
            "--complete takes one file, which lists all that is open; load the others without it."
        )
    # All are read before any is kept: one that is broken keeps none.
    extracts = [
        sources.read(
            path,
            spec.name,
            format=format,
            mapping=_mapping(folder, mapping),
            observed=options.day(observed, "--observed"),
            unit=unit,
        )
        for path in paths
    ]
    at = stated or options.now()
    told = []
    for place, (path, extract) in enumerate(zip(paths, extracts, strict=True)):
        origin = Origin(
            source=source or _source(extract, path),
            # Of two files that speak of the same thing the later one counts; the clock alone would not say which that is.
            recorded_at=at + timedelta(microseconds=place),
            stated=stated is not None,
            file=path,
            complete=complete,
            day=options.day(observed, "--observed"),
            unit=unit,
        )
        kept, closed = keep(extract, folder, origin)
        said = kept.to_dict()
        told.append(said if closed is None else {**said, "closed": closed})
        if not json:
            _report(kept, path)
            aside = counted(spec, store.of(folder).loads(spec.name))[1]
            if aside:
                screen.say(
                    f"  {screen.styled('!', 'watch')} {plural(len(aside), 'earlier load')} of {spec.name} no longer "
                    "counted: people stand in them under another key, or under their names"
                )
            if closed is not None:
                screen.say(f"  {closed:,} closed: open before, and not in this complete export")
                _unlike(kept, store.of(folder).loads(spec.name))
    if json:
        screen.say_json(told[0] if len(told) == 1 else told)


def _report(kept: Load, file: Path) -> None:
    rows = plural(kept.rows, "row")
    if kept.repeated:
        screen.say(
            f"{kept.table}: {file.name} holds the {rows} already loaded from {kept.source}; nothing was added."
        )
        return
    screen.say(screen.styled(f"{kept.table}: {rows} loaded", "strong"))
    facts = [
        ("file", f"{file.name} ({kept.format}, {plural(kept.records, 'record')})"),
        ("source", kept.source),
    ]
    if kept.first_day:
        facts.append(("days", f"{screen.day(kept.first_day)} to {screen.day(kept.last_day)}"))
    facts.append(
        ("known", f"{kept.recorded_at:%Y-%m-%d %H:%M} UTC{', as stated' if kept.stated else ''}")
    )
    if kept.rejected:
        facts.append(("rejected", plural(kept.rejected, "record")))
    screen.table(facts)
    _problems(kept.problems)


def _unlike(kept: Load, loads: list[Load]) -> None:
    """Say why a complete export can have closed nothing: what it would close came under another name."""
    if any(load.source == kept.source and load.name != kept.name for load in loads):
        return
    made = (kept.format, kept.mapping_sha256)
    alike = [load.source for load in loads if (load.format, load.mapping_sha256) == made]
    others = [name for name in dict.fromkeys(alike) if name != kept.source]
    if others:
        screen.say(
            f"  {screen.styled('!', 'watch')} nothing can be closed by the first load from {kept.source}; if it is the system that "
            f"{others[-1]} was, load it with --source {others[-1]}"
        )


def _problems(problems: tuple[str, ...]) -> None:
    for problem in problems[:_SHOWN]:
        screen.say(f"  {screen.styled('!', 'watch')} {problem}")
    if len(problems) > _SHOWN:
        screen.say(
            f"  {screen.styled('!', 'watch')} and {len(problems) - _SHOWN:,} more; all are kept with the load"
        )


def _stated(folder: Path, table: str, text: str | None) -> datetime | None:
    """Read a stated time, and refuse one that would change what a published report knew."""
    if text is None:
        return None
    from reportkit.period import parse_instant
    from reportkit.run.told import cut_off

    stated = parse_instant(text)
    if stated > options.now():
        raise UsageError(
            f"--recorded-at {text} has not come yet; leave it out to record the load now."
        )
    told = cut_off(folder, table)
    if told is not None and stated <= told:
        raise UsageError(
            f"--recorded-at {text} lies before {told:%Y-%m-%d %H:%M} UTC, by which a published report used {table}; "
            "what was told cannot change. Leave it out: the next report shows the difference as a restatement."
        )
    return stated


def _source(extract: Extract, file: Path) -> str:
    """Name the source: a tool by its format, anything that could be a table of anybody's by its file."""
    general = {"csv", "xlsx", "json", "parquet"}
    return file.name.split(".")[0] if extract.format in general else extract.format


def _existing(given: list[Path]) -> list[Path]:
    """Give the files named; a pattern that the shell left alone stands for the files it fits."""
    found: list[Path] = []
    for path in given:
        if path.exists():
            found.append(path)
            continue
        fitting = sorted(map(Path, glob.glob(str(path), recursive=True)))  # noqa: PTH207 - the pattern may be absolute
        if not fitting:
            what = "No file fits" if glob.has_magic(str(path)) else "File"
            raise DataError(
                f"{what} {path}{'' if glob.has_magic(str(path)) else ' does not exist'}; check the path."
            )
        found += fitting
    return list(dict.fromkeys(found))


def _mapping(folder: Path | None, given: Path | None) -> Path | None:
    """Find a mapping: the path itself, or a name in the workspace's ``mappings/``."""
    if given is None or given.exists() or folder is None:
        return given
    for candidate in (folder / "mappings" / given, folder / "mappings" / f"{given}.toml"):
        if candidate.is_file():
            return candidate
    return given


def inspect(
    files: FilesArgument,
    *,
    format: FormatOption = None,  # noqa: A002 - the word of the command line
    mapping: MappingOption = None,
    json: JsonOption = False,
) -> None:
    """Say what a file is and holds, without loading it."""
    from reportkit import sources

    try:
        here: Path | None = options.workspace(None)
    except ConfigError:
        here = None
    told = []
    for file in _existing(files):
        found = sources.inspect(file, format=format, mapping=_mapping(here, mapping)).to_dict()
        told.append({"file": str(file), **found} if len(files) > 1 else found)
        if not json:
            _show(file, found)
    if json:
        screen.say_json(told[0] if len(told) == 1 else told)


def _show(file: Path, found: dict[str, Any]) -> None:
    screen.say(
        screen.styled(f"{file.name}: {found['format']}, for table {found['table']}", "strong")
    )
    facts = [
        ("records", f"{found['records']:,}"),
        ("rows", f"{found['findings']:,}"),
        ("rejected", f"{found['rejected']:,}"),
    ]
    shares = [f"{count:,} {name}" for name, count in found["by_severity"].items() if count]
    if shares:
        facts.append(("severity", ", ".join(shares)))
    if found["first_day"]:
        facts.append(("days", f"{found['first_day']} to {found['last_day']}"))
    screen.table(facts)
    _problems(tuple(found["problems"]))


def tables(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[TABLE]",
            help="Show the columns of this table.",
            autocompletion=completing.tables,
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List the tables and what they hold, or one table's columns."""
    from reportkit.tables import TABLES, table

    if name is not None:
        spec = table(name)
        if json:
            screen.say_json([asdict(column) for column in spec.columns])
            return
        screen.say(screen.styled(f"{spec.name}: {spec.row}", "strong"))
        rows = [
            (
                column.name + (" *" if column.required else ""),
                column.type,
                _allowed(column.allowed, column.doc, column.unit)
                + (" (a person: stored as a pseudonym)" if column.personal else ""),
            )
            for column in spec.columns
        ]
        screen.table(rows, head=("column", "type", "meaning"))
        screen.say("  * required")
        for rule in spec.rules:
            screen.say(f"  {rule}")
        return
    loads = _loads(workspace)
    listed = [(spec.name, spec.row, loads.get(spec.name, [])) for spec in TABLES.values()]
    if json:
        screen.say_json(
            [
                {"table": t, "row": row, "rows": sum(x.rows for x in own), "loads": len(own)}
                for t, row, own in listed
            ]
        )
        return
    screen.table(
        [
            (
                t,
                f"{sum(x.rows for x in own):,}" if own else "–",
                str(len(own)) if own else "–",
                screen.day(own[-1].recorded_at if own else None),
                row,
            )
            for t, row, own in listed
        ],
        head=("table", "rows", "loads", "last", "one row is"),
        right=(1, 2),
    )


def _loads(workspace: Path | None) -> dict[str, list[Load]]:
    from reportkit.store import of

    try:
        folder = options.workspace(workspace)
    except ConfigError:
        if workspace is not None:
            raise
        return {}
    by_table: dict[str, list[Load]] = {}
    for one in of(folder).loads():
        by_table.setdefault(one.table, []).append(one)
    return by_table


def _allowed(allowed: tuple[str, ...], doc: str, unit: str) -> str:
    parts = [doc, f"({unit})" if unit else "", f"one of {', '.join(allowed)}" if allowed else ""]
    return " ".join(part for part in parts if part)
