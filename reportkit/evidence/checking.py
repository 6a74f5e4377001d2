"""Checks a run or a pack, without a network and without a workspace: every file, the manifest, the chain, the signature."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from reportkit import archives, verify
from reportkit.errors import DataError, ReportkitError, UsageError
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
        linked = archives.links(folder)
        if linked:
            # What a link leads to is no part of it, and may be anything of this machine.
            return Checked(0, "", tuple(f"{name} is a link; a run and a pack hold none, so nothing of it was read" for name in linked))  # fmt: skip
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
        DataError: the zip is damaged, holds a name that leads out of it, or would fill the disk.
    """
    if place.is_dir():
        yield place
        return
    if not place.is_file():
        raise UsageError(f"{place} does not exist; give a run, a folder or a pack.")
    if not zipfile.is_zipfile(place):
        raise UsageError(f"{place} is no pack (no zip); 'reportkit bundle RUN' makes one.")
    with tempfile.TemporaryDirectory(prefix="rk-pack-") as folder:
        archives.unpack(place, Path(folder))
        yield Path(folder)


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
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
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
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
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
