"""The author's words: numbers in them are the measures' numbers."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from reportkit import narrative
from reportkit.errors import DataError
from reportkit.view import View
from tests.unit.workspaces import load, workspace


@pytest.fixture
def view(tmp_path: Path) -> View:
    """Nine of ten critical findings were fixed by their date."""
    ws = workspace(tmp_path / "ws")
    due = date(2026, 8, 1)
    rows = [
        {
            "finding_id": f"F{n}", "asset_id": f"A{n}", "severity": "critical", "opened": date(2026, 7, 1),
            "due_original": due, "state": "fixed" if n < 9 else "open", "closed": due if n < 9 else None,
        }
        for n in range(10)
    ]  # fmt: skip
    load(ws, "findings", rows, datetime(2026, 10, 2))
    (ws.folder / "commentary").mkdir()
    return ws.at("2026-Q3")


def write(view: View, text: str | bytes, name: str = "2026-Q3.md") -> None:
    data = text.encode() if isinstance(text, str) else text
    (view.workspace.folder / "commentary" / name).write_bytes(data)


def test_without_a_file_there_are_no_words(view: View) -> None:
    words = view.commentary()
    assert (words.statement, words.messages, words.written) == ("", (), False)


def test_statement_and_messages_with_their_numbers(view: View) -> None:
    write(
        view,
        "\ufeffMost is fixed: {{ V04.value }},\n{{V04.ratio}}.\n\n## [bad] One is late\nOf {{ V01.value }}.\n\n## Limit {{ V04.target }}\nText.\n",
    )
    words = view.commentary()
    assert words.written
    assert words.statement == "Most is fixed: 90.0\N{NARROW NO-BREAK SPACE}%, 9 of 10."
    assert [(m.title, m.tone, m.text) for m in words.messages] == [
        ("One is late", "bad", "Of 1."),
        ("Limit 90.0\N{NARROW NO-BREAK SPACE}%", "neutral", "Text."),
    ]
    assert [(b.measure, b.value) for b in words.facts.bindings] == [
        ("V04", 90.0), ("V04", 9), ("V01", 1), ("V04", 90.0),
    ]  # fmt: skip


def test_the_quarter_before_has_its_own_number(view: View) -> None:
    write(view, "Open now {{ V01.value }}, before {{ V01.prior }}.")
    assert view.commentary().statement == "Open now 1, before 0."


def test_what_is_not_measured_is_said_so(view: View) -> None:
    write(view, "Incidents: {{ N01.value }}.")
    assert view.commentary().statement == "Incidents: not measured."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ V40.value }}", "names no measure"),
        ("{{ V04.valeu }}", "is not understood"),
        ("{{ something }}", "is not understood"),
    ],
)
def test_a_wrong_reference_is_one_sentence_with_the_file(view: View, text: str, words: str) -> None:
    write(view, f"Text {text} more.")
    with pytest.raises(DataError, match=words) as caught:
        view.commentary()
    assert "2026-Q3.md" in caught.value.message


def test_a_file_in_another_encoding_is_refused(view: View) -> None:
    write(view, "Größe".encode("latin-1"))
    with pytest.raises(DataError, match="not UTF-8 text \\(byte 3\\)"):
        view.commentary()


def test_a_unit_has_words_of_its_own(view: View) -> None:
    write(view, "For all.")
    load(view.workspace, "units", [{"unit_id": "X", "name": "X"}], datetime(2026, 10, 2))
    again = workspace(view.workspace.folder)
    assert narrative.commentary(again.at("2026-Q3", unit="X")).statement == ""
    write(view, "For X.", "2026-Q3-X.md")
    assert narrative.commentary(again.at("2026-Q3", unit="X")).statement == "For X."
