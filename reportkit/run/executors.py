"""Where the reports of a batch are made: processes of this machine, a Dask cluster, or an executor of one's own."""

from __future__ import annotations

import concurrent.futures as cf
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reportkit.errors import KernelDied, UsageError
from reportkit.run import jobs
from reportkit.workers import runtime

KINDS = "local:N, spawn:N, dask://HOST:PORT or py:MODULE:FUNCTION"

Submit = Callable[[Mapping[str, Any], Any], "cf.Future[Any]"]


@dataclass(frozen=True)
class Place:
    """Where reports are made.

    Attributes:
        submit: begins a job and gives its future.
        width: how many are begun at a time.
        name: for people.
        land: puts what came back of a job into the workspace, where the job could not; gives the answer with its folder.
    """

    submit: Submit
    width: int
    name: str
    land: Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]] = lambda _, answer: answer  # fmt: skip


def cores() -> int:
    """Give how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def opened(
    text: str,
    *,
    workspace: Path,
    reports: int,
    draw: bool,
    run_seconds: float,
    surroundings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Place]:
    """Open the place that an option names.

    Args:
        text: ``local:4``, ``spawn:2``, ``dask://host:8786`` or ``py:module:factory``; empty for this machine's cores.
        workspace: whose reports they are.
        reports: how many reports there are to make; no more processes are started.
        draw: whether charts and pages will be drawn.
        run_seconds: how long the cells of one may take.
        surroundings: what warm processes are told of the data they need.

    Raises:
        UsageError: not one of these, or the library is not installed.
    """
    kind, _, rest = (text or "local").partition(":")
    if kind == "local":
        width = max(1, min(_number(text, rest), reports))
        with_data = partial(warm, reports=reports, draw=draw, surroundings=surroundings)
        open_ = with_data if jobs.forks() else _spawning
        with open_(width, run_seconds=run_seconds) as place:
            yield place
    elif kind == "spawn":
        with _spawning(max(1, min(_number(text, rest), reports)), run_seconds=run_seconds) as place:
            yield place
    elif kind == "dask" and rest.startswith("//"):
        from reportkit.run import cluster

        with cluster.opened(rest.removeprefix("//"), workspace, surroundings) as place:
            yield place
    elif kind == "py":
        with _own(text, rest, surroundings) as place:
            yield place
    else:
        raise UsageError(f"Executor {text!r} is not known; write {KINDS}.")


def _number(text: str, rest: str) -> int:
    if not rest:
        return cores()
    if not rest.isdigit() or int(rest) < 1:
        raise UsageError(f"Executor {text!r} names no number of processes; write {KINDS}.")
    return int(rest)


@contextmanager
def warm(width: int, **more: Any) -> Iterator[Place]:
    """Give warm processes of this machine."""
    with jobs.warm(width, **more) as pool:
        yield Place(
            lambda job, tell: pool.submit(jobs.JOB, job, tell), width, f"{width} warm processes"
        )


@contextmanager
def _spawning(width: int, *, run_seconds: float) -> Iterator[Place]:
    """Give processes of this machine that are started afresh, as every system can."""
    del run_seconds
    pool = cf.ThreadPoolExecutor(width, thread_name_prefix="reportkit-spawn")
    try:
        yield Place(
            lambda job, _: pool.submit(spawned, dict(job)), width, f"{width} fresh processes"
        )
    finally:
        pool.shutdown(cancel_futures=True)


def spawned(job: dict[str, Any]) -> dict[str, Any]:
    """Make a report in a process that is started for it.

    Raises:
        KernelDied: the process ended without an answer.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-m", "reportkit.run.jobs"],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        env=runtime.environment(),
        check=False,
    )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        said = (done.stderr.strip().splitlines() or ["no word"])[-1][:200]
        raise KernelDied(
            f"The report's process ended with exit code {done.returncode} ({said}). Run it again."
        )
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


@contextmanager
def _own(text: str, rest: str, surroundings: Mapping[str, str]) -> Iterator[Place]:
    module, _, name = rest.partition(":")
    try:
        factory = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(
            f"Executor {text!r} cannot be found ({error}); write py:MODULE:FUNCTION, a function without arguments that "
            "gives a concurrent.futures.Executor."
        ) from None
    with factory() as executor:
        width = int(getattr(executor, "_max_workers", 0) or cores())
        yield Place(
            lambda job, _: executor.submit(
                jobs.anywhere, {**job, "surroundings": {**surroundings}}
            ),
            width,
            f"{module}:{name}",
        )
