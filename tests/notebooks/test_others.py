"""Notebooks that nobody here wrote: all they show is in every format, or a note stands where it would be.

Those in ``others/`` were run with Matplotlib, pandas' Styler, great_tables, ipywidgets and Altair, and kept with their outputs.
"""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pymupdf
import pytest
from nbformat import v4

from reportkit.run.exporters import EmailExporter, HTMLExporter, PDFExporter

OTHERS = Path(__file__).parent / "others"
#: What a reader must find, by notebook: words, and how many pictures or drawings at least.
EXPECTED: dict[str, tuple[tuple[str, ...], int]] = {
    "altair": (("Open by month", "By the page's own script"), 2),
    "attachment": (("Text after it.", "As HTML"), 1),
    "errors": (("before", "ZeroDivisionError: division by zero", "SystemExit: stopped here", "42"), 0),
    "great-tables": (("Weaknesses by unit", "At the end of the quarter", "Counted", "81%", "Source: scanner, 30 September"), 0),
    "latex": (("E[L] =", "\\Pr(L > x) = 1 - F(x)", "\\sum_{i=1}^{n}", "\\sqrt{x^2}"), 0),
    "matplotlib": ((), 3),
    "shows": (
        (
            "From HTML", "bold", "a link", "forty", "web", '"open": 3', "A page within the page (https://example.org/dashboard)", "A sound",
            "What a script draws", "A drawing of a script", "A film", "hidden words", "line two", "{'a': 1, 'b': [1, 2]}", "x = 7",
        ),
        3,
    ),
    "styler": (("Open by unit", "Field", "81%", "No rows", "Name: open, dtype: int64"), 0),
    "widgets": (("Top risks: 7", "Quarter: 2026-Q3", "Twelve", "With accepted ones: yes", "said inside an output widget", "3 of 10"), 0),
}  # fmt: skip


def notebook(name: str) -> Any:
    return nbformat.read(OTHERS / f"{name}.ipynb", as_version=4)


def words(markup: str) -> str:
    body = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", " ", markup)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def squeezed(text: str) -> str:
    """Without spaces and hyphens, which a typesetter puts where it likes."""
    return re.sub(r"[\s\u00ad\u200b\u2010-]", "", text)


def test_every_one_is_expected() -> None:
    assert {path.stem for path in OTHERS.glob("*.ipynb")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_page_shows_it(name: str) -> None:
    page, _ = HTMLExporter().from_notebook_node(notebook(name))
    expected, pictures = EXPECTED[name]
    said = squeezed(words(page))
    assert [one for one in expected if squeezed(one) not in said] == []
    assert len(re.findall(r"<figure\b", page)) >= pictures
    assert "object at 0x" not in page
    assert "IPython.core.display" not in page


@pytest.mark.parametrize("name", EXPECTED)
def test_the_pages_of_the_pdf_show_it(name: str) -> None:
    data, _ = PDFExporter().from_notebook_node(notebook(name))
    expected, pictures = EXPECTED[name]
    with pymupdf.open(stream=data) as pdf:
        said = squeezed(" ".join(page.get_text() for page in pdf))
        drawn = sum(bool(page.get_images() or page.get_drawings()) for page in pdf)
    assert [one for one in expected if squeezed(one) not in said] == []
    assert drawn >= bool(pictures)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_mail_shows_what_is_tagged_for_it(name: str) -> None:
    made = notebook(name)
    for cell in made.cells:
        cell.metadata["tags"] = ["email"]
    data, _ = EmailExporter().from_notebook_node(made)
    message = message_from_bytes(data, policy=policy.default)
    html, plain = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert plain is not None
    expected, pictures = EXPECTED[name]
    said = squeezed(words(html.get_content()))
    assert [one for one in expected if squeezed(one) not in said] == []
    images = [part for part in message.walk() if part.get_content_maintype() == "image"]
    assert len(images) >= pictures
    assert plain.get_content().strip()


def shown(*bundles: dict[str, Any]) -> Any:
    """Give a notebook whose cells show these outputs."""
    return v4.new_notebook(
        cells=[
            v4.new_code_cell("", outputs=[v4.new_output("display_data", one)]) for one in bundles
        ]
    )


@pytest.mark.parametrize(
    ("mime", "schema"),
    [
        ("application/vnd.vegalite.v3+json", "v3.4.0"),
        ("application/vnd.vegalite.v4+json", "v4.17.0"),
        ("application/vnd.vegalite.v5+json", "v5.8.0"),
        ("application/vnd.vegalite.v6+json", "v6.1.0"),
    ],
)
def test_charts_of_other_years_are_drawn(mime: str, schema: str) -> None:
    chart = {
        "$schema": f"https://vega.github.io/schema/vega-lite/{schema}.json",
        "data": {"values": [{"unit": "Field", "open": 3}, {"unit": "Plant", "open": 5}]},
        "mark": "bar",
        "encoding": {"x": {"field": "unit", "type": "nominal"}, "y": {"field": "open", "type": "quantitative"}},
    }  # fmt: skip
    page, _ = HTMLExporter().from_notebook_node(
        shown({mime: chart, "text/plain": "<VegaLite object>"})
    )
    assert ">Plant<" in page
    assert "VegaLite object" not in page


def test_what_cannot_be_shown_is_named() -> None:
    outside = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "data": {"url": "https://example.org/x.csv"}, "mark": "bar"}  # fmt: skip
    made = shown(
        {"application/vnd.plotly.v1+json": {"data": [], "layout": {"title": {"text": "Open <b>by</b> unit"}}}, "text/html": "<div id='a'></div><script>Plotly.newPlot('a')</script>"},
        {"application/vnd.unheard-of+json": {}},
        {"image/png": "bm90IGEgcGljdHVyZQ=="},
        {"image/png": "!!"},
        {"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'><g></svg>"},
        {"application/vnd.vegalite.v5+json": outside},
        {"application/vnd.jupyter.widget-view+json": {"model_id": "lost"}, "text/plain": "IntSlider(value=7)"},
        {"text/html": "   "},
        {"text/plain": "the last word"},
    )  # fmt: skip
    notes = (
        "A chart of Plotly (“Open by unit”), which only a browser draws", "Output of type application/vnd.unheard-of+json", "A picture that cannot be read", "not valid base64",
        "A chart that reads its data from elsewhere (https://example.org/x.csv)", "A control that works in JupyterLab only", "the last word",
    )  # fmt: skip
    page, _ = HTMLExporter().from_notebook_node(made)
    said = squeezed(words(page))
    assert [note for note in notes if squeezed(note) not in said] == []
    data, _ = PDFExporter().from_notebook_node(made)
    with pymupdf.open(stream=data) as pdf:
        said = squeezed(" ".join(page.get_text() for page in pdf))
    assert [note for note in notes if squeezed(note) not in said] == []


