"""Immutable, content-addressed storage: what was loaded is kept for ever, exactly as it was understood.

``store/extracts/<table>/<sha256>.parquet`` holds rows, ``store/loads/<table>/<recorded_at>-<hash>.json`` says when and
from where they came (the hash is of source and rows). Files are written beside their place and renamed, so a reader never sees half of one and any
number of writers may work at once; there is no lock, no pointer file and no database file.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit import config, objects
from reportkit.errors import DataError
from reportkit.exhibit import Exhibit, pairs
from reportkit.objects import Folder, Objects
from reportkit.rows import Rows

if TYPE_CHECKING:
    import pyarrow as pa

    from reportkit.facts import Block
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
        refused: hash of the file with those records as they came; empty when there were none.
        problems: what was wrong, in words, as shown in the annex.
        pseudonyms: fingerprint of the key under which names of people were replaced.
        replaced: columns in which pseudonyms stand.
        cursor: where the source goes on the next time it is asked.
    """

    source: str
    recorded_at: datetime
    stated: bool = False
    format: str = ""
    records: int = 0
    rejected: int = 0
    refused: str = ""
    problems: tuple[str, ...] = ()
    raw_sha256: str = ""
    mapping_sha256: str | None = None
    pseudonyms: str | None = None
    replaced: tuple[str, ...] = ()
    cursor: str | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class Load(Provenance, Exhibit):
    """One load of one table: provenance, and what the stored rows hold.

    Attributes:
        extract: SHA-256 of the Parquet file with the rows.
        filled: columns that hold at least one value; a measure asks this before it trusts an empty result.
        once: no thing has two rows, so that its version in force need not be looked for.
        repeated: the same rows were already the newest of this source, so nothing was added.
    """

    table: str
    extract: str
    rows: int
    filled: tuple[str, ...]
    first_day: date | None = None
    last_day: date | None = None
    once: bool = False
    name: str = field(default="", compare=False)
    repeated: bool = field(default=False, compare=False)

    def __repr__(self) -> str:
        when = f"{self.recorded_at:%Y-%m-%d %H:%M}"
        return f"<Load {self.table}: {self.rows:,} rows from {self.source}, recorded {when}>"

    def _blocks(self) -> tuple[Block, ...]:
        stated = ", as stated by a person" if self.stated else ""
        same = ", the same as the last load" if self.repeated else ""
        rejected = f"{self.rejected:,}; ws.rejected({self.table!r}) has them"
        said = (
            ("From", " · ".join(filter(None, (self.source, self.format)))),
            ("Recorded", f"{self.recorded_at:%Y-%m-%d %H:%M} UTC{stated}"),
            ("Rows", f"{self.rows:,} of {self.records:,} records{same}"),
            ("Rejected", rejected if self.rejected else ""),
            ("Days", f"{self.first_day} to {self.last_day}" if self.first_day else ""),
            ("Columns with values", ", ".join(self.filled)),
            ("Pseudonyms in", ", ".join(self.replaced)),
            *(("Problem", one) for one in self.problems[:5]),
            ("Hash", self.extract[:16]),
        )
        return (pairs(f"Load of {self.table}", said),)

    def to_dict(self) -> dict[str, Any]:
        """Give the load as plain values for JSON."""
        values = asdict(self)
        del values["name"]
        return values


