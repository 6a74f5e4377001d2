"""``reportkit demo``: a workspace for a fictional company, with a past that was told quarter by quarter."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reportkit.cli import options, report, run, screen, setup
from reportkit.errors import HeldError, UsageError, from_os

if TYPE_CHECKING:
    from datetime import datetime

    from reportkit.demo import Company, Quarter
    from reportkit.period import FiscalCalendar, Period
    from reportkit.run import Request
    from reportkit.workers.pool import WarmPool

REPORT = "board"
#: Says in a demo workspace which company it holds.
MARK = ".demo"
_STORY = "2026-Q3"


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The folder; it is made when it does not exist.")
    ] = Path("reportkit-demo"),
    *,
    until: Annotated[
        str,
        typer.Option(
            "--until", metavar="Q", help="The last of the eight quarters; by default 2026-Q3."
        ),
    ] = "",
    seed: Annotated[
        int,
        typer.Option(
            "--seed", metavar="N", help="Another seed, another company with the same story."
        ),
    ] = 7,
    units: Annotated[
        int,
        typer.Option(
            "--units",
            metavar="N",
            min=0,
            help="Divide the company's units into N teams, each a unit with a pack of its own.",
        ),
    ] = 0,
    no_run: Annotated[
        bool, typer.Option("--no-run", help="Leave out the report for the last quarter.")
    ] = False,
) -> None:
    """Make a fictional company's workspace, and report on it."""
    from reportkit.demo import company
    from reportkit.period import FiscalCalendar

    calendar, now = FiscalCalendar(), options.now()
    last = _last(until, calendar, now)
    divided = f" units {units}" if units else ""
    _claim(folder, f"{last.key} seed {seed}{divided}\n")
    _lay_out(folder)
    steps = screen.Steps()
    steps.begin("Make the company")
    made = company(last, seed=seed, calendar=calendar, teams=units)
    _fill(folder, made, steps)
    _past(folder, made, steps)
    steps.end()
    where = screen.short(folder)
    screen.say(
        f"{screen.styled(f'Workspace {where}', 'strong')}: {len(made.quarters)} quarters, {len(made.quarters) - 1} of them told"
    )
    if not no_run:
        (result,) = run.make([_request(folder, made.quarters[-1], formats=None)], one=True)
        if result.error is not None or result.outcome is None:
            raise result.error or UsageError("The report left nothing.")
        screen.say()
        report.show(result.outcome)
        if result.outcome.state == "held":
            raise HeldError(report.held(result.outcome.manifest))
    screen.say()
    screen.say("Next")
    own = screen.command("reportkit")
    screen.table(
        [
            (f"cd {where}", "into the workspace"),
            (f"{own} tables", "what is loaded"),
            (f"{own} measure V06 --by severity", "one measure, by a dimension"),
            (
                f"{own} restatements {REPORT} {made.quarters[-2].period.key}",
                "what was told, and reads differently today",
            ),
            (f"{own} run risk", "the risk committee's report"),
            (f"{own} run investment", "the business case of a decision that is asked"),
            (f"{own} run unit --unit {_unit(made)}", "the pack of one business unit"),
            (f"{own} run unit --units all", "the packs of all units"),
            (f"{own} status", "what was made, and what was not"),
            (f"{own} lab", "JupyterLab on the workspace, with notebooks to explore it"),
        ]
    )


def _unit(made: Company) -> str:
    """Give a business unit of the company."""
    units = next(batch.frame for batch in made.quarters[0].batches if batch.table == "units")
    return str(units["unit_id"].iloc[-1])


def _last(until: str, calendar: FiscalCalendar, now: datetime) -> Period:
    """Give the quarter the story ends in: the one asked for, else the story's own, else the latest closed one."""
    today = calendar.day(now)
    if until:
        asked = calendar.parse(until)
        if asked.end >= today:
            raise UsageError(
                f"Period {asked.key} is not closed yet; the latest closed one is {calendar.latest_closed(today).key}."
            )
        return asked
    own = calendar.parse(_STORY)
    return own if own.end < today else calendar.latest_closed(today)


def _claim(folder: Path, mark: str) -> None:
    """Make the folder a demo workspace, or refuse one that holds something else."""
    path = folder / MARK
    try:
        if path.is_file():
            held = path.read_text(encoding="utf-8")
            if held != mark:
                raise UsageError(
                    f"{folder} holds the demo company of {held.strip()}; choose another folder."
                )
            return
        if folder.is_dir() and any(folder.iterdir()):
            raise UsageError(
                f"{folder} is not empty and is no demo workspace; choose a folder that does not exist yet."
            )
        setup.create(folder)
        path.write_text(mark, encoding="utf-8")
    except OSError as error:
        raise from_os(error, f"Making the workspace {folder}") from error


def _lay_out(folder: Path) -> None:
    """Put the notebooks of the reports into the workspace, to be opened and changed there; one that is there already stays."""
    from reportkit import resources

    try:
        (folder / "notebooks").mkdir(exist_ok=True)
        for name, path in resources.notebooks().items():
            own = folder / "notebooks" / f"{name}.ipynb"
            if not own.exists():
                own.write_bytes(path.read_bytes())
    except OSError as error:
        raise from_os(error, f"Making the workspace {folder}") from error


def _fill(folder: Path, made: Company, steps: screen.Steps) -> None:
    """Write the company's files and load them, each as of the day the company knew it."""
    from reportkit.demo import write
    from reportkit.intake import Origin, keep
    from reportkit.sources import read

    steps.begin("Write its exports")
    write(made, folder)
    for quarter in made.quarters:
        steps.begin(f"Load {quarter.period.label}")
        for batch in quarter.batches:
            extract = read(folder / batch.file, batch.table)
            origin = Origin(source=batch.source, recorded_at=batch.recorded_at, stated=True)
            keep(extract, folder, origin)


def _past(folder: Path, made: Company, steps: screen.Steps) -> None:
    """Run and publish the quarters of the past, each after the one before it was told; what is published already stays."""
    from reportkit.run import jobs, told

    left = [
        quarter
        for quarter in made.quarters[:-1]
        if not told.known_by(folder, REPORT, quarter.period.key, None)
    ]
    if not left:
        return
    with jobs.warm(draw=False) if jobs.forks() else nullcontext() as pool:
        for quarter in left:
            steps.begin(f"Tell {quarter.period.label}")
            _tell(folder, quarter, pool)


def _tell(folder: Path, quarter: Quarter, pool: WarmPool | None) -> None:
    from reportkit.run import jobs
    from reportkit.run.publication import publish
    from reportkit.run.report import run as alone

    request, now = _request(folder, quarter, formats=()), quarter.published_at
    outcome = jobs.make(request, now=now, pool=pool) if pool else alone(request, now=now)
    if outcome.state == "held":
        raise HeldError(report.held(outcome.manifest))
    publish(folder, REPORT, quarter.period, None, now=now)


def _request(folder: Path, quarter: Quarter, *, formats: tuple[str, ...] | None) -> Request:
    from reportkit.run import FORMATS, Request

    return Request(
        workspace=folder,
        report=REPORT,
        period=quarter.period,
        known_by=quarter.cut_off,
        formats=FORMATS if formats is None else formats,
    )
