"""``reportkit demo``: a workspace for a fictional company, with a history that was told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder; it is made when it does not exist.")] = Path("reportkit-demo"),
    until: Annotated[str, typer.Option("--until", metavar="Q", help="The last of the eight quarters.")] = "2026-Q3",
    seed: Annotated[int, typer.Option("--seed", help="Another company with the same story.")] = 7,
    no_run: Annotated[bool, typer.Option("--no-run", help="Leave out the report for the last quarter.")] = False,
) -> None:
    """Make a fictional company's workspace, and report on it."""
