"""``reportkit schedule``: the coming runs, and the files that make a machine look for them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from reportkit.cli import options, screen
from reportkit.cli.options import JsonOption, WorkspaceOption
from reportkit.errors import ConfigError, UsageError, from_os

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None, add_completion=False)


@app.callback()
def schedule(
    context: typer.Context,
    count: Annotated[
        int, typer.Option("--next", metavar="N", min=1, max=1000, help="How many.")
    ] = 8,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show the coming runs with their periods."""
    if context.invoked_subcommand is not None:
        return
    from reportkit import config
    from reportkit.schedule import upcoming

    settings = config.read(options.workspace(workspace))
    if not settings.schedule:
        raise ConfigError(
            "No report has a schedule; add [[schedule]] with report = 'board' and when = "
            "'5th business day after quarter end at 07:00' to reportkit.toml."
        )
    found = upcoming(settings.schedule, settings.calendar, options.now(), count)
    if json:
        screen.say_json([_plain(one) for one in found])
        return
    rows = [
        (
            one.report + (f" ({', '.join(one.units)})" if one.units else ""),
            one.period.key,
            f"{one.local:%a %Y-%m-%d %H:%M %Z}",
            f"{one.scheduled_at:%Y-%m-%d %H:%M}",
            f"{one.cut_off:%Y-%m-%d %H:%M}" if one.cut_off else "–",
            screen.day(one.board),
        )
        for one in found
    ]
    screen.table(rows, head=("report", "period", "runs", "UTC", "data until (UTC)", "board"))


def _plain(one: Any) -> dict[str, Any]:
    return {
        "report": one.report,
        "period": one.period.key,
        "from": one.period.start,
        "to": one.period.end,
        "at": one.local.isoformat(),
        "at_utc": f"{one.scheduled_at.isoformat()}Z",
        "cut_off_utc": f"{one.cut_off.isoformat()}Z" if one.cut_off else None,
        "units": list(one.units),
        "board": one.board,
    }


@app.command("install")
def install(
    systemd: Annotated[
        bool, typer.Option("--systemd", help="A service and a timer for systemd.")
    ] = False,
    cron: Annotated[bool, typer.Option("--cron", help="A line for a crontab.")] = False,
    github_actions: Annotated[
        bool, typer.Option("--github-actions", help="A workflow for GitHub Actions.")
    ] = False,
    every: Annotated[
        str, typer.Option("--every", metavar="SPAN", help="How often, such as 30m, 1h or 1d.")
    ] = "1h",
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where to write the files.")
    ] = Path(),
    workspace: WorkspaceOption = None,
) -> None:
    """Write the files that make a machine call 'reportkit due'."""
    import shutil

    from reportkit.schedule import install as files

    if systemd + cron + github_actions != 1:
        raise UsageError("Say for what: --systemd, --cron or --github-actions.")
    folder, seconds = options.workspace(workspace), files.interval(every)
    command = shutil.which("reportkit") or str(Path(sys.executable).with_name("reportkit"))
    if systemd:
        made = files.systemd(folder, command, seconds)
        then = f"systemctl --user link {out.resolve()}/reportkit-due.*; systemctl --user enable --now reportkit-due.timer"
    elif cron:
        made, then = files.cron(folder, command, seconds), f"crontab -l | cat - {out / 'reportkit.cron'} | crontab -"  # fmt: skip
    else:
        made, then = files.github_actions(seconds), "put it into .github/workflows/"
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise from_os(error, "Writing the files") from error
    for name in made:
        screen.say(f"{screen.styled('written', 'good')}  {screen.short(out / name)}")
    screen.say(f"Next: {then}")
