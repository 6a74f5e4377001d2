"""A copy of a workspace that is whole and of one instant, and the workspace again from it.

The ledger is copied first. Rows, runs and what lies beside them are only ever added, so what the ledger speaks of is there when they
are copied after it, also while others load, run and send.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from reportkit import __version__, archives, config, store, verify
from reportkit.errors import DataError, UsageError, from_os
from reportkit.ledger import copying, journal
from reportkit.ledger import of as ledger_of
from reportkit.ledger.database import FILE as LEDGER

LIST = "BACKUP.json"
_VERSION = 1
#: What a workspace makes by itself, or what is half-made.
_NOT_COPIED = ("store/.known", "store/.spill", LEDGER)


@dataclass(frozen=True)
class Copied:
    """What was copied or restored.

    Attributes:
        files: how many.
        bytes: in them.
        ledger: name of the copy of the ledger; empty when there was none.
        faults: what is wrong with the restored workspace, and was when it was copied: every file is the one that was copied.
    """

    files: int
    bytes: int
    ledger: str
    faults: tuple[str, ...] = ()


def backup(workspace: Path, place: Path, now: datetime) -> Copied:
    """Copy a workspace into a folder, or into one zip.

    Args:
        workspace: the folder with ``reportkit.toml``.
        place: a new folder, or a name that ends in ``.zip``.
        now: naive UTC instant.

    Raises:
        UsageError: there is something of that name, or it lies in the workspace.
        TemporaryError: it cannot be written, or the ledger cannot be read; nothing is left half-made.
    """
    place = place.resolve()
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise UsageError(f"{place} is there already; a backup never overwrites, give another name.")
    if place.is_relative_to(workspace.resolve()):
        raise UsageError(f"{place} lies in the workspace; put the backup elsewhere.")
    work = place.with_name(f".{place.name}.part")
    try:
        work.mkdir(parents=True)
        copied = _copy(workspace, work, now)
        if place.suffix == ".zip":
            _zip(work, place)
        else:
            if place.exists():
                place.rmdir()
            work.rename(place)
    except OSError as error:
        raise from_os(error, "Writing the backup") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return copied


def _copy(workspace: Path, work: Path, now: datetime) -> Copied:
    ledger, last = copying.copy(ledger_of(workspace), work)
    for name in _names(workspace):
        target = work / "workspace" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(workspace / name, target)
        except FileNotFoundError:
            # Removed meanwhile, such as a copy of a loaded file past its date.
            continue
    for path in journal.files(work / "workspace"):
        journal.cut(path, last)
    place = store.of(workspace)
    for under in ("extracts", "loads", "raw", "refused"):
        for name in place.objects.names(under):
            target = work / "store" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                file.writelines(place.objects.chunks(name))
    files = {path.relative_to(work).as_posix(): path for path in sorted(work.rglob("*")) if path.is_file()}  # fmt: skip
    listed: dict[str, dict[str, Any]] = {name: {"bytes": path.stat().st_size, "sha256": _digest(path)} for name, path in files.items()}  # fmt: skip
    said = {"backup": _VERSION, "made": f"{now:%Y-%m-%dT%H:%M:%S}Z", "reportkit": __version__, "ledger": ledger, "files": listed}  # fmt: skip
    (work / LIST).write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")  # fmt: skip
    return Copied(len(listed), sum(int(one["bytes"]) for one in listed.values()), ledger)


def _names(workspace: Path) -> Iterator[str]:
    """List the files of a workspace but for its store, its ledger and what is half-made."""
    for folder, inner, names in os.walk(workspace):
        here = Path(folder).relative_to(workspace).as_posix()
        inner[:] = [one for one in inner if not one.endswith(".part") and one not in {".git", "__pycache__", ".ipynb_checkpoints"} and (here, one) != (".", "store")]  # fmt: skip
        for name in sorted(names):
            path = f"{here}/{name}" if here != "." else name
            if not name.endswith(".part") and not name.startswith(LEDGER) and path not in _NOT_COPIED:  # fmt: skip
                yield path


def _zip(work: Path, place: Path) -> None:
    packing = place.with_name(f".{place.name}.zip.part")
    try:
        with zipfile.ZipFile(packing, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in (work / LIST, *(one for one in sorted(work.rglob("*")) if one.is_file() and one != work / LIST)):  # fmt: skip
                packed.write(path, path.relative_to(work).as_posix())
        packing.replace(place)
    finally:
        packing.unlink(missing_ok=True)


def restore(place: Path, folder: Path) -> Copied:
    """Make a workspace from a backup; every file is checked before the first is written, and the workspace looked over after the last.

    Args:
        place: the backup, a folder or a zip.
        folder: where the workspace is to be; empty, or not there yet.

    Raises:
        UsageError: it is no backup, or there is something where the workspace is to be.
        DataError: a file of the backup is missing or another one; nothing is written then.
        TemporaryError: it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty; a backup never overwrites, name a new folder.")
    with _opened(place) as copy:
        said = _checked(copy, place)
        work = folder.resolve().with_name(f".{folder.name}.part")
        try:
            shutil.copytree(copy / "workspace", work)
            settings = config.read(work)
            _rows(copy, work)
            if said["ledger"]:
                copying.take(ledger_of(work), copy / said["ledger"], server=bool(settings.ledger.url))  # fmt: skip
            faults = verify.workspace(work).faults
            if folder.exists():
                folder.rmdir()
            work.rename(folder)
        except OSError as error:
            raise from_os(error, "Restoring the backup") from error
        finally:
            shutil.rmtree(work, ignore_errors=True)
    files = said["files"].values()
    told = tuple(one.replace(str(work), str(folder)) for one in faults)
    return Copied(len(files), sum(one["bytes"] for one in files), said["ledger"], told)


