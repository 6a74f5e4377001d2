"""The significant few: the largest open risks with their movement, owner and date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reportkit import display
from reportkit.display import Shown
from reportkit.facts import Cell, Column
from reportkit.sections.words import day, missing, money, text

if TYPE_CHECKING:
    from reportkit.view import View

_QUERY = (
    "SELECT r.risk_id, r.title, r.category, r.residual, r.target, r.response, r.owner, r.treatment_due, r.accepted_until, t.red AS appetite "
    "FROM risks AS r LEFT JOIN (SELECT category, MIN(red) AS red FROM thresholds WHERE kind = 'risk_appetite' GROUP BY category) AS t "
    "ON t.category = r.category WHERE r.status = 'open' AND r.residual IS NOT NULL ORDER BY r.residual DESC, r.risk_id"
)


def top_risks(view: View, *, top: int = 6) -> Shown:
    """Give the largest open risks: exposure, movement in the quarter, appetite, owner, treatment date."""
    gap = missing(view, "risks", "Top risks")
    if gap:
        return gap
    now = view.sql(_QUERY)
    before = view.trailing(2)[0].sql(_QUERY).set_index("risk_id")["residual"]
    rows = []
    for row in now.head(top).to_dict("records"):
        old = before.get(row["risk_id"])
        change = None if old is None or pd.isna(old) else row["residual"] - float(old)
        over = pd.notna(row["appetite"]) and row["residual"] > row["appetite"]
        moved = (
            "new"
            if change is None
            else "unchanged"
            if abs(change) < 1
            else money(change, view.currency)
        )
        if change is not None and change >= 1:
            moved = f"+{moved}"
        rows.append(
            (
                Cell(text=text(row["title"]), kind="strong", sub=f"{row['risk_id']} · {text(row['category'])}"),
                Cell(text=money(row["residual"], view.currency), kind="strong"),
                Cell(text=moved, kind="delta", tone="none" if change is None or abs(change) < 1 else "bad" if change > 0 else "good"),
                Cell(text=money(row["appetite"], view.currency), kind="number"),
                display.status_cell("red" if over else "green" if pd.notna(row["appetite"]) else "none", "Above" if over else "Within" if pd.notna(row["appetite"]) else "No appetite"),
                Cell(text=text(row["response"]).capitalize(), sub=f"by {day(row['treatment_due'])}" if pd.notna(row["treatment_due"]) else ""),
                text(row["owner"]),
            )
        )  # fmt: skip
    columns = (
        Column(label="Risk", width=3), Column(label="Residual a year", align="right"), Column(label="In the quarter", align="right"),
        Column(label="Appetite", align="right"), Column(label="Status"), Column(label="Response", width=1.2), Column(label="Owner", width=1.4),
    )  # fmt: skip
    more = len(now) - len(rows)
    note = f"{more} smaller open risks stand in the register." if more > 0 else ""
    return display.table(
        "top-risks",
        f"The {len(rows)} largest of {len(now)} open risks",
        columns,
        rows,
        note=note,
        empty="No open risk has a residual exposure.",
    )
