"""Tables out, for spreadsheets: text that a spreadsheet would run is made harmless, numbers stay numbers."""

from __future__ import annotations

import csv
import os
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit.errors import UsageError, from_os

if TYPE_CHECKING:
    import pandas as pd

FORMATS = (".csv", ".xlsx")
#: What makes a spreadsheet take a text for a formula (OWASP, CSV Injection).
_LEADS = ("=", "+", "-", "@", "\t", "\r", "\n")
#: Rows of a sheet in Excel, its header among them.
SHEET_ROWS = 1_048_576


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV (UTF-8 with a mark, as Excel reads it) or as XLSX, by the ending of the name.

    A text that begins like a formula gets an apostrophe in CSV; in XLSX it is stored as text, which no program runs.

    Raises:
        UsageError: another ending, or more rows than a sheet holds.
        DataError: there is no such folder.
        TemporaryError: the file cannot be written; nothing is left half-written.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{path.name} ends in {path.suffix or 'nothing'!r}; write .csv or .xlsx.")
    if path.suffix.lower() == ".xlsx" and len(frame) >= SHEET_ROWS:
        raise UsageError(f"{len(frame):,} rows are more than a sheet holds; write .csv.")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        (_csv if path.suffix.lower() == ".csv" else _xlsx)(frame, part)
        part.replace(path)
    except OSError as error:
        raise from_os(error, f"Writing {path}") from error
    finally:
        part.unlink(missing_ok=True)


def neutral(text: str) -> str:
    """Give a text that no spreadsheet runs; what is only a number stays as it is."""
    if not text.startswith(_LEADS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def _csv(frame: pd.DataFrame, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow([neutral(str(name)) for name in frame.columns])
        for row in frame.itertuples(index=False):
            writer.writerow([neutral(v) if isinstance(v, str) else _plain(v) for v in row])


def _xlsx(frame: pd.DataFrame, path: Path) -> None:
    import xlsxwriter

    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    with path.open("wb") as file, xlsxwriter.Workbook(file, options) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        for column, name in enumerate(frame.columns):
            sheet.write_string(0, column, str(name), bold)
        for number, row in enumerate(frame.itertuples(index=False), start=1):
            for column, value in enumerate(map(_plain, row)):
                if isinstance(value, str):
                    sheet.write_string(number, column, value[:32_767])
                elif isinstance(value, bool):
                    sheet.write_boolean(number, column, value)
                elif isinstance(value, int | float):
                    sheet.write_number(number, column, value)
                elif isinstance(value, date):
                    sheet.write_datetime(number, column, value)
        sheet.freeze_panes(1, 0)


def _plain(value: Any) -> Any:
    """Give a value that a writer knows: blanks are None, days at midnight are days."""
    import pandas as pd

    if pd.isna(value):
        return None
    if hasattr(value, "item"):
        value = value.item()
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date()
    return value if isinstance(value, str | bool | int | float | date) else str(value)
