"""Where the ledger lies: a SQLite file in the workspace, or a PostgreSQL database that several desks share."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from reportkit.errors import ConfigError, TemporaryError
from reportkit.ledger import schema
from reportkit.secret import Secret, address, driver_line

FILE = "ledger.db"
#: All tables of the ledger, whichever module they are written in.
metadata = sa.MetaData()
#: Under this name a connection keeps the runs of which something was chained.
TOUCHED = "reportkit_touched"
#: What SQLite calls a disk that takes nothing more; trying again alone does not help.
_NO_ROOM = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")
sa.Table(
    schema.NAME, metadata, sa.Column("version", sa.Integer, primary_key=True, autoincrement=False)
)


class Database:
    """The database of one workspace.

    Args:
        folder: the workspace; its ``ledger.db`` is made when something is first written.
        url: of a PostgreSQL database to use in place of that file; may be the name of a secret that is one.
    """

    metadata = metadata

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder = folder
        self.path = folder / FILE
        self._url = url
        self._made = 0
        self._known = False
        #: Tables that were seen; none is ever taken away.
        self._seen: set[str] = set()
        self.place = "at [ledger] url" if url else str(self.path)

    @cached_property
    def _engine(self) -> sa.Engine:
        if self._url:
            return sa.create_engine(_server(address(self._url)), poolclass=sa.pool.NullPool)
        return _file(str(self.path), os.getpid())

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    @contextmanager
    def writing(self, later: set[str] | None = None) -> Iterator[sa.Connection]:
        """Give a connection for changes: all of them, or none; on SQLite nobody else writes in the meantime.

        Args:
            later: takes the runs whose journals lack what was kept; the caller gives them to :meth:`told` soon.

        Raises:
            TemporaryError: the ledger is locked, cannot be reached or cannot be written.
        """
        with self._said("written"):
            connecting = self._engine.execution_options(reportkit_writes=True)
            if self._made != len(metadata.tables):
                with connecting.begin() as connection:
                    file = None if self._url else self.path
                    schema.ready(connection, metadata, file=file, place=self.place)
                    touched = connection.info.pop(TOUCHED, set())
                self._made = len(metadata.tables)
                self.told(touched)
            with connecting.begin() as connection:
                connection.info.pop(TOUCHED, None)
                yield connection
                touched = connection.info.pop(TOUCHED, set())
            if later is None:
                self.told(touched)
            else:
                later |= touched

    def told(self, touched: set[str]) -> None:
        """Write down beside the runs what was kept of them; the journal asks this module, so it is asked here."""
        if touched:
            from reportkit.ledger import journal

            journal.keep(self, touched)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection | None]:
        """Give a connection to look at rows with; None for a ledger that was never written, and asking makes none.

        Raises:
            ConfigError: a newer release wrote it.
            TemporaryError: the ledger cannot be reached or read.
        """
        if not self._url and not self.path.exists():
            yield None
            return
        with self._said("read"), self._engine.connect() as connection:
            if not self._known:
                schema.refuse_newer(schema.version(connection), self.place)
                self._known = True
            yield connection

    def rows(self, query: sa.Select[Any]) -> list[Any]:
        """Run a query; a ledger that was never written has no rows, and asking makes none.

        Raises:
            ConfigError: a newer release wrote it.
            TemporaryError: the ledger cannot be reached or read.
        """
        with self.reading() as connection:
            if connection is None:
                return []
            asked = {table.name for table in _tables(query)}
            if not self._made and not asked <= self._seen:
                if not _has(connection, asked):
                    return []
                self._seen |= asked
            return list(connection.execute(query))

    @contextmanager
    def _said(self, done: str) -> Iterator[None]:
        try:
            yield
        except (sa.exc.OperationalError, sa.exc.ProgrammingError) as error:
            said = driver_line(error.orig or error, address(self._url)) if self._url else str(error.orig)  # fmt: skip
            todo = "try again."
            if done == "written" and getattr(error.orig, "sqlite_errorname", "").startswith(
                _NO_ROOM
            ):
                todo = "nothing was half-written. Make room or allow writing, then run it again."
            raise TemporaryError(
                f"The ledger {self.place} cannot be {done} ({said}); {todo}"
            ) from None


@lru_cache(maxsize=16)
def _file(path: str, process: int) -> sa.Engine:  # noqa: ARG001 - a forked process has its own
    """Give the engine of a file; it keeps what it has compiled, but no connection to a file that may be replaced."""
    engine = sa.create_engine(
        f"sqlite:///{path}", connect_args={"timeout": 30}, poolclass=sa.pool.NullPool
    )
    # The driver would begin a transaction only at the first change, after what it was decided on was read.
    sa.event.listen(engine, "connect", _by_hand)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _has(connection: sa.Connection, names: Iterable[str]) -> bool:
    """Say whether tables are there."""
    if connection.dialect.name != "sqlite":
        known = sa.inspect(connection)
        return all(known.has_table(name) for name in names)
    found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in found}.issuperset(names)


def inserted(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:  # fmt: skip
    """Insert the rows that are not there yet, by any unique key, and give their ids."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    new = insert(table).on_conflict_do_nothing().returning(table.c.id)
    return [found[0] for row in rows for found in connection.execute(new.values(**row)).all()]


def insert_new(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> int:  # fmt: skip
    """Insert the rows that are not there yet, by any unique key, and give their number."""
    return len(inserted(connection, table, rows))


def _tables(query: sa.Select[Any]) -> list[sa.Table]:
    found: list[sa.Table] = []
    for source in query.get_final_froms():
        found += [one for one in sa.sql.visitors.iterate(source) if isinstance(one, sa.Table)]
    return found


def _by_hand(connection: Any, _: object) -> None:
    connection.isolation_level = None


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("reportkit_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _server(url: Secret) -> sa.URL:
    """Give the address of a PostgreSQL server with the driver that is asked for.

    Raises:
        ConfigError: another kind of address, or the driver is not installed.
    """
    found = sa.make_url(url.reveal())
    if found.get_backend_name() not in {"postgresql", "postgres"}:
        raise ConfigError(
            f"[ledger] url has the scheme {found.get_backend_name()!r}; postgresql:// is known. Leave it out to keep the "
            "ledger in the workspace."
        )
    try:
        import psycopg  # noqa: F401 - asked for here, where its absence can be told
    except ImportError:
        raise ConfigError(
            "[ledger] url needs a driver; pip install 'reportkit-security[ledger]'."
        ) from None
    return found.set(drivername="postgresql+psycopg")
