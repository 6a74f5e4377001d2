"""Many reports, some at a time: what is finished and unchanged is left, one failure does not stop the others."""

from __future__ import annotations

import concurrent.futures as cf
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from reportkit import config
from reportkit.errors import LimitError, ReportkitError, TemporaryError
from reportkit.run import fingerprint, jobs, plan
from reportkit.run.register import LEASE, Entry, Register
from reportkit.run.request import Outcome, Progress, Request
from reportkit.workers.pool import WorkerLost

if TYPE_CHECKING:
    from reportkit.run.executors import Place
    from reportkit.workers.execution import Engine

State = Literal["draft", "held", "failed", "unchanged", "elsewhere"]
Clock = Callable[[], datetime]
#: A report that lost its process through no fault of its own is begun again.
_TRIES = 2


@dataclass
class Result:
    """What came of one report of a batch.

    Attributes:
        state: ``draft`` or ``held`` as made now; ``failed``; ``unchanged``: the last run still holds; ``elsewhere``:
            another process is making it.
        outcome: the run, also of an unchanged report.
        error: of a failed one.
        seconds: wall seconds from its start to its end.
    """

    request: Request
    key: str
    state: State
    outcome: Outcome | None = None
    error: ReportkitError | None = None
    seconds: float = 0.0


@dataclass
class Batch:
    """Reports to be made.

    Args:
        requests: all of one workspace.
        opened: opens where they are made, for so many; nothing is opened when nothing is to be made.
        clock: gives the naive UTC instant that counts as now.
        engine: ``warm`` or ``kernel``; the usual one of the system when not given.
        force: make what is finished and unchanged again.
        told: called with each result, in the order they end.
        progress: called with a request and what it tells, where the place tells.
    """

    requests: Sequence[Request]
    opened: Callable[[int], AbstractContextManager[Place]]
    clock: Clock
    engine: Engine | None = None
    force: bool = False
    told: Callable[[Result], None] = lambda _: None
    progress: Callable[[Request, Progress], None] = lambda _request, _progress: None
    _running: dict[cf.Future[Any], _Running] = field(default_factory=dict)

    def run(self) -> list[Result]:
        """Make the reports and give what came of each, in the order they were asked for."""
        if not self.requests:
            return []
        workspace = self.requests[0].workspace
        self._now = self.clock()
        plan.check(self.requests, config.read(workspace), self._now)
        keys = fingerprint.Fingerprints(workspace, self._now)
        keyed = {keys.of(request): request for request in self.requests}
        results: dict[str, Result] = {}
        todo: list[tuple[str, Request]] = []
        for key, request in keyed.items():
            done = None if self.force else fingerprint.finished(request, key)
            if done is None:
                todo.append((key, request))
            else:
                folder, said = done
                self._tell(results, Result(request, key, "unchanged", Outcome(folder, said, said["state"])))  # fmt: skip
        if todo:
            self._make(todo, Register(workspace), results)
        return [results[key] for key in keyed]

    def _tell(self, results: dict[str, Result], result: Result) -> None:
        results[result.key] = result
        self.told(result)

    def _make(
        self, todo: list[tuple[str, Request]], register: Register, results: dict[str, Result]
    ) -> None:
        register.queue([_entry(key, request, self._now) for key, request in todo])
        waiting = iter(todo)
        with self.opened(len(todo)) as place, self._beating(register):
            self._place = place
            try:
                self._fill(waiting, register, results)
                while self._running:
                    ended, _ = cf.wait(self._running, return_when=cf.FIRST_COMPLETED)
                    for future in ended:
                        self._ended(future, self._running.pop(future), register, results)
                    self._fill(waiting, register, results)
            except BaseException:
                register.release([running.key for running in self._running.values()])
                raise

    def _fill(
        self, waiting: Iterator[tuple[str, Request]], register: Register, results: dict[str, Result]
    ) -> None:
        """Begin reports until the place is full."""
        while len(self._running) < self._place.width:
            key, request = next(waiting, (None, None))
            if key is None or request is None:
                return
            if register.claim(key, self.clock()):
                self._begin(_Running(key, request, uuid.uuid4().hex, time.monotonic()))
            else:
                self._tell(results, Result(request, key, "elsewhere", error=_elsewhere(request)))

    def _begin(self, running: _Running) -> None:
        job = jobs.plain(running.request, now=self.clock(), engine=self.engine)
        job |= {"key": running.key, "ticket": running.ticket, "force": self.force}
        running.job, request = job, running.request

        def tell(step: Any) -> None:
            self.progress(request, Progress(*step))

        self._running[self._place.submit(job, tell)] = running

    def _ended(
        self,
        future: cf.Future[Any],
        running: _Running,
        register: Register,
        results: dict[str, Result],
    ) -> None:
        result, lost = Result(running.request, running.key, "failed"), False
        try:
            result.outcome = jobs.outcome(self._place.land(running.job, future.result()))
            result.state = result.outcome.state
        except ReportkitError as error:
            result.error, lost = error, isinstance(error, WorkerLost)
        except Exception as error:  # noqa: BLE001 - executors of others lose work in ways of their own
            lost = True
            result.error = LimitError(
                f"{type(error).__name__}: {_last(error) or 'the worker was lost'}. Run it again."
            )
        if lost and running.tries < _TRIES:
            running.tries += 1
            self._begin(running)
            return
        result.seconds = time.monotonic() - running.begun
        self._land(result, register)
        self._tell(results, result)

    def _land(self, result: Result, register: Register) -> None:
        said = result.outcome.manifest if result.outcome else {}
        cause, message = "", ""
        if result.error is not None:
            cause, message = type(result.error).__name__, result.error.message
        elif result.state == "held":
            cause = ", ".join(gate["name"] for gate in said["gates"] if gate["result"] == "fail" and gate["holds"])  # fmt: skip
        state: Any = result.state
        register.land(
            result.key, state, self.clock(), run_id=said.get("run_id", ""), cause=cause, message=message
        )  # fmt: skip

    @contextmanager
    def _beating(self, register: Register) -> Iterator[None]:
        """Keep the leases alive."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(LEASE.total_seconds() / 4):
                # A busy ledger is asked again at the next beat; the lease outlives three.
                try:
                    register.beat(self.clock())
                except TemporaryError:
                    continue

        thread = threading.Thread(target=beat, daemon=True, name="reportkit-heartbeat")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@dataclass
class _Running:
    key: str
    request: Request
    ticket: str
    begun: float
    tries: int = 1
    job: dict[str, Any] = field(default_factory=dict)


def _last(error: Exception) -> str:
    """Give the last line of an error: of a trace that came from elsewhere, the one that says what happened."""
    return (str(error).strip().splitlines() or [""])[-1].rstrip(".")[:300]


def _entry(key: str, request: Request, now: datetime) -> Entry:
    report = Path(request.report).stem
    asked = json.dumps(jobs.plain(request, now=now, engine=None))
    return Entry(key, report, request.period.key, request.unit or "", "queued", now, asked)


def _elsewhere(request: Request) -> TemporaryError:
    part = f" for {request.unit}" if request.unit else ""
    return TemporaryError(
        f"Report {Path(request.report).stem} {request.period.key}{part} is being made by another process; "
        "'reportkit status' shows it. Run it again when that has ended."
    )
