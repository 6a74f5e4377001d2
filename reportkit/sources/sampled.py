"""A sheet as somebody sees who must say what it is: its headings, and the different words below each."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from reportkit.sources import amounts, dates, vocabulary
from reportkit.sources.grid import Grid
from reportkit.tables import TABLES, Column

#: Different words that are enough to say what a column holds.
_ENOUGH = 300
#: A column with at most so many different words is a vocabulary.
FEW = 12
_DAYLIKE = re.compile(r"\d{1,4}\D{1,3}\w{1,9}\D{1,2}\d{2,4}|\d{4}-\d\d")
#: Ways in which days with the name of a month are written; none can be taken for another.
_NAMED = ("%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d. %B %Y")


@dataclass
class Days:
    """How a column writes its days.

    Attributes:
        written: ways of writing, as strptime has them, where they are not numbers.
        odd: a value that is not understood.
        undecided: why day and month cannot be told apart.
    """

    written: tuple[str, ...] = ()
    odd: str | None = None
    undecided: str | None = None


@dataclass
class Sheet:
    """One sheet, or the one table of a file.

    Attributes:
        machine: numbers and days are kept as such, and not as somebody typed them.
    """

    name: str
    grid: Grid
    machine: bool
    _words: dict[str, list[str]] = field(default_factory=dict)
    _said: dict[str, list[str]] = field(default_factory=dict)
    _accepted: dict[tuple[Column, str], bool] = field(default_factory=dict)

    @property
    def headings(self) -> list[str]:
        """The headings, from left to right."""
        return list(self.grid.columns)

    def words(self, heading: str) -> list[str]:
        """Give the different cells below a heading, whatever their case, that are not blank."""
        if heading not in self._words:
            found: dict[str, str] = {}
            for cell in dict.fromkeys(self.grid.columns[heading]):
                trimmed = cell.strip()
                if trimmed:
                    found.setdefault(trimmed.casefold(), trimmed)
            self._words[heading] = list(found.values())
        return self._words[heading]

    def said(self, heading: str) -> list[str]:
        """Give the words below a heading that say something."""
        if heading not in self._said:
            words = self.words(heading)
            self._said[heading] = [one for one in words if one.casefold() not in vocabulary.BLANK]
        return self._said[heading]

    def accepts(self, table: str, column: str, heading: str) -> bool:
        """Say whether the cells below a heading may be those of a column."""
        spec = TABLES[table].column(column)
        key = (spec, heading)
        if key not in self._accepted:
            self._accepted[key] = self._fits(table, spec, heading)
        return self._accepted[key]

    def _fits(self, table: str, column: Column, heading: str) -> bool:
        words = self.said(heading)[:_ENOUGH]
        if not words or column.type in ("text", "list"):
            return True
        if column.type == "json":
            return all(map(_is_json, words))
        if column.type in ("date", "instant"):
            return 2 * sum(map(_is_day, words)) >= len(words)
        if vocabulary.closed(column):
            given = vocabulary.answers(table, column, words)
            answered = sum(map(bool, given.values()))
            few = column.type != "boolean" and len(words) <= FEW
            return 2 * answered >= len(words) or (few and (answered > 0 or self._repeats(heading)))
        if column.type != "integer" and amounts.scale(column, words):
            return True
        return amounts.read(column, heading, words, machine=self.machine).fits >= 0.5

    def _repeats(self, heading: str) -> bool:
        """Say whether words come again, as those of a vocabulary do."""
        cells = [cell for cell in self.grid.columns[heading] if cell.strip()]
        return len(self.words(heading)) < len(cells) or len(cells) < 2

    def knows(self, table: str, column: str, heading: str) -> bool:
        """Say whether a word below a heading is one of a column's own, where it takes only a few."""
        spec = TABLES[table].column(column)
        if not vocabulary.closed(spec):
            return True
        words = self.said(heading)
        return not words or any(vocabulary.answers(table, spec, words[:_ENOUGH]).values())


def _is_json(word: str) -> bool:
    try:
        return isinstance(json.loads(word), list | dict)
    except (ValueError, RecursionError):
        return False


def _is_day(word: str) -> bool:
    return bool(_DAYLIKE.match(word)) and len(word) <= 40


def days(words: Sequence[str]) -> Days:
    """Say how a column writes its days."""
    try:
        read = dates.column(words)
    except dates.Undecided as error:
        return Days(undecided=str(error).splitlines()[0])
    odd = [word for word in words if word not in read]
    if not odd:
        return Days()
    for written in _NAMED:
        if all(word in dates.column(words, (written,)) for word in words):
            return Days(written=(written,))
    return Days(odd=odd[0])
