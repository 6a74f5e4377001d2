"""What each gate lets through, and what it keeps back."""

from __future__ import annotations

import base64
import html
import json
import zlib
from datetime import date, datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote

import pytest
from nbformat import v4

from reportkit import gates
from reportkit.facts import (
    Binding,
    Callout,
    Cell,
    Column,
    Cover,
    Facts,
    Figure,
    Reconciliation,
    Restatement,
    Source,
    Table,
    Words,
)
from reportkit.gates import Evidence, Gate
from reportkit.gates.external import external
from reportkit.gates.written import agrees
from reportkit.render.model import Document, Image, Placed

COVER = Cover(
    title="T",
    subtitle="",
    organisation="O",
    period="Q3 2026",
    as_of=date(2026, 9, 30),
    known_by=datetime(2026, 10, 9),
)
PICTURE = Placed(content=Image(data=b"", mime="image/png", alt="A bar."), cell=0)


def cell(
    source: str = "1", count: int | None = 1, *outputs: Any, tags: tuple[str, ...] = ()
) -> Any:
    made = v4.new_code_cell(source, execution_count=count, outputs=list(outputs))
    made.metadata["tags"] = list(tags)
    return made


def evidence(*cells: Any, facts: Facts | None = None, **more: Any) -> Evidence:
    document = Document(
        cover=COVER, blocks=more.pop("blocks", ()), facts=facts or Facts(), without_alt=more.pop("without_alt", ()),
        left_out=more.pop("left_out", ()),
    )  # fmt: skip
    values = {"bound": {}, **more}
    return Evidence(
        notebook=v4.new_notebook(cells=list(cells or (cell(),))), document=document, **values
    )


ERROR = v4.new_output("error", ename="ValueError", evalue="no", traceback=[])


def test_complete() -> None:
    assert (
        gates.complete(evidence(cell(), v4.new_markdown_cell("x"), cell("  ", None))).result
        == "pass"
    )
    assert "did not run: [2]" in gates.complete(evidence(cell(), cell("2", None))).reason
    failed = gates.complete(evidence(cell("1/0", 1, ERROR)))
    assert failed.result == "fail"
    assert "failed: [1]" in failed.reason
    assert (
        gates.complete(evidence(cell("1/0", 1, ERROR, tags=("raises-exception",)))).result == "pass"
    )


def test_complete_does_not_count_what_the_run_added() -> None:
    found = gates.complete(evidence(cell(), cell("a = 1", 2, tags=("injected-parameters",))))
    assert found.reason == "all 1 code cells ran"


def test_parameters_are_read_back() -> None:
    injected = cell('# Parameters\na = 1\nb = ["x"]', tags=("injected-parameters",))
    assert gates.parameters(evidence(injected, bound={"a": 1, "b": ["x"]})).result == "pass"
    assert "a" in gates.parameters(evidence(injected, bound={"a": 2, "b": ["x"]})).reason
    assert gates.parameters(evidence(injected, bound={"a": 1})).result == "fail"
    assert gates.parameters(evidence(bound={"a": 1})).result == "fail"
    assert gates.parameters(evidence()).result == "not-applicable"


def test_alt_text() -> None:
    assert gates.alt_text(evidence()).result == "not-applicable"
    assert gates.alt_text(evidence(blocks=(PICTURE,))).result == "pass"
    missing = gates.alt_text(evidence(blocks=(PICTURE,), without_alt=("chart-2",)))
    assert (missing.result, missing.holds) == ("fail", True)
    assert "chart-2" in missing.reason


def roll(
    closing: float = 7, opening: float = 10, told: float | None = 10, restated: float = 0
) -> Reconciliation:
    return Reconciliation(
        name="Findings",
        opening=opening,
        movements=(("opened", 1), ("closed", -4)),
        closing=closing,
        told=told,
        restated=restated,
    )


