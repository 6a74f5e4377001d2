"""Who got what: one row for each recipient of a report, and an outbox for what is not sent yet.

A row is prepared, then sending from the moment at which the other side may have taken the message, then accepted, refused or
uncertain. Only a prepared row is ever sent. A process holds a row under a lease; every change asks whether it still does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from reportkit.ledger import chain, leases
from reportkit.ledger.database import Database, inserted, metadata
from reportkit.ledger.together import Together

State = Literal["prepared", "sending", "accepted", "refused", "uncertain"]

_deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("report", sa.String, nullable=False),
    sa.Column("period", sa.String, nullable=False),
    sa.Column("unit", sa.String, nullable=False),
    sa.Column("edition", sa.String, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("about", sa.String, nullable=False),
    sa.Column("recipient", sa.String, nullable=False),
    sa.Column("copy", sa.Integer, nullable=False),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("state", sa.String, nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("not_before", sa.DateTime, nullable=False),
    sa.Column("owner", sa.String, nullable=False),
    sa.Column("lease_until", sa.DateTime),
    sa.Column("prepared_at", sa.DateTime, nullable=False),
    sa.Column("changed_at", sa.DateTime, nullable=False),
    sa.Column("message_id", sa.String, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
    sa.Column("sent", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.UniqueConstraint(
        "kind", "report", "period", "unit", "edition", "revision", "about", "recipient", "copy"
    ),
)
_history = sa.Table(
    "delivery_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("delivery_id", sa.ForeignKey("deliveries.id"), nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("proof", sa.Text, nullable=False, server_default="{}"),
)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One message to one recipient.

    Attributes:
        kind: ``report``, or ``draft`` and ``notice`` to owners.
        about: what a notice is about, so that it is told once.
        copy: 0 for the first; one more each time somebody asks for it again.
        digest: of the approved files.
        job: what is needed to compose the message again: the member, the folder, or the words of a notice.
        sent: names and SHA-256 of what was attached, and what was left out.
        said: what the server answered last.
    """

    kind: str
    report: str
    period: str
    unit: str
    recipient: str
    prepared_at: datetime
    edition: str = "full"
    revision: int = 1
    about: str = ""
    copy: int = 0
    run_id: str = ""
    digest: str = ""
    job: Mapping[str, Any] = field(default_factory=dict)
    state: State = "prepared"
    attempts: int = 0
    message_id: str = ""
    sha256: str = ""
    sent: Mapping[str, Any] = field(default_factory=dict)
    said: str = ""
    not_before: datetime | None = None
    changed_at: datetime | None = None
    owner: str = ""
    lease_until: datetime | None = None
    id: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Give the proof as plain values for JSON; how it was to be composed is left out."""
        return {name: value for name, value in vars(self).items() if name not in {"job", "owner", "lease_until", "not_before", "id"}}  # fmt: skip


def prepare(connection: sa.Connection, wanted: Iterable[Delivery]) -> int:
    """Put messages into the outbox, in a transaction of the caller; those that are known already stay as they are.

    Returns:
        How many are new.
    """
    messages = list(wanted)
    rows = [
        {
            **{n: v for n, v in vars(one).items() if n != "id"},
            "job": json.dumps(dict(one.job), sort_keys=True),
            "sent": json.dumps(dict(one.sent)),
            "not_before": one.not_before or one.prepared_at,
            "changed_at": one.prepared_at,
        }
        for one in messages
    ]
    new = 0
    for one, row in zip(messages, rows, strict=True):
        made = inserted(connection, _deliveries, [row])
        chain.add(connection, "deliveries", made, one.run_id)
        new += len(made)
    return new


def prove(connection: sa.Connection) -> None:
    """Write into the history of each delivery what proves it, where an older release kept it in the delivery alone."""
    c = _history.c
    rows = connection.execute(sa.select(_deliveries).where(_deliveries.c.message_id != "")).all()
    for row in rows:
        last = sa.select(sa.func.max(c.id)).where(c.delivery_id == row.id).scalar_subquery()
        proof = _proof(row.message_id, row.sha256, json.loads(row.sent))
        connection.execute(_history.update().where(c.id == last).values(proof=proof))


def _proof(message_id: str, sha256: str, sent: Mapping[str, Any]) -> str:
    return json.dumps({"message_id": message_id, "sha256": sha256, "sent": dict(sent)})


@dataclass(frozen=True)
class Outbox:
    """The messages of one ledger, as one process works on them.

    Args:
        ledger: where they are kept.
        owner: the process, from :func:`reportkit.ledger.leases.token`.
        lease: how long a message is held before others may take it.
        together: through which what came of messages is written, when several threads send.
    """

    ledger: Database
    owner: str
    lease: timedelta = timedelta(minutes=10)
    together: Together | None = None

    def recover(self, now: datetime, *, repeatable: bool) -> int:
        """Settle what ended processes left in the middle of sending.

        Args:
            now: naive UTC instant.
            repeatable: sending again is harmless, as into a folder; without it such a message is uncertain, and waits for a
                person.

        Returns:
            How many were found.
        """
        query = sa.select(_deliveries.c.id, _deliveries.c.owner, _deliveries.c.lease_until).where(_deliveries.c.state == "sending")  # fmt: skip
        left = [row for row in self.ledger.rows(query) if row.lease_until < now or leases.gone(row.owner)]  # fmt: skip
        state: State = "prepared" if repeatable else "uncertain"
        said = "the process ended while sending; it is not known whether the other side took it"
        return sum(self._change(row.id, ("sending",), state, now, said, owner=row.owner).result() for row in left)  # fmt: skip

    def claim(self, now: datetime, only: Sequence[int] | None = None, *, most: int = 1) -> list[Delivery]:  # fmt: skip
        """Take the next messages that may be sent now, at most so many; none when there are none."""
        c = _deliveries.c
        waiting = (c.state == "prepared") & (c.not_before <= now)
        query = sa.select(c.id, c.owner, c.lease_until).where(waiting).order_by(c.id)
        if only is not None:
            query = query.where(c.id.in_(list(only)))
        # Most are nobody's: then the first are the ones, however many wait. Who loses a race for them looks for the next.
        while rows := self.ledger.rows(query.where(c.owner == "").limit(most)):
            if taken := self._take(rows, now):
                return taken
        held = self.ledger.rows(query.where(c.owner != ""))
        ended = {owner for owner in {row.owner for row in held} if leases.gone(owner)}
        free = [row for row in held if row.lease_until < now or row.owner in ended]
        return self._take(free[:most], now) if free else []

    def _take(self, rows: Sequence[Any], now: datetime) -> list[Delivery]:
        c = _deliveries.c
        values = {"owner": self.owner, "lease_until": now + self.lease}
        with self.ledger.writing() as connection:
            taken = [
                row.id
                for row in rows
                if connection.execute(
                    _deliveries.update().where(c.id == row.id, c.state == "prepared", c.owner == row.owner).values(**values)
                ).rowcount
            ]  # fmt: skip
        return find(self.ledger, ids=taken, kind=None) if taken else []

    def release(self, ones: Iterable[Delivery]) -> None:
        """Let messages go that were taken and not worked on."""
        c = _deliveries.c
        ids = [one.id for one in ones]
        if ids:
            with self.ledger.writing() as connection:
                connection.execute(
                    _deliveries.update()
                    .where(c.id.in_(ids), c.state == "prepared", c.owner == self.owner)
                    .values(owner="", lease_until=None)
                )

    def sending(self, one: Delivery, now: datetime, *, message_id: str, sha256: str, sent: Mapping[str, Any]) -> bool:  # fmt: skip
        """Say that the other side may have the message from now on; False when it is another's by now: then do not send."""
        return self._change(
            one.id, ("prepared",), "sending", now, "", owner=self.owner, lease_until=now + self.lease,
            message_id=message_id, sha256=sha256, sent=json.dumps(dict(sent)),
        ).result()  # fmt: skip

    def finish(self, one: Delivery, state: State, now: datetime, said: str) -> Future[bool]:
        """Say what came of it; also of one that others took for uncertain meanwhile. It need not be waited for."""
        return self._change(
            one.id, ("prepared", "sending", "uncertain"), state, now, said, owner=self.owner
        )

    def later(self, one: Delivery, now: datetime, not_before: datetime, said: str, *, counts: bool = True) -> Future[bool]:  # fmt: skip
        """Put a message back that was surely not taken.

        Args:
            one: the message.
            now: naive UTC instant.
            not_before: when to try again.
            said: why it was not taken.
            counts: whether this was an attempt.
        """
        attempts = one.attempts + counts
        return self._change(one.id, ("prepared", "sending"), "prepared", now, said, owner=self.owner, not_before=not_before, attempts=attempts)  # fmt: skip

    def _change(self, id_: int, before: Sequence[str], state: State, now: datetime, said: str, *, owner: str, **more: Any) -> Future[bool]:  # fmt: skip
        c = _deliveries.c
        mine = (c.id == id_, c.state.in_(before), c.owner == owner)

        def change(connection: sa.Connection) -> bool:
            return _changed(connection, mine, state, now, said, **more)

        if self.together is not None:
            return self.together.change(change)
        made: Future[bool] = Future()
        with self.ledger.writing() as connection:
            done = change(connection)
        made.set_result(done)
        return made


