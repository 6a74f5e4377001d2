"""Where things lie in a workspace, so that all who look for them look in one place."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote

RUNS = "runs"
WHOLE_FIRM = "_all"
#: What a file system takes as one name, less what temporary files put around it.
_LONGEST = 200


def series(workspace: Path, report: str, period: str, unit: str | None) -> Path:
    """Give the folder that holds all runs of a report for a quarter and a unit."""
    return workspace / RUNS / report / period / (_name(unit) if unit else WHOLE_FIRM)


def mask(workspace: Path) -> int:
    """Give what files of a workspace are kept from: everybody but their owner, and its group where that may write into the folder."""
    return 0o007 if workspace.stat().st_mode & 0o020 else 0o077


def stem(unit: str) -> str:
    """Give what stands for a unit in the name of a commentary: itself, but for what no file can be called."""
    fits = not set("/\0") & set(unit) and len(unit.encode()) <= _LONGEST
    return unit if fits else _name(unit)


def _name(unit: str) -> str:
    """Give the folder's name of a unit: one that leads nowhere, that no other unit has, and that is not too long."""
    name = quote(unit, safe=" +-_.,()").replace("..", "%2E%2E")
    if name == WHOLE_FIRM or name.startswith("."):
        name = f"%{ord(name[0]):02X}{name[1:]}"
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST - 20]}~{hashlib.sha256(unit.encode()).hexdigest()[:16]}"
    return name
