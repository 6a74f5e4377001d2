"""Asks the ledger what was told, without opening one that does not exist."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reportkit import config

if TYPE_CHECKING:
    from reportkit.ledger import Ledger, Publication

#: The ledger's file; :mod:`reportkit.ledger` itself loads a database library.
FILE = "ledger.db"


def _ledger(workspace: Path) -> Ledger | None:
    if not (workspace / FILE).exists() and not config.read(workspace).ledger.url:
        return None
    from reportkit.ledger import of

    return of(workspace)


def publication(workspace: Path, report: str, period: str, unit: str | None) -> Publication | None:
    """Give the last revision of a published report, or None when it was never published."""
    ledger = _ledger(workspace)
    return ledger.publication(report, period, unit or "") if ledger else None


def known_by(workspace: Path, report: str, period: str, unit: str | None) -> datetime | None:
    """Give the knowledge cut-off of a published report, or None when it was never published."""
    told = publication(workspace, report, period, unit)
    return told.known_by if told else None


def cut_off(workspace: Path, table: str) -> datetime | None:
    """Give the last instant by which a published report used a table, or None."""
    ledger = _ledger(workspace)
    return ledger.cut_off(table) if ledger else None


def states(workspace: Path) -> dict[str, str]:
    """Give the state of each run that is more than a draft: approved, published or superseded."""
    ledger = _ledger(workspace)
    if ledger is None:
        return {}
    found: dict[str, str] = {event.run_id: event.state for event in ledger.events()}
    for publication in ledger.publications():
        found.setdefault(publication.run_id, "published")
    return found


def publications(workspace: Path, report: str | None = None, unit: str | None = None) -> list[list[str]]:  # fmt: skip
    """List what was told so far, of a report and a unit or of all: report, quarter, unit, revision and run of each publication."""
    ledger = _ledger(workspace)
    return [
        [one.report, one.period, one.unit, str(one.revision), one.run_id]
        for one in (ledger.publications(report, unit) if ledger else ())
    ]
