"""What a report depends on, as one hash: a finished report is made again only when something of it has changed.

It covers the notebook, what was asked for, every extract that is known, what was told before, the workspace's configuration,
words, rules and own measures, and the code and templates of the package.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from reportkit import config, resources
from reportkit.run import told
from reportkit.run.code import code, hashed, listed
from reportkit.run.folder import FAILED, MANIFEST, series
from reportkit.run.manifest import extracts
from reportkit.run.request import Request
from reportkit.run.surroundings import RULES


class Fingerprints:
    """The hashes of one workspace's reports at one instant; what they share is read once.

    Args:
        workspace: the folder with ``reportkit.toml``.
        now: naive UTC instant that counts as now.
    """

    def __init__(self, workspace: Path, now: datetime) -> None:
        self._workspace, self._now = workspace, now
        self._inputs: dict[datetime, str] = {}

    def of(self, request: Request) -> str:
        """Give the hash of everything a report depends on."""
        path = resources.notebook(request.report, self._workspace)
        asked: dict[str, Any] = {
            "report": path.stem, "notebook": hashlib.sha256(path.read_bytes()).hexdigest(), "period": request.period.key,
            "unit": request.unit or "", "parameters": {**request.parameters}, "formats": sorted(request.formats),
            "known_by": request.known_by, "inputs": self._known(request.known_by or self._now),
        }  # fmt: skip
        return hashed(json.dumps(asked, sort_keys=True, default=str), self._around, code())

    def _known(self, known_by: datetime) -> str:
        if known_by not in self._inputs:
            self._inputs[known_by] = hashed(json.dumps(extracts(self._workspace, known_by)))
        return self._inputs[known_by]

    @cached_property
    def _around(self) -> str:
        """The hash of what the workspace adds: configuration, words, own measures, and what was told."""
        folder = self._workspace
        own = config.read(folder).measures.modules
        paths = [folder / config.FILE, *(folder / "commentary").rglob("*.md")]
        paths += [folder / name for name in RULES]
        paths += [folder / name for name in own if name.endswith(".py")]
        return hashed(
            listed((path for path in paths if path.is_file()), folder),
            json.dumps(told.publications(folder)),
        )


def finished(request: Request, key: str) -> tuple[Path, dict[str, Any]] | None:
    """Give the newest run of a report with its manifest, when it has that hash and its files are all there."""
    place = series(request.workspace, Path(request.report).stem, request.period.key, request.unit)
    found = sorted(
        path.parent
        for path in place.glob(f"*/{MANIFEST}")
        if not path.parent.name.startswith(".") and FAILED not in path.parent.name
    )
    if not found:
        return None
    said: dict[str, Any] = json.loads((found[-1] / MANIFEST).read_text(encoding="utf-8"))
    whole = said.get("key") == key and all(
        (found[-1] / name).is_file() and (found[-1] / name).stat().st_size == kept["bytes"]
        for name, kept in said["artefacts"].items()
    )
    return (found[-1], said) if whole else None
