"""Whether everything that was kept is still what was kept: every file is read again and hashed again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reportkit import archives
from reportkit.errors import DataError
from reportkit.ledger import chain, journal
from reportkit.ledger import of as ledger_of
from reportkit.objects import Folder, Objects
from reportkit.store import of


@dataclass(frozen=True)
class Checked:
    """What was looked at, and what is wrong.

    Attributes:
        loads: records of loads that were read.
        extracts: files of rows that were hashed.
        publications: published reports in the ledger.
        faults: one sentence for each damaged or missing thing.
    """

    loads: int
    extracts: int
    publications: int
    faults: tuple[str, ...]


def workspace(folder: Path) -> Checked:
    """Check store and ledger of a workspace."""
    store, ledger = of(folder), ledger_of(folder)
    faults: list[str] = []
    records = store.records()
    wanted: dict[str, str] = {}
    for record in records:
        try:
            load = store.record(record)
        except DataError as error:
            faults.append(error.message)
            continue
        wanted[store.extract_name(load)] = f"the load {load.name}"
    lying = store.objects.names("extracts")
    for name in sorted({*lying, *wanted}):
        fault = _fault(store.objects, name, PurePosixPath(name).stem)
        if fault and name in wanted:
            fault += f", which {wanted[name]} rests on"
        faults.append(fault)
    faults += [
        _fault(store.objects, name, PurePosixPath(name).name) for name in store.objects.names("raw")
    ]
    faults += [
        _fault(store.objects, name, PurePosixPath(name).stem)
        for name in store.objects.names("refused")
    ]
    for publication, inputs in ledger.inputs():
        name = f"{publication.report} {publication.period}{' ' * bool(publication.unit)}{publication.unit}"
        missing = [sha for table, sha in inputs if f"extracts/{table}/{sha}.parquet" not in lying]
        if missing:
            faults.append(f"{name} was told from {len(missing)} extracts that are missing; restore them from a copy")  # fmt: skip
        try:
            ledger.figures(publication)
        except ValueError as error:
            faults.append(f"A told figure of {name} cannot be read ({str(error).splitlines()[0]})")
    faults += [*chain.faults(ledger), *journal.faults(ledger)]
    return Checked(
        len(records), len(lying), len(ledger.publications()), tuple(filter(None, faults))
    )


def files(folder: Path, kept: dict[str, dict[str, str]]) -> tuple[str, ...]:
    """Check files against the checksums of a manifest.

    Args:
        folder: where the files are.
        kept: ``sha256`` by file name.
    """
    place = Folder(folder)
    faults = (
        f"{name!r} is no name of a file in {folder}"
        # A name may come from anybody: one of a device would be read for ever.
        if archives.leads_out(name)
        else _fault(place, name, said["sha256"])
        for name, said in sorted(kept.items())
    )
    return tuple(filter(None, faults))


def _fault(place: Objects, name: str, sha256: str) -> str:
    """Say what is wrong with a file, or give an empty text."""
    digest = hashlib.sha256()
    local = place.root / name if isinstance(place, Folder) else None
    if local is not None and local.exists() and not local.is_file():
        return f"{place.where(name)} is no file"
    try:
        for chunk in place.chunks(name):
            digest.update(chunk)
    except FileNotFoundError:
        return f"{place.where(name)} is missing"
    except OSError as error:
        return f"{place.where(name)} cannot be read ({(error.strerror or str(error)).lower()})"
    differs = digest.hexdigest() != sha256
    return f"{place.where(name)} is not what was written (its hash differs)" if differs else ""