def test_reconciled() -> None:
    """10 + 1 - 4 = 7; opening 10 as told, or told 12 and restated by -2."""

    def judge(*rolls: Reconciliation) -> Gate:
        return gates.reconciled(evidence(facts=Facts(reconciliations=rolls)))

    assert judge().result == "not-applicable"
    assert judge(roll(), roll(told=None)).result == "pass"
    assert judge(roll(opening=12, told=12, restated=-2)).result == "pass"
    assert "do not give 8" in judge(roll(closing=8)).reason
    assert "11 was told" in judge(roll(told=11)).reason
    assert judge(roll(told=11)).holds


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("92 %", 91.6), ("91.6 %", 91.64), ("1,204", 1204), ("1\u202f204", 1203.6), ("12 d", 12.3), ("\u22123", -3.2),
        ("\u20ac1.4m", 1_360_000), ("CHF\u00a012bn", 11.8e9), ("\u2212\u20ac640k", -640_200), ("+4", 4), ("\u2013", None),
        ("not measured", None), ("0", 0.4),
    ],
)  # fmt: skip
def test_written_numbers_that_agree(text: str, value: float | None) -> None:
    assert agrees(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("93 %", 91.6), ("91.7 %", 91.64), ("1,204", 1205), ("3", -3), ("\u20ac1.4m", 1_460_000), ("\u20ac1.4m", 1.4),
        ("\u20ac640k", -640_000), ("12", None), ("\u2013", 12),
    ],
)  # fmt: skip
def test_written_numbers_that_do_not(text: str, value: float | None) -> None:
    assert not agrees(text, value)


def test_bound() -> None:
    figure = Figure(
        measure="V04", name="Overdue", value=91.64, unit="percent", as_of=date(2026, 9, 30), known_by=datetime(2026, 10, 9),
        direction="down", definition_version=1,
    )  # fmt: skip

    def judge(text: str, value: float) -> Gate:
        return gates.bound(
            evidence(
                facts=Facts(
                    figures=(figure,), bindings=(Binding(text=text, measure="V04", value=value),)
                )
            )
        )

    assert gates.bound(evidence()).result == "not-applicable"
    assert judge("92 %", 91.64).result == "pass"
    assert "the text says '93 %'" in judge("93 %", 91.64).reason
    assert "the report shows 91.64" in judge("90 %", 90.0).reason


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://cdn.example/vega.js"></script>', '<link rel=stylesheet href="//cdn.example/a.css">',
        '<img src="http://t.example/p.png">', '<img srcset="a.png 1x, https://t.example/b.png 2x">',
        "<style>@import 'https://f.example/x.css';</style>", '<style>a{background:url("https://t.example/x.png")}</style>',
        '<p style="background:url(//t.example/x)">', '<svg><image xlink:href="https://t.example/x.png"/></svg>',
        '<svg><use href="https://t.example/x.svg#a"/></svg>', '<iframe src="https://t.example"></iframe>',
        '<meta http-equiv="refresh" content="0;url=https://t.example">', '<video poster="https://t.example/x.png">',
        '<form action="https://t.example">', '<script type="application/json">{"data":{"url":"https://t.example/d.json"}}</script>',
    ],
)  # fmt: skip
def test_every_way_out_is_seen(page: str) -> None:
    assert len(external(page)) == 1
    judged = gates.network(evidence(pages={"report.html": page}))
    assert (judged.result, judged.holds) == ("fail", True)


@pytest.mark.parametrize(
    "page",
    [
        '<a href="https://nvd.example/CVE-1">read</a>', '<img src="data:image/png;base64,AAAA">', '<img src="cid:chart-1">',
        '<svg xmlns="http://www.w3.org/2000/svg"><use href="#a"/></svg>', "<p>see https://example.org</p>",
        "<style>@font-face{src:url(data:font/woff2;base64,AA)}</style>", '<script>var a = "http://www.w3.org/2000/svg"</script>',
    ],
)  # fmt: skip
def test_what_is_not_fetched_is_let_through(page: str) -> None:
    assert external(page) == []


def test_size_holds_only_a_mail_that_would_be_cut() -> None:
    page, body = "x" * (gates.PAGE_BYTES + 1), "x" * (gates.BODY_BYTES + 1)
    assert gates.size(evidence(pages={"report.html": "x"})).result == "pass"
    large = gates.size(evidence(pages={"report.html": page}))
    assert (large.result, large.holds) == ("fail", False)
    assert gates.size(evidence(pages={"report.html": "x", "message.eml": body})).holds
    assert gates.size(evidence()).result == "not-applicable"


def test_conformant_and_whole_tell_and_do_not_hold() -> None:
    assert gates.conformant(evidence()).result == "not-applicable"
    assert (
        gates.conformant(evidence(conformance=("ua-1", "a-2a"))).reason == "PDF/UA-1 and PDF/A-2a"
    )
    refused = gates.conformant(evidence(conformance=()))
    remarked = gates.whole(
        evidence(
            warnings={"report.pdf": ("table 'T' is too wide",)}, left_out=("cell 3: a widget",)
        )
    )
    assert refused.result == remarked.result == "fail"
    assert gates.held((refused, remarked)) == ()
    assert "too wide" in remarked.reason
    assert "widget" in remarked.reason
    assert gates.whole(evidence()).result == "pass"


