"""``reportkit approve``, ``revoke``, ``send``, ``resend`` and ``deliveries``: from a finished run to its readers, with proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reportkit.cli import completing, options, screen
from reportkit.cli.options import JsonOption, UnitOption, WorkspaceOption
from reportkit.errors import DeliveryError, UsageError
from reportkit.locale import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportkit.ledger.deliveries import Delivery
    from reportkit.run.approval import Standing

ReportArgument = Annotated[
    str,
    typer.Argument(
        metavar="REPORT", help="A report such as 'board'.", autocompletion=completing.reports
    ),
]
PeriodArgument = Annotated[
    str, typer.Argument(metavar="PERIOD", help="A period such as 2026-Q3 or FY27-Q1.")
]
ByOption = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who says so; a listed approver.")
]
NoteOption = Annotated[str, typer.Option("--note", metavar="TEXT", help="What to remember.")]
ToOption = Annotated[
    list[str] | None,
    typer.Option("--to", metavar="ADDRESS", help="Only this recipient; may be repeated."),
]
_LOOKS: dict[str, screen.Style] = {
    "accepted": "good", "prepared": "watch", "sending": "watch", "refused": "bad", "uncertain": "bad",
}  # fmt: skip


def approve(
    report: ReportArgument,
    period: PeriodArgument,
    *,
    by: ByOption,
    note: NoteOption = "",
    key: Annotated[
        str,
        typer.Option(
            "--key", metavar="FILE", help="The approver's Ed25519 private key, to sign with."
        ),
    ] = "",
    unit: UnitOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Approve the final bytes of the latest run; they, and no others, may then be published and sent."""
    from reportkit.run import approval

    folder, place, said = _latest(report, period, unit, workspace)
    asked = approval.Ask(by=by, note=note, key=key, now=options.now())
    _stood(approval.approve(folder, place, said, asked), place, said, json=json)


