"""Every odd table of the corpus: each file is named here with cells that somebody else asserted, or with its refusal.

Cells come from the tests of the projects the files were collected from, or were read by hand in a spreadsheet program.
Workbooks are also held cell by cell against other readers: openpyxl for XLSX and XLSM, xlrd for XLS.
"""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlrd

from reportkit.errors import DataError
from reportkit.sources import sheet, text
from reportkit.sources.content import open_file
from reportkit.sources.grid import Grid
from reportkit.sources.workbook_parts import FAILED

#: Of each file: records below the header, then cells by (column, place among the records); a column may be a number.
Cells = dict[tuple[str | int, int], str]
MESSY: dict[str, tuple[int, Cells]] = {
    "begrotingsanalyse-2011.csv": (34, {("1", 0): "2"}),
    # The file is Big5: read as cp1252 its words are wrong, which is said; its 382 rows and the ASCII ones are right.
    "characters.csv": (382, {("id", 0): "v_1", (1, 0): "C1_395000000A_000001"}),
    "complex.csv": (3, {("date", 0): "2011-01-01", ("another date", 0): "24 October 2011",
        ("place", 1): "Galway and more", ("temperature", 2): "6,000,000", ("place", 2): "Galway"}),
    "example.tsv": (140, {("hour", 0): "2012-06-22 00:00:00", ("expr1_0_imp", 0): "15955"}),
    "excel_pasting.csv": (16, {("Year", 0): "Timber", ("2000", 0): "2,666"}),
    # One word, four thousand times: the header, and that many repeats of it, which are counted and told.
    "long.csv": (0, {}),
    "mixedGLB.csv": (133, {("Year", 0): "1880", ("Jan", 0): "-43"}),
    "null.csv": (9, {("null", 1): "null", ("1", 1): "3", ("0", 1): ""}),
    "simple.csv": (6, {("date", 0): "2011-01-01", ("temperature", 0): "1", ("place", 5): "Berkeley"}),
    "simple.psv": (28, {("Year", 0): "1986", ("New dwellings", 0): "44000"}),
    "simple.ssv": (6, {("date", 0): "2011-01-01", ("temperature", 0): "1"}),
    "simple.zip": (6, {("date", 0): "2011-01-01", ("temperature", 0): "1"}),
    "skip_initials.csv": (2, {("field2", 0): "goodbye", ("field2", 1): "goodbye2"}),
    "small.csv": (0, {}),
    "spanish_chars.csv": (115, {("GF", 0): "Gobierno", ("F", 1): "Legislación"}),
    "sparse_with_column_errors.csv": (2200, {("LP", 0): "A", ("Bezeichnung", 1): "Grundfinanzierung MPG"}),
    "utf-16le_encoded.csv": (327, {("Organisation_name", 0): "Enfield PCT"}),
    "utf8bom.csv": (0, {}),
    # The first of its eleven columns has no heading and holds what the rows are about.
    "weird_head_padding.csv": (76, {("1993", 1): "379", ("column 1", 1): "Gefäßchirurgie", ("column 1", 9): "Frauenheilkunde und Geburtshilfe ..."}),
    # HTML: text to a reader of text; 'inspect' and 'load' refuse it by its root.
    "badcolspan.html": (5, {}), "complex.html": (16, {}), "invisible_text.html": (83, {}), "rowcolspan.html": (11, {}),
}  # fmt: skip
BOOKS: dict[str, tuple[int, Cells]] = {
    "bug_176.xlsx": (581, {("Comments", 0): "", (0, 0): "project"}),
    "bug_01.csv": (2, {("'1'", 0): "'2'", ("4", 0): "5"}),
    "non-uniform-rows.csv": (6, {("1", 5): "1", ("column 2", 0): "2", ("column 3", 0): "", ("column 8", 5): "8"}),
    "date_field.xls": (4, {("Date", 0): "2014-12-25", ("Time", 0): "11:11:11"}),
    "file_with_an_empty_sheet.xlsx": (1, {("1", 0): "4", ("3", 0): "6"}),
    "messytables/bian-anal-mca-2005-dols-eng-1011-0312-tab3.xlsm": (40, {}),
    "messytables/blank_line.ods": (3, {("Name", 0): "Bob", ("When", 0): "2010-10-10"}),
    "messytables/excel_properties.xls": (17, {(0, 0): "italic"}),
    "messytables/multilineods.ods": (0, {}),
    "messytables/ods_formats.ods": (5, {("Date", 0): "2014-11-11", ("Boolean", 0): "true", ("Float", 0): "11.11",
        ("Date", 1): "2001-01-01", ("Date", 2): "", ("Time", 0): "11:12:12", ("Time", 1): "00:00:12", ("Time", 3): "PT27H17M54S", ("Time", 4): "Other",
        ("Boolean", 1): "false", ("Currency", 0): "1", ("Currency", 1): "-10000", ("Percentage", 0): "2", ("Int", 0): "3", ("Int", 3): "11",
        ("Scientific", 0): "100000", ("Fractions", 0): "1.25", ("Text", 0): "abc"}),
    "messytables/simple.xls": (6, {("date", 0): "2011-01-01", ("temperature", 0): "1", ("place", 0): "Galway"}),
    "messytables/simple.xlsx": (6, {("date", 0): "2011-01-01", ("temperature", 0): "1", ("place", 0): "Galway"}),
    "messytables/span_rich.xls": (5, {("h", 0): "MERGE", ("f", 0): "e"}),
    "messytables/sw_gen.xlsx": (15, {("id_str", 0): "474939423470395392", ("created_at", 0): "2014-06-06 15:42:37+00:00"}),
    "messytables/unicode_sheet_name.xls": (0, {}),
    "calamine/any_sheets.ods": (3, {("1", 0): "3", ("2", 1): "6"}),
    "calamine/any_sheets.xlsb": (3, {("1", 0): "3", ("2", 1): "6"}),
    "calamine/any_sheets.xlsx": (3, {("1", 0): "3", ("2", 1): "6"}),
    "calamine/column_row_ranges.xlsx": (0, {}),
    "calamine/covered.ods": (2, {("a1", 0): "a2", ("a1", 1): "a3"}),
    "calamine/date.ods": (3, {("2021-01-01", 0): "2021-01-01T10:10:10", ("2021-01-01", 1): "10:10:10", ("2021-01-01", 2): "10:10:10.123456",
        ("15", 1): "17"}),
    # 255 hours, 10 minutes and 10 seconds.
    "calamine/date.xls": (2, {("2021-01-01", 0): "2021-01-02", ("2021-01-01", 1): str(timedelta(hours=255, minutes=10, seconds=10)), ("15", 1): "17"}),
    "calamine/date.xlsb": (2, {("2021-01-01", 0): "2021-01-02", ("2021-01-01", 1): str(timedelta(hours=255, minutes=10, seconds=10)),
        ("15", 0): "16", ("15", 1): "17"}),
    "calamine/date.xlsx": (2, {("2021-01-01", 0): "2021-01-02", ("15", 0): "16", ("15", 1): "17"}),
    # Serial number 42735 counted from 1904.
    "calamine/date_1904.xls": (2, {((date(1904, 1, 1) + timedelta(42735)).isoformat(), 0): "2021-01-02"}),
    "calamine/date_1904.xlsx": (2, {((date(1904, 1, 1) + timedelta(42735)).isoformat(), 0): "2021-01-02"}),
    "calamine/date_iso.xlsx": (5, {("2021-01-01", 0): "2021-01-01T10:10:10", ("2021-01-01", 1): "10:10:10"}),
    "calamine/date_quoted_format.xlsx": (0, {}),
    "calamine/empty_s_attribute.xlsx": (4, {("Name", 0): "John", ("Value", 0): "1", ("Name", 3): "Sam", ("Value", 3): "4"}),
    "calamine/empty_shared_string.xlsx": (0, {}),
    "calamine/empty_shared_string_value.xlsx": (2, {("Name", 0): "Alice", ("City", 0): "", ("City", 1): "Berlin"}),
    "calamine/encoded_entities.xlsx": (0, {}),
    "calamine/errors.xlsx": (6, {("#DIV/0!", 0): "#NAME?", ("#DIV/0!", 1): "#VALUE!", ("#DIV/0!", 2): "#NULL!",
        ("#DIV/0!", 3): "#REF!", ("#DIV/0!", 4): "#NUM!", ("#DIV/0!", 5): "#N/A"}),
    "calamine/formula.issue.xlsx": (2, {("23", 0): "", ("column 7", 0): "2", ("column 10", 1): "US"}),
    "calamine/has_x000D_.xlsx": (0, {}),
    "calamine/has_x000D_inline.xlsx": (0, {}),
    "calamine/header-row.xlsx": (1, {("Columns", 0): "put data here", ("Column A", 0): "1", ("Column B", 0): "2"}),
    "calamine/hyperlinks.xlsx": (7, {("calamine repo", 0): "Rust Programming Language"}),
    "calamine/inlineStr_cdata.xlsx": (1, {("Hello CDATA", 0): "12345", ("World", 0): "NormalText"}),
    "calamine/inlineStr_with_value.xlsx": (1, {("NN", 0): "1", ("ID", 0): "RQ11610", ("Type", 0): "Textual Requirement"}),
    "calamine/inventory-table.xlsx": (4, {("Item", 0): "1", ("Type", 0): "Apple", ("Quantity", 1): "200"}),
    "calamine/issue221.xlsm": (1, {("Cell_A1", 0): "Cell_A2", ("Cell_B1", 0): "Cell_B2"}),
    "calamine/issue3.xlsm": (0, {}),
    "calamine/issue438.xlsx": (4, {("x", 0): "1", ("y", 0): "2", ("y", 1): "6"}),
    "calamine/issue446.xlsx": (1, {}),
    "calamine/issue644.xlsx": (9, {("10", 0): "25", ("10", 2): "100"}),
    "calamine/issue9.xlsx": (3, {("test1", 0): "test2 other", ("test1", 1): "test3 aaa", ("test1", 2): "test4"}),
    "calamine/issues.ods": (5, {("1", 0): "1.5", ("1", 1): "ab", ("1", 2): "false", ("1", 3): "test", ("1", 4): "2016-10-20"}),
    "calamine/issues.xlsx": (5, {("1", 0): "1.5", ("1", 1): "ab", ("1", 2): "false", ("1", 3): "test", ("1", 4): "2016-10-20"}),
    "calamine/malformed_format.xls": (34, {}),
    "calamine/merge_cells.xlsx": (0, {}),
    "calamine/merged_cells.ods": (1, {("A", 0): "", ("B", 0): "", ("C", 0): "C"}),
    "calamine/merged_range.xls": (2, {("A1", 0): "A3", ("B1", 1): "B4"}),
    "calamine/merged_range.xlsx": (2, {("A1", 0): "A3", ("B1", 1): "B4"}),
    "calamine/minimal_package.xlsx": (193, {("BKG_NUM", 0): "4894831", ("BKG_TM", 0): "00:05"}),
    "calamine/multi-empty.ods": (5, {("StringCol", n): word for n, word in enumerate(("bbb", "ccc", "ddd", "eee", "zzz"))}),
    "calamine/no-header.xlsx": (1, {("a", 0): "b", ("0", 0): "1"}),
    "calamine/non_monotonic_si.xlsx": (5, {("1", 0): "2", ("3", 1): "9"}),
    "calamine/nonstandard-xml-ns-prefix.xlsx": (2, {("a", 0): "1", ("b", 1): "4"}),
    "calamine/number_rows_repeated.ods": (4, {(column, n): word for column, word in (("A", "C"), ("B", "D")) for n in range(4)}),
    "calamine/pivots.xlsx": (1, {("Row Labels", 0): "yellow", ("Count of Size", 0): "3"}),
    "calamine/readings.xlsx": (3, {("Station", 0): "London", ("Celsius", 1): "18.5"}),
    "calamine/richtext-after-plain.xlsx": (1, {("abcd", 0): "tvalrval1rval2"}),
    "calamine/richtext-namespaced.xlsx": (0, {}),
    "calamine/richtext_issue.ods": (0, {}),
    "calamine/rph.xlsx": (0, {}),
    "calamine/single-empty.ods": (5, {("StringCol", n): word for n, word in enumerate(("bbb", "ccc", "ddd", "eee", "zzz"))}),
    "calamine/special_cells.ods": (4, {("Split\nLine", 0): "Value  With spaces", ("Split\nLine", 1): "Value   With 3 spaces",
        ("Split\nLine", 2): " Value   With spaces before and after ", ("Split\nLine", 3): "  Value   With 2 spaces before and after  "}),
    "calamine/strict_iso_paths.xlsx": (75, {("Item", 0): "150-031260-001_B", ("Thickness", 0): "1.5"}),
    "calamine/string-ref.xlsx": (1, {("col1", 0): "-8086931554011838357"}),
    "calamine/table-multiple.xlsx": (4, {("Item", 0): "1", ("Type", 0): "Apple", ("Quantity", 0): "50"}),
    "calamine/table_with_absolute_paths.xlsx": (4, {("Item", 0): "100", ("Name", 0): "North"}),
    "calamine/table_with_insertrow_attribute.xlsx": (32, {("Id", 0): "1"}),
    "calamine/temperature-fallible.xlsx": (4, {("label", 0): "celsius", ("value", 0): "22.2222", ("notes", 0): "measured"}),
    "calamine/temperature-in-middle.xlsx": (2, {("label", 0): "celsius", ("value", 0): "22.2222", ("value", 1): "72"}),
    "calamine/temperature-table.xlsx": (2, {("label", 0): "celsius", ("value", 0): "22.2222", ("value", 1): "72"}),
    "calamine/temperature.xlsx": (2, {("label", 0): "celsius", ("value", 0): "22.2222", ("value", 1): "72"}),
    "calamine/whitespace_trim.xlsx": (2, {}),
    "calamine/with-annotation.ods": (0, {}),
}  # fmt: skip
#: Headers of files that hold nothing else, or whose header is what was asserted.
HEADERS = {
    "utf8bom.csv": ["kitten", "win"],
    "long.csv": ["foo"],
    "small.csv": ["a"],
    "calamine/date_quoted_format.xlsx": ["2021-01-01"],
    "calamine/empty_shared_string.xlsx": ["abc"],
    "calamine/encoded_entities.xlsx": ["&"],
    "calamine/has_x000D_.xlsx": ["ABC\r\nDEF"],
    "calamine/has_x000D_inline.xlsx": ["ABC\r\nDEF"],
    "calamine/issue3.xlsm": ["1", "a"],
    "calamine/richtext-namespaced.xlsx": [
        "inline string\nLine 2\nLine 3", "shared string\nLine 2\nLine 3",
    ],
    "calamine/richtext_issue.ods": ["abc"],
    "calamine/rph.xlsx": ["課きく　毛こ"],
    "messytables/multilineods.ods": ["1\n2\n3\n4"],
    "calamine/with-annotation.ods": ["cell a.1"],
}  # fmt: skip
#: Sheets that are not the first one of their workbook, cell by cell.
FURTHER: dict[tuple[str, str], dict[str, list[str]]] = {
    ("calamine/issues.ods", "issue2"): {"1": ["2", "3"], "a": ["b", "c"]},
    ("calamine/issues.ods", "issue5"): {"0.5": []},
    ("calamine/issues.ods", "issue6"): {"1": ["2", "ab", "false"]},
    ("calamine/issues.ods", "spc_chrs"): {"&": ["<", ">", "aaa ' aaa", '"', "☺", "֍", "àâéêèçöïî«»"]},
    ("calamine/issues.xlsx", "issue2"): {"1": ["2", "3"], "a": ["b", "c"]},
    ("calamine/issues.xlsx", "issue5"): {"0.5": []},
    ("calamine/issues.xlsx", "issue6"): {"1": ["2", "ab", "false"]},
    ("calamine/issues.xlsx", "spc_chrs"): {"&": ["<", ">", "aaa ' aaa", '"', "☺", "֍", "àâéêèçöïî«»"]},
    ("calamine/number_rows_repeated.ods", "Sheet2"): {"A": ["C"] * 4, "B": ["D"] * 4},
    ("calamine/number_rows_repeated.ods", "Sheet3"): {"A": ["C"] * 4, "B": ["D"] * 4},
}  # fmt: skip
REFUSED = {
    "empty.csv": "is empty (0 bytes)",
    "calamine/OOM_alloc3.xls": "cannot be read as a workbook",
    "calamine/too_small.xls": "cannot be read as a workbook",
    "calamine/issue252.xlsx": "cannot be read as a workbook",
    "calamine/empty_sheet.xlsx": "has an empty sheet",
    "calamine/issue127.ods": "has an empty sheet",
    "calamine/issue127.xlsx": "has an empty sheet",
    "calamine/issue281.xlsm": "has an empty sheet",
    "calamine/vba.xlsm": "has an empty sheet",
    "messytables/libreoffice.xlsx": "has an empty sheet",
    "calamine/pass_protected.ods": "is protected by a password",
    "calamine/pass_protected.xlsx": "is protected by a password",
    "messytables/encrypted_no_password.xls": "is protected by a password",
}


