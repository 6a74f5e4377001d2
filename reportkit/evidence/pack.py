"""The auditor's pack: one zip with manifest, notebook, artefacts, figures, definitions and, when asked for, the rows behind them.

The same run gives the same pack, byte by byte, unless it was signed with a key that signs by chance.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from reportkit import config, store
from reportkit.errors import DataError, UsageError, from_os
from reportkit.evidence import pages, signing
from reportkit.ledger import chain
from reportkit.ledger import of as ledger_of
from reportkit.run import surroundings
from reportkit.run.folder import APPROVAL, FINAL, MANIFEST, NOTEBOOK, manifest

SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
SIGNER = "signer.pem"
#: What is not listed among the sums: they cannot list themselves, and the signature is of them.
UNLISTED = frozenset({SUMS, SIGNATURE})
README = "README.txt"
INDEX = "index.html"
FIGURES = "figures.json"
DEFINITIONS = "definitions.json"
LEDGER = "ledger.jsonl"
TOLD = "told.jsonl"
#: In a pack: a workspace from which the run is made again.
WORKSPACE = "workspace"
_EPOCH = (1980, 1, 1, 0, 0, 0)
#: Of the ledger, what belongs to the run; who was sent it is a matter of the recipients, and stays.
_OF_RUN = ("publications", "events", "approvals", "releases")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What goes into a pack.

    Attributes:
        extracts: the rows that the report rests on, so that it can be made again from the pack alone.
        definitions: of the measures that were told, as plain values.
        key: PEM or OpenSSH file to sign with; empty for none.
        certificate: PEM file with the X.509 certificate of that key; empty for none.
    """

    extracts: bool = False
    definitions: Sequence[Mapping[str, Any]] = ()
    key: str = ""
    certificate: str = ""


def make(workspace: Path, folder: Path, place: Path, asked: Asked) -> list[str]:
    """Write the pack of a run.

    Args:
        workspace: the folder with ``reportkit.toml``.
        folder: the run.
        place: the zip to write; it must not be there yet.
        asked: what goes in.

    Returns:
        What could not be put in, in words.

    Raises:
        UsageError: the file is there already, or the key cannot be read.
        DataError: a file of the run, or one it rests on, is gone or not what was written.
        TemporaryError: the pack cannot be written; nothing is left half-written.
    """
    if place.exists():
        raise UsageError(f"{place} is there already; give another name, or remove it.")
    signer = signing.Signer.read(asked.key, asked.certificate) if asked.key else None
    files, lacking = contents(workspace, folder, asked)
    said = manifest(folder)
    if signer is not None:
        files[SIGNER] = signer.public
    files[README] = pages.readme(said, sorted(files), signer).encode()
    files[INDEX] = pages.index(said, sorted({*files, INDEX}), files.get(FIGURES, b"[]")).encode()
    sums = listed(files)
    files[SUMS] = sums
    if signer is not None:
        files[SIGNATURE] = signer.sign(sums)
    _write(place, files)
    return lacking


def listed(files: Mapping[str, bytes]) -> bytes:
    """Give the sums of files as ``sha256sum`` writes them."""
    lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}" for name in sorted(files)]
    return ("\n".join(lines) + "\n").encode()


def contents(workspace: Path, folder: Path, asked: Asked) -> tuple[dict[str, bytes], list[str]]:
    """Give the files of a pack but for its own pages and sums, and what could not be put in."""
    said = manifest(folder)
    if "fingerprint" not in said:
        raise UsageError(
            f"Run {folder.name} was made by an older reportkit, whose manifest does not say all that a pack needs; run the report again."
        )
    files = {MANIFEST: (folder / MANIFEST).read_bytes()}
    for name, kept in said["artefacts"].items():
        files[name] = _same(folder / name, kept["sha256"])
    if NOTEBOOK not in files and (folder / NOTEBOOK).is_file():
        files[NOTEBOOK] = (folder / NOTEBOOK).read_bytes()
    final = folder / FINAL
    if (final / MANIFEST).is_file():
        files[f"{FINAL}/{MANIFEST}"] = (final / MANIFEST).read_bytes()
        for name, kept in manifest(final)["artefacts"].items():
            files[f"{FINAL}/{name}"] = _same(final / name, kept["sha256"])
    if (folder / APPROVAL).is_file():
        files[APPROVAL] = (folder / APPROVAL).read_bytes()
    figures = said.get("facts", {}).get("figures", [])
    files[FIGURES] = _json(figures)
    files["figures.csv"] = _table(figures)
    files[DEFINITIONS] = _json(list(asked.definitions))
    files[LEDGER], files[TOLD] = _ledger(workspace, said)
    lacking = []
    for name, content in _sources(workspace, said):
        files[f"{WORKSPACE}/{name}"] = content
    if asked.extracts:
        for name, content in _extracts(workspace, said):
            files[f"{WORKSPACE}/store/{name}"] = content
    else:
        lacking.append(
            "the rows it rests on are not in it, so it cannot be made again from it alone; --with-extracts puts them in"
        )
    return files, lacking


