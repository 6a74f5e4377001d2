"""``reportkit publish`` and ``runs``, and what a finished run shows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reportkit.cli import completing, options, screen
from reportkit.cli.options import JsonOption, UnitOption, WorkspaceOption
from reportkit.errors import UsageError

if TYPE_CHECKING:
    from reportkit.period import Period
    from reportkit.run import Outcome

_NAMES = {
    "report.html": "HTML",
    "report.pdf": "PDF",
    "message.eml": "Mail",
    "report.pptx": "Slides",
    "report.xlsx": "Workbook",
    "notebook.ipynb": "Notebook",
}

ReportArgument = Annotated[
    str,
    typer.Argument(
        metavar="REPORT",
        help="A report such as 'board', or the path of a notebook.",
        autocompletion=completing.reports,
    ),
]


def quarter(folder: Path, text: str, incident: str = "") -> Period:
    """Read a period, or give the one to report on: of an incident its own quarter, else the latest closed one with data.

    Only the latter two need the data's libraries.
    """
    if text:
        from reportkit import config

        return config.read(folder).calendar.parse(text)
    from reportkit.workspace import open_workspace

    workspace = open_workspace(folder, now=options.now())
    return workspace.quarter_of(incident) if incident else workspace.period()


def show(outcome: Outcome) -> None:
    """Print what a run left, what was checked and how long it took."""
    said = outcome.manifest
    unit = f", {said['unit']}" if said["unit"] else ""
    state = screen.styled(outcome.state, "bad" if outcome.state == "held" else "good")
    screen.say(f"{screen.styled(said['report'] + ' ' + said['period'] + unit, 'strong')}  {state}")
    rows = []
    for file, name in _NAMES.items():
        if file in said["artefacts"]:
            pages = f", {said['pages']} pages" if file == "report.pdf" and said.get("pages") else ""
            rows.append(
                (
                    name,
                    screen.short(outcome.folder / file),
                    screen.size(said["artefacts"][file]["bytes"]) + pages,
                )
            )
    for name, one in said.get("editions", {}).items():
        pages = f"{one['pages']} pages" if one["pages"] else ""
        rows.append((f"Edition {name}", screen.short(outcome.folder / "editions" / name), pages))
    rows.append(("Evidence", screen.short(outcome.folder / "manifest.json"), ""))
    screen.table(rows)
    screen.table([("Checks  ", checks(said["gates"]))])
    for gate in said["gates"]:
        if gate["result"] == "fail":
            mark = screen.styled("×" if gate["holds"] else "!", "bad" if gate["holds"] else "watch")
            screen.say(f"    {mark} {gate['name']}: {gate['reason']}")
    for remark in said["remarks"]:
        screen.say(f"    {screen.styled('!', 'watch')} {remark}")
    wall, processor = (
        sum(stage[kind] for stage in said["timings"].values()) for kind in ("wall", "cpu")
    )
    screen.table([("Time    ", f"{screen.seconds(wall)}, of it CPU {screen.seconds(processor)}")])


def checks(gates: list[Mapping[str, Any]]) -> str:
    """Count gates by result, in words."""
    counts = {
        "passed": sum(gate["result"] == "pass" for gate in gates),
        "to look at": sum(gate["result"] == "fail" and not gate["holds"] for gate in gates),
        "holding it back": sum(gate["result"] == "fail" and gate["holds"] for gate in gates),
        "not applicable": sum(gate["result"] == "not-applicable" for gate in gates),
    }
    return ", ".join(f"{count} {words}" for words, count in counts.items() if count)


def held(manifest: Mapping[str, Any]) -> str:
    """Say why a run is held."""
    reasons = [
        f"{gate['name']} ({gate['reason']})"
        for gate in manifest["gates"]
        if gate["result"] == "fail" and gate["holds"]
    ]
    return f"The report is held by {' and '.join(reasons)}."


def publish(
    report: ReportArgument,
    period: Annotated[str, typer.Argument(metavar="PERIOD", help="A quarter such as 2026-Q3.")],
    unit: UnitOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Publish the latest run: its figures become what was told."""
    from reportkit import config
    from reportkit.run.publication import publish as publish_run

    folder = options.workspace(workspace)
    quarter = config.read(folder).calendar.parse(period)
    told, place = publish_run(folder, report, quarter, unit, now=options.now())
    if json:
        screen.say_json(told.to_dict())
        return
    screen.say(
        f"{screen.styled(f'{told.report} {told.period}', 'strong')}  {screen.styled('published', 'good')}"
    )
    screen.table(
        [
            ("Run", screen.short(place)),
            *((["Final", screen.short(final)],) if (final := place / "final").is_dir() else ()),
            ("As known", f"{told.known_by:%Y-%m-%d %H:%M} UTC"),
            (
                "Told",
                f"{told.published_at:%Y-%m-%d %H:%M} UTC; later runs of this quarter are compared with it",
            ),
        ]
    )


def runs(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """List the runs of this workspace, failed ones too."""
    from reportkit.run import folder as run_folder
    from reportkit.run import told

    place = options.workspace(workspace)
    states = told.states(place)
    found = [(path, run_folder.manifest(path)) for path in run_folder.runs(place)]
    found = [
        (path, {**said, "state": states.get(said["run_id"], said["state"])}) for path, said in found
    ]
    if json:
        wanted = ("report", "period", "unit", "run_id", "state", "started", "finished", "known_by")
        screen.say_json(
            [{name: said[name] for name in wanted} | {"folder": str(path)} for path, said in found]
        )
        return
    if not found:
        raise UsageError("There are no runs yet; make one with 'reportkit run board'.")
    screen.table(
        [
            (
                said["report"],
                said["period"],
                said["unit"] or "all",
                said["state"],
                said["started"][:16].replace("T", " "),
                screen.short(path),
            )
            for path, said in found
        ],
        head=("report", "period", "unit", "state", "begun (UTC)", "folder"),
    )
