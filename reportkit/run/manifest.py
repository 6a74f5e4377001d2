"""The evidence of a run, as ``manifest.json`` keeps it."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit import __version__, store
from reportkit.run.template import digest

if TYPE_CHECKING:
    from reportkit.facts import Facts
    from reportkit.gates import Gate
    from reportkit.run.parameters import Bound
    from reportkit.run.request import Request
    from reportkit.workers.execution import Execution

#: The libraries that a report's numbers and looks depend on.
_LIBRARIES = ("papermill", "nbconvert", "pandas", "altair", "duckdb", "typst", "vl-convert-python")


def versions() -> dict[str, str]:
    """Give the version of everything that makes a report."""
    return dict(_versions())


@cache
def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "reportkit": __version__}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def extracts(workspace: Path, known_by: datetime) -> dict[str, list[str]]:
    """Give the SHA-256 of every extract that was known by an instant, by table."""
    by_table: dict[str, list[str]] = {}
    for load in store.of(workspace).loads(known_by=known_by):
        shas = by_table.setdefault(load.table, [])
        if load.extract not in shas:
            shas.append(load.extract)
    return dict(sorted(by_table.items()))


def instant(when: datetime) -> str:
    """Write a naive UTC instant."""
    return when.isoformat(timespec="microseconds" if when.microsecond else "seconds") + "Z"


def opening(
    request: Request,
    *,
    path: Path,
    run_id: str,
    known_by: datetime,
    started: datetime,
    bound: Bound,
) -> dict[str, Any]:
    """Begin a manifest with what is known before the first cell runs.

    Args:
        request: what was asked for.
        path: the report's notebook.
        run_id: the run's name.
        known_by: naive UTC instant of the knowledge used.
        started: naive UTC instant at which the run began.
        bound: the parameters.
    """
    return {
        "report": path.stem,
        "period": request.period.key,
        "unit": request.unit or "",
        "run_id": run_id,
        "state": "running",
        "started": instant(started),
        "finished": None,
        "as_of": request.period.end.isoformat(),
        "known_by": instant(known_by),
        "notebook": {"file": path.name, "sha256": digest(path)},
        "parameters": bound.listed(),
        "versions": versions(),
        "extracts": extracts(request.workspace, known_by),
    }


def finished(
    begun: Mapping[str, Any],
    *,
    state: str,
    at: datetime,
    stages: Mapping[str, Any],
    execution: Execution | None,
    **more: Any,
) -> dict[str, Any]:
    """Complete a manifest.

    Args:
        begun: what :func:`opening` gave.
        state: draft, held or failed.
        at: when the run ended.
        stages: wall and CPU seconds by stage.
        execution: the notebook's way through its kernel, if it came that far.
        **more: gates, facts, artefacts and warnings; or the error of a failed run.
    """
    kernel = (
        {
            "process": execution.process,
            "peak_mb": round(execution.peak_mb),
            "cpu_seconds": round(execution.cpu_seconds, 3),
            "cell_seconds": execution.seconds,
        }
        if execution
        else {}
    )
    return {
        **begun,
        "state": state,
        "finished": instant(at),
        **more,
        "timings": dict(stages),
        "kernel": kernel,
    }


def judged(gates: Iterable[Gate]) -> list[dict[str, Any]]:
    """Write gates."""
    return [gate.listed() for gate in gates]


def told(facts: Facts) -> dict[str, Any]:
    """Write the facts of a report."""
    return facts.model_dump(mode="json")
