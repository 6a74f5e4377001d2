"""Who released a run that a gate held, and why. Rows are added, never changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reportkit.ledger import chain
from reportkit.ledger.database import Database, metadata

_releases = sa.Table(
    "releases",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report", sa.String, nullable=False),
    sa.Column("period", sa.String, nullable=False),
    sa.Column("unit", sa.String, nullable=False),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("gate", sa.String, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.UniqueConstraint("run_id", "gate"),
)


@dataclass(frozen=True, kw_only=True)
class Release:
    """One gate of one run that somebody let pass.

    Attributes:
        said: what the gate said.
        reason: why it does not matter, in the words of whoever released it.
        by: who that is.
    """

    report: str
    period: str
    unit: str
    run_id: str
    gate: str
    said: str
    reason: str
    by: str
    at: datetime

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values for JSON."""
        return asdict(self)


def add(ledger: Database, one: Release) -> None:
    """Keep a release; the first of a gate stays.

    Raises:
        TemporaryError: the ledger cannot be written.
    """
    if any(known.gate == one.gate for known in of_run(ledger, one.run_id)):
        return
    with ledger.writing() as connection:
        made = connection.execute(_releases.insert().values(**asdict(one)))
        chain.add(connection, "releases", [int((made.inserted_primary_key or (0,))[0])], one.run_id)


def of_run(ledger: Database, run_id: str) -> list[Release]:
    """List the releases of a run, in their order."""
    columns = [column for column in _releases.c if column.name != "id"]
    query = sa.select(*columns).where(_releases.c.run_id == run_id).order_by(_releases.c.id)
    return [Release(**row._mapping) for row in ledger.rows(query)]  # noqa: SLF001 - public by name
