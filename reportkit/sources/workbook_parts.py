"""What the parts of a workbook say that its reader does not: failed formulas, and how far a sheet stretches.

XLSX and XLSM are made of XML, XLSB and XLS of records (``workbook_records``); ODS keeps failed formulas as text.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace

from reportkit.sources import markup, workbook_records
from reportkit.sources.content import Content

#: What a spreadsheet shows where a formula failed.
FAILED = frozenset(
    {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"}
)
_ERROR = re.compile(rb"""\bt=["']e["']""")
_ROW = re.compile(rb"""<(?:\w+:)?(?:row|c)\b[^>]*?\br=["'][A-Z]*(\d+)["']""")
#: A column beyond Z.
_FAR = re.compile(rb"""\br=["']([A-Z]{2,3})\d""")
_PLACE = re.compile(r"([A-Z]+)(\d+)$")
_WORKBOOK, _RELATIONS = "xl/workbook{}", "xl/_rels/workbook{}.rels"
#: How the older kind of workbook begins.
_COMPOUND = b"\xd0\xcf\x11\xe0"
_TAIL = 1 << 16


def failed(content: Content, sheet: str) -> dict[tuple[int, int], str]:
    """Give the words of failed formulas by row and column, both from 0. Its reader leaves such cells blank.

    A blank cell means that nobody said, a failed formula that somebody's sum is broken: they must not look the same.

    Args:
        content: a workbook that can be read.
        sheet: name of the sheet.
    """
    if content.head.startswith(_COMPOUND):
        return workbook_records.xls_failed(content.read(), sheet)
    binary = _part(content, sheet, ".bin")
    if binary is not None:
        return workbook_records.xlsb_failed(binary.read())
    part = _part(content, sheet)
    if part is None or not _ERROR.search(part.read()):
        return {}
    return {place: word for place, kind, word in _cells(part) if kind == "e" and word}


def extent(content: Content, sheet: str) -> tuple[int, int]:
    """Give how many rows and columns a sheet reaches over, or zeros where its parts do not say.

    A reader that takes memory for the whole rectangle dies of one stray cell in the last corner.
    """
    part = _part(content, sheet)
    if part is None:
        return 0, 0
    raw = part.read()
    rows = max(map(int, _ROW.findall(raw[-_TAIL:])), default=0)
    return rows, max((_number(name.decode()) + 1 for name in _FAR.findall(raw)), default=26)


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
        number, column = int(row.get("r", number + 2)) - 1, -1
        for cell in row:
            found = _PLACE.match(cell.get("r", ""))
            column = _number(found[1]) if found else column + 1
            text = next((child.text or "" for child in cell if markup.local(child) == "v"), "")
            yield (number, column), cell.get("t", ""), text


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
