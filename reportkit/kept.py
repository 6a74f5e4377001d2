"""Tables as known, kept as files: the same loads leave the same rows, for any process and any report that asks."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

#: How many files are kept.
_KEPT = 500


class Keeping:
    """Makes copied relations from files that are written when they are first asked for.

    Args:
        engine: the local engine that reads and writes the files.
        folder: where they lie; it is made when needed.
    """

    def __init__(self, engine: Any, folder: Path) -> None:
        self._engine, self._folder = engine, folder
        #: What each relation made so far holds, by its name: a name says nothing to another process.
        self._held: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def make(self, name: str, select: str, *, copied: bool, order: str = "") -> None:
        """Make a relation; see :class:`reportkit.sql.Engine`."""
        held = re.sub(r"\w+\.\w+", lambda found: self._held.get(found[0], found[0]), select)
        self._held[name] = hashlib.sha256(held.encode()).hexdigest()
        # A relation that was made elsewhere says nothing of what it holds.
        told = f" {name.partition('.')[0]}." not in held
        if copied and told:
            path = self._folder / f"{self._held[name]}.parquet"
            if path.exists() or self._write(path, select):
                name_ = str(path).replace("'", "''")
                select, copied = f"SELECT * FROM read_parquet('{name_}')", False
        self._engine.make(name, select, copied=copied, order=order)

    def _write(self, path: Path, select: str) -> bool:
        """Write the file, whole or not at all; False where nothing can be written."""
        part = path.with_name(f".{path.stem}-{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._engine.write(select, part)
            part.replace(path)
            files = sorted(path.parent.glob("*.parquet"), key=lambda file: file.stat().st_mtime)
            for old in files[:-_KEPT]:
                old.unlink(missing_ok=True)
        except OSError:
            return False
        return True
