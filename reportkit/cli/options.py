"""Options that several commands share, and how they are understood."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from reportkit import layout
from reportkit.errors import ConfigError, ParameterError, UsageError

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        metavar="DIR",
        help="The workspace; by default this folder or the nearest above it.",
    ),
]
UnitOption = Annotated[
    str | None,
    typer.Option(
        "--unit", "-u", metavar="UNIT", help="A business unit; by default the whole firm."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_FILE = "reportkit.toml"


def now() -> datetime:
    """Give the naive UTC instant that counts as now; the clock is read here and nowhere below."""
    return datetime.now(UTC).replace(tzinfo=None)


def _shared(place: Path) -> Path:
    """Let the group of a workspace read and write what a command writes, where the group may write into the folder."""
    os.umask(layout.mask(place))
    return place


def workspace(given: Path | None) -> Path:
    """Give the workspace: the one named, or this folder, or the nearest above.

    Raises:
        ConfigError: there is none.
    """
    if given is not None:
        if not (given / _FILE).is_file():
            raise ConfigError(
                f"{given} is not a workspace (it has no {_FILE}); make one with 'reportkit init {given}'."
            )
        return _shared(given.resolve())
    here = Path.cwd()
    if found := next((path for path in (here, *here.parents) if (path / _FILE).is_file()), None):
        return _shared(found)
    below = sorted(path.parent.name for path in here.glob(f"*/{_FILE}"))
    hint = (
        f"name it with '-w {below[0]}'"
        if below
        else "make one with 'reportkit demo' or 'reportkit init DIR'"
    )
    raise ConfigError(f"Neither {here} nor a folder above it is a workspace (no {_FILE}); {hint}.")


def pairs(given: list[str]) -> dict[str, str]:
    """Read ``name=value`` options; the value is text as it stands.

    Raises:
        ParameterError: no equals sign, or a name twice.
    """
    found: dict[str, str] = {}
    for pair in given:
        name, sign, value = pair.partition("=")
        if not sign or not name.strip():
            raise ParameterError(f"--param {pair!r} is not understood; write --param name=value.")
        if name.strip() in found:
            raise ParameterError(f"Parameter {name.strip()!r} is given twice; give it once.")
        found[name.strip()] = value
    return found


def day(text: str | None, option: str) -> date | None:
    """Read the day that an option names."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text!r} is not a day; write it as 2026-09-30.") from None
