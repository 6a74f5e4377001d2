"""``reportkit log``, ``verify``, ``rejected``, ``prune`` and ``export``: what was kept, whether it is whole, and out with it."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated

import typer

from reportkit.cli import completing, options, screen
from reportkit.cli.options import JsonOption, UnitOption, WorkspaceOption
from reportkit.errors import DataError, UsageError
from reportkit.locale import plural

#: Rejected rows shown on the screen.
_SHOWN = 20


def log(
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="[TABLE]", help="Only loads of this table.", autocompletion=completing.tables
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List the loads, oldest knowledge first."""
    from reportkit import store, tables

    folder = options.workspace(workspace)
    found = store.of(folder).loads(tables.table(table).name if table else None)
    if json:
        screen.say_json([load.to_dict() | {"name": load.name} for load in found])
        return
    if not found:
        raise UsageError("Nothing was loaded yet; start with 'reportkit load findings FILE'.")
    screen.table(
        [
            (
                f"{load.recorded_at:%Y-%m-%d %H:%M}{' stated' if load.stated else ''}",
                load.table,
                load.source,
                f"{load.rows:,}",
                f"{load.rejected:,}" if load.rejected else "",
                f"{load.first_day} to {load.last_day}" if load.first_day else "",
            )
            for load in found
        ],
        head=("known (UTC)", "table", "source", "rows", "rejected", "days"),
        right=(3, 4),
    )


