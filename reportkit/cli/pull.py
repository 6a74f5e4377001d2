"""``reportkit pull`` and ``sources``: rows from databases, services and folders that the configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reportkit.cli import options, screen
from reportkit.cli.options import JsonOption, WorkspaceOption
from reportkit.errors import ConfigError, ReportkitError, nearest
from reportkit.locale import plural

if TYPE_CHECKING:
    from reportkit.connections import Connection
    from reportkit.store import Load


def pull(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE]...", help="Names under [sources]; by default all."),
    ] = None,
    *,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Ask and check, and keep nothing.")
    ] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Load from the sources that reportkit.toml names."""
    from reportkit import config

    folder = options.workspace(workspace)
    known = config.read(folder).sources
    if not known:
        raise ConfigError(
            f"{folder / config.FILE} names no sources; add [sources.NAME] with kind, url and table."
        )
    for name in names or ():
        if name not in known:
            raise ConfigError(f"Source {name!r} is not known; {nearest(name, known)}")
    told: list[dict[str, Any]] = []
    failed: list[ReportkitError] = []
    for name in names or known:
        try:
            told.append(_one(folder, name, known[name], dry=dry, silent=json))
        except ReportkitError as error:
            # One that does not answer must not keep the others away.
            failed.append(error)
            told.append({"source": name, "error": error.message})
            if not json:
                screen.say(f"{screen.styled('!', 'bad')} {name}: {error.message}")
    if json:
        screen.say_json(told)
    if failed:
        worst = max(failed, key=lambda error: error.exit_code)
        count = f"{len(failed)} of {len(told)} sources failed"
        raise type(worst)(f"{count}; {worst.message}" if len(told) > 1 else worst.message)


def _one(
    folder: Path, name: str, settings: Connection, *, dry: bool, silent: bool
) -> dict[str, Any]:
    from reportkit import store
    from reportkit.intake import Origin, keep
    from reportkit.sources import pulling

    earlier = [load for load in store.of(folder).loads(settings.table) if load.source == name]
    since = next((load.cursor for load in reversed(earlier) if load.cursor), None)
    found = pulling.pull(name, settings, folder, since)
    extract = found.extract
    said: dict[str, Any] = {
        "source": name,
        "table": extract.table,
        "records": extract.records,
        "rows": extract.rows.num_rows,
        "rejected": extract.rejected,
        "problems": [str(problem) for problem in extract.problems],
    }
    if not dry:
        origin = Origin(
            source=name,
            recorded_at=options.now(),
            file=found.file,
            complete=bool(getattr(settings, "complete", False)) and since is None,
            unit=settings.unit,
            cursor=found.cursor,
            pulled=True,
        )
        load, closed = keep(extract, folder, origin)
        said |= {"extract": load.extract, "closed": closed}
    if not silent:
        verb = "would be loaded" if dry else "loaded"
        more = f", {extract.rejected:,} rejected" if extract.rejected else ""
        gone = f", {said['closed']:,} closed" if said.get("closed") else ""
        screen.say(
            f"{screen.styled(name, 'strong')}: {plural(extract.rows.num_rows, 'row')} of {extract.table} {verb}{more}{gone}"
        )
        for problem in said["problems"][:5]:
            screen.say(f"  {screen.styled('!', 'watch')} {problem}")
    return said


def sources(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """List the sources that reportkit.toml names, and when each was last loaded."""
    from reportkit import config, store

    folder = options.workspace(workspace)
    known = config.read(folder).sources
    last: dict[str, Load] = {load.source: load for load in store.of(folder).loads()}
    if json:
        screen.say_json(
            [
                {"source": name, "kind": one.kind, "table": one.table, "last": last[name].recorded_at if name in last else None}
                for name, one in known.items()
            ]
        )  # fmt: skip
        return
    if not known:
        screen.say(
            "No sources are named; add [sources.NAME] with kind, url and table to reportkit.toml."
        )
        return
    rows = [
        (name, one.kind, one.table, screen.day(last[name].recorded_at if name in last else None))
        for name, one in known.items()
    ]
    screen.table(rows, head=("source", "kind", "table", "last loaded"))
