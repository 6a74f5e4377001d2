"""Opens a file: what it is called, how it begins, its hash, and its bytes unpacked."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from reportkit.errors import DataError

HEAD = 1 << 18
#: Unpacked size beyond which a packed file is refused: 1 MB of zeros packs into 1 kB.
UNPACKED_LIMIT = 4 << 30
#: Exports shrink some ten times, rarely fifty times. What shrinks more than so, and is not small, was made to fill the memory.
LARGE, SHRINKS = 64 << 20, 200
#: Files of one folder or archive.
MEMBERS = 20_000
_CHUNK = 1 << 20
#: What a desktop puts into archives of its own accord.
_LEFT_BEHIND = re.compile(r"(^|/)(\.DS_Store|Thumbs\.db|desktop\.ini)$|^__MACOSX/")
_ZIP = b"PK\x03\x04"
#: How a file packed by itself begins, and what its name then ends in.
_PACKINGS = {
    b"\x1f\x8b": ("gzip", ".gz"),
    b"BZh": ("bzip2", ".bz2"),
    b"\xfd7zXZ\x00": ("xz", ".xz"),
    b"\x28\xb5\x2f\xfd": ("zstd", ".zst"),
}
_PACKED_ERRORS = (
    EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile, NotImplementedError,
)  # fmt: skip


@dataclass(frozen=True)
class Content:
    """A file that can be opened again and again.

    Attributes:
        name: name of the file, or of the one file inside a gzip or zip.
        head: the first bytes, unpacked.
        sha256: hash of the file as it lies on disk.
        member: the one file inside a zip.
        members: the files of a folder or archive that holds several; only some formats read those.
    """

    path: Path
    name: str
    head: bytes
    sha256: str
    packing: str = ""
    member: str = ""
    members: tuple[str, ...] = ()

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Give the unpacked bytes as a stream.

        Raises:
            DataError: the file cannot be read, or its packing is damaged.
        """
        with _said(self.path), _stream(self.path, self.packing, self.member) as stream:
            yield stream

    def read(self) -> bytes:
        """Give all unpacked bytes."""
        with self.open() as stream:
            return stream.read()

    def parts(self) -> Iterator[Content]:
        """Give the files of a folder or archive, each as a file of its own; a single file gives itself."""
        if not self.members:
            yield self
        for member in self.members:
            if self.packing == "folder":
                part = Content(self.path / member, member, b"", self.sha256)
            else:
                part = Content(self.path, member, b"", self.sha256, self.packing, member)
            with part.open() as stream:
                head = stream.read(HEAD)
            if head:
                yield replace(part, head=head)


def open_file(path: Path) -> Content:
    """Open a file for reading.

    Raises:
        DataError: it is missing, a folder, empty, damaged, or holds several files.
    """
    if path.is_dir():
        return _folder(path)
    if path.exists() and not path.is_file():
        # It would be waited for without end, and what was read is gone when it is read again.
        raise DataError(f"{path} is a pipe or a device, and a file is read more than once; write it into a file first.")  # fmt: skip
    digest = hashlib.sha256()
    with _said(path):
        with path.open("rb") as file:
            head = file.read(HEAD)
            digest.update(head)
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        if not head:
            raise DataError(f"{path} is empty (0 bytes); export it again.")
        packing, member, name = _packing(path, head)
        members = _members(path) if packing == "zip" and not member else ()
        if packing:
            with _stream(path, packing, member or (members[0] if members else "")) as stream:
                head = stream.read(HEAD)
            if not head:
                raise DataError(f"{path} holds an empty file; export it again.")
    return Content(path, name, head, digest.hexdigest(), packing, member, members)


def _folder(path: Path) -> Content:
    """Open all files of a folder at once, as an archive would be."""
    found = [
        file for file in sorted(path.rglob("*")) if file.is_file() and not file.name.startswith(".")
    ]
    if not found:
        raise DataError(
            f"{path} is a folder without files; name a file, or the folder of an export."
        )
    if len(found) > MEMBERS:
        raise DataError(f"{path} holds more than {MEMBERS:,} files; name a folder of one export.")
    digest = hashlib.sha256()
    for file in found:
        with _said(file), file.open("rb") as stream:
            digest.update(file.relative_to(path).as_posix().encode() + b"\0")
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    with _said(found[0]), found[0].open("rb") as stream:
        head = stream.read(HEAD)
    members = tuple(file.relative_to(path).as_posix() for file in found)
    return Content(path, path.name, head, digest.hexdigest(), "folder", "", members)


