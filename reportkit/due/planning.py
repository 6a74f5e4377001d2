"""From schedules to runs that are due: each report, period and unit once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from reportkit import schedule
from reportkit.config import Settings
from reportkit.ledger import Ledger, claims
from reportkit.ledger.claims import Claim
from reportkit.schedule import Occurrence


def wanted(settings: Settings, folder: Path, ledger: Ledger, now: datetime) -> list[Claim]:
    """Give the runs that are due by now and not known yet.

    What is older than ``[due] stale_days`` is missed, when the machine was off for so long; of the time before anything was
    ever planned nothing is asked.

    Args:
        settings: of the workspace.
        folder: the workspace.
        ledger: where known runs are.
        now: naive UTC instant.
    """
    if not settings.schedule:
        return []
    known = claims.find(ledger)
    keys = {one.key for one in known}
    fresh = now - timedelta(days=settings.due.stale_days)
    first = min((one.scheduled_at for one in known), default=fresh)
    found: list[Claim] = []
    for occurrence in schedule.between(
        settings.schedule, settings.calendar, min(first, fresh), now
    ):
        for unit in _units(occurrence, folder, now):
            one = Claim(
                report=occurrence.report, period=occurrence.period.key, unit=unit, scheduled_at=occurrence.scheduled_at,
                cut_off=occurrence.cut_off,
            )  # fmt: skip
            if one.key in keys:
                continue
            keys.add(one.key)
            found.append(_settled(one, ledger, stale=occurrence.scheduled_at <= fresh))
    return found


def _settled(one: Claim, ledger: Ledger, *, stale: bool) -> Claim:
    """Leave out what somebody published by hand, and what is too old."""
    if ledger.publication(one.report, one.period, one.unit) is not None:
        return Claim(**{**vars(one), "state": "done", "said": "published by hand"})
    if stale:
        said = "nobody ran it in time; 'reportkit run' makes it now"
        return Claim(**{**vars(one), "state": "missed", "said": said})
    return one


def _units(occurrence: Occurrence, folder: Path, now: datetime) -> Iterator[str]:
    if not occurrence.units:
        yield ""
    elif occurrence.units == ("*",):
        from reportkit.run import dispatch

        yield from sorted(dispatch.unit_addresses(folder, now))
    else:
        yield from occurrence.units


def listed(found: Sequence[Claim]) -> list[tuple[str, str, str, str, str]]:
    """Give runs as cells: report, period, unit, when it was due, state."""
    return [(c.report, c.period, c.unit or "all", f"{c.scheduled_at:%Y-%m-%d %H:%M}", c.state) for c in found]  # fmt: skip
