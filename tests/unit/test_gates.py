"""What each gate lets through, and what it keeps back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from nbformat import v4

from reportkit import gates
from reportkit.facts import Binding, Cover, Facts, Figure, Reconciliation
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
    cut = gates.whole(
        evidence(warnings={"report.pdf": ("no glyph for U+2603",)}, left_out=("cell 3: a widget",))
    )
    assert refused.result == cut.result == "fail"
    assert gates.held((refused, cut)) == ()
    assert "U+2603" in cut.reason
    assert "widget" in cut.reason
    assert gates.whole(evidence()).result == "pass"


def test_all_gates_are_asked() -> None:
    asked = evidence()
    names = [gate.name for gate in (*gates.content(asked), *gates.artefacts(asked))]
    assert names == [
        "complete",
        "parameters",
        "alt_text",
        "reconciled",
        "bound",
        "typed",
        "commentary",
        "network",
        "size",
        "conformant",
        "whole",
    ]
