"""Copies of a whole ledger: of a file by SQLite's own backup, of a database as rows in JSON; and back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from reportkit.errors import DataError, TemporaryError, UsageError
from reportkit.ledger import rebuild, schema
from reportkit.ledger.database import FILE, Database, metadata

ROWS = "ledger-rows.jsonl"
#: What a report reads of a ledger.
_READ = ("publications", "publication_inputs", "figures", "errata", "events", "approvals", "releases", schema.NAME)  # fmt: skip


def copy(ledger: Database, folder: Path) -> tuple[str, int]:
    """Copy a ledger into a folder as it is at one instant, while others write.

    Returns:
        The name of the copy, empty when there is no ledger; and the number of the last row of its chain.

    Raises:
        ConfigError: a newer release wrote it.
        TemporaryError: it cannot be read or the copy not written.
    """
    with ledger.reading() as connection:
        if connection is None or not schema.version(connection):
            return "", 0
        if connection.dialect.name == "postgresql":
            # One instant for all tables; what was asked so far began another transaction.
            connection.rollback()
            steady = connection.execution_options(isolation_level="REPEATABLE READ")
            return ROWS, _rows(steady, folder / ROWS)
    try:
        with closing(sqlite3.connect(ledger.path)) as here, closing(sqlite3.connect(folder / FILE)) as there:  # fmt: skip
            here.backup(there)
            chained = there.execute("SELECT 1 FROM sqlite_master WHERE name = 'chain'").fetchone()
            last = there.execute("SELECT MAX(id) FROM chain").fetchone() if chained else None
    except sqlite3.Error as error:
        raise TemporaryError(f"The ledger {ledger.place} cannot be copied ({error}); try again.") from None  # fmt: skip
    return FILE, int(last[0] or 0) if last else 0


def told(ledger: Database, path: Path) -> bool:
    """Copy from a ledger's file what a report reads: what was told, approved and released, and nobody's address.

    Args:
        ledger: in a file.
        path: of the copy.

    Returns:
        Whether there is something to copy.

    Raises:
        TemporaryError: it cannot be read.
    """
    with ledger.reading() as connection:
        if connection is None or not schema.version(connection):
            return False
    try:
        with closing(sqlite3.connect(ledger.path)) as here, closing(sqlite3.connect(path)) as there:
            here.backup(there)
            names = [name for (name,) in there.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]  # fmt: skip
            for name in names:
                if name not in _READ and not name.startswith("sqlite_"):
                    there.execute(f'DROP TABLE "{name}"')
            there.commit()
            # What was dropped would still lie in the file.
            there.execute("VACUUM")
    except sqlite3.Error as error:
        raise TemporaryError(f"The ledger {ledger.place} cannot be copied ({error}); try again.") from None  # fmt: skip
    return True


def _rows(connection: sa.Connection, path: Path) -> int:
    known = sa.inspect(connection)
    last = 0
    with path.open("w", encoding="utf-8") as file:
        for table in metadata.sorted_tables:
            if not known.has_table(table.name):
                continue
            for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns)):
                values = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row._mapping.items()}  # noqa: SLF001 - public by name # fmt: skip
                file.write(json.dumps({"table": table.name, "values": values}, ensure_ascii=False) + "\n")  # fmt: skip
                last = row.id if table.name == "chain" else last
    return last


def take(ledger: Database, path: Path, *, server: bool) -> None:
    """Take a copy for the ledger of a workspace that has none yet.

    Args:
        ledger: without rows.
        path: what :func:`copy` made.
        server: whether the ledger lies in a database.

    Raises:
        UsageError: the ledger has rows, or is of the other kind than the copy.
        DataError: the copy is damaged.
    """
    with ledger.reading() as connection:
        if connection is not None and any(_filled(connection)):
            raise UsageError(f"The ledger {ledger.place} has rows already; a backup never overwrites one.")  # fmt: skip
    if (path.name == ROWS) != server:
        kind = "a database ([ledger] url)" if path.name == ROWS else "a file (no [ledger] url)"
        raise UsageError(f"The backup is of a ledger in {kind}; restore it to one of that kind.")
    if not server:
        with closing(sqlite3.connect(path)) as here, closing(sqlite3.connect(ledger.path)) as there:
            here.backup(there)
        return
    with ledger.writing() as connection:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                one = json.loads(line)
                table = metadata.tables[one["table"]]
            except (ValueError, KeyError, TypeError):
                raise DataError(f"{path.name}, line {number}: is no row of a ledger.") from None
            if table.name != schema.NAME:
                connection.execute(table.insert().values(**rebuild.typed(table, one["values"])))
        rebuild.follow(connection)


def _filled(connection: sa.Connection) -> list[bool]:
    known = sa.inspect(connection)
    tables = [one for one in metadata.sorted_tables if one.name != schema.NAME and known.has_table(one.name)]  # fmt: skip
    return [connection.execute(sa.select(sa.literal(1)).select_from(one).limit(1)).first() is not None for one in tables]  # fmt: skip
