"""Failed formulas in binary workbooks: made here record by record, as Microsoft's specifications lay them out, and read by others too."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest
import xlrd

from reportkit.sources import read, sheet
from reportkit.sources.content import open_file

#: The words by their code, as [MS-XLS] 2.5.10 and [MS-XLSB] 2.5.97.2 have them.
CODES = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}  # fmt: skip


def xls(cells: bytes) -> bytes:
    """Give a compound file with a workbook of two sheets; the second holds the cells."""

    def record(kind: int, data: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    def begin(kind: int) -> bytes:
        return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0, 0, 0, 6))

    end = record(0x000A)
    first, second = begin(0x10) + end, begin(0x10) + cells + end

    def head(places: tuple[int, int]) -> bytes:
        named = b"".join(
            record(0x0085, struct.pack("<IBBBB", place, 0, 0, len(name), 0) + name)
            for place, name in zip(places, (b"Notes", b"Data"), strict=True)
        )
        return begin(0x05) + named + end

    start = len(head((0, 0)))
    stream = (head((start, start + len(first))) + first + second).ljust(4096, b"\0")
    sectors = len(stream) // 512
    chain = [*range(1, sectors), 0xFFFFFFFE, 0xFFFFFFFE, 0xFFFFFFFD]
    table = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))

    def entry(name: str, kind: int, place: int, size: int, child: int) -> bytes:
        raw = name.encode("utf-16-le")
        return (
            raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
            + bytes(36) + struct.pack("<IQ", place, size)
        )  # fmt: skip

    folder = entry("Root Entry", 5, 0xFFFFFFFE, 0, 1) + entry("Workbook", 2, 0, len(stream), 0xFFFFFFFF)  # fmt: skip
    top = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)  # fmt: skip
    top += struct.pack("<IIIIIIIII", 0, 1, sectors, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    top += struct.pack("<109I", sectors + 1, *[0xFFFFFFFF] * 108)
    return top + stream + folder.ljust(512, b"\0") + table


def xls_cells() -> bytes:
    """Give a heading, a number, each error as a plain cell, and one as the result of a formula."""

    def record(kind: int, data: bytes) -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    found = record(0x0204, struct.pack("<HHHHB", 0, 0, 0, 6, 0) + b"amount")
    found += record(0x0203, struct.pack("<HHHd", 1, 0, 0, 1.5))
    for row, code in enumerate(CODES, 2):
        found += record(0x0205, struct.pack("<HHHBB", row, 0, 0, code, 1))
    result = bytes((2, 0, 0x2A, 0, 0, 0)) + b"\xff\xff"
    found += record(0x0006, struct.pack("<HHH", 9, 0, 0) + result + struct.pack("<HIH", 0, 0, 2) + b"\x1c\x2a")  # fmt: skip
    return found + record(0x0205, struct.pack("<HHHBB", 10, 0, 0, 1, 0))


def xlsb(path: Path) -> None:
    """Write a workbook of records in a zip, with the same cells."""

    def record(kind: int, data: bytes = b"") -> bytes:
        number = bytes((kind,)) if kind < 128 else bytes((kind & 0x7F | 0x80, kind >> 7))
        return number + bytes((len(data),)) + data

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    def row(number: int, cell: bytes) -> bytes:
        return record(0, struct.pack("<IIHBBB", number, 0, 300, 0, 0, 0) + struct.pack("<I", 0)) + cell  # fmt: skip

    def at(data: bytes) -> bytes:
        return struct.pack("<II", 0, 0) + data

    rows = row(0, record(6, at(wide("amount")))) + row(1, record(5, at(struct.pack("<d", 1.5))))
    for number, code in enumerate(CODES, 2):
        rows += row(number, record(3, at(bytes((code,)))))
    formula = struct.pack("<HI", 0, 2) + b"\x1c\x2a" + struct.pack("<I", 0)
    rows += row(9, record(11, at(b"\x2a") + formula)) + row(10, record(4, at(b"\x01")))
    part = record(129) + record(148, struct.pack("<IIII", 0, 10, 0, 0)) + record(145) + rows + record(146) + record(130)  # fmt: skip
    sheets = record(156, struct.pack("<II", 0, 1) + wide("rId7") + wide("Data"))
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"

    def relation(id_: str, type_: str, target: str) -> str:
        return f'<Relationships xmlns="{package}/relationships"><Relationship Id="{id_}" Type="{kind}/{type_}" Target="{target}"/></Relationships>'

    with zipfile.ZipFile(path, "w") as book:
        book.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"><Default Extension="bin" ContentType="application/octet-stream"/></Types>')  # fmt: skip
        book.writestr("_rels/.rels", relation("rId1", "officeDocument", "xl/workbook.bin"))
        book.writestr("xl/_rels/workbook.bin.rels", relation("rId7", "worksheet", "worksheets/sheet9.bin"))  # fmt: skip
        book.writestr("xl/workbook.bin", record(131) + record(143) + sheets + record(144) + record(132))  # fmt: skip
        book.writestr("xl/worksheets/sheet9.bin", part)


@pytest.fixture(params=["xls", "xlsb"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give a workbook of each kind."""
    path = tmp_path / f"spend.{request.param}"
    if request.param == "xls":
        path.write_bytes(xls(xls_cells()))
    else:
        xlsb(path)
    return path


def test_failed_formulas_are_not_blank(book: Path) -> None:
    grid = sheet.grid(open_file(book), ("amount",), "Data")
    assert list(grid.columns["amount"]) == ["1.5", *CODES.values(), "#N/A", "true"]
    told = {problem.value: (problem.row, problem.count) for problem in grid.problems}
    assert told["#N/A"] == (9, 2)
    assert set(told) == set(CODES.values())


def test_another_reader_sees_the_same(tmp_path: Path) -> None:
    path = tmp_path / "spend.xls"
    path.write_bytes(xls(xls_cells()))
    cells = xlrd.open_workbook(path).sheet_by_name("Data").col(0)
    seen = [xlrd.error_text_from_code[c.value] for c in cells if c.ctype == xlrd.XL_CELL_ERROR]
    assert seen == [*CODES.values(), "#N/A"]


def test_a_failed_amount_is_no_amount(tmp_path: Path) -> None:
    path = tmp_path / "spend.xls"
    path.write_bytes(xls(xls_cells()))
    mapping = tmp_path / "spend.toml"
    mapping.write_text(
        '[source]\ntable = "spend"\n[read]\nsheet = "Data"\n[columns]\nline_id = "amount"\nactual = "amount"\nperiod = {value = "2026-Q3"}\n'
        'category = {value = "tools"}\n'
    )
    found = read(path, "spend", mapping=mapping)
    said = [str(problem) for problem in found.problems if problem.value == "#N/A"]
    assert any("is a formula that failed" in one for one in said)
    assert found.rejected >= 8
