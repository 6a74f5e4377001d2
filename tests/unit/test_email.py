"""The mail: text first, pictures inside, nothing fetched, small, and the same bytes for the same report."""

from __future__ import annotations

import email
import json
import re
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest

from reportkit.errors import UsageError
from reportkit.facts import Callout, Cell, Column, Headline, Table, Tile, Tiles
from reportkit.render import email as mail
from reportkit.render import plain
from reportkit.render.model import Document, Placed
from tests.unit.pages import (
    Page,
    bars,
    cover,
    decisions,
    document,
    everything,
    lines,
    scorecard,
    words,
)

if TYPE_CHECKING:
    from pathlib import Path

SENDER = "Office of the CISO <ciso@example.org>"
TO = ["Chair <chair@example.org>"]
PDF = b"%PDF-1.7\r\n\x00\xff\n--=_x_0\n" * 400


def written(doc: Document | None = None, **changes: Any) -> mail.EmailResult:
    given: dict[str, Any] = {"sender": SENDER, "recipients": TO, "attachments": {"report.pdf": PDF}}
    return mail.write(doc or document(*everything()), **{**given, **changes})


def received(result: mail.EmailResult) -> EmailMessage:
    parsed = email.message_from_bytes(result.message.as_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not [part.defects for part in parsed.walk() if part.defects]
    return parsed


def body(result: mail.EmailResult, kind: str = "html") -> str:
    part = received(result).get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").removesuffix("\n")


@pytest.fixture(scope="module")
def full() -> mail.EmailResult:
    return written()


def test_parts_stand_in_the_order_that_mail_programs_expect(full: mail.EmailResult) -> None:
    kinds = [part.get_content_type() for part in received(full).walk()]
    assert kinds == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html",
        "image/png", "image/png", "image/png", "application/pdf",
    ]  # fmt: skip


def test_pictures_are_inside_and_come_out_as_they_went_in(full: mail.EmailResult) -> None:
    pictures = [part for part in received(full).walk() if part.get_content_type() == "image/png"]
    page = Page(body(full))
    assert [e.attrs["src"] for e in page.all("img")] == [
        f"cid:{p['Content-ID'][1:-1]}" for p in pictures
    ]
    assert [e.attrs["alt"] for e in page.all("img")] == [
        "Bars: Payments 12, Retail 9.",
        "Two falling lines.",
        "A dot",
    ]
    for picture in pictures:
        data = picture.get_content()
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        assert data.endswith(b"IEND\xaeB`\x82")
        assert picture is pictures[-1] or int.from_bytes(data[16:20]) == 1280
        assert picture.get_content_disposition() == "inline"


def test_attachments_keep_their_bytes_and_their_order(full: mail.EmailResult) -> None:
    given = {
        "report.pdf": PDF,
        "zahlen \N{EN DASH} märz.csv": b"a;b\r\n1;2\n",
        "page.html": b"<p>\xe4</p>",
    }
    parts = list(received(written(attachments=given)).iter_attachments())
    assert [p.get_filename() for p in parts] == list(given)
    assert [p.get_payload(decode=True) for p in parts] == list(given.values())


def test_nothing_is_fetched_and_nothing_is_a_data_address(full: mail.EmailResult) -> None:
    html = body(full)
    page = Page(html)
    addresses = [
        v
        for e in page.elements
        for n, v in e.attrs.items()
        if n in {"src", "href", "background", "action"}
    ]
    assert all(a.startswith("cid:") for a in addresses)
    assert "data:" not in html
    assert "url(" not in html
    assert "http" not in html
    assert not {e.tag for e in page.elements} & {"script", "link", "iframe", "form", "svg"}


def test_body_is_small_and_styled_in_place(full: mail.EmailResult) -> None:
    html = body(full)
    assert full.html_bytes == len(html.encode()) < mail.WARN_BYTES
    page = Page(html)
    styles = " ".join(e.text for e in page.all("style"))
    assert all(
        "style" in e.attrs for e in page.all("td", class_="body") + page.all("h1") + page.all("h2")
    )
    assert "prefers-color-scheme" in styles
    assert ".hero{" not in styles.split("@media")[0].replace(" ", "")
    assert page.all("meta", name="color-scheme")[0].attrs["content"] == "light dark"


