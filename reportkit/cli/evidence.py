"""``reportkit release``, ``bundle``, ``reproduce``, ``rebuild``, ``backup`` and ``restore``: what a report rests on, and how it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reportkit.cli import options, screen
from reportkit.cli.options import JsonOption, WorkspaceOption
from reportkit.errors import DataError, UsageError
from reportkit.locale import plural

if TYPE_CHECKING:
    from reportkit.evidence import Reproduced

RunArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run's name or the begin of it, its folder, or REPORT/PERIOD for its latest run, such as board/2026-Q3.",
    ),
]


def release(
    run: RunArgument,
    *,
    gate: Annotated[
        str, typer.Option("--gate", metavar="NAME", help="The check that holds it, as 'show' names it.")
    ],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why it may go out all the same; printed in the report.")
    ],
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Who says so; a listed approver, where there are any.")
    ],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Let a run pass a check that holds it: recorded in the ledger, and printed on the last page of the report."""
    from reportkit.cli.status import find
    from reportkit.run import release as releasing
    from reportkit.run.folder import manifest

    folder = options.workspace(workspace)
    said = manifest(find(run, folder))
    if said["state"] == "failed":
        raise UsageError(f"Run {said['run_id']} failed, so there is nothing to release; repair the report and run it again.")  # fmt: skip
    found = releasing.release(folder, said, gate, reason=reason, by=by, now=options.now())
    if json:
        screen.say_json({"run_id": said["run_id"], "complete": found.complete, "holding": list(found.holding), "releases": [one.to_dict() for one in found.released]})  # fmt: skip
        return
    state = "released" if found.complete else f"still held by {', '.join(found.holding)}"
    title = screen.styled(f"{said['report']} {said['period']}", "strong")
    screen.say(f"{title}  {screen.styled(state, 'good' if found.complete else 'watch')}")
    screen.table([(one.gate, f"by {one.by}, {one.at:%Y-%m-%d %H:%M} UTC", one.reason) for one in found.released])  # fmt: skip


def bundle(
    run: RunArgument,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The zip to write; by default REPORT-PERIOD-evidence.zip here.")
    ] = None,
    *,
    with_extracts: Annotated[
        bool, typer.Option("--with-extracts", help="Put in the rows that it rests on, so that it can be made again.")
    ] = False,
    key: Annotated[
        str, typer.Option("--key", metavar="FILE", help="Private key to sign with: Ed25519, RSA or ECDSA, as PEM or OpenSSH.")
    ] = "",
    certificate: Annotated[
        str, typer.Option("--certificate", metavar="FILE", help="X.509 certificate of that key, as PEM.")
    ] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Write the auditor's pack of a run: one zip that checks and opens without reportkit."""
    from reportkit import evidence
    from reportkit.cli.status import find
    from reportkit.run.folder import manifest

    folder = options.workspace(workspace)
    place = find(run, folder)
    said = manifest(place)
    name = "-".join(filter(None, (said["report"], said["period"], said["unit"], "evidence.zip")))
    target = file if file is not None else Path(name.replace("/", "_"))
    if certificate and not key:
        raise UsageError("--certificate needs the --key it belongs to.")
    asked = evidence.Asked(extracts=with_extracts, definitions=_definitions(folder, said), key=key, certificate=certificate)  # fmt: skip
    lacking = evidence.make(folder, place, target, asked)
    if json:
        screen.say_json({"file": str(target), "bytes": target.stat().st_size, "lacking": lacking})
        return
    screen.say(f"{screen.short(target)}  {screen.size(target.stat().st_size)}")
    for what in lacking:
        screen.say(f"  {screen.styled('!', 'watch')} {what}")
    screen.say(f"  'reportkit verify {target}' checks it; so does 'sha256sum -c SHA256SUMS' in it")


