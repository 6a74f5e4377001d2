"""The evidence of a run, as ``manifest.json`` keeps it."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Collection, Iterable, Mapping
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
    from reportkit.ledger import Publication
    from reportkit.run.parameters import Bound
    from reportkit.run.request import Request
    from reportkit.workers.execution import Execution

#: The libraries that a report's numbers and looks depend on.
_LIBRARIES = ("papermill", "nbconvert", "pandas", "altair", "duckdb", "typst", "vl-convert-python")

#: What stands in a manifest, for those who read one.
KEYS = {
    "report, period, unit": "what was asked for; unit is empty for the whole firm",
    "run_id": "the name of the run and of its folder",
    "state": "running, draft, held, final or failed",
    "started, finished": "instants in UTC",
    "by": "the login of whoever ran it",
    "as_of": "the day whose truth is shown",
    "known_by": "the instant whose knowledge is used, in UTC",
    "notebook": "its file and SHA-256",
    "parameters": "each parameter's value and where it came from: given, runner or default",
    "versions": "of Python, of this tool and of the libraries that numbers and looks depend on",
    "revision": "1, or more for an erratum",
    "also": "loads that came later and that an erratum counts",
    "extracts": "SHA-256 of every loaded file's rows that was known, by table",
    "gates": "each check: its name, whether it passed, and the reason",
    "facts": "every number that the report told, with its measure",
    "artefacts": "each file of the run, its size and SHA-256",
    "warnings": "what the formats said of themselves",
    "error": "of a failed run: the class and the sentence",
    "timings": "seconds by stage, on the wall and of the processor",
    "kernel": "its process, its memory at most, and seconds by cell",
}


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


def user() -> str:
    """Give the login of whoever runs this; ``REPORTKIT_USER`` says it where a service does on somebody's behalf."""
    named = os.environ.get("REPORTKIT_USER", "")
    if named:
        return named
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def extracts(
    workspace: Path, known_by: datetime, also: Collection[str] = ()
) -> dict[str, list[str]]:
    """Give the SHA-256 of every extract that was known by an instant, or that an erratum counts too, by table."""
    by_table: dict[str, list[str]] = {}
    for load in store.of(workspace).loads():
        if load.recorded_at > known_by and load.name not in also:
            continue
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
    told: Publication | None = None,
) -> dict[str, Any]:
    """Begin a manifest with what is known before the first cell runs.

    Args:
        request: what was asked for.
        path: the report's notebook.
        run_id: the run's name.
        known_by: naive UTC instant of the knowledge used.
        started: naive UTC instant at which the run began.
        bound: the parameters.
        told: the publication that the run knows the same as.
    """
    also = told.also if told else ()
    return {
        "report": path.stem,
        "period": request.period.key,
        "unit": request.unit or "",
        "run_id": run_id,
        "state": "running",
        "started": instant(started),
        "by": user(),
        "finished": None,
        "as_of": request.period.end.isoformat(),
        "known_by": instant(known_by),
        "notebook": {"file": path.name, "sha256": digest(path)},
        "parameters": bound.listed(),
        "versions": versions(),
        "revision": told.revision if told else 1,
        "also": list(also),
        "extracts": extracts(request.workspace, known_by, also),
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
