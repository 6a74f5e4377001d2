"""Run folders: written beside their place, put there by one rename."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from reportkit.editions import FOLDER as EDITIONS
from reportkit.errors import from_os
from reportkit.layout import RUNS, WHOLE_FIRM, series
from reportkit.run import indented

__all__ = ["WHOLE_FIRM", "Staging", "manifest", "run_id", "runs", "series", "sweep"]

NOTEBOOK = "notebook.ipynb"
MANIFEST = "manifest.json"
ARTEFACTS = {
    "html": "report.html", "pdf": "report.pdf", "email": "message.eml", "pptx": "report.pptx", "xlsx": "report.xlsx",
}  # fmt: skip
FAILED = ".failed"
#: Ends what is said of a run that failed; the place follows.
KEPT = " The notebook as far as it ran: "
#: The final edition: no word of a status, made before it is approved, and never again.
FINAL = "final"
APPROVAL = "approval.json"


def run_id(now: datetime, *parts: str) -> str:
    """Name a run: when it began, to the millisecond, and a short hash of what was asked; names sort by time."""
    short = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
    return f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}Z-{short}"


class Staging:
    """A run folder in the making; nobody sees it before it is whole.

    Args:
        place: where the finished folder will stand; a number is added when another run has the name.

    Raises:
        TemporaryError: the folder cannot be made.
    """

    def __init__(self, place: Path) -> None:
        with _told("Writing the run"):
            self.place, self._work = _claim(place)
            self._alive = _lock(self._work)
        self._kept: dict[str, dict[str, Any]] = {}

    @property
    def kept(self) -> Mapping[str, dict[str, Any]]:
        """Size and SHA-256 of the files written so far, by name."""
        return self._kept

    def write(self, name: str, content: bytes) -> None:
        """Write one file."""
        with _told("Writing the run"):
            (self._work / name).parent.mkdir(parents=True, exist_ok=True)
        with _told("Writing the run"), (self._work / name).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self._kept[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    def publish(self, manifest: Mapping[str, Any]) -> Path:
        """Add the manifest and put the folder in its place."""
        self._seal(manifest)
        with _told("Writing the run"):
            self._work.rename(self.place)
        self._release()
        return self.place

    def fail(self, manifest: Mapping[str, Any]) -> Path:
        """Keep notebook and manifest under a name that says the run failed; everything that could be sent goes."""
        for name in ARTEFACTS.values():
            (self._work / name).unlink(missing_ok=True)
        shutil.rmtree(self._work / EDITIONS, ignore_errors=True)
        self._seal(manifest)
        place = _failed(self.place)
        with _told("Writing the run"):
            self._work.rename(place)
        self._release()
        return place

    def discard(self) -> None:
        """Remove everything, and the folders that were made for it."""
        shutil.rmtree(self._work, ignore_errors=True)
        self._release()
        for folder in (self._work.parent, *self._work.parent.parents[:3]):
            try:
                folder.rmdir()
            except OSError:
                return

    def _release(self) -> None:
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None

    def _seal(self, manifest: Mapping[str, Any]) -> None:
        text = indented.dumps(manifest)
        self.write(MANIFEST, (text + "\n").encode("utf-8"))


def manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a run folder."""
    with _told("Reading a run"):
        read: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return read


def runs(workspace: Path) -> Iterator[Path]:
    """Go through the run folders of a workspace, failed ones too, in the order of their names."""
    for path in sorted((workspace / RUNS).glob(f"*/*/*/*/{MANIFEST}")):
        if not path.parent.name.startswith("."):
            yield path.parent


def sweep(place: Path, *, older: float = 60.0) -> None:
    """Remove what killed processes left half-written in a folder.

    Args:
        place: the folder of a series of runs.
        older: seconds; younger ones may not have taken their lock yet.
    """
    for work in place.glob(".*.part"):
        with suppress(OSError):
            if time.time() - work.stat().st_mtime < older:
                continue
            held = _lock(work)
            if held is not None:
                shutil.rmtree(work, ignore_errors=True)
                os.close(held)


def _lock(work: Path) -> int | None:
    """Hold a folder as long as this process lives; None when another process holds it."""
    file = os.open(work, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def _failed(place: Path) -> Path:
    return place.with_name(place.name + FAILED)


def _claim(place: Path) -> tuple[Path, Path]:
    """Take a name that no other run has, also of those that begin in the same moment; making the folder decides."""
    place.parent.mkdir(parents=True, exist_ok=True)
    number, free = 1, place
    while True:
        work = free.with_name(f".{free.name}.part")
        with suppress(FileExistsError):
            work.mkdir()
            if not free.exists() and not _failed(free).exists():
                return free, work
            work.rmdir()
        number += 1
        free = place.with_name(f"{place.name}-{number}")


@contextmanager
def _told(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise from_os(error, doing) from error