def _same(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise from_os(error, "Packing the run") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(f"{path} is not the file that the run wrote, so no pack of it is made; restore it from a copy.")  # fmt: skip
    return content


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n").encode()


def _table(figures: Sequence[Mapping[str, Any]]) -> bytes:
    """Write figures for a spreadsheet; a text that would run as a formula there is made harmless."""
    names = ("measure", "name", "scope", "value", "unit", "numerator", "denominator", "low", "high", "n", "as_of", "status", "definition_version", "reason")  # fmt: skip
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(names)
    for figure in figures:
        row = (figure.get(name) for name in names)
        writer.writerow(f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t" and value else value for value in row)  # fmt: skip
    return page.getvalue().encode("utf-8-sig")


def _ledger(workspace: Path, said: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Give the lines of the ledger about the run, and those of what it saw as told."""
    ledger = ledger_of(workspace)
    own, told = [], []
    started = said["started"].removesuffix("Z")
    with ledger.reading() as connection:
        if connection is None:
            return b"", b""
        rows: dict[str, dict[int, dict[str, Any]]] = {}
        for link in chain.read(ledger):
            if link.of not in _OF_RUN:
                continue
            if link.of not in rows:
                rows[link.of] = chain.contents(connection, link.of)
            row = rows[link.of].get(link.row)
            if row is None:
                continue
            line = json.dumps({**vars(link), "values": row}, ensure_ascii=False) + "\n"
            if row["run_id"] == said["run_id"]:
                own.append(line)
            elif _seen(link.of, row, said, started):
                told.append(line)
    return "".join(own).encode(), "".join(told).encode()


def _seen(of: str, row: Mapping[str, Any], said: Mapping[str, Any], started: str) -> bool:
    """Say whether a report saw a row: it reads what was told of itself before, and who approved that."""
    if of not in {"publications", "approvals"} or (row["report"], row["unit"]) != (said["report"], said["unit"]):  # fmt: skip
        return False
    at = row["published_at"] if of == "publications" else row["at"]
    return datetime.fromisoformat(at) <= datetime.fromisoformat(started)


def _sources(workspace: Path, said: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Give what the run read besides rows, as it was then."""
    wanted = {
        config.FILE: said["settings"],
        f"notebooks/{said['notebook']['file']}": said["notebook"]["sha256"],
        **said["files"],
    }
    for name, sha256 in wanted.items():
        yield name, _same(surroundings.kept(workspace, sha256), sha256)


def _extracts(workspace: Path, said: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    place = store.of(workspace)
    seen: set[str] = set()
    for one in said["inputs"]:
        record = f"loads/{one['table']}/{one['load']}.json"
        load = place.record(record)
        names = [record, place.extract_name(load)]
        if load.refused:
            names.append(f"refused/{load.table}/{load.refused}.parquet")
        for name in names:
            if name in seen or not (place.objects.has(name) or name == names[1]):
                continue
            seen.add(name)
            try:
                content = b"".join(place.objects.chunks(name))
            except OSError as error:
                raise from_os(error, "Packing the rows") from error
            if name == names[1] and hashlib.sha256(content).hexdigest() != load.extract:
                raise DataError(f"{place.objects.where(name)} is not what was written, so no pack is made; restore it from a copy.")  # fmt: skip
            yield name, content


def _write(place: Path, files: Mapping[str, bytes]) -> None:
    work = place.with_name(f".{place.name}.part")
    first = [name for name in (README, INDEX) if name in files]
    try:
        with zipfile.ZipFile(work, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in (*first, *sorted(files.keys() - set(first))):
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
                # The system that wrote it is no part of it.
                entry.create_system = 3
                packed.writestr(entry, files[name])
        work.replace(place)
    except OSError as error:
        raise from_os(error, "Writing the pack") from error
    finally:
        work.unlink(missing_ok=True)
