"""Pulls rows from a source of the configuration, on the road that files take: mapped, and held against the contract."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit import connections
from reportkit.errors import DataError
from reportkit.sources import mapping as mappings
from reportkit.sources import reading, services, tabular
from reportkit.sources.content import Content
from reportkit.sources.document import word
from reportkit.sources.grid import Grid
from reportkit.sources.model import Asked, Extract, Records
from reportkit.tables import TABLES, table

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Pulled:
    """What a source gave.

    Attributes:
        extract: the rows.
        cursor: where the source goes on the next time; None when it always gives all.
        file: the file that was read, if it was one.
    """

    extract: Extract
    cursor: str | None = None
    file: Path | None = None


def pull(
    name: str,
    settings: connections.Connection,
    folder: Path,
    since: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Pulled:
    """Ask a source for its rows.

    Args:
        name: of the source, for what is said of it.
        settings: of the source.
        folder: the workspace, from which paths count and where mappings are looked for.
        since: where the last pull ended.
        sleep: waits some seconds between attempts.

    Raises:
        ConfigError: a secret, driver or mapping is missing.
        DataError: the source refuses, or no row keeps the contract.
        TemporaryError: the source does not answer.
    """
    table(settings.table)
    if isinstance(settings, connections.File):
        return _file(name, settings, folder)
    if isinstance(settings, connections.Database):
        from reportkit.sources import database

        return Pulled(_extract(name, settings, folder, _typed(database.rows(settings, folder))))
    asked = settings if isinstance(settings, connections.Rest) else services.rest(settings)
    found = list(services.records(settings, since, sleep))
    cursor = since
    if asked.since is not None:
        marks = [str(r[asked.since.field]) for r in found if r.get(asked.since.field) is not None]
        cursor = max([*marks, *([since] if since else [])], default=None)
    return Pulled(_extract(name, asked, folder, _grid(found)), cursor)


def _file(name: str, settings: connections.File, folder: Path) -> Pulled:
    found = sorted(folder.glob(settings.path), key=lambda path: (path.stat().st_mtime, path.name))
    if not found:
        raise DataError(f"Source {name}: no file fits {settings.path} in {folder}.")
    asked = reading.ask(
        found[-1],
        table=settings.table,
        mapping=_mapping(settings.mapping, folder),
        unit=settings.unit,
    )
    return Pulled(reading.read(asked), file=found[-1])


def _mapping(given: str | None, folder: Path) -> Path | None:
    if given is None:
        return None
    own = folder / "mappings" / f"{given.removesuffix('.toml')}.toml"
    return own if own.is_file() else Path(given)


def _extract(name: str, settings: Any, folder: Path, rows: Grid | pa.Table) -> Extract:
    """Hold rows of a source against the contract of their table."""
    chosen = _mapping(settings.mapping, folder)
    content = Content(Path(name), name, b"", _digest(rows))
    asked = Asked(
        content=content,
        table=settings.table,
        mapping=mappings.read(chosen) if chosen is not None else None,
        unit=settings.unit,
    )
    if not isinstance(rows, Grid):
        if asked.mapping is None:
            return reading.whole(
                reading.finish(_canonical(rows, settings.table), asked, settings.kind), asked
            )
        rows = _texts(rows)
    if not rows.columns:
        nothing = Records(table=settings.table, rows=_empty(), numbers=[], records=0)
        return reading.finish(nothing, asked, settings.kind)
    return reading.whole(reading.finish(tabular.records(rows, asked), asked, settings.kind), asked)


def _canonical(rows: pa.Table, name: str) -> Records:
    """Take typed columns as they are: what has the canonical type is not read again."""
    known = {column.casefold(): column for column in TABLES[name].names}
    rows = rows.rename_columns(
        [known.get(column.casefold(), column) for column in rows.column_names]
    )
    return Records(
        table=name, rows=rows, numbers=range(1, rows.num_rows + 1), records=rows.num_rows
    )


def _typed(rows: pa.Table) -> pa.Table:
    """Give each column once; a query may name two alike."""
    first = [
        place
        for place, name in enumerate(rows.column_names)
        if name not in rows.column_names[:place]
    ]
    return rows.select(first)


def _texts(rows: pa.Table) -> Grid:
    import pyarrow as pa

    columns = {
        name: ["" if value is None else value for value in rows[name].cast(pa.string()).to_pylist()]
        for name in rows.column_names
    }
    return Grid(columns, list(range(1, rows.num_rows + 1)))


def _grid(found: list[dict[str, Any]]) -> Grid:
    names = dict.fromkeys(name for record in found for name in record)
    columns = {name: [word(record.get(name)) or "" for record in found] for name in names}
    return Grid(columns, list(range(1, len(found) + 1)))


def _empty() -> pa.Table:
    import pyarrow as pa

    return pa.table({})


def _digest(rows: Grid | pa.Table) -> str:
    """Hash what the source gave, so that the same answer is known again."""
    digest = hashlib.sha256()
    parts: Iterable[Any] = (
        rows.columns.items()
        if isinstance(rows, Grid)
        else ((c, rows[c].to_pylist()) for c in rows.column_names)
    )
    for name, cells in parts:
        digest.update(repr((name, list(cells))).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
