"""Makes a lost ledger again from what lies beside the runs. It never sends: what was sent stays sent, the rest is uncertain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from reportkit.errors import DataError, UsageError
from reportkit.ledger import Ledger, chain, deliveries, journal

#: Of a delivery that nobody can say of whether it went out after its last line was written.
LOST = "the ledger was lost; it is not known whether the other side took it"


@dataclass(frozen=True)
class Rebuilt:
    """What came back.

    Attributes:
        rows: of each table.
        uncertain: deliveries of which it is not known whether they arrived.
        lacking: numbers of the chain that no journal holds.
    """

    rows: Mapping[str, int]
    uncertain: int
    lacking: tuple[tuple[int, int], ...]


def rebuild(ledger: Ledger, now: datetime) -> Rebuilt:
    """Make a ledger again from the journals of its workspace.

    Args:
        ledger: one that has nothing.
        now: naive UTC instant, at which deliveries became uncertain.

    Raises:
        UsageError: the ledger has rows; they are not overwritten. Or there is no journal.
        DataError: a journal is damaged; nothing is written then.
    """
    if chain.read(ledger):
        raise UsageError(
            f"The ledger {ledger.place} is there and has rows; only a lost one is made again. 'reportkit verify' says whether it is whole."
        )
    lines = gathered(ledger)
    if not lines:
        raise UsageError(f"No run of {ledger.folder} has a journal ({journal.NAME}), so there is nothing to make a ledger from; restore a backup.")  # fmt: skip
    uncertain = _put_back(ledger, lines, now)
    counts: dict[str, int] = {}
    for link, _ in lines:
        counts[link.of] = counts.get(link.of, 0) + 1
    return Rebuilt(counts, uncertain, _gaps(link.id for link, _ in lines))


def journals(ledger: Ledger) -> int:
    """Write down beside the runs what their journals lack; gives how many lines.

    Raises:
        DataError: the ledger is not what was written; nothing is written down of it.
        TemporaryError: a journal cannot be written.
    """
    if found := chain.faults(ledger):
        raise DataError(f"{found[0]}; of such a ledger nothing is written down. Restore a backup.")
    return journal.keep(ledger, {link.run_id for link in chain.read(ledger)}, whole=True)


def gathered(ledger: Ledger) -> list[tuple[chain.Link, dict[str, Any]]]:
    """Give the lines of all journals in the order of the chain.

    Raises:
        DataError: one is damaged, or two say something else under one number.
    """
    found: dict[int, tuple[chain.Link, dict[str, Any]]] = {}
    for path in journal.files(ledger.folder):
        for link, row in journal.read(path):
            if link.id in found and found[link.id][0] != link:
                raise DataError(
                    f"{path} says something else of row {link.id} than another run does: two ledgers were written here. Restore a backup."
                )
            found[link.id] = (link, row)
    return [found[number] for number in sorted(found)]


def put(connection: sa.Connection, lines: Iterable[tuple[chain.Link, Mapping[str, Any]]]) -> None:
    """Put rows back under their own numbers, with the links that bind them."""
    metadata = Ledger.metadata
    for link, row in lines:
        values = dict(row)
        parts = {name: values.pop(name) for name in chain.PARTS.get(link.of, {})}
        table = metadata.tables[link.of]
        connection.execute(table.insert().values(**typed(table, _fresh(link.of, values))))
        for name, owner in chain.PARTS.get(link.of, {}).items():
            part = metadata.tables[name]
            if parts[name]:
                connection.execute(part.insert(), [typed(part, {**one, owner: link.row}) for one in parts[name]])  # fmt: skip
        connection.execute(chain.links.insert().values(**vars(link)))
    follow(connection)


def follow(connection: sa.Connection) -> None:
    """Let a server give numbers after those that were put back."""
    if connection.dialect.name != "postgresql":
        return
    for table in Ledger.metadata.tables.values():
        if "id" in table.c and table.name != "chain":
            connection.execute(sa.text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), MAX(id)) FROM {table.name} HAVING MAX(id) IS NOT NULL"))  # fmt: skip


def _put_back(ledger: Ledger, lines: list[tuple[chain.Link, dict[str, Any]]], now: datetime) -> int:
    """Put everything back, or nothing; gives how many deliveries are uncertain now.

    Also of a message that was only prepared nobody knows: its journal may be older than what went out.
    """
    sent, history = ledger.metadata.tables["deliveries"], ledger.metadata.tables["delivery_events"]
    uncertain = 0
    with ledger.writing() as connection:
        put(connection, lines)
        for row in connection.execute(sa.select(sent.c.id, sent.c.prepared_at)).all():
            events = connection.execute(sa.select(history).where(history.c.delivery_id == row.id).order_by(history.c.id)).all()  # fmt: skip
            proofs: list[dict[str, Any]] = [json.loads(event.proof) for event in events]
            proof: dict[str, Any] = next((one for one in reversed(proofs) if one), {})
            last = events[-1] if events else None
            values: dict[str, Any] = {
                "state": last.state if last else "prepared", "said": last.said if last else "", "changed_at": last.at if last else row.prepared_at,
                "attempts": sum(event.state == "sending" for event in events), "message_id": proof.get("message_id", ""),
                "sha256": proof.get("sha256", ""), "sent": json.dumps(proof.get("sent", {})),
            }  # fmt: skip
            connection.execute(sent.update().where(sent.c.id == row.id).values(**values))
            if values["state"] in {"prepared", "sending"}:
                deliveries.doubt(connection, row.id, now, LOST)
                uncertain += 1
        _done(connection, ledger)
    return uncertain


def _done(connection: sa.Connection, ledger: Ledger) -> None:
    """Let no schedule run again what was published."""
    told, due = ledger.metadata.tables["publications"], ledger.metadata.tables["due_runs"]
    for row in connection.execute(sa.select(told).where(told.c.revision == 1)).all():
        connection.execute(
            due.insert().values(
                report=row.report, period=row.period, unit=row.unit, scheduled_at=row.published_at, state="done", attempts=1,
                not_before=row.published_at, owner="", run_id=row.run_id, said="", changed_at=row.published_at,
            )
        )  # fmt: skip


def _fresh(of: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give a delivery the columns that change, as they were when it was prepared."""
    if of != "deliveries":
        return dict(values)
    at = values["prepared_at"]
    return {
        **values, "state": "prepared", "attempts": 0, "not_before": at, "owner": "", "lease_until": None, "changed_at": at,
        "message_id": "", "sha256": "", "sent": "{}", "said": "",
    }  # fmt: skip


def typed(table: sa.Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Read days and instants, as the tables have them."""
    kinds = {column.name: column.type for column in table.c}
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, str) and isinstance(kinds[name], sa.DateTime):
            found[name] = datetime.fromisoformat(value)
        elif isinstance(value, str) and isinstance(kinds[name], sa.Date):
            found[name] = date.fromisoformat(value)
        else:
            found[name] = value
    return found


def _gaps(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    found, expected = [], 1
    for number in numbers:
        if number > expected:
            found.append((expected, number - 1))
        expected = number + 1
    return tuple(found)
