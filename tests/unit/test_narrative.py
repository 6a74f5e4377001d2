"""The author's words: numbers in them are the measures' numbers."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from reportkit import gates, narrative
from reportkit.errors import DataError
from reportkit.facts import MIME, Callout, Facts, Remark, Written, bundle
from reportkit.gates.written import agrees
from reportkit.render import model
from reportkit.view import View
from tests.unit import documents
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


# ---- what a file says of itself, and where it lies ----


def lay(view: View, text: str, name: str) -> None:
    path = view.workspace.folder / "commentary" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_words_of_a_report_lie_in_the_folder_of_the_quarter(view: View) -> None:
    lay(view, "Shared.", "2026-Q3.md")
    lay(view, "Of old.", "board/2026-Q3.md")
    assert view.commentary().statement == "Of old."
    lay(view, "Own.", "2026-Q3/board.md")
    lay(view, "For auditors.", "2026-Q3/board.auditor.md")
    assert view.commentary().statement == "Own."
    assert narrative.commentary(view, edition="auditor").statement == "For auditors."
    assert narrative.commentary(view, edition="security").statement == ""


FRONT = "---\nauthor: Ada Lind\nstatus: draft\nperiod: 2026-Q2\nunbound: ['24', 3]\n---\n"


def test_front_matter_and_words_for_sections(view: View) -> None:
    lay(view, FRONT + "Within 24 hours.\n\n# Risk in money\nCheaper: {{ V04.value }} of 3, and 7.\n", "2026-Q3/board.md")  # fmt: skip
    words = view.commentary()
    (told,) = words.facts.written
    assert (told.file, told.author, told.status) == ("commentary/2026-Q3/board.md", "Ada Lind", "draft")  # fmt: skip
    assert told.problem == "it was written for 2026-Q2, and the report is of 2026-Q3"
    assert [(r.place, r.text) for r in told.remarks] == [("Risk in money", "Cheaper: 90.0\N{NARROW NO-BREAK SPACE}% of 3, and 7.")]  # fmt: skip
    assert words.facts.typed == ("7",)
    assert words.statement == "Within 24 hours."


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("T-101 waits for INC-049, CVE-2026-1234 and ISO-27001.", ()),
        ("Since 2026-Q3, FY27 or 3 May.", ()),
        ("It cost EUR 12 and 7 people; T-101 took 9.", ("12", "7", "9")),
        ("From -4 to t-5.", ("4", "5")),
    ],
)
def test_names_with_digits_are_no_figures(view: View, text: str, typed: tuple[str, ...]) -> None:
    lay(view, text, "2026-Q3/board.md")
    assert view.commentary().facts.typed == typed


def test_a_number_as_it_was_written_is_kept_and_compared(view: View) -> None:
    lay(view, "It is {{ V04.value: 90 % }}, not {{ V04.value: 85 % }}.", "2026-Q3/board.md")
    words = view.commentary()
    assert words.statement == "It is 90 %, not 85 %."
    assert [(b.text, agrees(b.text, b.value)) for b in words.facts.bindings] == [("90 %", True), ("85 %", False)]  # fmt: skip


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("---\nauthr: Ada\n---\n", "did you mean 'author'"),
        ("---\nstatus: done\n---\n", "status 'done' is not known; write draft or final"),
        ("---\na: [\n---\n", r"line \d: the front matter is not YAML"),
        ("---\njust words\n---\n", "is not a list of keys"),
    ],
)
def test_front_matter_that_is_not_understood(view: View, front: str, said: str) -> None:
    lay(view, front + "Words.", "2026-Q3/board.md")
    with pytest.raises(DataError, match=said):
        view.commentary()


def test_a_draft_a_stray_heading_and_a_typed_number_hold_the_report() -> None:
    told = Facts(
        written=(Written(file="commentary/2026-Q3/board.md", status="draft", problem="it was written for 2026-Q2", remarks=(Remark(place="Risk in mony", text="A."),)),),
        typed=("7",),
    )  # fmt: skip
    cells = [documents.shown(documents.cover()), documents.text("# Risk in money\n\nText.")]
    cells[1:1] = [documents.shown(None)]
    cells[1]["outputs"][0]["data"][MIME] = bundle(facts=told)
    read = model.read(documents.notebook(*cells))
    found = {gate.name: gate for gate in gates.content(gates.Evidence(notebook=documents.notebook(*cells), bound={}, document=read))}  # fmt: skip
    assert found["typed"].holds
    assert found["typed"].result == "fail"
    reason = found["words"].reason
    assert found["words"].result == "fail"
    for part in ("is a draft", "written for 2026-Q2", "no section is named 'Risk in mony'; did you mean 'risk in money'"):  # fmt: skip
        assert part in reason


def test_words_for_a_section_stand_below_its_heading() -> None:
    told = Facts(written=(Written(file="f", author="Ada Lind", remarks=(Remark(place="risk in money", text="Cheaper."),)),))  # fmt: skip
    cells = [documents.shown(documents.cover()), documents.shown(None), documents.text("# Risk in money"), documents.text("After.")]  # fmt: skip
    cells[1]["outputs"][0]["data"][MIME] = bundle(facts=told)
    blocks = [p.content for p in model.read(documents.notebook(*cells)).blocks]
    assert isinstance(blocks[1], Callout)
    assert (blocks[1].title, blocks[1].text) == ("Comment by Ada Lind", "Cheaper.")
    assert isinstance(blocks[0], model.Prose)
    assert isinstance(blocks[2], model.Prose)
