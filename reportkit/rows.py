"""Rows of a table on their way into a file, and the days they speak of."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from reportkit.errors import from_os
from reportkit.objects import Objects

if TYPE_CHECKING:
    import pyarrow as pa

    from reportkit.tables import TableSpec

#: Rows of one row group: what a writer holds in memory.
_GROUP = 1 << 18


def types() -> dict[str, Any]:
    """Give the Arrow type of each type a column may have."""
    import pyarrow as pa

    text = ("text", "enum", "list", "json")
    return dict.fromkeys(text, pa.string()) | {
        "date": pa.date32(),
        "instant": pa.timestamp("us"),
        "integer": pa.int64(),
        "number": pa.float64(),
        "money": pa.decimal128(18, 2),
        "boolean": pa.bool_(),
    }


def plain(rows: pa.Table, spec: TableSpec) -> pa.Table:
    """Give rows that were held closely (words by their place in a list, what is empty as nothing) in the types of their table."""
    import pyarrow as pa

    close = (pa.types.is_dictionary, pa.types.is_null)
    wanted = types()
    for place, column in enumerate(rows.schema):
        if any(is_(column.type) for is_ in close):
            type_ = wanted[spec.column(column.name).type]
            rows = rows.set_column(
                place, pa.field(column.name, type_), rows[column.name].cast(type_)
            )
    return rows


class Rows:
    """Rows on their way into a file: written batch by batch, hashed and summed up as they pass."""

    def __init__(
        self, place: Objects, spec: TableSpec, rows: pa.Table | pa.RecordBatchReader
    ) -> None:
        self._place, self._spec, self._source = place, spec, rows
        self._file = Path()
        self.sha256, self.rows = "", 0
        self.filled: tuple[str, ...] = ()
        self.first: date | None = None
        self.last: date | None = None
        self.once = False

    def __enter__(self) -> Self:
        import pyarrow.parquet as pq

        names = [name for name in self._spec.names if name in self._source.schema.names]
        empty = self._source.schema.empty_table().select(names).replace_schema_metadata(None)
        schema = plain(empty, self._spec).schema
        filled: set[str] = set()
        seen: list[date] = []
        held: list[pa.Table] = []
        dated = self._spec.effective in names and set(self._spec.identity) <= set(names)
        with self._hashed() as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for batch in self._batches():
                part = plain(batch.select(names).replace_schema_metadata(None), self._spec)
                writer.write_table(part, row_group_size=_GROUP)
                self.rows += part.num_rows
                filled.update(n for n in names if part[n].null_count < part.num_rows)
                seen += days(self._spec, part)
                if self.rows <= _GROUP and dated:
                    held.append(part.select(list(self._spec.identity)))
        self.filled = tuple(name for name in names if name in filled)
        self.first, self.last = min(seen, default=None), max(seen, default=None)
        self.once = self._each_once(held)
        return self

    def _each_once(self, held: list[pa.Table]) -> bool:
        """Say whether no thing has two rows; in what is not dated none has, by the contract of its table."""
        import pyarrow as pa

        if self._spec.effective not in self.filled:
            return True
        if not set(self._spec.identity) <= set(self.filled):
            return False
        if sum(part.num_rows for part in held) < self.rows:
            from reportkit import sql

            return sql.each_once(self._file, self._spec.identity)
        things = pa.concat_tables(held).group_by(list(self._spec.identity)).aggregate([])
        return bool(things.num_rows == self.rows)

    def _batches(self) -> Iterator[pa.Table]:
        import pyarrow as pa

        if isinstance(self._source, pa.Table):
            # By row groups, so that words are not written out for all rows at once.
            for start in range(0, max(self._source.num_rows, 1), _GROUP):
                yield self._source.slice(start, _GROUP)
            return
        for batch in self._source:
            yield pa.Table.from_batches([batch])

    @contextmanager
    def _hashed(self) -> Iterator[_Hashing]:
        where = f"Keeping {self._spec.name}"
        try:
            handle, name = tempfile.mkstemp(dir=self._place.room(), prefix=".", suffix=".part")
            self._file = Path(name)
            with os.fdopen(handle, "wb") as raw:
                file = _Hashing(raw)
                yield file
                raw.flush()
                os.fsync(raw.fileno())
            self._file.chmod(self._file.parent.stat().st_mode & 0o664)
            self.sha256 = file.digest.hexdigest()
        except OSError as error:
            self.__exit__()
            raise from_os(error, where) from error
        except BaseException:
            self.__exit__()
            raise

    def keep(self, name: str) -> None:
        """Give the file its name."""
        try:
            self._place.put(self._file, name)
        except OSError as error:
            raise from_os(error, f"Keeping {self._spec.name}") from error

    def __exit__(self, *_: object) -> None:
        if self._file.name:
            self._file.unlink(missing_ok=True)


class _Hashing(io.RawIOBase):
    """A file that hashes what is written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._inner, self.digest = file, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.digest.update(content)
        return self._inner.write(content)

    def tell(self) -> int:
        return self._inner.tell()


def days(spec: TableSpec, rows: pa.Table) -> list[date]:
    """First and last days on which the rows say something happened (plans and due dates do not count)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: list[date] = []
    for name in spec.spans:
        if name in rows.column_names:
            column = rows[name]
            if pa.types.is_null(column.type):
                continue
            if pa.types.is_timestamp(column.type):
                column = column.cast(pa.timestamp("us")).cast(pa.date32())
            found += [day for day in pc.min_max(column).as_py().values() if day is not None]
    return found