def _members(path: Path) -> tuple[str, ...]:
    """Give the files of an archive that holds several."""
    with zipfile.ZipFile(path) as archive:
        entries = [
            e for e in archive.infolist() if not e.is_dir() and not _LEFT_BEHIND.search(e.filename)
        ]
    if len(entries) > MEMBERS:
        raise DataError(
            f"{path} holds more than {MEMBERS:,} files; unpack it and name the one to read."
        )
    if sum(entry.file_size for entry in entries) > UNPACKED_LIMIT:
        raise DataError(
            f"{path} unpacks to more than {UNPACKED_LIMIT >> 30} GiB; unpack it and split it first."
        )
    return tuple(sorted(entry.filename for entry in entries))


def _packing(path: Path, head: bytes) -> tuple[str, str, str]:
    for mark, (packing, suffix) in _PACKINGS.items():
        if head.startswith(mark):
            plain = path.name[: -len(suffix)] if path.name.lower().endswith(suffix) else path.name
            return packing, "", plain
    if not head.startswith(_ZIP):
        return "", "", path.name
    with zipfile.ZipFile(path) as archive:
        files = [
            e for e in archive.infolist() if not e.is_dir() and not _LEFT_BEHIND.search(e.filename)
        ]
        names = [entry.filename for entry in files]
        if "[Content_Types].xml" in names or "mimetype" in names:
            return "", "", path.name
        if not files:
            raise DataError(f"{path} holds no files; export it again.")
        if any(entry.flag_bits & 1 for entry in files):
            raise DataError(f"{path} is protected by a password; unpack it first.")
        if len(files) > 1:
            return "zip", "", path.name
        return "zip", names[0], Path(names[0]).name


@contextmanager
def _stream(path: Path, packing: str, member: str) -> Iterator[IO[bytes]]:
    if packing in {"gzip", "bzip2", "xz"}:
        opened: dict[str, Callable[..., Any]] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}  # fmt: skip
        with opened[packing](path, "rb") as file:
            yield io.BufferedReader(_Limited(file, path, path.stat().st_size), _CHUNK)
    elif packing == "zstd":
        import pyarrow as pa

        with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as file:
            yield io.BufferedReader(_Limited(file, path, path.stat().st_size), _CHUNK)
    elif packing == "zip":
        with zipfile.ZipFile(path) as archive, archive.open(member) as packed:
            yield io.BufferedReader(
                _Limited(packed, path, archive.getinfo(member).compress_size), _CHUNK
            )
    else:
        with path.open("rb") as plain:
            yield plain


class _Limited(io.RawIOBase):
    """A stream that stops when more comes out of it than any real export holds, or than its packed bytes can be one of."""

    def __init__(self, stream: Any, path: Path, packed: int) -> None:
        self._stream, self._path, self._packed, self._seen = stream, path, packed, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part = self._stream.read(len(buffer))
        self._seen += len(part)
        if self._seen > UNPACKED_LIMIT:
            raise DataError(
                f"{self._path} unpacks to more than {UNPACKED_LIMIT >> 30} GiB; unpack it and split it first."
            )
        if self._seen > LARGE and self._seen > SHRINKS * max(self._packed, 1):
            raise DataError(
                f"{self._path} unpacks to more than {self._seen >> 20:,} MiB from {self._packed >> 10:,} KiB, as no export does; "
                "unpack it yourself if you know that it is one."
            )
        buffer[: len(part)] = part
        return len(part)


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """Turn what the machine says of a file into one sentence that names it."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; check the path.") from None
    except _PACKED_ERRORS as error:
        raise DataError(f"{path} cannot be unpacked ({error}); export it again.") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(
            f"{path} cannot be read ({reason}); check the file and its rights."
        ) from None
