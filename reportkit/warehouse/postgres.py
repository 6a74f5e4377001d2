"""Measures on PostgreSQL.

Each extract of the store is copied into the warehouse once, under its content hash, and stays there. What a view makes
on top (tables as known by an instant, relations at a day) is made inside one transaction that is never committed, so
nothing of it outlives the report and two reports never meet.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reportkit import ranking, sql
from reportkit.errors import ConfigError, DataError, TemporaryError
from reportkit.secret import Secret, driver_line
from reportkit.tables import TABLES, TableSpec
from reportkit.warehouse import dialect

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from reportkit.knowledge import Knowledge
    from reportkit.store import Load, Store

SCHEMA = "reportkit"
_INSTALL = "pip install 'reportkit-security[warehouse]'"


class Postgres:
    """A PostgreSQL database that holds the loaded rows and computes over them.

    Args:
        url: ``postgresql://user:password@host/database``.
    """

    def __init__(self, url: Secret) -> None:
        try:
            import adbc_driver_postgresql.dbapi as driver
            import sqlglot  # noqa: F401 - asked for here, where its absence can be told
        except ImportError as error:
            raise ConfigError(
                f"[engine] url needs {error.name}; install it with {_INSTALL}."
            ) from None
        self._errors = driver.Error
        self._url = url
        try:
            # Transactions are begun and ended in words: the driver's own know no savepoints.
            self._connection = driver.connect(url.reveal(), autocommit=True)
            self._cursor = self._connection.cursor()
            # Also when the workspace is let go of, or the process ends.
            self._leave = weakref.finalize(self, _leave, self._cursor, self._connection)
            self._cursor.execute("SET TIME ZONE 'UTC'")
            # The newest of many versions is taken for a handful of rows, and a loop over a handful can be one over millions.
            self._cursor.execute("SET enable_nestloop = off")
            self._begun = False
            self._frames = sql.Local()
        except driver.Error as error:
            host = urlsplit(url.reveal()).hostname or "its socket"
            raise TemporaryError(
                f"The warehouse on {host} does not answer ({driver_line(error, url)}); check [engine] url."
            ) from None

    # ---- the rows of the store ------------------------------------------------------------------------------------

    def known(self, store: Store, schema: str, knowledge: Knowledge) -> dict[str, tuple[Load, ...]]:
        """Make every canonical table, as known; see :class:`reportkit.sql.Engine`."""
        if not self._begun:
            self._copy(store)
            self.begin()
        return ranking.make_known(self, store, schema, knowledge, _part, at_home=True)

    def begin(self) -> None:
        """Begin the transaction in which everything is made that shall not stay."""
        self._cursor.execute("BEGIN")
        self._begun = True

    def _copy(self, store: Store) -> None:
        """Copy the extracts that are not there yet."""
        loads = [load for load in store.loads() if load.filled]
        self._tables({load.table for load in loads})
        held = set(
            self._rows(f"SELECT extract_id FROM {SCHEMA}.extracts")["extract_id"].to_pylist()
        )
        new = [load for load in loads if load.extract not in held]
        for load in {load.extract: load for load in new}.values():
            self._ingest(TABLES[load.table], load, store)
        for name in sorted({load.table for load in new}):
            self._cursor.execute(f"ANALYZE {SCHEMA}.{name}")

    def _tables(self, names: set[str]) -> None:
        wanted = [
            f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
            f"CREATE TABLE IF NOT EXISTS {SCHEMA}.extracts (extract_id TEXT PRIMARY KEY, table_name TEXT, row_count BIGINT)",
        ]
        for name in sorted(names):
            columns = ", ".join(f'"{c.name}" {sql.TYPES[c.type]}' for c in TABLES[name].columns)
            wanted += [
                f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{name} (extract_id TEXT NOT NULL, {columns})".replace(
                    "DOUBLE", "DOUBLE PRECISION"
                ),
                f"CREATE INDEX IF NOT EXISTS {name}_extract ON {SCHEMA}.{name} (extract_id)",
            ]
        self._cursor.execute("BEGIN")
        for statement in wanted:
            self._cursor.execute(statement)
        self._cursor.execute("COMMIT")

    def _ingest(self, spec: TableSpec, load: Load, store: Store) -> None:
        """Copy one extract and say that it is there, both or neither."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = pq.read_table(sql.extract(store, load))
        for place, column in enumerate(rows.schema):
            if pa.types.is_decimal(column.type):
                rows = rows.set_column(place, column.name, rows[column.name].cast(pa.string()))
        named = rows.append_column(
            "extract_id",
            pa.array([load.extract]).take(pa.nulls(rows.num_rows, pa.int32()).fill_null(0)),
        )
        temporary = f"incoming_{load.extract[:16]}"
        self._cursor.execute("BEGIN")
        try:
            self._cursor.adbc_ingest(temporary, named, mode="create", temporary=True)
            columns = ", ".join(
                f'CAST("{name}" AS {sql.TYPES[spec.column(name).type]})'.replace(
                    "DOUBLE", "DOUBLE PRECISION"
                )
                for name in rows.column_names
            )
            names = ", ".join(f'"{name}"' for name in rows.column_names)
            self._cursor.execute(
                f"INSERT INTO {SCHEMA}.{spec.name} (extract_id, {names}) SELECT extract_id, {columns} FROM {temporary}"
            )
            self._cursor.execute(
                f"INSERT INTO {SCHEMA}.extracts VALUES ({sql.quote(load.extract)}, {sql.quote(spec.name)}, {load.rows})"
            )
            self._cursor.execute(f"DROP TABLE {temporary}")
            self._cursor.execute("COMMIT")
        except self._errors as error:
            self._cursor.execute("ROLLBACK")
            raise DataError(
                f"Copying {spec.name} into the warehouse failed: {driver_line(error, self._url)}"
            ) from None

    # ---- what views ask -------------------------------------------------------------------------------------------

    def add_schema(self, schema: str) -> None:
        """Make a schema; see :class:`reportkit.sql.Engine`."""
        self._cursor.execute(f"CREATE SCHEMA {schema}")

    def make(self, name: str, select: str, *, copied: bool, order: str = "") -> None:  # noqa: ARG002 - an index serves here
        """Make a relation; see :class:`reportkit.sql.Engine`."""
        query = dialect.postgres(select)
        with self._tried():
            self._cursor.execute(
                f"CREATE {'TABLE' if copied else 'OR REPLACE VIEW'} {name} AS {query}"
            )
            if copied:
                self._cursor.execute(f"ANALYZE {name}")

    def layer(self, known: str) -> None:
        """Say that every table is ranked as a whole; see :class:`reportkit.sql.Engine`."""

    def frame(self, query: str, schema: str = "") -> pd.DataFrame:
        """Run one query; see :class:`reportkit.sql.Engine`."""
        with self._tried():
            if schema:
                self._cursor.execute(f"SET LOCAL search_path = {schema}")
            return self._frames.pandas(_numbers(self._rows(dialect.postgres(query))))

    @contextmanager
    def _tried(self) -> Iterator[None]:
        """Undo what failed and no more: it would end the transaction, and with it everything made so far."""
        self._cursor.execute("SAVEPOINT tried")
        try:
            yield
        except self._errors as error:
            self._cursor.execute("ROLLBACK TO SAVEPOINT tried")
            raise DataError(f"The query failed: {driver_line(error, self._url)}") from error

    def _rows(self, query: str) -> pa.Table:
        self._cursor.execute(query)
        rows: pa.Table = self._cursor.fetch_arrow_table()
        return rows

    def close(self) -> None:
        """Leave, and leave nothing behind but the copied extracts."""
        self._leave()


def _leave(cursor: Any, connection: Any) -> None:
    """Close in the order the driver wants; what was never committed is gone with it."""
    cursor.close()
    connection.close()


def _part(load: Load) -> str:
    return f"(SELECT * FROM {SCHEMA}.{load.table} WHERE extract_id = {sql.quote(load.extract)})"


def _numbers(rows: pa.Table) -> pa.Table:
    """Give decimals as numbers; a driver that knows no type for them hands them over as text."""
    import pyarrow as pa

    for place, column in enumerate(rows.schema):
        if _is_numeric(column):
            values = rows.column(place).cast(pa.string()).cast(pa.float64())
            rows = rows.set_column(place, column.name, values)
    return rows


def _is_numeric(column: Any) -> bool:
    import pyarrow as pa

    kind = (column.metadata or {}).get(b"ADBC:postgresql:typname", b"")
    name = getattr(column.type, "type_name", "")
    return bool(kind == b"numeric" or name == "numeric" or pa.types.is_decimal(column.type))