class Store:
    """The loads of one workspace.

    Args:
        place: folder of the store, made on the first load; or another place where its files lie.
    """

    def __init__(self, place: Path | Objects) -> None:
        self.objects: Objects = Folder(place) if isinstance(place, Path) else place

    def add(
        self,
        spec: TableSpec,
        rows: pa.Table | pa.RecordBatchReader,
        provenance: Provenance,
        *,
        again: bool = False,
    ) -> Load:
        """Keep rows of a table and the record of their load.

        Args:
            spec: the table.
            rows: rows in the table's canonical schema; batches of a reader are never all in memory at once.
            provenance: where they came from.
            again: record the load even when the very same rows are there already.

        Returns:
            The load; ``repeated`` when the newest load of this source already holds the very same rows.

        Raises:
            DataError: a column is not the table's.
            TemporaryError: the disk is full or the folder cannot be written; nothing is left half-written.
        """
        foreign = [name for name in rows.schema.names if name not in spec.names]
        if foreign:
            raise DataError(
                f"Table {spec.name} has no column {foreign[0]!r}; see 'reportkit tables {spec.name}'."
            )
        with Rows(self.objects, spec, rows) as kept:
            load = Load(
                **asdict(provenance),
                table=spec.name,
                extract=kept.sha256,
                rows=kept.rows,
                filled=kept.filled,
                first_day=kept.first,
                last_day=kept.last,
                once=kept.once,
                name=_name(provenance, kept.sha256),
            )
            # What was concluded from an export (its format says so) stands beside it and repeats nothing.
            like = (load.source, load.format)
            earlier = [old for old in self.loads(spec.name) if (old.source, old.format) == like]
            newest = earlier[-1] if earlier else None
            # The same rows known earlier than so far are news.
            known = newest is not None and newest.recorded_at <= provenance.recorded_at
            if newest is not None and known and newest.extract == kept.sha256 and not again:
                return Load(**{**_fields(newest), "name": newest.name, "repeated": True})
            kept.keep(self.extract_name(load))
        text = json.dumps(_fields(load), default=str, indent=1, sort_keys=True)
        with objects.prepared(self.objects, f"loads/{spec.name}/{load.name}.json") as file:
            file.write(text.encode())
        return load

    def loads(self, table: str | None = None, known_by: datetime | None = None) -> list[Load]:
        """List loads in the order they were recorded, of one table or of all, known by an instant or ever."""
        found = [self.record(name) for name in self.records(table)]
        found.sort(key=lambda load: (load.recorded_at, load.table, load.name))
        return [load for load in found if known_by is None or load.recorded_at <= known_by]

    def records(self, table: str | None = None) -> list[str]:
        """List the names of the records of loads."""
        names = self.objects.names(f"loads/{table}" if table else "loads")
        return [name for name in names if name.endswith(".json")]

    def record(self, name: str) -> Load:
        """Read the record of one load.

        Raises:
            DataError: it is damaged.
        """
        return _read(self.objects, name)

    def extract_path(self, table: str, extract: str) -> Path:
        """Give the Parquet file of an extract, on this machine."""
        return self.objects.local(f"extracts/{table}/{extract}.parquet")

    def extract_name(self, load: Load) -> str:
        """Give the name under which the rows of a load are kept."""
        return f"extracts/{load.table}/{load.extract}.parquet"

    # ---- copies of what was read, as it was read --------------------------------------------------------------------

    def keep_raw(self, path: Path, sha256: str) -> None:
        """Keep a copy of a file as it came, under its hash."""
        if self.objects.has(_raw(sha256)):
            return
        with objects.prepared(self.objects, _raw(sha256)) as copy, path.open("rb") as file:
            shutil.copyfileobj(file, copy, 1 << 20)

    def keep_refused(self, table: str, rows: pa.Table) -> str:
        """Keep rows that broke the contract of their table, as they came, and give their hash."""
        import pyarrow.parquet as pq

        packed = io.BytesIO()
        pq.write_table(rows, packed, compression="zstd")
        sha256 = hashlib.sha256(packed.getbuffer()).hexdigest()
        name = _refused(table, sha256)
        if not self.objects.has(name):
            with objects.prepared(self.objects, name) as file:
                file.write(packed.getbuffer())
        return sha256

    def refused(self, load: Load) -> pa.Table | None:
        """Give the rejected rows of a load with ``row`` and ``why``; None when there are none (any more)."""
        import pyarrow.parquet as pq

        name = _refused(load.table, load.refused)
        if not load.refused or not self.objects.has(name):
            return None
        return pq.read_table(self.objects.local(name))

    def raw(self, sha256: str) -> Path | None:
        """Give the copy of a file as it came, or None when there is none (any more)."""
        path = self.objects.local(_raw(sha256))
        return path if path.exists() else None

    def prune(self, before: datetime, *, dry: bool = False) -> list[Load]:
        """Remove the copies of files that no load since an instant came from; extracts always stay.

        Rows that were rejected go with them: they are a part of such a file.

        Args:
            before: naive UTC instant.
            dry: only say what would be removed.

        Returns:
            The newest load of each removed copy.
        """
        newest: dict[str, Load] = {}
        for load in self.loads():
            newest[load.raw_sha256] = load
        held = {name.rpartition("/")[2] for name in self.objects.names("raw")}
        old = [
            load for sha256, load in newest.items() if sha256 in held and load.recorded_at < before
        ]
        for load in () if dry else old:
            self.objects.remove(_raw(load.raw_sha256))
        refused = {
            _refused(load.table, load.refused): load for load in self.loads() if load.refused
        }
        past = [
            (name, load)
            for name, load in refused.items()
            if load.recorded_at < before and self.objects.has(name)
        ]
        for name, _ in () if dry else past:
            self.objects.remove(name)
        return [*old, *(load for _, load in past if load not in old)]