# ---- what the report rests on ----------------------------------------------------------------------------------------


def source(age: int | None, limit: int | None) -> Source:
    return Source(
        table="findings", source="Scanner", rows=3, rejected=0, oldest=None, newest=None, recorded_at=None, stated=False,
        age_days=age, max_age_days=limit, loads=1,
    )  # fmt: skip


def test_fresh() -> None:
    def judge(*found: Source) -> Gate:
        return gates.fresh(evidence(facts=Facts(sources=found)))

    assert judge().result == judge(source(900, None)).result == "not-applicable"
    assert judge(source(10, 10), source(None, 10), source(900, None)).reason == "the only source is recent enough"  # fmt: skip
    old = judge(source(11, 10), source(1, 10))
    assert (old.result, old.holds) == ("fail", True)
    assert old.reason == "findings: 11 days older than the quarter's end, 10 are allowed"


def test_restated() -> None:
    def judge(*causes: Any) -> Gate:
        found = [Restatement(measure="V04", name="Overdue", period="2026-Q2", told=92, today=90.5, unit="percent", cause=one) for one in causes]  # fmt: skip
        return gates.restated(evidence(facts=Facts(restatements=tuple(found))))

    assert judge().result == "not-applicable"
    assert judge("late data", "reclassified").result == "pass"
    open_ = judge("late data", "unexplained")
    assert (open_.result, open_.holds) == ("fail", True)
    assert open_.reason == "without a cause: V04 of 2026-Q2: 92 was told, 90.5 today"


def test_commentary() -> None:
    def judge(**found: str) -> Gate:
        words = (Words(file="commentary/2026-Q3.md", period="2026-Q3", **found),) if found else ()
        return gates.commentary(evidence(facts=Facts(words=words)))

    assert judge().result == "not-applicable"
    assert judge(headed="2026-Q3").result == judge(headed="").result == "pass"
    other, again = judge(headed="2026-Q2"), judge(same_as="commentary/2026-Q2.md")
    assert (other.result, other.holds, again.result) == ("fail", True, "fail")
    assert "is headed 2026-Q2" in other.reason
    assert "the same words as commentary/2026-Q2.md" in again.reason


# ---- what the writers had to do --------------------------------------------------------------------------------------


def test_every_cut_of_the_pdf_is_seen() -> None:
    """The writer's own sentences, of a document that is too large for it in every way."""
    from reportkit import resources
    from reportkit.render import pdf
    from reportkit.render.model import Preformatted
    from reportkit.render.tabular import MAX_ROWS, Setting
    from reportkit.render.typeset import MAX_LINES, Typesetter

    rows = ((Cell(text="x"),),) * (MAX_ROWS + 1)
    table = Table(id="t", title="Long", columns=(Column(label="A"),), rows=rows)
    blocks = (Placed(content=table, cell=0), Placed(content=Preformatted("x\n" * (MAX_LINES + 1)), cell=1))  # fmt: skip
    large = Document(cover=COVER.model_copy(update={"title": "T" * 400}), blocks=blocks)
    setting = Setting(resources.fonts())
    Typesetter(setting).blocks(large)
    pdf._front(large, setting)
    assert len(setting.warnings) == 3
    cut = gates.overflow(evidence(warnings={"report.pdf": tuple(setting.warnings)}))
    assert (cut.result, cut.holds) == ("fail", True)
    assert all(said in cut.reason for said in setting.warnings)
    assert gates.whole(evidence(warnings={"report.pdf": tuple(setting.warnings)})).result == "pass"


def test_a_chart_that_is_missing_holds() -> None:
    from reportkit import resources
    from reportkit.render.model import Chart
    from reportkit.render.tabular import Setting
    from reportkit.render.typeset import Typesetter

    spec = {"mark": "image", "data": {"url": "https://t.example/d.json"}}
    chart = Placed(content=Chart(id="c", spec=spec, alt="A bar."), cell=0)
    setting = Setting(resources.fonts())
    Typesetter(setting).blocks(Document(cover=COVER, blocks=(chart,)))
    found = gates.overflow(evidence(warnings={"report.pdf": tuple(setting.warnings)}))
    assert (found.result, found.holds) == ("fail", True)
    assert "put the data into the chart itself" in found.reason


