"""``reportkit run``: one report or many."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reportkit.cli import completing, options, screen
from reportkit.cli.options import JsonOption, UnitOption, WorkspaceOption
from reportkit.cli.report import held, quarter, show
from reportkit.errors import HeldError, ReportkitError, UsageError, nearest

if TYPE_CHECKING:
    from reportkit.run import Outcome, Progress, Request
    from reportkit.run.batch import Result
    from reportkit.workers.execution import Engine

#: Which exit code a batch with several kinds of failures has: what must be repaired comes before what can be tried again.
_ORDER = (1, 7, 2, 3, 4, 6, 75, 5)
_TIMES = 3600


def run(
    report: Annotated[
        str,
        typer.Argument(metavar="[REPORT]", help="A report such as 'board', or the path of a notebook.", autocompletion=completing.reports),
    ] = "",
    *,
    period: Annotated[
        str,
        typer.Option(
            "--period", "-p", metavar="Q", help="A quarter such as 2026-Q3; by default the latest closed one with data.",
        ),
    ] = "",
    unit: UnitOption = None,
    reports: Annotated[
        str, typer.Option("--reports", metavar="LIST", help="Several reports, such as board,unit.")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="Every report there is.")] = False,
    units: Annotated[
        str,
        typer.Option("--units", metavar="LIST", help="Business units: all, A,B, or a file with one a line."),
    ] = "",
    periods: Annotated[
        str, typer.Option("--periods", metavar="LIST", help="Several quarters, such as 2026-Q2,2026-Q3.")
    ] = "",
    resume: Annotated[
        bool, typer.Option("--resume", help="Make what earlier runs left queued or failed.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Make also what is finished and unchanged.")
    ] = False,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param", "-P", metavar="K=V", help="A value for one of the notebook's parameters; may be repeated.",
        ),
    ] = None,
    known_by: Annotated[
        str | None,
        typer.Option(
            "--known-by", metavar="TIME", help="Use only what was recorded by then; by default the published cut-off, else now.",
        ),
    ] = None,
    formats: Annotated[
        str,
        typer.Option("--formats", metavar="LIST", help="Which of html, pdf, email, pptx and xlsx to write."),
    ] = "html,pdf,email",
    editions: Annotated[
        str,
        typer.Option(
            "--editions", metavar="LIST", help="Which editions of reportkit.toml to write: names, all or none.",
        ),
    ] = "all",
    incident: Annotated[
        str,
        typer.Option(
            "--incident", metavar="ID", help="Report on one incident, on any day: its quarter need not be closed ('reportkit run incidents').",
        ),
    ] = "",
    executor: Annotated[
        str,
        typer.Option(
            "--executor", metavar="WHERE", help="local:N, spawn:N, dask://HOST:PORT (workers that do not see the folder get a copy) or py:MODULE:FUNCTION; by default every core.",
        ),
    ] = "",
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="What runs the cells: warm or kernel.")
    ] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Run a report's notebook, or many, and write HTML, PDF, e-mail, slides and workbook."""
    from reportkit.period import parse_instant
    from reportkit.run import Request
    from reportkit.run.plan import ALL, Wanted, listed, requests

    _refuse_engine(engine)
    folder = options.workspace(workspace)
    known = parse_instant(known_by) if known_by else None
    written = tuple(name.strip() for name in formats.split(",") if name.strip())
    cuts = _cuts(editions)
    given: dict[str, object] = {**options.pairs(param or [])}
    if incident:
        given["incident"] = incident
    one = bool(report) and not (every or reports or units or periods or resume)
    if resume:
        asked = _left(folder)
    elif one:
        wanted_period = quarter(folder, period, incident)
        asked = [
            Request(
                workspace=folder, report=report, period=wanted_period, unit=unit, parameters=given, known_by=known, formats=written, editions=cuts,
            )
        ]  # fmt: skip
    else:
        names = (ALL,) if every else tuple(filter(None, (report, *_names(reports))))
        if not names:
            raise UsageError(
                "Say what to run: a report such as 'board', --reports board,unit, --all or --resume."
            )
        wanted = Wanted(
            reports=names,
            periods=[quarter(folder, text) for text in _names(periods) or (period,)],
            units=listed(units, folder) if units else (unit,) if unit else (),
            formats=written,
            known_by=known,
        )
        asked = requests(folder, wanted, now=options.now())
        asked = [replace(request, parameters=given, editions=cuts) for request in asked]
    place = [_here(request) for request in asked]
    results = make(place, executor=executor, engine=engine, force=force, one=one)
    if one:
        _one(results[0], as_json=json)
    else:
        _many(results, as_json=json)


def _cuts(text: str) -> tuple[str, ...] | None:
    """Read ``--editions``: None for all of the configuration."""
    names = _names(text)
    return None if names == ("all",) else () if names == ("none",) else names


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _refuse_engine(engine: str) -> None:
    from reportkit.workers.execution import ENGINES

    if engine and engine not in ENGINES:
        raise UsageError(f"Engine {engine!r} is not known; {nearest(engine, ENGINES)}")


def _here(request: Request) -> Request:
    """Let the path of a notebook be meant from this folder, wherever the report is made."""
    path = Path(request.report)
    if path.suffix == ".ipynb" and path.exists():
        return replace(request, report=str(path.resolve()))
    return request


def _left(folder: Path) -> list[Request]:
    """Give the reports that earlier runs left."""
    from reportkit.run.jobs import asked
    from reportkit.run.register import Register

    now = options.now()
    entries = Register(folder).entries(now=now)
    return [
        replace(asked(json.loads(entry.asked)), workspace=folder)
        for entry in entries
        if entry.state in {"queued", "failed"}
    ]


