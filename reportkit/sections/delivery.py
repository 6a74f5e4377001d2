"""Investment and people: whether projects deliver, and how people fare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reportkit import display, locale, sql, stats
from reportkit.display import Shown
from reportkit.facts import Cell, Column
from reportkit.sections.words import day, missing, money, text
from reportkit.tables import unpack

if TYPE_CHECKING:
    from reportkit.facts import Status
    from reportkit.view import View

_HEALTH: dict[str, tuple[Status, str]] = {
    "on_track": ("green", "On track"), "at_risk": ("amber", "At risk"), "late": ("red", "Late"), "done": ("green", "Done"), "stopped": ("none", "Stopped"),
}  # fmt: skip


def initiatives(view: View, *, limit: int = 6) -> Shown:
    """Give running projects: milestones met by their baseline date, money, and end date against baseline."""
    gap = missing(view, "initiatives", "Initiatives")
    if gap:
        return gap
    rows = view.sql(
        "SELECT * FROM initiatives WHERE COALESCE(health, '') NOT IN ('stopped') AND (baseline_start IS NULL OR baseline_start <= "
        f"{sql.day(view.as_of)}) AND (ended_at IS NULL OR ended_at >= {sql.day(view.period.start)}) ORDER BY budget DESC NULLS LAST, initiative_id"
    )
    shown = []
    for row in rows.head(limit).to_dict("records"):
        due = [
            m
            for m in unpack(row["milestones"])
            if m.get("baseline") and pd.Timestamp(m["baseline"]).date() <= view.as_of
        ]
        met = sum(1 for m in due if m.get("done") and m["done"] <= m["baseline"])
        slip = (
            (row["forecast_end"] - row["baseline_end"]).days
            if pd.notna(row["forecast_end"]) and pd.notna(row["baseline_end"])
            else 0
        )
        state = _HEALTH.get(text(row["health"], ""), ("none", "Unknown"))
        shown.append(
            (
                Cell(text=text(row["title"]), kind="strong", sub=text(row["owner"], "")), display.status_cell(*state),
                Cell(text=f"{met} of {len(due)}" if due else "–", kind="number"), Cell(text=day(row["forecast_end"]), sub=f"{locale.number(slip, sign=True)} d against baseline" if slip else "as planned"),
                Cell(text=money(row["actual"], view.currency), kind="number", sub=f"of {money(row['budget'], view.currency)}"),
            )
        )  # fmt: skip
    columns = (
        Column(label="Initiative", width=2.6), Column(label="State"), Column(label="Milestones on baseline", align="right"), Column(label="Ends", width=1.2), Column(label="Spent", align="right"),
    )  # fmt: skip
    more = len(rows) - limit
    return display.table(
        "initiatives",
        "Delivery of the largest initiatives",
        columns,
        shown,
        note=f"{more} smaller initiatives are running." if more > 0 else "",
        empty="No initiative is running.",
    )


def people(view: View) -> Shown:
    """Give training and phishing results by unit, with intervals where people are few."""
    gap = missing(view, "people_measures", "People")
    if gap:
        return gap
    names = view.sql("SELECT unit_id, name FROM units").set_index("unit_id")["name"].to_dict()
    rows = view.sql(
        f"SELECT * FROM people_measures WHERE period = '{view.period.code}' AND measure IN ('training', 'phishing')"
    )
    shown = []
    for unit, part in rows.groupby("unit_id", sort=True):
        cells: list[Cell | str] = [Cell(text=text(names.get(unit), str(unit)), kind="strong")]
        for name in ("training", "phishing"):
            own = part[part["measure"] == name]
            cells += _share(own)
        shown.append(cells)
    columns = (
        Column(label="Unit", width=1.6), Column(label="Trained by due date", align="right"), Column(label="95 % interval", align="right"),
        Column(label="Reported the test phish", align="right"), Column(label="95 % interval", align="right"),
    )  # fmt: skip
    return display.table(
        "people",
        "Education and reporting by unit",
        columns,
        shown,
        note="Phishing: reports of delivered test messages, not clicks; harder templates lower it. Groups under five people are withheld, with those that would give them away.",
        empty="No people measure of this quarter was loaded.",
    )


def _share(rows: pd.DataFrame) -> list[Cell | str]:
    """Write a share; the table gives none of a small group, nor of one that would give a small one away."""
    part, whole = float(rows["num"].sum()), float(rows["den"].sum())
    if not whole:
        hidden = len(rows) and bool(rows["den"].isna().all())
        return [Cell(text="withheld" if hidden else "–", kind="muted"), Cell(text="", kind="muted")]
    interval = stats.wilson(part, whole)
    band = (
        f"{locale.number(100 * interval.low)}–{locale.percent(100 * interval.high)}"
        if interval
        else "–"
    )
    return [
        Cell(text=locale.percent(100 * part / whole), kind="number"),
        Cell(text=band, kind="muted"),
    ]