def _definitions(folder: Path, said: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the definitions of what a run told, in the versions it told them in."""
    from dataclasses import fields

    from reportkit.measures import definition
    from reportkit.workspace import Workspace

    Workspace(folder, now=options.now())
    told = {(one["measure"], one["definition_version"]) for one in said.get("facts", {}).get("figures", ())}  # fmt: skip
    found = []
    for id_, version in sorted(told):
        words = definition(id_, version)
        found.append({one.name: getattr(words, one.name) for one in fields(words) if not callable(getattr(words, one.name))})  # fmt: skip
    return found


def reproduce(
    run: Annotated[
        str, typer.Argument(metavar="RUN|PACK", help="A run of this workspace such as board/2026-Q3, or a pack made with --with-extracts.")
    ],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Make a run again from its pack and compare every byte; exit code 3 when one differs."""
    from reportkit import evidence

    live = screen.Live("reproduce")
    try:
        if Path(run).is_file() or (Path(run) / "SHA256SUMS").is_file():
            found = evidence.reproduce(Path(run), live)
        else:
            found = _packed(run, options.workspace(workspace), live)
    finally:
        live.end()
    if json:
        screen.say_json(found.to_dict())
    else:
        _told(found)
    if not found.same:
        names = [name for name, differs in found.files.items() if differs]
        install = f" {found.install} gives the versions it was made with." if found.install else ""
        raise DataError(f"Run {found.said['run_id']} is not the same again: {', '.join(names)}.{install}")  # fmt: skip


def _packed(run: str, folder: Path, live: screen.Live) -> Reproduced:
    """Make a run of this workspace again, from a pack that is made for it."""
    import tempfile

    from reportkit import evidence
    from reportkit.cli.status import find

    with tempfile.TemporaryDirectory(prefix="rk-pack-") as place:
        pack = Path(place) / "pack.zip"
        evidence.make(folder, find(run, folder), pack, evidence.Asked(extracts=True))
        return evidence.reproduce(pack, live)


def _told(found: Reproduced) -> None:
    from reportkit.evidence.differences import MOST

    screen.table(
        [
            (name, screen.styled("differs" if differs else "same", "bad" if differs else "good"), f"{len(differs)} ranges" if differs else "")
            for name, differs in found.files.items()
        ]
    )  # fmt: skip
    if found.same:
        screen.say("Every byte is the same.")
        return
    for title, lines in (("Why", found.causes), ("In the notebook", found.cells)):
        if lines:
            screen.say(title)
            for line in lines:
                screen.say(f"  {line}")
    if found.versions:
        screen.say("Versions")
        screen.table([(name, then, now) for name, (then, now) in found.versions.items()], head=("package", "then", "now"))  # fmt: skip
    for name, differs in found.files.items():
        if differs:
            screen.say(name)
            for one in differs[:MOST]:
                screen.say(f"  {one}")
            if len(differs) > MOST:
                screen.say(f"  and {len(differs) - MOST} more; --json lists all")


def rebuild(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Make a lost ledger again from what lies beside the runs; nothing is sent."""
    from reportkit.ledger import of
    from reportkit.ledger.rebuild import rebuild as again

    folder = options.workspace(workspace)
    found = again(of(folder), options.now())
    if json:
        screen.say_json({"rows": dict(found.rows), "uncertain": found.uncertain, "lacking": [list(one) for one in found.lacking]})  # fmt: skip
        return
    screen.table([(name.replace("_", " "), f"{count:,}") for name, count in found.rows.items()], right=(1,))  # fmt: skip
    if found.uncertain:
        screen.say(
            f"  {screen.styled('!', 'watch')} {plural(found.uncertain, 'delivery', 'deliveries')} may or may not have arrived; "
            "'reportkit deliveries' lists them, 'reportkit resend' sends again."
        )
    for first, last in found.lacking:
        screen.say(f"  {screen.styled('!', 'bad')} rows {first} to {last} of the chain lie beside no run and are lost")  # fmt: skip


def backup(
    place: Annotated[
        Path, typer.Argument(metavar="FILE|FOLDER", help="A new folder, or a name that ends in .zip.")
    ],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Copy the workspace with store, ledger and runs, whole and of one instant, also while others work in it."""
    from reportkit import backup as copies

    made = copies.backup(options.workspace(workspace), place, options.now())
    if json:
        screen.say_json({"place": str(place), **vars(made)})
        return
    screen.say(f"{screen.short(place)}: {plural(made.files, 'file')}, {screen.size(made.bytes)}, {'ledger as ' + made.ledger if made.ledger else 'no ledger yet'}")  # fmt: skip


def restore(
    place: Annotated[Path, typer.Argument(metavar="BACKUP", help="What 'reportkit backup' made.")],
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where the workspace is to be; it must not be there yet.")
    ],
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Make a workspace from a backup, after every file was checked; nothing is overwritten."""
    from reportkit import backup as copies

    made = copies.restore(place, folder)
    if json:
        screen.say_json({"folder": str(folder), **vars(made)})
    else:
        screen.say(f"{screen.short(folder)}: {plural(made.files, 'file')} restored and checked")
        for fault in made.faults:
            screen.say(f"  {screen.styled('!', 'bad')} {fault}")
    if made.faults:
        raise DataError(
            f"It is restored as it was copied, and that was not whole: {made.faults[0]}."
        )
