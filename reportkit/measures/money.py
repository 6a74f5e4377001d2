"""Money: what was spent against what was planned."""

from __future__ import annotations

import pandas as pd

from reportkit.measures.model import Moment, Value
from reportkit.measures.registry import measure


@measure(
    id="B01", name="Spend against plan", amounts=True,
    definition="Actual spend of the fiscal year to the quarter's end minus budget of the same quarters, in per cent of that budget.",
    why="Too little spent is late delivery; too much is a surprise.", use="Outside the band: a reason and a forecast.",
    source="reportkit", unit="percent", direction="band", needs=("spend",), fields=("spend.actual", "spend.budget"),
    reduce="SELECT {group} AS grp, period, SUM(budget) AS budget, SUM(actual) AS actual, COUNT(DISTINCT currency) AS currencies, "
    "SUM(CASE WHEN actual IS NULL THEN 1 ELSE 0 END) AS unbooked, "
    "(SELECT COUNT(actual) FROM spend AS this_quarter WHERE this_quarter.period = {period} AND budget IS NOT NULL) AS booked "
    "FROM spend WHERE budget IS NOT NULL GROUP BY {group}, period ORDER BY 1, 2",
    dims={"category": "category", "unit": "unit_id", "run_change": "run_change"}, green=5, red=10, digits=1,
)  # fmt: skip
def spend_against_plan(rows: pd.DataFrame, at: Moment) -> Value:
    """Give actual against budget of the fiscal year so far."""
    year = rows[
        rows["period"].str.startswith(f"{at.period.year}-") & (rows["period"] <= at.period.key)
    ]
    if year.empty or not int(year["booked"].iloc[0]):
        return Value(reason="no spend of this quarter was loaded")
    if int(year["currencies"].max()) > 1:
        return Value(reason="budget lines are in several currencies without rates")
    unbooked = int(year["unbooked"].sum())
    budget, actual = float(year["budget"].sum()), float(year["actual"].sum())
    if budget <= 0:
        return Value(reason="the budget of the year so far is zero")
    return Value(
        value=100 * (actual / budget - 1),
        numerator=actual,
        denominator=budget,
        n=int(year["period"].nunique()),
        note=f"budget lines without an actual yet: {unbooked}" if unbooked else "",
    )
