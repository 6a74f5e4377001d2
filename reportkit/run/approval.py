"""Approvals of exact bytes: who may, how many are needed, until when they hold, and what proves them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit import config, locale, resources
from reportkit.errors import ConfigError, HeldError, UsageError, nearest
from reportkit.ledger import Event, approvals
from reportkit.ledger import of as ledger_of
from reportkit.ledger.approvals import Approval
from reportkit.run import edition, private
from reportkit.run.edition import Edition
from reportkit.run.folder import APPROVAL
from reportkit.secret import is_reference, resolve

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from reportkit.config import Settings
    from reportkit.distribution import Approver


@dataclass(frozen=True)
class Standing:
    """How far the approval of a run has come.

    Attributes:
        valid: the approvals that count, one a person.
        required: how many it takes.
        edition: what they are of; None when no final edition was made yet.
    """

    valid: tuple[Approval, ...]
    required: int
    edition: Edition | None

    @property
    def complete(self) -> bool:
        """Whether it may go out."""
        return self.edition is not None and len(self.valid) >= self.required

    def words(self) -> list[str]:
        """Say who approved, for the mail."""
        if not self.valid:
            return []
        who = ", ".join(
            f"{one.by} ({locale.here().long_day(one.at)}, {one.standing})" for one in self.valid
        )
        return [f"Approved by {who}."]


def standing(workspace: Path, folder: Path, said: Mapping[str, Any], now: datetime) -> Standing:
    """Say how far the approval of a run has come."""
    settings = config.read(workspace)
    made = edition.read(folder)
    if made is None:
        return Standing((), settings.approval.required, None)
    found = approvals.of_run(ledger_of(workspace), said["run_id"])
    listed = {one.name.casefold() for one in settings.approval.approvers}
    valid = [one for one in approvals.valid(found, made.digest, now) if one.by.casefold() in listed]
    return Standing(tuple(valid), settings.approval.required, made)


def ask(workspace: Path, folder: Path, said: Mapping[str, Any], *, now: datetime) -> None:
    """Refuse a run that is not approved, where the workspace asks for that.

    Raises:
        HeldError: approvals are missing.
    """
    if not config.read(workspace).report.approval:
        return
    found = standing(workspace, folder, said, now)
    if not found.complete:
        raise HeldError(f"{lacking(found, said)} which [report] approval asks for; {how(said)}")


def lacking(found: Standing, said: Mapping[str, Any]) -> str:
    """Say that approvals are missing."""
    counted = f" ({len(found.valid)} of {found.required})" if found.required > 1 else ""
    return f"Run {said['run_id']} is not approved{counted},"


def how(said: Mapping[str, Any]) -> str:
    """Say what approves a run."""
    part = f" --unit {said['unit']}" if said["unit"] else ""
    return f"'reportkit approve {said['report']} {said['period']}{part} --by NAME' does that."


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What somebody says of a run.

    Attributes:
        by: a listed approver.
        note: what to remember.
        key: file, or name of a secret, with the person's Ed25519 private key.
        now: naive UTC instant.
    """

    by: str
    now: datetime
    note: str = ""
    key: str = ""


def approve(workspace: Path, folder: Path, said: Mapping[str, Any], asked: Ask) -> Standing:
    """Approve a run: the final edition is made if it is not there yet, and the approval bound to its bytes.

    Raises:
        UsageError: the name is not listed, or a signature is missing.
        HeldError: this person cannot approve this run; or its files are others by now.
    """
    settings = config.read(workspace)
    person = _listed(settings, asked.by, said["report"])
    if settings.approval.four_eyes:
        _four_eyes(workspace, said, person)
    made = edition.make(workspace, folder, said)
    at = asked.now.replace(microsecond=0)
    given = Approval(
        report=said["report"], period=said["period"], unit=said["unit"], run_id=said["run_id"], digest=made.digest, by=person.name,
        at=at, expires_at=at + timedelta(days=settings.approval.expires_days), note=asked.note.strip(),
    )  # fmt: skip
    given = _signed(given, person, asked.key)
    ledger = ledger_of(workspace)
    approvals.add(ledger, given)
    found = standing(workspace, folder, said, asked.now)
    if found.complete:
        names = ", ".join(one.by for one in found.valid)
        ledger.record(Event(said["run_id"], "approved", at, names, given.note))
    _write(ledger, folder, said, found)
    return found


