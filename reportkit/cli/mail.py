"""``reportkit mail``: the message of a report, to look at and to check before anybody gets it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reportkit.cli import options, screen
from reportkit.cli.options import JsonOption, UnitOption, WorkspaceOption
from reportkit.errors import UsageError, from_os

if TYPE_CHECKING:
    from reportkit.deliver.letter import Letter


def mail(
    report: Annotated[str, typer.Argument(metavar="REPORT", help="A report such as 'board'.")],
    *,
    period: Annotated[
        str,
        typer.Option(
            "--period", "-p", metavar="Q", help="By default the latest period that was run."
        ),
    ] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Write it as a page and as text, to look at.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where; by default preview/REPORT."),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    unit: UnitOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Check the message of the latest run: size, pictures, links, plain text, contrast, styles."""
    from reportkit.deliver import letter as letters
    from reportkit.deliver.lint import lint

    folder = options.workspace(workspace)
    place = _message(folder, Path(report).stem, period, unit)
    letter = letters.read(place.read_bytes())
    found = lint(letter)
    written = (
        _write(letter, out or folder / "preview" / Path(report).stem)
        if preview or show or out
        else []
    )
    if json:
        screen.say_json({"message": str(place), "subject": letter.subject, "remarks": [vars(one) for one in found], "preview": [str(p) for p in written]})  # fmt: skip
        return
    screen.say(screen.styled(letter.subject, "strong"))
    size = f"{screen.size(len(letter.html.encode()))}, {len(letter.pictures)} pictures"
    screen.table([("Message", screen.short(place)), ("Body", size), *(("Preview", screen.short(path)) for path in written)])  # fmt: skip
    for one in found:
        mark = screen.styled("×" if one.wrong else "!", "bad" if one.wrong else "watch")
        screen.say(f"  {mark} {one.rule}: {one.said}")
    if not found:
        screen.say(f"  {screen.styled('nothing to remark', 'good')}")
    if show and written:
        import webbrowser

        webbrowser.open(written[0].resolve().as_uri())


def _message(folder: Path, report: str, period: str, unit: str | None) -> Path:
    from reportkit import config
    from reportkit.run.folder import FINAL, series
    from reportkit.run.publication import latest

    calendar = config.read(folder).calendar
    if period:
        wanted = calendar.parse(period)
    else:
        place = series(folder, report, "x", unit).parent.parent
        runs = [calendar.parse(path.name) for path in place.glob("*") if any(path.glob(f"{'*' if unit is None else series(folder, report, 'x', unit).name}/*/manifest.json"))]  # fmt: skip
        if not runs:
            raise UsageError(f"Report {report} has no run yet; make one with 'reportkit run {report}'.")  # fmt: skip
        wanted = max(runs)
    run = latest(folder, report, wanted, unit)
    found = [path for path in (run / FINAL / "message.eml", run / "message.eml") if path.is_file()]
    if not found:
        raise UsageError(f"Run {run.name} has no message; run it with --formats html,pdf,email.")
    return found[0]


def _write(letter: Letter, folder: Path) -> list[Path]:
    """Write page and text; pictures stand in the page itself, as a browser knows no ``cid:``."""
    import base64

    html = letter.html
    for cid, data in letter.pictures:
        html = html.replace(f"cid:{cid}", f"data:image/png;base64,{base64.b64encode(data).decode()}")  # fmt: skip
    paths = [folder / "message.html", folder / "message.txt"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths[0].write_text(html, encoding="utf-8")
        paths[1].write_text(letter.text, encoding="utf-8")
    except OSError as error:
        raise from_os(error, "Writing the preview") from error
    return paths
