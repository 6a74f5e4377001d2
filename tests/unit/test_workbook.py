"""The workbook, read by an independent reader: numbers are numbers, formulas are text, every figure has its definition."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from reportkit.facts import Cell, Column, Facts, Figure, Table
from reportkit.render import behind, model, workbook
from tests.unit import documents, pages

# The reader knows no sparklines, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Sparkline Group extension")
#: What OWASP lists as ways to make a spreadsheet run a text.
HOSTILE = ('=HYPERLINK("http://evil.example","x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0")  # fmt: skip


def figure(**changes: Any) -> Figure:
    given: dict[str, Any] = {
        "measure": "V04", "name": "Fixed on time", "value": 87.23456, "unit": "percent", "numerator": 41, "denominator": 47, "low": 74.8, "high": 94.0,
        "n": 47, "as_of": date(2026, 9, 30), "known_by": datetime(2026, 10, 12, 8), "direction": "up", "target": 90.0, "status": "amber",
        "definition_version": 2, "confidence": "A", "owner": "CIO", "definition": "Of those due in the quarter, the share fixed by then.",
    }  # fmt: skip
    return Figure(**{**given, **changes})


def opened(document: model.Document) -> Any:
    return openpyxl.load_workbook(io.BytesIO(workbook.write(document).data))


@pytest.fixture(scope="module")
def pack() -> Any:
    read = model.read(documents.board_pack())
    facts = Facts(figures=(figure(), figure(measure="V01", value=None, reason="no load of findings", target=None)))  # fmt: skip
    return opened(model.Document(read.cover, read.blocks, facts))


def values(sheet: Any) -> list[Any]:
    return [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]


def test_it_has_a_sheet_for_the_cover_the_figures_and_each_section(pack: Any) -> None:
    assert pack.sheetnames == [
        "Report", "Figures", "The quarter in brief", "Scorecard", "Top risks", "Vulnerabilities", "Incidents", "Audit and compliance", "Decisions", "Annex",
        "Trends",
    ]  # fmt: skip
    front = pack["Report"]
    links = [cell.hyperlink.location for row in front.iter_rows() for cell in row if cell.hyperlink]
    assert links == [f"'{name}'!A1" for name in pack.sheetnames[1:]]
    assert {"Security board report", "Halden Maritime Group", "TLP:AMBER"} <= set(values(front))


def test_a_figure_is_a_whole_number_with_its_definition(pack: Any) -> None:
    rows = [[cell.value for cell in row] for row in pack["Figures"].iter_rows()]
    head, first, second = (dict(zip(rows[0], row, strict=True)) for row in rows)
    assert head.keys() == first.keys()
    assert first["Value"] == pytest.approx(0.8723456)
    assert (first["Numerator"], first["Denominator"], first["Limit"]) == (41, 47, 0.9)
    assert first["Definition"] == "Of those due in the quarter, the share fixed by then."
    assert first["As of"] == datetime(2026, 9, 30)
    assert second["Value"] is None
    assert second["Not measured because"] == "no load of findings"


def test_numbers_of_tables_are_numbers_and_read_as_they_were_written(pack: Any) -> None:
    cells = {row[0].value: row for row in pack["Scorecard"].iter_rows() if row[0].value}
    share, days = cells["Critical findings fixed on time"], cells["Days to contain an incident"]
    assert (share[1].value, share[1].number_format) == (0.872, "0.0%")
    assert (days[1].value, days[1].number_format) == (2.1, '0.0" d"')
    assert cells["Restore tests within objective"][1].value == "not measured"
    late = {row[0].value: row for row in pack["Audit and compliance"].iter_rows() if row[0].value}
    assert late["AF-26-001"][4].value == datetime(2026, 11, 1)
    assert [cell.value for cell in pack["Trends"][2]][1:] == [31, 29, 26, 22, 24, 21, 19, 14]


def test_the_data_behind_a_chart_stands_under_its_message(pack: Any) -> None:
    found = values(pack["Incidents"])
    assert "Corporate IT takes longest to contain" in found
    place = found.index("Fleet operations")
    assert found[place : place + 2] == ["Fleet operations", 21]


def test_text_that_a_spreadsheet_would_run_is_text() -> None:
    rows = tuple((Cell(text=text), Cell(text=text, kind="number")) for text in HOSTILE)
    table = Table(id="t", title=HOSTILE[0], columns=(Column(label=HOSTILE[1]), Column(label="n", align="right")), rows=rows)  # fmt: skip
    data = workbook.write(pages.document(pages.words(f"# {HOSTILE[0]}"), table)).data
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if "worksheets/sheet" in name]  # fmt: skip
        rels = "".join(parts.read(n).decode() for n in parts.namelist() if n.endswith(".rels"))
    assert len(sheets) == 2
    assert not any("<f>" in sheet or "<f " in sheet for sheet in sheets)
    assert "evil.example" not in rels
    book = openpyxl.load_workbook(io.BytesIO(data))
    told = [cell for row in book.worksheets[1].iter_rows() for cell in row if cell.value in HOSTILE]
    assert len(told) >= 2 * len(HOSTILE)
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in told)


def test_names_of_sheets_are_such_as_excel_takes() -> None:
    long = "Who pays: [time] / money? *really* and for how long will it take"
    made = opened(pages.document(pages.words(f"# {long}\n\nx\n\n# {long}\n\ny\n\n# '\n\nz")))
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in made.sheetnames)
    assert len({name.lower() for name in made.sheetnames}) == 4


def test_the_same_document_gives_the_same_bytes() -> None:
    document = pages.document(*pages.everything())
    data = workbook.write(document).data
    assert data == workbook.write(document).data
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2026-10-12T07:30:00Z" in parts.read("docProps/core.xml")


def test_a_fine_curve_is_thinned_for_readers_and_whole_in_the_workbook() -> None:
    chart = pages.bars()
    chart.spec["data"]["values"] = [{"unit": f"U{i}", "late": i} for i in range(500)]
    (thin,), (whole,) = behind.tables(chart), behind.tables(chart, most=None)
    assert (len(thin.rows), thin.left_out, len(whole.rows)) == (60, 440, 500)
    assert (thin.rows[0], thin.rows[-1]) == (whole.rows[0], whole.rows[-1])
    assert thin.columns == ("Unit", "Late")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (3.0, "3"), (0.12345, "0.1235"), (12.345, "12.35"), (1234567.8, "1,234,568"), (2.5, "2.5"), (True, "yes"), (date(2026, 1, 2), "2 Jan 2026")],
)  # fmt: skip
def test_values_behind_a_chart_are_written_shortly(value: Any, text: str) -> None:
    assert behind.written(value) == text
