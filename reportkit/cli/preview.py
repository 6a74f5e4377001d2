"""``reportkit preview``: a report in the browser while it is written."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reportkit.cli import options, screen
from reportkit.cli.options import UnitOption, WorkspaceOption
from reportkit.cli.report import ReportArgument, quarter
from reportkit.errors import UsageError

if TYPE_CHECKING:
    from reportkit.preview.server import Kind, Server, Shown


def preview(
    report: ReportArgument,
    *,
    period: Annotated[
        str,
        typer.Option(
            "--period",
            "-p",
            metavar="Q",
            help="A quarter such as 2026-Q3; by default the latest closed one with data.",
        ),
    ] = "",
    unit: UnitOption = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            "-P",
            metavar="K=V",
            help="A value for one of the notebook's parameters; may be repeated.",
        ),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            "--port", min=0, max=65535, metavar="N", help="By default any port that is free."
        ),
    ] = 0,
    browser: Annotated[
        bool, typer.Option(help="Whether to open a browser; the address is printed anyway.")
    ] = True,
    workspace: WorkspaceOption = None,
) -> None:
    """Show a report in the browser, and again whenever its notebook is saved; Ctrl-C ends it.

    Cells above the first changed one are not run again; 'Run afresh' in the page runs all.
    """
    from reportkit.preview.loop import Preview
    from reportkit.preview.server import Shown
    from reportkit.run import Request

    folder = options.workspace(workspace)
    request = Request(
        workspace=folder,
        report=report,
        period=quarter(folder, period),
        unit=unit,
        parameters=options.pairs(param or []),
    )
    shown = Shown()
    author = Preview(request, shown, options.now, _said)
    server = _server(port, shown)
    # Whoever ends the terminal or asks kindly ends the kernel too.
    for name in ("SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), _leave)
    server.begin()
    screen.say(f"{screen.styled('Preview', 'strong')}  {server.url}")
    screen.say("  Save the notebook to see it again; Ctrl-C ends.")
    if browser:
        import webbrowser

        webbrowser.open(server.url)
    try:
        author.watch()
    except KeyboardInterrupt:
        screen.remark("")
    finally:
        server.end()


def _server(port: int, shown: Shown) -> Server:
    from reportkit.preview.server import Server

    try:
        return Server(port, shown)
    except OSError as error:
        raise UsageError(
            f"Port {port} cannot be had ({(error.strerror or str(error)).lower()}); name another, or leave --port out."
        ) from None


def _leave(*_: Any) -> None:
    raise KeyboardInterrupt


def _said(text: str, kind: Kind) -> None:
    import time

    mark = screen.styled("×", "bad") if kind == "bad" else screen.styled("✓", "good")
    screen.say(f"  {time.strftime('%H:%M:%S')}  {mark} {text}")
