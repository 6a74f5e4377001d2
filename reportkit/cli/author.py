"""``reportkit new`` and ``check``: reports that a workspace writes itself."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reportkit.cli import completing, options, screen
from reportkit.cli.options import JsonOption, WorkspaceOption
from reportkit.errors import ConfigError, DataError, NotebookError, UsageError, from_os

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from reportkit.lint import Fault

new = typer.Typer(
    name="new", help="Write a notebook to start from.", no_args_is_help=True, add_completion=False
)

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,59}")


@new.callback()
def _new() -> None:
    """Write a notebook to start from."""


@new.command("report")
def report(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What 'reportkit run NAME' will call it.")
    ],
    *,
    title: Annotated[
        str | None,
        typer.Option("--title", metavar="WORDS", help="On the cover; by default made of the name."),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(
            "--like",
            metavar="REPORT",
            help="Begin with a copy of this report, such as 'board', in place of the template.",
            autocompletion=completing.reports,
        ),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write the notebook of a new report; it runs at once."""
    from reportkit import resources
    from reportkit.run import template

    place = options.workspace(workspace)
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{screen.fit(name, 60)!r} cannot name a report; write up to 60 small letters, digits, - and _, beginning with a letter{_better(name)}."
        )
    if name in resources.notebooks(place) and like != name:
        raise UsageError(
            f"Report {name!r} exists; name another one, or copy it into the workspace with '--like {name}'."
        )
    path = place / "notebooks" / f"{name}.ipynb"
    if path.exists():
        raise UsageError(f"{path} exists and was left as it is.")
    if like is None:
        source = resources.templates() / "notebooks" / "report.ipynb"
        made = _filled(template.read(source), name, title or _title(name))
    else:
        made = template.read(resources.notebook(like, place))
        if title:
            made.metadata["title"] = title
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(template.text(made))
    except OSError as error:
        raise from_os(error, f"Writing {path}") from error
    screen.say(f"{screen.styled(f'Report {name}', 'strong')}  {screen.short(path)}")
    beside = "" if workspace is None else f" -w {screen.short(place)}"
    screen.table(
        [
            (f"reportkit preview {name}{beside}", "see it in the browser while you write"),
            (f"reportkit check {name}{beside}", "is it fit to be kept"),
            (f"reportkit run {name}{beside}", "HTML, PDF and e-mail"),
        ]
    )


def _better(name: str) -> str:
    """Offer the name that was likely meant."""
    plain = unicodedata.normalize("NFKD", name.removesuffix(".ipynb")).encode("ascii", "ignore").decode()  # fmt: skip
    found = re.sub(r"[^a-z0-9_]+", "-", plain.lower()).lstrip("-_0123456789").rstrip("-_")[:60]
    return f", such as {found!r}" if _NAME.fullmatch(found) and "/" not in name else ""


def _title(name: str) -> str:
    words = re.sub(r"[-_]+", " ", name).strip()
    return words[:1].upper() + words[1:]


def _filled(notebook: NotebookNode, name: str, title: str) -> NotebookNode:
    """Put name and title where the template leaves room for them; a title is text, wherever it stands."""
    import json

    for cell in notebook.cells:
        text = cell["source"].replace("NAME", name)
        if cell["cell_type"] == "code":
            # A literal of JSON is one of Python too.
            text = text.replace('"TITLE"', json.dumps(title, ensure_ascii=False))
        cell["source"] = text.replace("TITLE", " ".join(title.split()))
    notebook.metadata["title"] = title
    return notebook


def check(
    reports: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NOTEBOOK]...",
            help="Reports by name, or paths of notebooks; by default all of the workspace's own.",
            autocompletion=completing.reports,
        ),
    ] = None,
    *,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Check notebooks before they are kept: parameters, tags, headings, charts, secrets, paths, outputs."""
    place = _place(workspace, named=bool(reports))
    asked = _asked(reports or [], place)
    found = {path: _faults(path, place, alone=len(asked) == 1) for path in asked}
    if json:
        screen.say_json(
            [{"notebook": str(path), **vars(fault)} for path, own in found.items() for fault in own]
        )
    else:
        for path, own in found.items():
            _show(path, own)
    faults = sum(map(len, found.values()))
    if faults:
        notebooks = sum(1 for own in found.values() if own)
        raise NotebookError(
            f"{faults} fault{'s' * (faults > 1)} in {notebooks} notebook{'s' * (notebooks > 1)}; mend them, then check again."
        )


def _faults(path: Path, place: Path | None, *, alone: bool) -> tuple[Fault, ...]:
    """Check one notebook; of several, one that is none does not keep the others from being checked."""
    from reportkit import lint

    try:
        return lint.check(path, place)
    except DataError as error:
        if alone:
            raise
        return (lint.Fault("notebook", 0, "", error.message.rstrip(".")),)


def _place(workspace: Path | None, *, named: bool) -> Path | None:
    """Give the workspace; a notebook that is named can be checked anywhere."""
    try:
        return options.workspace(workspace)
    except ConfigError:
        if workspace is not None or not named:
            raise
        return None


def _asked(names: list[str], place: Path | None) -> list[Path]:
    from reportkit import resources

    if names:
        return [resources.notebook(name, place) for name in names]
    own = sorted((place / "notebooks").rglob("*.ipynb")) if place else []
    own = [path for path in own if ".ipynb_checkpoints" not in path.parts]
    if not own:
        raise UsageError(
            f"{place} has no notebooks of its own; name one, or make one with 'reportkit new report NAME'."
        )
    return own


def _show(path: Path, faults: tuple[Fault, ...]) -> None:
    state = (
        screen.styled("fit to be kept", "good")
        if not faults
        else screen.styled(f"{len(faults)} fault{'s' * (len(faults) > 1)}", "bad")
    )
    screen.say(f"{screen.styled(screen.short(path), 'strong')}  {state}")
    before = -1
    for fault in faults:
        if fault.cell != before:
            line = screen.styled(screen.fit(fault.line, 72), "quiet")
            screen.say(f"  cell {fault.cell}  {line}" if fault.cell else "  whole notebook")
        before = fault.cell
        screen.table([("×", fault.rule, fault.message)], indent=4)
