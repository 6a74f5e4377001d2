"""Applies a mapping to a grid: rows kept, columns made, in the words of the canonical table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from reportkit.errors import DataError, nearest
from reportkit.sources import dates, encoded
from reportkit.sources.grid import Columns, Grid
from reportkit.sources.mapping import Mapping, Rule
from reportkit.sources.model import Problem
from reportkit.tables import TABLES


@dataclass
class Mapped:
    """Columns by canonical name, the rows they came from, and what the tool counts by."""

    columns: dict[str, Any]
    numbers: Sequence[int]
    issues: list[tuple[str, ...]]
    problems: list[Problem] = field(default_factory=list)


def apply(mapping: Mapping, grid: Grid, name: str) -> Mapped:
    """Make canonical columns of a grid.

    Args:
        mapping: which column is which.
        grid: the file's own columns.
        name: the file, for messages.

    Raises:
        DataError: a column that the mapping needs is not in the file.
    """
    _complete(mapping, grid, name)
    if isinstance(grid.columns, Columns):
        return _encoded(mapping, grid)
    blanks = {word.casefold() for word in mapping.read.blanks}
    size = len(grid.numbers)
    kept = _kept(mapping, grid, size)
    numbers = [grid.numbers[place] for place in kept]

    def source(header: str) -> list[str]:
        cells = grid.named(header)
        if cells is None:
            return [""] * len(kept)
        trimmed = (cells[place].strip() for place in kept)
        return ["" if cell.casefold() in blanks else cell for cell in trimmed]

    wanted = {header: source(header) for header in mapping.headers}
    made = Mapped({}, numbers, [])
    types = {column.name: column.type for column in TABLES[mapping.source.table].columns}
    for column, rule in mapping.columns.items():
        cells = _column(rule, wanted, len(kept))
        if types[column] in ("date", "instant"):
            cells = _days(column, rule, cells, made)
        made.columns[column] = cells
    if mapping.source.issue:
        made.issues = list(zip(*(wanted[header] for header in mapping.source.issue), strict=True))
    return made


def _encoded(mapping: Mapping, grid: Grid) -> Mapped:
    """Make canonical columns of a large grid, each rule once of what differs; the same as row by row."""
    blanks = {word.casefold() for word in mapping.read.blanks}
    size = len(grid.numbers)

    def source(header: str) -> encoded.Encoded:
        if grid.named_header(header) is None:
            return encoded.Encoded(np.zeros(size, np.int8), [""])
        cells = encoded.encode(grid.arrow(header))
        trimmed = [word.strip() for word in cells.words]
        return encoded.Encoded(
            cells.places, ["" if word.casefold() in blanks else word for word in trimmed]
        )

    keep = np.ones(size, bool)
    for rules, wish in ((mapping.where, True), (mapping.unless, False)):
        for header, words in rules.items():
            if grid.named_header(header) is not None:
                hits = encoded.marked(
                    encoded.encode(grid.arrow(header)), {word.casefold() for word in words}
                )
                keep &= hits if wish else ~hits
    whole = bool(keep.all())
    numbers = grid.numbers if whole else [grid.numbers[n] for n in np.flatnonzero(keep).tolist()]
    wanted = {
        header: source(header) if whole else source(header).rows(keep) for header in mapping.headers
    }
    made = Mapped({}, numbers, [])
    types = {column.name: column.type for column in TABLES[mapping.source.table].columns}
    for column, rule in mapping.columns.items():
        asked = dict.fromkeys(
            [*rule.source, *(header for case in rule.cases for header in case.when)]
        )
        places, cells = encoded.combined([wanted[header] for header in asked], len(numbers))
        different = dict(zip(asked, cells, strict=True))
        made_of = _column(rule, different, len(cells[0]) if cells else 1)
        found = encoded.Encoded(places, made_of)
        if types[column] in ("date", "instant"):
            found = encoded.Encoded(places, _days(column, rule, made_of, made, found.first))
        made.columns[column] = found.array()
    if mapping.source.issue:
        _, cells = encoded.combined([wanted[h] for h in mapping.source.issue], len(numbers))
        made.issues = list(zip(*cells, strict=True))
    return made


def _complete(mapping: Mapping, grid: Grid, name: str) -> None:
    if mapping.read.partial:
        return
    for column, rule in mapping.columns.items():
        if rule.source and all(grid.named(header) is None for header in rule.source):
            hint = nearest(rule.source[0], grid.columns)
            raise DataError(f"{name} has no column {rule.source[0]!r} (for {column}); {hint}")
    for header in (*mapping.where, *mapping.unless):
        if grid.named(header) is None:
            raise DataError(f"{name} has no column {header!r}; {nearest(header, grid.columns)}")


def _kept(mapping: Mapping, grid: Grid, size: int) -> list[int]:
    keep = [True] * size
    for rules, wanted in ((mapping.where, True), (mapping.unless, False)):
        for header, words in rules.items():
            cells = grid.named(header)
            if cells is None:
                continue
            folded = {word.casefold() for word in words}
            for place, cell in enumerate(cells):
                keep[place] &= (cell.strip().casefold() in folded) is wanted
    return [place for place in range(size) if keep[place]]


def _column(rule: Rule, wanted: dict[str, list[str]], size: int) -> list[str]:
    if rule.value is not None:
        cells = [rule.value] * size
    elif not rule.source:
        cells = [""] * size
    elif rule.join is not None:
        rows = zip(*(wanted[header] for header in rule.source), strict=True)
        cells = [rule.join.join(part for part in row if part) for row in rows]
    else:
        rows = zip(*(wanted[header] for header in rule.source), strict=True)
        cells = [next((part for part in row if part), "") for row in rows]
    if rule.map:
        words = {word.casefold(): value for word, value in rule.map.items()}
        cells = [words.get(cell.casefold(), cell) for cell in cells]
    if rule.split is not None:
        cells = ["|".join(filter(None, map(str.strip, cell.split(rule.split)))) for cell in cells]
    cells = _numbers(rule, cells)
    if rule.bands:
        cells = [_band(cell, rule.bands) for cell in cells]
    if rule.prefix:
        cells = [rule.prefix + cell if cell else "" for cell in cells]
    for case in reversed(rule.cases):
        _case(case.when, case.then, wanted, cells)
    if rule.default is not None:
        cells = [cell or rule.default for cell in cells]
    return cells


def _numbers(rule: Rule, cells: list[str]) -> list[str]:
    """Bring numbers to plain digits and a point."""
    for sign in rule.strip:
        cells = [cell.replace(sign, "").strip() for cell in cells]
    if rule.decimal == ",":
        cells = [
            cell.replace(".", "").replace("\xa0", "").replace(" ", "").replace(",", ".")
            for cell in cells
        ]
    if rule.times is not None:
        cells = [_product(cell, rule.times) for cell in cells]
    return cells


def _product(cell: str, times: Decimal) -> str:
    try:
        return str(Decimal(cell) * times)
    except ArithmeticError:
        # No number, or one that is beyond all amounts.
        return cell


def _band(cell: str, bands: Sequence[tuple[float, str]]) -> str:
    try:
        number = float(cell)
    except ValueError:
        return cell
    reached = [(bound, value) for bound, value in bands if number >= bound]
    return max(reached)[1] if reached else cell


def _case(
    when: dict[str, str | tuple[str, ...]],
    then: str,
    wanted: dict[str, list[str]],
    cells: list[str],
) -> None:
    tests: list[tuple[Sequence[str], set[str]]] = [
        (
            wanted[header],
            {word.casefold() for word in ((words,) if isinstance(words, str) else words)},
        )
        for header, words in when.items()
    ]
    for place in range(len(cells)):
        if all(column[place].casefold() in words for column, words in tests):
            cells[place] = then


def _days(
    column: str, rule: Rule, cells: list[str], made: Mapped, row: Callable[[int], int] = int
) -> list[str]:
    different = dict.fromkeys(cell for cell in cells if cell)
    try:
        read = dates.column(different, rule.dates, rule.order)
    except dates.Undecided as error:
        first = next(
            place for place, cell in enumerate(cells) if cell and cell == _first_odd(different)
        )
        made.problems.append(
            Problem(made.numbers[row(first)], column, cells[first], str(error), "warning")
        )
        return cells
    return [read.get(cell, cell) for cell in cells]


def _first_odd(different: dict[str, None]) -> str:
    """Give the first value that is not ISO."""
    return next((value for value in different if not value[:4].isdigit()), next(iter(different)))
