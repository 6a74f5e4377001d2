"""A small document with every kind of block, and a parser that tells what a reader's program sees in a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

from reportkit.facts import (
    Callout,
    Cell,
    Column,
    Cover,
    Decision,
    Decisions,
    Headline,
    Message,
    Option,
    Table,
    Tile,
    Tiles,
)
from reportkit.render.markdown import prose
from reportkit.render.model import (
    Break,
    Chart,
    Content,
    Document,
    Image,
    Placed,
    Preformatted,
    Prose,
)

MAIL = frozenset({"email"})
VOID = frozenset(
    {"meta", "img", "br", "hr", "col", "path", "circle", "rect", "line", "link", "input"}
)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060"
    "0000000500016fd4a1680000000049454e44ae426082"
)


def cover(**changes: Any) -> Cover:
    given: dict[str, Any] = {
        "title": "Quarterly security report", "subtitle": "For the board", "organisation": "Halden Maritime",
        "period": "2026-Q3", "as_of": date(2026, 9, 30), "known_by": datetime(2026, 10, 12, 7, 30, tzinfo=UTC),
        "author": "Office of the CISO",
    }  # fmt: skip
    return Cover(**{**given, **changes})


def words(text: str) -> Prose:
    return prose(text, lambda *_: False, lambda _: [])


def bars(name: str = "late", label: str = "Payments", **changes: Any) -> Chart:
    rows = [{"unit": label, "late": 12}, {"unit": "Retail", "late": 9}]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": rows},
        "mark": "bar",
        "encoding": {
            "x": {"field": "late", "type": "quantitative"},
            "y": {"field": "unit", "type": "nominal"},
            "tooltip": [
                {"field": "unit", "type": "nominal"},
                {"field": "late", "type": "quantitative"},
            ],
        },
    }
    given = {
        "alt": f"Bars: {label} 12, Retail 9.",
        "title": "Payments is latest",
        "subtitle": "Overdue findings",
    }
    return Chart(id=name, spec=spec, **{**given, **changes})


def lines(name: str = "stock") -> Chart:
    rows = [
        {"month": f"2026-{month:02d}-01", "severity": severity, "open": 100 - 7 * month + shift}
        for month in range(1, 10)
        for severity, shift in (("Critical", 0), ("High", 40))
    ]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": rows},
        "mark": "line",
        "encoding": {
            "x": {"field": "month", "type": "temporal", "axis": {"format": "%b", "title": None}},
            "y": {"field": "open", "type": "quantitative"},
            "color": {"field": "severity", "type": "nominal"},
        },
    }
    return Chart(id=name, spec=spec, alt="Two falling lines.", title="Open findings fall")


def scorecard(rows: int = 3) -> Table:
    shown = tuple(
        (
            Cell(text=f"Indicator {number}", kind="strong", sub="Owner: CIO"),
            Cell(text=f"{90 + number}.4 %", kind="number", sub=f"{180 + number}/198"),
            Cell(text="86.0 %", kind="number"),
            Cell(text="\N{MINUS SIGN}2.1 pt", kind="delta", tone="bad"),
            Cell(text="Outside", kind="status", tone="bad"),
            Cell(text="", kind="spark", spark=(3.0, None, 2.0, 5.0), tone="bad"),
        )
        for number in range(rows)
    )
    columns = (
        Column(label="Indicator", width=2), Column(label="Now", align="right"), Column(label="Told", align="right"),
        Column(label="Change", align="right"), Column(label="Status"), Column(label="Trend"),
    )  # fmt: skip
    return Table(id="scorecard", title="Scorecard", columns=columns, rows=shown, note="At 90 %.")


def decisions() -> Decisions:
    options = (
        Option(
            name="Now",
            cost="€1.9m",
            risk_change="\N{MINUS SIGN}€1.6m a year",
            user_impact="Two stops",
            recommended=True,
        ),
        Option(name="Do nothing", cost="€0", risk_change="None", user_impact="None"),
    )
    first = Decision(
        number=1, title="Bring segmentation forward", ask="Approve €1.9m.", options=options, owner="COO",
        by_when="30 Nov 2026", reversibility="Until ordered", last_time="Deferred",
    )  # fmt: skip
    return Decisions(items=(first,))


def everything() -> list[Content]:
    return [
        Headline(
            statement="Exposure fell, two risks stay outside appetite.",
            messages=(Message(title="Ransomware", text="€6.4m against €5.0m.", tone="bad"),),
        ),
        Tiles(
            items=(
                Tile(
                    label="Open",
                    value="1,284",
                    delta="\N{MINUS SIGN}212",
                    trend="better",
                    note="since Q2",
                    tone="good",
                ),
                Tile(label="Overdue", value="7", delta="+2", trend="worse", tone="watch"),
            )
        ),
        words("# Scorecard\n\nTen indicators[^a].\n\n[^a]: Wilson intervals."),
        scorecard(),
        words("## Detail\n\n- one\n- two\n\n| a | b |\n|---|--:|\n| x | 1 |"),
        bars(),
        lines(),
        Callout(title="One source is late", text="The cloud scanner.", tone="watch"),
        words("# Decisions"),
        decisions(),
        Image(data=PIXEL, mime="image/png", alt="A dot"),
        Preformatted(text="plain output"),
        Break(),
        words("# Sources[^a]\n\n[^a]: Another note."),
        Table(
            id="none",
            title="Restatements",
            columns=(Column(label="Measure"),),
            rows=(),
            empty="No figure changed.",
        ),
    ]


def document(*contents: Content, tags: frozenset[str] = MAIL, **changes: Any) -> Document:
    placed = tuple(Placed(content=content, cell=i, tags=tags) for i, content in enumerate(contents))
    return Document(cover=cover(**changes), blocks=placed)


@dataclass
class Element:
    tag: str
    attrs: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """Elements in order, each with its own text; the open elements are kept to find texts of ancestors."""

    elements: list[Element] = field(default_factory=list)

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attrs: str) -> list[Element]:
        return [
            e
            for e in self.elements
            if e.tag == tag and all(e.attrs.get(k.rstrip("_")) == v for k, v in attrs.items())
        ]

    def classed(self, name: str) -> list[Element]:
        return [e for e in self.elements if name in e.attrs.get("class", "").split()]

    @property
    def text(self) -> str:
        return self.all("body")[0].text
