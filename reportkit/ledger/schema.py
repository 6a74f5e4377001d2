"""Which tables a ledger has: its version, the steps from an older one, and the copy that is made before any."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from reportkit.errors import ConfigError, TemporaryError

#: Of the ledgers this release writes. 1 had no number of its own; 2 has the chain, releases and the proof of each sending.
CURRENT = 2
NAME = "ledger_schema"
#: A table that every ledger has had from the beginning, and none that something else made.
_FIRST = ("publications", "runs", "approvals", "deliveries", "due_runs")
_LOCK = 7271


def version(connection: sa.Connection) -> int:
    """Give the version of a ledger; 0 when nothing was ever written."""
    known = sa.inspect(connection)
    if known.has_table(NAME):
        found = connection.execute(sa.text(f"SELECT MAX(version) FROM {NAME}")).scalar()
        return int(found or 0)
    return 1 if any(known.has_table(name) for name in _FIRST) else 0


def refuse_newer(found: int, place: str) -> None:
    """Refuse a ledger that a newer release wrote.

    Raises:
        ConfigError: it has a version that is not known here.
    """
    if found > CURRENT:
        raise ConfigError(
            f"The ledger {place} was written by a newer reportkit (version {found} of its tables, {CURRENT} is known here); "
            "install that release, or give another ledger."
        )


def ready(connection: sa.Connection, metadata: sa.MetaData, *, file: Path | None, place: str) -> None:  # fmt: skip
    """Make what is missing, and bring an older ledger to today's tables; a copy of it is put aside first.

    Args:
        connection: in a transaction; of many processes that come at once, one after the other.
        metadata: today's tables.
        file: the ledger, when it is one.
        place: where it lies, for messages.

    Raises:
        ConfigError: a newer release wrote it.
        TemporaryError: the copy could not be made; nothing is changed then.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    found = version(connection)
    refuse_newer(found, place)
    if 0 < found < CURRENT:
        _aside(connection, found, file)
    metadata.create_all(connection)
    for number in range(found, CURRENT) if found else ():
        _STEPS[number](connection)
    if found < CURRENT:
        table = metadata.tables[NAME]
        connection.execute(table.insert().values(version=CURRENT))


def aside(file: Path, found: int) -> Path:
    """Give the name under which the copy of an older ledger is kept."""
    return file.with_name(f"{file.stem}-schema{found}{file.suffix}")


def _aside(connection: sa.Connection, found: int, file: Path | None) -> None:
    if file is None:
        for name in sa.inspect(connection).get_table_names():
            if not name.endswith(f"_schema{found}"):
                connection.execute(sa.text(f'CREATE TABLE IF NOT EXISTS "{name}_schema{found}" AS TABLE "{name}"'))  # fmt: skip
        return
    place, number = aside(file, found), 1
    while place.exists():
        number += 1
        place = aside(file, found).with_name(f"{aside(file, found).stem}-{number}{file.suffix}")
    try:
        with closing(sqlite3.connect(file)) as here, closing(sqlite3.connect(place)) as there:
            here.backup(there)
    except sqlite3.Error as error:
        place.unlink(missing_ok=True)
        raise TemporaryError(
            f"The ledger {file} was written by an older reportkit, and no copy of it could be put aside ({error}); nothing was changed."
        ) from None


def _to_2(connection: sa.Connection) -> None:
    """Add what proves each sending, and chain what is there as it is."""
    from reportkit.ledger import chain

    columns = {one["name"] for one in sa.inspect(connection).get_columns("delivery_events")}
    if "proof" not in columns:
        connection.execute(sa.text("ALTER TABLE delivery_events ADD COLUMN proof TEXT NOT NULL DEFAULT '{}'"))  # fmt: skip
    from reportkit.ledger.deliveries import prove

    prove(connection)
    for name in chain.CHAINED:
        run_of = _runs(connection, name)
        for number, run_id in run_of.items():
            chain.add(connection, name, [number], run_id)


def _runs(connection: sa.Connection, name: str) -> dict[int, str]:
    if name == "delivery_events":
        query = "SELECT e.id, d.run_id FROM delivery_events e JOIN deliveries d ON d.id = e.delivery_id ORDER BY e.id"
    else:
        query = f"SELECT id, run_id FROM {name} ORDER BY id"
    return {row[0]: row[1] for row in connection.execute(sa.text(query))}


_STEPS: dict[int, Callable[[sa.Connection], None]] = {1: _to_2}
