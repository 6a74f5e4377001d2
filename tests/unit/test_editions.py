"""Editions of one run: sections by tags, another summary, no other number, and nothing that is redacted in any of their bytes."""

from __future__ import annotations

import email
import json
import re
import subprocess
from datetime import timedelta
from email import policy
from pathlib import Path
from typing import Any

import pytest

from reportkit import config
from reportkit.editions import Edition, Redaction
from reportkit.errors import ConfigError, HeldError
from reportkit.facts import (
    Cell,
    Column,
    Decision,
    Decisions,
    Facts,
    Headline,
    Message,
    Summary,
    Table,
)
from reportkit.ledger import deliveries, of
from reportkit.render import cutting, html, model, pdf
from reportkit.render import email as mail
from reportkit.render.model import Document
from reportkit.run import dispatch, publication, schema
from reportkit.run.folder import manifest
from tests import runs
from tests.unit import documents
from tests.unit.documents import notebook, shown, text

HOST = "srv-017.plant.example"
OWNER = "Ingrid Solberg"
SECRET = "Project Halyard"
NUMBER = re.compile(r"\d+")


def risks() -> Table:
    rows = [
        ("Loss of the booking platform", OWNER, "AMBER", "€1.4m"),
        (SECRET, "Head of Fleet", "RED", "€8.1m"),
        ("Late patches", "Head of Fleet", "GREEN", "€0.3m"),
    ]
    columns = tuple(Column(label=label) for label in ("Risk", "Owner", "TLP", "Exposure"))
    return Table(id="risks", title=f"{SECRET} leads the register", columns=columns, note="Three risks.",
                 rows=tuple(tuple(Cell(text=word) for word in row) for row in rows))  # fmt: skip


def chart(**changes: Any) -> dict[str, Any]:
    rows = [{"risk": r, "owner": o, "loss": v} for r, o, v in (("Late patches", "Head of Fleet", 3), (SECRET, "Head of Fleet", 81), ("Booking", OWNER, 14))]  # fmt: skip
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json", "data": {"values": rows}, "mark": "bar",
        "description": f"{SECRET} costs most, 81. {OWNER} owns one of three.",
        "title": f"{SECRET} costs most",
        "encoding": {"x": {"field": "loss", "type": "quantitative"}, "y": {"field": "risk", "type": "nominal"}, "tooltip": {"field": "owner"}},
        **changes,
    }  # fmt: skip


def pack() -> Any:
    headline = Headline(
        statement="Loss is within appetite, at €9.8m.",
        editions=(Summary(summary="auditor", statement="Of 12 controls 11 held.", messages=(Message(title="One failed.", text="CTL-4."),)),),
    )  # fmt: skip
    decision = Decision(number=1, title="Keys", ask=f"Let {OWNER} buy keys.", options=(), owner=OWNER, by_when="10 Nov 2026")  # fmt: skip
    return notebook(
        shown(documents.cover()),
        text("# In brief", tags=("email",)),
        shown(headline, tags=("email",)),
        text("# Register", tags=("email",)),
        shown(risks(), tags=("email",)),
        documents.charted(chart(), tags=("email",)),
        text(f"The gateway srv-*017*.plant.example of {OWNER} was patched. Nothing else moved."),
        text("# Operations", tags=("not:board",)),
        text("Sensors: 412."),
        text("## Shifts"),
        text("Two shifts."),
        text("# For those who test", tags=("only:auditor",)),
        text("Evidence lies in the vault."),
        text("# Decisions"),
        shown(Decisions(items=(decision,))),
        text("# Annex", tags=("annex",)),
        text("Sources: 3.", tags=("annex",)),
    )


def edition(name: str = "board", **given: Any) -> cutting.Cut:
    return cutting.cut(model.everything(pack()), name, Edition.model_validate(given))


