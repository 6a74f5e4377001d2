"""Holds raw rows against the contract of their table: types, allowed values, bounds, order of days, unique keys."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reportkit import sql
from reportkit.errors import nearest
from reportkit.rows import plain, types
from reportkit.sources import cells
from reportkit.sources.model import Problem
from reportkit.tables import Column, TableSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

TYPES = types()
#: Rows from which they are held closely: words by their place in a list, and what is empty as nothing.
LARGE = 1 << 18
#: Different wrong values of one column that are told one by one; the rest are counted.
TOLD = 200


def schema(spec: TableSpec) -> Any:
    """Give the Arrow schema of a table's canonical rows."""
    return pa.schema([(column.name, TYPES[column.type]) for column in spec.columns])


def conform(
    spec: TableSpec,
    raw: pa.Table,
    numbers: Sequence[int] | None = None,
    *,
    soft: Collection[str] = (),
) -> tuple[pa.Table, tuple[Problem, ...], pa.Table]:
    """Turn raw rows into canonical rows, and say everything that is wrong with them at once.

    A row with an error is rejected whole: half a row would be counted as if it were a whole one. Rows that are equal
    in every column are one row.

    Args:
        spec: the table.
        raw: columns by name; text, or already of the canonical type. Blank text is no value.
        numbers: row of the sheet of each raw row; 2, 3, ... when not given.
        soft: columns in which a wrong value is left empty with a warning and does not reject its row.

    Returns:
        The rows that keep the contract, the problems, and the rejected rows as they came, with ``row`` and ``why``.
    """
    check = _Check(raw.num_rows, numbers or range(2, raw.num_rows + 2))
    for name in raw.column_names:
        if name not in spec.names:
            hint = nearest(name, spec.names)
            meant = f"; {hint}" if hint.startswith("did you mean") else ""
            check.tell(None, name, None, f"is not a column of {spec.name} and was left out{meant}")
    columns = [check.column(column, raw, column.name in soft) for column in spec.columns]
    rows = pa.table(columns, names=spec.names)
    if raw.num_rows < LARGE:
        rows = plain(rows, spec)
    for earlier, later in spec.ordered:
        check.ordered(rows, earlier, later)
    kept = _where(rows, ~check.bad)
    unique = check.unique(spec, kept)
    return _where(kept, unique), tuple(check.problems), check.refused(raw)


def _where(rows: pa.Table, keep: NDArray[np.bool_]) -> pa.Table:
    return rows if keep.all() else rows.filter(pa.array(keep))


def _worded(encoded: Any, words: Any) -> Any:
    """Give a column with other words in place of its own; where the new one is nothing, nothing stands there."""
    if not pa.types.is_string(words.type):
        return words.take(encoded.indices)
    places = encoded.indices
    if words.null_count:
        known = pc.if_else(
            words.is_null(), pa.scalar(None, pa.int32()), pa.array(range(len(words)), pa.int32())
        )
        places = known.take(places)
    return pa.DictionaryArray.from_arrays(places, words)


