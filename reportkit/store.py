"""Immutable, content-addressed storage: what was loaded is kept for ever, exactly as it was understood.

``store/extracts/<table>/<sha256>.parquet`` holds rows, ``store/loads/<table>/<recorded_at>-<sha8>.json`` says when and
from where they came. Files are written beside their place and renamed, so a reader never sees half of one and any
number of writers may work at once; there is no lock, no pointer file and no database file.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit.errors import DataError, from_os

if TYPE_CHECKING:
    import pyarrow as pa

    from reportkit.tables import TableSpec

_STAMP = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where rows came from, and how they were read.

    Attributes:
        source: name of the system or file the rows came from.
        recorded_at: naive UTC instant from which the organisation knew them.
        stated: the instant was stated by a person and not taken from the clock.
        records: records seen in the raw input, before any rule dropped one.
        rejected: records that broke the table's contract.
        problems: what was wrong, in words, as shown in the annex.
    """

    source: str
    recorded_at: datetime
    stated: bool = False
    format: str = ""
    records: int = 0
    rejected: int = 0
    problems: tuple[str, ...] = ()
    raw_sha256: str = ""
    mapping_sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class Load(Provenance):
    """One load of one table: provenance, and what the stored rows hold.

    Attributes:
        extract: SHA-256 of the Parquet file with the rows.
        filled: columns that hold at least one value; a measure asks this before it trusts an empty result.
        repeated: the same rows were already the newest of this source, so nothing was added.
    """

    table: str
    extract: str
    rows: int
    filled: tuple[str, ...]
    first_day: date | None = None
    last_day: date | None = None
    name: str = field(default="", compare=False)
    repeated: bool = field(default=False, compare=False)


class Store:
    """The loads of one workspace.

    Args:
        root: folder of the store; made on the first load.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, spec: TableSpec, rows: pa.Table, provenance: Provenance) -> Load:
        """Keep rows of a table and the record of their load.

        Args:
            spec: the table.
            rows: rows in the table's canonical schema.
            provenance: where they came from.

        Returns:
            The load; ``repeated`` when the newest load of this source already holds the very same rows.

        Raises:
            DataError: a column is not the table's.
            TemporaryError: the disk is full or the folder cannot be written; nothing is left half-written.
        """
        foreign = [name for name in rows.column_names if name not in spec.names]
        if foreign:
            raise DataError(
                f"Table {spec.name} has no column {foreign[0]!r}; see 'reportkit tables {spec.name}'."
            )
        ordered = rows.select([name for name in spec.names if name in rows.column_names])
        content = _parquet(ordered)
        extract = hashlib.sha256(content).hexdigest()
        first, last = _span(spec, ordered)
        load = Load(
            **asdict(provenance),
            table=spec.name,
            extract=extract,
            rows=ordered.num_rows,
            filled=tuple(
                name for name in ordered.column_names if ordered[name].null_count < ordered.num_rows
            ),
            first_day=first,
            last_day=last,
            name=f"{provenance.recorded_at.strftime(_STAMP)}-{extract[:8]}",
        )
        # What was concluded from an export (its format says so) stands beside it and repeats nothing.
        like = (load.source, load.format)
        earlier = [old for old in self.loads(spec.name) if (old.source, old.format) == like]
        if earlier and earlier[-1].extract == extract:
            return Load(**{**_fields(earlier[-1]), "name": earlier[-1].name, "repeated": True})
        try:
            _write(self.extract_path(spec.name, extract), content)
            text = json.dumps(_fields(load), default=str, indent=1, sort_keys=True)
            _write(self.root / "loads" / spec.name / f"{load.name}.json", text.encode())
        except OSError as error:
            raise from_os(error, f"Keeping {spec.name}") from error
        return load

    def loads(self, table: str | None = None, known_by: datetime | None = None) -> list[Load]:
        """List loads in the order they were recorded, of one table or of all, known by an instant or ever."""
        pattern = f"{table or '*'}/*.json"
        found = [_read(path) for path in (self.root / "loads").glob(pattern)]
        found.sort(key=lambda load: (load.recorded_at, load.table, load.name))
        return [load for load in found if known_by is None or load.recorded_at <= known_by]

    def record(self, path: Path) -> Load:
        """Read the record of one load.

        Raises:
            DataError: it is damaged.
        """
        return _read(path)

    def extract_path(self, table: str, extract: str) -> Path:
        """Give the Parquet file of an extract."""
        return self.root / "extracts" / table / f"{extract}.parquet"


def _parquet(rows: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(rows.replace_schema_metadata(None), sink, compression="zstd")
    return bytes(sink.getvalue())


def _span(spec: TableSpec, rows: pa.Table) -> tuple[date | None, date | None]:
    """First and last day on which the rows say something happened (plans and due dates do not count)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    days: list[date] = []
    for name in SPAN_COLUMNS.get(spec.name, (spec.effective or "",)):
        if name in rows.column_names:
            column = (
                rows[name].cast(pa.date32())
                if pa.types.is_timestamp(rows[name].type)
                else rows[name]
            )
            days += [day for day in pc.min_max(column).as_py().values() if day is not None]
    return (min(days), max(days)) if days else (None, None)


#: Columns whose days tell how far a table's knowledge reaches.
SPAN_COLUMNS = {
    "assets": ("first_seen", "last_seen", "valid_from"),
    "findings": ("opened", "closed", "last_seen"),
    "incidents": ("detected", "closed"),
    "audits": ("opened", "verified_closed", "valid_from"),
    "kev": ("date_added",),
}


def _fields(load: Load) -> dict[str, Any]:
    values = {**load.__dict__}
    del values["name"], values["repeated"]
    return values


def _read(path: Path) -> Load:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        for name in ("first_day", "last_day"):
            values[name] = date.fromisoformat(values[name]) if values[name] else None
        values["recorded_at"] = datetime.fromisoformat(values["recorded_at"])
        values["problems"], values["filled"] = tuple(values["problems"]), tuple(values["filled"])
        return Load(**values, name=path.stem)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"The load record {path} is damaged ({error}); restore it from a copy."
        ) from error


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; a file that is already there has the same content and stays."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # noqa: PTH101 - mkstemp gives a name, not a Path
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def newest(loads: Sequence[Load]) -> datetime | None:
    """Give the instant of the last load, or None when there is none."""
    return max((load.recorded_at for load in loads), default=None)
