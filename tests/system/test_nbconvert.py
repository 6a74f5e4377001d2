"""The exporters as others call them: from the command line of nbconvert, on a notebook that nobody here ran."""

from __future__ import annotations

import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from reportkit.run import exporters

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


def test_what_gives_a_secret_away_is_marked_as_held(tmp_path: Path) -> None:
    """Exported by hand, as from JupyterLab's File menu, from a workspace that names a secret."""
    secret = "k0rrekt-pferd-batterie"
    (tmp_path / "secret.txt").write_text(secret)
    (tmp_path / "reportkit.toml").write_text(f'[mail]\npdf_password = "file:{tmp_path}/secret.txt"\n')  # fmt: skip
    where = {"metadata": {"path": str(tmp_path)}}
    for said in (secret, "nothing to hide"):
        shown = v4.new_code_cell("print(said)", execution_count=1, outputs=[v4.new_output("stream", text=said)], metadata={"tags": ["email"]})  # fmt: skip
        book = v4.new_notebook(cells=[v4.new_markdown_cell("# Status"), shown])
        page, _ = exporters.HTMLExporter().from_notebook_node(book, where)
        assert ('state-held">Held<' in page) is (said == secret)
        mail, _ = exporters.EmailExporter().from_notebook_node(book, where)
        subject = message_from_bytes(mail, policy=policy.default)["Subject"]
        assert subject.startswith("Held: ") is (said == secret)
