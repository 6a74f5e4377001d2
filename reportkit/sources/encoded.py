"""Columns of a large file under a mapping: each rule is applied once to what differs, and not once to every row.

What a rule makes of a row depends on the cells it names and on nothing else, so it is asked of each different combination of
them; rows hold the place of theirs. The rules themselves are those of ``applying``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from reportkit.sources.grid import texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.signedinteger[Any]]


@dataclass(frozen=True)
class Encoded:
    """Cells by their place in a list of words; words stand in the order in which they first appear."""

    places: Places
    words: list[str]

    def rows(self, kept: NDArray[np.bool_]) -> Encoded:
        """Give some rows, and only the words that stand in them."""
        return _compact(self.places[kept], self.words)

    def array(self) -> Any:
        """Give the cells as an Arrow column."""
        return pa.DictionaryArray.from_arrays(pa.array(self.places), texts(list(self.words)))

    def first(self, place: int) -> int:
        """Give the first row in which a word stands."""
        return int(np.argmax(self.places == place))


def encode(column: Any) -> Encoded:
    """Encode an Arrow column of text."""
    parts = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    held = parts[0] if len(parts) == 1 else pa.concat_arrays(parts)
    if not pa.types.is_dictionary(held.type):
        held = held.dictionary_encode()
    return Encoded(held.indices.to_numpy(), held.dictionary.to_pylist())


def combined(columns: Sequence[Encoded], size: int) -> tuple[Places, list[list[str]]]:
    """Give the different combinations of cells that stand beside each other, and which of them each row holds.

    Returns:
        The place of each row's combination, and for each column its words by combination.
    """
    if not columns:
        return np.zeros(size, np.int8), []
    if len(columns) == 1:
        return columns[0].places, [columns[0].words]
    places = columns[0].places.astype(np.int64)
    for column in columns[1:]:
        # Numbered anew each time, so that no number grows beyond what can be held.
        _, places = np.unique(places * len(column.words) + column.places, return_inverse=True)
    places, first, _ = _numbered(places)
    return places, [[c.words[place] for place in c.places[first].tolist()] for c in columns]


def _compact(places: Places, words: Sequence[str]) -> Encoded:
    again, _, used = _numbered(places)
    return Encoded(again, [words[place] for place in used.tolist()])


def _numbered(places: Places) -> tuple[Places, Places, Places]:
    """Number places anew in the order in which they first appear; give the row of each, and what each was."""
    used, first, again = np.unique(places, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[again], first[order], used[order]


def marked(column: Encoded, words: Collection[str]) -> NDArray[np.bool_]:
    """Mark the rows in which one of some words stands, whatever its case."""
    hits = np.array([word.strip().casefold() in words for word in column.words], bool)
    return hits[column.places] if len(hits) else np.zeros(len(column.places), bool)
