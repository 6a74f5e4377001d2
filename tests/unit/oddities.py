"""A report of everything that is out of the ordinary: nothing there, far too much, long names, other scripts, large numbers."""

from __future__ import annotations

from reportkit.facts import Cell, Column, Decisions, Headline, Message, Table, Tile, Tiles
from reportkit.render.model import Document
from tests.unit import pages

LONG = "Regional centre for the reconciliation of instalment plans, chargebacks and merchant settlements of the northern subsidiaries"
ARABIC = "إدارة المخاطر السيبرانية"
HEBREW = "סיכון סייבר"
CHINESE = "网络安全风险登记册"
TWELVE = "€123,456,789,012"
assert len(LONG) > 120


def broad(columns: int = 30, rows: int = 6) -> Table:
    return Table(
        id="broad", title="Thirty columns", columns=tuple(Column(label=f"Process {i + 1}", align="right") for i in range(columns)),
        rows=tuple(tuple(Cell(text=f"€{(r + 1) * (c + 3) * 1_013:,}", kind="number") for c in range(columns)) for r in range(rows)),
    )  # fmt: skip


def tall(rows: int = 5_000) -> Table:
    return Table(
        id="tall", title="Five thousand rows", columns=(Column(label="Finding"), Column(label="Asset", width=2), Column(label="Days", align="right")),
        rows=tuple((Cell(text=f"F-{i:05d}"), Cell(text=f"srv-{i % 700:03d}"), Cell(text=str(i % 365), kind="number")) for i in range(rows)),
    )  # fmt: skip


def units(count: int = 200) -> Table:
    return Table(
        id="units", title="Two hundred units", columns=(Column(label="Unit", width=2), Column(label="Overdue", align="right"), Column(label="Status")),
        rows=tuple((Cell(text=f"Unit {i:03d}", kind="strong"), Cell(text=str(i * 7 % 31), kind="number"), Cell(text="Act", kind="status", tone="bad")) for i in range(count)),
    )  # fmt: skip


def names() -> Table:
    given = (LONG, ARABIC, HEBREW, CHINESE, "Ünïcödé & <b>bold</b>", "x" * 120)
    return Table(
        id="names", title=LONG, columns=(Column(label="Name", width=1), Column(label="Exposure", align="right"), Column(label="Owner")),
        rows=tuple((Cell(text=name, kind="strong", sub=name), Cell(text=TWELVE, kind="number"), Cell(text=name)) for name in given), total=True,
    )  # fmt: skip


def document() -> Document:
    nothing = Table(id="none", title="Incidents", columns=(Column(label="Incident"), Column(label="Loss", align="right")), rows=(), empty="No incident was confirmed in this quarter.")  # fmt: skip
    tiles = Tiles(items=(
        Tile(label=LONG, value=TWELVE, delta="+€123,456,789,012", trend="worse", note=ARABIC, tone="bad"),
        Tile(label="First quarter ever", value="Not measured", note="no load of findings yet", tone="none"),
        Tile(label=CHINESE, value="0", tone="good"),
    ))  # fmt: skip
    headline = Headline(statement=f"{LONG}: {TWELVE}", messages=(Message(title=CHINESE, text=HEBREW, tone="watch"), Message(title=LONG, text=LONG, tone="bad")))  # fmt: skip
    return pages.document(
        pages.words(f"# {LONG}\n\n{ARABIC}. {CHINESE}."), headline, tiles, nothing, Decisions(items=()), names(),
        pages.bars("odd", LONG, title=f"{LONG} is latest"), pages.words("# Wide and long"), broad(), units(), tall(),
        unit=LONG,
    )  # fmt: skip
