"""The answer that machines get every hour, given without building the command line for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path


def nothing_due(words: Sequence[str]) -> bool:
    """Say whether ``reportkit due`` is asked, plainly, where it is known that nothing is due; anything else goes its usual way."""
    match list(words):
        case ["due"]:
            folder = Path.cwd()
        case ["due", "-w" | "--workspace", place]:
            folder = Path(place)
        case _:
            return False
    from reportkit.due import idle

    return idle.still(folder, datetime.now(UTC).replace(tzinfo=None))
