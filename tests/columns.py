"""Seeded columns of made tables, as many values at once as a table has rows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNITS = ("U1", "U2", "U3", "U4")
#: What is made begins and ends on these days.
FIRST, LAST = date(2024, 1, 1), date(2026, 9, 30)
_HOUR = 3_600_000_000


def ordinal(day: date) -> int:
    """Give a day as a number that days can be made of again."""
    return int(np.datetime64(day, "D").astype(int))


def pick(words: list[str | None], places: NDArray[Any]) -> pa.Array:
    """Give the words at these places."""
    return pa.array(words).take(pa.array(places))


def numbered(letter: str, numbers: NDArray[Any], missing: NDArray[Any] | None = None) -> pa.Array:
    """Give identifiers."""
    return pa.array(np.char.add(letter, numbers.astype("U9")), mask=missing)


def joined(letter: str, numbers: NDArray[Any], missing: NDArray[Any] | None = None) -> pa.Array:
    """Give lists of two identifiers each."""
    pair = np.char.add(np.char.add(letter, numbers.astype("U9")), f"|{letter}")
    return pa.array(np.char.add(pair, (numbers + 1).astype("U9")), mask=missing)


def days(numbers: NDArray[Any], missing: NDArray[Any] | None = None) -> pa.Array:
    """Give days."""
    return pa.array(numbers.astype("datetime64[D]"), mask=missing)


def instants(hours: NDArray[Any], missing: NDArray[Any] | None = None) -> pa.Array:
    """Give instants of so many hours, to the microsecond."""
    return pa.array((hours * _HOUR).astype("datetime64[us]"), mask=missing)


class Chance:
    """What may be in the rows of one table.

    Args:
        source: of all chance.
        n: how many rows there are.
    """

    def __init__(self, source: np.random.Generator, n: int) -> None:
        self.n = n
        self.rows = np.arange(n)
        self._source = source

    def word(self, *words: str | None) -> pa.Array:
        """One of the words; who is named twice comes twice as often."""
        return pick(list(words), self.whole(len(words)))

    def truth(self) -> pa.Array:
        """True mostly, sometimes false or not known."""
        return self.word("true", "true", "false", None).cast(pa.bool_())

    def flag(self, share: float) -> NDArray[np.bool_]:
        """True for about this share of rows."""
        return self._source.random(self.n) < share

    def whole(self, low: int, high: int | None = None) -> NDArray[np.int64]:
        """Whole numbers from ``low`` to below ``high``, or from zero to below the only bound."""
        return self._source.integers(low, high, self.n)

    def spread(self, mean: float) -> NDArray[np.float64]:
        """Exponential waiting times."""
        return self._source.exponential(mean, self.n)

    def day(self) -> NDArray[np.int64]:
        """Days, any as likely as another."""
        return self.whole(ordinal(FIRST), ordinal(LAST))

    def cents(self, top: int) -> NDArray[np.float64]:
        """Money below ``top``, to the cent."""
        return self.whole(100 * top) / 100
