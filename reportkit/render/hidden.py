"""What was hidden, counted; and the words that are looked for everywhere because they were hidden somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from reportkit.locale import plural

#: What stands in place of a word or a cell.
MARK = "[redacted]"
#: Shorter words are too common to be looked for elsewhere.
_LEAST = 3


@dataclass
class Counts:
    """What was hidden.

    Attributes:
        cells: of tables and decisions.
        rows: of tables.
        places: in text and charts.
        withheld: charts and pictures.
    """

    cells: int = 0
    rows: int = 0
    places: int = 0
    withheld: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.cells + self.rows + self.places + self.withheld

    @property
    def any(self) -> bool:
        """Whether anything was."""
        return self.total > 0

    def words(self) -> str:
        """Say what was hidden: 12 cells, 2 rows and 1 chart."""
        said = [
            plural(n, one)
            for n, one in ((self.cells, "cell"), (self.rows, "row"), (self.places, "place"), (self.withheld, "picture"))
            if n
        ]  # fmt: skip
        return " and ".join(filter(None, (", ".join(said[:-1]), said[-1])))


def telling(values: Iterable[Any]) -> Iterator[str]:
    """Give the texts among some values that name something: letters, and not too few."""
    for value in values:
        if isinstance(value, str):
            text = value.strip()
            if len(text) >= _LEAST and any(c.isalpha() for c in text) and text != MARK:
                yield text


def any_of(words: Iterable[str]) -> re.Pattern[str] | None:
    """Give a pattern that finds any of some words, in whatever letters; None when there are none."""
    found = sorted(words, key=len, reverse=True)
    if not found:
        return None
    # Words are found however their spaces are written.
    options = "|".join(re.sub(r"(?:\\[\s\u00a0\u202f]|[\s\u00a0\u202f])+", r"[\\s\\u00a0\\u202f]+", re.escape(word)) for word in found)  # fmt: skip
    return re.compile(rf"(?<!\w)(?:{options})(?!\w)", re.IGNORECASE)
