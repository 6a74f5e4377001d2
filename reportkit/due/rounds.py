"""One round: plan, make, release, send, watch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit.due import idle
from reportkit.errors import ReportkitError

if TYPE_CHECKING:
    from reportkit.config import Settings
    from reportkit.deliver.waiting import Clock
    from reportkit.due.watch import Trouble
    from reportkit.due.work import Data
    from reportkit.ledger import Ledger
    from reportkit.ledger.claims import Claim


@dataclass(frozen=True)
class Result:
    """What a round came to.

    Attributes:
        made: how many runs were tried.
        sent: states of the messages that were worked on, and how many.
        troubles: what somebody must look at now.
        stopped: why messages wait, in words.
    """

    made: int
    sent: dict[str, int]
    troubles: list[Trouble]
    stopped: str = ""


def dry(folder: Path, clock: Clock) -> list[Claim]:
    """Give what a round would work on; nothing is written."""
    from reportkit import config
    from reportkit.due import planning
    from reportkit.ledger import claims
    from reportkit.ledger import of as ledger_of

    settings, ledger = config.read(folder), ledger_of(folder)
    open_ = [one for one in claims.find(ledger) if one.state in {"due", "running", "drafted", "released"}]  # fmt: skip
    return [*open_, *planning.wanted(settings, folder, ledger, clock())]


def _open(settings: Settings, ledger: Ledger) -> bool:
    """Say whether anything is left to look at."""
    from reportkit.ledger import claims, deliveries

    return bool(
        settings.due.heartbeat
        or settings.due.metrics_file
        or any(one.state != "done" for one in claims.find(ledger))
        or claims.incidents(ledger, open_only=True)
        or any(deliveries.find(ledger, kind=None, state=state) for state in ("prepared", "sending"))
    )


def play(
    folder: Path,
    clock: Clock,
    *,
    tell: Callable[[str], None] = lambda _: None,
    progress: Callable[[Any], None] = lambda _: None,
    data: Data = lambda _asked, _known_by: {},
) -> Result:
    """Run what is due, send what may be sent, tell owners what is wrong; any number of these may go on at once.

    Args:
        folder: the workspace.
        clock: gives the naive UTC instant that counts as now.
        tell: told of each step, in words.
        progress: told of each stage of a run.
        data: as :class:`reportkit.due.work.Work` takes it.

    Raises:
        ConfigError: the configuration must be mended first.
        TemporaryError: the ledger cannot be reached.
    """
    if idle.still(folder, clock()):
        return Result(0, {}, [])
    from reportkit import config, schedule
    from reportkit.due import planning
    from reportkit.ledger import claims, leases
    from reportkit.ledger import of as ledger_of
    from reportkit.ledger.claims import Desk

    settings, ledger = config.read(folder), ledger_of(folder)
    before, now = idle.state(folder), clock()
    new = planning.wanted(settings, folder, ledger, now)
    if not new and not _open(settings, ledger):
        if not settings.ledger.url and not settings.store.url:
            coming = schedule.upcoming(settings.schedule, settings.calendar, now, 1)
            idle.keep(folder, before, now, coming[0].scheduled_at if coming else None)
        return Result(0, {}, [])
    claims.plan(ledger, new, now)
    from reportkit.due import watch
    from reportkit.due.work import Work
    from reportkit.run import dispatch

    desk = Desk(ledger, leases.token(), timedelta(minutes=settings.due.lease_minutes))
    work = Work(folder, settings, ledger, desk, clock, tell, progress, data)
    made = work.make_all()
    work.release_all()
    done, stopped = [], ""
    try:
        first = dispatch.sender(folder, clock).run()
        done, stopped = first.done, first.stopped
    except ReportkitError as error:
        stopped = error.message
    work.release_all()
    troubles = watch.found(work)
    watch.tell(work, troubles)
    watch.heartbeat(work, troubles)
    if not stopped:
        second = dispatch.sender(folder, clock).run()
        done += second.done
        stopped = second.stopped
    if settings.due.metrics_file:
        watch.write_metrics(folder / settings.due.metrics_file, watch.openmetrics(settings, ledger, troubles, clock()))  # fmt: skip
    counts: dict[str, int] = {}
    for one in done:
        counts[one.state] = counts.get(one.state, 0) + 1
    return Result(made, counts, troubles, stopped)
