"""Asks the ledger what was told, without opening one that does not exist."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

#: The ledger's file; :mod:`reportkit.ledger` itself loads a database library.
_FILE = "ledger.db"


def known_by(workspace: Path, report: str, period: str, unit: str | None) -> datetime | None:
    """Give the knowledge cut-off of a published report, or None when it was never published."""
    if not (workspace / _FILE).exists():
        return None
    from reportkit.ledger import Ledger

    told = Ledger(workspace).publication(report, period, unit or "")
    return told.known_by if told else None


def cut_off(workspace: Path, table: str) -> datetime | None:
    """Give the last instant by which a published report used a table, or None."""
    if not (workspace / _FILE).exists():
        return None
    from reportkit.ledger import Ledger

    return Ledger(workspace).cut_off(table)


def runs(workspace: Path) -> frozenset[str]:
    """Give the ids of the runs that were published."""
    if not (workspace / _FILE).exists():
        return frozenset()
    from reportkit.ledger import Ledger

    return frozenset(publication.run_id for publication in Ledger(workspace).publications())
