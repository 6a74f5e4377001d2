"""Regular text files read column by column, without an object for each cell: what most large exports are.

A file is regular when it is UTF-8, every record has as many fields as the header, and no cell begins with a blank.
Anything else is read row by row (``text``), with the same result and more to say about what is odd.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from reportkit.sources.content import Content
from reportkit.sources.grid import Columns, Grid, called, gather

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 4 << 20
#: Batches after which memory that is free again is given back.
_BATCHES = 8
#: Records at the top and the bottom that are judged as rows: a second heading, totals.
_ENDS = 60
#: Share of different cells up to which a column is held as places in a list of words.
_WORDS = 0.25


def grid(content: Content, header: list[str], index: int, delimiter: str) -> Grid | None:
    """Read a regular file; give None for one that is not.

    Args:
        content: the file, UTF-8.
        header: the fields of the header row.
        index: records above the header; each is one line.
        delimiter: what stands between two fields.
    """
    width = len(header)
    try:
        with _opened(content, index, delimiter, [False] * width) as batches:
            few = [_has_few_words(column) for column in next(iter(batches)).columns]
        gathered = [_Words() if close else _Cells() for close in few]
        with _opened(content, index, delimiter, few) as batches:
            for place, batch in enumerate(batches):
                if place % _BATCHES == 0:
                    pa.default_memory_pool().release_unused()
                for column, cells in zip(gathered, batch.columns, strict=True):
                    column.add(cells)
        table = pa.table(
            [column.done() for column in gathered], names=[str(n) for n in range(width)]
        )
    except StopIteration:
        return None
    except (pa.ArrowInvalid, pa.ArrowCapacityError):
        return None
    pa.default_memory_pool().release_unused()
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
    for heading, name, column in zip(header, called(header), table.columns, strict=True):
        if heading.strip() or not pc.all(_is_blank(_cells(column))).as_py():
            arrow.setdefault(name, column)
    first = index + 2
    return Grid(Columns(arrow), range(first, first + table.num_rows), judged.problems, index + 1)


def _has_few_words(cells: Any) -> bool:
    """Say whether a column is held as places in a list of words; its first cells tell."""
    return len(pc.unique(cells)) <= _WORDS * len(cells)


class _Cells:
    """A column on its way in whose cells are mostly different."""

    def __init__(self) -> None:
        self._parts: list[Any] = []

    def add(self, cells: Any) -> None:
        """Take the cells of one batch: a copy has the room it needs, and not that in which a batch was read."""
        self._parts.append(pa.concat_arrays([cells, cells.slice(0, 0)]))

    def done(self) -> Any:
        """Give all of it, and keep nothing."""
        parts, self._parts = self._parts, []
        return pa.concat_arrays(parts) if parts else pa.array([], pa.string())


class _Words:
    """A column on its way in that says few words again and again: each batch has a list of its own, made one at the end."""

    def __init__(self) -> None:
        self._places: list[NDArray[np.signedinteger[Any]]] = []
        self._words: list[Any] = []

    def add(self, cells: Any) -> None:
        """Take the cells of one batch."""
        words = cells.dictionary
        self._places.append(cells.indices.to_numpy().astype(_narrow(len(words))))
        self._words.append(pa.concat_arrays([words, words.slice(0, 0)]))

    def done(self) -> Any:
        """Give all of it, and keep nothing; words stand in the order in which they first appear."""
        if not self._words:
            return pa.array([], pa.string()).dictionary_encode()
        lists, self._words = self._words, []
        parts, self._places = self._places, []
        told = pa.concat_arrays(lists).dictionary_encode()
        kind = _narrow(len(told.dictionary))
        anew = told.indices.to_numpy().astype(kind)
        starts = np.cumsum([0, *(len(words) for words in lists)]).tolist()
        for place, start in enumerate(starts[:-1]):
            parts[place] = anew[start : start + len(lists[place])][parts[place]]
        return pa.DictionaryArray.from_arrays(pa.array(np.concatenate(parts)), told.dictionary)


def _narrow(words: int) -> type[np.signedinteger[Any]]:
    """Give the narrowest kind of number that tells so many words apart."""
    return next((kind for kind in (np.int8, np.int16) if words <= np.iinfo(kind).max), np.int32)


@contextmanager
def _opened(content: Content, index: int, delimiter: str, few: list[bool]) -> Iterator[Any]:
    places = [str(place) for place in range(len(few))]
    types = {
        place: pa.dictionary(pa.int32(), pa.string()) if close else pa.string()
        for place, close in zip(places, few, strict=True)
    }
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
            convert_options=csv.ConvertOptions(column_types=types, strings_can_be_null=False),
        ) as batches,
    ):
        yield batches


def _cells(column: Any) -> Any:
    """Give the different cells of a column, or all of one whose cells are mostly different."""
    if not pa.types.is_dictionary(column.type) or not column.num_chunks:
        return column
    return column.chunk(0).dictionary


def _marked(column: Any, test: Any) -> Any:
    """Mark the cells of a column that pass a test."""
    if not pa.types.is_dictionary(column.type):
        return test(column)
    passed = test(_cells(column))
    return pa.chunked_array([passed.take(chunk.indices) for chunk in column.chunks], pa.bool_())


def _indented(column: Any) -> bool:
    """Say whether a cell begins with a blank: it may be meant to stand before a quote."""
    return bool(pc.any(pc.starts_with(_cells(column), " ")).as_py())


def _rows(table: Any) -> list[list[str]]:
    return [
        list(row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)
    ]


def _unlike_a_row(table: Any, header: list[str]) -> Any:
    """Mark rows that are blank from end to end, or the header once more."""
    blank = again = None
    for name, column in zip(header, table.columns, strict=True):
        empty = _marked(column, _is_blank)
        same = _marked(column, partial(pc.equal, name))
        blank = empty if blank is None else pc.and_(blank, empty)
        again = same if again is None else pc.and_(again, same)
        if not pc.any(pc.or_(blank, again)).as_py():
            break
    return pc.or_(blank, again)


def _is_blank(cells: Any) -> Any:
    empty = pc.equal(pc.binary_length(cells), 0)
    if pc.any(pc.utf8_is_space(cells)).as_py():
        empty = pc.or_(empty, pc.utf8_is_space(cells))
    return empty