def _rows(copy: Path, work: Path) -> None:
    """Put the rows where the workspace keeps them: its own folder, or its bucket, where those that are there stay."""
    place = store.of(work)
    under = copy / "store"
    for path in sorted(under.rglob("*")) if under.is_dir() else ():
        if path.is_file():
            name = path.relative_to(under).as_posix()
            fresh = place.objects.room() / f".{path.name}.part"
            shutil.copyfile(path, fresh)
            try:
                place.objects.put(fresh, name)
            finally:
                fresh.unlink(missing_ok=True)


@contextmanager
def _opened(place: Path) -> Iterator[Path]:
    if place.is_dir():
        yield place
        return
    if not place.is_file() or not zipfile.is_zipfile(place):
        raise UsageError(f"{place} is no backup (no folder and no zip); 'reportkit backup' makes one.")  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="rk-restore-") as folder:
        archives.unpack(place, Path(folder))
        yield Path(folder)


def _checked(copy: Path, place: Path) -> dict[str, Any]:
    path = copy / LIST
    if not path.is_file():
        raise UsageError(f"{place} is no backup (it has no {LIST}); 'reportkit backup' makes one.")
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version, listed = said["backup"], said["files"]
        whole = isinstance(said["ledger"], str) and all(
            isinstance(one["sha256"], str) and int(one["bytes"]) >= 0 for one in listed.values()
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise DataError(f"{path.name} of {place} is damaged; nothing was restored.")
    if version != _VERSION:
        raise UsageError(f"{place} was made by a newer reportkit ({said.get('reportkit')}); restore it with that.")  # fmt: skip
    linked = archives.links(copy)
    if linked:
        raise DataError(f"{place} holds {linked[0]!r}, which is a link and no file; nothing was restored.")  # fmt: skip
    there = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
    added = sorted(there - set(listed) - {LIST})
    if added:
        raise DataError(f"{place} holds {added[0]!r}, which was not copied with the others; nothing was restored.")  # fmt: skip
    if said["ledger"] and said["ledger"] not in listed:
        raise DataError(f"{place} has no ledger of the name {said['ledger']!r}; nothing was restored.")  # fmt: skip
    faults = verify.files(copy, listed)
    if faults:
        more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise DataError(f"{faults[0].replace(str(copy), place.name)}{more}; nothing was restored.")
    return said


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
