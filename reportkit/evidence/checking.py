"""Checks a run or a pack, without a network and without a workspace: every file, the manifest, the chain, the signature."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from reportkit import verify
from reportkit.errors import DataError, ReportkitError, UsageError, from_os
from reportkit.evidence import pack, signing
from reportkit.ledger import journal
from reportkit.run import schema
from reportkit.run.folder import FINAL, MANIFEST, manifest


@dataclass(frozen=True)
class Checked:
    """What was looked at, and what is wrong.

    Attributes:
        files: how many were hashed.
        signed: by whom, in words; empty for what is not signed.
        faults: one sentence for each.
    """

    files: int
    signed: str
    faults: tuple[str, ...]


def check(place: Path, trusted: bytes = b"") -> Checked:
    """Check a run folder, a pack, or an unpacked one.

    Args:
        place: a folder or a zip.
        trusted: public key or certificate of the signer, or of the authority that certified him; empty to ask for none.

    Raises:
        UsageError: it is neither.
    """
    with opened(place) as folder:
        if not (folder / MANIFEST).is_file():
            raise UsageError(f"{place} is no run and no pack (it has no {MANIFEST}); see 'reportkit runs'.")  # fmt: skip
        total, faults = _manifests(folder)
        signed = ""
        if (folder / pack.SUMS).is_file():
            listed, more = _sums(folder)
            total = max(total, listed)
            faults += more
            signed, more = _signature(folder, trusted)
            faults += more
        elif trusted:
            faults.append("It is not signed: it is a run, and only packs are")
        faults += _lines(folder)
    # A file that is wrong by two lists is wrong once.
    return Checked(total, signed, tuple(dict.fromkeys(faults)))


@contextmanager
def opened(place: Path) -> Iterator[Path]:
    """Give the folder of a run or a pack; a zip is unpacked for the time.

    Raises:
        UsageError: there is no such folder or file, or it is no zip.
        DataError: the zip is damaged, or holds a name that leads out of it.
    """
    if place.is_dir():
        yield place
        return
    if not place.is_file():
        raise UsageError(f"{place} does not exist; give a run, a folder or a pack.")
    if not zipfile.is_zipfile(place):
        raise UsageError(f"{place} is no pack (no zip); 'reportkit bundle RUN' makes one.")
    with tempfile.TemporaryDirectory(prefix="rk-pack-") as folder:
        unpack(place, Path(folder))
        yield Path(folder)


def unpack(place: Path, folder: Path) -> None:
    """Unpack a zip whose names all stay inside of a folder.

    Raises:
        DataError: one does not, or the zip is damaged.
        TemporaryError: there is no room.
    """
    try:
        with zipfile.ZipFile(place) as packed:
            names = [entry.filename for entry in packed.infolist()]
            twice = next((name for name, number in Counter(names).items() if number > 1), None)
            if twice is not None:
                # One program shows the first, another the last.
                raise DataError(f"{place} holds {twice!r} more than once, and what it shows depends on who opens it; get it again.")  # fmt: skip
            for entry in packed.infolist():
                parts = PurePosixPath(entry.filename).parts
                if entry.filename.startswith("/") or ".." in parts or "\\" in entry.filename or not parts:  # fmt: skip
                    raise DataError(f"{place} holds a file named {entry.filename!r}, which leads out of it; it is not unpacked.")  # fmt: skip
                packed.extract(entry, folder)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{place} is damaged ({error}); get it again.") from None
    except OSError as error:
        raise from_os(error, f"Unpacking {place.name}") from error


def _manifests(folder: Path) -> tuple[int, list[str]]:
    total, faults = 0, []
    for place in (folder, folder / FINAL):
        if (place / MANIFEST).is_file():
            try:
                said = manifest(place)
                kept: dict[str, Any] = said.get("artefacts", {})
                faults += schema.faults(said) if place == folder else []
                faults += verify.files(place, kept)
                total += len(kept)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                faults.append(f"{place / MANIFEST} cannot be read ({error})")
    return total, faults


def _sums(folder: Path) -> tuple[int, list[str]]:
    """Check every file that is listed, and find those that are not."""
    faults, listed = [], set()
    for line in (folder / pack.SUMS).read_text(encoding="utf-8", errors="replace").splitlines():
        sha256, gap, name = line.partition("  ")
        parts = PurePosixPath(name).parts
        if not gap or not parts or name.startswith("/") or ".." in parts:
            faults.append(f"{pack.SUMS} has a line that is none: {line[:80]!r}")
            continue
        listed.add(name)
        path = folder / name
        if not path.is_file():
            faults.append(f"{name} is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            faults.append(f"{name} is not what was written (its hash differs)")
    every = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    # What lies elsewhere can change, and is not there for whoever gets the pack.
    faults += [f"{name} is a link, and a pack has none" for name, path in sorted(every.items()) if path.is_symlink()]  # fmt: skip
    there = {name for name, path in every.items() if path.is_file()}
    faults += [f"{name} was added to the pack" for name in sorted(there - listed - pack.UNLISTED)]
    return len(listed), faults


def _signature(folder: Path, trusted: bytes) -> tuple[str, list[str]]:
    signature, public = folder / pack.SIGNATURE, folder / pack.SIGNER
    if not signature.is_file():
        if public.is_file():
            return "", [f"{pack.SIGNATURE} is missing; the pack was signed"]
        return "", ["The pack is not signed, and --signer asks for a signature"] if trusted else []
    if not public.is_file():
        return "", [f"{pack.SIGNER} is missing; the pack was signed"]
    try:
        return signing.check((folder / pack.SUMS).read_bytes(), signature.read_bytes(), public.read_bytes(), trusted), []  # fmt: skip
    except DataError as error:
        return "", [error.message.rstrip(".")]


def _lines(folder: Path) -> list[str]:
    """Check the lines of the ledger that lie in a run or a pack."""
    faults = []
    for name in (pack.LEDGER, pack.TOLD):
        path = folder / name
        if path.is_file():
            try:
                journal.read(path)
            except (ReportkitError, json.JSONDecodeError, UnicodeDecodeError) as error:
                faults.append(str(error).rstrip("."))
    return faults