def headings(document: Document) -> list[str]:
    from reportkit.render.markdown import plain

    return [
        plain(node["children"])
        for placed in document.blocks
        if isinstance(placed.content, model.Prose)
        for node in placed.content.nodes
        if node["type"] == "heading"
    ]


def spoken(document: Document) -> str:
    return json.dumps([repr(placed.content) for placed in document.blocks], ensure_ascii=False)


# ---- sections ----


def test_sections_are_kept_and_dropped_by_their_tags() -> None:
    whole = model.read(pack())
    assert headings(whole) == ["In brief", "Register", "Operations", "Shifts", "Decisions", "Annex"]
    assert headings(edition("board").document) == ["In brief", "Register", "Decisions", "Annex"]
    found = edition("auditor", drop=["annex"])
    assert headings(found.document) == ["In brief", "Register", "Operations", "Shifts", "For those who test", "Decisions"]  # fmt: skip
    assert found.left_out == ("Annex",)
    assert "It leaves out 1 section: Annex." in spoken(found.document)
    assert headings(edition("executive", keep=["email"]).document) == ["In brief", "Register"]


def test_each_edition_opens_with_its_summary_and_holds_no_other() -> None:
    assert "Of 12 controls" not in spoken(model.read(pack()))
    assert "Of 12 controls 11 held." in spoken(edition("auditor").document)
    assert "within appetite" not in spoken(edition("auditor").document)
    assert "within appetite" in spoken(edition("board").document)
    assert "Of 12 controls 11 held." in spoken(edition("second-line", summary="auditor").document)


def test_the_cover_names_reader_and_mark() -> None:
    found = edition("auditor", classification="TLP:GREEN").document.cover
    assert (found.audience, found.classification) == ("Auditors", "TLP:GREEN")
    assert edition("auditor", audience="External auditor").document.cover.audience == "External auditor"  # fmt: skip


@pytest.mark.parametrize("name", ["board", "executive", "committee", "security", "auditor"])
def test_no_edition_has_a_number_that_the_notebook_has_not(name: str) -> None:
    everything = set(NUMBER.findall(spoken(model.everything(pack()))))
    own = edition(name, redact=[{"columns": ["owner"]}]).document
    kept = replace_note(own)
    assert set(NUMBER.findall(spoken(kept))) <= everything
    assert "€1.4m" in spoken(own)


def replace_note(document: Document) -> Document:
    from dataclasses import replace

    blocks = tuple(p for p in document.blocks if p.cell >= 0)
    return replace(document, blocks=blocks)


# ---- redaction ----

RULES = [{"columns": ["own*"]}, {"rows": "TLP", "values": ["red"]}, {"pattern": r"srv-\d+[\w.-]*"}]


@pytest.fixture(scope="module")
def blind() -> Document:
    return edition("auditor", redact=RULES).document


def test_cells_are_marked(blind: Document) -> None:
    table = next(p.content for p in blind.blocks if isinstance(p.content, Table))
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["Loss of the booking platform", "[redacted]", "AMBER", "€1.4m"],
        ["[redacted]"] * 4,
        ["Late patches", "[redacted]", "GREEN", "€0.3m"],
    ]
    assert table.title == "[sentence redacted]"


def test_a_chart_loses_rows_and_says_so(blind: Document) -> None:
    found = next(p.content for p in blind.blocks if isinstance(p.content, model.Chart))
    rows = found.spec["data"]["values"]
    assert [(row["risk"], row["loss"]) for row in rows] == [("Late patches", 3), ("Booking", 14)]
    # Two owners stay two, without their names.
    assert len({row["owner"] for row in rows}) == 2
    assert found.alt == "[sentence redacted] [redacted] owns one of three."
    assert found.note == "1 row of this chart is [redacted] here."


