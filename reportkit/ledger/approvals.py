"""Who approved which bytes, until when, and who took it back. Rows are added, never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from reportkit.ledger import chain
from reportkit.ledger.database import Database, metadata

_approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report", sa.String, nullable=False),
    sa.Column("period", sa.String, nullable=False),
    sa.Column("unit", sa.String, nullable=False),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
    sa.Column("action", sa.String, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("expires_at", sa.DateTime),
    sa.Column("note", sa.Text, nullable=False, default=""),
    sa.Column("signature", sa.Text, nullable=False, default=""),
)


@dataclass(frozen=True, kw_only=True)
class Approval:
    """One approval, or the taking back of one.

    Attributes:
        digest: SHA-256 over the names and hashes of the final files.
        by: the approver as listed.
        expires_at: naive UTC instant after which it counts no more; None for never.
        signature: Ed25519 over the statement, in base64; empty when the name is only asserted.
    """

    report: str
    period: str
    unit: str
    run_id: str
    digest: str
    by: str
    at: datetime
    action: Literal["approve", "revoke"] = "approve"
    expires_at: datetime | None = None
    note: str = ""
    signature: str = ""

    @property
    def standing(self) -> str:
        """How it is known who said so."""
        return "signed" if self.signature else "asserted"

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values for JSON."""
        return asdict(self) | {"standing": self.standing}


def add(ledger: Database, approval: Approval) -> None:
    """Keep an approval or its taking back."""
    with ledger.writing() as connection:
        made = connection.execute(_approvals.insert().values(**asdict(approval)))
        chain.add(connection, "approvals", [int((made.inserted_primary_key or (0,))[0])], approval.run_id)  # fmt: skip


def of_run(ledger: Database, run_id: str) -> list[Approval]:
    """List what was approved and taken back of a run, in its order."""
    columns = [column for column in _approvals.c if column.name != "id"]
    query = sa.select(*columns).where(_approvals.c.run_id == run_id).order_by(_approvals.c.id)
    return [Approval(**row._mapping) for row in ledger.rows(query)]  # noqa: SLF001 - public by name


def valid(found: Iterable[Approval], digest: str, now: datetime) -> list[Approval]:
    """Give the approvals that count for some bytes at an instant: each person's last word, of these bytes, not expired."""
    last = {one.by.casefold(): one for one in found}
    return [
        one
        for one in last.values()
        if one.action == "approve"
        and one.digest == digest
        and (one.expires_at is None or now < one.expires_at)
    ]


def digest(artefacts: Mapping[str, str]) -> str:
    """Give one SHA-256 for the final files of a run.

    Args:
        artefacts: SHA-256 of each file, by its name.
    """
    listed = "\n".join(f"{sha}  {name}" for name, sha in sorted(artefacts.items()))
    return hashlib.sha256(listed.encode()).hexdigest()
