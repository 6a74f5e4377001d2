"""In which order rows lie: by day first, and within each day by name, which is far less to compare than all at once."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Different days beyond which rows are not sorted day by day.
_DAYS = 1 << 14


def places(keys: dict[str, pa.ChunkedArray]) -> pa.Array:
    """Give the places of rows sorted by columns, the first of them first; what is empty comes last."""
    first, *rest = (_one(column) for column in keys.values())
    days = _days(first)
    if days is None or not rest:
        return pc.sort_indices(pa.table(keys), sort_keys=[(name, "ascending") for name in keys])
    # Sorted by counting, since there are so few of them.
    order = np.argsort(days, kind="stable")
    days = days[order]
    starts = np.flatnonzero(days[1:] != days[:-1]) + 1
    moved = pa.record_batch(rest, names=[str(n) for n in range(len(rest))]).take(pa.array(order))
    by = [(name, "ascending") for name in moved.schema.names]
    for low, high in itertools.pairwise((0, *starts.tolist(), len(order))):
        within = pc.sort_indices(moved.slice(low, high - low), sort_keys=by)
        order[low:high] = order[low:high][within.to_numpy()]
    return pa.array(order)


def _one(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    held = column.combine_chunks()
    return pa.concat_arrays(held.chunks) if isinstance(held, pa.ChunkedArray) else held


def _days(column: pa.Array) -> NDArray[np.int16] | None:
    """Give days as small numbers in their order, those not known last; None where they are too many, or are no days."""
    if not pa.types.is_date32(column.type):
        return None
    numbers = column.cast(pa.int32())
    span = pc.min_max(numbers).as_py()
    if span["max"] is None or span["max"] - span["min"] >= _DAYS:
        return None
    since: NDArray[np.int32] = pc.fill_null(pc.subtract(numbers, span["min"]), _DAYS).to_numpy()
    return since.astype(np.int16)


def ranked(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give words that are held as places in a list by the order in which they are sorted."""
    if not pa.types.is_dictionary(column.type):
        return column
    held: Any = _one(column)
    rank = pc.rank(held.dictionary, sort_keys="ascending", tiebreaker="dense")
    return pa.chunked_array([rank.take(held.indices)])
