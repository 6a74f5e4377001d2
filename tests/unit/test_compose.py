"""The message of one recipient: equal for equal arguments, of bounded size, and nothing can slip into its headers."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reportkit.deliver.audience import Recipient
from reportkit.deliver.compose import House, Remarks, Stamp, compose
from reportkit.deliver.letter import Letter
from reportkit.deliver.lint import contrast, lint
from reportkit.errors import HeldError

LETTER = Letter("[TLP:AMBER] Board report", "Loss is within appetite, as it was told before.\n", "<html><body><p>Loss is within appetite.</p></body></html>")  # fmt: skip
ANNA = Recipient("anna@example.org", "anna@example.org", "Anna", formats=("pdf", "html"))
STAMP = Stamp("board", "2026-Q3", digest="d")
HOUSE = House("Security Office <security@example.org>")
DATE = datetime(2026, 10, 12, 8, 0)


def made(**given: Any) -> EmailMessage:
    asked: dict[str, Any] = {"letter": LETTER, "recipient": ANNA, "stamp": STAMP, "house": HOUSE}
    found = compose(**{**asked, "date": DATE, **given})
    read = email.message_from_bytes(found.data, policy=policy.default)
    assert isinstance(read, EmailMessage)
    assert not read.defects
    return read


def words(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def test_the_larger_part_is_left_out_first_and_named() -> None:
    files = {"pdf": b"p" * 30_000, "html": b"h" * 60_000}
    both = made(files=files)
    assert [p.get_filename() for p in both.iter_attachments()] == ["board-2026-Q3.pdf", "board-2026-Q3.html"]  # fmt: skip
    one = made(files=files, house=replace(HOUSE, limit=60_000))
    assert [p.get_filename() for p in one.iter_attachments()] == ["board-2026-Q3.pdf"]
    for kind in ("plain", "html"):
        assert "Attached: board-2026-Q3.pdf (30 kB)." in words(one, kind)
        assert "a mail here may take 60 kB: board-2026-Q3.html (60 kB)." in words(one, kind)
    none = made(files=files, house=replace(HOUSE, limit=10_000))
    assert list(none.iter_attachments()) == []
    assert "Loss is within appetite" in words(none)
    with pytest.raises(HeldError, match="without any attachment, above the limit of 1 kB"):
        made(files=files, house=replace(HOUSE, limit=1_000))


@pytest.mark.parametrize(
    ("edition", "name"),
    [("", "board-2026-Q3.pdf"), ("full", "board-2026-Q3.pdf"), ("summary", "board-2026-Q3.pdf"), ("press", "board-2026-Q3-press.pdf"), ("press, summary", "board-2026-Q3-press.pdf")],
)  # fmt: skip
def test_an_attachment_is_named_by_its_edition(edition: str, name: str) -> None:
    sent = made(files={"pdf": b"p"}, stamp=replace(STAMP, edition=edition))
    assert [p.get_filename() for p in sent.iter_attachments()] == [name]


def test_the_id_tells_messages_apart() -> None:
    stamps = [STAMP, replace(STAMP, copy=1), replace(STAMP, revision=2), replace(STAMP, digest="e"), replace(STAMP, unit="FLD"), replace(STAMP, period="2026-Q2"), replace(STAMP, edition="summary")]  # fmt: skip
    ids = {str(made(stamp=stamp)["Message-ID"]) for stamp in stamps}
    ids.add(str(made(recipient=replace(ANNA, address="ben@example.org"))["Message-ID"]))
    assert len(ids) == 8
    assert made()["Message-ID"] == made()["Message-ID"]


def test_what_stands_first_and_last() -> None:
    found = made(remarks=Remarks(("Revision 2 & more",), ("Approved by A & B.",)))
    assert words(found).startswith("Revision 2 & more")
    assert words(found).endswith("Approved by A & B.")
    page = words(found, "html")
    assert page.index("Revision 2 &amp; more") < page.index("Loss") < page.index("Approved by A &amp; B.")  # fmt: skip


def test_a_name_in_any_letters_arrives() -> None:
    """RFC 2047 for the name; the message itself stays ASCII."""
    found = compose(LETTER, replace(ANNA, name="Jörg Müller, 部長"), STAMP, HOUSE, date=DATE)
    assert found.data.isascii()
    read = email.message_from_bytes(found.data, policy=policy.default)
    assert read["To"].addresses[0].display_name == "Jörg Müller, 部長"
    assert not found.utf8


def test_a_local_part_in_any_letters_needs_smtputf8() -> None:
    found = compose(LETTER, replace(ANNA, address="jörg@example.org", envelope="jörg@example.org"), STAMP, HOUSE, date=DATE)  # fmt: skip
    assert found.utf8
    assert "jörg@example.org".encode() in found.data


HEADERS = {"subject", "from", "to", "date", "message-id", "auto-submitted", "x-auto-response-suppress", "list-id", "mime-version", "content-type"}  # fmt: skip


@settings(max_examples=25, deadline=None)
@example("\n", "\r\nBcc: eve@example.org", "a\r\nX: y")
@example("x\r\nBcc: eve@example.org", "\u2028", "")
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=20))
def test_nothing_slips_into_the_headers(subject: str, name: str, report: str) -> None:
    """Whatever a title, a name or a report is called, there are the same headers."""
    one = replace(ANNA, name=name)
    found = compose(
        replace(LETTER, subject=subject), one, replace(STAMP, report=report), HOUSE, date=DATE
    )
    head = found.data.partition(b"\r\n\r\n")[0]
    names = {line.partition(b":")[0].decode().lower() for line in head.split(b"\r\n") if line[:1] not in b" \t"}  # fmt: skip
    assert names == HEADERS
    assert b"\n" not in head.replace(b"\r\n", b"")


# ---- looking at it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        # Values printed by WebAIM's contrast checker.
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast(one: str, other: str, ratio: float) -> None:
    assert round(contrast(one, other), 2) == pytest.approx(ratio, abs=0.02)


@pytest.mark.parametrize(
    ("html", "rule"),
    [
        ("<img src='cid:a'>", "alt"),
        ("<img src='https://example.org/x.png' alt='x'>", "picture"),
        ("<img src='data:image/png;base64,AA' alt='x'>", "picture"),
        ("<img src='cid:b' alt='x'>", "picture"),
        ("<a href='http://example.org'>x</a>", "link"),
        ("<a href='report.html'>x</a>", "link"),
        ("<p style='color:#999999'>grey</p>", "contrast"),
        ("<div style='background:#0B2239'><p style='color:#14213D'>dark</p></div>", "contrast"),
        ('<div style="position: absolute">x</div>', "style"),
        ('<div style="display:flex">x</div>', "style"),
        ("<script>x()</script>", "script"),
        ("<p>" + "x" * 103_000 + "</p>", "size"),
        ("<p>no dark mode</p>", "dark"),
    ],
)
def test_what_readers_would_lose_is_said(html: str, rule: str) -> None:
    letter = Letter("s", "A plain text of some length.", html, (("a", b"png"),))
    assert rule in {one.rule for one in lint(letter)}


@pytest.mark.parametrize(
    ("style", "said"),
    [
        # As caniemail.com shows them: flex on Windows, gap, and what is drawn with a picture behind it.
        ("display:flex", "display: flex is left out by Outlook"),
        ("display:inline-flex", "display: inline-flex is left out by Outlook"),
        ("gap:4px", "gap is left out by Outlook, Yahoo"),
        ("background-image:none", "background-image is left out by Outlook"),
        ("border-radius:4px", ""),
        ("color:#000000", ""),
        ("display:block", ""),
    ],
)
def test_styles_by_mail_program(style: str, said: str) -> None:
    letter = Letter("s", "A plain text of some length.", f'<p style="{style}">x</p>')
    assert [one.said for one in lint(letter) if one.rule == "style"] == [said] * bool(said)


def test_a_sound_message_has_no_remarks() -> None:
    html = "<html><head><style>@media (prefers-color-scheme:dark){p{color:#fff}}</style></head><body><img src='cid:a' alt='a line'><p style='color:#14213D'>Loss is within <a href='https://example.org'>appetite</a>.</p></body></html>"  # fmt: skip
    assert lint(Letter("s", "Loss is within appetite, see below.", html, (("a", b"png"),))) == []
    assert {one.rule for one in lint(Letter("s", "", html, (("a", b"p"),)))} == {"text"}


def test_the_products_own_message_has_no_faults(tmp_path: Path) -> None:
    from reportkit.deliver import letter as letters
    from reportkit.render import email as mail
    from tests.unit import documents

    cells = (
        documents.shown(documents.cover()),
        documents.shown(documents.scorecard(), tags=("email",)),
        documents.shown(documents.decisions(), tags=("email",)),
    )
    from reportkit.render import model

    result = mail.write(model.read(documents.notebook(*cells)), sender="a@example.org", recipients=["b@example.org"])  # fmt: skip
    found = [one for one in lint(letters.read(result.message.as_bytes())) if one.wrong]
    assert found == []