def _changed(connection: sa.Connection, which: Sequence[Any], state: State, now: datetime, said: str, **more: Any) -> bool:  # fmt: skip
    """Change one delivery and write down that it was, in a transaction of the caller; False when none is such."""
    c = _deliveries.c
    values: dict[str, Any] = {"state": state, "changed_at": now, "said": said, **more}
    if state not in {"sending", "uncertain"}:
        values |= {"owner": "", "lease_until": None}
    found = connection.execute(sa.select(c.id, c.run_id).where(*which)).first()
    if found is None or not connection.execute(_deliveries.update().where(*which).values(**values)).rowcount:  # fmt: skip
        return False
    proof = _proof(more["message_id"], more["sha256"], json.loads(more["sent"])) if "message_id" in more else "{}"  # fmt: skip
    made = connection.execute(_history.insert().values(delivery_id=found.id, state=state, at=now, said=said, proof=proof))  # fmt: skip
    chain.add(connection, "delivery_events", [int((made.inserted_primary_key or (0,))[0])], found.run_id)  # fmt: skip
    return True


def doubt(connection: sa.Connection, id_: int, now: datetime, said: str) -> None:
    """Say of a message that was not settled that nobody knows what became of it, in a transaction of the caller."""
    open_ = (_deliveries.c.id == id_, _deliveries.c.state.in_(("prepared", "sending")))
    _changed(connection, open_, "uncertain", now, said)


def find(
    ledger: Database, *, ids: Sequence[int] | None = None, kind: str | None = "report", **equal: Any
) -> list[Delivery]:
    """List deliveries in the order in which they were prepared.

    Args:
        ledger: where they are kept.
        ids: only these.
        kind: ``report``, ``draft``, ``notice``; None for all.
        **equal: columns and the values they must have.
    """
    query = sa.select(_deliveries).order_by(_deliveries.c.id)
    if ids is not None:
        query = query.where(_deliveries.c.id.in_(list(ids)))
    if kind is not None:
        query = query.where(_deliveries.c.kind == kind)
    for name, value in equal.items():
        if value is not None:
            query = query.where(_deliveries.c[name] == value)
    return [
        Delivery(**{**row, "job": json.loads(row["job"]), "sent": json.loads(row["sent"])})
        for row in ({**one._mapping} for one in ledger.rows(query))  # noqa: SLF001 - public by name
    ]


def history(ledger: Database, one: Delivery) -> list[tuple[str, datetime, str]]:
    """List the states of a delivery with time and what was said."""
    c = _history.c
    query = sa.select(c.state, c.at, c.said).where(c.delivery_id == one.id).order_by(c.id)
    return [tuple(row) for row in ledger.rows(query)]
