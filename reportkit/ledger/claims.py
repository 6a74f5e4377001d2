"""Scheduled runs: what is due, who works on it, what came of it; and the incidents that owners were told of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from reportkit.ledger import leases
from reportkit.ledger.database import Database, insert_new, metadata

State = Literal["due", "running", "drafted", "released", "done", "held", "failed", "missed"]

_claims = sa.Table(
    "due_runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report", sa.String, nullable=False),
    sa.Column("period", sa.String, nullable=False),
    sa.Column("unit", sa.String, nullable=False),
    sa.Column("scheduled_at", sa.DateTime, nullable=False),
    sa.Column("cut_off", sa.DateTime),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("not_before", sa.DateTime, nullable=False),
    sa.Column("owner", sa.String, nullable=False),
    sa.Column("lease_until", sa.DateTime),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("changed_at", sa.DateTime, nullable=False),
    sa.UniqueConstraint("report", "period", "unit"),
)
_incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report", sa.String, nullable=False),
    sa.Column("period", sa.String, nullable=False),
    sa.Column("unit", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("opened_at", sa.DateTime, nullable=False),
    sa.Column("closed_at", sa.DateTime),
    sa.Column("said", sa.Text, nullable=False),
    sa.UniqueConstraint("report", "period", "unit", "kind", "number"),
)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One scheduled run.

    Attributes:
        scheduled_at: naive UTC instant at which it was to run; the period follows from it.
        cut_off: use only what was recorded by then; None for all that is there at the run.
        state: due, running, drafted (made, waits for approval), released (told, its mails are in the outbox), done (sent),
            held, failed, or missed (too old when somebody came to run it).
        run_id: of the run that came of it.
        said: why it is held or failed.
    """

    report: str
    period: str
    unit: str
    scheduled_at: datetime
    cut_off: datetime | None = None
    state: State = "due"
    attempts: int = 0
    not_before: datetime | None = None
    run_id: str = ""
    said: str = ""
    owner: str = ""
    lease_until: datetime | None = None
    changed_at: datetime | None = None
    id: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is of: report, period and unit."""
        return (self.report, self.period, self.unit)


@dataclass(frozen=True, kw_only=True)
class Incident:
    """Something that owners must know, from its beginning to its end."""

    report: str
    period: str
    unit: str
    kind: str
    number: int
    opened_at: datetime
    closed_at: datetime | None
    said: str


def plan(ledger: Database, wanted: Iterable[Claim], now: datetime) -> int:
    """Keep what is due; what is known already stays as it is. Gives the number of new ones."""
    rows = [
        {**{n: v for n, v in vars(one).items() if n != "id"}, "not_before": one.not_before or one.scheduled_at, "changed_at": now}
        for one in wanted
    ]  # fmt: skip
    known = {one.key for one in find(ledger)}
    rows = [row for row in rows if (row["report"], row["period"], row["unit"]) not in known]
    if not rows:
        return 0
    with ledger.writing() as connection:
        return insert_new(connection, _claims, rows)


def find(ledger: Database, states: Sequence[str] = ()) -> list[Claim]:
    """List scheduled runs, oldest first."""
    query = sa.select(_claims).order_by(_claims.c.scheduled_at, _claims.c.id)
    if states:
        query = query.where(_claims.c.state.in_(list(states)))
    return [Claim(**row._mapping) for row in ledger.rows(query)]  # noqa: SLF001 - public by name


@dataclass(frozen=True)
class Desk:
    """Scheduled runs, as one process works on them.

    Args:
        ledger: where they are kept.
        owner: the process.
        lease: how long a run is held before others may take it; it is renewed while the process lives.
    """

    ledger: Database
    owner: str
    lease: timedelta = timedelta(minutes=5)

    def take(self, now: datetime, *, most: int) -> Claim | None:
        """Take the next run that may be tried now, fewer than ``most`` times so far; None when there is none."""
        for one in find(self.ledger, ("due", "running")):
            free = not one.owner or (one.lease_until or now) < now or leases.gone(one.owner)
            if not free or (one.not_before or now) > now:
                continue
            if one.attempts >= most:
                said = (
                    f"its process ended {one.attempts} times before it was done. {one.said}".strip()
                )
                self.change(one, "failed", now, before=one.state, owned_by=one.owner, owner="", said=said)  # fmt: skip
                continue
            taken = self.change(
                one, "running", now, before=one.state, owned_by=one.owner,
                owner=self.owner, lease_until=now + self.lease, attempts=one.attempts + 1,
            )  # fmt: skip
            if taken:
                return next(found for found in find(self.ledger) if found.id == one.id)
        return None

    def renew(self, one: Claim, now: datetime) -> bool:
        """Hold a run longer; False when it is another's by now."""
        return self.change(one, "running", now, before="running", owned_by=self.owner, lease_until=now + self.lease)  # fmt: skip

    def land(self, one: Claim, state: State, now: datetime, *, also: Callable[[sa.Connection], object] = lambda _: None, **more: Any) -> bool:  # fmt: skip
        """Write down what came of a run, with whatever else belongs to it, in one transaction.

        Returns:
            False when the run is another's by now; nothing is written then.
        """
        return self.change(one, state, now, before="running", owned_by=self.owner, also=also, owner="", lease_until=None, **more)  # fmt: skip

    def change(
        self, one: Claim, state: State, now: datetime, *, before: str, owned_by: str = "",
        also: Callable[[sa.Connection], object] = lambda _: None, **more: Any,
    ) -> bool:  # fmt: skip
        """Change a run that is still in a state and still somebody's."""
        c = _claims.c
        with self.ledger.writing() as connection:
            done = connection.execute(
                _claims.update()
                .where(c.id == one.id, c.state == before, c.owner == owned_by)
                .values(state=state, changed_at=now, **more)
            ).rowcount
            if done:
                also(connection)
        return bool(done)


def held(ledger: Database, number: int, owner: str) -> bool:
    """Say whether a run is still somebody's."""
    query = sa.select(_claims.c.owner, _claims.c.state).where(_claims.c.id == number)
    return [tuple(row) for row in ledger.rows(query)] == [(owner, "running")]


def incidents(ledger: Database, *, open_only: bool = False) -> list[Incident]:
    """List incidents, oldest first."""
    columns = [column for column in _incidents.c if column.name != "id"]
    query = sa.select(*columns).order_by(_incidents.c.id)
    if open_only:
        query = query.where(_incidents.c.closed_at.is_(None))
    return [Incident(**row._mapping) for row in ledger.rows(query)]  # noqa: SLF001 - public by name


def open_incident(connection: sa.Connection, one: Incident) -> bool:
    """Open an incident in a transaction of the caller; False when another process did."""
    return bool(insert_new(connection, _incidents, [vars(one)]))


def close_incident(connection: sa.Connection, one: Incident, now: datetime) -> bool:
    """Close an incident in a transaction of the caller; False when another process did."""
    c = _incidents.c
    return bool(
        connection.execute(
            _incidents.update()
            .where(
                c.report == one.report, c.period == one.period, c.unit == one.unit, c.kind == one.kind,
                c.number == one.number, c.closed_at.is_(None),
            )
            .values(closed_at=now)
        ).rowcount
    )  # fmt: skip
