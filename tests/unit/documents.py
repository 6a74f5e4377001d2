"""Executed notebooks made in code: what a kernel would have left behind, without a kernel."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from nbformat import v4

from reportkit.facts import MIME as FACTS_MIME
from reportkit.facts import (
    VEGALITE_MIME,
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
    bundle,
)

QUARTERS = ["Q4 24", "Q1 25", "Q2 25", "Q3 25", "Q4 25", "Q1 26", "Q2 26", "Q3 26"]


def cover(**changes: Any) -> Cover:
    given: dict[str, Any] = {
        "title": "Security board report", "subtitle": "Risk, posture, audit and investment",
        "organisation": "Halden Maritime Group", "period": "2026-Q3", "as_of": date(2026, 9, 30),
        "known_by": datetime(2026, 10, 12, 8, 0, tzinfo=UTC), "status": "final", "author": "Office of the CISO",
        "audience": "Board of directors",
    }  # fmt: skip
    return Cover(**{**given, **changes})


def shown(block: Any, *, tags: tuple[str, ...] = (), source: str = "show(block)") -> Any:
    """A code cell whose output is a reportkit block."""
    data = {FACTS_MIME: bundle(block), "text/plain": "<block>", "text/html": "<p>the wrong one</p>"}
    output = v4.new_output("display_data", data)
    return v4.new_code_cell(source, outputs=[output], metadata={"tags": list(tags)})


def charted(spec: dict[str, Any], *, tags: tuple[str, ...] = ()) -> Any:
    """A code cell whose output is a Vega-Lite chart."""
    output = v4.new_output("display_data", {VEGALITE_MIME: spec, "text/plain": "alt.Chart(...)"})
    return v4.new_code_cell("chart(view)", outputs=[output], metadata={"tags": list(tags)})


def text(words: str, *, tags: tuple[str, ...] = ()) -> Any:
    return v4.new_markdown_cell(words, metadata={"tags": list(tags)})


def notebook(*cells: Any, **metadata: Any) -> Any:
    return v4.new_notebook(cells=list(cells), metadata=metadata)


def said(
    name: str, title: str, subtitle: str = "", note: str = "", *, half: bool = False
) -> dict[str, Any]:
    return {
        "reportkit": {"id": name, "title": title, "subtitle": subtitle, "note": note, "half": half}
    }


def line_chart(*, half: bool = False, **changes: Any) -> dict[str, Any]:
    """Open findings by severity over eight quarters."""
    series = {
        "Critical": [61, 58, 52, 47, 49, 40, 33, 28],
        "High": [410, 402, 380, 371, 360, 342, 318, 301],
    }
    rows = [
        {"quarter": q, "severity": s, "open": v}
        for s, values in series.items()
        for q, v in zip(QUARTERS, values, strict=True)
    ]
    colour = {
        "field": "severity",
        "type": "nominal",
        "legend": None,
        "scale": {"range": ["#74101F", "#C8485A"]},
    }
    x = {
        "field": "quarter",
        "type": "ordinal",
        "sort": QUARTERS,
        "title": None,
        "axis": {"labelAngle": 0},
    }
    y = {"field": "open", "type": "quantitative", "title": "Open findings"}
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.4.json", "width": 308 if half else 640, "height": 190,
        "data": {"values": rows}, "usermeta": said("open", "Critical findings have halved in a year", "Open at quarter end, all assets", half=half),
        "description": "Line chart. Open critical findings fell from 61 to 28 in eight quarters, high ones from 410 to 301.",
        "layer": [
            {"mark": {"type": "line", "point": True}, "encoding": {"x": x, "y": y, "color": colour}},
            {"mark": {"type": "text", "align": "right", "dy": -10, "fontWeight": 600},
             "transform": [{"filter": "datum.quarter === 'Q3 26'"}],
             "encoding": {"x": x, "y": y, "text": {"field": "severity"}, "color": colour}},
        ],
    }  # fmt: skip
    return {**spec, **changes}


def bar_chart(*, half: bool = False, **changes: Any) -> dict[str, Any]:
    """Days to remediate by unit."""
    units = {
        "Fleet operations": 21,
        "Terminals": 34,
        "Logistics": 18,
        "Corporate IT": 47,
        "Customer portal": 15,
    }
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.4.json", "width": 308 if half else 640, "height": 190,
        "data": {"values": [{"unit": u, "days": d} for u, d in units.items()]},
        "description": "Bar chart. Corporate IT takes 47 days to remediate half of its critical findings; the target is 30.",
        "usermeta": said("days", "Corporate IT is slowest", "Median days to remediate, critical", "Kaplan-Meier; open findings are censored.", half=half),
        "layer": [
            {"mark": {"type": "bar", "height": {"band": 0.62}},
             "encoding": {"y": {"field": "unit", "type": "nominal", "sort": "-x", "title": None},
                          "x": {"field": "days", "type": "quantitative", "title": "Days", "axis": {"grid": False}}}},
            {"mark": {"type": "text", "align": "left", "dx": 5, "fontWeight": 600},
             "encoding": {"y": {"field": "unit", "type": "nominal", "sort": "-x"}, "x": {"field": "days", "type": "quantitative"},
                          "text": {"field": "days"}}},
            {"mark": {"type": "rule", "color": "#D9982B", "strokeDash": [4, 3], "strokeWidth": 1.5},
             "encoding": {"x": {"datum": 30}}},
        ],
    }  # fmt: skip
    return {**spec, **changes}


def scorecard() -> Table:
    """Ten measures with everything a board asks of a number."""
    lines = [
        ("Known-exploited vulnerabilities overdue", "14 of 212", "19", "0", "−5", "good", "Red", "bad", "B", "CIO", (31, 29, 26, 22, 24, 21, 19, 14)),
        ("Critical findings fixed on time", "87.2 %", "84.0 %", "≥ 90 %", "+3.2", "good", "Amber", "watch", "A", "CIO", (71, 74, 73, 78, 80, 82, 84, 87.2)),
        ("Assets under endpoint protection", "96.4 %", "95.9 %", "≥ 98 %", "+0.5", "neutral", "Amber", "watch", "A", "CIO", (91, 92, 93.5, 94, 95, 95.6, 95.9, 96.4)),
        ("Privileged accounts with strong sign-in", "99.1 %", "98.7 %", "100 %", "+0.4", "good", "Amber", "watch", "B", "CISO", (88, 90, 93, 95, 97, 98, 98.7, 99.1)),
        ("Loss above €10m within a year", "6.8 %", "7.9 %", "≤ 5 %", "−1.1", "good", "Red", "bad", "C", "CRO", (None, None, 11, 10.2, 9.6, 8.8, 7.9, 6.8)),
        ("Material incidents", "1", "0", "0", "+1", "bad", "Red", "bad", "A", "CISO", (1, 0, 2, 0, 0, 1, 0, 1)),
        ("Days to contain an incident", "2.1 d", "2.6 d", "≤ 3 d", "−0.5", "good", "Green", "good", "B", "CISO", (5.2, 4.1, 4.4, 3.2, 3.0, 2.8, 2.6, 2.1)),
        ("Audit findings overdue", "3 of 28", "6", "0", "−3", "good", "Amber", "watch", "A", "CAE", (9, 9, 8, 7, 8, 7, 6, 3)),
        ("Phishing reported by staff", "38 %", "35 %", "≥ 40 %", "+3", "good", "Amber", "watch", "B", "CHRO", (18, 22, 21, 27, 29, None, 35, 38)),
        ("Restore tests within objective", "not measured", "91 %", "≥ 95 %", "", "none", "Not measured", "none", "D", "CIO", (80, 84, 86, 88, 90, 92, 91, None)),
    ]  # fmt: skip
    rows = tuple(
        (
            Cell(text=name, kind="strong"), Cell(text=value, kind="number"), Cell(text=prior, kind="number"),
            Cell(text=change, kind="delta", tone=tone), Cell(text=target, kind="number"), Cell(text=status, kind="status", tone=colour),
            Cell(text="", kind="spark", tone=colour, spark=spark), Cell(text=grade), Cell(text=owner),
        )
        for name, value, prior, target, change, tone, status, colour, grade, owner, spark in lines
    )  # fmt: skip
    columns = (
        Column(label="Measure", width=1), Column(label="Now", align="right"), Column(label="Last told", align="right"),
        Column(label="Change", align="right"), Column(label="Target", align="right"), Column(label="Status"),
        Column(label="8 quarters"), Column(label="Data", align="center"), Column(label="Owner"),
    )  # fmt: skip
    note = (
        "Change is against the figure as told last quarter. Data: confidence grade A (best) to D."
    )
    return Table(
        id="scorecard", title="Ten measures against appetite", columns=columns, rows=rows, note=note
    )


def decisions() -> Decisions:
    """Two decisions with their options."""
    return Decisions(items=(
        Decision(
            number=1, title="Replace remote access for terminals", owner="Chief information officer", by_when="15 November 2026",
            ask="Approve €1.4m to replace the remote access of eleven terminals before the winter season.",
            options=(
                Option(name="Do nothing", cost="€0", risk_change="Chance of a loss above €10m stays at 6.8 %", user_impact="None"),
                Option(name="Replace in all eleven", cost="€1.4m, then €0.2m a year", risk_change="6.8 % to 4.1 % (90 % interval 3.2 to 5.3)",
                       user_impact="Two hours of training for 340 people", recommended=True),
                Option(name="Replace in the four largest", cost="€0.6m, then €0.1m a year", risk_change="6.8 % to 5.5 %", user_impact="Two ways to sign in for a year"),
            ),
            reversibility="Yes, at the cost of the contract's first year", last_time="Deferred in 2026-Q1; the risk has since grown.",
        ),
        Decision(
            number=2, title="Accept the residual risk of the crane controllers until 2028", owner="Chief operating officer",
            by_when="31 December 2026", ask="Accept the residual risk R-07 until the controllers are replaced in 2028.",
            options=(
                Option(name="Accept with monitoring", cost="€90k a year", risk_change="No change; earlier warning", user_impact="None", recommended=True),
                Option(name="Bring the replacement forward", cost="€5.2m", risk_change="Expected loss −€0.3m a year", user_impact="Four weeks of standstill per berth"),
            ),
        ),
    ))  # fmt: skip


def register(rows: int = 12) -> Table:
    """Audit findings in detail: long words beside short ones."""
    areas = (
        "Access reviews",
        "Backup restore",
        "Key rotation",
        "Logging",
        "Change control",
        "Vendor exit",
    )
    causes = (
        "Reviews run late for 4 of 31 applications because their owners changed and nobody was told",
        "Restore test covered 82 % of tier-1 systems", "Manual rotation in two legacy payment switches",
        "Retention of 90 days against a policy of 365", "Emergency changes without approval afterwards (7 of 212)",
        "No tested exit for six critical suppliers",
    )  # fmt: skip
    ratings = (("High", "bad"), ("Medium", "watch"), ("Low", "neutral"))
    lines = tuple(
        (
            Cell(text=f"AF-26-{i + 1:03d}"), Cell(text=areas[i % 6]), Cell(text=causes[i % 6]), Cell(text="Chief information officer" if i % 2 else "Head of operations"),
            Cell(text=f"{i % 28 + 1} Nov 2026"), Cell(text=ratings[i % 3][0], kind="status", tone=ratings[i % 3][1]),
            Cell(text=f"{(i * 37) % 190}", kind="number", sub="days" if i == 0 else ""),
        )
        for i in range(rows)
    )  # fmt: skip
    columns = tuple(Column(label=label, align=align) for label, align in (
        ("Finding", "left"), ("Area", "left"), ("Root cause", "left"), ("Owner", "left"), ("Due", "left"), ("Rating", "left"), ("Age", "right")))  # fmt: skip
    return Table(
        id="findings",
        title="Open audit findings",
        columns=columns,
        rows=lines,
        note="Age counts from the day of issue.",
    )


def wide_table(columns: int = 16, rows: int = 8) -> Table:
    """More columns than a portrait page can hold."""
    labels = [f"Business process {i + 1}" for i in range(columns)]
    body = tuple(
        tuple(Cell(text=f"€{(r + 1) * (c + 3) * 1_013:,}", kind="number") for c in range(columns))
        for r in range(rows)
    )
    return Table(
        id="wide",
        title="Exposure by process and scenario",
        wide=True,
        columns=tuple(Column(label=x, align="right") for x in labels),
        rows=body,
    )


def board_pack() -> Any:
    """A board report of the usual length, with every kind of block."""
    headline = Headline(
        statement="Risk fell for the third quarter in a row, yet the chance of a loss above €10m is still over our appetite of 5 %.",
        messages=(
            Message(title="Better", text="Overdue known-exploited vulnerabilities fell from 19 to 14. Half of the critical ones are now fixed within 24 days.", tone="good"),
            Message(title="Worse", text="One material incident: a supplier's account was used to reach the customs portal. No data left.", tone="bad"),
            Message(title="Needs you", text="Two decisions: remote access of terminals, and the crane controllers.", tone="watch"),
        ),
    )  # fmt: skip
    tiles = Tiles(items=(
        Tile(label="Chance of a loss above €10m", value="6.8 %", delta="−1.1", trend="better", note="appetite 5 %", tone="bad"),
        Tile(label="Expected loss a year", value="€2.3m", delta="−€0.4m", trend="better", note="net of insurance", tone="watch"),
        Tile(label="Material incidents", value="1", delta="+1", trend="worse", note="none last quarter", tone="bad"),
        Tile(label="Spend against plan", value="94 %", delta="−2", trend="same", note="€5.1m of €5.4m", tone="good"),
    ))  # fmt: skip
    risks = Table(id="risks", title="Top risks", columns=(
        Column(label="Risk", width=1), Column(label="Expected loss", align="right"), Column(label="Change", align="right"),
        Column(label="Owner"), Column(label="Treated by"), Column(label="Status")),
        rows=tuple((Cell(text=n, kind="strong", sub=s), Cell(text=v, kind="number"), Cell(text=d, kind="delta", tone=t), Cell(text=o), Cell(text=w), Cell(text=st, kind="status", tone=tone))
                   for n, s, v, d, t, o, w, st, tone in (
            ("Ransomware stops the terminals", "Three of eleven terminals restore within objective", "€1.1m", "−€0.2m", "good", "COO", "Mar 2027", "Red", "bad"),
            ("Supplier account misused", "Seen this quarter", "€0.5m", "+€0.1m", "bad", "CIO", "Dec 2026", "Red", "bad"),
            ("Customs data altered", "", "€0.3m", "−€0.1m", "good", "CIO", "Jun 2027", "Amber", "watch"),
            ("Payment fraud", "", "€0.2m", "0", "neutral", "CFO", "Done", "Green", "good"),
            ("Total", "", "€2.1m", "−€0.2m", "good", "", "", "", "none"))), total=True)  # fmt: skip
    audit = "Findings fell from 34 to 28.[^1] Three are overdue, all in *Corporate IT*.\n\n1. Access reviews: owners named by 31 October.\n2. Restore tests: all tier-1 systems by November.\n3. Supplier exit: two rehearsals a quarter.\n\n[^1]: Opening 34, new 5, closed 11, closing 28.\n"
    terms = "## Definitions\n\n| Measure | Definition | Version |\n|---|---|--:|\n| Overdue | Open past the due date that held when it was opened | 2 |\n| Fixed on time | Of those due in the quarter, the share fixed by then; accepted ones count as not met | 1 |\n"
    return notebook(
        v4.new_code_cell("period = 'SECRET-SOURCE-TEXT'", metadata={"tags": ["parameters"]}),
        shown(cover(), tags=("setup",)),
        text("# The quarter in brief"), shown(headline, tags=("email",)), shown(tiles, tags=("email",)),
        text("# Scorecard\n\nThree of ten measures are beyond appetite, against four last quarter. Restore tests could not be measured: the source stopped on 4 September."),
        shown(scorecard(), tags=("email",)),
        text("# Top risks\n\nThe five largest make up **84 %** of expected loss."), shown(risks),
        charted(line_chart()),
        text("# Vulnerabilities\n\nThe backlog falls in every severity. What is left concentrates in *Corporate IT*, where the replacement of edge devices slipped to November."),
        charted(line_chart(half=True, usermeta=said("open-half", "Critical findings have halved in a year", "Open at quarter end", half=True))), charted(bar_chart(half=True)),
        shown(Callout(title="Within noise", text="The rise in Logistics is three findings of 96; the intervals overlap. No action is asked.", tone="neutral")),
        text("# Incidents\n\nOne of 23 incidents was material. It was contained in 31 hours and told to the authority within the clock."),
        charted(bar_chart(usermeta=said("contain", "Corporate IT takes longest to contain", "Median hours, last four quarters"))),
        text("# Audit and compliance\n\n" + audit), shown(register(6)),
        text("# Decisions"), shown(decisions(), tags=("email",)),
        text("# Annex", tags=("annex",)), text("## Findings in detail", tags=("annex",)), shown(register(34), tags=("annex",)),
        shown(wide_table(), tags=("annex",)), text(terms, tags=("annex",)),
    )  # fmt: skip
