"""A report as a job: plain values in, plain values out, so that any process of any machine can make it.

A job may be done twice (a cluster does finished work again when it loses a machine); each time it leaves a whole run folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from atexit import register as register_exit
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from reportkit import config, errors, layout
from reportkit.errors import FaultError, ParameterError, ReportkitError
from reportkit.run import fingerprint
from reportkit.run.folder import manifest
from reportkit.run.request import Listener, Outcome, Progress, Request

if TYPE_CHECKING:
    from reportkit.workers.execution import Engine
    from reportkit.workers.pool import WarmPool

JOB = "reportkit.run.jobs:work"
#: Everything a report's cells and formats use; loaded once, before any report.
PRELOAD = (
    "numpy", "pandas", "pyarrow.parquet", "altair", "sqlalchemy", "reportkit.workspace", "reportkit.sections", "reportkit.charts",
    "reportkit.display", "reportkit.restate", "reportkit.scorecard", "reportkit.measures.risk", "reportkit.quant.portfolio",
    "reportkit.narrative", "reportkit.measures.registry:definitions", "reportkit.run.report", "reportkit.run.formats", "reportkit.run.publication", "papermill.engines", "reportkit.workers.engine",
    "reportkit.workers.execution", "reportkit.render.html", "reportkit.render.pdf", "reportkit.render.email",
    "reportkit.render.drawing", "reportkit.run.jobs", "reportkit.bridge", "reportkit.showing", "reportkit.run.ready:get_ready",
    "reportkit.snapshot:hold",
)  # fmt: skip
#: For one report alone: what the process that runs it and the one of its cells both use.
PRELOAD_ONE = ("pandas", "reportkit.workspace", "reportkit.run.report", "papermill.engines", "reportkit.workers.engine", "reportkit.workers.execution")  # fmt: skip
#: What a report may take beside its notebook.
_OTHER_SECONDS = 900


def plain(request: Request, *, now: datetime, engine: Engine | None) -> dict[str, Any]:
    """Write a request as a job's arguments.

    Raises:
        ParameterError: a parameter's value is none that a notebook can hold.
    """
    return {
        "workspace": str(request.workspace.resolve()),
        "report": request.report,
        "period": request.period.key,
        "unit": request.unit,
        "parameters": {name: _value(name, value) for name, value in request.parameters.items()},
        "known_by": request.known_by.isoformat() if request.known_by else None,
        "formats": list(request.formats),
        "editions": None if request.editions is None else list(request.editions),
        "now": now.isoformat(),
        "engine": engine,
    }


def _value(name: str, value: object) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _value(name, part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_value(name, part) for part in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise ParameterError(
        f"Parameter {name!r} cannot be {value!r}; give text, a number, a list or a mapping."
    )


def asked(arguments: Mapping[str, Any]) -> Request:
    """Read the request of a job."""
    workspace, known_by = Path(arguments["workspace"]), arguments["known_by"]
    return Request(
        workspace=workspace,
        report=arguments["report"],
        period=config.read(workspace).calendar.parse(arguments["period"]),
        unit=arguments["unit"],
        parameters=arguments["parameters"],
        known_by=datetime.fromisoformat(known_by) if known_by else None,
        formats=tuple(arguments["formats"]),
        editions=None if arguments.get("editions") is None else tuple(arguments["editions"]),
    )


def work(arguments: Mapping[str, Any], tell: Any = lambda _: None) -> dict[str, Any]:
    """Make the report of a job in this process.

    Args:
        arguments: as :func:`plain` writes them.
        tell: called with stage, cells begun and cells in all.

    Returns:
        ``folder`` and ``state`` of the run, or ``error`` with kind and message; the trace of a fault in reportkit itself goes
        to standard error.
    """
    from reportkit.run.report import run

    key = arguments.get("key", "")
    before = os.umask(0o077)
    try:
        request = asked(arguments)
        # A process of somebody else's cluster has the mask that it was started with.
        os.umask(layout.mask(request.workspace))
        if key and (done := _done(request, arguments)):
            return done
        outcome = run(
            request,
            now=datetime.fromisoformat(arguments["now"]),
            progress=lambda step: tell([step.stage, step.done, step.total]),
            engine=arguments["engine"],
            key=key,
            ticket=arguments.get("ticket", ""),
            may_land=partial(_held, request.workspace, arguments.get("lease")),
        )
    except ReportkitError as error:
        return {"error": {"kind": type(error).__name__, "message": error.message}}
    except Exception as error:  # noqa: BLE001 - one report's fault is not the end of the others
        traceback.print_exc()
        return {"error": {"kind": FaultError.__name__, "message": _fault(error)}}
    finally:
        os.umask(before)
    return {"folder": str(outcome.folder), "state": outcome.state}


def _fault(error: Exception) -> str:
    said = " ".join(str(error).split())[:200]
    return (
        f"reportkit itself failed ({type(error).__name__}: {said}), and nothing of the run was kept. "
        "Running it again will not help; please report the lines above this one."
    )


def _held(workspace: Path, lease: Mapping[str, Any] | None) -> bool:
    """Say whether a scheduled run is still the one of whoever asked for it; any other has no lease to lose."""
    if lease is None:
        return True
    from reportkit import ledger
    from reportkit.ledger import claims

    return claims.held(ledger.of(workspace), lease["id"], lease["owner"])


def _done(request: Request, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """Give the answer of a job that was done already: a machine was lost after it had finished it."""
    found = fingerprint.finished(request, arguments["key"])
    if found is None or (arguments["force"] and found[1].get("ticket") != arguments["ticket"]):
        return None
    return {"folder": str(found[0]), "state": found[1]["state"]}


_pool: dict[int, tuple[ExitStack, WarmPool]] = {}
_lock = Lock()


def anywhere(job: Mapping[str, Any]) -> dict[str, Any]:
    """Make the report of a job on whatever machine this is: in a warm process where they can be had."""
    if not forks():
        return work(job)
    with _lock:
        if os.getpid() not in _pool:
            stack = ExitStack()
            pool = warm(surroundings=job.get("surroundings") or {})
            _pool[os.getpid()] = stack, stack.enter_context(pool)
            register_exit(stack.close)
    answer: dict[str, Any] = _pool[os.getpid()][1].call(JOB, job, lambda _: None)
    return answer


def forks() -> bool:
    """Say whether warm processes can be had on this system."""
    from reportkit.workers.execution import USUAL

    return USUAL == "warm"


def outcome(answer: Mapping[str, Any]) -> Outcome:
    """Give what a job came to.

    Raises:
        ReportkitError: the report failed; of the kind that the job met.
    """
    if failed := answer.get("error"):
        kind = getattr(errors, failed["kind"], ReportkitError)
        raise kind(failed["message"])
    folder = Path(answer["folder"])
    return Outcome(folder, manifest(folder), answer["state"])


def make(
    request: Request,
    *,
    now: datetime,
    pool: WarmPool,
    progress: Listener = lambda _: None,
    engine: Engine | None = None,
    lease: Mapping[str, Any] | None = None,
) -> Outcome:
    """Make a report in a warm process; arguments, result and errors are those of :func:`reportkit.run.report.run`.

    A scheduled run is landed only when it still has its ``lease``, by ``id`` and ``owner``.

    Raises:
        KernelDied: the process of the report was killed.
    """
    # A path is meant from here; the worker stands elsewhere.
    if Path(request.report).suffix == ".ipynb" and Path(request.report).exists():
        request = replace(request, report=str(Path(request.report).resolve()))
    job = plain(request, now=now, engine=engine) | {"lease": lease and dict(lease)}
    return outcome(pool.call(JOB, job, lambda step: progress(Progress(*step))))


@contextmanager
def warm(
    workers: int = 1,
    *,
    reports: int | None = None,
    draw: bool = True,
    run_seconds: float = 1800,
    surroundings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[WarmPool]:
    """Give a pool that makes reports, with one engine for all their charts; both end with the context.

    Args:
        workers: reports at a time.
        reports: how many there will be, when that is known; for one alone little is loaded before.
        draw: whether charts and pages will be drawn.
        run_seconds: how long the cells of one may take.
        surroundings: what the environment says of the data they need; see :mod:`reportkit.snapshot`.
    """
    from reportkit.workers.pool import WarmPool

    folder = Path(tempfile.mkdtemp(prefix="rk-"))
    lifeline, end = os.pipe()
    try:
        alone = nullcontext(dict[str, str]())
        with _charts(folder / "charts", lifeline) if draw and reports != 1 else alone as drawing:
            preload = PRELOAD_ONE if reports == 1 else PRELOAD
            pool = WarmPool(
                workers,
                preload,
                environment={**surroundings, **drawing},
                seconds=run_seconds + _OTHER_SECONDS,
            ).start()
            try:
                yield pool
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            pool.shutdown()
    finally:
        os.close(end)
        os.close(lifeline)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _charts(socket: Path, lifeline: int) -> Iterator[dict[str, str]]:
    """Keep a process that draws charts; reports that cannot reach it draw their own."""
    from reportkit.render.drawing import PLACE

    server = subprocess.Popen(
        [sys.executable, "-P", "-m", "reportkit.render.drawing", str(socket)],
        stdin=lifeline,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield {PLACE: str(socket)}
    finally:
        with suppress(ProcessLookupError):
            server.terminate()
        server.wait()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(work(json.load(sys.stdin))) + "\n")
