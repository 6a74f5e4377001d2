"""One business unit's own pack: how it stands beside the firm, what is overdue, its risks, services and people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from reportkit import display, locale, remembered, sql
from reportkit.display import Shown
from reportkit.facts import Callout, Cell, Column, Facts, Headline, Tile, Tiles
from reportkit.locale import plural
from reportkit.sections.annex import definitions
from reportkit.sections.lenses import shown
from reportkit.sections.words import day, missing, money, text

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from reportkit.facts import Status
    from reportkit.measures import Measure
    from reportkit.view import View

#: What a unit's head answers for: weaknesses, safeguards, accounts, audit, risks, suppliers, people.
MEASURES = ("V03", "V04", "V05", "K07", "K04", "A02", "R01", "R03", "W01", "W02")
TILES = ("V05", "V04", "K07", "A02", "R01")
_SEVERITY: dict[str, Status] = {"critical": "red", "high": "red", "medium": "amber"}


def unit_headline(view: View) -> Shown:
    """Give the answer first: the author's words, else what is overdue and how many measures meet their limit."""
    if not view.unit:
        return _none_named(view)
    words = view.commentary(shared=False)
    if words.statement:
        return shown(view, Headline(statement=words.statement, messages=words.messages[:3]), words.facts)  # fmt: skip
    found = [view.measure(id_) for id_ in MEASURES]
    measured = [one for one in found if one.value.value is not None]
    limited = [one for one in measured if one.target is not None]
    good = sum(one.status == "green" for one in limited)
    red = [one for one in limited if one.status == "red"]
    late = view.measure("V05").value.value
    overdue = "" if late is None else f"{plural(int(late), 'weakness is', 'weaknesses are')} past the due date. "  # fmt: skip
    if not measured:
        said = "What is loaded tells nothing of this unit yet."
    else:
        acts = f"{plural(len(red), 'needs', 'need')} action" if red else "none needs action"
        said = f"{overdue}Of {plural(len(limited), 'figure')} with a limit, {acts} and {good} {'meets' if good == 1 else 'meet'} it."
    return shown(view, Headline(statement=said))


def _none_named(view: View) -> Shown:
    names = view.sql("SELECT unit_id FROM units ORDER BY unit_id")["unit_id"].tolist()
    known = f" Known units: {', '.join(names[:12])}{' and more' if len(names) > 12 else ''}." if names else ""  # fmt: skip
    return Shown(
        Callout(
            title="No business unit is named",
            text=f"This pack is made for one unit; everything below shows the whole firm.{known}",
            tone="watch",
        )
    )


def unit_tiles(view: View) -> Shown:
    """Give the few big numbers of the unit, each with its limit."""
    items = []
    for id_ in TILES:
        one = view.measure(id_)
        limit = f"limit {display.limit(one)}" if one.target is not None else "no limit set"
        known = one.value.value is not None
        items.append(
            Tile(
                label=one.definition.name,
                value=_value(one) if known else "Not measured",
                note=limit if known else (one.value.reason or ""),
                tone=display.TONES[one.status],
            )
        )
    return Shown(Tiles(items=tuple(items)))


def _value(one: Measure) -> str:
    return _written(one.value.value, one)


def _written(value: float | None, like: Measure) -> str:
    words = like.definition
    return display.write(value, words.unit, digits=words.digits, currency=like.currency)


