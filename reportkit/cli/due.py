"""``reportkit due`` and ``close``: the reports that are due, and what a period still lacks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reportkit.cli import options, screen
from reportkit.cli.options import JsonOption, UnitOption, WorkspaceOption
from reportkit.errors import AttentionError, ReportkitError
from reportkit.locale import plural

if TYPE_CHECKING:
    from pathlib import Path

    from reportkit.due import Result


def due(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what is due; write nothing.")
    ] = False,
    every: Annotated[
        str,
        typer.Option(
            "--every", metavar="SPAN", help="Go on for ever, with this pause, such as 1h."
        ),
    ] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Run what is due and not done, send what is approved, and tell owners what did not happen."""
    folder = options.workspace(workspace)
    if dry_run:
        _shown(folder, json=json)
        return
    if not every:
        _ended(_round(folder, json=json))
        return
    import time

    from reportkit.schedule.install import interval

    pause = interval(every)
    while True:
        try:
            result = _round(folder, json=json)
            if result.troubles:
                screen.remark("; ".join(one.title for one in result.troubles))
        except ReportkitError as error:
            # The next round may find the cause gone; a loop that ends would tell nobody.
            screen.complain(error)
        time.sleep(pause)


def _shown(folder: Path, *, json: bool) -> None:
    from reportkit.due import dry
    from reportkit.due.planning import listed

    found = dry(folder, options.now)
    if json:
        screen.say_json(
            [{n: v for n, v in vars(one).items() if n not in {"id", "owner"}} for one in found]
        )
    elif not found:
        screen.say("Nothing is due.")
    else:
        screen.table(listed(found), head=("report", "period", "unit", "due since (UTC)", "state"))


def _round(folder: Path, *, json: bool) -> Result:
    from reportkit.due import play

    tell = (lambda _: None) if json else screen.say
    result = play(folder, options.now, tell=tell, data=partial(_data, folder))
    if json:
        screen.say_json(
            {
                "made": result.made,
                "sent": result.sent,
                "stopped": result.stopped,
                "troubles": [{"report": t.claim.report, "period": t.claim.period, "unit": t.claim.unit, "kind": t.kind, "said": t.said, "todo": t.todo} for t in result.troubles],
            }
        )  # fmt: skip
        return result
    if result.sent:
        counts = ", ".join(f"{number} {state}" for state, number in result.sent.items())
        screen.say(f"Mails: {counts}")
    if result.stopped:
        screen.say(f"{screen.styled('!', 'watch')} {result.stopped}")
    for one in result.troubles:
        screen.say(f"{screen.styled('×', 'bad')} {one.title}")
        screen.paragraph("why", one.said)
        screen.paragraph("to do", one.todo)
    if not result.made and not result.sent and not result.troubles:
        screen.say("Nothing is due.")
    return result


def _data(folder: Path, asked: Any, known_by: Any) -> dict[str, str]:
    from reportkit import snapshot

    return snapshot.wish(folder, asked, known_by)


def _ended(result: Result) -> None:
    if result.troubles:
        raise AttentionError(
            f"{plural(len(result.troubles), 'scheduled report needs', 'scheduled reports need')} somebody: "
            f"{'; '.join(one.title for one in result.troubles[:5])}."
        )


def close(
    period: Annotated[str, typer.Argument(metavar="PERIOD", help="A period such as 2026-Q3.")],
    report: Annotated[
        str, typer.Option("--report", metavar="REPORT", help="Which report.")
    ] = "board",
    unit: UnitOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List what a period still lacks before its report can go out, by owner."""
    from reportkit.due import closing

    folder = options.workspace(workspace)
    found: list[Any] = closing.missing(folder, report, period, unit, options.now())
    if json:
        screen.say_json([vars(one) for one in found])
        return
    if not found:
        screen.say(
            f"{screen.styled('complete', 'good')}  Nothing is missing for {report} {period}."
        )
        return
    screen.say(screen.styled(f"{plural(len(found), 'thing')} missing for {report} {period}", "strong"))  # fmt: skip
    screen.table([(one.owner, one.kind, one.what) for one in found], head=("owner", "kind", "what"))
