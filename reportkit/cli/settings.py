"""``reportkit config``: what the configuration may say, and whether this one can be meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reportkit import mistakes
from reportkit.cli import options, screen
from reportkit.cli.options import JsonOption, WorkspaceOption
from reportkit.errors import ConfigError, ReportkitError, from_os, nearest

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
    *,
    save: Annotated[
        bool,
        typer.Option("--save", help="Write both into the workspace, where its files name them."),
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Print the JSON schema of reportkit.toml or of a mapping, for an editor that completes and checks."""
    from reportkit import schemas

    if not save:
        screen.say_json(schemas.mapping() if what == "mapping" else schemas.configuration())
        return
    place = options.workspace(workspace)
    try:
        made = schemas.save(place)
    except OSError as error:
        raise from_os(error, f"Writing {place / schemas.FOLDER}") from error
    for path in made:
        screen.say(screen.short(path))
    screen.say("The first line of a file names its own:")
    screen.table(
        [
            (schemas.LINE.format(path=f"{schemas.FOLDER}/reportkit.json"), "reportkit.toml"),
            (schemas.LINE.format(path=f"../{schemas.FOLDER}/mapping.json"), "mappings/NAME.toml"),
        ]
    )


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
    from reportkit import theme
    from reportkit.sources import mapping

    try:
        settings = configuration.read(place)
    except ConfigError as error:
        yield configuration.FILE, sorted(error.faults, key=_line)
    else:
        text = (place / configuration.FILE).read_text(encoding="utf-8")
        yield (
            configuration.FILE,
            sorted((fault.rstrip(".") for fault in _meant(place, settings, text)), key=_line),
        )
    for path in sorted((place / "mappings").glob("*.toml")):
        faults: list[str] = []
        try:
            mapping.read(path)
        except ConfigError as error:
            faults = sorted(error.faults, key=_line)
        except ReportkitError as error:
            faults = [error.message]
        yield str(path.relative_to(place)), faults
    if (place / theme.FILE).is_file():
        yield theme.FILE, list(_looks(place))


def _looks(place: Path) -> Iterator[str]:
    from reportkit import branding, theme

    path = place / theme.FILE
    theme.use(path)
    try:
        branding.faces(theme.tokens(), place)
        branding.logo(theme.tokens(), place)
    except ReportkitError as error:
        yield error.message.removeprefix(f"{path}: ")
    finally:
        theme.use(None)


def _line(fault: str) -> int:
    found = re.match(r"line (\d+): ", fault)
    return int(found.group(1)) if found else 0


def _meant(place: Path, settings: Settings, text: str) -> Iterator[str]:
    """Say which names in a configuration stand for nothing."""
    from reportkit.measures import definitions, registry

    def at(*keys: str | int) -> str:
        return mistakes.at(text, keys)

    try:
        registry.load(place, settings.measures.modules)
    except ReportkitError as error:
        yield f"{at('measures', 'modules')}measures.modules: {error.message}"
    measures = definitions()
    for name in settings.owners:
        if name not in measures:
            yield f"{at('owners', name)}owners.{name}: there is no such measure; {nearest(name, measures)}"
    for card, ids in settings.scorecards.items():
        for name in ids:
            if name not in measures:
                yield f"{at('scorecards', card)}scorecards.{card}: there is no measure {name!r}; {nearest(name, measures)}"
    yield from _tables(place, settings, text)
    yield from _reports(place, settings, text)


def _tables(place: Path, settings: Settings, text: str) -> Iterator[str]:
    from reportkit.sources import mapping
    from reportkit.tables import TABLES

    for name in settings.freshness:
        if name not in TABLES:
            yield f"{mistakes.at(text, ('freshness', name))}freshness.{name}: there is no such table; {nearest(name, TABLES)}"
    for name in settings.privacy.columns:
        before = mistakes.at(text, ("privacy", "columns"))
        table, _, column = name.partition(".")
        if table not in TABLES:
            yield f"{before}privacy.columns: there is no table {table!r}; {nearest(table, TABLES)}"
        elif column not in TABLES[table].names:
            yield f"{before}privacy.columns: {table} has no column {column!r}; {nearest(column, TABLES[table].names)}"
    own = {path.stem for path in (place / "mappings").glob("*.toml")} | set(mapping.shipped())
    for name, source in settings.sources.items():
        if source.table not in TABLES:
            yield f"{mistakes.at(text, ('sources', name, 'table'))}sources.{name}: there is no table {source.table!r}; {nearest(source.table, TABLES)}"
        wanted = getattr(source, "mapping", None)
        if wanted is not None and Path(wanted).stem not in own and not (place / wanted).is_file():
            yield f"{mistakes.at(text, ('sources', name, 'mapping'))}sources.{name}: there is no mapping {wanted!r}; {nearest(wanted, own)}"


def _reports(place: Path, settings: Settings, text: str) -> Iterator[str]:
    from reportkit import resources

    known = resources.notebooks(place)
    named: list[tuple[tuple[str | int, ...], str]] = [
        (("schedule", number, "report"), one.report) for number, one in enumerate(settings.schedule)
    ]
    lists = {
        **{("audiences", name): one.reports for name, one in settings.audiences.items()},
        **{("editions", name): one.reports for name, one in settings.editions.items()},
    }
    for part, reports in lists.items():
        named += [((*part, "reports"), name) for name in reports]
    for number, approver in enumerate(settings.approval.approvers):
        named += [(("approval", "approvers", number, "reports"), name) for name in approver.reports]
    for keys, name in named:
        if name not in known:
            yield f"{mistakes.at(text, keys)}{'.'.join(map(str, keys))}: there is no report {name!r}; {nearest(name, known)}"