def against_firm(view: View) -> Shown:
    """Give each measure of the unit beside the quarter before, the whole firm and the limit."""
    before = view.trailing(2)[0]
    rows, figures = [], []
    for id_ in MEASURES:
        own = view.measure(id_)
        whole = remembered.firm(view, own.definition).value
        missed = own.value.value is None
        figures.append(own.figure())
        sign = {"up": "≥", "down": "≤", "band": "±"}[own.definition.direction]
        rows.append(
            (
                Cell(text=own.definition.name, kind="strong", sub=id_),
                Cell(text="–" if missed else _value(own), kind="strong", sub=(own.value.reason or "not measured") if missed else display.ratio(own.value, own.definition, own.currency)),
                Cell(text=_written(before.whole(own.definition)[0].value, own), kind="number"),
                Cell(text=_written(whole, own), kind="number"),
                Cell(text=f"{sign} {display.limit(own)}" if own.target is not None else "–", kind="muted"),
                display.status_cell(own.status, "Not measured" if missed else "" if own.target is not None else "No limit"),
            )
        )  # fmt: skip
    quarter = view.workspace.calendar.previous(view.period).label
    columns = (
        Column(label="Measure", width=2.6), Column(label="Unit", align="right", width=1.3), Column(label=f"Unit, {quarter}", align="right"),
        Column(label="Firm", align="right"), Column(label="Limit", align="right"), Column(label="Status"),
    )  # fmt: skip
    return display.table(
        "unit-measures",
        "The unit beside the firm",
        columns,
        rows,
        note="The quarter before is computed with today's knowledge. Counts of the firm include this unit's.",
        facts=Facts(figures=tuple(figures)),
    )


def unit_definitions(view: View) -> Shown:
    """Give what the measures of the pack mean."""
    return definitions(view, *MEASURES)


def overdue(view: View, *, limit: int = 10) -> Shown:
    """Give the open weaknesses past their first due date, as V05 counts them, the most severe and the longest overdue first."""
    gap = missing(view, "findings", "Overdue weaknesses")
    if gap:
        return gap
    rows = view.sql(
        "SELECT f.finding_id, f.title, f.severity, f.state, f.due_original, f.due_current, f.asset_id, a.name AS asset, a.owner FROM open_findings AS f "
        f"LEFT JOIN assets AS a ON a.asset_id = f.asset_id WHERE f.due_original < {sql.day(view.as_of)} ORDER BY CASE f.severity "
        "WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END, f.due_original, f.finding_id"
    )
    shown = []
    for row in rows.head(limit).to_dict("records"):
        late = (pd.Timestamp(view.as_of) - row["due_original"]).days
        severity = text(row["severity"], "")
        shown.append(
            (
                Cell(text=text(row["title"]), kind="strong", sub=text(row["finding_id"])),
                display.status_cell(_SEVERITY.get(severity, "none"), severity.capitalize() or "–"),
                Cell(text=text(row["asset"], text(row["asset_id"]))),
                Cell(text=day(row["due_original"]), sub=_since(row)), Cell(text=f"{locale.number(late)} d", kind="number"), text(row["owner"]),
            )
        )  # fmt: skip
    columns = (
        Column(label="Weakness", width=2.8), Column(label="Severity"), Column(label="Asset", width=1.3), Column(label="Due"),
        Column(label="Late by", align="right"), Column(label="Owner", width=1.4),
    )  # fmt: skip
    more = len(rows) - len(shown)
    return display.table(
        "unit-overdue",
        "Weaknesses past their due date",
        columns,
        shown,
        note=f"{plural(more, 'more is', 'more are')} past the due date." if more > 0 else "",
        empty="No weakness is past its due date.",
    )


def _since(row: Mapping[Hashable, Any]) -> str:
    """Say what became of a due date that has passed: accepted since, or moved to another day."""
    if text(row["state"], "") == "accepted":
        return "accepted"
    moved = pd.notna(row["due_current"]) and row["due_current"] > row["due_original"]
    return f"now {day(row['due_current'])}" if moved else ""


