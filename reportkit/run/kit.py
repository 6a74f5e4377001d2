"""What reports need of their workspace, as one zip: for a machine that does not see the folder.

In it are the configuration, the notebooks, words, templates and own measures, what was told, and the rows; where the rows lie
in a bucket or what was told lies in a database, whoever unpacks it reads them there. Files as they came, runs, what was sent to
whom and files that hold a secret are none of it; the audiences of the configuration are.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from reportkit import branding, config, store, theme
from reportkit.errors import UsageError, from_os
from reportkit.ledger import copying
from reportkit.ledger import of as ledger_of
from reportkit.run import manifest, private, told
from reportkit.run.surroundings import RULES

#: Folders of a workspace that go with it whole; a file that a notebook reads may lie beside it.
FOLDERS = ("notebooks", "commentary", "mappings", "templates")
#: Of the store: rows, the records of their loads, and the rows that were refused, which the annex counts.
STORE = ("loads", "extracts", "refused")
#: Bytes up to which it is sent to every machine.
MOST = 256 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(workspace: Path, most: int = MOST) -> bytes:
    """Give the zip; the same workspace gives the same bytes.

    Args:
        workspace: the folder with ``reportkit.toml``.
        most: bytes of all its files together.

    Raises:
        UsageError: it would be larger.
        TemporaryError: a file or the ledger cannot be read.
    """
    found = files(workspace)
    try:
        size = sum(path.stat().st_size for path in found.values())
        if size > most:
            raise UsageError(
                f"The rows and files of {workspace} are {size / (1 << 20):,.1f} MiB, and at most {most / (1 << 20):,g} MiB are sent to machines "
                "that do not see it; share the folder with them under the same path, or keep the rows in a bucket ([store] url)."
            )
        page = io.BytesIO()
        with zipfile.ZipFile(page, "w") as packed:
            for name, path in sorted(found.items()):
                _add(packed, name, path.read_bytes())
            _add(packed, manifest.REPOSITORY, json.dumps(manifest.git(workspace)).encode())
            if (what := _told(workspace)) is not None:
                _add(packed, told.FILE, what)
    except OSError as error:
        raise from_os(error, "Packing the workspace") from error
    return page.getvalue()


def files(workspace: Path) -> dict[str, Path]:
    """Give the files of a workspace that go with it as they are, by their name in it."""
    secret = {path.resolve() for path in _secrets(workspace)}
    return {
        path.relative_to(workspace).as_posix(): path
        for path in _files(workspace)
        if path.is_file()
        and path.is_relative_to(workspace)
        and ".." not in path.parts
        and path.resolve() not in secret
    }


def _files(workspace: Path) -> Iterator[Path]:
    settings = config.read(workspace)
    own = [name for name in settings.measures.modules if name.endswith(".py")]
    yield from (workspace / name for name in (config.FILE, theme.FILE, *RULES, *own))
    yield from branding.named_files(workspace / theme.FILE)
    if settings.slides.master:
        yield workspace / settings.slides.master
    for folder in FOLDERS:
        for path in (workspace / folder).rglob("*"):
            names = path.relative_to(workspace).parts
            if not any(name.startswith((".", "__pycache__")) for name in names):
                yield path
    if not settings.store.url:
        place = store.of(workspace)
        yield from (place.objects.local(name) for under in STORE for name in place.objects.names(under))  # fmt: skip


def _secrets(workspace: Path) -> Iterator[Path]:
    """Give the files that the configuration names as secrets; whoever needs one looks it up where it works."""
    for reference in private.references(config.read(workspace).model_dump(mode="json")):
        kind, _, name = reference.partition(":")
        if kind == "file":
            yield from (Path(name).expanduser(), workspace / name)


def _told(workspace: Path) -> bytes | None:
    """Give a ledger of what was told; None where there is none, or it lies in a database that others ask too."""
    if config.read(workspace).ledger.url or not (workspace / told.FILE).exists():
        return None
    with tempfile.TemporaryDirectory(prefix="rk-kit-") as folder:
        path = Path(folder) / told.FILE
        return path.read_bytes() if copying.told(ledger_of(workspace), path) else None


def _add(packed: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    # Rows are packed already.
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(".parquet") else zipfile.ZIP_DEFLATED
    entry.external_attr, entry.create_system = 0o100600 << 16, 3
    packed.writestr(entry, content)
