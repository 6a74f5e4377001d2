"""The evidence of a run, as ``manifest.json`` keeps it."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit import __version__, config, store
from reportkit.run import schema, surroundings
from reportkit.run.code import code, looks
from reportkit.run.template import digest
from reportkit.run.told import publications

if TYPE_CHECKING:
    from reportkit.facts import Facts
    from reportkit.gates import Gate
    from reportkit.ledger import Publication
    from reportkit.run.parameters import Bound
    from reportkit.run.request import Request
    from reportkit.workers.execution import Execution

#: The libraries that a report's numbers and looks depend on.
_LIBRARIES = (
    "papermill", "nbconvert", "nbclient", "nbformat", "ipykernel", "ipython", "pandas", "numpy", "scipy", "pyarrow", "altair",
    "duckdb", "sqlglot", "sqlalchemy", "pydantic", "holidays", "jinja2", "mistune", "nh3", "css-inline", "fonttools", "typst",
    "vl-convert-python",
)  # fmt: skip


#: In a workspace that was copied: what :func:`git` said of it where it came from.
REPOSITORY = ".repository.json"


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


def extracts(workspace: Path, known_by: datetime) -> dict[str, list[str]]:
    """Give the SHA-256 of every extract that was known by an instant, by table."""
    return by_table(inputs(workspace, known_by))


def inputs(workspace: Path, known_by: datetime, also: Collection[str] = ()) -> list[dict[str, Any]]:
    """Give every load that was known by an instant, or that an erratum counts too: where from, how many rows, which hash."""
    return [
        {
            "table": load.table, "load": load.name, "extract": load.extract, "rows": load.rows, "rejected": load.rejected,
            "source": load.source, "recorded_at": instant(load.recorded_at), "stated": load.stated,
            "raw_sha256": load.raw_sha256, "mapping_sha256": load.mapping_sha256,
        }
        for load in store.of(workspace).loads()
        if load.recorded_at <= known_by or load.name in also
    ]  # fmt: skip


def by_table(loads: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Give the hashes of the rows of loads by table, each once."""
    found: dict[str, dict[str, None]] = {}
    for load in loads:
        found.setdefault(load["table"], {})[load["extract"]] = None
    return {table: list(hashes) for table, hashes in sorted(found.items())}


def git(workspace: Path) -> dict[str, Any] | None:
    """Give commit and dirty flag of the repository in which a workspace lies; None where there is none, or no git."""
    if (workspace / REPOSITORY).is_file():
        copied: dict[str, Any] | None = json.loads((workspace / REPOSITORY).read_text("utf-8"))
        return copied
    if not any((folder / ".git").exists() for folder in (workspace, *workspace.parents)):
        return None
    command = ["git", "-C", str(workspace), "status", "--porcelain=v2", "--branch", "--untracked-files=no"]  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - fixed words and a path
            command, capture_output=True, text=True, timeout=30, check=True, env=kept
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.splitlines()
    commit = next((line.split()[-1] for line in lines if line.startswith("# branch.oid")), "")
    dirty = any(not line.startswith("#") for line in lines)
    return {"commit": "" if commit == "(initial)" else commit, "dirty": dirty}


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
    workspace = request.workspace
    settings = surroundings.toml(surroundings.reduced(config.read(workspace))).encode()
    files = surroundings.files(workspace, path.stem, request.period.key, request.unit)
    loads = inputs(workspace, known_by, also)
    published = [one[:4] for one in publications(workspace, path.stem, request.unit or "")]
    said: dict[str, Any] = {
        "notebook": {"file": path.name, "sha256": digest(path)},
        "settings": hashlib.sha256(settings).hexdigest(),
        "files": {name: digest(file) for name, file in files.items()},
        "extracts": by_table(loads),
        "told": {
            "publications": len(published),
            "sha256": surroundings.fingerprint({"told": published}),
        },
        "revision": told.revision if told else 1,
        "also": list(also),
    }
    # What the run knows by itself (when, where, by which instant) is no input.
    given = {name: bound.values[name] for name, origin in bound.origins.items() if origin != "runner"}  # fmt: skip
    asked = {"report": path.stem, "period": request.period.key, "unit": request.unit or "", "parameters": given}  # fmt: skip
    return {
        "manifest": schema.VERSION,
        "report": path.stem,
        "period": request.period.key,
        "unit": request.unit or "",
        "run_id": run_id,
        "fingerprint": surroundings.fingerprint({**said, **asked}),
        "state": "running",
        "started": instant(started),
        "finished": None,
        "as_of": request.period.end.isoformat(),
        "known_by": instant(known_by),
        **said,
        "templates": looks(),
        "code": code(),
        "parameters": bound.listed(),
        "versions": versions(),
        "git": git(workspace),
        "inputs": loads,
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
