"""Files as people save them: encodings, delimiters, preambles, padding, packing, and what is refused."""

from __future__ import annotations

import gzip
import zipfile
from datetime import date
from pathlib import Path

import pytest

from reportkit.errors import ConfigError, DataError, UsageError
from reportkit.sources import dates, inspect, read, text
from reportkit.sources.content import open_file

UNITS = "unit_id,name\nNA,Namibia\nXX,None\n"


def put(folder: Path, content: str | bytes, name: str = "units.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def names(path: Path) -> list[str]:
    found: list[str] = read(path, "units").rows["name"].to_pylist()
    return found


def test_na_and_none_stay_text(tmp_path: Path) -> None:
    """pandas reads 'NA' (Namibia) and, since version 2, 'None' as missing."""
    rows = read(put(tmp_path, UNITS), "units").rows
    assert rows.select(["unit_id", "name"]).to_pylist() == [
        {"unit_id": "NA", "name": "Namibia"},
        {"unit_id": "XX", "name": "None"},
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_header(tmp_path: Path) -> None:
    assert names(put(tmp_path, b"\xef\xbb\xbf" + UNITS.encode())) == ["Namibia", "None"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_marked_encodings_are_read_without_a_word(tmp_path: Path, encoding: str) -> None:
    found = read(put(tmp_path, "unit_id,name\n1,Zürich €\n".encode(encoding)), "units")
    assert found.rows["name"].to_pylist() == ["Zürich €"]
    assert found.problems == ()


def test_cp1252_is_read_with_a_warning_that_names_the_first_odd_byte(tmp_path: Path) -> None:
    found = read(put(tmp_path, b"unit_id,name\n1,Bern\n2,Z\xfcrich\n"), "units")
    assert found.rows["name"].to_pylist() == ["Bern", "Zürich"]
    assert str(found.problems[0]).startswith(
        "the file is not UTF-8 and was read as cp1252: first odd byte 0xFC at byte 24, line 3"
    )
    assert found.rejected == 0


def test_an_odd_byte_beyond_the_first_chunk_is_placed_right(tmp_path: Path) -> None:
    # A two-byte letter across the border of two chunks must not move the count.
    padding = b"x" * ((1 << 20) - 14) + "é".encode()
    content = b"unit_id,name\n" + padding + b",a\n2,\xff\n"
    problem = text.encoding(open_file(put(tmp_path, content)))[1]
    assert problem is not None
    assert f"at byte {content.index(0xFF) + 1:,}, line 3" in problem.message


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_header_tells_the_delimiter(tmp_path: Path, mark: str) -> None:
    # More commas than delimiters stand in the cells.
    content = f'unit_id{mark}name\n1{mark}"a, b, c"\n'
    assert names(put(tmp_path, content)) == ["a, b, c"]


def test_lines_above_a_recognised_header_are_skipped_and_rows_keep_their_numbers(
    tmp_path: Path,
) -> None:
    content = "Report of units\nmade by,someone\n\nunit_id,name,staff\n1,Bern,x\n"
    found = inspect(put(tmp_path, content))
    assert str(found.problems[0]) == "row 5, column staff: 'x' is not a whole number"
    assert (found.records, found.rejected) == (1, 1)


def test_blank_rows_repeated_headers_and_line_ends_in_cells(tmp_path: Path) -> None:
    content = 'unit_id,name\r\n,\r\n1,"two\nlines"\r\n  ,\r\nunit_id,name\r\n2,b\r\n,\r\n'
    found = read(put(tmp_path, content), "units")
    assert found.rows["name"].to_pylist() == ["two\nlines", "b"]
    assert found.records == 2


def test_short_and_long_rows(tmp_path: Path) -> None:
    found = read(put(tmp_path, "unit_id,name\n1\n2,b,extra\n3,c,\n"), "units")
    assert found.rows["name"].to_pylist() == [None, "b", "c"]
    assert [str(p) for p in found.problems] == [
        "row 3: 'extra' stands beyond the last header; it was left out"
    ]


def test_headers_may_differ_in_case_and_blanks(tmp_path: Path) -> None:
    assert names(put(tmp_path, " Unit ID ,NAME\n1,a\n")) == ["a"]


def test_packed_files_are_unpacked(tmp_path: Path) -> None:
    plain = names(put(tmp_path, UNITS))
    assert names(put(tmp_path, gzip.compress(UNITS.encode()), "units.csv.gz")) == plain
    with zipfile.ZipFile(tmp_path / "units.zip", "w") as archive:
        archive.writestr("folder/units.csv", UNITS)
    assert names(tmp_path / "units.zip") == plain


def test_a_packed_flood_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, gzip.compress(UNITS.encode() + b"1,a\n" * 1_000_000), "units.csv.gz")
    monkeypatch.setattr("reportkit.sources.content.UNPACKED_LIMIT", 1 << 20)
    with pytest.raises(DataError, match="unpacks to more than"):
        read(path, "units")


def workbook(path: Path, rows: str, *, epoch_1904: bool = False) -> Path:
    """Write a workbook of a hidden and a visible sheet; style 1 is a day."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><workbookPr date1904="{int(epoch_1904)}"/>'
        '<sheets><sheet name="Lists" sheetId="1" state="hidden" r:id="a"/>'
        '<sheet name="Data" sheetId="2" r:id="b"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="a" Type="{office}/worksheet" Target="a.xml"/>'
        f'<Relationship Id="b" Type="{office}/worksheet" Target="b.xml"/>'
        f'<Relationship Id="s" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/a.xml": f'<worksheet xmlns="{main}"><sheetData/></worksheet>',
        "xl/b.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def row(number: int, *cells: str) -> str:
    """Write a row: '=5' is a number, '@5' a day's serial, '?1' a truth, all else text."""
    written = []
    for column, cell in zip("ABCDEFG", cells, strict=False):
        place = f'r="{column}{number}"'
        if cell[:1] in "=@?" and cell:
            kind = {"=": "", "@": 's="1"', "?": 't="b"'}[cell[0]]
            written.append(f"<c {place} {kind}><v>{cell[1:]}</v></c>")
        elif cell:
            written.append(f'<c {place} t="inlineStr"><is><t>{cell}</t></is></c>')
    return f'<row r="{number}">{"".join(written)}</row>'


@pytest.mark.parametrize(("epoch_1904", "serial"), [(False, 46295), (True, 46295 - 1462)])
def test_a_workbook_reads_like_the_same_csv(tmp_path: Path, epoch_1904: bool, serial: int) -> None:  # noqa: FBT001
    # Excel's day 1 is 1900-01-01 and it counts a 29 February 1900: 2026-09-30 is 46295. 1904 starts 1462 days later.
    cells = (
        row(1, "Assets of the firm")
        + row(3, "asset_id", "name", "criticality", "in_scope", "first_seen")
        + row(4, "NA", "None", "=2", "?1", f"@{serial}")
        + row(6, "b", "=1.5", "=9", "?0", "30.9.2026")
    )
    path = workbook(tmp_path / "assets.xlsx", cells, epoch_1904=epoch_1904)
    found = read(path, "assets")
    columns = ["asset_id", "name", "criticality", "in_scope", "first_seen"]
    assert [tuple(r.values()) for r in found.rows.select(columns).to_pylist()] == [
        ("NA", "None", 2, True, date(2026, 9, 30))
    ]
    assert [str(problem) for problem in found.problems] == [
        "row 6, column criticality: '9' is not a whole number between 1 and 4",
        "row 6, column first_seen: '30.9.2026' is not a day such as 2026-09-30",
    ]
    assert inspect(path).format == "xlsx"


def test_json_lists_and_lines_of_objects(tmp_path: Path) -> None:
    plain = names(put(tmp_path, UNITS))
    rows = '{"unit_id": "NA", "name": "Namibia"}', '{"unit_id": "XX", "name": "None"}'
    assert names(put(tmp_path, f"[{', '.join(rows)}]", "units.json")) == plain
    assert names(put(tmp_path, "\n".join(rows), "units.ndjson")) == plain


def test_every_file_says_what_table_it_is(tmp_path: Path) -> None:
    assert inspect(put(tmp_path, UNITS)).table == "units"
    content = "spend,line_id,period,budget\nx,L1,2026-Q3,1\n"
    assert inspect(put(tmp_path, content, "anything.csv")).table == "spend"


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.csv", "is empty"),
        (gzip.compress(b"", mtime=0), "a.csv.gz", "holds an empty file"),
        (b"\x1f\x8b rubbish", "a.csv.gz", "cannot be unpacked"),
        (gzip.compress(UNITS.encode() * 99, mtime=0)[:60], "a.csv.gz", "cannot be unpacked"),
        (b"PK\x03\x04 rubbish", "a.xlsx", "cannot be unpacked"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 rubbish", "a.xls", "cannot be read as a workbook"),
        (bytes(range(256)) * 9, "a.bin", "is not a format known here"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.csv", "is not text"),
        (b'{"a": [1,\n 2,,]}', "a.json", "is not valid JSON: expecting value at line 2, column 4"),
        (b"[" * 200_000, "a.json", "nested too deeply|not valid JSON"),
        (b'{"a": 1}', "a.json", "JSON of no known format"),
        (b"<a><b></a>", "a.xml", "no format known here|not well-formed"),
        (b"<NessusClientData_v2><Report></NessusClientData_v2>", "a.nessus", "not well-formed XML"),
        (b"shoe,size\nleft,43\n", "a.csv", "are not those of any table"),
        (b"a", "a.csv", "are not those of any table"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence_that_names_the_file(
    tmp_path: Path, content: bytes, name: str, words: str
) -> None:
    path = put(tmp_path, content, name)
    with pytest.raises(DataError, match=words) as caught:
        inspect(path)
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message


def test_missing_files_folders_and_archives_of_many(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        inspect(tmp_path / "none.csv")
    with pytest.raises(DataError, match="is a folder"):
        inspect(tmp_path)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", "a")
        archive.writestr("b.csv", "b")
    with pytest.raises(DataError, match="holds 2 files"):
        inspect(tmp_path / "two.zip")


def test_the_wrong_format_table_or_mapping_is_named(tmp_path: Path) -> None:
    path = put(tmp_path, UNITS)
    with pytest.raises(UsageError, match="did you mean 'csv'"):
        inspect(path, format="cvs")
    with pytest.raises(DataError, match="did you mean 'units'"):
        read(path, "unit")
    with pytest.raises(DataError, match="is not valid JSON"):
        inspect(path, format="sarif")
    with pytest.raises(DataError, match="cannot be read"):
        inspect(path, mapping=tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="not valid TOML"):
        inspect(path, mapping=path)
    with pytest.raises(DataError, match="no row keeps the contract of findings; column"):
        read(put(tmp_path, "finding_id,asset_id\n1,a\n"), "findings")


def test_unit_and_hash_are_kept(tmp_path: Path) -> None:
    path = put(tmp_path, "asset_id,unit_id\na,\nb,retail\n", "assets.csv")
    found = read(path, "assets", unit="bank")
    assert found.rows["unit_id"].to_pylist() == ["bank", "retail"]
    assert len(found.raw_sha256) == 64
    assert found.mapping_sha256 is None


def test_one_order_of_day_and_month_for_a_whole_column() -> None:
    """03/04 alone may be March or April; one 20/10 in the same column settles it."""
    assert dates.column(["03/04/2026", "20/10/2026"]) == {
        "03/04/2026": "2026-04-03",
        "20/10/2026": "2026-10-20",
    }
    assert dates.column(["03/04/2026", "10/20/2026"])["03/04/2026"] == "2026-03-04"


def test_days_in_two_orders_are_never_guessed_cell_by_cell() -> None:
    """11/03/2011 as Americans and 20/10/2011 as Europeans write it cannot stand in one column with 10/25/2011."""
    read_ = dates.column(["11/03/2011", "20/10/2011", "25/10/2011", "10/25/2011"])
    assert "10/25/2011" not in read_
    assert read_["11/03/2011"] == "2011-03-11"


def test_an_order_that_cannot_be_told_is_asked_for() -> None:
    with pytest.raises(dates.Undecided, match='order = "dmy"'):
        dates.column(["03/04/2026", "05/06/2026"])
    assert dates.column(["03/04/2026"], order="mdy") == {"03/04/2026": "2026-03-04"}
    # The same day either way is no question.
    assert dates.column(["05/05/2026"]) == {"05/05/2026": "2026-05-05"}


def test_iso_days_stand_beside_one_other_way_of_writing() -> None:
    found = dates.column(["2026-01-31", "31.12.2025 14:05"])
    assert found == {"2026-01-31": "2026-01-31", "31.12.2025 14:05": "2025-12-31T14:05:00"}
    written = dates.column(["Feb 03, 2026 07:00 AM"], ["%b %d, %Y %I:%M %p"])
    assert date.fromisoformat(written["Feb 03, 2026 07:00 AM"][:10]) == date(2026, 2, 3)
