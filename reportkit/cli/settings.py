"""``reportkit config``: what the configuration may say, and whether this one can be meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reportkit.cli import options, screen
from reportkit.cli.options import JsonOption, WorkspaceOption
from reportkit.errors import ConfigError, ReportkitError, nearest

if TYPE_CHECKING:
    from reportkit.config import Settings

config = typer.Typer(
    name="config",
    help="Check the configuration, or write its schema for an editor.",
    no_args_is_help=True,
    add_completion=False,
)


@config.command("schema")
def schema(
    what: Annotated[
        Literal["workspace", "mapping"],
        typer.Argument(metavar="[WHAT]", help="workspace (reportkit.toml) or mapping."),
    ] = "workspace",
) -> None:
    """Print the JSON schema of reportkit.toml or of a mapping."""
    from reportkit import schemas

    screen.say_json(schemas.mapping() if what == "mapping" else schemas.configuration())


@config.command("check")
def check(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Check reportkit.toml, the mappings and the measures of one's own, without touching any data."""
    place = options.workspace(workspace)
    found = dict(files(place))
    if json:
        screen.say_json(found)
    else:
        for name, faults in found.items():
            state = "fine" if not faults else f"{len(faults)} fault{'s' * (len(faults) > 1)}"
            screen.say(f"{screen.styled(name, 'strong')}  {screen.styled(state, 'bad' if faults else 'good')}")  # fmt: skip
            screen.table([("×", fault) for fault in faults])
    count = sum(map(len, found.values()))
    if count:
        raise ConfigError(f"{count} fault{'s' * (count > 1)} in the configuration; mend them, then check again.")  # fmt: skip


def files(place: Path) -> Iterator[tuple[str, list[str]]]:
    """Give what is wrong, by file of the workspace.

    Args:
        place: the workspace.
    """
    from reportkit import config as configuration
    from reportkit.sources import mapping

    try:
        settings = configuration.read(place)
    except ConfigError as error:
        head = f"{place / configuration.FILE}: "
        text = error.message.removeprefix(head)
        # The reader says all at once; a hint belongs to the fault before it.
        parts = re.split(r"; (?!did you mean|allowed:)", text.rstrip("."))
        yield configuration.FILE, parts if error.message.startswith(head) else [text]
    else:
        yield configuration.FILE, list(_meant(place, settings))
    for path in sorted((place / "mappings").glob("*.toml")):
        faults = []
        try:
            mapping.read(path)
        except ReportkitError as error:
            faults = [error.message.removeprefix(f"Mapping {path}: ")]
        yield str(path.relative_to(place)), faults


def _meant(place: Path, settings: Settings) -> Iterator[str]:
    """Say which names in a configuration stand for nothing."""
    from reportkit.measures import definitions, registry
    from reportkit.sources import mapping
    from reportkit.tables import TABLES

    try:
        registry.load(place, settings.measures.modules)
    except ReportkitError as error:
        yield f"measures.modules: {error.message}"
    measures = definitions()
    for name in settings.freshness:
        if name not in TABLES:
            yield f"freshness.{name}: there is no such table; {nearest(name, TABLES)}"
    for name in settings.owners:
        if name not in measures:
            yield f"owners.{name}: there is no such measure; {nearest(name, measures)}"
    for card, ids in settings.scorecards.items():
        for name in ids:
            if name not in measures:
                yield f"scorecards.{card}: there is no measure {name!r}; {nearest(name, measures)}"
    for name in settings.privacy.columns:
        table, _, column = name.partition(".")
        if table not in TABLES:
            yield f"privacy.columns: there is no table {table!r}; {nearest(table, TABLES)}"
        elif column not in TABLES[table].names:
            yield f"privacy.columns: {table} has no column {column!r}; {nearest(column, TABLES[table].names)}"
    own = {path.stem for path in (place / "mappings").glob("*.toml")} | set(mapping.shipped())
    for name, source in settings.sources.items():
        if source.table not in TABLES:
            yield f"sources.{name}: there is no table {source.table!r}; {nearest(source.table, TABLES)}"
        wanted = source.mapping
        if wanted is not None and Path(wanted).stem not in own and not (place / wanted).is_file():
            yield f"sources.{name}: there is no mapping {wanted!r}; {nearest(wanted, own)}"