FILES = [
    *(pytest.param("evil-csv/messytables", name, id=name) for name in MESSY),
    *(pytest.param("evil-xlsx", name, id=name) for name in BOOKS),
]


def table(path: Path) -> Grid:
    content = open_file(path)
    return sheet.grid(content, ()) if path.suffix in sheet.SUFFIXES else text.grid(content, ())


def test_every_file_is_named_here(corpus: Path) -> None:
    for folder, names in (
        ("evil-csv/messytables", set(MESSY) | {"blank_line.ods"}),
        ("evil-xlsx", set(BOOKS) - {"messytables/blank_line.ods"} | set(REFUSED)),
    ):
        root = corpus / folder
        found = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        assert found == names


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_cells_are_the_asserted_ones(corpus: Path, folder: str, name: str) -> None:
    place = "evil-csv" if name == "messytables/blank_line.ods" else folder
    count, cells = {**MESSY, **BOOKS}[name]
    grid = table(corpus / place / name)
    headers = list(grid.columns)
    assert len(grid.numbers) == count
    if name in HEADERS:
        assert headers == HEADERS[name]
    found = {
        (column, row): grid.columns[headers[column] if isinstance(column, int) else column][row]
        for column, row in cells
    }
    if name == "weird_head_padding.csv":
        found = {place: cell.strip() for place, cell in found.items()}
    assert found == cells