def test_only_tagged_blocks_go_in() -> None:
    blocks = (
        Placed(content=Callout(title="Inside", text="yes"), cell=0, tags=frozenset({"email"})),
        Placed(content=Callout(title="Outside", text="no"), cell=1, tags=frozenset({"annex"})),
    )
    result = written(Document(cover=cover(), blocks=blocks))
    for kind in ("plain", "html"):
        assert "Inside" in body(result, kind)
        assert "Outside" not in body(result, kind)


def test_a_document_without_a_tag_says_so() -> None:
    result = written(document(Callout(title="a", text="b"), tags=frozenset()))
    assert "No block is tagged 'email'" in result.warnings[0]


def test_three_charts_at_most_and_the_rest_is_named() -> None:
    result = written(document(*(bars(f"c{n}", title=f"Title {n}") for n in range(5))))
    assert len(Page(body(result)).all("img")) == 3
    assert [re.search(r"Title \d", w)[0] for w in result.warnings] == ["Title 3", "Title 4"]  # type: ignore[index]


def test_a_chart_shows_its_title_once(full: mail.EmailResult) -> None:
    page = Page(body(full))
    assert page.text.count("Payments is latest") == 1
    assert not any("Payments is latest" in e.attrs.get("alt", "") for e in page.all("img"))


def test_scorecard_keeps_name_value_and_status(full: mail.EmailResult) -> None:
    page = Page(body(full))
    assert [e.text for e in page.all("th")][:3] == ["Indicator", "Now", "Status"]
    assert "In the full report: 3 more columns." in page.text


def test_long_tables_are_cut_in_words() -> None:
    rows = tuple((Cell(text=f"row {n}"), Cell(text=str(n), kind="number")) for n in range(40))
    table = Table(id="t", title="Long", columns=(Column(label="a"), Column(label="b")), rows=rows)
    result = written(document(table))
    assert "row 14" in body(result)
    assert "row 15" not in body(result)
    for kind in ("html", "plain"):
        assert "In the full report: 25 more rows." in body(result, kind)


def test_an_empty_table_is_sent_with_its_words() -> None:
    empty = Table(
        id="t",
        title="Incidents",
        columns=(Column(label="a"),),
        rows=(),
        empty="None in this period.",
    )
    result = written(document(Headline(statement="Quiet quarter."), empty))
    for kind in ("html", "plain"):
        assert "None in this period." in body(result, kind)
        assert "Quiet quarter." in body(result, kind)


def test_figures_are_the_same_in_both_parts(full: mail.EmailResult) -> None:
    text, page = body(full, "plain"), Page(body(full)).text
    for figure in (
        "1,284",
        "\N{MINUS SIGN}212",
        "90.4 %",
        "91.4 %",
        "92.4 %",
        "180/198",
        "€1.9m",
        "30 Nov 2026",
        "+2",
    ):
        assert figure in text
        assert figure in page


def test_text_part_is_set_by_hand(full: mail.EmailResult) -> None:
    text = body(full, "plain")
    assert text.startswith("TLP:AMBER\nQuarterly security report\n=========================\n")
    assert "<" not in text
    table = text[text.index("Indicator") :].splitlines()[:5]
    column = table[0].index("Status")
    assert [line[column : column + 7] for line in table[2:5]] == ["Outside"] * 3
    assert max(map(len, text.splitlines())) <= plain.WIDTH


def test_alignment_counts_what_a_terminal_shows() -> None:
    assert plain.columns("漢字") == 4
    assert plain.columns("e\u0301") == 1
    lines_ = plain.grid([["漢字", "x"], ["abcdef", "y"]]).splitlines()
    assert lines_ == ["漢字    x", "abcdef  y"]


def test_plain_prose_keeps_lists_and_headings() -> None:
    text = plain.write(
        words(
            "# Title\n\nA *b* [c](https://e.org)\n\n1. one\n2. two\n   - deep\n\n> said\n\n| a | b |\n|---|---|\n| x | y |"
        )
    )
    assert text == "Title\n=====\n\nA b c\n\n1. one\n2. two\n  - deep\n\n> said\n\na  b\n----\nx  y"