def describe(
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE", help="See 'reportkit tables'.", autocompletion=completing.tables
        ),
    ],
    *,
    load: Annotated[
        str | None,
        typer.Option(
            "--load", metavar="SHA", help="Only one load; the beginning of its extract's hash."
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Say what a table holds: how full its columns are, days, gaps."""
    from reportkit import display, tables
    from reportkit.workspace import Workspace

    ws = Workspace(options.workspace(workspace), now=options.now())
    name = tables.table(table).name
    if load is None:
        found = ws.describe(name)
    else:
        fitting = [one for one in ws.store.loads(name) if one.extract.startswith(load)]
        if not fitting:
            raise UsageError(
                f"No load of {name} has an extract that begins with {load!r}; see 'reportkit log {name} --json'."
            )
        found = ws.profile(fitting[-1])
    if json:
        screen.say_json(found.to_dict())
        return
    screen.say(screen.styled(f"{found.table}: {plural(found.rows, 'row')}", "strong"))
    screen.table(
        [
            (r.column, r.type, f"{r.filled:,}", f"{r.missing:.1f} %", f"{r.different:,}", screen.fit(r.lowest), screen.fit(r.highest))
            for r in found.columns
            if r.filled
        ],
        head=("column", "type", "filled", "missing", "different", "lowest", "highest"),
        right=(2, 3, 4),
    )  # fmt: skip
    screen.say(f"  {display.profile_note(found)}")


def verify(
    run: Annotated[
        str,
        typer.Argument(metavar="[RUN|PACK]", help="A run such as board/2026-Q3, a folder or a pack; by default store and ledger."),
    ] = "",
    *,
    signer: Annotated[
        Path | None,
        typer.Option("--signer", metavar="FILE", help="Public key or certificate of who must have signed the pack, or of the authority."),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Hash again what was kept, and name what is damaged, missing or was changed."""
    from reportkit import verify as checks

    signed = ""
    counts: dict[str, int]
    if run:
        counts, signed, faults = _run(run, signer, workspace)
    else:
        checked = checks.workspace(options.workspace(workspace))
        faults = checked.faults
        counts = {
            "loads": checked.loads,
            "extracts": checked.extracts,
            "publications": checked.publications,
        }
    if json:
        screen.say_json({**counts, **({"signed": signed} if run else {}), "faults": list(faults)})
    else:
        screen.say(", ".join(f"{count:,} {name}" for name, count in counts.items()) + " checked")
        if signed:
            screen.say(f"  {signed}")
        for fault in faults:
            screen.say(f"  {screen.styled('!', 'bad')} {fault}")
    if faults:
        more = f" and {len(faults) - 1:,} more" if len(faults) > 1 else ""
        raise DataError(f"{faults[0]}{more}.")
    if not json:
        screen.say("Everything is as it was written.")


def _run(run: str, signer: Path | None, workspace: Path | None) -> tuple[dict[str, int], str, tuple[str, ...]]:  # fmt: skip
    from reportkit import evidence
    from reportkit.cli.status import find

    trusted = b""
    if signer is not None:
        try:
            trusted = signer.read_bytes()
        except OSError as error:
            raise UsageError(f"--signer {signer} cannot be read ({(error.strerror or str(error)).lower()}).") from None  # fmt: skip
    # A folder or a file needs no workspace around it.
    own = Path(run).exists() or Path(run).suffix == ".zip"
    place = Path(run) if own else find(run, options.workspace(workspace))
    checked = evidence.check(place, trusted)
    return {"files": checked.files}, checked.signed, checked.faults


def rejected(
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="[TABLE]", help="Only those of this table.", autocompletion=completing.tables
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Write them here: .csv or .xlsx.")
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show the rows that were rejected, and why, to mend them."""
    from reportkit.export import write
    from reportkit.workspace import Workspace

    ws = Workspace(options.workspace(workspace), now=options.now())
    found = ws.rejected(table or "")
    if file is not None:
        write(found, file)
        screen.say(f"{screen.short(file)}: {plural(len(found), 'rejected row')}")
        return
    if json:
        screen.say_json(found.astype(object).where(found.notna(), None).to_dict("records"))
        return
    if found.empty:
        screen.say("No row was rejected.")
        return
    shown = found.head(_SHOWN).astype(str)
    screen.table(
        [
            (known[:16], name, source, row, screen.fit(why, 70))
            for known, name, source, row, why in zip(
                *(shown[column] for column in ("recorded_at", "table", "source", "row", "why")),
                strict=True,
            )
        ],
        head=("known (UTC)", "table", "source", "row", "why"),
        right=(3,),
    )
    if len(found) > _SHOWN:
        more = f"'reportkit rejected {table or 'TABLE'} FILE.csv' writes all of them"
        screen.say(f"  and {len(found) - _SHOWN:,} more; {more}")


def prune(
    before: Annotated[
        str,
        typer.Option(
            "--before", metavar="DATE", help="Only files last loaded before this day (UTC) go."
        ),
    ],
    *,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Remove copies of old loaded files; what figures rest on stays."""
    from reportkit import store

    limit = datetime.combine(options.day(before, "--before") or date.max, time())
    gone = store.of(options.workspace(workspace)).prune(limit, dry=dry)
    if json:
        screen.say_json([{"file": load.raw_sha256, "table": load.table, "source": load.source, "recorded_at": load.recorded_at} for load in gone])  # fmt: skip
        return
    for load in gone:
        screen.say(
            f"  {load.recorded_at:%Y-%m-%d}  {load.table}  {load.source}  {load.raw_sha256[:12]}"
        )
    verb = "would be removed" if dry else "removed"
    count = f"{len(gone):,} {'copy' if len(gone) == 1 else 'copies'} of loaded files"
    screen.say(f"{count} {verb}; all rows and records of loads stay.")


def export(
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE", help="See 'reportkit tables'.", autocompletion=completing.tables
        ),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Ends in .csv or .xlsx.")],
    *,
    period: Annotated[
        str,
        typer.Option(
            "--period",
            "-p",
            metavar="Q",
            help="As it stood at a quarter's end; by default the latest closed one with data.",
        ),
    ] = "",
    unit: UnitOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write a table as it stood at a quarter's end, for a spreadsheet."""
    from reportkit.export import write
    from reportkit.workspace import Workspace

    view = Workspace(options.workspace(workspace), now=options.now()).at(period, unit=unit)
    frame = view.table(table)
    write(frame, file)
    screen.say(
        f"{screen.short(file)}: {plural(len(frame), 'row')} of {table} at {view.period.label}"
    )
