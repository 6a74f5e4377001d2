"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS) as rows of text."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from reportkit.errors import DataError, nearest
from reportkit.sources import workbook_parts
from reportkit.sources.content import Content
from reportkit.sources.grid import Grid, find_header, gather
from reportkit.sources.model import Problem
from reportkit.sources.text import PREAMBLE

#: How a workbook begins: a zip of parts, or the older compound file.
BEGINNINGS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

#: Cells of a sheet beyond which it is refused: a reader takes memory for each, filled or not.
CELLS = 50_000_000

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def is_workbook(head: bytes) -> bool:
    """Say whether a file begins like a workbook."""
    return head.startswith(BEGINNINGS)


def grid(content: Content, known: Collection[str], sheet: str | None = None) -> Grid:
    """Read one sheet of a workbook.

    Args:
        content: the workbook.
        known: column names by which the header row, and the sheet, are recognised.
        sheet: name of the sheet; else the visible one whose header is recognised, else the first visible one.

    Raises:
        DataError: the workbook is protected, damaged, or has no such sheet.
    """
    with _open(content) as book:
        return _best(book, content, known, sheet)


def filled(content: Content, known: Collection[str], sheet: str) -> Grid | None:
    """Read one sheet of a workbook, or give None where it is empty; see ``grid``."""
    with _open(content) as book:
        if sheet in book.sheet_names and not _sheet(book, content, sheet).to_python(nrows=1):
            return None
        return _best(book, content, known, sheet)


def names(content: Content) -> list[str]:
    """Give the visible sheets of a workbook.

    Raises:
        DataError: it is protected or damaged.
    """
    with _open(content) as book:
        return _names(book, hidden=False)


def cells(content: Content) -> dict[str, list[list[str]]]:
    """Give all cells of the visible sheets as text, for a workbook whose sheets are no tables.

    Raises:
        DataError: it is protected, damaged or too large.
    """
    found = {}
    with _open(content) as book:
        for name in _names(book, hidden=False):
            rows = _sheet(book, content, name).to_python(skip_empty_area=False)
            found[name] = [[_text(cell) for cell in row] for row in rows]
    return found


@contextmanager
def _open(content: Content) -> Iterator[Any]:
    import python_calamine as calamine

    workbook_parts.refuse_bomb(content)
    try:
        # Only by path does the library tell a protected workbook from a broken one.
        plain = not content.packing and content.path.suffix.lower() in SUFFIXES
        book = (
            calamine.CalamineWorkbook.from_path(content.path)
            if plain
            else calamine.CalamineWorkbook.from_filelike(io.BytesIO(content.read()))
        )
        with book:
            yield book
    except calamine.PasswordError:
        raise DataError(
            f"{content.path} is protected by a password; save a copy without one."
        ) from None
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError, OSError) as error:
        raise DataError(
            f"{content.path} cannot be read as a workbook ({str(error) or type(error).__name__}); "
            "open it in a spreadsheet program and save it again as XLSX."
        ) from None
    except BaseException as error:
        # The library's own fault over a broken file; it is no Exception, so that nobody takes it for one.
        if type(error).__name__ != "PanicException":
            raise
        raise DataError(
            f"{content.path} cannot be read as a workbook (it is broken inside); open it in a spreadsheet program and save it again as XLSX."
        ) from None


def _names(book: Any, *, hidden: bool) -> list[str]:
    import python_calamine as calamine

    return [
        meta.name
        for meta in book.sheets_metadata
        if meta.typ == calamine.SheetTypeEnum.WorkSheet
        and (hidden or meta.visible == calamine.SheetVisibleEnum.Visible)
    ]


def _best(book: Any, content: Content, known: Collection[str], sheet: str | None) -> Grid:
    names = _names(book, hidden=sheet is not None)
    if sheet is not None and sheet not in names:
        raise DataError(f"{content.path} has no sheet {sheet!r}; {nearest(sheet, names)}")
    if not names:
        raise DataError(f"{content.path} has no visible sheet; name one in the mapping's [read].")
    first: tuple[str, list[list[str]], int] | None = None
    for name in [sheet] if sheet is not None else names:
        found = _sheet(book, content, name)
        rows = [[_text(cell) for cell in row] for row in found.to_python(skip_empty_area=False)]
        header = find_header({",": rows[:PREAMBLE]}, known)
        if header.recognised:
            return _gathered(content, name, rows, header.index)
        if rows:
            first = first or (name, rows, header.index)
    if first is None:
        raise DataError(f"{content.path} has an empty sheet; export it again.")
    return _gathered(content, *first)


def _sheet(book: Any, content: Content, name: str) -> Any:
    """Give a sheet that takes no more memory than its cells need: what it says of itself is looked at before it is read."""
    _bounded(content, *workbook_parts.extent(content, name))
    found = book.get_sheet_by_name(name)
    _bounded(content, found.total_height + 1, found.total_width + 1)
    return found


def _bounded(content: Content, rows: int, columns: int) -> None:
    if rows * columns > CELLS:
        raise DataError(
            f"{content.path} has a sheet that reaches over {rows:,} rows and {columns:,} columns, which is more than "
            f"{CELLS:,} cells; delete what stands far out, or export it as CSV."
        )


def _gathered(content: Content, sheet: str, rows: list[list[str]], header: int) -> Grid:
    """Collect the rows of a sheet, and tell which cells hold a failed formula."""
    for (row, column), word in workbook_parts.failed(content, sheet).items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = word
    found = gather(rows, header)
    for word in sorted(workbook_parts.FAILED):
        hits = [number for number, row in enumerate(rows, 1) if word in row]
        if hits:
            message = "is a formula that failed; it was kept as that word"
            found.problems.append(Problem(hits[0], None, word, message, "warning", len(hits)))
    return found


def _text(cell: Any) -> str:
    """Write a cell as canonical text: days ISO, whole numbers without a point."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        midnight = (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0)
        return cell.date().isoformat() if midnight else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)