def revoke(workspace: Path, folder: Path, said: Mapping[str, Any], asked: Ask) -> Standing:
    """Take an approval back; what was not sent yet stays here.

    Raises:
        UsageError: this person has no approval of this run that counts.
    """
    settings = config.read(workspace)
    person = _listed(settings, asked.by, said["report"])
    before = standing(workspace, folder, said, asked.now)
    own = [one for one in before.valid if one.by.casefold() == person.name.casefold()]
    if not own:
        raise UsageError(f"{person.name} has no approval of run {said['run_id']} that counts, so there is none to take back.")  # fmt: skip
    at = asked.now.replace(microsecond=0)
    taken = replace(own[0], action="revoke", at=at, expires_at=None, note=asked.note.strip(), signature="")  # fmt: skip
    ledger = ledger_of(workspace)
    approvals.add(ledger, taken)
    ledger.record(Event(said["run_id"], "revoked", at, person.name, taken.note))
    found = standing(workspace, folder, said, asked.now)
    _write(ledger, folder, said, found)
    return found


def statement(one: Approval) -> bytes:
    """Give what is signed: the approval in one fixed form."""
    values = {
        "by": one.by, "digest": one.digest, "period": one.period, "report": one.report, "run_id": one.run_id, "unit": one.unit,
        "at": one.at.isoformat(), "expires_at": one.expires_at.isoformat() if one.expires_at else None,
    }  # fmt: skip
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _listed(settings: Settings, by: str, report: str) -> Approver:
    may = [a for a in settings.approval.approvers if not a.reports or report in a.reports]
    if not may:
        raise ConfigError(
            f"Nobody may approve {report}; list who may in reportkit.toml as [[approval.approvers]] with name = '...'."
        )
    person = next((one for one in may if one.name.casefold() == by.strip().casefold()), None)
    if person is None:
        raise UsageError(f"--by {by!r} is not a listed approver of {report}; {nearest(by, [one.name for one in may])}")  # fmt: skip
    return person


def may_release(workspace: Path, said: Mapping[str, Any], by: str) -> str:
    """Give the name of somebody who may release a run that a gate holds: a listed approver, where there are any.

    Raises:
        UsageError: the name is not listed.
        HeldError: this person had a hand in the run, and four eyes are asked for.
    """
    settings = config.read(workspace)
    if not settings.approval.approvers:
        return by
    person = _listed(settings, by, said["report"])
    if settings.approval.four_eyes:
        _four_eyes(workspace, said, person)
    return person.name


def _four_eyes(workspace: Path, said: Mapping[str, Any], person: Approver) -> None:
    if what := _hand_of(person, _hands(workspace, said)):
        raise HeldError(f"{person.name} {what}, and [approval] four_eyes asks for somebody else.")


def may(workspace: Path, said: Mapping[str, Any]) -> list[Approver]:
    """Give the listed approvers who may approve a run: those of its report, without who had a hand in it where that counts."""
    settings = config.read(workspace)
    listed = [a for a in settings.approval.approvers if not a.reports or said["report"] in a.reports]  # fmt: skip
    hands = _hands(workspace, said) if settings.approval.four_eyes else []
    return [one for one in listed if not _hand_of(one, hands)]


def _hand_of(person: Approver, hands: list[tuple[str, set[str]]]) -> str:
    """Say what somebody did for a run; nothing for most."""
    own = {text.casefold() for text in (person.name, person.address, *person.logins) if text}
    return next((what for what, who in hands if own & {name.casefold() for name in who}), "")