def test_without_styles_and_pictures_the_order_and_words_remain(full: mail.EmailResult) -> None:
    page = Page(re.sub(r"(?s)<style.*?</style>", "", body(full)))
    wanted = ["Quarterly security report", "Exposure fell", "Ransomware", "1,284", "Scorecard", "Outside", "Payments is latest",
              "One source is late", "Decisions asked", "Recommended: Now.", "Attached: report.pdf", "TLP:AMBER"]  # fmt: skip
    places = [page.text.index(w, page.text.index("Quarterly security report")) for w in wanted[:-2]]
    assert places == sorted(places)
    assert all(w in page.text for w in wanted)


def test_size_is_warned_of_and_held() -> None:
    filler = "word " * 160
    small = written(document(*(words(filler) for _ in range(10))))
    some = written(document(*(words(filler) for _ in range(70))))
    many = written(document(*(words(filler) for _ in range(130))))
    assert (small.warnings, small.held) == ((), False)
    assert mail.WARN_BYTES < some.html_bytes < mail.HELD_BYTES
    assert "kB" in some.warnings[0]
    assert not some.held
    assert many.held
    assert "cut" in many.warnings[0]


def test_same_arguments_give_the_same_bytes(full: mail.EmailResult) -> None:
    assert written().message.as_bytes() == full.message.as_bytes()


def test_identity_follows_what_a_reader_gets(full: mail.EmailResult) -> None:
    identity = full.message["Message-ID"]
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", identity)
    others = [
        written(attachments={"report.pdf": PDF + b"x"}),
        written(attachments={"other.pdf": PDF}),
        written(document(*everything(), title="Other")),
        written(recipients=["other@example.org"]),
        written(subject="Other"),
    ]
    assert len({identity, *(o.message["Message-ID"] for o in others)}) == 6


def test_date_is_when_the_figures_were_known(full: mail.EmailResult) -> None:
    assert received(full)["Date"].datetime == datetime(2026, 10, 12, 7, 30, tzinfo=UTC)
    naive = written(document(known_by=datetime(2026, 10, 12, 7, 30)))
    assert received(naive)["Date"].datetime == datetime(2026, 10, 12, 7, 30, tzinfo=UTC)


def test_boundaries_cannot_be_forged_by_content(full: mail.EmailResult) -> None:
    boundaries = [part.get_boundary() for part in full.message.walk() if part.is_multipart()]
    evil = "\n".join(f"--{b}--" for b in boundaries)
    attacked = written(document(*everything(), words(evil)), attachments={"a.txt": evil.encode()})
    kinds = [part.get_content_type() for part in received(attacked).walk()]
    assert kinds.count("image/png") == 3
    assert (
        next(iter(received(attacked).iter_attachments())).get_payload(decode=True) == evil.encode()
    )


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r", "\u2028", "\x00", "\x0b"])
def test_a_title_cannot_add_a_header(line_end: str) -> None:
    evil = f"Report{line_end}Bcc: thief@example.net{line_end}{line_end}<p>body"
    for result in (written(document(title=evil)), written(subject=evil)):
        parsed = received(result)
        assert parsed["Bcc"] is None
        assert "Report Bcc: thief@example.net" in parsed["Subject"]
        assert len(parsed.get_all("Subject", [])) == 1


@pytest.mark.parametrize(
    "address",
    ["a@example.org\r\nBcc: b@example.org", "no address", "", "a@b@c.org", "a b@example.org", "jörg@example.org", "a@exa..mple.org", "a@example.org, b@example.org"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="is not a mail address"):
        written(recipients=[address])
    with pytest.raises(UsageError, match="is not a mail address"):
        written(sender=address)


@pytest.mark.parametrize("name", ["a\r\nX: y.pdf", "../a.pdf", "a\\b.pdf", ""])
def test_a_file_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="name of an attachment"):
        written(attachments={name: b"x"})


def test_names_outside_ascii_survive() -> None:
    parsed = received(
        written(
            document(organisation="Bäckerei Łódź 商事"),
            sender="Jörg Müller <j@example.org>",
            recipients=["Ōta <o@example.org>"],
        )
    )
    assert parsed["From"].addresses[0].display_name == "Jörg Müller"
    assert parsed["To"].addresses[0].display_name == "Ōta"
    assert parsed["Subject"].endswith("Bäckerei Łódź 商事")


