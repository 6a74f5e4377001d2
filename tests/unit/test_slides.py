"""Slides: one message each, native tables and charts, words for those who cannot see them, on anybody's master."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.util import Pt

from reportkit.errors import ConfigError, DataError
from reportkit.facts import Cell, Column, Table
from reportkit.render import model, slides
from reportkit.render.slides import native
from tests.unit import documents, pages


def opened(document: model.Document, **given: Any) -> Any:
    return Presentation(io.BytesIO(slides.write(document, **given).data))


def texts(slide: Any) -> str:
    found = [s.text_frame.text for s in slide.shapes if s.has_text_frame]
    for shape in slide.shapes:
        if shape.has_table:
            found += [cell.text for row in shape.table.rows for cell in row.cells]
    return "\n".join(found)


def notes(slide: Any) -> str:
    return str(slide.notes_slide.notes_text_frame.text) if slide.has_notes_slide else ""


@pytest.fixture(scope="module")
def pack() -> Any:
    return opened(model.read(documents.board_pack()))


def test_each_message_has_a_slide_and_the_annex_stays_in_the_report(pack: Any) -> None:
    titles = [slide.shapes.title.text_frame.text for slide in pack.slides]
    assert titles == [
        "Security board report",
        "Risk fell for the third quarter in a row, yet the chance of a loss above €10m is still over our appetite of 5 %.",
        "Ten measures against appetite", "Top risks", "Critical findings have halved in a year", "Critical findings have halved in a year", "Corporate IT is slowest",
        "Within noise", "Corporate IT takes longest to contain", "Open audit findings", "For decision 1: Replace remote access for terminals",
        "For decision 2: Accept the residual risk of the crane controllers until 2028", "In the report, and not here",
    ]  # fmt: skip
    assert "Definitions" in texts(pack.slides[-1])
    assert "Findings in detail" in texts(pack.slides[-1])
    # The answer and its numbers stand together; what is said around a chart is for the speaker.
    assert {"Better", "€2.3m", "appetite 5 %"} <= set(texts(pack.slides[1]).split("\n"))
    assert "concentrates in Corporate IT" in notes(pack.slides[5])


def test_tables_and_plain_charts_are_the_programs_own(pack: Any) -> None:
    (grid,) = [shape.table for shape in pack.slides[2].shapes if shape.has_table]
    rows = [[cell.text for cell in row.cells] for row in grid.rows]
    assert len(rows) == 11
    assert rows[1][:3] == ["Known-exploited vulnerabilities overdue", "14 of 212", "19"]
    assert rows[1][6] == "31 → 14"
    (drawn,) = [shape.chart for shape in pack.slides[4].shapes if shape.has_chart]
    assert list(drawn.plots[0].categories) == documents.QUARTERS
    assert {s.name: tuple(s.values) for s in drawn.plots[0].series} == {
        "Critical": (61, 58, 52, 47, 49, 40, 33, 28),
        "High": (410, 402, 380, 371, 360, 342, 318, 301),
    }
    # A limit across bars would be lost, so these stay a picture.
    assert [s.shape_type for s in pack.slides[6].shapes].count(MSO_SHAPE_TYPE.PICTURE) == 1


def test_what_is_seen_is_also_said(pack: Any) -> None:
    said = [
        (shape.name, shape._element.xpath(".//p:cNvPr")[0].get("descr"))
        for slide in pack.slides
        for shape in slide.shapes
        if shape.has_table or shape.has_chart or shape.shape_type == MSO_SHAPE_TYPE.PICTURE
    ]
    assert len(said) == 9
    assert all(words for _, words in said)
    assert "Open critical findings fell from 61 to 28" in dict(said)["Critical findings have halved in a year"]  # fmt: skip


def test_every_slide_says_how_it_is_handled_and_that_it_is_a_draft() -> None:
    document = pages.document(pages.words("# One\n\nWords."), title="T")
    for status, words in (("draft", "Draft"), ("held", "HELD BACK BY A CHECK")):
        made = opened(document.marked(status))  # type: ignore[arg-type]
        assert all(f"TLP:AMBER · {words}" in texts(slide) for slide in made.slides)
    assert "Draft" not in "".join(texts(slide) for slide in opened(document.marked("final")).slides)


def test_nothing_stands_outside_of_a_slide(pack: Any) -> None:
    wide, high = pack.slide_width, pack.slide_height
    for slide in pack.slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.top >= 0
            assert shape.left + shape.width <= wide + Pt(1), (slide.slide_id, shape.name)
            assert shape.top + min(shape.height, Pt(20)) <= high, (slide.slide_id, shape.name)


def test_a_long_table_goes_on_and_says_what_is_left() -> None:
    table = Table(
        id="t", title="Five thousand", columns=(Column(label="A"), Column(label="B", align="right")),
        rows=tuple((Cell(text=f"row {i}"), Cell(text=str(i), kind="number")) for i in range(5000)),
    )  # fmt: skip
    result = slides.write(pages.document(table))
    made = Presentation(io.BytesIO(result.data))
    shown = sum(len(list(s.table.rows)) - 1 for slide in made.slides for s in slide.shapes if s.has_table)  # fmt: skip
    left = f"{5000 - shown:,} more rows stand in the report."
    assert len(made.slides) == 4
    assert left in notes(made.slides[-1])
    assert any(left in warning for warning in result.warnings)


def test_the_same_document_gives_the_same_bytes_workbooks_of_charts_too() -> None:
    columns = pages.bars()
    columns.spec["encoding"]["y"]["sort"] = ["Payments", "Retail"]
    document = pages.document(columns, pages.scorecard())
    first = slides.write(document).data
    assert first == slides.write(document).data
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        inside = [name for name in parts.namelist() if name.endswith(".xlsx")]
        with zipfile.ZipFile(io.BytesIO(parts.read(inside[0]))) as book:
            assert b"2026-10-12T07:30:00Z" in book.read("docProps/core.xml")


# ---- the company's own master ----------------------------------------------------------------------------------------


@pytest.fixture
def master(tmp_path: Path) -> Path:
    """A company's template of another size, with a slide of its own and a mark on every page."""
    made = Presentation()
    made.slide_width, made.slide_height = Pt(1200), Pt(675)
    box = made.slide_master.shapes._spTree
    words = made.slides.add_slide(made.slide_layouts[6]).shapes.add_textbox(0, 0, Pt(90), Pt(20))
    words.text_frame.text = "Halden corporate mark"
    box.append(words._element)
    made.slides[0].shapes.add_textbox(0, 0, Pt(90), Pt(20)).text_frame.text = "A sample slide"
    path = tmp_path / "halden.pptx"
    made.save(str(path))
    return path


