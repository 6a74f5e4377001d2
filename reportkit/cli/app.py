"""All commands. Each imports what it needs when it runs, so that help costs nothing."""

from __future__ import annotations

import copy
import gc
from typing import TYPE_CHECKING, Annotated

import typer

from reportkit.cli import (
    author,
    clocks,
    data,
    demo,
    due,
    evidence,
    keep,
    mail,
    measures,
    release,
    report,
    run,
    schedule,
    settings,
    setup,
    status,
    told,
)
from reportkit.cli.contents import Contents, illustrate
from reportkit.cli.doctor import doctor
from reportkit.cli.formats import formats, guess
from reportkit.cli.lab import lab
from reportkit.cli.preview import preview
from reportkit.cli.pull import pull, sources
from reportkit.cli.quant import quant
from reportkit.cli.seedmap import seedmap
from reportkit.cli.theme import theme

if TYPE_CHECKING:
    from typer.models import CommandInfo

app = typer.Typer(
    name="reportkit",
    cls=Contents,
    help="Recurring security reports for executives: from data to notebook, HTML, PDF and e-mail.",
    epilog="'reportkit COMMAND --help' explains each, with examples. Exit codes: 0 done, 2 usage, 3 input data, 4 notebook failed, "
    "5 held by a check, 6 killed or over a limit, 7 configuration, 8 not delivered to everybody, 9 a scheduled report needs somebody, 75 try again.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from reportkit import __version__

        print(f"reportkit {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool,
        typer.Option(
            "--version", help="Print the version and end.", callback=_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Recurring security reports for executives: from data to notebook, HTML, PDF and e-mail."""
    gc.enable()


app.command("demo")(demo.demo)
app.command("init")(setup.init)
app.command("load")(data.load)
app.command("pull")(pull)
app.command("sources")(sources)
app.command("inspect")(data.inspect)
app.command("formats")(formats)
app.command("guess")(guess)
app.command("tables")(data.tables)
app.command("log")(keep.log)
app.command("describe")(keep.describe)
app.command("verify")(keep.verify)
app.command("rejected")(keep.rejected)
app.command("prune")(keep.prune)
app.command("export")(keep.export)
app.command("measures")(measures.measures)
app.command("measure")(measures.measure)
app.command("run")(run.run)
app.command("quant")(quant)
app.command("publish")(report.publish)
app.command("runs")(report.runs)
app.command("status")(status.status)
app.command("show")(status.show)
app.add_typer(author.new)
app.command("check")(author.check)
app.command("preview")(preview)
app.command("lab")(lab)
app.add_typer(settings.config)
app.command("doctor")(doctor)
app.command("restatements")(told.restatements)
app.command("diff")(told.diff)
app.command("errata")(told.errata)
app.command("seedmap")(seedmap)
app.command("clocks")(clocks.clocks)
app.command("theme")(theme)
app.command("release")(evidence.release)
app.command("approve")(release.approve)
app.command("revoke")(release.revoke)
app.command("send")(release.send)
app.command("resend")(release.resend)
app.command("deliveries")(release.deliveries)
app.command("bundle")(evidence.bundle)
app.command("reproduce")(evidence.reproduce)
app.command("backup")(evidence.backup)
app.command("restore")(evidence.restore)
app.command("rebuild")(evidence.rebuild)
app.command("due")(due.due)
app.command("close")(due.close)
app.command("mail")(mail.mail)
app.add_typer(schedule.app, name="schedule")
illustrate(app)


def narrowed(asked: str) -> typer.Typer:
    """Give the application with all commands, of which only the one that is asked for knows what it takes.

    To read the signatures of forty functions takes longer than all else that help does.
    """
    found = copy.copy(app)
    found.registered_commands = [
        info if info.name == asked else _heading(info) for info in app.registered_commands
    ]
    return found


def _heading(info: CommandInfo) -> CommandInfo:
    def command() -> None: ...

    command.__doc__ = info.callback.__doc__
    told = copy.copy(info)
    told.callback = command
    return told