def own_risks(view: View, *, limit: int = 6) -> Shown:
    """Give the unit's open risks, largest first, with what was accepted and until when."""
    gap = missing(view, "risks", "Risks")
    if gap:
        return gap
    rows = view.sql(
        "SELECT * FROM risks WHERE status = 'open' ORDER BY residual DESC NULLS LAST, risk_id"
    )
    shown = []
    for row in rows.head(limit).to_dict("records"):
        until = row["accepted_until"]
        late = pd.notna(until) and until.date() < view.as_of
        due = row["treatment_due"]
        accepted = f"to {day(until)}" if pd.notna(until) else "–"
        shown.append(
            (
                Cell(text=text(row["title"]), kind="strong", sub=f"{row['risk_id']} · {text(row['category'])}"),
                Cell(text=money(row["residual"], view.currency), kind="number"),
                Cell(text=text(row["response"]).capitalize(), sub=f"by {day(due)}" if pd.notna(due) else ""),
                display.status_cell("red", f"Expired {day(until)}") if late else Cell(text=accepted, sub=f"by {row['accepted_by']}" if pd.notna(until) and text(row["accepted_by"], "") else ""),
                text(row["owner"]),
            )
        )  # fmt: skip
    columns = (
        Column(label="Risk", width=2.8), Column(label="Residual a year", align="right"), Column(label="Response", width=1.2),
        Column(label="Accepted", width=1.2), Column(label="Owner", width=1.4),
    )  # fmt: skip
    more = len(rows) - len(shown)
    return display.table(
        "unit-risks",
        "Open risks and acceptances",
        columns,
        shown,
        note=f"{plural(more, 'smaller open risk stands', 'smaller open risks stand')} in the register." if more > 0 else "",
        empty="No open risk is registered for this unit.",
    )  # fmt: skip


def _own(view: View) -> list[str]:
    """List the unit and the units below it."""
    rows = view.sql("SELECT DISTINCT unit_id, parent_id FROM units")
    found, before = {view.unit}, 0
    while len(found) > before:
        before = len(found)
        found |= set(rows.loc[rows["parent_id"].isin(found), "unit_id"])
    return sorted(found)


def services(view: View, *, limit: int = 8) -> Shown:
    """Give the unit's services: recovery objectives, what they depend on, and open serious weaknesses beneath them."""
    gap = missing(view, "services", "Services")
    if gap:
        return gap
    own = f"WHERE unit_id IN {sql.among(_own(view))}" if view.unit else ""
    rows = view.sql(
        f"SELECT service_id, name, criticality, owner, rto_hours, rpo_hours, supplier_ids FROM services {own} ORDER BY criticality, service_id"
    )
    # What a unit depends on may belong to another one.
    suppliers = (
        replace(view, unit="")
        .sql("SELECT supplier_id, name FROM suppliers")
        .set_index("supplier_id")["name"]
    )
    serious = (
        view.sql(
            "SELECT a.service_id, COUNT(*) AS n FROM open_findings AS f JOIN assets AS a ON a.asset_id = f.asset_id "
            "WHERE f.severity IN ('critical', 'high') GROUP BY a.service_id"
        ).set_index("service_id")["n"]
        if view.loads["findings"] and view.loads["assets"]
        else None
    )
    shown = []
    for row in rows.head(limit).to_dict("records"):
        count = None if serious is None else int(serious.get(row["service_id"], 0))
        hours = [
            f"{locale.general(row[n])} h" if pd.notna(row[n]) else "–"
            for n in ("rto_hours", "rpo_hours")
        ]
        ids = [one for one in text(row["supplier_ids"], "").split("|") if one]
        depends = ", ".join(text(suppliers.get(one), one) for one in ids)
        shown.append(
            (
                Cell(text=text(row["name"]), kind="strong", sub=text(row["owner"], "")),
                Cell(text=text(row["criticality"]), kind="number"), Cell(text=" / ".join(hours), kind="number"),
                Cell(text=depends or "none recorded"),
                Cell(text="–" if count is None else locale.number(count), kind="number"),
            )
        )  # fmt: skip
    columns = (
        Column(label="Service", width=2), Column(label="Criticality", align="right"), Column(label="Recovery time / point", align="right", width=1.2),
        Column(label="Depends on suppliers", width=1.8), Column(label="Critical and high open", align="right"),
    )  # fmt: skip
    more = len(rows) - len(shown)
    return display.table(
        "unit-services",
        "Services and what they depend on",
        columns,
        shown,
        note=f"{plural(more, 'less critical service is', 'less critical services are')} not shown." if more > 0 else "",
        empty="No service is recorded for this unit.",
    )  # fmt: skip
