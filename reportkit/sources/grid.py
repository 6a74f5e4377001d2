"""Rows and columns of any spreadsheet-like file: finds the header, drops padding, keeps row numbers."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reportkit.sources.model import Problem

_BLOCK = 50_000


@dataclass
class Grid:
    """A header and its columns.

    Attributes:
        columns: cells by trimmed header; a header without a name is left out.
        numbers: row of the sheet of each row kept; the very first row of the file is 1.
        problems: what was odd about the shape of the file.
    """

    columns: dict[str, list[str]]
    numbers: list[int]
    problems: list[Problem] = field(default_factory=list)

    def named(self, name: str) -> list[str] | None:
        """Give a column by its header, whatever its case."""
        if name in self.columns:
            return self.columns[name]
        folded = fold(name)
        return next((cells for key, cells in self.columns.items() if fold(key) == folded), None)

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Give each row with its number."""
        names = list(self.columns)
        for number, cells in zip(
            self.numbers, zip(*self.columns.values(), strict=True), strict=True
        ):
            yield number, dict(zip(names, cells, strict=True))


@dataclass(frozen=True)
class Header:
    """Where the header stands: its index among the rows (from 0), and the delimiter it is split by."""

    index: int
    delimiter: str
    recognised: bool


def fold(name: str) -> str:
    """Reduce a header to what two people would agree on: case and blanks do not matter."""
    return " ".join(name.replace("_", " ").split()).casefold()


def find_header(tops: Mapping[str, Sequence[Sequence[str]]], known: Collection[str]) -> Header:
    """Find the header row: the one with most known names, else the first that is not blank.

    Args:
        tops: first rows of the file, by delimiter tried.
        known: names that a header may hold.
    """
    folded = {fold(name) for name in known}
    best: tuple[int, int, str] = (0, 0, ",")
    for delimiter, rows in tops.items():
        for index, row in enumerate(rows):
            names = {fold(cell) for cell in row if cell.strip()}
            score = len(names & folded)
            if score > best[0] and (score >= 2 or names <= folded):
                best = (score, index, delimiter)
    if best[0]:
        return Header(best[1], best[2], recognised=True)
    first = {
        delimiter: next((i for i, row in enumerate(rows) if any(c.strip() for c in row)), 0)
        for delimiter, rows in tops.items()
    }
    widest = max(tops, key=lambda mark: len(tops[mark][first[mark]]) if tops[mark] else 0)
    return Header(first[widest], widest, recognised=False)


def gather(rows: Iterable[Sequence[str]], header_index: int) -> Grid:
    """Collect the rows below the header into columns; blank rows and repeated headers are dropped.

    Args:
        rows: all rows of the file, the ones above the header too.
        header_index: index of the header row, from 0.
    """
    iterator = iter(rows)
    header = list(next(itertools.islice(iterator, header_index, None), []))
    names = [name.strip() for name in header]
    problems = [
        Problem(
            header_index + 1, None, name, "heads two columns; the first of them is read", "warning"
        )
        for name in sorted({name for name in names if name and names.count(name) > 1})
    ]
    width = len(header)
    numbers: list[int] = []
    cells: list[list[str]] = [[] for _ in header]
    block: list[Sequence[str]] = []

    def flush() -> None:
        columns = itertools.zip_longest(*block, fillvalue="")
        for column, values in zip(cells, columns, strict=False):
            column.extend(values)
        for column in cells:
            column.extend([""] * (len(numbers) - len(column)))
        block.clear()

    for number, row in enumerate(iterator, header_index + 2):
        if not any(cell and not cell.isspace() for cell in row) or row == header:
            continue
        if len(row) > width and any(cell.strip() for cell in row[width:]):
            extra = next(cell for cell in row[width:] if cell.strip())
            problems.append(
                Problem(
                    number, None, extra, "stands beyond the last header; it was left out", "warning"
                )
            )
        numbers.append(number)
        block.append(row)
        if len(block) >= _BLOCK:
            flush()
    flush()
    columns: dict[str, list[str]] = {}
    for name, column in zip(names, cells, strict=True):
        if name:
            columns.setdefault(name, column)
    return Grid(columns, numbers, problems)
