"""Where queries run. The only door to DuckDB, and what any engine must offer.

Every query of this package is written in the portable part of DuckDB's SQL, so that another engine (``warehouse``) gives
the same rows: no ``GROUP BY ALL``, lateral alias, ``FILTER`` or ``any_value``, days as ``DATE`` literals, no alias that
is the name of a table, no division by what may be zero, and no fraction cast to a whole number.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import duckdb

from reportkit.errors import DataError
from reportkit.kept import Keeping
from reportkit.knowledge import Knowledge
from reportkit.store import Load, Store
from reportkit.tables import TABLES, TableSpec

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from reportkit.layers import Layer, Layers


TYPES = {
    "text": "VARCHAR", "enum": "VARCHAR", "list": "VARCHAR", "json": "VARCHAR", "date": "DATE", "instant": "TIMESTAMP",
    "integer": "BIGINT", "number": "DOUBLE", "money": "DECIMAL(18,2)", "boolean": "BOOLEAN",
}  # fmt: skip


def among(words: Sequence[str]) -> str:
    """Write the list behind IN."""
    return f"({', '.join(map(quote, words))})"


def quote(text: str) -> str:
    """Write a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def day(value: Any) -> str:
    """Write a date as an SQL literal."""
    return f"DATE '{value:%Y-%m-%d}'"


def instant(value: datetime) -> str:
    """Write a naive instant as an SQL literal."""
    return f"TIMESTAMP '{value.isoformat(sep=' ')}'"


#: Rows from which findings are read where they lie, and not copied into the engine first.
LARGE = 500_000
#: The same for a table as known that came in one load: reading it again costs little.
SMALL = 20_000
#: Rows of all loads from which tables as known are worth a file.
KEPT_FROM = 5_000
#: The same for other tables of which each thing has one version: a copy of all columns costs as much as some ten queries of few.
WIDE = 50_000
_MEMORY = 4 << 30
_SHUT: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
_ALONE: dict[str, Any] = {"threads": 1, "async_threads": 0}


class Engine(Protocol):
    """What views ask of the place where the data lives."""

    def known(self, store: Store, schema: str, knowledge: Knowledge) -> dict[str, tuple[Load, ...]]:
        """Make every canonical table, as known, in a schema of its own; give the loads used, by table."""
        ...

    def add_schema(self, schema: str) -> None:
        """Make a schema."""
        ...

    def make(self, name: str, select: str, *, copied: bool, order: str = "") -> None:
        """Make a relation of a SELECT, replacing one of the name.

        Args:
            name: with its schema.
            select: what it holds.
            copied: whether its rows are copied, or computed whenever it is asked for.
            order: how copied rows best lie.
        """
        ...

    def layer(self, known: str) -> Layer | None:
        """Give what findings as known in a schema are made of, where only what changed was ranked."""
        ...

    def frame(self, query: str, schema: str = "") -> pd.DataFrame:
        """Run one query, with names looked up in a schema, and give its rows.

        Raises:
            DataError: the query cannot be run; the message is the database's own first line.
        """
        ...


