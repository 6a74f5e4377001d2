"""The ledger of runs: which report is queued, being made by whom, made, held or failed.

A report has one row. Whoever makes it holds a lease and renews it; where a machine died the lease runs out, and another takes
the report over, once. The table stands beside the told figures, in the workspace's ledger or the database of the desk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from reportkit.ledger import Ledger, leases, of
from reportkit.ledger.database import metadata

State = Literal["queued", "running", "draft", "held", "failed"]
LEASE = timedelta(seconds=60)

_runs = sa.Table(
    "runs",
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("report", sa.String, nullable=False),
    sa.Column("period", sa.String, nullable=False),
    sa.Column("unit", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("asked", sa.Text, nullable=False, default="{}"),
    sa.Column("cause", sa.String, nullable=False, default=""),
    sa.Column("message", sa.Text, nullable=False, default=""),
    sa.Column("run_id", sa.String, nullable=False, default=""),
    sa.Column("owner", sa.String, nullable=False, default=""),
    sa.Column("lease", sa.DateTime),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("queued_at", sa.DateTime, nullable=False),
    sa.Column("started_at", sa.DateTime),
    sa.Column("ended_at", sa.DateTime),
)


@dataclass(frozen=True)
class Entry:
    """One report's row.

    Attributes:
        key: hash of everything the report depends on.
        asked: the request as JSON, from which it can be begun again.
        cause: kind of the error of a failed run, or the gates that hold it.
        message: what was said of a failure.
        owner: who is making it: machine and process.
        lease: until when nobody else may take it.
        attempts: how often it was begun.
    """

    key: str
    report: str
    period: str
    unit: str
    state: State
    queued_at: datetime
    asked: str = "{}"
    cause: str = ""
    message: str = ""
    run_id: str = ""
    owner: str = ""
    lease: datetime | None = None
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None


class Register:
    """The ledger of runs of one workspace.

    Args:
        workspace: the folder with ``reportkit.toml``.
        owner: who makes reports here.
    """

    def __init__(self, workspace: Path, owner: str = "") -> None:
        self._ledger: Ledger = of(workspace)
        self.owner = owner or leases.token()

    def queue(self, entries: Sequence[Entry]) -> None:
        """Put reports in the queue; one that is being made stays with whoever makes it."""
        with self._ledger.writing() as connection:
            known = {
                row.key: row.state
                for part in _parts([entry.key for entry in entries])
                for row in connection.execute(
                    sa.select(_runs.c.key, _runs.c.state).where(_runs.c.key.in_(part))
                )
            }
            fresh = {entry.key: asdict(entry) for entry in entries if entry.key not in known}
            if fresh:
                connection.execute(_runs.insert(), list(fresh.values()))
            again = [entry for entry in entries if known.get(entry.key, "running") != "running"]
            for entry in again:
                connection.execute(
                    _runs.update()
                    .where(_runs.c.key == entry.key, _runs.c.state != "running")
                    .values(state="queued", queued_at=entry.queued_at, cause="", message="")
                )

    def claim(self, key: str, now: datetime) -> bool:
        """Take a report to make it; False when another is making it."""
        taken = _runs.c.key == key
        free = sa.or_(_runs.c.state != "running", _runs.c.lease < now, _runs.c.owner == self.owner)
        with self._ledger.writing() as connection:
            row = connection.execute(sa.select(_runs.c.owner, _runs.c.state).where(taken)).first()
            if row is not None and row.state == "running" and leases.gone(row.owner):
                free = sa.or_(free, _runs.c.owner == row.owner)
            begun: dict[str, Any] = {
                "state": "running", "owner": self.owner, "lease": now + LEASE, "started_at": now, "ended_at": None,
                "attempts": _runs.c.attempts + 1, "cause": "", "message": "",
            }  # fmt: skip
            done = connection.execute(_runs.update().where(taken, free).values(**begun))
            return done.rowcount == 1

    def beat(self, now: datetime) -> None:
        """Renew the lease of everything that is being made here."""
        mine = (_runs.c.owner == self.owner, _runs.c.state == "running")
        with self._ledger.writing() as connection:
            connection.execute(_runs.update().where(*mine).values(lease=now + LEASE))

    def land(
        self,
        key: str,
        state: State,
        now: datetime,
        *,
        run_id: str = "",
        cause: str = "",
        message: str = "",
    ) -> bool:
        """Say what came of a report; False when it was taken over in the meantime, and nothing is said then."""
        mine = (_runs.c.key == key, _runs.c.owner == self.owner, _runs.c.state == "running")
        with self._ledger.writing() as connection:
            done = connection.execute(
                _runs.update()
                .where(*mine)
                .values(state=state, run_id=run_id, cause=cause, message=message, lease=None, ended_at=now)
            )  # fmt: skip
            return done.rowcount == 1

    def release(self, keys: Sequence[str]) -> None:
        """Give back what was taken and not made."""
        with self._ledger.writing() as connection:
            for part in _parts(keys):
                connection.execute(
                    _runs.update()
                    .where(_runs.c.key.in_(part), _runs.c.owner == self.owner, _runs.c.state == "running")
                    .values(state="queued", lease=None, owner="")
                )  # fmt: skip

    def entries(self, *, now: datetime | None = None) -> list[Entry]:
        """List the latest row of each report, quarter and unit, in the order they were queued.

        Args:
            now: naive UTC instant; a report whose lease ran out before is listed as queued.
        """
        query = sa.select(*(_runs.c[one.name] for one in fields(Entry))).order_by(
            _runs.c.queued_at, _runs.c.report, _runs.c.period, _runs.c.unit
        )
        every = [Entry(**row._mapping) for row in self._ledger.rows(query)]  # noqa: SLF001 - public by name
        found = {(one.report, one.period, one.unit): one for one in every}.values()
        return [
            Entry(**{**asdict(one), "state": "queued"})
            if one.state == "running" and now and ((one.lease and one.lease < now) or leases.gone(one.owner))
            else one
            for one in found
        ]  # fmt: skip


def _parts(keys: Sequence[str], size: int = 400) -> list[Sequence[str]]:
    return [keys[start : start + size] for start in range(0, len(keys), size)]


def row(entry: Entry) -> dict[str, Any]:
    """Give an entry as plain values for JSON."""
    return asdict(entry)
