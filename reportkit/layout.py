"""Where things lie in a workspace, so that all who look for them look in one place."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

RUNS = "runs"
WHOLE_FIRM = "_all"


def series(workspace: Path, report: str, period: str, unit: str | None) -> Path:
    """Give the folder that holds all runs of a report for a quarter and a unit."""
    part = quote(unit, safe=" +-_.,()").replace("..", "%2E%2E") if unit else WHOLE_FIRM
    return workspace / RUNS / report / period / part