@pytest.mark.parametrize(("name", "wanted"), FURTHER)
def test_cells_of_further_sheets(corpus: Path, name: str, wanted: str) -> None:
    grid = sheet.grid(open_file(corpus / "evil-xlsx" / name), (), wanted)
    assert {column: list(cells) for column, cells in grid.columns.items()} == FURTHER[name, wanted]


def test_an_encoding_that_is_named_is_read(corpus: Path) -> None:
    grid = text.grid(open_file(corpus / "evil-csv/messytables/characters.csv"), (), None, "big5")
    cells = list(grid.columns.values())[2]
    assert (len(cells), cells[0], cells[-1]) == (382, "雲嘉南濱海國家風景區管理處", "沈光文紀念廳")
    assert not grid.problems


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused(corpus: Path, name: str) -> None:
    path = corpus / "evil-xlsx" / name
    with pytest.raises(DataError) as caught:
        table(path)
    assert str(path) in caught.value.message
    assert REFUSED[name] in caught.value.message


def test_encodings_are_said(corpus: Path) -> None:
    folder = corpus / "evil-csv/messytables"
    for name, odd in (("spanish_chars.csv", "0xF3"), ("characters.csv", "0xB4")):
        problem = table(folder / name).problems[0]
        assert f"read as cp1252: first odd byte {odd}" in problem.message
    # Each of these says in its first bytes what it is, or is plain UTF-8.
    for name in ("utf8bom.csv", "utf-16le_encoded.csv", "simple.csv"):
        assert not table(folder / name).problems