def test_overflow_passes_what_is_whole() -> None:
    assert gates.overflow(evidence()).result == "not-applicable"
    remarks = {"report.pdf": (), "message.eml": ("The mail's body takes 70 kB; keep it under 60 kB", "Chart 'x' is not in the mail: it holds 4 charts.")}  # fmt: skip
    assert gates.overflow(evidence(warnings=remarks)).result == "pass"


def test_a_sign_that_no_font_has_is_told_and_does_not_hold() -> None:
    from reportkit.render import pdf

    text = Placed(content=Callout(title="T", text="snow \u2603\U000f0000"), cell=0)
    made = pdf.write(Document(cover=COVER, blocks=(text,)))
    asked: dict[str, Any] = {"conformance": made.conformance, "warnings": {"report.pdf": made.warnings}}  # fmt: skip
    found = gates.glyphs(evidence(**asked))
    assert (found.result, found.holds) == ("fail", False)
    assert "U+F0000" in found.reason
    assert gates.whole(evidence(**asked)).result == "pass"
    assert gates.glyphs(evidence(conformance=("ua-1",))).result == "pass"
    assert gates.glyphs(evidence()).result == "not-applicable"


# ---- what must stay here ---------------------------------------------------------------------------------------------

SECRET = 's3cr&t "w\u00f6rd"'


def mail(text: str) -> bytes:
    message = EmailMessage()
    message.set_content("Good morning\n", cte="7bit")
    message.add_alternative(f"<p>{text}</p>", subtype="html", cte="base64")
    return bytes(message)


def pdf_stream(text: str) -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<< /Type /ObjStm /N 1 >>\nstream\n" + zlib.compress(text.encode()) + b"\nendstream\nendobj\n"  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.html", SECRET.encode()),
        ("report.html", html.escape(SECRET).encode()),
        ("notebook.ipynb", json.dumps({"text": SECRET}).encode()),
        ("notebook.ipynb", json.dumps({"text": SECRET}, ensure_ascii=False).encode()),
        ("report.html", f"?key={quote(SECRET, safe='')}".encode()),
        ("report.html", base64.b64encode(SECRET.encode())),
        ("message.eml", mail(html.escape(SECRET))),
        ("report.pdf", pdf_stream(SECRET)),
    ],
)  # fmt: skip
def test_a_secret_is_found_in_every_form(name: str, content: bytes) -> None:
    found = gates.secrets(evidence(files={name: content}, secrets={"env:TOKEN": SECRET}))
    assert (found.result, found.holds) == ("fail", True)
    assert found.reason == f"the value of env:TOKEN in {name}"


def test_secrets_that_are_nowhere() -> None:
    assert gates.secrets(evidence(files={"report.html": b"x"})).result == "not-applicable"
    files = {"report.html": b"The root cause", "message.eml": mail("words"), "report.pdf": pdf_stream("words")}  # fmt: skip
    found = gates.secrets(evidence(files=files, secrets={"env:A": SECRET, "env:B": "root"}))
    assert found.result == "pass"
    assert "1 shorter than 6 characters" in found.reason


def test_paths() -> None:
    place = "/home/ada/acme-reports"
    assert gates.paths(evidence(places=(place,))).result == "not-applicable"
    assert gates.paths(evidence(files={"report.html": b"/etc/passwd"}, places=(place,))).result == "pass"  # fmt: skip
    found = gates.paths(evidence(files={"a": b"", "message.eml": mail(f"in {place}/data")}, places=(place,)))  # fmt: skip
    assert (found.result, found.holds) == ("fail", True)
    assert found.reason == f"{place} in message.eml"


def test_what_is_never_released_is_a_gate() -> None:
    asked = evidence()
    names = {gate.name for gate in (*gates.content(asked), *gates.artefacts(asked))}
    assert names > gates.NEVER_RELEASED


def test_all_gates_are_asked() -> None:
    asked = evidence()
    names = [gate.name for gate in (*gates.content(asked), *gates.artefacts(asked))]
    assert names == [
        "complete",
        "parameters",
        "alt_text",
        "fresh",
        "reconciled",
        "restated",
        "bound",
        "commentary",
        "typed",
        "words",
        "overflow",
        "glyphs",
        "secrets",
        "paths",
        "network",
        "size",
        "conformant",
        "whole",
    ]
