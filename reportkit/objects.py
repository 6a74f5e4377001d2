"""Where the files of a store lie: a folder, or a bucket that speaks S3. Files are written whole or not at all, and never changed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, cast
from urllib.parse import urlsplit

from reportkit.errors import ConfigError, TemporaryError, from_os

if TYPE_CHECKING:
    from obstore.store import ObjectStore, S3Config


class Objects(Protocol):
    """Files by name; a name has parts joined by ``/``."""

    def names(self, under: str) -> list[str]:
        """List the names below a prefix, sorted."""
        ...

    def local(self, name: str) -> Path:
        """Give a file on this machine with the content; it need not exist when there is none of the name."""
        ...

    def chunks(self, name: str) -> Iterator[bytes]:
        """Give the content where it lies, part by part.

        Raises:
            OSError: there is none, or it cannot be read.
        """
        ...

    def has(self, name: str) -> bool:
        """Say whether there is one."""
        ...

    def room(self) -> Path:
        """Give a folder in which a file can be prepared before it is put."""
        ...

    def put(self, prepared: Path, name: str) -> None:
        """Give a prepared file its name; one that is already there has the same content and stays.

        Raises:
            TemporaryError: no room, no right, or nobody answers; nothing is left half-written.
        """
        ...

    def remove(self, name: str) -> None:
        """Remove one, if it is there."""
        ...

    def where(self, name: str) -> str:
        """Say to a person where one lies."""
        ...


@contextmanager
def prepared(objects: Objects, name: str) -> Iterator[IO[bytes]]:
    """Write a file that gets its name when everything went well.

    Raises:
        TemporaryError: no room, no right, or nobody answers; nothing is left half-written.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=objects.room(), prefix=".", suffix=".part")
    except OSError as error:
        raise from_os(error, f"Keeping {objects.where(name)}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        objects.put(Path(temporary), name)
    except OSError as error:
        raise from_os(error, f"Keeping {objects.where(name)}") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


class Folder:
    """Files below a folder; made with the first of them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self, under: str) -> list[str]:
        """List the names below a prefix, sorted."""
        found = []
        for folder, _, files in os.walk(self.root / under):
            place = Path(folder).relative_to(self.root).as_posix()
            found += [f"{place}/{name}" for name in files if not name.endswith(".part")]
        return sorted(found)

    def local(self, name: str) -> Path:
        """Give the file itself."""
        return self.root / name

    def chunks(self, name: str) -> Iterator[bytes]:
        """Give the content, part by part."""
        with (self.root / name).open("rb") as file:
            while chunk := file.read(1 << 20):
                yield chunk

    def has(self, name: str) -> bool:
        """Say whether there is one."""
        return (self.root / name).exists()

    def room(self) -> Path:
        """Give a folder on the same disk."""
        self.root.mkdir(parents=True, exist_ok=True)
        return self.root

    def put(self, prepared: Path, name: str) -> None:
        """Rename the file into its place: a reader never sees half of one."""
        path = self.root / name
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        prepared.replace(path)
        _sync(path.parent)

    def remove(self, name: str) -> None:
        """Remove one, if it is there."""
        (self.root / name).unlink(missing_ok=True)

    def where(self, name: str) -> str:
        """Give the path."""
        return str(self.root / name)


def _sync(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class Bucket:
    """Files in an S3-compatible bucket, with a copy of each one that was read on this machine.

    What has a name never changes, so a copy is as good as the original.

    Args:
        url: ``s3://bucket/prefix``; ``memory://`` is a bucket in this process, for trying.
        copies: folder for the copies.
        options: settings of the connection, such as ``endpoint`` and ``region``; keys come from the environment
            (``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``) or the machine's own role.

    Raises:
        ConfigError: an address of another kind, or the library is not installed.
    """

    def __init__(self, url: str, copies: Path, options: Mapping[str, str]) -> None:
        try:
            import obstore
            from obstore.exceptions import AlreadyExistsError, BaseError
            from obstore.store import MemoryStore, S3Store
        except ImportError:
            raise ConfigError(
                "[store] url needs obstore; install it with pip install 'reportkit-security[bucket]'."
            ) from None
        self._api, self._error, self._exists = obstore, BaseError, AlreadyExistsError
        self.url, self._copies = url.rstrip("/"), copies
        self._bucket: ObjectStore
        scheme = urlsplit(url).scheme
        if scheme == "memory":
            self._bucket = MemoryStore()
        elif scheme == "s3":
            self._bucket = S3Store.from_url(
                url,
                config=cast("S3Config", dict(options)),
                client_options={"allow_http": options.get("endpoint", "").startswith("http://")},
            )
        else:
            raise ConfigError(f"[store] url begins with {scheme or url[:12]!r}; s3:// is known.")

    @contextmanager
    def _said(self, doing: str) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            line = str(error).strip().splitlines()[0][:200]
            raise TemporaryError(f"{doing} {self.url} failed ({line}); try again.") from None

    def names(self, under: str) -> list[str]:
        """List the names below a prefix, sorted."""
        with self._said("Listing"):
            return sorted(
                item["path"]
                for batch in self._api.list(self._bucket, f"{under}/")
                for item in batch
            )

    def local(self, name: str) -> Path:
        """Give the copy, made when it is first asked for."""
        path = self._copies / name
        if not path.exists() and self.has(name):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.writelines(self.chunks(name))
                Path(temporary).replace(path)
            finally:
                Path(temporary).unlink(missing_ok=True)
        return path

    def chunks(self, name: str) -> Iterator[bytes]:
        """Give the content of the bucket's own, part by part."""
        with self._said("Reading"):
            for part in self._api.get(self._bucket, name).stream():
                yield bytes(part)

    def has(self, name: str) -> bool:
        """Say whether there is one."""
        with self._said("Asking"):
            try:
                self._api.head(self._bucket, name)
            except FileNotFoundError:
                return False
            return True

    def room(self) -> Path:
        """Give a folder of this machine."""
        self._copies.mkdir(parents=True, exist_ok=True)
        return self._copies

    def put(self, prepared: Path, name: str) -> None:
        """Upload the file; the bucket shows it whole or not at all."""
        if self.has(name):
            return
        with self._said("Writing to"):
            try:
                self._api.put(
                    self._bucket,
                    name,
                    prepared,
                    mode="create" if prepared.stat().st_size < 5 << 20 else "overwrite",
                )
            except self._exists:
                return

    def remove(self, name: str) -> None:
        """Remove one and its copy, if it is there."""
        (self._copies / name).unlink(missing_ok=True)
        if self.has(name):
            with self._said("Removing from"):
                self._api.delete(self._bucket, name)

    def where(self, name: str) -> str:
        """Give the address."""
        return f"{self.url}/{name}"
