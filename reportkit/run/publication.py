"""Publishes a run: its figures become what was told.

The ledger is written last, so that what counts as told always lies there whole.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any

from reportkit.errors import HeldError, UsageError
from reportkit.facts import Facts
from reportkit.ledger import Event, Publication
from reportkit.ledger import of as ledger_of
from reportkit.period import Period
from reportkit.run import approval, edition, release
from reportkit.run.folder import FAILED, MANIFEST, manifest, series


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
    refuse_unfit(workspace, folder, said)
    approval.ask(workspace, folder, said, now=now)
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
        edition.make(workspace, folder, said)
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
    edition.make(workspace, folder, said)
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


def refuse_unfit(workspace: Path, folder: Path, said: dict[str, Any]) -> None:
    """Refuse a run that a gate holds and nobody released, or whose files are others than it wrote.

    Raises:
        HeldError: so it is.
    """
    if not release.fit(workspace, said):
        holding = release.standing(workspace, said).holding
        reasons = "; ".join(
            f"{gate['name']}: {gate['reason']}" for gate in said["gates"] if gate["name"] in holding
        )
        raise HeldError(
            f"Run {folder.name} is held and cannot be published ({reasons}). Repair it and run the report again, or release it: "
            f"'reportkit release {folder.name} --gate {holding[0] if holding else 'NAME'} --reason TEXT --by NAME'."
        )
    _unchanged(folder, said)


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
