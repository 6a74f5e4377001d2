"""The exporters as others call them: from the command line of nbconvert, on a notebook that nobody here ran."""

from __future__ import annotations

import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

pytestmark = pytest.mark.slow


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    cells = [
        v4.new_markdown_cell("# Patching\n\nHalf of it is done."),
        v4.new_code_cell("print(6 * 7)"),
    ]
    cells[1].metadata["tags"] = ["email"]
    path = tmp_path / "status.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), path)
    return path


def convert(notebook: Path, *words: str) -> Path:
    before = set(notebook.parent.iterdir())
    done = subprocess.run(
        [sys.executable, "-m", "nbconvert", "--execute", *words, notebook.name],
        cwd=notebook.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    (made,) = set(notebook.parent.iterdir()) - before
    return made


def test_html(notebook: Path) -> None:
    made = convert(notebook, "--to", "reportkit-html")
    page = made.read_text(encoding="utf-8")
    assert made.suffix == ".html"
    assert "Half of it is done." in page
    assert "42" in page
    assert "6 * 7" not in page


def test_pdf(notebook: Path) -> None:
    made = convert(notebook, "--to", "reportkit-pdf")
    assert made.suffix == ".pdf"
    assert made.read_bytes().startswith(b"%PDF-1.")


def test_email(notebook: Path) -> None:
    made = convert(notebook, "--to", "reportkit-email")
    assert made.suffix == ".eml"
    mail = message_from_bytes(made.read_bytes(), policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    assert "42" in body.get_content()