def make(
    requests: Sequence[Request],
    *,
    executor: str = "",
    engine: str = "",
    force: bool = False,
    one: bool = False,
) -> list[Result]:
    """Make reports, and show where they are."""
    from typing import cast

    from reportkit import config
    from reportkit.run import executors
    from reportkit.run.batch import Batch

    if not requests:
        return []
    folder = requests[0].workspace
    limits = config.read(folder).limits
    live = screen.Live(_title(requests))
    many = screen.Many(len(requests), live)

    def told(result: Result) -> None:
        if not one:
            many.ended(
                failed=result.state in {"failed", "elsewhere"}, made=result.state != "unchanged"
            )

    def progress(_: Request, step: Progress) -> None:
        if one:
            live(step)

    data = _data(requests) if len(requests) > 1 else {}
    if not one:
        live.say(f"0 of {len(requests)} done")
    try:
        batch = Batch(
            requests,
            lambda count: executors.opened(
                executor,
                workspace=folder,
                reports=count,
                draw=any(request.formats for request in requests),
                run_seconds=limits.run_seconds,
                surroundings=data if count > 1 else {},
            ),
            options.now,
            cast("Engine | None", engine or None),
            force=force,
            told=told,
            progress=progress,
        )
        return batch.run()
    except KeyboardInterrupt:
        live.end()
        screen.remark(f"Stopped; '{screen.command('reportkit')} run --resume' makes what is left.")
        raise
    finally:
        live.end()


def _data(requests: Sequence[Request]) -> dict[str, str]:
    """Say what data warm processes are to hold for these reports."""
    from reportkit import snapshot

    asked = ((request.period, request.unit) for request in requests)
    return snapshot.wish(requests[0].workspace, asked, options.now())


def _title(requests: Sequence[Request]) -> str:
    if len(requests) == 1:
        return f"{Path(requests[0].report).stem} {requests[0].period.key}"
    return f"{len(requests)} reports"


def _one(result: Result, *, as_json: bool) -> None:
    if result.error is not None:
        raise result.error
    outcome = _made(result)
    if as_json:
        screen.say_json({"folder": str(outcome.folder), "unchanged": result.state == "unchanged", **outcome.manifest})  # fmt: skip
    else:
        show(outcome)
        if result.state == "unchanged":
            screen.say(
                "  Nothing was made: this run is finished, and nothing it depends on has changed since. --force makes it again."
            )
    if outcome.state == "held":
        raise HeldError(
            f"{held(outcome.manifest)} The files are kept for you to look at; nothing may be sent."
        )


def _made(result: Result) -> Outcome:
    if result.outcome is None:
        raise UsageError("The report left nothing.")
    return result.outcome


def _many(results: Sequence[Result], *, as_json: bool) -> None:
    if as_json:
        screen.say_json([_plain(result) for result in results])
    elif not results:
        screen.say("Nothing is left to be made.")
    else:
        _table(results)
    codes = {result.error.exit_code for result in results if result.error is not None}
    codes |= {HeldError.exit_code for result in results if _state(result) == "held"}
    for code in _ORDER:
        if code in codes:
            raise typer.Exit(code)


def _state(result: Result) -> str:
    return result.outcome.state if result.outcome else result.state


def _plain(result: Result) -> dict[str, object]:
    request = result.request
    return {
        "report": Path(request.report).stem, "period": request.period.key, "unit": request.unit or "", "state": _state(result),
        "made": result.state not in {"unchanged", "elsewhere"}, "folder": str(result.outcome.folder) if result.outcome else None,
        "error": {"kind": type(result.error).__name__, "exit_code": result.error.exit_code, "message": result.error.message} if result.error else None,
        "seconds": round(result.seconds, 3),
    }  # fmt: skip


def _table(results: Sequence[Result]) -> None:
    """Print what came of a batch: a line for each report and quarter, then each failure with its reason."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((Path(result.request.report).stem, result.request.period.key), []).append(result)  # fmt: skip
    rows = []
    for (name, period), part in groups.items():
        states = Counter("unchanged" if r.state == "unchanged" else r.state for r in part)
        units = sum(1 for r in part if r.request.unit)
        rows.append(
            (
                name, period, f"{units} units" if units > 1 else part[0].request.unit or "all",
                str(states["draft"] or "–"), str(states["unchanged"] or "–"), str(states["held"] or "–"),
                str(states["failed"] + states["elsewhere"] or "–"),
            )
        )  # fmt: skip
    screen.table(
        rows,
        head=("report", "period", "for", "made", "unchanged", "held", "failed"),
        right=(3, 4, 5, 6),
    )
    if all(result.state == "unchanged" for result in results):
        screen.say(
            "  Nothing was made: every report is finished, and nothing it depends on has changed since. --force makes them again."
        )
    errors: dict[str, list[Result]] = {}
    for result in results:
        if result.error is not None:
            errors.setdefault(_reason(result.error), []).append(result)
    for reason, part in errors.items():
        first = part[0].request
        who = " ".join(filter(None, (Path(first.report).stem, first.period.key, first.unit)))
        more = f" and {len(part) - 1} more" if len(part) > 1 else ""
        screen.say(f"  {screen.styled('×', 'bad')} {who}{more}: {reason}")
    if errors:
        screen.say(f"  '{screen.command('reportkit')} run --resume' makes those again that failed.")


def _reason(error: ReportkitError) -> str:
    from reportkit.run.folder import KEPT

    return error.message.split(KEPT)[0]