def test_the_companys_master_is_kept_and_its_own_slides_are_not(master: Path) -> None:
    made = opened(pages.document(*pages.everything()), master=master)
    assert (made.slide_width, made.slide_height) == (Pt(1200), Pt(675))
    assert "Halden corporate mark" in [s.text_frame.text for s in made.slide_master.shapes if s.has_text_frame]  # fmt: skip
    assert "A sample slide" not in "".join(texts(slide) for slide in made.slides)
    assert len(made.slides) > 5
    assert len(list(made.slide_layouts)) == 11


def test_a_template_is_taken_as_a_presentation(master: Path) -> None:
    potx = master.with_suffix(".potx")
    with zipfile.ZipFile(master) as source, zipfile.ZipFile(potx, "w") as target:
        for name in source.namelist():
            part = source.read(name).replace(b"presentationml.presentation.main+xml", b"presentationml.template.main+xml")  # fmt: skip
            target.writestr(name, part)
    assert len(opened(pages.document(pages.words("# A\n\nb")), master=potx).slides) == 2


def test_a_master_that_is_none_is_refused_in_one_sentence(tmp_path: Path) -> None:
    text = tmp_path / "brand.pptx"
    text.write_text("not a presentation")
    with pytest.raises(ConfigError, match=r"is no PowerPoint file .*save the master as \.pptx or \.potx"):  # fmt: skip
        slides.write(pages.document(), master=text)
    with pytest.raises(DataError, match="Reading the master"):
        slides.write(pages.document(), master=tmp_path / "none.pptx")
    with pytest.raises(ConfigError, match="which is no file"):
        slides.check(tmp_path / "none.pptx")


