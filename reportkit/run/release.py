"""Lets a run pass that a gate held: by a person, for a reason, in the ledger and in print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from reportkit.errors import HeldError, UsageError, nearest
from reportkit.gates import NEVER_RELEASED
from reportkit.ledger import Event, releases
from reportkit.ledger import of as ledger_of
from reportkit.ledger.releases import Release
from reportkit.run import approval


@dataclass(frozen=True)
class Released:
    """What stands of a held run.

    Attributes:
        released: the gates that were let pass, with who and why.
        holding: names of those that still hold it.
    """

    released: tuple[Release, ...]
    holding: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether it may be approved and published."""
        return not self.holding


def standing(workspace: Path, said: Mapping[str, Any]) -> Released:
    """Say which gates hold a run and which were released: the ledger says so, whatever its files say."""
    failed = [gate["name"] for gate in said.get("gates", ()) if gate["result"] == "fail" and gate["holds"]]  # fmt: skip
    found = releases.of_run(ledger_of(workspace), said["run_id"]) if failed else []
    names = {one.gate for one in found}
    return Released(tuple(found), tuple(name for name in failed if name not in names))


def fit(workspace: Path, said: Mapping[str, Any]) -> bool:
    """Say whether a run may be approved: it was held by nothing, or by nothing that was not released."""
    return said["state"] == "draft" or (said["state"] == "held" and standing(workspace, said).complete)  # fmt: skip


def release(
    workspace: Path, said: Mapping[str, Any], gate: str, *, reason: str, by: str, now: datetime
) -> Released:
    """Let one gate of a run pass.

    Args:
        workspace: the folder with ``reportkit.toml``.
        said: the manifest of the run.
        gate: the gate's name.
        reason: why it does not matter here; it is printed in the final edition.
        by: who says so; a listed approver, where approvers are listed.
        now: naive UTC instant.

    Raises:
        UsageError: no such gate holds the run, the reason or the name is missing, or the name is not listed.
        HeldError: this gate is never released, or not by this person.
    """
    reason, by = " ".join(reason.split()), " ".join(by.split())
    if not reason or not by:
        raise UsageError("A release needs --reason and --by; both are kept, and printed in the report.")  # fmt: skip
    name = gate.strip().lower().replace(" ", "_").replace("-", "_")
    before = standing(workspace, said)
    if any(one.gate == name for one in before.released):
        return before
    if name not in before.holding:
        allowed = f"; {nearest(name, before.holding)}" if before.holding else ", and no other does."
        raise UsageError(f"Gate {gate!r} does not hold run {said['run_id']}{allowed}")
    if name in NEVER_RELEASED:
        raise HeldError(
            f"Gate {name} is never released ({', '.join(sorted(NEVER_RELEASED))} are not); repair the report and run it again."
        )
    by = approval.may_release(workspace, said, by)
    judged = next(one for one in said["gates"] if one["name"] == name)
    at = now.replace(microsecond=0)
    ledger = ledger_of(workspace)
    given = Release(
        report=said["report"], period=said["period"], unit=said["unit"], run_id=said["run_id"], gate=name, said=judged["reason"],
        reason=reason, by=by, at=at,
    )  # fmt: skip
    releases.add(ledger, given)
    after = standing(workspace, said)
    if after.complete:
        names = ", ".join(one.gate for one in after.released)
        ledger.record(Event(said["run_id"], "released", at, by, names))
    return after
