"""Decisions: those that are asked, apart from those that are noted; what was decided before, and what became of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from reportkit import display
from reportkit.display import Shown
from reportkit.facts import Cell, Column, Decision, Decisions, Option
from reportkit.sections.words import day, meaning, missing, money, text
from reportkit.tables import unpack

if TYPE_CHECKING:
    from reportkit.view import View


def decisions(view: View) -> Shown:
    """Give the decisions asked this quarter, each with its options, cost and effect."""
    gap = missing(view, "decisions", "Decisions")
    if gap:
        return gap
    rows = view.table("decisions")
    noted = rows["for_decision"].eq(False).fillna(False)
    # What is asked comes before what is only noted.
    asked = rows.assign(noted=noted)[rows["period"] == view.period.code].sort_values(["noted", "decision_id"])  # fmt: skip
    items = []
    for number, row in enumerate(asked.to_dict("records"), start=1):
        options = tuple(
            Option(
                name=str(o.get("name", "")), cost=_amount(o.get("cost"), view), risk_change=text(o.get("risk_change")),
                user_impact=text(o.get("user_impact")), recommended=bool(o.get("recommended")),
            )
            for o in unpack(row["options"])
        )  # fmt: skip
        items.append(
            Decision(
                number=number, title=text(row["title"]), ask=text(row["ask"], ""), options=options, owner=text(row["owner"]),
                by_when=day(row["by_when"]), reversibility=text(row["reversibility"], ""), last_time=last_time(view, row, rows), for_decision=not row["noted"],
            )
        )  # fmt: skip
    return Shown(Decisions(items=tuple(items)))


def last_time(view: View, row: Mapping[Hashable, Any], rows: pd.DataFrame) -> str:
    """Say what was decided the last time on the same subject, and what became of it.

    Two decisions are of one subject where one says which it follows, or where both belong to one initiative.
    """
    calendar = view.workspace.calendar
    now = calendar.parse(row["period"])
    before = rows[rows["decision_id"] != row["decision_id"]]
    if meaning(row.get("follows")):
        before = before[before["decision_id"] == row["follows"]]
    elif meaning(row.get("initiative_id")):
        before = before[before["initiative_id"] == row["initiative_id"]]
    else:
        return ""
    earlier = [(calendar.parse(r["period"]), r) for r in before.to_dict("records") if meaning(r["period"])]  # fmt: skip
    earlier = [(period, r) for period, r in earlier if period.end < now.end]
    if not earlier:
        return ""
    period, found = max(earlier, key=lambda pair: (pair[0].end, str(pair[1]["decision_id"])))
    became = text(found["outcome"], "still open")
    return f"{text(found['title'])} ({period.label}): {became[:1].lower()}{became[1:]}"


def _amount(cost: Any, view: View) -> str:
    return money(cost, view.currency) if isinstance(cost, int | float) else text(cost)


def past_decisions(view: View, *, quarters: int = 2) -> Shown:
    """Give what was decided at the last meetings and what became of it."""
    gap = missing(view, "decisions", "Past decisions")
    if gap:
        return gap
    rows = view.table("decisions")
    earlier = {
        p.key
        for p in view.workspace.calendar.trailing(
            view.workspace.calendar.previous(view.period), quarters
        )
    }
    past = rows[rows["period"].isin(earlier)].sort_values(
        ["period", "decision_id"], ascending=[False, True]
    )
    columns = (
        Column(label="Decision", width=2),
        Column(label="Decided"),
        Column(label="What became of it", width=2.4),
    )
    shown = [
        (
            Cell(text=text(r["title"]), kind="strong", sub=f"asked in {view.workspace.calendar.parse(r['period']).label}"),
            day(r["decided_at"]), text(r["outcome"], "Still open"),
        )
        for r in past.to_dict("records")
    ]  # fmt: skip
    return display.table(
        "past-decisions",
        "What was decided before, and what became of it",
        columns,
        shown,
        empty="No decision was asked in the last quarters.",
    )
