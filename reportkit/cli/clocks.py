"""``reportkit clocks``: which deadlines hold for notices to regulators."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from typing import Annotated

import typer

from reportkit.cli import options, screen
from reportkit.cli.options import JsonOption, WorkspaceOption
from reportkit.errors import ConfigError, UsageError


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
    from reportkit import resources

    if copy:
        place = options.workspace(workspace) / rules.FILE
        if place.exists():
            raise UsageError(f"{screen.short(place)} is there already; edit it.")
        shutil.copyfile(resources.templates() / rules.FILE, place)
        screen.say(f"{screen.short(place)}: rows there replace those of the same id and day")
        return
    try:
        found = rules.read(options.workspace(workspace))
    except ConfigError:
        if workspace is not None:
            raise
        found = rules.shipped()
    if json:
        screen.say_json([asdict(rule) for rule in found])
        return
    screen.table(
        [
            (rule.id, rule.name, f"{rule.amount} {rule.unit}", rule.start, str(rule.valid_from), _standing(rule.verified, rule.enabled))
            for rule in found
        ],
        head=("id", "clock", "runs", "from", "in force", ""),
    )  # fmt: skip
    screen.say(
        "  None of this is legal advice; 'reportkit clocks --json' names where each rule stands."
    )


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