def test_without_recipients_it_is_a_draft() -> None:
    parsed = received(written(recipients=[]))
    assert parsed["To"] is None
    assert parsed["X-Unsent"] == "1"


def test_subject_says_mark_state_and_period(full: mail.EmailResult) -> None:
    assert (
        full.message["Subject"]
        == "[TLP:AMBER] Draft: Quarterly security report, 2026-Q3 – Halden Maritime"
    )
    final = written(document(status="final", classification=""))
    assert final.message["Subject"] == "Quarterly security report, 2026-Q3 – Halden Maritime"


def test_the_mark_is_explained(full: mail.EmailResult) -> None:
    assert "TLP:AMBER: pass it on only within your organisation" in Page(body(full)).text
    assert "TLP:RED: for the named recipients only" in body(
        written(document(classification="TLP:RED")), "plain"
    )


def test_the_list_of_mails_shows_the_answer(full: mail.EmailResult) -> None:
    assert (
        Page(body(full)).classed("pre")[0].text
        == "Exposure fell, two risks stay outside appetite. 1 decision asked."
    )


def hostile(evil: str) -> Document:
    cells = (Cell(text=evil, kind="strong", sub=evil), Cell(text=evil, kind="status", tone="bad"))
    return document(
        Headline(statement=evil), Tiles(items=(Tile(label=evil, value=evil, note=evil),)), Callout(title=evil, text=evil),
        Table(id="t", title=evil, columns=(Column(label=evil), Column(label="b")), rows=(cells,), note=evil),
        bars(alt=evil, title=evil, note=evil), title=evil, organisation=evil, author=evil,
    )  # fmt: skip


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        '"><img src=http://x onerror=1>',
        "<!--[if mso]>x",
        "</style>",
        "{{7*7}}",
        "-->",
        "&amp;",
    ],
)
def test_hostile_text_is_text(evil: str) -> None:
    shapes = []
    for words_ in ("harmless", evil):
        page = Page(body(written(hostile(words_))))
        shapes.append([(e.tag, *sorted(e.attrs)) for e in page.elements])
        assert page.all("h1")[0].text == words_
        assert page.all("img")[0].attrs["alt"] == words_
    assert shapes[0] == shapes[1]


def test_every_naughty_string_is_text(corpus: Path) -> None:
    known = json.loads((corpus / "evil-text" / "blns.json").read_text(encoding="utf-8"))
    strings = [s for s in known if s.strip() and s.isprintable()]
    blocks = [Callout(title=s, text="x") for s in strings]
    result = written(document(*blocks))
    page = Page(body(result))
    shown = [e.text.removesuffix("x").strip() for e in page.classed("msg-t")]
    assert [s.split("◆", 1)[1].strip() for s in shown] == [s.strip() for s in strings]


def test_exporter_writes_a_message_file(tmp_path: Path) -> None:
    from nbconvert.exporters import get_exporter

    from tests.unit.documents import notebook, shown

    exporter = get_exporter("reportkit-email")(recipients=["chair@example.org"])
    nb = notebook(
        shown(cover()), shown(scorecard(), tags=("email",)), shown(decisions(), tags=("email",))
    )
    data, resources = exporter.from_notebook_node(nb)
    parsed = email.message_from_bytes(data, policy=policy.default)
    assert parsed["To"] == "chair@example.org"
    assert resources["output_extension"] == ".eml"
    assert resources["reportkit"]["held"] is False
    assert exporter.export_from_notebook == "reportkit e-mail"


def test_exporter_writes_a_page() -> None:
    from nbconvert.exporters import get_exporter

    from tests.unit.documents import charted, notebook, shown

    exporter = get_exporter("reportkit-html")()
    nb = notebook(shown(cover()), charted({**lines().spec, "description": "Two lines."}))
    text, resources = exporter.from_notebook_node(nb)
    assert Page(text).classed("plot")[0].attrs["aria-label"] == "Two lines."
    assert resources["output_extension"] == ".html"
    assert resources["reportkit"] == {"warnings": []}