def test_a_chart_that_adds_rows_up_is_withheld() -> None:
    cells = [shown(documents.cover()), shown(risks()), documents.charted(chart(encoding={"x": {"field": "loss", "aggregate": "sum"}}))]  # fmt: skip
    rules = [{"rows": "TLP", "values": ["red"]}]
    found = cutting.cut(model.everything(notebook(*cells)), "auditor", Edition.model_validate({"redact": rules}))  # fmt: skip
    assert not any(isinstance(p.content, model.Chart) for p in found.document.blocks)
    assert found.counts.withheld == 1


def test_text_broken_by_bold_letters_is_found(blind: Document) -> None:
    assert "The gateway [redacted] of [redacted] was patched. Nothing else moved." in spoken(blind)


def test_nothing_redacted_is_in_any_byte(blind: Document, tmp_path: Path) -> None:
    hidden = (HOST, "srv-", OWNER, SECRET, "Halyard", "8.1m")
    page = html.write(blind).data.decode()
    printed = pdf.write(blind)
    (tmp_path / "report.pdf").write_bytes(printed.data)
    paper = subprocess.run(["pdftotext", tmp_path / "report.pdf", "-"], capture_output=True, text=True, check=True).stdout  # fmt: skip
    import pikepdf

    with pikepdf.open(tmp_path / "report.pdf") as opened:
        # Alternative texts, bookmarks and metadata are no text of a page.
        inside = " ".join(repr(item) for item in opened.objects) + str(opened.open_metadata())
    message = mail.write(blind, sender="a@example.org", recipients=["b@example.org"]).message
    parts = "".join(str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text")  # fmt: skip
    for word in hidden:
        for where, words in {"page": page, "paper": paper, "inside": inside, "mail": parts + str(message["Subject"])}.items():  # fmt: skip
            assert word not in " ".join(words.split()), (word, where)
    assert "[redacted]" in page
    assert "[redacted]" in " ".join(paper.split())
    assert printed.conformance == ("ua-1", "a-2a")


def test_facts_keep_figures_without_the_names(blind: Document) -> None:
    from datetime import UTC, date, datetime

    from reportkit.facts import Binding, Figure
    from reportkit.render.redaction import redacted

    figure = Figure(measure="V03", name="Overdue", value=4, unit="count", as_of=date(2026, 9, 30), known_by=datetime(2026, 10, 1, tzinfo=UTC),
                    direction="down", definition_version=1, owner="Asa Lund", reason=f"as {HOST} was off")  # fmt: skip
    facts = Facts(figures=(figure,), bindings=(Binding(text="4", measure="V03", value=4),))
    made = Document(cover=blind.cover, blocks=(), facts=facts)
    (kept,) = redacted(made, [Redaction.model_validate(rule) for rule in RULES])[0].facts.figures
    assert (kept.value, kept.owner, kept.reason) == (4, "[redacted]", "as [redacted] was off")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{}", "needs 'columns', 'rows' with 'values', or 'pattern'"),
        ('{ rows = "TLP" }', "give both"),
        ('{ pattern = "(" }', "is not a regular expression"),
        ('{ pattern = "a*" }', "also matches nothing at all"),
        ('{ kolumns = ["owner"] }', "did you mean 'columns'"),
    ],
)
def test_rules_that_say_nothing_are_refused(tmp_path: Path, rule: str, said: str) -> None:
    (tmp_path / "reportkit.toml").write_text(f"[editions.auditor]\nredact = [{rule}]\n")
    with pytest.raises(ConfigError, match=re.escape(said)):
        config.read(tmp_path)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('[report]\nclassification = "Secret"', '"Secret" = "TLP:AMBER"'),
        ('[editions."../x"]', "cannot name an edition"),
        ('[audiences.a]\nreports = ["board"]\ndomains = ["example.org"]\nedition = "auditors"\n[editions.auditor]', "did you mean 'auditor'"),
    ],
)  # fmt: skip
def test_marks_and_names_that_fit_nothing_are_refused(tmp_path: Path, toml: str, said: str) -> None:
    (tmp_path / "reportkit.toml").write_text(toml)
    with pytest.raises(ConfigError, match=re.escape(said)):
        config.read(tmp_path)


