"""Failed formulas in workbooks made of binary records: XLSB and XLS. Their reader leaves such cells blank.

Only the records that hold an error are looked at; all else of a workbook is left to its reader. Record numbers and layouts
are those of Microsoft's open specifications: [MS-XLSB] for XLSB, [MS-XLS] and [MS-CFB] for XLS.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

Places = dict[tuple[int, int], str]

_WORDS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip

# ---- XLSB ---------------------------------------------------------------------------------------------------------

_ROW, _CELL_ERROR, _FORMULA_ERROR, _SHEET = 0, 3, 11, 156
#: Records that are cells: blank, of every kind of value, and formulas.
_CELLS = range(1, 12)


def xlsb_relation(workbook: bytes, sheet: str) -> str:
    """Give the relation by which the part of a sheet is found, from ``workbook.bin``; empty when there is none."""
    for kind, record in _xlsb_records(workbook):
        if kind == _SHEET:
            relation, after = _wide(record, 8)
            if _wide(record, after)[0] == sheet:
                return relation
    return ""


def xlsb_failed(part: bytes) -> Places:
    """Give the words of failed formulas of a sheet's part by row and column, both from 0."""
    found: Places = {}
    row = 0
    for kind, record in _xlsb_records(part):
        if kind == _ROW:
            (row,) = struct.unpack_from("<I", record)
        elif kind in (_CELL_ERROR, _FORMULA_ERROR) and len(record) > 8:
            (column,) = struct.unpack_from("<I", record)
            found[row, column] = _WORDS.get(record[8], "#VALUE!")
    return found


def xlsb_extent(part: bytes) -> tuple[int, int]:
    """Give how many rows and columns the cells of a sheet's part reach over."""
    row, rows, columns = 0, 0, 0
    for kind, record in _xlsb_records(part):
        if kind == _ROW and len(record) >= 4:
            (row,) = struct.unpack_from("<I", record)
        elif kind in _CELLS and len(record) >= 4:
            rows = max(rows, row + 1)
            columns = max(columns, struct.unpack_from("<I", record)[0] + 1)
    return rows, columns


def _xlsb_records(part: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(part):
        kind, at = _number(part, at, 2)
        size, at = _number(part, at, 4)
        yield kind, part[at : at + size]
        at += size


def _number(part: bytes, at: int, most: int) -> tuple[int, int]:
    """Read a number of at most so many bytes: seven bits in each, the eighth says that another one follows."""
    number = 0
    for place in range(most):
        byte = part[at + place] if at + place < len(part) else 0
        number |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            break
    return number, at + place + 1


def _wide(record: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", record, at)
    length = 0 if length == 0xFFFFFFFF else length
    end = at + 4 + 2 * length
    return record[at + 4 : end].decode("utf-16-le", "replace"), end


# ---- XLS ----------------------------------------------------------------------------------------------------------

_BEGIN, _END, _FORMULA, _BOOLEAN_OR_ERROR, _BOUND_SHEET = 0x0809, 0x000A, 0x0006, 0x0205, 0x0085
_NO_MORE = 0xFFFFFFFC
#: A sector takes 512 or 4096 bytes: two to the power of these.
_SECTORS = (9, 12)


def xls_failed(file: bytes, sheet: str) -> Places:
    """Give the words of failed formulas of a sheet by row and column, both from 0."""
    stream = _stream(file)
    begin = next(
        (
            struct.unpack_from("<I", record)[0]
            for kind, record, _ in _xls_records(stream, 0)
            if kind == _BOUND_SHEET and _named(record) == sheet
        ),
        None,
    )
    found: Places = {}
    if begin is None:
        return found
    for kind, record, depth in _xls_records(stream, begin):
        # A chart inside a sheet has records of its own.
        if depth != 1 or len(record) < 8:
            continue
        row, column = struct.unpack_from("<HH", record)
        if kind == _BOOLEAN_OR_ERROR and record[7]:
            found[row, column] = _WORDS.get(record[6], "#VALUE!")
        elif kind == _FORMULA and record[12:14] == b"\xff\xff" and record[6] == 2:
            found[row, column] = _WORDS.get(record[8], "#VALUE!")
    return found


def _xls_records(stream: bytes, at: int) -> Iterator[tuple[int, bytes, int]]:
    """Give the records of one part of the workbook, and how deep each stands."""
    depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        depth += kind == _BEGIN
        yield kind, stream[at + 4 : at + 4 + size], depth
        depth -= kind == _END
        if depth <= 0:
            return
        at += 4 + size


def _named(record: bytes) -> str:
    length, wide = record[6], record[7]
    return (
        record[8 : 8 + 2 * length].decode("utf-16-le", "replace")
        if wide
        else record[8 : 8 + length].decode("latin-1")
    )


def _stream(file: bytes) -> bytes:
    """Give the workbook inside a compound file; nothing where it is too damaged to have one."""
    try:
        (shift,) = struct.unpack_from("<H", file, 30)
        (directory,) = struct.unpack_from("<I", file, 48)
        (more,) = struct.unpack_from("<I", file, 68)
        heads = [*struct.unpack_from("<109I", file, 76)]
        if shift not in _SECTORS:
            return b""
        sector = 1 << shift

        def read(place: int) -> bytes:
            return file[(place + 1) * sector : (place + 2) * sector]

        seen = 0
        while more < _NO_MORE and seen * sector < len(file):
            *further, more = struct.unpack(f"<{sector // 4}I", read(more))
            heads += further
            seen += 1
        table = [
            entry
            for head in heads
            if head < _NO_MORE
            for entry in struct.unpack(f"<{sector // 4}I", read(head))
        ]

        def chain(place: int) -> bytes:
            parts: list[bytes] = []
            # A chain that runs in a ring would never end; none is longer than the file.
            while place < _NO_MORE and len(parts) * sector <= len(file):
                parts.append(read(place))
                place = table[place]
            return b"".join(parts)

        entries = chain(directory)
        for at in range(0, len(entries), 128):
            (length,) = struct.unpack_from("<H", entries, at + 64)
            name = entries[at : at + max(length - 2, 0)].decode("utf-16-le", "replace")
            if name == "Workbook":
                place, size = struct.unpack_from("<II", entries, at + 116)
                return chain(place)[:size]
    except (struct.error, IndexError, ValueError, MemoryError):
        return b""
    return b""
