"""``reportkit status`` and ``show``: what was made, what is being made, and what a run says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reportkit.cli import options, screen
from reportkit.cli.options import JsonOption, WorkspaceOption
from reportkit.errors import UsageError, nearest

if TYPE_CHECKING:
    from reportkit.cli.screen import Style
    from reportkit.run.register import Entry

_STYLES: dict[str, Style] = {
    "failed": "bad",
    "held": "bad",
    "running": "watch",
    "queued": "watch",
    "final": "good",
}
_SHOWN = 40


def status(
    every: Annotated[
        bool, typer.Option("--all", help="List every report, not only the latest.")
    ] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List reports with their state: queued, running, draft, held, final or failed, and why."""
    from reportkit.run import told
    from reportkit.run.register import Register, row

    place = options.workspace(workspace)
    entries = Register(place).entries(now=options.now())
    states = told.states(place)
    listed = [{**row(entry), "state": _state(entry, states)} for entry in entries]
    if json:
        for one in listed:
            del one["asked"]
        screen.say_json(listed)
        return
    if not listed:
        raise UsageError("No report was asked for yet; make one with 'reportkit run board'.")
    counts: dict[str, int] = {}
    for one in listed:
        counts[one["state"]] = counts.get(one["state"], 0) + 1
    screen.say(", ".join(f"{count} {state}" for state, count in sorted(counts.items())))
    shown = listed if every else listed[-_SHOWN:]
    screen.table(
        [
            (
                one["report"], one["period"], one["unit"] or "all", one["state"], _when(one), one["run_id"] or "–", _why(one),
            )
            for one in shown
        ],
        head=("report", "period", "unit", "state", "since (UTC)", "run", "why"),
    )  # fmt: skip
    if len(shown) < len(listed):
        screen.say(f"  {len(listed) - len(shown)} earlier ones are not shown; --all shows them.")


def _state(entry: Entry, states: dict[str, str]) -> str:
    """Give the state a reader knows: what was published is final."""
    told = states.get(entry.run_id, "") if entry.run_id else ""
    return {"published": "final"}.get(told, told) or entry.state


def _when(one: dict[str, Any]) -> str:
    at = one["ended_at"] or one["started_at"] or one["queued_at"]
    return f"{at:%Y-%m-%d %H:%M}"


def _why(one: dict[str, Any]) -> str:
    if one["state"] == "running":
        return f"by {one['owner']}"
    if one["state"] == "queued" and one["owner"]:
        return "its process ended; 'reportkit run --resume' takes it over"
    return str(one["cause"])


def show(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's name or the begin of it, its folder, or REPORT/PERIOD for its latest run, such as board/2026-Q3.")
    ],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Show one run: state, inputs, parameters, checks, files and times."""
    from reportkit.ledger import of, releases
    from reportkit.run import folder as run_folder
    from reportkit.run import told

    place = options.workspace(workspace)
    found = find(run, place)
    said = run_folder.manifest(found)
    state = told.states(place).get(said["run_id"], said["state"])
    said["state"] = {"published": "final"}.get(state, state)
    if json:
        screen.say_json({"folder": str(found), **said})
        return
    for_unit = f", {said['unit']}" if said["unit"] else ""
    style = _STYLES.get(said["state"], "good")
    screen.say(
        f"{screen.styled(said['report'] + ' ' + said['period'] + for_unit, 'strong')}  {screen.styled(said['state'], style)}"
    )
    rows = [
        ("Run", said["run_id"]),
        ("Folder", screen.short(found)),
        ("As of", said["as_of"]),
        ("Known by", said["known_by"]),
        ("Begun", said["started"]),
        ("Ended", said["finished"] or "–"),
        ("Notebook", f"{said['notebook']['file']}  {said['notebook']['sha256'][:16]}"),
        ("Inputs", f"{sum(map(len, said['extracts'].values()))} extracts of {len(said['extracts'])} tables"),
        ("Made with", ", ".join(f"{name} {number}" for name, number in said["versions"].items())),
    ]  # fmt: skip
    if print_ := said.get("fingerprint"):
        rows.insert(1, ("Inputs are", print_))
    rows += [("Released", f"{one.gate}, by {one.by} on {one.at:%Y-%m-%d}: {one.reason}") for one in releases.of_run(of(place), said["run_id"])]  # fmt: skip
    if error := said.get("error"):
        rows.insert(1, ("Failed", f"{error['kind']}: {error['message']}"))
    screen.table(rows)
    for title, lines in (("Parameters", _parameters(said)), ("Checks", _checks(said)), ("Files", _files(said)), ("Times", _times(said))):  # fmt: skip
        if lines:
            screen.say()
            screen.say(title)
            screen.table(lines)


def find(run: str, place: Path) -> Path:
    """Give the folder of a run from its name, its folder, the begin of its name, or REPORT/PERIOD for the latest run of it.

    Raises:
        UsageError: there is none, or several.
    """
    from reportkit.run.folder import MANIFEST, runs

    for path in (Path(run), place / run):
        if (path / MANIFEST).is_file():
            return path
    every = list(runs(place))
    if "/" in run and (latest := _latest(place, every, run)):
        return latest
    found = [path for path in every if path.name == run] or [
        path for path in every if path.name.startswith(run)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{len(found)} runs begin with {run!r}; give more of the name: {found[0].name}, {found[1].name} …"
        )
    names = [path.name for path in every[-200:]]
    hint = nearest(run, names) if len(names) < 20 else "'reportkit runs' lists them."
    raise UsageError(f"Run {run!r} does not exist; {hint}")


def _latest(place: Path, every: list[Path], run: str) -> Path | None:
    """Give the latest run of REPORT/PERIOD or REPORT/PERIOD/UNIT; names of runs begin with the instant of their start."""
    from reportkit.run.folder import series

    report, period, *unit = run.split("/", 2)
    wanted = series(place, report, period, unit[0] if unit else None)
    return max((path for path in every if path.parent == wanted), key=lambda path: path.name, default=None)  # fmt: skip


def _parameters(said: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (name, repr(one["value"]), {"runner": "by the run", "given": "given", "default": "default"}[one["origin"]])
        for name, one in said["parameters"].items()
    ]  # fmt: skip


def _checks(said: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (gate["name"], gate["result"] + (", holds" if gate["result"] == "fail" and gate["holds"] else ""), gate["reason"])
        for gate in said.get("gates", ())
    ]  # fmt: skip


def _files(said: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (name, screen.size(kept["bytes"]), kept["sha256"][:16])
        for name, kept in said.get("artefacts", {}).items()
    ]


def _times(said: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (stage, screen.seconds(took["wall"]), f"CPU {screen.seconds(took['cpu'])}")
        for stage, took in said.get("timings", {}).items()
    ]