def test_the_header_repeated_is_counted(corpus: Path) -> None:
    """A peer counts 4,000 rows in the file, every one of them the same word."""
    (problem,) = table(corpus / "evil-csv/messytables/long.csv").problems
    assert (problem.count + 1, problem.message) == (4000, "repeats the header and was left out")


def test_hidden_sheets_are_not_read_unless_named(corpus: Path) -> None:
    content = open_file(corpus / "evil-xlsx/calamine/any_sheets.xlsx")
    visible = sheet.grid(content, ())
    assert "This workbook contains 4 sheets" in visible.columns["1"][2]
    book = openpyxl.load_workbook(io.BytesIO(content.path.read_bytes()))
    for name in ("Hidden", "VeryHidden"):
        assert book[name].sheet_state != "visible"
        assert not any(book[name].iter_rows(values_only=True))
        # Named, it is what is read: there is nothing in it.
        with pytest.raises(DataError, match="has an empty sheet"):
            sheet.grid(content, (), name)
    with pytest.raises(DataError, match="has no sheet 'Chart'"):
        sheet.grid(content, (), "Chart")


def test_failed_formulas_are_told_and_do_not_read_as_blank(corpus: Path) -> None:
    grid = table(corpus / "evil-xlsx/calamine/errors.xlsx")
    told = {problem.value for problem in grid.problems}
    assert told == FAILED - {"#SPILL!", "#CALC!"}


