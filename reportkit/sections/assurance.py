"""Audit and regulation: what is late, what is due, what can be attested."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reportkit import display, locale, sql
from reportkit.display import Shown
from reportkit.facts import Cell, Column
from reportkit.locale import plural
from reportkit.measures import audit
from reportkit.sections.words import day, missing, text

if TYPE_CHECKING:
    from reportkit.facts import Status
    from reportkit.view import View

_RATING: dict[str, Status] = {"critical": "red", "high": "red", "medium": "amber"}
_STATES: dict[str, tuple[Status, str]] = {
    "met": ("green", "Met"),
    "active": ("green", "In force"),
    "due": ("amber", "Due"),
    "missed": ("red", "Missed"),
    "expired": ("red", "Expired"),
    "draft": ("amber", "Draft"),
}


def overdue_audits(view: View, *, limit: int = 6) -> Shown:
    """Give the open audit findings past their first date, oldest first, with how often the date moved."""
    gap = missing(view, "audits", "Audit findings")
    if gap:
        return gap
    rows = view.sql(
        f"SELECT * FROM audits WHERE {audit.OPEN} AND due_original < {sql.day(view.as_of)} ORDER BY due_original, finding_id"
    )
    shown = []
    for row in rows.head(limit).to_dict("records"):
        late = (pd.Timestamp(view.as_of) - row["due_original"]).days
        moves = int(row["retargets"]) if pd.notna(row["retargets"]) else 0
        shown.append(
            (
                Cell(text=text(row["title"]), kind="strong", sub=f"{row['finding_id']} · {text(row['audit_source'])}"),
                display.status_cell(_RATING.get(text(row["rating"], ""), "none"), text(row["rating"]).capitalize()),
                day(row["due_original"]), Cell(text=f"{locale.number(late)} d", kind="number"),
                Cell(text=day(row["due_current"]), sub=f"moved {moves}×" if moves else ""),
                text(row["owner"]),
            )
        )  # fmt: skip
    columns = (
        Column(label="Finding", width=3), Column(label="Rating"), Column(label="First date"), Column(label="Late by", align="right"),
        Column(label="Date now"), Column(label="Owner", width=1.4),
    )  # fmt: skip
    note = (
        f"{plural(len(rows) - limit, 'more is', 'more are')} past the first date."
        if len(rows) > limit
        else ""
    )
    return display.table(
        "audit-overdue",
        "Open audit findings past their first date",
        columns,
        shown,
        note=note,
        empty="No open audit finding is past its first date.",
    )


def obligations(view: View, *, limit: int = 8) -> Shown:
    """Give regulatory obligations with their state and next date."""
    gap = missing(view, "governance_items", "Obligations")
    if gap:
        return gap
    rows = view.sql(
        "SELECT * FROM governance_items WHERE kind = 'obligation' AND COALESCE(status, '') <> 'retired' ORDER BY COALESCE(review_due, expiry), item_id"
    )
    shown = []
    for row in rows.head(limit).to_dict("records"):
        state = _STATES.get(text(row["status"], ""), ("none", "Unknown"))
        shown.append(
            (
                Cell(text=text(row["regime"]), kind="strong"), text(row["title"]), day(row["review_due"] if pd.notna(row["review_due"]) else row["expiry"]),
                display.status_cell(*state), text(row["owner"]),
            )
        )  # fmt: skip
    columns = (
        Column(label="Regime"),
        Column(label="Obligation", width=2.6),
        Column(label="Next date"),
        Column(label="State"),
        Column(label="Owner", width=1.4),
    )
    return display.table(
        "obligations", "Regulatory obligations", columns, shown, empty="No obligation is recorded."
    )
