"""``reportkit clocks``: which deadlines hold for notices to regulators."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reportkit.cli import options, screen
from reportkit.cli.options import JsonOption, WorkspaceOption
from reportkit.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from reportkit.remediation import Rule


def clocks(
    *,
    copy: Annotated[
        bool, typer.Option("--copy", help="Put the file into the workspace, to change it there.")
    ] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List the deadlines for notices to regulators, and where each rule stands."""
    from reportkit import clocks as rules
    from reportkit import remediation, resources

    if copy:
        place = options.workspace(workspace) / rules.FILE
        if place.exists():
            raise UsageError(f"{screen.short(place)} is there already; edit it.")
        shutil.copyfile(resources.templates() / rules.FILE, place)
        screen.say(f"{screen.short(place)}: rows there replace those of the same id and day")
        return
    folder = _place(workspace)
    found = rules.read(folder) if folder is not None else rules.shipped()
    fixing = remediation.listed(folder)
    if json:
        screen.say_json({"clocks": [*map(asdict, found)], "remediation": [*map(asdict, fixing)]})
        return
    screen.table(
        [
            (rule.id, rule.name, f"{rule.amount} {rule.unit if rule.amount != 1 else rule.unit[:-1]}", rule.start, str(rule.valid_from), _standing(rule.verified, rule.enabled))
            for rule in found
        ],
        head=("id", "clock", "runs", "from", "in force", ""),
    )  # fmt: skip
    screen.say()
    screen.table(
        [(rule.id, rule.name, _days(rule), str(rule.valid_from), _standing(rule.verified, rule.enabled)) for rule in fixing],
        head=("id", "how long a known exploited weakness may stay open", "days", "in force", ""),
    )  # fmt: skip
    screen.say(
        "  None of this is legal advice; 'reportkit clocks --json' names where each rule stands."
    )


def _place(workspace: Path | None) -> Path | None:
    """Give the workspace, or nothing where there is none and none was named."""
    try:
        return options.workspace(workspace)
    except ConfigError:
        if workspace is not None:
            raise
        return None


def _days(rule: Rule) -> str:
    days = ["none set" if case.days is None else str(case.days) for case in rule.cases]
    return " / ".join(days) or "no case written yet"


def _standing(verified: bool, enabled: bool) -> str:
    return (
        ""
        if verified and enabled
        else "switched off"
        if verified
        else "unverified"
        if enabled
        else "unverified, switched off"
    )