# Theirs: a reader that nobody here wrote, cell by cell.

#: Workbooks on which openpyxl itself fails.
ABOVE_OPENPYXL = {
    "bug_176.xlsx",
    "strict_iso_paths.xlsx",
    "minimal_package.xlsx",
    "empty_s_attribute.xlsx",
    "pivots.xlsx",
}
#: Two rows of headings, which ours makes one.
JOINED = {"merge_cells.xlsx": ["Row Merge Column Merge", "Row Merge Chunk Merged", "Not Merged"]}


def by_openpyxl(path: Path) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), data_only=True)
    visible = next(
        one
        for one in book.worksheets
        if one.sheet_state == "visible" and any(one.iter_rows(values_only=True))
    )
    return [list(row) for row in visible.iter_rows(min_row=1, min_col=1, values_only=True)]


def by_xlrd(path: Path) -> list[list[Any]]:
    book = xlrd.open_workbook(path)
    return [
        [_xls(cell, book.datemode) for cell in row] for row in book.sheet_by_index(0).get_rows()
    ]


def _xls(cell: Any, mode: int) -> Any:
    if cell.ctype == xlrd.XL_CELL_DATE:
        if cell.value < 60:
            return timedelta(seconds=round(cell.value * 86400))
        return xlrd.xldate_as_datetime(cell.value, mode)
    return bool(cell.value) if cell.ctype == xlrd.XL_CELL_BOOLEAN else cell.value


