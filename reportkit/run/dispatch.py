"""From a published run to messages in the outbox: only approved bytes, each recipient once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from reportkit import config
from reportkit.deliver import audience
from reportkit.deliver.audience import Recipient
from reportkit.deliver.compose import Stamp
from reportkit.deliver.sending import Allowed, Sender, prepared
from reportkit.errors import HeldError, UsageError
from reportkit.ledger import Ledger, Publication, deliveries
from reportkit.ledger import of as ledger_of
from reportkit.ledger.deliveries import Delivery
from reportkit.period import Period
from reportkit.run import approval
from reportkit.run.approval import Standing
from reportkit.run.folder import MANIFEST, manifest, series
from reportkit.run.publication import latest


@dataclass(frozen=True)
class Parcel:
    """What is to be sent: which revision, from which run, approved by whom.

    Attributes:
        folder: the run.
        said: its manifest.
        publication: what was told.
    """

    folder: Path
    said: Mapping[str, Any]
    publication: Publication
    standing: Standing

    @property
    def stamp(self) -> Stamp:
        """What identifies its messages."""
        told = self.publication
        assert self.standing.edition is not None  # noqa: S101 - a parcel is approved
        return Stamp(told.report, told.period, told.unit, revision=told.revision, digest=self.standing.edition.digest)  # fmt: skip


def parcel(workspace: Path, report: str, period: Period, unit: str | None, now: datetime) -> Parcel:
    """Give what may be sent of a report for a period.

    Raises:
        UsageError: it was not published.
        HeldError: it is not approved, or no more.
    """
    ledger, name = ledger_of(workspace), Path(report).stem
    told = ledger.publication(name, period.key, unit or "")
    part = f" --unit {unit}" if unit else ""
    if told is None:
        raise UsageError(
            f"Report {name} was not published for {period.key}; 'reportkit publish {name} {period.key}{part}' does that."
        )
    folder = series(workspace, name, period.key, unit) / told.run_id
    if told.revision > 1:
        folder = latest(workspace, name, period, unit)
        begun = datetime.fromisoformat(manifest(folder)["started"].removesuffix("Z"))
        if begun < told.published_at:
            raise UsageError(
                f"Revision {told.revision} of {name} {period.key} was told after its last run; make one that shows it with "
                f"'reportkit run {name} --period {period.key}{part}', and have it approved."
            )
    if not (folder / MANIFEST).is_file():
        raise UsageError(f"Run {told.run_id} of {name} {period.key} is not in {folder.parent}; only that one may be sent.")  # fmt: skip
    said = manifest(folder)
    standing = approval.standing(workspace, folder, said, now)
    if standing.edition is None or not standing.complete:
        if standing.edition is None and not standing.required:
            raise HeldError(f"Run {said['run_id']} has no final edition; publish it first.")
        raise HeldError(f"{approval.lacking(standing, said)} so nothing was sent; {approval.how(said)}")  # fmt: skip
    return Parcel(folder, said, told, standing)


def addressed(
    workspace: Path, found: Parcel, now: datetime, to: Sequence[str] = ()
) -> list[Delivery]:
    """Give the messages of a report to everybody who gets it.

    Args:
        workspace: the folder with ``reportkit.toml``.
        found: what is sent.
        now: naive UTC instant.
        to: only these addresses.

    Raises:
        ConfigError: an audience that does not hold.
        HeldError: the mark does not allow it.
        UsageError: an address of ``to`` is not in an audience.
    """
    recipients = _recipients(workspace, found, now)
    ledger, told = ledger_of(workspace), found.publication
    top: list[str] = []
    if told.revision > 1:
        had = {one.recipient for one in deliveries.find(ledger, report=told.report, period=told.period, unit=told.unit) if one.state == "accepted" and one.revision < told.revision}  # fmt: skip
        recipients = [one for one in recipients if one.address in had]
        top = _corrections(ledger, told)
        if not recipients:
            raise UsageError(f"Nobody got an earlier revision of {told.report} {told.period}, so nobody gets the corrected one.")  # fmt: skip
    if to:
        recipients = audience.chosen(recipients, to)
    assert found.standing.edition is not None  # noqa: S101 - a parcel is approved
    job = {
        "folder": str(found.standing.edition.folder.relative_to(workspace.resolve())),
        "notes": found.standing.words(),
        "top": top,
    }
    return prepared(recipients, found.stamp, now=now, run_id=found.said["run_id"], job=job)


def put(ledger: Ledger, messages: Sequence[Delivery]) -> int:
    """Put messages into the outbox; those that are known stay as they are. Gives the number of new ones."""
    with ledger.writing() as connection:
        return deliveries.prepare(connection, messages)


def again(ledger: Ledger, messages: Sequence[Delivery]) -> list[Delivery]:
    """Give one more copy for recipients who were sent one.

    Raises:
        UsageError: somebody was sent none, or the first is still on its way.
    """
    found = []
    for one in messages:
        equal: dict[str, Any] = {"report": one.report, "period": one.period, "unit": one.unit, "revision": one.revision, "recipient": one.recipient, "edition": one.edition}  # fmt: skip
        before = deliveries.find(ledger, **equal)
        if not before:
            raise UsageError(f"{one.recipient} was sent nothing yet; use 'reportkit send'.")
        if before[-1].state in {"prepared", "sending"}:
            raise UsageError(f"The mail to {one.recipient} is still {before[-1].state}; 'reportkit send' goes on with it.")  # fmt: skip
        copy = before[-1].copy + 1
        found.append(Delivery(**{**vars(one), "copy": copy}))
    return found


def sender(workspace: Path, clock: Callable[[], datetime]) -> Sender:
    """Give what works the outbox of a workspace off."""
    settings = config.read(workspace)
    ledger = ledger_of(workspace)
    return Sender(workspace, settings.mail, ledger, clock, allowed=permission(workspace, clock))


def permission(workspace: Path, clock: Callable[[], datetime]) -> Allowed:
    """Give what is asked before each message: an approval may have been taken back, or have expired, since."""
    seen: dict[str, bool] = {}

    def allowed(one: Delivery) -> str:
        folder = (workspace / one.job["folder"]).parent
        if one.run_id not in seen:
            seen[one.run_id] = approval.standing(workspace, folder, manifest(folder), clock()).complete  # fmt: skip
        return "" if seen[one.run_id] else "the approval was taken back, or has expired"

    return allowed


def _recipients(workspace: Path, found: Parcel, now: datetime) -> list[Recipient]:
    settings = config.read(workspace)
    told = found.publication
    assert found.standing.edition is not None  # noqa: S101 - a parcel is approved
    return audience.recipients(
        settings.audiences,
        told.report,
        mark=found.standing.edition.classification or settings.report.classification,
        folder=workspace,
        unit=told.unit,
        unit_addresses=unit_addresses(workspace, now).get(told.unit, ()) if told.unit else (),
    )


def unit_addresses(workspace: Path, now: datetime) -> dict[str, tuple[str, ...]]:
    """Give the addresses of each unit, as the table ``units`` has them today."""
    from reportkit import ranking, store
    from reportkit.tables import TABLES

    place, spec = store.of(workspace), TABLES["units"]
    rows = ranking.versions(spec, place.loads(spec.name, known_by=now), place).to_pylist()
    rows.sort(key=lambda row: str(row["valid_from"]))
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        given = row.get("addresses") or ""
        parts = given.split("|") if isinstance(given, str) else given
        found[row["unit_id"]] = tuple(part.strip() for part in parts if part.strip())
    return found


def _corrections(ledger: Ledger, told: Publication) -> list[str]:
    lines = [f"This is revision {told.revision}. It puts right what was told before:"]
    for one in ledger.errata(told):
        old, new = _spoken(one.old, one.unit), _spoken(one.new, one.unit)
        lines.append(f"{one.measure} {one.name}: {old} was told, {new} is right. {one.reason} Approved by {one.approver}.")  # fmt: skip
    return lines


def _spoken(value: float | None, unit: str) -> str:
    from reportkit import locale

    if value is None:
        return "not measured"
    number = locale.get("en").number(value, 0 if value == round(value) else 2)
    return number + {"percent": " %", "days": " days", "hours": " hours"}.get(unit, "")
