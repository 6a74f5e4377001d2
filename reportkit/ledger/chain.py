"""The chain: each row that was added is bound by its hash to all rows before it, so that a change of any shows.

What was told, approved, released, put into the outbox and what came of it are chained. Rows that only say who works on what
just now (runs in the making, what is due) change all the time, and are not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from reportkit.ledger.database import TOUCHED, Database, metadata

#: What the first row is bound to.
GENESIS = "0" * 64
#: Of one writer after the other, on a server; a file has one writer anyway.
_LOCK = 7272

links = sa.Table(
    "chain",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("of", sa.String, nullable=False),
    sa.Column("row", sa.Integer, nullable=False),
    sa.Column("run_id", sa.String, nullable=False, index=True),
    sa.Column("content", sa.String, nullable=False),
    sa.Column("previous", sa.String, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
    sa.UniqueConstraint("of", "row"),
)
#: Columns that change after a row was added; what they become is told by rows of another table.
_CHANGING: Mapping[str, frozenset[str]] = {
    "deliveries": frozenset(
        {"state", "attempts", "not_before", "owner", "lease_until", "changed_at", "message_id", "sha256", "sent", "said"}
    )
}  # fmt: skip
#: Tables whose rows are part of a row of another, with the column that names it.
PARTS: Mapping[str, Mapping[str, str]] = {
    "publications": {
        "publication_inputs": "publication_id", "figures": "publication_id", "errata": "publication_id",
    }
}  # fmt: skip
#: The chained tables, in the order in which their rows can be put back.
CHAINED = ("publications", "events", "approvals", "releases", "deliveries", "delivery_events")


@dataclass(frozen=True, kw_only=True)
class Link:
    """One row of the chain with what it binds.

    Attributes:
        of: table of the row.
        content: SHA-256 of the row in its one form, :func:`form`.
        hash: of the number, the table, the content and the hash before.
    """

    id: int
    of: str
    row: int
    run_id: str
    content: str
    previous: str
    hash: str

    @property
    def whole(self) -> bool:
        """Whether the hash is that of what it binds."""
        return self.hash == bound(self.id, self.of, self.content, self.previous)


def form(values: Mapping[str, Any]) -> str:
    """Write a row in its one form."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)  # fmt: skip


def digest(values: Mapping[str, Any]) -> str:
    """Give the hash of a row."""
    return hashlib.sha256(form(values).encode()).hexdigest()


def bound(number: int, of: str, content: str, previous: str) -> str:
    """Give the hash of a link."""
    return hashlib.sha256(f"{previous}\n{number}\n{of}\n{content}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    # Days and instants; anything else in a row is a fault of the table.
    return value.isoformat()


def contents(connection: sa.Connection, of: str, rows: Sequence[int] | None = None) -> dict[int, dict[str, Any]]:  # fmt: skip
    """Give what the chain binds of a table's rows, by their id: of some rows, or of all."""
    table = metadata.tables[of]
    changing = _CHANGING.get(of, frozenset())
    query = sa.select(*(column for column in table.c if column.name not in changing))
    if rows is not None:
        query = query.where(table.c.id.in_(list(rows)))
    found = {row.id: dict(row._mapping) for row in connection.execute(query.order_by(table.c.id))}  # noqa: SLF001 - public by name
    for name, owner in PARTS.get(of, {}).items():
        part = metadata.tables[name]
        asked = sa.select(part)
        if rows is not None:
            asked = asked.where(part.c[owner].in_(list(rows)))
        for values in found.values():
            values[name] = []
        for row in connection.execute(asked.order_by(*part.primary_key.columns)):
            values = dict(row._mapping)  # noqa: SLF001 - public by name
            found[values.pop(owner)][name].append(values)
    # Through JSON once, so that a row that was just read and one that was read from a file are the same.
    return {number: json.loads(form(values)) for number, values in found.items()}


def add(connection: sa.Connection, of: str, rows: Iterable[int], run_id: str) -> None:
    """Bind rows that were just added, in the transaction that added them."""
    numbers = list(rows)
    if not numbers:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    last = connection.execute(sa.select(links.c.id, links.c.hash).order_by(links.c.id.desc()).limit(1)).first()  # fmt: skip
    number, previous = (last.id, last.hash) if last else (0, GENESIS)
    found = contents(connection, of, numbers)
    made = []
    for row in numbers:
        number += 1
        content = digest(found[row])
        hashed = bound(number, of, content, previous)
        made.append({"id": number, "of": of, "row": row, "run_id": run_id, "content": content, "previous": previous, "hash": hashed})  # fmt: skip
        previous = hashed
    connection.execute(links.insert(), made)
    connection.info.setdefault(TOUCHED, set()).add(run_id)


def read(ledger: Database, run_id: str | None = None, *, since: int = 0) -> list[Link]:
    """List the links in their order: of one run, or all; from a number on."""
    query = sa.select(links).where(links.c.id >= since).order_by(links.c.id)
    if run_id is not None:
        query = query.where(links.c.run_id == run_id)
    return [Link(**row._mapping) for row in ledger.rows(query)]  # noqa: SLF001 - public by name


def faults(ledger: Database) -> list[str]:
    """Say in one sentence each what was changed, added or removed behind the ledger's back."""
    found = read(ledger)
    said = []
    previous, number = GENESIS, 0
    for link in found:
        if link.id != number + 1:
            said.append(f"The ledger lacks rows {number + 1} to {link.id - 1} of its chain")
        elif link.previous != previous or not link.whole:
            said.append(f"Row {link.id} of the ledger's chain ({link.of} {link.row}) was changed")
        previous, number = link.hash, link.id
    by_table: dict[str, dict[int, Link]] = {}
    for link in found:
        by_table.setdefault(link.of, {})[link.row] = link
    with ledger.reading() as connection:
        if connection is None:
            return said
        for of in CHAINED:
            if not sa.inspect(connection).has_table(of):
                continue
            rows = contents(connection, of)
            known = by_table.get(of, {})
            said += [f"Row {row} of {of} in the ledger was removed" for row in sorted(known.keys() - rows.keys())]  # fmt: skip
            said += [f"Row {row} of {of} in the ledger was not written by reportkit" for row in sorted(rows.keys() - known.keys())]  # fmt: skip
            said += [
                f"Row {row} of {of} in the ledger is not what was written ({_named(rows[row])})"
                for row in sorted(rows.keys() & known.keys())
                if digest(rows[row]) != known[row].content
            ]
        said += _states(connection)
    return said


def _named(values: Mapping[str, Any]) -> str:
    named = (values.get(name) for name in ("report", "period", "unit", "run_id", "recipient"))
    return " ".join(str(value) for value in named if value) or f"id {values['id']}"


def _states(connection: sa.Connection) -> list[str]:
    """Compare the state of each delivery with the last of its history."""
    if not sa.inspect(connection).has_table("deliveries"):
        return []
    sent, history = metadata.tables["deliveries"], metadata.tables["delivery_events"]
    last = {row.delivery_id: row.state for row in connection.execute(sa.select(history.c.delivery_id, history.c.state).order_by(history.c.id))}  # fmt: skip
    rows = connection.execute(sa.select(sent.c.id, sent.c.state, sent.c.recipient).order_by(sent.c.id))  # fmt: skip
    return [
        f"The delivery to {row.recipient} says {row.state}, and its history {last.get(row.id, 'prepared')}"
        for row in rows
        if row.state != last.get(row.id, "prepared")
    ]
