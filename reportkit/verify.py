"""Whether everything that was kept is still what was kept: every file is read again and hashed again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from reportkit.errors import DataError
from reportkit.ledger import Ledger
from reportkit.store import Store


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
    store, ledger = Store(folder / "store"), Ledger(folder)
    faults: list[str] = []
    records = 0
    wanted: dict[Path, str] = {}
    for path in sorted((store.root / "loads").glob("*/*.json")):
        records += 1
        try:
            load = store.record(path)
        except DataError as error:
            faults.append(error.message)
            continue
        wanted[store.extract_path(load.table, load.extract)] = f"the load {path.stem}"
    lying = set((store.root / "extracts").glob("*/*.parquet"))
    faults += [
        f"{fault}, which {wanted[path]} rests on" if path in wanted else fault
        for path in sorted(lying | wanted.keys())
        if (fault := _fault(path, path.stem))
    ]
    for publication, inputs in ledger.inputs():
        name = f"{publication.report} {publication.period}{' ' * bool(publication.unit)}{publication.unit}"
        missing = [sha for table, sha in inputs if not store.extract_path(table, sha).exists()]
        if missing:
            faults.append(f"{name} was told from {len(missing)} extracts that are missing; restore them from a copy")  # fmt: skip
        try:
            ledger.figures(publication)
        except ValueError as error:
            faults.append(f"A told figure of {name} cannot be read ({str(error).splitlines()[0]})")
    return Checked(records, len(lying), len(ledger.publications()), tuple(faults))


def files(folder: Path, kept: dict[str, dict[str, str]]) -> tuple[str, ...]:
    """Check files against the checksums of a manifest.

    Args:
        folder: where the files are.
        kept: ``sha256`` by file name.
    """
    faults = (_fault(folder / name, said["sha256"]) for name, said in sorted(kept.items()))
    return tuple(filter(None, faults))


def _fault(path: Path, sha256: str) -> str:
    """Say what is wrong with a file, or give an empty text."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except FileNotFoundError:
        return f"{path} is missing"
    except OSError as error:
        return f"{path} cannot be read ({(error.strerror or str(error)).lower()})"
    return (
        "" if digest.hexdigest() == sha256 else f"{path} is not what was written (its hash differs)"
    )
