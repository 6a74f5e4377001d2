"""Parquet files: a canonical table, or one that a mapping explains; typed columns are taken as they are."""

from __future__ import annotations

import io
from typing import IO, Any

from reportkit.errors import DataError
from reportkit.sources import tabular
from reportkit.sources.grid import CELLS, Grid, fold
from reportkit.sources.model import Asked, Records
from reportkit.tables import TABLES

#: Cells that say the same as the one above take next to nothing; a table in which nearly all do is none.
_CELLS_PER_BYTE = 50


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like Parquet."""
    return head.startswith(b"PAR1")


def read(asked: Asked) -> Records:
    """Read all records of the file.

    Raises:
        DataError: it is damaged, or its columns are those of no table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with asked.content.open() as stream:
            file = pq.ParquetFile(stream)
            _bounded(asked, file.metadata.num_rows * file.metadata.num_columns, stream)
            rows = file.read()
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{asked.content.path} is not readable Parquet ({reason}); export it again."
        ) from None
    if asked.mapping is None and asked.table is not None:
        known = {fold(name): name for name in TABLES[asked.table].names}
        named = [known.get(fold(name), name) for name in rows.column_names]
        required = {column.name for column in TABLES[asked.table].columns if column.required}
        if required <= set(named):
            plain = rows.rename_columns(named).replace_schema_metadata(None)
            return Records(table=asked.table, rows=_plain(plain), numbers=range(1, rows.num_rows + 1), records=rows.num_rows)  # fmt: skip
    columns = {name: _texts(rows[name]) for name in rows.column_names}
    return tabular.records(Grid(columns, list(range(1, rows.num_rows + 1))), asked)


def _bounded(asked: Asked, cells: int, stream: IO[bytes]) -> None:
    """Refuse a file whose few bytes say the same so often that it would take all memory."""
    size = stream.seek(0, io.SEEK_END)
    if cells > CELLS and cells > _CELLS_PER_BYTE * size:
        raise DataError(
            f"{asked.content.path} holds {cells:,} cells in {size >> 10:,} KiB, as no export does; it is refused."
        )


def _plain(rows: Any) -> Any:
    """Give dictionaries as their values and zoned instants in UTC, as the contract knows them."""
    import pyarrow as pa

    for place, column in enumerate(rows.schema):
        if pa.types.is_dictionary(column.type):
            rows = rows.set_column(
                place, column.name, rows.column(place).cast(column.type.value_type)
            )
        elif pa.types.is_timestamp(column.type):
            zoned = pa.timestamp("us", "UTC") if column.type.tz else pa.timestamp("us")
            rows = rows.set_column(
                place, column.name, rows.column(place).cast(zoned).cast(pa.timestamp("us"))
            )
    return rows


def _texts(column: Any) -> list[str]:
    import pyarrow as pa

    try:
        return ["" if value is None else value for value in column.cast(pa.string()).to_pylist()]
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return ["" if value is None else str(value) for value in column.to_pylist()]