class Local:
    """DuckDB in this process, in memory: it fetches nothing.

    Args:
        spill: folder for what does not fit into memory; made when needed.
        kept: folder for tables as known, which are the same whenever the same loads count.
        within: folders whose files queries may read, and no others; without any a query reads what this process may.
        alone: start no threads, where the version of the engine can do without.
    """

    def __init__(
        self, spill: Path | None = None, kept: Path | None = None, *, within: Sequence[Path] = (), alone: bool = False
    ) -> None:  # fmt: skip
        self._kept = kept
        self._keeping: Keeping | None = None
        self._connection = _connected(_ALONE if alone else {})
        self._connection.execute("SET TimeZone='UTC'")
        # A query that takes long would write a bar into the report, or into JSON. In a kernel without widgets it is off,
        # and may not be set.
        on = self._connection.execute("SELECT current_setting('enable_progress_bar')").fetchone()
        if on != (False,):
            self._connection.execute("SET enable_progress_bar=false")
        self._connection.execute(f"SET memory_limit='{memory() >> 20}MiB'")
        self._connection.execute(f"SET temp_directory={quote(str(spill) if spill else '')}")
        if within:
            listed = ", ".join(quote(str(place.absolute())) for place in within)
            self._connection.execute(f"SET allowed_directories=[{listed}]")
            self._connection.execute("SET enable_external_access=false")

    def known(self, store: Store, schema: str, knowledge: Knowledge) -> dict[str, tuple[Load, ...]]:
        """Make every canonical table, as known; see :class:`Engine`."""
        from reportkit import ranking

        many = sum(load.rows for load in store.loads()) > KEPT_FROM
        if many and self._kept is not None and self._keeping is None:
            self._keeping = Keeping(self, self._kept)

        def layered(spec: TableSpec, loads: Sequence[Load]) -> bool:
            return self.layers.make(f"{schema}.{spec.name}", loads, store, knowledge)

        return ranking.make_known(keeping(self), store, schema, knowledge, lambda load: _parquet(store, load), layered=layered)  # fmt: skip

    @cached_property
    def layers(self) -> Layers:
        """Large tables that came in several loads."""
        from reportkit.layers import Layers

        return Layers(self)

    def layer(self, known: str) -> Layer | None:
        """Give what findings as known are made of; see :class:`Engine`."""
        return self.layers.of(known)

    def known_of(self, store: Store, schema: str, loads: Sequence[Load]) -> None:
        """Make the table of some loads, all of one, as they leave it."""
        from reportkit import ranking

        self.add_schema(schema)
        spec = TABLES[loads[0].table]
        select = ranking.known(spec, loads, lambda load: _parquet(store, load))
        self.make(f"{schema}.{spec.name}", select, copied=False)

    def add_schema(self, schema: str) -> None:
        """Make a schema; see :class:`Engine`."""
        self._connection.execute(f"CREATE SCHEMA {schema}")

    def make(self, name: str, select: str, *, copied: bool, order: str = "") -> None:
        """Make a relation; see :class:`Engine`."""
        kind = "TABLE" if copied else "VIEW"
        # Rows that lie by day are found without looking at those of other days.
        select += f" ORDER BY {order}" if order else ""
        self._connection.execute(f"CREATE OR REPLACE {kind} {name} AS {select}")

    def frame(self, query: str, schema: str = "") -> pd.DataFrame:
        """Run one query; see :class:`Engine`."""
        try:
            if schema:
                self._connection.execute(f"SET search_path='{schema}'")
            return self._connection.execute(_asking(self._connection, query)).df()
        except duckdb.Error as error:
            raise failed(error) from error

    def arrow(self, query: str) -> pa.Table:
        """Run one query and give its rows as an Arrow table."""
        return self._connection.sql(query).to_arrow_table()

    def hashes(self, rows: pa.Table) -> NDArray[np.uint64]:
        """Give a mark of each row of an Arrow table, the same for equal rows."""
        names = ", ".join(f'"{name}"' for name in rows.column_names)
        found = self._connection.from_arrow(rows).project(f"hash({names}) AS mark")
        marks: NDArray[np.uint64] = found.fetchnumpy()["mark"]
        return marks

    def pandas(self, rows: pa.Table) -> pd.DataFrame:
        """Give rows from elsewhere as this engine gives its own, with the same types and the same signs of nothing."""
        frame: pd.DataFrame = self._connection.from_arrow(rows).df()
        return frame

    def write(self, select: str, path: Path) -> None:
        """Write the rows of a query to a Parquet file.

        Raises:
            OSError: it cannot be written.
        """
        try:
            self._connection.execute(f"COPY ({select}) TO {quote(str(path))} (FORMAT parquet)")
        except duckdb.IOException as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Let go of all memory."""
        self._connection.close()


def of(workspace: Path, *, alone: bool = False) -> Local:
    """Give the engine for the queries of a workspace, which read its files and no others.

    Args:
        workspace: its folder.
        alone: start no threads; see :class:`Local`.
    """
    store = workspace / "store"
    # A store may be a link to another disk.
    return Local(store / ".spill", store / ".known", within=(workspace, store, store / "extracts"), alone=alone)  # fmt: skip


def _connected(more: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
    """Open an engine in memory that fetches nothing."""
    try:
        return duckdb.connect(":memory:", config={**_SHUT, **more})
    except duckdb.Error:
        # Before version 2 there are no threads for files, and no key that says how many.
        more = {name: value for name, value in more.items() if name != "async_threads"}
        return duckdb.connect(":memory:", config={**_SHUT, **more})


def _asking(connection: duckdb.DuckDBPyConnection, query: str) -> duckdb.Statement:
    """Give the one statement of a query, which asks: others write files, attach them or change what holds for all who ask later.

    Raises:
        DataError: it is another, or there is not one.
    """
    statements = connection.extract_statements(query)
    if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
        kinds = " and ".join(one.type.name for one in statements) or "nothing"
        raise DataError(f"A query is one SELECT, and this is {kinds}; take the rows it gives and go on with pandas.")  # fmt: skip
    return statements[0]


def keeping(engine: Engine) -> Any:
    """Give the engine that takes copied relations from files where it can, or the engine itself."""
    return (isinstance(engine, Local) and engine._keeping) or engine  # noqa: SLF001


def all_differ(rows: pa.Table) -> bool:
    """Say whether no two rows are equal; no is a guess where two only look alike."""
    import numpy as np

    engine = Local()
    try:
        marks = engine.hashes(rows)
    finally:
        engine.close()
    marks.sort()
    return not bool(np.any(marks[1:] == marks[:-1]))


def each_once(path: Path, identity: Sequence[str]) -> bool:
    """Say whether no thing has two rows in a Parquet file."""
    engine = Local()
    try:
        key = ", ".join(f'"{name}"' for name in identity)
        twice = f"SELECT 1 FROM read_parquet({quote(str(path))}) GROUP BY {key} HAVING COUNT(*) > 1 LIMIT 1"
        return engine.frame(twice).empty
    finally:
        engine.close()


def read_file(path: Path, query: str) -> pa.Table:
    """Run one query on a DuckDB database file, which is only read.

    Raises:
        DataError: the file or the query is none.
    """
    try:
        with duckdb.connect(
            str(path), read_only=True, config={"enable_external_access": False}
        ) as connection:
            found: pa.Table = connection.sql(query).to_arrow_table()
            return found
    except duckdb.Error as error:
        raise failed(error) from error


def failed(error: Exception) -> DataError:
    """Say in one line why a query failed."""
    return DataError(f"The query failed: {str(error).splitlines()[0]}")


def extract(store: Store, load: Load) -> Path:
    """Give the Parquet file with the rows of a load.

    Raises:
        DataError: it is missing.
    """
    path = store.extract_path(load.table, load.extract)
    if not path.exists():
        raise DataError(f"The extract {path} is missing; restore it from a copy.")
    return path


def _parquet(store: Store, load: Load) -> str:
    return f"read_parquet({quote(str(extract(store, load)))})"


def memory() -> int:
    """Give the bytes an engine on this machine may hold: half of what the machine has, at most 4 GB."""
    pages = (
        os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    )
    return min(_MEMORY, pages // 2) if pages else _MEMORY


def is_large(loads: Sequence[Load], above: int | None = None) -> bool:
    """Say whether a table is read where it lies rather than copied."""
    return sum(load.rows for load in loads) > (LARGE if above is None else above)