def same(mine: str, theirs: Any) -> bool:
    """Say whether a cell of ours is what another reader saw."""
    if theirs is None:
        return not mine
    if isinstance(theirs, bool):
        return mine == str(theirs).lower()
    if isinstance(theirs, int | float):
        return float(mine) == pytest.approx(float(theirs), rel=1e-12)
    if isinstance(theirs, datetime):
        return datetime.fromisoformat(mine) == theirs
    if isinstance(theirs, clock | timedelta):
        return mine.lstrip("0") == str(theirs).lstrip("0")
    # Blanks around a cell carry no meaning, and one program's line ends are another's.
    plain = str(theirs).replace("_x000D_", "").replace("\r", "")
    return mine.replace("\r", "").strip() == plain.strip()


def word(title: Any) -> str:
    return "" if title is None else str(title).strip()


WORKBOOKS = [name for name in BOOKS if name.endswith((".xlsx", ".xlsm", ".xls"))]


@pytest.mark.parametrize("name", WORKBOOKS)
@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
def test_cells_are_those_another_reader_sees(corpus: Path, name: str) -> None:
    path = corpus / "evil-xlsx" / name
    grid = table(path)
    if path.name in ABOVE_OPENPYXL:
        with pytest.raises(Exception):  # noqa: B017, PT011
            by_openpyxl(path)
        return
    if path.name in JOINED:
        assert list(grid.columns) == JOINED[path.name]
        return
    theirs = by_xlrd(path) if path.suffix == ".xls" else by_openpyxl(path)
    header = theirs[grid.header - 1]
    titles = [word(title) for title in header]
    twice = {place for place, title in enumerate(titles) if title and titles.index(title) < place}
    places = [
        place
        for place in range(len(titles))
        if titles[place] or f"column {place + 1}" in grid.columns
    ]
    places = [place for place in places if place not in twice]
    assert len(places) == len(grid.columns)
    for number, row in grid.rows():
        seen = theirs[number - 1]
        for place, (title, cell) in zip(places, row.items(), strict=True):
            assert same(title, header[place] if titles[place] else f"column {place + 1}")
            assert same(cell, seen[place]), (number, title)
        # Nothing of a row is lost.
        assert not any(word(seen[place]) for place in {*range(len(seen))} - {*places} - twice)