def test_what_only_the_error_stream_says_is_not_left_blank() -> None:
    made = v4.new_notebook(
        cells=[
            v4.new_code_cell("", outputs=[v4.new_output("stream", name="stderr", text="to the error stream\n")]),
            v4.new_code_cell("", outputs=[v4.new_output("stream", text="said\n"), v4.new_output("stream", name="stderr", text="a warning\n")]),
        ]
    )  # fmt: skip
    page, _ = HTMLExporter().from_notebook_node(made)
    assert "to the error stream" in words(page)
    assert "a warning" not in words(page)


@pytest.mark.parametrize(
    "output",
    [
        # As BokehJS and Plotly bring their scripts into the page.
        {"application/javascript": "x", "application/vnd.bokehjs_load.v0+json": ""},
        {"text/html": "<script>window.PlotlyConfig = {MathJaxConfig: 'local'};</script>"},
        {"text/html": "<div id='c' data-root-id='p1002' style='display: contents;'></div>"},
    ],
)
def test_what_brings_only_scripts_is_no_gap(output: dict[str, Any]) -> None:
    page, _ = HTMLExporter().from_notebook_node(shown(output, {"text/plain": "after"}))
    assert "Not shown" not in page
    assert "after" in words(page)


def test_what_python_says_of_a_picture_is_left_out() -> None:
    picture = notebook("matplotlib").cells[1].outputs[-1].data["image/png"]
    cell = v4.new_code_cell(
        "",
        outputs=[
            v4.new_output("execute_result", {"text/plain": "<Axes: xlabel='unit', ylabel='open'>"}),
            v4.new_output("display_data", {"image/png": picture}),
        ],
    )
    page, _ = HTMLExporter().from_notebook_node(v4.new_notebook(cells=[cell]))
    assert "Axes" not in words(page)
    assert "<figure" in page


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("so $a_1 * b * c_1 < d$ holds", "so $a_1 * b * c_1 < d$ holds"),
        ("$$\\begin{matrix}1 & 2 \\\\ [3] & x\\end{matrix}$$", "$$\\begin{matrix}1 & 2 \\\\ [3] & x\\end{matrix}$$"),
        ("from *$5m* to $6m, `$a_1$` and H<sub>2</sub>O, <kbd>Esc</kbd>", "from $5m to $6m, $a_1$ and H_2O, Esc"),
    ],
)  # fmt: skip
def test_formulas_stand_as_they_were_written(source: str, said: str) -> None:
    page, _ = HTMLExporter().from_notebook_node(
        v4.new_notebook(cells=[v4.new_markdown_cell(source)])
    )
    assert said in words(page)


def test_a_notebook_of_format_three_is_read() -> None:
    old = {
        "nbformat": 3, "nbformat_minor": 0, "metadata": {"name": "old"},
        "worksheets": [{"metadata": {}, "cells": [
            {"cell_type": "heading", "level": 1, "metadata": {}, "source": ["From long ago"]},
            {"cell_type": "code", "language": "python", "collapsed": False, "prompt_number": 1, "metadata": {}, "input": ["1 + 1"],
             "outputs": [
                 {"output_type": "pyout", "prompt_number": 1, "metadata": {}, "text": ["2"]},
                 {"output_type": "stream", "stream": "stdout", "text": ["printed"]},
                 {"output_type": "pyerr", "ename": "KeyError", "evalue": "'x'", "traceback": []},
                 {"output_type": "display_data", "metadata": {}, "html": ["<b>bold words</b>"], "text": ["<HTML>"]},
             ]},
        ]}],
    }  # fmt: skip
    made = nbformat.reads(json.dumps(old), as_version=4)
    page, _ = HTMLExporter().from_notebook_node(made)
    said = words(page)
    for one in ("From long ago", "2", "printed", "KeyError", "bold words"):
        assert one in said


def test_a_notebook_of_the_first_format_four_is_read() -> None:
    made = notebook("styler")
    for cell in made.cells:
        del cell["id"]
    made.nbformat_minor = 0
    page, _ = HTMLExporter().from_notebook_node(made)
    assert "Open by unit" in words(page)
