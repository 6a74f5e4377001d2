"""What the parts of a workbook say that its reader does not: failed formulas, and how far a sheet stretches.

XLSX and XLSM are made of XML, XLSB and XLS of records (``workbook_records``); ODS keeps failed formulas as text.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import replace

from reportkit.errors import DataError
from reportkit.sources import markup, workbook_records
from reportkit.sources.content import LARGE, SHRINKS, Content

#: What a spreadsheet shows where a formula failed.
FAILED = frozenset(
    {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"}
)
_ERROR = re.compile(rb"""\bt=["']e["']""")
#: Where a row or a cell says that it stands. No pattern here may look past the tag it is in: of many that are open it would look
#: at all that follows, again for each.
_ROW = re.compile(rb"""\br\s*=\s*["'][A-Za-z]*(\d+)["']""")
#: A column beyond Z, and a row beyond the last one that there is.
_FAR = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{2,})\d""")
_BELOW = re.compile(rb"""\br\s*=\s*["'][A-Za-z]*\d{8}""")
#: Rows of a sheet; so many columns may all of them have without being looked for.
_ROWS, _COLUMNS = 1_048_576, 26
_PLACE = re.compile(r"([A-Z]{1,6})(\d+)$")
_WORKBOOK, _RELATIONS = "xl/workbook{}", "xl/_rels/workbook{}.rels"
#: How the older kind of workbook begins.
_COMPOUND = b"\xd0\xcf\x11\xe0"
_TAIL = 1 << 16
#: Of a sheet, looked at in one go; nothing that says a place is longer than what two pieces have in common.
_PIECE, _LONG = 8 << 20, 100
#: Letters of a column's name.
_LETTERS = 6


def failed(content: Content, sheet: str) -> dict[tuple[int, int], str]:
    """Give the words of failed formulas by row and column, both from 0. Its reader leaves such cells blank.

    A blank cell means that nobody said, a failed formula that somebody's sum is broken: they must not look the same.

    Args:
        content: a workbook that can be read.
        sheet: name of the sheet.
    """
    try:
        if content.head.startswith(_COMPOUND):
            return workbook_records.xls_failed(content.read(), sheet)
        binary = _part(content, sheet, ".bin")
        if binary is not None:
            return workbook_records.xlsb_failed(binary.read())
    except (struct.error, IndexError):
        # A record that is cut short; what its reader made of the sheet stands.
        return {}
    part = _part(content, sheet)
    if part is None or not _ERROR.search(part.read()):
        return {}
    return {place: word for place, kind, word in _cells(part) if kind == "e" and word}


def refuse_bomb(content: Content) -> None:
    """Refuse a workbook of which a part unpacks to what no sheet is: much, and nearly all of it the same.

    Raises:
        DataError: it does.
    """
    if content.packing or not zipfile.is_zipfile(content.path):
        return
    with zipfile.ZipFile(content.path) as parts:
        for part in parts.infolist():
            if part.file_size > LARGE and part.file_size > SHRINKS * max(part.compress_size, 1):
                raise DataError(
                    f"{content.path} holds a part of {part.file_size >> 20:,} MiB packed into {part.compress_size >> 10:,} KiB, "
                    "as no sheet does; save it again from a spreadsheet program."
                )


def extent(content: Content, sheet: str) -> tuple[int, int]:
    """Give how many rows and columns a sheet reaches over, or zeros where its parts do not say.

    A reader that takes memory for the whole rectangle dies of one stray cell in the last corner.
    """
    binary = _part(content, sheet, ".bin") if not content.head.startswith(_COMPOUND) else None
    if binary is not None:
        return workbook_records.xlsb_extent(binary.read())
    part = _part(content, sheet)
    if part is None:
        return 0, 0
    raw = part.read()
    if _BELOW.search(raw):
        return 10**8, _COLUMNS
    far = {name for name in _FAR.findall(raw) if len(name) <= _LETTERS}
    columns = max((_number(name.decode().upper()) + 1 for name in far), default=_COLUMNS)
    if columns <= _COLUMNS:
        # The last row is the last one that stands there, and if not, there is room for it.
        return max(map(int, _ROW.findall(raw[-_TAIL:])), default=0), columns
    # Cells may stand in any order.
    pieces = (set(_ROW.findall(raw, at, at + _PIECE)) for at in range(0, len(raw), _PIECE - _LONG))
    return max((int(row) for rows in pieces for row in rows), default=0), columns


def _part(content: Content, sheet: str, kind: str = ".xml") -> Content | None:
    """Give the part in which a sheet stands, of a workbook whose parts are of a kind."""
    if content.packing or not zipfile.is_zipfile(content.path):
        return None
    with zipfile.ZipFile(content.path) as parts:
        names = set(parts.namelist())
    workbook, relations = (
        replace(content, packing="zip", member=name.format(kind))
        for name in (_WORKBOOK, _RELATIONS)
    )
    if not {workbook.member, relations.member} <= names:
        return None
    wanted = (
        workbook_records.xlsb_relation(workbook.read(), sheet)
        if kind == ".bin"
        else _relation(workbook, sheet)
    )
    name = _target(relations, wanted)
    return replace(content, packing="zip", member=name) if name in names else None


def _relation(workbook: Content, sheet: str) -> str:
    for element in markup.elements(workbook, {"sheet"}):
        if element.get("name") == sheet:
            return next((v for key, v in element.attrib.items() if key.endswith("}id")), "")
    return ""


def _target(relations: Content, wanted: str) -> str:
    for element in markup.elements(relations, {"Relationship"}):
        if element.get("Id") == wanted:
            return posixpath.normpath(posixpath.join("/xl", element.get("Target", ""))).lstrip("/")
    return ""


def _cells(part: Content) -> Iterator[tuple[tuple[int, int], str, str]]:
    """Give each cell: its place, kind and text. A cell without a name stands right of the one before it."""
    number = -1
    for row in markup.elements(part, {"row"}):
        number, column = _whole(row.get("r", ""), number + 2) - 1, -1
        for cell in row:
            found = _PLACE.match(cell.get("r", ""))
            column = _number(found[1]) if found else column + 1
            text = next((child.text or "" for child in cell if markup.local(child) == "v"), "")
            yield (number, column), cell.get("t", ""), text


def _whole(digits: str, otherwise: int) -> int:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 9 else otherwise


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