def revoke(
    report: ReportArgument,
    period: PeriodArgument,
    *,
    by: ByOption,
    note: NoteOption = "",
    unit: UnitOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Take one's approval back; what was not sent yet stays here."""
    from reportkit.run import approval

    folder, place, said = _latest(report, period, unit, workspace)
    asked = approval.Ask(by=by, note=note, now=options.now())
    _stood(approval.revoke(folder, place, said, asked), place, said, json=json)


def _latest(
    report: str, period: str, unit: str | None, workspace: Path | None
) -> tuple[Path, Path, dict[str, Any]]:
    from reportkit import config
    from reportkit.run.folder import manifest
    from reportkit.run.publication import latest, refuse_unfit

    folder = options.workspace(workspace)
    quarter = config.read(folder).calendar.parse(period)
    place = latest(folder, Path(report).stem, quarter, unit)
    said = manifest(place)
    refuse_unfit(folder, place, said)
    return folder, place, said


def _stood(found: Standing, place: Path, said: dict[str, Any], *, json: bool) -> None:
    if json:
        screen.say_json(
            {
                "run_id": said["run_id"],
                "folder": str(place),
                "complete": found.complete,
                "required": found.required,
                "digest": found.edition.digest if found.edition else None,
                "approvals": [one.to_dict() for one in found.valid],
            }
        )
        return
    state = "approved" if found.complete else f"{len(found.valid)} of {found.required} approvals"
    unit = f", {said['unit']}" if said["unit"] else ""
    title = screen.styled(f"{said['report']} {said['period']}{unit}", "strong")
    screen.say(f"{title}  {screen.styled(state, 'good' if found.complete else 'watch')}")
    rows = [("Run", screen.short(place))]
    if found.edition is not None:
        rows += [("Final", screen.short(found.edition.folder)), ("SHA-256", found.edition.digest)]
    rows += [
        ("By", f"{one.by}, {one.at:%Y-%m-%d %H:%M} UTC, {one.standing}" + (f", until {one.expires_at:%Y-%m-%d}" if one.expires_at else ""))
        for one in found.valid
    ]  # fmt: skip
    screen.table(rows)


def send(
    report: ReportArgument,
    period: PeriodArgument,
    *,
    to: ToOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show who would get what.")
    ] = False,
    unit: UnitOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Send a published report to its audience; who has it already does not get it again."""
    from reportkit.run import dispatch

    folder, wanted = _wanted(report, period, unit, workspace, to or ())
    if dry_run:
        _would(wanted, json=json)
        return
    dispatch.put(_ledger(folder), wanted)
    _sent(folder, wanted, json=json)


def resend(
    report: ReportArgument,
    period: PeriodArgument,
    *,
    to: Annotated[
        list[str],
        typer.Option("--to", metavar="ADDRESS", help="Who gets it again; may be repeated."),
    ],
    unit: UnitOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Send one more copy to recipients who are named: after a refusal, or where nobody knows whether it arrived."""
    from reportkit.run import dispatch

    folder, wanted = _wanted(report, period, unit, workspace, to)
    copies = dispatch.again(_ledger(folder), wanted)
    dispatch.put(_ledger(folder), copies)
    _sent(folder, copies, json=json)


def _wanted(
    report: str, period: str, unit: str | None, workspace: Path | None, to: Sequence[str]
) -> tuple[Path, list[Delivery]]:
    from reportkit import config
    from reportkit.run import dispatch

    folder, now = options.workspace(workspace), options.now()
    quarter = config.read(folder).calendar.parse(period)
    found = dispatch.parcel(folder, report, quarter, unit, now)
    return folder, dispatch.addressed(folder, found, now.replace(microsecond=0), to)


def _ledger(folder: Path) -> Any:
    from reportkit.ledger import of

    return of(folder)


def _would(wanted: Sequence[Delivery], *, json: bool) -> None:
    if json:
        screen.say_json([{"recipient": d.recipient, **d.job["recipient"]} for d in wanted])
        return
    screen.say(f"{plural(len(wanted), 'recipient')}; nothing is sent")
    people = [d.job["recipient"] for d in wanted]
    screen.table(
        [(p["address"], p["name"], p["role"], p["edition"], ", ".join(p["formats"]) or "–") for p in people],
        head=("address", "name", "role", "edition", "attached"),
    )  # fmt: skip


def _sent(folder: Path, wanted: Sequence[Delivery], *, json: bool) -> None:
    from reportkit.ledger import deliveries as kept
    from reportkit.run import dispatch

    ledger = _ledger(folder)
    keys = {(d.recipient, d.edition, d.copy) for d in wanted}
    first = wanted[0]
    equal: dict[str, Any] = {"report": first.report, "period": first.period, "unit": first.unit, "revision": first.revision}  # fmt: skip

    def own() -> list[Delivery]:
        return [d for d in kept.find(ledger, **equal) if (d.recipient, d.edition, d.copy) in keys]

    stopped = dispatch.sender(folder, options.now).run([d.id for d in own()]).stopped
    found = own()
    if json:
        screen.say_json([d.to_dict() for d in found])
    else:
        _list(found)
    _judge(found, stopped)


def _judge(found: Sequence[Delivery], stopped: str) -> None:
    """End with the exit code of what did not arrive."""
    left = [d for d in found if d.state != "accepted"]
    if not left:
        return
    counts: dict[str, int] = {}
    for one in left:
        counts[one.state] = counts.get(one.state, 0) + 1
    said = ", ".join(f"{number} {state}" for state, number in counts.items())
    todo = "'reportkit send' goes on with those prepared; 'reportkit resend --to ADDRESS' sends the others again."  # fmt: skip
    raise DeliveryError(f"Not delivered to {len(left)} of {len(found)} ({said}). {f'{stopped} ' if stopped else ''}{todo}")  # fmt: skip


def _list(found: Sequence[Delivery]) -> None:
    screen.table(
        [
            (
                f"{d.report} {d.period}" + (f" {d.unit}" if d.unit else ""),
                d.recipient,
                d.edition + (f", r{d.revision}" if d.revision > 1 else "") + (f", copy {d.copy + 1}" if d.copy else ""),
                screen.styled(d.state, _LOOKS[d.state]) if len(found) < 2 else d.state,
                f"{d.changed_at:%Y-%m-%d %H:%M}" if d.changed_at else "",
                d.said or ", ".join(d.sent.get("attached", ())),
            )
            for d in found
        ],
        head=("report", "recipient", "edition", "state", "at (UTC)", "the other side said"),
    )  # fmt: skip


def deliveries(
    period: Annotated[
        str, typer.Option("--period", "-p", metavar="Q", help="Only this period.")
    ] = "",
    report: Annotated[
        str, typer.Option("--report", metavar="REPORT", help="Only this report.")
    ] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List who got which report when, and what the server said."""
    from reportkit import config
    from reportkit.ledger import deliveries as kept

    folder = options.workspace(workspace)
    key = config.read(folder).calendar.parse(period).key if period else None
    ledger = _ledger(folder)
    found = kept.find(ledger, period=key, report=report or None)
    if json:
        screen.say_json(
            [
                d.to_dict()
                | {"history": [{"state": s, "at": at, "said": said} for s, at, said in kept.history(ledger, d)]}
                for d in found
            ]
        )  # fmt: skip
        return
    if not found:
        raise UsageError("Nothing was sent yet; 'reportkit send REPORT PERIOD' does that.")
    _list(found)