def of(folder: Path) -> Store:
    """Give the store of a workspace: its folder ``store``, or the bucket that its configuration names.

    Raises:
        ConfigError: the configuration cannot be understood.
    """
    settings = config.read(folder).store
    if not settings.url:
        return Store(folder / "store")
    return Store(objects.Bucket(settings.url, folder / "store", settings.options))


def _name(provenance: Provenance, extract: str) -> str:
    """Name a record: the same rows from two sources, known at the same instant, are two loads."""
    digest = hashlib.sha256(f"{provenance.source}\0{provenance.format}\0{extract}".encode())
    return f"{provenance.recorded_at.strftime(_STAMP)}-{digest.hexdigest()[:8]}"


def _refused(table: str, sha256: str) -> str:
    return f"refused/{table}/{sha256}.parquet"


def _raw(sha256: str) -> str:
    return f"raw/{sha256}"


def _fields(load: Load) -> dict[str, Any]:
    values = {**load.__dict__}
    del values["name"], values["repeated"]
    return values


def _read(place: Objects, name: str) -> Load:
    path = place.local(name)
    try:
        kept = path.stat()
        return _parsed(path, kept.st_mtime_ns, kept.st_size)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"The load record {place.where(name)} is damaged ({error}); restore it from a copy."
        ) from error


@lru_cache(maxsize=10_000)
def _parsed(path: Path, _changed: int, _size: int) -> Load:
    """Read a record; every measure asks for those of its tables, and a report has many."""
    values = json.loads(path.read_text(encoding="utf-8"))
    for key in ("first_day", "last_day"):
        values[key] = date.fromisoformat(values[key]) if values[key] else None
    values["recorded_at"] = datetime.fromisoformat(values["recorded_at"])
    for key in ("problems", "filled", "replaced"):
        values[key] = tuple(values.get(key, ()))
    return Load(**values, name=path.stem)


def counted(spec: TableSpec, loads: Sequence[Load]) -> tuple[list[Load], list[Load]]:
    """Part the loads of a table into those that count together and those set aside.

    Where names of people are part of what tells rows apart, the same people have other pseudonyms under another key (and
    names without one), and would be counted twice: what was loaded under the last key counts.

    Args:
        spec: the table.
        loads: in the order in which they were recorded.
    """

    def under(load: Load) -> str | None:
        return load.pseudonyms if set(load.replaced) & set(spec.key) else None

    last = under(loads[-1]) if loads else None
    kept = [load for load in loads if under(load) == last]
    return kept, [load for load in loads if under(load) != last]


def newest(loads: Sequence[Load]) -> datetime | None:
    """Give the instant of the last load, or None when there is none."""
    return max((load.recorded_at for load in loads), default=None)