def test_the_example_of_the_docs_is_a_configuration(tmp_path: Path) -> None:
    written = (Path(__file__).resolve().parents[2] / "docs" / "editions.md").read_text()
    (example,) = re.findall(r"```toml\n# reportkit\.toml\n(.*?)```", written, re.DOTALL)
    (tmp_path / "reportkit.toml").write_text(example)
    settings = config.read(tmp_path)
    assert list(settings.cuts("board")) == ["executive", "auditor"]
    assert list(settings.cuts("risk")) == ["executive"]
    found = cutting.cut(model.everything(pack()), "auditor", settings.editions["auditor"])
    assert (found.counts.rows, OWNER in spoken(found.document), SECRET in spoken(found.document)) == (2, False, False)  # fmt: skip


# ---- from the run to the recipient ----

EDITIONS = """
[report]
labels = { "House only" = "TLP:RED" }
[editions.auditor]
classification = "House only"
redact = [{ pattern = "appetite" }]
[audiences.auditors]
reports = ["board"]
domains = ["example.net"]
tlp = "TLP:RED"
edition = "auditor"
members = [{ address = "aud@example.net", name = "Aud" }]
"""


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("editions") / "firm"
    runs.published(folder, runs.settings(more=EDITIONS), kinds=("html", "email"))
    return folder


def test_files_lie_in_a_folder_of_the_edition(firm: Path) -> None:
    place = publication.latest(firm, "board", runs.PERIOD, None)
    said = manifest(place)
    assert said["editions"]["auditor"]["classification"] == "House only"
    # What reads a manifest, to check or to make a pack again, knows of editions too.
    assert [schema.faults(manifest(folder)) for folder in (place, place / "final")] == [[], []]
    names = {"editions/auditor/report.html", "editions/auditor/message.eml"}
    assert names <= set(said["artefacts"])
    for folder in (place, place / "final"):
        assert all((folder / name).is_file() for name in names)
        assert "appetite" not in (folder / "editions/auditor/report.html").read_text()
    assert "within appetite" in (place / "report.html").read_text()


def test_each_audience_gets_its_edition(firm: Path) -> None:
    later = runs.NOW + timedelta(hours=3)
    found = dispatch.parcel(firm, "board", runs.PERIOD, None, later)
    dispatch.put(of(firm), dispatch.addressed(firm, found, later))
    dispatch.sender(firm, lambda: later).run()
    sent = {one.recipient: one for one in deliveries.find(of(firm))}
    assert {one.state for one in sent.values()} == {"accepted"}
    assert sent["aud@example.net"].edition == "auditor"
    messages = {str(m["To"]): m for m in (email.message_from_bytes(p.read_bytes(), policy=policy.SMTP) for p in (firm / "outbox").rglob("*.eml"))}  # fmt: skip
    own = next(m for to, m in messages.items() if "aud@" in to)
    other = next(m for to, m in messages.items() if "anna@" in to)
    assert str(own["Subject"]).startswith("[House only] ")
    assert str(other["Subject"]).startswith("[TLP:AMBER] ")
    assert "appetite" not in own.as_string()
    body = other.get_body(("plain",))
    assert body is not None
    assert "within appetite" in body.get_content()


def test_an_approval_binds_the_editions_too(firm: Path, tmp_path: Path) -> None:
    import shutil

    copy = Path(shutil.copytree(firm, tmp_path / "firm"))
    place = publication.latest(copy, "board", runs.PERIOD, None)
    page = place / "final" / "editions" / "auditor" / "report.html"
    page.write_text(page.read_text() + " ")
    with pytest.raises(HeldError, match="is not the file that was made final"):
        dispatch.parcel(copy, "board", runs.PERIOD, None, runs.NOW + timedelta(hours=3))
