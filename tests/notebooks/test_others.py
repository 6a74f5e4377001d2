"""Notebooks that nobody here wrote: all they show is in every format, or a note stands where it would be.

Those in ``others/`` were run with Matplotlib, pandas' Styler, great_tables, ipywidgets and Altair, and kept with their outputs.
"""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pymupdf
import pytest

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
