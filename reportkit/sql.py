"""The only door to DuckDB: a closed-off connection, and canonical tables as known by an instant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb

from reportkit.errors import DataError
from reportkit.tables import TABLES, TableSpec

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from reportkit.store import Load, Store

TYPES = {
    "text": "VARCHAR",
    "enum": "VARCHAR",
    "list": "VARCHAR",
    "json": "VARCHAR",
    "date": "DATE",
    "instant": "TIMESTAMP",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "money": "DECIMAL(18,2)",
    "boolean": "BOOLEAN",
}


def connect(temporary: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Open an in-memory database that fetches nothing and spills only into the given folder."""
    connection = duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False},
    )
    connection.execute("SET TimeZone='UTC'")
    connection.execute("SET memory_limit='4GB'")
    if temporary is not None:
        connection.execute(f"SET temp_directory={quote(str(temporary))}")
    return connection


def quote(text: str) -> str:
    """Write a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def day(value: Any) -> str:
    """Write a date as an SQL literal."""
    return f"DATE '{value:%Y-%m-%d}'"


def create_known(
    connection: duckdb.DuckDBPyConnection, store: Store, schema: str, known_by: datetime | None
) -> dict[str, tuple[Load, ...]]:
    """Make every canonical table, as known by an instant, in a schema of its own.

    For each version of a thing (its key) the row recorded last wins. Tables without a load are made empty, so that
    every query runs; whether a table says anything is asked of the returned loads.

    Returns:
        The loads used, by table.
    """
    used: dict[str, list[Load]] = {name: [] for name in TABLES}
    for load in store.loads(known_by=known_by):
        used.setdefault(load.table, []).append(load)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for name, spec in TABLES.items():
        connection.execute(
            f"CREATE OR REPLACE TABLE {schema}.{name} AS {_known(spec, used[name], store)}"
        )
    return {name: tuple(loads) for name, loads in used.items()}


def _known(spec: TableSpec, loads: Sequence[Load], store: Store) -> str:
    own = [f'CAST({{}} AS {TYPES[column.type]}) AS "{column.name}"' for column in spec.columns]
    envelope = "CAST({} AS VARCHAR) AS source, CAST({} AS TIMESTAMP) AS recorded_at, CAST({} AS VARCHAR) AS extract_id"
    # An export without a single record is a file without columns.
    loads = [load for load in loads if load.filled]
    if not loads:
        empty = ", ".join(text.format("NULL") for text in own)
        return f"SELECT {empty}, {envelope.format('NULL', 'NULL', 'NULL')} WHERE 1 = 0"
    parts = []
    for sequence, load in enumerate(loads):
        path = store.extract_path(spec.name, load.extract)
        if not path.exists():
            raise DataError(f"The extract {path} is missing; restore it from a copy.")
        filled = set(load.filled)
        columns = ", ".join(
            text.format(f'"{c.name}"' if c.name in filled else "NULL")
            for text, c in zip(own, spec.columns, strict=True)
        )
        stamp = envelope.format(
            quote(load.source), quote(load.recorded_at.isoformat()), quote(load.extract)
        )
        parts.append(
            f"SELECT {columns}, {stamp}, {sequence} AS sequence_ FROM read_parquet({quote(str(path))})"
        )
    key = ", ".join(f'"{name}"' for name in spec.key)
    # A clock starts with the first time anything said that it had started, and goes on when a thing comes back.
    names = ", ".join(
        f'"first_{name}" AS "{name}"' if name in spec.earliest else f'"{name}"'
        for name in spec.names
    )
    starts = "".join(
        f', MIN("{name}") OVER (PARTITION BY {key}) AS "first_{name}"' for name in spec.earliest
    )
    order = f" ORDER BY {', '.join(spec.order)}" if spec.order else ""
    return (
        f"SELECT {names}, source, recorded_at, extract_id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {key} "
        f"ORDER BY recorded_at DESC, sequence_ DESC) AS rank_{starts} FROM ({' UNION ALL '.join(parts)}) AS loaded) AS ranked "
        f"WHERE rank_ = 1{order}"
    )


def versions(spec: TableSpec, loads: Sequence[Load], store: Store) -> pa.Table:
    """Give the rows that some loads leave, one for each version of a thing, in the table's own columns."""
    connection = connect()
    try:
        found: pa.Table = connection.sql(_known(spec, loads, store)).to_arrow_table()
    finally:
        connection.close()
    return found.select(list(spec.names))


def frame(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Iterable[Any] = ()
) -> pd.DataFrame:
    """Run one query and give its rows as a pandas frame.

    Raises:
        DataError: the query cannot be run; the message is the database's own first line.
    """
    try:
        return connection.execute(query, list(parameters)).df()
    except duckdb.Error as error:
        raise DataError(f"The query failed: {str(error).splitlines()[0]}") from error
