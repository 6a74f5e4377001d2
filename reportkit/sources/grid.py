"""Rows and columns of any spreadsheet-like file: finds the header, drops padding, keeps row numbers."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reportkit.sources.model import Problem

_BLOCK = 50_000
#: Cells of a table beyond which it must not be nearly empty: each of them takes memory, filled or not.
CELLS = 50_000_000
#: Of so many cells at least one is filled.
_FILLED = 50
#: How a line below a table begins, in the languages that reports are exported in here.
_FOOTER = re.compile(
    r"(grand |sub)?totals?\b[^a-z]*$|(total|sum|summe|gesamt(summe)?|zwischensumme|totaal|totale|somme|suma)\s*:?$"
    r"|(count|anzahl|rows|records|number of \w+)\s*[:=]\s*\d|\d+ (rows|records|results|items)\b"
    r"|end of (report|file|export)\b|(report )?(generated|exported|created|printed) (on|at|by)\b|page \d+ of \d+",
    re.IGNORECASE,
)
#: A line of this and nothing but numbers is no record, however many they are.
_TOTAL = re.compile(r"((grand |sub)?totals?|gesamtergebnis)\s*:?$", re.IGNORECASE)


class Hollow(ValueError):
    """A table that is nearly all empty, and beyond all size."""


def whole(rows: int, columns: int, filled: int) -> None:
    """Refuse a table of which a few bytes would take all memory.

    Args:
        rows: how many.
        columns: how many.
        filled: cells that the file itself has.

    Raises:
        Hollow: it is more than one can be, and nearly all of it is empty.
    """
    if rows * columns > CELLS and filled * _FILLED < rows * columns:
        raise Hollow(
            f"its {columns:,} columns and {rows:,} rows would be more than {CELLS:,} cells, nearly all of them empty"
        )


class Columns(Mapping[str, list[str]]):
    """Cells by header, made into Python text only where somebody asks for them."""

    def __init__(self, arrow: dict[str, Any]) -> None:
        self.arrow = arrow
        self._made: dict[str, list[str]] = {}

    def __getitem__(self, name: str) -> list[str]:
        if name not in self._made:
            self._made[name] = self.arrow[name].to_pylist()
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self.arrow

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrow)

    def __len__(self) -> int:
        return len(self.arrow)


@dataclass
class Grid:
    """A header and its columns.

    Attributes:
        columns: cells by trimmed header; a column without one is called by its place, ``column 3``, if it holds anything.
        numbers: row of the sheet of each row kept; the very first row of the file is 1.
        problems: what was odd about the shape of the file.
        header: row of the sheet in which the header stands.
    """

    columns: Mapping[str, list[str]]
    numbers: Sequence[int]
    problems: list[Problem] = field(default_factory=list)
    header: int = 1

    def named(self, name: str) -> list[str] | None:
        """Give a column by its header, whatever its case."""
        header = self.named_header(name)
        return None if header is None else self.columns[header]

    def arrow(self, name: str) -> Any:
        """Give a column as Arrow text, by its header, whatever its case.

        Raises:
            KeyError: there is no such column.
        """
        header = self.named_header(name) or name
        if isinstance(self.columns, Columns):
            return self.columns.arrow[header]
        return texts(self.columns[header])

    def named_header(self, name: str) -> str | None:
        """Give a header as the file writes it, whatever its case; None when there is none."""
        if name in self.columns:
            return name
        folded = fold(name)
        return next((key for key in self.columns if fold(key) == folded), None)

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
    return Header(*_shaped(tops), recognised=False)


def _shaped(tops: Mapping[str, Sequence[Sequence[str]]]) -> tuple[int, str]:
    """Find the header by shape alone: the first row about as full as most rows are, under the delimiter that splits most.

    A title, notes and blank lines above a table fill fewer cells than the table does.
    """
    # Where there is nothing to count, it is the first one: that which was said, if one was.
    best: tuple[int, int, str] = (0, 0, next(iter(tops), ","))
    for delimiter, rows in tops.items():
        filled = [sum(1 for cell in row if cell.strip()) for row in rows]
        counts = Counter(count for count in filled if count)
        if not counts:
            continue
        usual = max(counts, key=lambda count: (counts[count], count))
        # Where no two rows are alike in shape, the first one must do.
        enough = min(usual, max(usual - 1, 2)) if counts[usual] > 1 else 1
        if usual > best[0]:
            place = next(place for place, count in enumerate(filled) if count >= enough)
            best = (usual, place, delimiter)
    return best[1], best[2]


def gather(rows: Iterable[Sequence[str]], header_index: int) -> Grid:
    """Collect the rows below the header into columns; blank rows and repeated headers are dropped.

    Args:
        rows: all rows of the file, the ones above the header too.
        header_index: index of the header row, from 0.

    Raises:
        Hollow: it would be more than memory holds, and nearly all of it is empty.
    """
    iterator = iter(rows)
    header = list(next(itertools.islice(iterator, header_index, None), []))
    names = [name.strip() for name in header]
    below = next(iterator, None)
    first = header_index + 2
    if below is not None and (joined := _joined(names, [cell.strip() for cell in below])):
        names, first = joined, first + 1
    elif below is not None:
        iterator = itertools.chain([below], iterator)
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

    filled = 0

    def flush() -> None:
        whole(len(numbers), width, filled)
        columns = itertools.zip_longest(*block, fillvalue="")
        for column, values in zip(cells, columns, strict=False):
            column.extend(values)
        for column in cells:
            column.extend([""] * (len(numbers) - len(column)))
        block.clear()

    again: list[int] = []
    for number, row in enumerate(iterator, first):
        if row == header:
            again.append(number)
            continue
        if not any(cell and not cell.isspace() for cell in row):
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
        filled += len(row)
        if len(block) >= _BLOCK:
            flush()
    flush()
    if again:
        message = "repeats the header and was left out"
        problems.append(Problem(again[0], None, None, message, "warning", len(again)))
    _drop_footers(cells, numbers, problems)
    columns: dict[str, list[str]] = {}
    for name, column in zip(called(names), cells, strict=True):
        if name in names or any(cell and not cell.isspace() for cell in column):
            columns.setdefault(name, column)
    return Grid(columns, numbers, problems, header_index + 1)


def called(names: Sequence[str]) -> list[str]:
    """Give what the columns under some headings are called: one without a heading by its place.

    The names of rows often stand in a first column that has no heading; they must not vanish.
    """
    return [name.strip() or f"column {place}" for place, name in enumerate(names, 1)]


def _joined(names: Sequence[str], below: Sequence[str]) -> list[str] | None:
    """Join two rows of headings, where cells of the upper one are merged over several of the lower one; else give None.

    ``Risk | Exposure |`` above ``| Inherent | Residual`` is ``Risk | Exposure Inherent | Exposure Residual``. The lower row
    is one of headings only if it fills what the upper one leaves open, and nothing else but the groups beside it.
    """
    below = [*below, *[""] * (len(names) - len(below))][: len(names)]
    opened = [place for place, name in enumerate(names) if not name and below[place]]
    if not opened or (not names[0] and not below[0]) or any(map(_is_number, filter(None, below))):
        return None
    groups: dict[int, str] = {}
    for place in opened:
        start = max((p for p in range(place) if names[p]), default=-1)
        if start >= 0:
            groups[start] = names[start]
    plain = [place for place, name in enumerate(names) if name and place not in groups]
    if not groups or not plain or any(below[place] for place in plain):
        return None
    found, group = [], ""
    for place, name in enumerate(names):
        group = name or group
        grouped = place in groups or not name
        found.append(f"{group} {below[place]}".strip() if grouped and below[place] else name)
    return found


def _is_number(cell: str) -> bool:
    return cell.replace(".", "").replace(",", "").replace("-", "").isdigit()


def _drop_footers(cells: Sequence[list[str]], numbers: list[int], problems: list[Problem]) -> None:
    """Leave out the lines below a table: totals, counts, when it was made. Each is told, none vanishes."""
    while numbers:
        row = [column[-1].strip() for column in cells]
        filled = [cell for cell in row if cell]
        # A line of the table fills most of its columns, or at least its first one with something else.
        if not filled or not (
            (_TOTAL.match(filled[0]) and all(map(_is_number, filled[1:])))
            or (_FOOTER.match(filled[0]) and 2 * len(filled) <= len(row) + 1)
        ):
            return
        message = "stands below the table like a total or a footer; it was left out"
        problems.append(Problem(numbers[-1], None, filled[0], message, "warning"))
        numbers.pop()
        for column in cells:
            column.pop()


def texts(values: list[Any]) -> Any:
    """Give values as an Arrow column of text; what is no valid Unicode becomes a replacement character."""
    import pyarrow as pa

    try:
        return pa.array(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return pa.array(
            [None if value is None else _clean(str(value)) for value in values], pa.string()
        )


def _clean(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