def _hands(workspace: Path, said: Mapping[str, Any]) -> list[tuple[str, set[str]]]:
    """Say who had a hand in a run: whoever ran it, and the last committer of what it rests on."""
    found = [("ran this report", {private.login(workspace, said)} - {""})]
    paths = [resources.notebook(said["report"], workspace)]
    report, period = said["report"], said["period"]
    for pattern in (f"{period}*.md", f"{period}/{report}*.md", f"{report}/{period}*.md"):
        paths += sorted((workspace / "commentary").glob(pattern))
    paths += sorted((workspace / "mappings").glob("*.toml"))
    found += [(f"last changed {path.name}", _committer(path)) for path in paths if path.is_file()]
    return found


def _committer(path: Path) -> set[str]:
    """Give names and addresses of the author and the committer of the last change; nothing outside of a repository."""
    command = ["git", "-C", str(path.parent), "log", "-1", "--format=%an%n%ae%n%cn%n%ce", "--", path.name]  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - fixed words and a path
            command, capture_output=True, text=True, timeout=30, check=False, env=kept
        )
    except (OSError, subprocess.TimeoutExpired):
        return set()
    return {line.strip() for line in done.stdout.splitlines() if line.strip()}


def _signed(one: Approval, person: Approver, key: str) -> Approval:
    if not person.key:
        if key:
            raise UsageError(f"No public key of {person.name} is listed, so a signature proves nothing; add key to [[approval.approvers]].")  # fmt: skip
        return one
    if not key:
        raise UsageError(f"{person.name} approves with a signature; give the private key with --key.")  # fmt: skip
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        load_pem_private_key,
        load_ssh_private_key,
    )

    try:
        text = resolve(key).reveal().encode() if is_reference(key) else Path(key).expanduser().read_bytes()  # fmt: skip
        load = load_ssh_private_key if b"OPENSSH" in text else load_pem_private_key
        private = load(text.strip() + b"\n", None)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"--key cannot be read ({error}); give an Ed25519 private key without a passphrase.") from None  # fmt: skip
    if not isinstance(private, Ed25519PrivateKey):
        raise UsageError("--key is no Ed25519 key; make one with 'ssh-keygen -t ed25519'.")
    signature = private.sign(statement(one))
    try:
        public_key(person).verify(signature, statement(one))
    except InvalidSignature:
        raise HeldError(f"--key is not the key of {person.name}; nothing was approved.") from None
    return replace(one, signature=base64.b64encode(signature).decode())


def public_key(person: Approver) -> Ed25519PublicKey:
    """Give the listed key of an approver.

    Raises:
        ConfigError: it is no Ed25519 public key.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    try:
        found: Any = load_ssh_public_key(person.key.encode())
    except ValueError as error:
        raise ConfigError(f"[[approval.approvers]] key of {person.name} cannot be read ({error}); write the line of id_ed25519.pub.") from None  # fmt: skip
    if not isinstance(found, Ed25519PublicKey):
        raise ConfigError(f"[[approval.approvers]] key of {person.name} is no Ed25519 key.")
    return found


def _write(ledger: Any, folder: Path, said: Mapping[str, Any], found: Standing) -> None:
    """Put the approvals beside the manifest, for whoever has only the folder."""
    listed = [one.to_dict() | {"statement": statement(one).decode()} for one in approvals.of_run(ledger, said["run_id"])]  # fmt: skip
    whole = {
        "run_id": said["run_id"],
        "complete": found.complete,
        "required": found.required,
        "artefacts": dict(found.edition.artefacts) if found.edition else {},
        "approvals": listed,
    }
    work = folder / f".{APPROVAL}.{os.getpid()}"
    work.write_text(json.dumps(whole, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")  # fmt: skip
    work.replace(folder / APPROVAL)