@dataclass
class _Check:
    rows: int
    numbers: Sequence[int]
    problems: list[Problem] = field(default_factory=list)
    bad: NDArray[np.bool_] = field(init=False)
    #: Of each row the reason for which it is rejected, as a place among the reasons; -1 where there is none.
    why: NDArray[np.int32] = field(init=False)
    reasons: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bad = np.zeros(self.rows, dtype=bool)
        self.why = np.full(self.rows, -1, dtype=np.int32)

    def refuse(self, where: NDArray[np.bool_], reason: str) -> None:
        """Reject rows; of several reasons the first one is kept."""
        self.why[where & (self.why < 0)] = len(self.reasons)
        self.reasons.append(reason)
        self.bad |= where

    def refused(self, raw: pa.Table) -> pa.Table:
        """Give the rejected rows as they came, each with its number and the reason."""
        places = np.flatnonzero(self.why >= 0)
        numbers = np.fromiter((self.numbers[place] for place in places.tolist()), np.int64)
        told = pa.array(self.reasons, pa.string()).take(pa.array(self.why[places]))
        columns = {"row": pa.array(numbers), "why": told}
        if len(places):
            rows = raw.take(pa.array(places))
            columns |= {name: rows[name].cast(pa.string()) for name in rows.column_names}
        return pa.table(columns)

    def tell(self, row: int | None, column: str, value: str | None, message: str) -> None:
        self.problems.append(Problem(row, column, value, message, "warning"))

    def column(self, column: Column, raw: pa.Table, soft: bool) -> Any:  # noqa: FBT001
        type_ = TYPES[column.type]
        if column.name not in raw.column_names:
            if column.required and self.rows:
                self.refuse(
                    np.ones(self.rows, dtype=bool), f"{column.name} is missing but required"
                )
                hint = nearest(column.name, raw.column_names)
                meant = f"; {hint}" if hint.startswith("did you mean") else ""
                self.problems.append(
                    Problem(None, column.name, None, f"is missing but required{meant}")
                )
            return pa.nulls(self.rows)
        parts = raw[column.name].chunks
        values = parts[0] if len(parts) == 1 else raw[column.name].combine_chunks()
        if isinstance(values, pa.ChunkedArray):
            values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.nulls(0, type_)
        if values.type == type_ and not pa.types.is_string(type_):
            typed = values
        elif pa.types.is_dictionary(values.type):
            typed = self._typed(column, _worded(values, self._text(values.dictionary)), soft)
        else:
            typed = self._typed(column, self._text(values), soft)
        if column.required:
            blank = typed.is_null().to_numpy(zero_copy_only=False) & ~self.bad
            self._wrong(column, None, blank, "is blank but required", soft=False)
        return typed

    @staticmethod
    def _text(values: Any) -> Any:
        text = values.cast(pa.string())
        trimmed = pc.utf8_trim_whitespace(text)
        # Nothing is copied for nothing.
        trimmed = text if trimmed.equals(text) else trimmed
        blank = pc.equal(trimmed, "")
        if not pc.any(blank).as_py():
            return trimmed
        return pc.if_else(blank, pa.scalar(None, pa.string()), trimmed)

    def _typed(self, column: Column, text: Any, soft: bool) -> Any:  # noqa: FBT001
        parse = cells.parser(column)
        if parse is None:
            return text
        close = pa.types.is_dictionary(text.type)
        encoded = text if close else text.dictionary_encode()
        words = encoded.dictionary.to_pylist()
        parsed: list[Any] = []
        wrong: list[tuple[int, str]] = []
        for index, word in enumerate(words):
            try:
                parsed.append(None if word is None else parse(word))
            except cells.Wrong as error:
                parsed.append(None)
                wrong.append((index, str(error)))
        if wrong:
            places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            for index, message in wrong[:TOLD]:
                self._wrong(column, words[index], places == index, message, soft=soft)
            rest = [index for index, _ in wrong[TOLD:]]
            if rest:
                message = f"and {len(rest) - 1:,} more values like it do not fit"
                self._wrong(column, words[rest[0]], np.isin(places, rest), message, soft=soft)
        values = pa.array(parsed, TYPES[column.type])
        return _worded(encoded, values) if close else values.take(encoded.indices)

    def _wrong(
        self,
        column: Column,
        value: str | None,
        where: NDArray[np.bool_],
        message: str,
        *,
        soft: bool,
    ) -> None:
        hits = np.flatnonzero(where)
        if not len(hits):
            return
        if not soft:
            self.refuse(where, f"{column.name} {message}")
        message = f"{message}; it was left empty" if soft else message
        first = self.numbers[int(hits[0])]
        self.problems.append(
            Problem(first, column.name, value, message, "warning" if soft else "error", len(hits))
        )

    def ordered(self, rows: pa.Table, earlier: str, later: str) -> None:
        if any(pa.types.is_null(rows[name].type) for name in (earlier, later)):
            return
        late = pc.greater(rows[earlier], rows[later]).fill_null(False)
        hits = np.flatnonzero(late.to_numpy(zero_copy_only=False) & ~self.bad)
        word = "before" if pa.types.is_temporal(rows[later].type) else "below"
        self.each(
            later,
            [
                (
                    self.numbers[hit],
                    str(rows[later][hit]),
                    f"is {word} {earlier} ({rows[earlier][hit]})",
                )
                for hit in hits[:TOLD].tolist()
            ],
            len(hits),
        )
        where = np.zeros(self.rows, dtype=bool)
        where[hits] = True
        self.refuse(where, f"{later} is {word} {earlier}")

    def each(self, column: str, told: list[tuple[int, str, str]], total: int) -> None:
        """Tell rows one by one, and how many more there are."""
        self.problems.extend(Problem(row, column, value, message) for row, value, message in told)
        if total > len(told):
            more = f"and {total - len(told):,} more rows like these"
            self.problems.append(Problem(None, column, None, more))

    def unique(self, spec: TableSpec, kept: pa.Table) -> NDArray[np.bool_]:
        """Keep one row for each key; a row equal to an earlier one is dropped, a different one is rejected."""
        first = np.ones(kept.num_rows, dtype=bool)
        if kept.num_rows >= LARGE and sql.all_differ(kept.select(list(spec.key))):
            return first
        parts = [kept[name].cast(pa.string()).fill_null("\0") for name in spec.key]
        if not kept.num_rows or not parts:
            return first
        joined = (
            pc.binary_join_element_wise(*parts, "\x1f") if len(parts) > 1 else parts[0]
        ).combine_chunks()
        if isinstance(joined, pa.ChunkedArray):
            joined = pa.concat_arrays(joined.chunks)
        encoded = joined.dictionary_encode()
        if len(encoded.dictionary) == kept.num_rows:
            return first
        places = encoded.indices.to_numpy(zero_copy_only=False)
        _, leaders, inverse = np.unique(places, return_index=True, return_inverse=True)
        leader = leaders[inverse]
        doubles = np.flatnonzero(leader != np.arange(kept.num_rows))
        first[doubles] = False
        if not len(doubles):
            return first
        numbers = np.asarray(self.numbers)[~self.bad]
        mine, theirs = (
            plain(kept.take(pa.array(places)), spec) for places in (doubles, leader[doubles])
        )
        same = np.ones(len(doubles), dtype=bool)
        for name in kept.column_names:
            equal = pc.equal(mine[name], theirs[name]).fill_null(False)
            both_null = pc.and_(mine[name].is_null(), theirs[name].is_null())
            same &= pc.or_(equal, both_null).to_numpy(zero_copy_only=False)
        others = doubles[~same]
        identity = kept[spec.identity[0]]
        self.each(
            ", ".join(spec.key),
            [
                (
                    int(numbers[place]),
                    str(identity[place]),
                    f"is already in row {numbers[leader[place]]} with other values",
                )
                for place in others[:TOLD].tolist()
            ],
            len(others),
        )
        copies = int(same.sum())
        if copies:
            row = int(numbers[doubles[same][0]])
            message = "repeats an earlier row in every column and was kept once"
            self.problems.append(Problem(row, None, None, message, "warning", copies))
        where = np.zeros(self.rows, dtype=bool)
        where[np.flatnonzero(~self.bad)[others]] = True
        self.why[where] = len(self.reasons)
        self.reasons.append(f"{', '.join(spec.key)} is already in an earlier row with other values")
        return first
