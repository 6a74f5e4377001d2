"""Publishes a run: its figures become what was told, and its artefacts lose the word draft.

The numbers are those of the run: the executed notebook is written again with another status, never executed again.
The ledger is written last, so that what counts as told always lies there whole.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from reportkit import config, gates
from reportkit.errors import HeldError, UsageError
from reportkit.facts import Facts
from reportkit.ledger import Event, Publication
from reportkit.ledger import of as ledger_of
from reportkit.period import Period
from reportkit.run import formats
from reportkit.run.folder import (
    ARTEFACTS,
    FAILED,
    MANIFEST,
    NOTEBOOK,
    PUBLISHED,
    Staging,
    manifest,
    series,
    sweep,
)
from reportkit.run.stages import Stages


def publish(
    workspace: Path, report: str, period: Period, unit: str | None, *, now: datetime
) -> tuple[Publication, Path]:
    """Publish the latest run of a report for a quarter; of a quarter with an erratum, the edition of its revision.

    Args:
        workspace: the folder with ``reportkit.toml``.
        report: the report's name.
        period: the quarter.
        unit: business unit; None for the whole firm.
        now: naive UTC instant of the publication.

    Returns:
        The publication and the run folder it rests on.

    Raises:
        UsageError: there is no finished run, or the quarter was already published from another one.
        HeldError: a gate holds the run, or its files are no longer those of the run.
        TemporaryError: the disk is full or the folder cannot be written; nothing is published then.
    """
    folder = latest(workspace, Path(report).stem, period, unit)
    said = manifest(folder)
    _refuse_unfit(folder, said)
    _approved(workspace, said)
    publication = Publication(
        report=said["report"],
        period=said["period"],
        unit=said["unit"],
        revision=1,
        run_id=said["run_id"],
        as_of=date.fromisoformat(said["as_of"]),
        known_by=datetime.fromisoformat(said["known_by"].removesuffix("Z")),
        published_at=now.replace(microsecond=0),
    )
    extracts = {table: tuple(shas) for table, shas in said["extracts"].items()}
    ledger = ledger_of(workspace)
    before = ledger.publication(publication.report, publication.period, publication.unit)
    if before is not None and before.revision > 1:
        return _edition(workspace, folder, said, before, now), folder
    if before is None:
        _finalise(workspace, folder, said)
    told = ledger.publish(publication, Facts.model_validate(said["facts"]), extracts)
    if before is None:
        ledger.record(Event(told.run_id, "published", told.published_at))
    return told, folder


def _edition(
    workspace: Path, folder: Path, said: dict[str, Any], told: Publication, now: datetime
) -> Publication:
    """Write the final edition of a revision that an erratum told; its figures stay those of the ledger.

    Raises:
        UsageError: the run is of an earlier revision.
        HeldError: the run says another figure than the revision told.
    """
    if said.get("revision", 1) != told.revision:
        part = f" --unit {said['unit']}" if said["unit"] else ""
        raise UsageError(
            f"Revision {told.revision} of {told.report} {told.period} was told on {told.published_at:%d %B %Y}, and run {folder.name} "
            f"is of revision {said.get('revision', 1)}; make its edition with 'reportkit run {told.report} --period {told.period}{part}'."
        )
    ledger = ledger_of(workspace)
    if any(event.state == "published" for event in ledger.events(said["run_id"])):
        return told
    printed = {(f.measure, f.scope): f.value for f in Facts.model_validate(said["facts"]).figures}
    for key, figure in ledger.figures(told).items():
        value = printed.get(key, figure.value)
        if not _equal(value, figure.value):
            raise HeldError(
                f"Run {folder.name} says {value} for {' '.join(filter(None, key))}, and revision {told.revision} told {figure.value}; "
                "a definition or a rule changed since, so this edition cannot be made."
            )
    _finalise(workspace, folder, said)
    ledger.record(
        Event(
            said["run_id"],
            "published",
            now.replace(microsecond=0),
            note=f"edition of {told.run_id}",
        )
    )
    return told


def _equal(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 1e-9 * max(1.0, abs(other))


def approve(
    workspace: Path,
    report: str,
    period: Period,
    unit: str | None,
    *,
    by: str,
    note: str,
    now: datetime,
) -> tuple[Event, Path]:
    """Approve the latest run of a report for a quarter.

    Returns:
        What was recorded, and the run folder.

    Raises:
        UsageError: there is no finished run, or nobody is named.
        HeldError: a gate holds the run, or its files are no longer those of the run.
    """
    if not by.strip():
        raise UsageError("An approval needs a name; give --by.")
    folder = latest(workspace, Path(report).stem, period, unit)
    said = manifest(folder)
    _refuse_unfit(folder, said)
    event = Event(said["run_id"], "approved", now.replace(microsecond=0), by.strip(), note.strip())
    ledger_of(workspace).record(event)
    return event, folder


def _refuse_unfit(folder: Path, said: dict[str, Any]) -> None:
    """Refuse a run that a gate holds, or whose files are others than it wrote."""
    if said["state"] != "draft":
        reasons = "; ".join(
            f"{gate['name']}: {gate['reason']}"
            for gate in said["gates"]
            if gate["result"] == "fail" and gate["holds"]
        )
        raise HeldError(
            f"Run {folder.name} is held and cannot be published ({reasons}). Repair it and run the report again."
        )
    _unchanged(folder, said)


def _approved(workspace: Path, said: Mapping[str, Any]) -> None:
    """Refuse a run that nobody approved, where the workspace asks for that."""
    if not config.read(workspace).report.approval:
        return
    states = {event.state for event in ledger_of(workspace).events(said["run_id"])}
    if "approved" not in states:
        part = f" --unit {said['unit']}" if said["unit"] else ""
        raise HeldError(
            f"Run {said['run_id']} is not approved, which [report] approval asks for; "
            f"'reportkit approve {said['report']} {said['period']}{part} --by NAME' does that."
        )


def _finalise(workspace: Path, folder: Path, said: Mapping[str, Any]) -> None:
    """Write the final edition beside the draft: whole, or not there."""
    from reportkit.render import model

    kinds = [kind for kind, name in ARTEFACTS.items() if name in said["artefacts"]]
    if not kinds:
        return
    settings = config.read(workspace)
    executed = json.loads((folder / NOTEBOOK).read_text(encoding="utf-8"))
    document = formats.covered(model.read(executed), settings, said)
    document = document.marked("final")
    place = folder / PUBLISHED
    # What lies there although the ledger knows nothing of it was left by a killed publication.
    shutil.rmtree(place, ignore_errors=True)
    sweep(folder, older=0)
    staging = Staging(place)
    try:
        written = formats.write(
            document,
            kinds,
            settings,
            name=f"{said['report']}-{said['period']}.pdf",
            keep=staging.write,
            stages=Stages(lambda _: None),
        )
        judged = gates.artefacts(
            gates.Evidence(
                notebook=executed,
                bound={},
                document=document,
                pages=written.pages,
                conformance=written.conformance,
                warnings=written.warnings,
            )
        )
        _refuse_held(judged)
        kept = {"run_id": said["run_id"], "state": "final", "artefacts": {**staging.kept}}
        staging.publish(kept)
    except BaseException:
        staging.discard()
        raise


def _refuse_held(judged: Iterable[gates.Gate]) -> None:
    if held := gates.held(judged):
        reasons = "; ".join(f"{gate.name}: {gate.reason}" for gate in held)
        raise HeldError(f"The final edition is held ({reasons}); nothing was published.")


def latest(workspace: Path, report: str, period: Period, unit: str | None) -> Path:
    """Give the newest run that did not fail.

    Raises:
        UsageError: there is none.
    """
    place = series(workspace, report, period.key, unit)
    finished = [
        path.parent
        for path in sorted(place.glob(f"*/{MANIFEST}"))
        if not path.parent.name.startswith(".") and FAILED not in path.parent.name
    ]
    if not finished:
        part = f" --unit {unit}" if unit else ""
        raise UsageError(
            f"Report {report} has no finished run for {period.key}; make one with "
            f"'reportkit run {report} --period {period.key}{part}'."
        )
    return finished[-1]


def _unchanged(folder: Path, said: dict[str, Any]) -> None:
    for name, kept in said["artefacts"].items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != kept["sha256"]:
            raise HeldError(
                f"{path} is not the file that the run wrote; run the report again and publish that run."
            )
