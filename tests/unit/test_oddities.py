"""A report of everything out of the ordinary stays whole in every format, and says what it had to leave out."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pikepdf
import pytest
from pptx import Presentation

from reportkit.render import html, pdf, slides, workbook
from tests.unit import oddities
from tests.unit.pages import Page


@pytest.fixture(scope="module")
def page() -> html.HtmlResult:
    return html.write(oddities.document())


@pytest.fixture(scope="module")
def printed() -> pdf.PdfResult:
    return pdf.write(oddities.document())


def test_a_page_stays_light_and_says_which_rows_are_elsewhere(page: html.HtmlResult) -> None:
    assert len(page.data) < 1_000_000
    (warning,) = page.warnings
    assert "4,000 of 5,000 rows are left out here" in warning
    text = page.data.decode()
    assert "4,000 of 5,000 rows are left out here; a workbook holds all." in text
    assert text.count("<tr") < 1_400


def test_long_names_and_large_numbers_are_given_room(page: html.HtmlResult) -> None:
    found = Page(page.data.decode()).elements
    (large,) = [e for e in found if e.attrs.get("class") == "t-value long longer"]
    assert large.text == oddities.TWELVE
    # A name without a space may be broken, one with spaces wraps by itself.
    broken = [e.text for e in found if "any" in e.attrs.get("class", "").split()]
    assert broken
    rules = page.data.decode()
    assert "#names col:nth-child(3){width:1%}" in rules
    assert "#names tr>:nth-child(3):not(.empty){white-space:nowrap}" not in rules


def test_nothing_there_is_said_in_words(page: html.HtmlResult) -> None:
    text = page.data.decode()
    for words in ("No incident was confirmed in this quarter.", "No decision is asked this quarter.", "no load of findings yet"):  # fmt: skip
        assert words in text


def test_a_table_too_wide_for_paper_is_taken_apart_with_its_words_whole(printed: pdf.PdfResult) -> None:  # fmt: skip
    assert printed.conformance == ("ua-1", "a-2a")
    assert not any("its words are broken" in warning for warning in printed.warnings)
    with pikepdf.open(io.BytesIO(printed.data)) as book:
        turned = [p for p in book.pages if p.mediabox[2] > p.mediabox[3]]
    assert len(turned) == 1
    assert printed.pages == 19


def test_a_sign_that_no_font_has_is_marked_and_named(printed: pdf.PdfResult) -> None:
    (warning,) = [one for one in printed.warnings if "no glyph" in one]
    assert "U+7F51" in warning
    # Arabic and Hebrew have glyphs.
    assert "U+0625" not in warning
    assert "U+05E1" not in warning


def test_slides_run_from_right_to_left_where_the_words_do() -> None:
    made: Any = Presentation(io.BytesIO(slides.write(oddities.document()).data))
    sides = {
        p.text: p._p.pPr.get("rtl") if p._p.pPr is not None else None
        for slide in made.slides
        for shape in slide.shapes
        if shape.has_text_frame
        for p in shape.text_frame.paragraphs
    }
    assert sides[oddities.HEBREW] == "1"
    assert sides[oddities.CHINESE] is None
    assert oddities.TWELVE in sides


def test_a_workbook_holds_every_row_and_column() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook.write(oddities.document()).data))
    sheet = book["Wide and long"]
    assert sheet.max_column == 30
    assert sum(str(row[0].value).startswith("F-") for row in sheet.iter_rows()) == 5_000
    amounts = [c.value for row in book[book.sheetnames[1]].iter_rows() for c in row if isinstance(c.value, int | float)]  # fmt: skip
    assert 123_456_789_012 in amounts
