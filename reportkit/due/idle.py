"""What the last round found: until when nothing is due, as long as configuration, ledger and units stay as they are.

Machines ask every hour, and nearly always there is nothing to do. To find that out anew means to load a database library and
the calendars of all holidays; to see that nothing has changed since somebody did costs next to nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

_LOOK_AGAIN = timedelta(days=1)
_LEDGER, _CONFIG = "ledger.db", "reportkit.toml"


def still(folder: Path, now: datetime) -> bool:
    """Say whether it is known that nothing is due now.

    Args:
        folder: the workspace.
        now: naive UTC instant.
    """
    try:
        kept = json.loads(_place(folder).read_text(encoding="utf-8"))
        begun, ends = (datetime.fromisoformat(kept[name]) for name in ("from", "until"))
        return bool(begun <= now < ends and kept["of"] == state(folder))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def keep(folder: Path, of: list[object], now: datetime, next_due: datetime | None) -> None:
    """Remember that nothing is due until an instant; a day later somebody looks again in any case.

    Args:
        folder: the workspace.
        of: what :func:`state` gave before it was looked.
        now: naive UTC instant.
        next_due: when the next report is due; None when none is.
    """
    until = min(filter(None, (next_due, now + _LOOK_AGAIN)))
    text = json.dumps({"from": now.isoformat(), "until": until.isoformat(), "of": of})
    path = _place(folder)
    work = path.with_name(f".{path.name}.{os.getpid()}")
    # Who may not write here finds out anew each time.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        work.write_text(text, encoding="utf-8")
        work.replace(path)


def state(folder: Path) -> list[object]:
    """Give what changes when configuration, ledger or units do."""
    config = hashlib.sha256((folder / _CONFIG).read_bytes()).hexdigest()
    units = folder / "store" / "loads" / "units"
    loaded = units.stat().st_mtime_ns if units.is_dir() else 0
    path = folder / _LEDGER
    if not path.is_file():
        return [config, loaded]
    about = path.stat()
    with path.open("rb") as file:
        # SQLite counts the changes of a file in these four bytes.
        changes = file.read(28)[24:].hex()
    return [config, loaded, about.st_ino, about.st_size, about.st_mtime_ns, changes]


def _place(folder: Path) -> Path:
    return folder / "store" / ".known" / "idle.json"