def test_without_the_library_one_sentence_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['pptx'] = None\n"
        "from reportkit.errors import ConfigError\nfrom reportkit.render import slides\nfrom tests.unit import pages\n"
        "try: slides.write(pages.document())\nexcept ConfigError as error: print(error.message)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.strip() == "Slides need python-pptx; install it with pip install 'reportkit-security[office]'."  # fmt: skip


# ---- which charts are native -------------------------------------------------------------------------------------------


def bars(**changes: Any) -> model.Chart:
    chart = pages.bars()
    chart.spec["encoding"]["y"]["sort"] = ["Retail", "Payments"]
    for channel, more in changes.items():
        chart.spec["encoding"].setdefault(channel, {}).update(more)
    return chart


def test_bars_are_read_in_their_order() -> None:
    found = native.read(bars(x={"title": "Late", "scale": {"domain": [0, 20]}}))
    assert found is not None
    assert (found.kind, found.categories, found.series[0].values) == ("bar", ("Retail", "Payments"), (9, 12))  # fmt: skip
    assert (found.value_title, found.span) == ("Late", (0, 20))


def test_a_waterfall_is_what_is_seen_on_what_is_not() -> None:
    rows = [
        {"line": "Opening", "low": 0, "high": 40, "kind": "stock", "text": "40"},
        {"line": "New", "low": 40, "high": 55, "kind": "in", "text": "+15"},
        {"line": "Closing", "low": 0, "high": 55, "kind": "stock", "text": "55"},
    ]
    x = {"field": "line", "type": "nominal", "sort": ["Opening", "New", "Closing"]}
    colour = {"field": "kind", "type": "nominal", "scale": {"domain": ["stock", "in"], "range": ["#0B2239", "#B23A48"]}}  # fmt: skip
    spec = {
        "data": {"values": rows},
        "layer": [
            {"mark": "bar", "encoding": {"x": x, "y": {"field": "high", "type": "quantitative"}, "y2": {"field": "low"}, "color": colour}},
            {"mark": "text", "encoding": {"x": x, "y": {"field": "high", "type": "quantitative"}, "text": {"field": "text"}}},
        ],
    }  # fmt: skip
    found = native.read(model.Chart(id="w", spec=spec, alt="w"))
    assert found is not None
    base, seen = found.series
    assert (base.values, base.hidden, seen.values) == ((0, 40, 0), True, (40, 15, 55))
    assert seen.colours == ("#0B2239", "#B23A48", "#0B2239")
    assert found.labels == ("40", "+15", "55")


@pytest.mark.parametrize(
    "changes",
    [
        {"x": {"scale": {"type": "log"}}},
        {"x": {"aggregate": "sum"}},
        {"x2": {"field": "low"}},
        {"color": {"condition": {"test": "datum.off", "value": "red"}, "value": "blue"}},
        {"y": {"sort": "-x"}},
    ],
)
def test_what_would_lose_something_stays_a_picture(changes: dict[str, Any]) -> None:
    assert native.read(bars(**changes)) is None


def test_exporters_give_files_that_open() -> None:
    from reportkit.run.exporters import SlidesExporter, WorkbookExporter

    cells = (documents.shown(documents.cover()), documents.text("# A"), documents.shown(documents.register(3)))  # fmt: skip
    notebook = nbformat.from_dict(documents.notebook(*cells))
    kinds: list[tuple[Any, str]] = [(SlidesExporter, "ppt/presentation.xml"), (WorkbookExporter, "xl/workbook.xml")]  # fmt: skip
    for exporter, part in kinds:
        data, resources = exporter().from_notebook_node(notebook)
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            assert part in parts.namelist()
        assert resources["reportkit"]["warnings"] == []
