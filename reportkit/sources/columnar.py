"""Regular text files read column by column, without an object for each cell: what most large exports are.

A file is regular when it is UTF-8, every record has as many fields as the header, and no cell begins with a blank.
Anything else is read row by row (``text``), with the same result and more to say about what is odd.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from reportkit.sources.content import Content
from reportkit.sources.grid import Columns, Grid, gather

_BLOCK = 8 << 20
#: Records at the top and the bottom that are judged as rows: a second heading, totals.
_ENDS = 60


def grid(content: Content, header: list[str], index: int, delimiter: str) -> Grid | None:
    """Read a regular file; give None for one that is not.

    Args:
        content: the file, UTF-8.
        header: the fields of the header row.
        index: records above the header; each is one line.
        delimiter: what stands between two fields.
    """
    places = [str(place) for place in range(len(header))]
    try:
        with (
            content.open() as stream,
            csv.open_csv(
                stream,
                read_options=csv.ReadOptions(
                    skip_rows=index + 1, column_names=places, block_size=_BLOCK, use_threads=False
                ),
                parse_options=csv.ParseOptions(
                    delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False
                ),
                convert_options=csv.ConvertOptions(
                    column_types=dict.fromkeys(places, pa.string()), strings_can_be_null=False
                ),
            ) as batches,
        ):
            table = batches.read_all()
    except (pa.ArrowInvalid, pa.ArrowCapacityError):
        return None
    if not table.num_rows or any(_indented(column) for column in table.columns):
        return None
    # What the ends of a table may hold is told by the rules for rows, so that there is one set of them.
    ends = [*_rows(table.slice(0, _ENDS)), *_rows(table.slice(max(_ENDS, table.num_rows - _ENDS)))]
    judged = gather([header, *ends], 0)
    if len(judged.numbers) != len(ends) or judged.numbers[0] != 2:
        return None
    if pc.any(_unlike_a_row(table, header)).as_py():
        return None
    arrow: dict[str, Any] = {}
    for name, column in zip(header, table.columns, strict=True):
        if name.strip():
            arrow.setdefault(name.strip(), column)
    first = index + 2
    return Grid(Columns(arrow), range(first, first + table.num_rows), judged.problems, index + 1)


def _indented(column: Any) -> bool:
    """Say whether a cell begins with a blank: it may be meant to stand before a quote."""
    return bool(pc.any(pc.starts_with(column, " ")).as_py())


def _rows(table: Any) -> list[list[str]]:
    return [
        list(row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)
    ]


def _unlike_a_row(table: Any, header: list[str]) -> Any:
    """Mark rows that are blank from end to end, or the header once more."""
    blank = again = None
    for name, column in zip(header, table.columns, strict=True):
        empty = pc.equal(pc.binary_length(column), 0)
        if pc.any(pc.utf8_is_space(column)).as_py():
            empty = pc.or_(empty, pc.utf8_is_space(column))
        same = pc.equal(column, name)
        blank = empty if blank is None else pc.and_(blank, empty)
        again = same if again is None else pc.and_(again, same)
        if not pc.any(pc.or_(blank, again)).as_py():
            break
    return pc.or_(blank, again)
