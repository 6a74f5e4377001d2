"""Large regular files read column by column give what row by row gives; sheets that stretch far; failed formulas."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Literal

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reportkit.errors import DataError
from reportkit.sources import columnar, read, sheet, text
from reportkit.sources.content import HEAD, open_file
from reportkit.sources.grid import Columns, find_header, gather

CELLS = st.text(
    alphabet=st.sampled_from(["a", "B", "7", " ", ",", ";", '"', "\n", "é", "\t", "-"]), max_size=5
)


def written(rows: list[list[str]], *, quoting: Literal[0, 1] = csv.QUOTE_MINIMAL) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=quoting).writerows(rows)
    return stream.getvalue().encode()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=80),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_column_by_column_is_row_by_row(
    tmp_path: Path, rows: list[list[str]], quoting: Literal[0, 1]
) -> None:
    path = tmp_path / "any.csv"
    header = ["id", "b", "c"]
    path.write_bytes(written([header, *rows], quoting=quoting))
    fast = columnar.grid(open_file(path), header, 0, ",")
    slow = text.grid(open_file(path), header)
    if fast is not None:
        assert list(fast.numbers) == list(slow.numbers)
        assert dict(fast.columns) == dict(slow.columns)
        assert fast.problems == slow.problems


def regular(count: int, *, last: str = "") -> bytes:
    lines = [
        f"F-{place},host-{place % 7},CVE-2026-{place % 90},high,open\n" for place in range(count)
    ]
    return ("finding_id,asset_id,vuln_id,severity,state\n" + "".join(lines) + last).encode()


def test_a_large_file_takes_the_short_way_and_gives_the_same(tmp_path: Path) -> None:
    path = tmp_path / "findings.csv"
    path.write_bytes(regular(9000))
    assert path.stat().st_size > HEAD
    grid = text.grid(open_file(path), {"finding_id", "severity"})
    assert isinstance(grid.columns, Columns)
    assert (len(grid.columns), grid.numbers[0], grid.numbers[-1]) == (5, 2, 9001)
    assert read(path, "findings").rows.num_rows == 9000


@pytest.mark.parametrize(
    ("last", "rows", "said"),
    [
        ("Total,9000,,,\n", 9000, "stands below the table like a total"),
        (",,,,\n", 9000, None),
        ("\n", 9000, None),
        ("finding_id,asset_id,vuln_id,severity,state\n", 9000, "repeats the header"),
        ("F-x,host,CVE-2026-1,high,open,more\n", 9001, "stands beyond the last header"),
        ('F-x, "host, the",CVE-2026-1,high,open\n', 9001, None),
        ("F-x,hüst,CVE-2026-1,high,open\n", 9001, None),
    ],
)
def test_what_is_odd_in_a_large_file_is_seen_all_the_same(
    tmp_path: Path, last: str, rows: int, said: str | None
) -> None:
    path = tmp_path / "findings.csv"
    path.write_bytes(regular(9000, last=last))
    grid = text.grid(open_file(path), {"finding_id", "severity"})
    assert len(grid.numbers) == rows
    told = [problem.message for problem in grid.problems]
    assert len(told) == (said is not None)
    assert said is None or said in told[0]
    if "host, the" in last:
        assert grid.columns["asset_id"][-1] == "host, the"


def test_a_header_nobody_knows_is_found_by_shape() -> None:
    title, blank = ["Sums in thousands", "", ""], ["", "", ""]
    table = [["Year", "Jan", "Feb"], ["2025", "1", "2"], ["2026", "3", "4"]]
    assert find_header({",": [title, blank, *table]}, ()).index == 2
    # No two rows alike: the first one must do.
    assert find_header({",": [["a", "b", "c"], ["1", "", ""]]}, ()).index == 0


@pytest.mark.parametrize(
    ("last", "dropped"),
    [(["Grand Total", "7", "8.5", "-9"], True), (["Total", "open", "8", "9"], False)],
)
def test_a_line_of_sums_is_no_record(last: list[str], dropped: bool) -> None:  # noqa: FBT001 - a case
    grid = gather([["Unit", "a", "b", "c"], ["North", "7", "8.5", "-9"], last], 0)
    assert len(grid.numbers) == (1 if dropped else 2)


def test_a_cell_in_the_last_corner_does_not_take_the_memory_of_the_whole_sheet(
    tmp_path: Path,
) -> None:
    path = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write(0, 0, "a")
        page.write(1_048_575, 16_383, "b")
    with pytest.raises(
        DataError, match=r"reaches over 1,048,576 rows and 16,384 columns"
    ) as caught:
        sheet.grid(open_file(path), ())
    assert str(path) in caught.value.message


def opened_document(path: Path, rows: int, columns: int) -> Path:
    cell = f'<table:table-cell table:number-columns-repeated="{columns}" office:value-type="string"><text:p>x</text:p></table:table-cell>'
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", kind)
        packed.writestr(
            "META-INF/manifest.xml",
            '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<m:file-entry m:full-path="/" m:media-type="{kind}"/></m:manifest>',
        )
        packed.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="s"><table:table-row table:number-rows-repeated="{rows}">{cell}'
            "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return path


def test_a_row_repeated_a_million_times_is_refused(tmp_path: Path) -> None:
    """739 bytes that unfold into a thousand million cells."""
    assert list(sheet.grid(open_file(opened_document(tmp_path / "a.ods", 1, 1)), ()).columns) == [
        "x"
    ]
    bomb = opened_document(tmp_path / "bomb.ods", 1_048_576, 1024)
    assert bomb.stat().st_size < 1000
    with pytest.raises(DataError, match=r"bomb\.ods cannot be read as a workbook"):
        sheet.grid(open_file(bomb), ())


def test_a_sheet_of_too_many_cells_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "CELLS", 1000)
    with pytest.raises(DataError, match="reaches over 60 rows and 20 columns, which is more than"):
        sheet.grid(open_file(opened_document(tmp_path / "b.ods", 60, 20)), ())


def test_a_failed_formula_in_a_number_column_rejects_its_row(tmp_path: Path) -> None:
    path = tmp_path / "findings.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["finding_id", "severity", "state", "cvss", "title"])
        page.write_row(1, 0, ["F1", "high", "open", 7.5, "plain"])
        page.write_row(2, 0, ["F2", "high", "open"])
        page.write_formula(2, 3, "=1/0", None, "#DIV/0!")
        page.write_row(3, 0, ["F3", "high", "open", 5])
        page.write_formula(3, 4, "=NA()", None, "#N/A")
    found = read(path, "findings")
    assert found.rows["finding_id"].to_pylist() == ["F1", "F3"]
    said = [str(problem) for problem in found.problems]
    assert any("row 3, column cvss: '#DIV/0!' is not a number" in line for line in said)
    assert any(
        "row 4: '#N/A' is a formula that failed; it was kept as that word" in line for line in said
    )
