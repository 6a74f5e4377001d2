"""Takes runs that are due, each under a lease; makes them, as many at a time as there are cores, and lands them with their mails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from reportkit.config import Settings
from reportkit.deliver import audience, letter
from reportkit.deliver.audience import Recipient
from reportkit.deliver.compose import Stamp
from reportkit.deliver.sending import prepared
from reportkit.deliver.waiting import Clock
from reportkit.errors import HeldError, KernelDied, ReportkitError, TemporaryError, UsageError
from reportkit.ledger import Ledger, approvals, claims, deliveries
from reportkit.ledger.claims import Claim, Desk
from reportkit.ledger.deliveries import Delivery
from reportkit.period import Period
from reportkit.run import (
    Request,
    approval,
    dispatch,
    edition,
    executors,
    jobs,
    publication,
    release,
)
from reportkit.run.folder import FAILED, MANIFEST, manifest, series
from reportkit.run.report import run

_FIRST_WAIT = timedelta(minutes=5)
Data = Callable[[Sequence[tuple[Period, str | None]], datetime], Mapping[str, str]]


@dataclass
class Work:
    """Everything that one round needs.

    Attributes:
        tell: told of each step, in words.
        clock: gives the naive UTC instant that counts as now.
        data: says to warm processes what data they hold for several runs, by quarter and unit of each, as known by an instant;
            a run that knows something else reads its own.
        trouble: why something could not go out, by report, period and unit.
    """

    folder: Path
    settings: Settings
    ledger: Ledger
    desk: Desk
    clock: Clock
    tell: Callable[[str], None] = lambda _: None
    progress: Callable[[Any], None] = lambda _: None
    data: Data = lambda _asked, _known_by: {}
    trouble: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _pool: Any = None
    _writing: threading.Lock = field(default_factory=threading.Lock)

    # ---- making --------------------------------------------------------------------------------------------------

    def make_all(self) -> int:
        """Make what is due, until nothing is left that may be tried now; gives how many were tried."""
        waiting = claims.find(self.ledger, ("due", "running"))
        many = len(waiting)
        if many < 2 or not jobs.forks():
            return self._make_next()
        width = min(many, executors.cores())
        seconds = self.settings.limits.run_seconds
        with jobs.warm(
            width, reports=many, run_seconds=seconds, surroundings=self._data(waiting)
        ) as pool:
            self._pool = pool
            try:
                with ThreadPoolExecutor(width, thread_name_prefix="reportkit-due") as threads:
                    return sum(threads.map(lambda _: self._make_next(), range(width)))
            finally:
                self._pool = None

    def _data(self, waiting: list[Claim]) -> Mapping[str, str]:
        calendar, now = self.settings.calendar, self.clock()
        cuts = {one.cut_off for one in waiting if one.cut_off is not None and one.cut_off <= now}
        asked = [(calendar.parse(one.period), one.unit or None) for one in waiting]
        return self.data(asked, cuts.pop() if len(cuts) == 1 else now)

    def _make_next(self) -> int:
        """Make one after the other, until nothing is left."""
        tried = 0
        while (one := self._taken()) is not None:
            tried += 1
            self.tell(f"{_name(one)}: running")
            self._make(one)
        return tried

    def _taken(self) -> Claim | None:
        with self._writing:
            return self.desk.take(self.clock(), most=self.settings.due.attempts)

    def _make(self, one: Claim) -> None:
        try:
            with self._alive(one) as ours:
                place, said = self._finished(one) or self._run(one, ours)
                if release.fit(self.folder, said):
                    with self._writing:
                        edition.make(self.folder, place, said)
        except ReportkitError as error:
            with self._writing:
                self._failed(one, error)
            return
        with self._writing:
            self._made(one, place, said)

    def _made(self, one: Claim, place: Path, said: dict[str, Any]) -> None:
        if not release.fit(self.folder, said):
            reasons = "; ".join(f"{g['name']}: {g['reason']}" for g in said["gates"] if g["result"] == "fail" and g["holds"])  # fmt: skip
            self._land(one, "held", run_id=said["run_id"], said=reasons)
            return
        mails = self._drafts(place, said)
        self._land(
            one, "drafted", run_id=said["run_id"], said="", also=lambda c: deliveries.prepare(c, mails)
        )  # fmt: skip

    def _run(self, one: Claim, ours: Callable[[], bool]) -> tuple[Path, dict[str, Any]]:
        asked: dict[str, Any] = {"now": self.clock(), "progress": self.progress}
        if self._pool is None:
            outcome = run(self._request(one), may_land=ours, **asked)
        else:
            lease = {"id": one.id, "owner": self.desk.owner}
            outcome = jobs.make(self._request(one), pool=self._pool, lease=lease, **asked)
        return outcome.folder, dict(outcome.manifest)

    def _request(self, one: Claim) -> Request:
        cut = one.cut_off if one.cut_off and one.cut_off <= self.clock() else None
        return Request(
            workspace=self.folder, report=one.report, period=self.settings.calendar.parse(one.period), unit=one.unit or None,
            known_by=cut,
        )  # fmt: skip

    def _finished(self, one: Claim) -> tuple[Path, dict[str, Any]] | None:
        """Give the run that a killed process finished and did not report; it is not made twice."""
        if one.attempts < 2:
            return None
        newest = self._newest(one, one.scheduled_at)
        return newest if newest is not None and release.fit(self.folder, newest[1]) else None

    def _newest(self, one: Claim, since: datetime) -> tuple[Path, dict[str, Any]] | None:
        place = series(self.folder, one.report, one.period, one.unit or None)
        found = [p.parent for p in sorted(place.glob(f"*/{MANIFEST}")) if FAILED not in p.parent.name and not p.parent.name.startswith(".")]  # fmt: skip
        for path in reversed(found):
            said = manifest(path)
            if datetime.fromisoformat(said["started"].removesuffix("Z")) >= since:
                return path, said
        return None

    def _own(self, one: Claim) -> tuple[Path, dict[str, Any]] | None:
        """Give the run that a gate held: somebody may have released it since."""
        place = series(self.folder, one.report, one.period, one.unit or None) / one.run_id
        return (place, manifest(place)) if one.run_id and (place / MANIFEST).is_file() else None

    @contextmanager
    def _alive(self, one: Claim) -> Iterator[Callable[[], bool]]:
        """Hold a run as long as this process works on it; gives what says whether it still does."""
        ended, lost = threading.Event(), threading.Event()
        pause = self.desk.lease.total_seconds() / 3

        def beat() -> None:
            while not ended.wait(pause):
                try:
                    if not self.desk.renew(one, self.clock()):
                        lost.set()
                        return
                except TemporaryError:
                    continue

        thread = threading.Thread(target=beat, name="lease", daemon=True)
        thread.start()
        try:
            yield lambda: not lost.is_set() and self.desk.renew(one, self.clock())
        finally:
            ended.set()
            thread.join()

    def _failed(self, one: Claim, error: ReportkitError) -> None:
        now = self.clock()
        transient = error.exit_code == TemporaryError.exit_code or isinstance(error, KernelDied)
        if transient and one.attempts < self.settings.due.attempts:
            wait = _FIRST_WAIT * 2 ** (one.attempts - 1)
            self._land(one, "due", said=error.message, not_before=now + wait)
            return
        self._land(one, "failed", said=error.message)

    def _land(self, one: Claim, state: claims.State, **more: Any) -> None:
        landed = self.desk.land(one, state, self.clock(), **more)
        words = f" ({more['said']})" if more.get("said") else ""
        self.tell(f"{_name(one)}: {state if landed else 'taken over by another process'}{words}")

    def _drafts(self, place: Path, said: dict[str, Any]) -> list[Delivery]:
        """Give the mails that put a draft before its owners and approvers."""
        people = owners(self.settings, approvers=self.settings.approval.required > 0)
        files = {name: said["artefacts"][name]["sha256"] for name in letter.FILES.values() if name in said["artefacts"]}  # fmt: skip
        final = edition.read(place)
        if not people or "message.eml" not in files or final is None:
            return []
        need = self.settings.approval.required
        gates = sum(gate["result"] == "pass" for gate in said["gates"])
        todo = f"{need} approval{'s' if need != 1 else ''} needed: {approval.how(said)}" if need else "It goes out without approval."  # fmt: skip
        top = [
            f"Draft of {said['report']} {said['period']}{' ' + said['unit'] if said['unit'] else ''} for its owner; {gates} checks passed. {todo}",
            f"What is approved are the final files in {final.folder.relative_to(self.folder)}, SHA-256 {final.digest}.",
            *changed(self.ledger, self.settings, said),
        ]  # fmt: skip
        stamp = Stamp(said["report"], said["period"], said["unit"], digest=approvals.digest(files), kind="draft", about=said["run_id"])  # fmt: skip
        job = {"folder": str(place.relative_to(self.folder)), "top": top}
        return prepared(people, stamp, now=self.clock().replace(microsecond=0), run_id=said["run_id"], job=job)  # fmt: skip

    # ---- releasing -----------------------------------------------------------------------------------------------

    def release_all(self) -> None:
        """Tell what is approved and put its mails into the outbox; pick up what people made by hand meanwhile."""
        for one in claims.find(self.ledger, ("held", "failed", "missed")):
            self._picked_up(one)
        for one in claims.find(self.ledger, ("drafted",)):
            try:
                self._release(one)
            except ReportkitError as error:
                self.trouble[one.key] = error.message
                self.tell(f"{_name(one)}: not released ({error.message})")
        for one in claims.find(self.ledger, ("released",)):
            if not unsent(self.ledger, one):
                self.desk.change(one, "done", self.clock(), before="released", owned_by=one.owner)

    def _picked_up(self, one: Claim) -> None:
        newest = self._newest(one, one.changed_at or one.scheduled_at) or self._own(one)
        told = self.ledger.publication(one.report, one.period, one.unit)
        if told is not None:
            self.desk.change(one, "drafted", self.clock(), before=one.state, owned_by=one.owner, run_id=told.run_id, said="")  # fmt: skip
        elif newest is not None and release.fit(self.folder, newest[1]):
            place, said = newest
            edition.make(self.folder, place, said)
            mails = self._drafts(place, said)
            self.desk.change(
                one, "drafted", self.clock(), before=one.state, owned_by=one.owner, run_id=said["run_id"], said="",
                also=lambda c: deliveries.prepare(c, mails),
            )  # fmt: skip

    def _release(self, one: Claim) -> None:
        now, period = self.clock(), self.settings.calendar.parse(one.period)
        told = self.ledger.publication(one.report, one.period, one.unit)
        if told is None:
            place = series(self.folder, one.report, one.period, one.unit or None) / one.run_id
            newest = self._newest(one, one.changed_at or one.scheduled_at)
            if newest is not None and release.fit(self.folder, newest[1]):
                # Somebody ran it again, and approves that run.
                place = newest[0]
            if not (place / MANIFEST).is_file():
                raise UsageError(f"Run {one.run_id} is gone; 'reportkit run {one.report} --period {one.period}' makes another.")  # fmt: skip
            standing = approval.standing(self.folder, place, manifest(place), now)
            if not standing.complete:
                return
            if publication.latest(self.folder, one.report, period, one.unit or None) != place:
                raise HeldError(f"Run {place.name} is approved, but a newer one of {one.report} {one.period} was made; approve that one.")  # fmt: skip
            told, _ = publication.publish(self.folder, one.report, period, one.unit or None, now=now)  # fmt: skip
        mails: list[Delivery] = []
        said = ""
        if any(one.report in found.reports for found in self.settings.audiences.values()):
            parcel = dispatch.parcel(self.folder, one.report, period, one.unit or None, now)
            mails = dispatch.addressed(self.folder, parcel, now.replace(microsecond=0))
        else:
            said = "no audience gets this report"
        done = self.desk.change(
            one, "released" if mails else "done", now, before="drafted", owned_by=one.owner, run_id=told.run_id, said=said,
            also=lambda c: deliveries.prepare(c, mails),
        )  # fmt: skip
        if done:
            self.tell(f"{_name(one)}: released to {len(mails)}")


def unsent(ledger: Ledger, one: Claim) -> list[Delivery]:
    """Give the last copy of each recipient of a report, where it was not accepted."""
    last: dict[tuple[str, str], Delivery] = {}
    for found in deliveries.find(ledger, report=one.report, period=one.period, unit=one.unit):
        last[found.recipient, found.edition] = found
    return [found for found in last.values() if found.state != "accepted"]


def owners(settings: Settings, *, approvers: bool = False) -> list[Recipient]:
    """Give those who are told of drafts and of trouble."""
    addresses = dict.fromkeys(settings.due.owners, "")
    if approvers:
        addresses |= {one.address: one.name for one in settings.approval.approvers if one.address}
    found = []
    for given, name in addresses.items():
        address, envelope = audience.normal(given, "[due] owners")
        found.append(Recipient(address, envelope, name, "owner", "full", ("pdf",)))
    return found


def changed(ledger: Ledger, settings: Settings, said: dict[str, Any]) -> list[str]:
    """Say which measures have another status than was told of the period before."""
    before = settings.calendar.previous(settings.calendar.parse(said["period"]))
    told = ledger.publication(said["report"], before.key, said["unit"])
    if told is None:
        return []
    figures = ledger.figures(told)
    lines = []
    for now in said["facts"].get("figures", ()):
        then = figures.get((now["measure"], now["scope"]))
        if then is not None and not now["scope"] and then.status != now["status"]:
            lines.append(f"{now['measure']} {now['name']}: {then.status} as told of {before.label}, {now['status']} now.")  # fmt: skip
    return lines[:10]


def _name(one: Claim) -> str:
    return " ".join(filter(None, (one.report, one.period, one.unit)))
