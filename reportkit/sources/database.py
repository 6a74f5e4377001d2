"""Asks a database one query: rows come as Arrow columns, with the types the database gives them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from reportkit import sql
from reportkit.errors import ConfigError, DataError, TemporaryError
from reportkit.secret import Secret, address, driver_line

if TYPE_CHECKING:
    import pyarrow as pa

    from reportkit.connections import Database

_INSTALL = "pip install 'reportkit-security[databases]'"
_BATCH = 50_000


def rows(settings: Database, folder: Path) -> pa.Table:
    """Give the rows of the query.

    Args:
        settings: of the source.
        folder: the workspace, from which the path of a database file counts.

    Raises:
        ConfigError: the driver is not installed, or the address is none.
        DataError: the query cannot be run.
        TemporaryError: nobody answers.
    """
    url = address(settings.url)
    if settings.kind in {"sqlite", "duckdb"}:
        path = folder / url.reveal()
        if not path.is_file():
            raise DataError(f"Database file {path} does not exist; check [sources] url.")
        return _sqlite(path, settings.query) if settings.kind == "sqlite" else _duckdb(path, settings.query)  # fmt: skip
    return _postgresql(url, settings.query) if settings.kind == "postgresql" else _mysql(url, settings.query)  # fmt: skip


@contextmanager
def _said(where: str, secret: Secret, *errors: type[Exception]) -> Iterator[None]:
    """Turn what a driver says into one sentence that names the place and no secret."""
    try:
        yield
    except errors as error:
        line = driver_line(error, secret)
        if any(word in line.lower() for word in ("connect", "refused", "timed out", "no such file or directory", "starting up")):  # fmt: skip
            raise TemporaryError(
                f"The database on {where} does not answer ({line}); check the address, or try again."
            ) from None
        raise DataError(f"The database on {where} refuses the query ({line}).") from None


def _postgresql(url: Secret, query: str) -> pa.Table:
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise ConfigError(
            f"kind = 'postgresql' needs its driver; install it with {_INSTALL}."
        ) from None
    where = urlsplit(url.reveal()).hostname or "its socket"
    with _said(where, url, dbapi.Error), dbapi.connect(url.reveal()) as connection, connection.cursor() as cursor:  # fmt: skip
        cursor.execute("SET TRANSACTION READ ONLY")
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.execute(query)
        found: pa.Table = cursor.fetch_arrow_table()
    return _plain(found)


def _mysql(url: Secret, query: str) -> pa.Table:
    try:
        import pymysql
        from pymysql.cursors import SSCursor
    except ImportError:
        raise ConfigError(f"kind = 'mysql' needs its driver; install it with {_INSTALL}.") from None
    parts = urlsplit(url.reveal())
    place = (
        {"unix_socket": unquote(parts.query.partition("socket=")[2])}
        if "socket=" in parts.query
        else {"host": parts.hostname or "localhost", "port": parts.port or 3306}
    )
    with _said(parts.hostname or "its socket", url, pymysql.MySQLError, OSError):
        connection = pymysql.connect(
            user=unquote(parts.username or ""), password=unquote(parts.password or ""), database=parts.path.lstrip("/"),
            charset="utf8mb4", connect_timeout=20, cursorclass=SSCursor,
            **place,
        )  # fmt: skip
        with connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("SET time_zone = '+00:00'")
            cursor.execute(query)
            return _gathered([str(column[0]) for column in cursor.description], cursor)


def _sqlite(path: Path, query: str) -> pa.Table:
    import sqlite3
    from contextlib import closing

    with (
        _said(str(path), Secret(""), sqlite3.Error),
        closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection,
    ):
        cursor = connection.execute(query)
        return _gathered([column[0] for column in cursor.description or ()], cursor)


def _duckdb(path: Path, query: str) -> pa.Table:
    return _plain(sql.read_file(path, query))


def _gathered(names: list[str], cursor: Any) -> pa.Table:
    """Give rows that come one by one as columns; SQLite lets a column mix types, which become text."""
    import pyarrow as pa

    batches = []
    while block := cursor.fetchmany(_BATCH):
        columns = [_column(list(values)) for values in zip(*block, strict=True)]
        batches.append(pa.table(columns, names=names))
    if not batches:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    try:
        return pa.concat_tables(batches, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.concat_tables(
            [batch.cast(pa.schema([(n, pa.string()) for n in names])) for batch in batches]
        )


def _column(values: list[Any]) -> Any:
    import pyarrow as pa

    values = [
        value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values
    ]
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def _plain(found: pa.Table) -> pa.Table:
    """Give decimals that a driver knows no type for, and whatever else is unusual, as text."""
    import pyarrow as pa

    for place, column in enumerate(found.schema):
        if isinstance(column.type, pa.BaseExtensionType):
            found = found.set_column(place, column.name, found.column(place).cast(pa.string()))
        elif pa.types.is_timestamp(column.type) and column.type.tz:
            values = found.column(place).cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
            found = found.set_column(place, column.name, values)
    return found
