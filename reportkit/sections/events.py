"""What happened and what may: incidents, the clocks they started, threats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reportkit import display, locale, sql
from reportkit.display import Shown
from reportkit.facts import Cell, Column
from reportkit.locale import plural
from reportkit.measures import incidents as measures
from reportkit.sections.words import day, missing, money, text

if TYPE_CHECKING:
    from reportkit.view import View

_SEVERITY = {1: "critical", 2: "high", 3: "medium", 4: "low", 5: "info"}


def notable_incidents(view: View, *, worst: int = 2, limit: int = 6) -> Shown:
    """Give incidents of the quarter that were severe, material, undecided, or cost money."""
    gap = missing(view, "incidents", "Incidents")
    if gap:
        return gap
    rows = view.sql(
        f"SELECT * FROM incidents WHERE confirmed = 'confirmed' AND detected > {sql.instant(view.begin)} AND (severity <= {int(worst)} OR material IN ('yes', 'pending') OR COALESCE(loss_primary, 0) > 0) "
        "ORDER BY severity, detected, incident_id"
    )
    shown = []
    for row in rows.head(limit).to_dict("records"):
        loss = sum(float(row[k]) for k in ("loss_primary", "loss_secondary") if pd.notna(row[k]))
        material = {"yes": "Material", "no": "Not material", "pending": "Not yet decided"}.get(
            text(row["material"], ""), "–"
        )
        contained = row["contained"]
        took = (
            "still active"
            if pd.isna(contained)
            else _hours((contained - row["detected"]).total_seconds() / 3600)
        )
        shown.append(
            (
                Cell(
                    text=text(row["title"]),
                    kind="strong",
                    sub=f"{row['incident_id']} · {text(row['cause'])}",
                ),
                day(row["detected"]),
                Cell(text=took, kind="number"),
                Cell(
                    text=material,
                    sub=f"decided {day(row['determined_at'])}"
                    if pd.notna(row["determined_at"])
                    else "",
                ),
                Cell(text=money(loss, view.currency) if loss else "–", kind="number"),
                text(row["lesson"]),
            )
        )
    columns = (
        Column(label="Incident", width=2.4), Column(label="Detected"), Column(label="Contained in", align="right"), Column(label="Materiality", width=1.1),
        Column(label="Loss", align="right"), Column(label="What changed because of it", width=2.4),
    )  # fmt: skip
    note = f"{len(rows) - limit} more are in the incident record." if len(rows) > limit else ""
    return display.table(
        "incidents",
        "Severe or material incidents",
        columns,
        shown,
        note=note,
        empty="No severe or material incident in this quarter.",
    )


def _hours(hours: float) -> str:
    return (
        f"{locale.number(hours, 1)}{locale.NARROW}h"
        if hours < 72
        else f"{locale.number(hours / 24, 1)}{locale.NARROW}d"
    )


def regulatory_clocks(view: View) -> Shown:
    """Give the notices to authorities that fell due in the quarter, and incidents still waiting for a determination."""
    gap = missing(view, "incidents", "Regulatory clocks")
    if gap:
        return gap
    rows = view.sql(
        "SELECT incident_id, title, determined_at, notices, material, detected FROM incidents WHERE notices IS NOT NULL OR material = 'pending'"
    )
    clocks = measures.notices(rows, view)
    due = measures.fell_due(clocks, view).sort_values(["due", "incident_id"])
    titles = dict(zip(rows["incident_id"], rows["title"], strict=True))
    shown, above = [], ""
    for row in due.to_dict("records"):
        incident = row["incident_id"]
        named = (
            Cell(text=text(titles.get(incident)), sub=incident)
            if incident != above
            else Cell(text=incident, kind="muted")
        )
        above = incident
        shown.append((
            Cell(text=row["regime"], kind="strong"), named, _minute(row["due"]), _minute(row["sent"]),
            display.status_cell("green" if row["met"] else "red", "In time" if row["met"] else "Late"),
        ))  # fmt: skip
    waiting = rows[rows["material"] == "pending"]
    days = [
        f"{r['incident_id']}: {(view.end - r['detected']).days} days since discovery"
        for r in waiting.to_dict("records")
    ]
    note = f"Materiality not yet determined: {'; '.join(days)}." if days else ""
    columns = (
        Column(label="Regime", width=1.2),
        Column(label="Incident", width=2),
        Column(label="Due"),
        Column(label="Sent"),
        Column(label="Clock"),
    )
    return display.table(
        "clocks",
        "Notices to authorities",
        columns,
        shown,
        note=note,
        empty="No notice to an authority fell due in this quarter.",
    )


def _minute(value: pd.Timestamp) -> str:
    return "–" if pd.isna(value) else f"{day(value)} {value:%H:%M}"


def threats(view: View, *, limit: int = 3) -> Shown:
    """Give the threats worth a director's time: why they matter here, what of ours is exposed, what was done."""
    gap = missing(view, "threats", "Threat outlook")
    if gap:
        return gap
    rows = view.table("threats")
    rows = rows[rows["period"] == view.period.code].sort_values("threat_id").head(limit)
    shown = [
        (Cell(text=text(r["title"]), kind="strong"), text(r["relevance"]), _exposed(view, r["vuln_ids"]), Cell(text=text(r["action"]), sub=text(r["owner"], "")))
        for r in rows.to_dict("records")
    ]  # fmt: skip
    columns = (
        Column(label="Threat", width=1.5),
        Column(label="Why it matters to us", width=2),
        Column(label="Exposed today", width=1.1),
        Column(label="What we did", width=2),
    )
    return display.table(
        "threats",
        "Threat outlook",
        columns,
        shown,
        empty="No threat was put forward for this quarter.",
    )


def _exposed(view: View, vulns: str | None) -> Cell:
    names = [v for v in (text(vulns, "")).split("|") if v]
    if not names:
        return Cell(text="–", kind="muted")
    quoted = [v.replace("'", "''") for v in names]
    listed = ", ".join(f"'{v}'" for v in quoted)
    among = " OR ".join(f"'|' || cve_ids || '|' LIKE '%|{v}|%'" for v in quoted)
    found = view.sql(
        "SELECT COUNT(*) AS n, COUNT(DISTINCT asset_id) AS assets FROM open_findings "
        f"WHERE vuln_id IN ({listed}) OR {among}"
    ).iloc[0]
    if not found["n"]:
        return Cell(text="No open weakness", tone="good", kind="delta")
    return Cell(
        text=plural(int(found["assets"]), "asset"),
        kind="strong",
        sub=plural(int(found["n"]), "open weakness", "open weaknesses"),
    )
