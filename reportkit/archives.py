"""Packs and backups of others: unpacked only where every name stays inside, and none of it fills the disk; links are none of them."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

from reportkit.errors import DataError, from_os

#: What is large and shrinks so often was made to fill a disk: reports and rows are packed already.
LARGE, SHRINKS = 256 << 20, 200
#: Files of one archive.
MEMBERS = 1_000_000
_DAMAGED = (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zipfile.LargeZipFile)  # fmt: skip


def leads_out(name: str) -> bool:
    """Say whether a name of a file, as a list or an archive has it, may lead out of the folder it is in."""
    parts = PurePosixPath(name).parts
    return not parts or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name


def unpack(place: Path, folder: Path) -> None:
    """Unpack a zip into a folder; all of it is looked at before the first byte is written.

    Raises:
        DataError: a name leads out of it, what it unpacks to is beyond all bounds, or it is damaged.
        TemporaryError: there is no room.
    """
    try:
        with zipfile.ZipFile(place) as packed:
            entries = packed.infolist()
            twice = [name for name, number in Counter(entry.filename for entry in entries).items() if number > 1]  # fmt: skip
            if twice:
                # One program shows the first, another the last.
                raise DataError(f"{place} holds {twice[0]!r} more than once, and what it shows depends on who opens it; it is not unpacked.")  # fmt: skip
            for entry in entries:
                if leads_out(entry.filename):
                    raise DataError(f"{place} holds a file named {entry.filename!r}, which leads out of it; it is not unpacked.")  # fmt: skip
                if (entry.external_attr >> 16) & 0o170000 == 0o120000:
                    raise DataError(f"{place} holds {entry.filename!r}, which is a link and no file; it is not unpacked.")  # fmt: skip
            # Nothing comes out of an entry beyond the size it says.
            size = sum(entry.file_size for entry in entries)
            if len(entries) > MEMBERS or (size > LARGE and size > SHRINKS * place.stat().st_size):
                raise DataError(f"{place} unpacks to {len(entries):,} files of {size >> 20:,} MiB, as nothing of ours does; it is not unpacked.")  # fmt: skip
            free = shutil.disk_usage(folder).free
            if size > free:
                raise DataError(f"{place} unpacks to {size >> 20:,} MiB, and there is room for {free >> 20:,} MiB in {folder.parent}; make room, or set TMPDIR.")  # fmt: skip
            for entry in entries:
                packed.extract(entry, folder)
    except _DAMAGED as error:
        raise DataError(f"{place} is damaged ({error}); get it again.") from None
    except OSError as error:
        raise from_os(error, f"Unpacking {place.name}") from error


def unpack_bytes(packed: bytes, folder: Path, *, sha256: str) -> None:
    """Unpack a zip that came as bytes into a folder, when they are the ones that were sent.

    Raises:
        DataError: they are others, or as for :func:`unpack`.
        TemporaryError: there is no room.
    """
    if hashlib.sha256(packed).hexdigest() != sha256:
        raise DataError("What came from another machine is not what it sent; run it again.")
    place = folder / ".sent.part"
    try:
        place.write_bytes(packed)
        unpack(place, folder)
    except OSError as error:
        raise from_os(error, "Unpacking what was sent") from error
    finally:
        place.unlink(missing_ok=True)


def links(folder: Path) -> list[str]:
    """Give the names of the links in a folder; none is followed."""
    found = []
    for here, folders, files in os.walk(folder):
        found += [
            path.relative_to(folder).as_posix()
            for path in (Path(here) / name for name in (*folders, *files))
            if path.is_symlink()
        ]
    return sorted(found)
