"""Money and posts: what was spent against what was planned, and whether there is capacity."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from reportkit.measures.finishing import percent
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure

_MONEY = ("budget", "actual", "committed", "forecast")


def _lines(*extra: str) -> str:
    """Sum budget lines by period: the organisation's own currency exactly, others at the rate in force on the day."""
    own = "COALESCE(s.currency, {currency}) = {currency}"
    sums = [
        f"SUM(CASE WHEN {own} THEN s.{name} END) AS {name}, SUM(CASE WHEN NOT ({own}) THEN s.{name} * r.rate END) AS {name}_foreign"
        for name in _MONEY
    ]
    return (
        "SELECT {group} AS grp, s.period AS period, "
        + ", ".join((*sums, *extra))
        + f", SUM(CASE WHEN NOT ({own}) AND r.rate IS NULL THEN 1 ELSE 0 END) AS unrated, "
        "SUM(CASE WHEN s.actual IS NULL THEN 1 ELSE 0 END) AS unbooked, "
        "(SELECT COUNT(actual) FROM spend AS this_quarter WHERE this_quarter.period = {period} AND budget IS NOT NULL) AS booked "
        "FROM spend AS s LEFT JOIN fx_rates AS r ON r.currency = s.currency AND r.to_currency = {currency} "
        "WHERE s.budget IS NOT NULL GROUP BY {group}, s.period ORDER BY 1, 2"
    )


@dataclass(frozen=True)
class _Year:
    """The fiscal year up to the quarter."""

    rows: pd.DataFrame
    reason: str = ""

    def sum(self, name: str) -> float:
        return float(
            self.rows[name].astype(float).sum() + self.rows[f"{name}_foreign"].astype(float).sum()
        )


def _year(rows: pd.DataFrame, at: Moment) -> _Year:
    year = rows[
        rows["period"].str.startswith(f"{at.period.year}-") & (rows["period"] <= at.period.key)
    ]
    if year.empty or not int(year["booked"].iloc[0]):
        return _Year(year, "no spend of this quarter was loaded")
    if unrated := int(year["unrated"].sum()):
        return _Year(year, f"budget lines in another currency without a rate: {unrated}")
    return _Year(year)


_DIMS = {"category": "s.category", "unit": "s.unit_id", "run_change": "s.run_change"}


@measure(
    id="B01", name="Spend against plan",
    definition="Actual spend of the fiscal year to the quarter's end minus budget of the same quarters, in per cent of that budget. Lines in another currency count at the "
    "rate in force on the day; without a rate there is no figure.",
    why="Too little spent is late delivery; too much is a surprise.", use="Outside the band: a reason and a forecast.",
    source="reportkit", unit="percent", direction="band", needs=("spend",), fields=("spend.actual", "spend.budget"),
    reduce=_lines("SUM(CASE WHEN s.run_change = 'change' THEN s.actual END) AS changing"),
    dims=_DIMS, green=5, red=10, digits=1, kind="impact",
)  # fmt: skip
def spend_against_plan(rows: pd.DataFrame, at: Moment) -> Value:
    """Give actual against budget of the fiscal year so far."""
    year = _year(rows, at)
    if year.reason:
        return Value(reason=year.reason)
    unbooked = int(year.rows["unbooked"].sum())
    budget, actual = year.sum("budget"), year.sum("actual")
    if budget <= 0:
        return Value(reason="the budget of the year so far is zero")
    return Value(
        value=100 * (actual / budget - 1),
        numerator=actual,
        denominator=budget,
        n=int(year.rows["period"].nunique()),
        note=f"budget lines without an actual yet: {unbooked}" if unbooked else "",
        parts=(
            Part("Committed", year.sum("committed") or None, "money"),
            Part("Forecast of the same quarters", year.sum("forecast") or None, "money"),
            Part(
                "Of it for change, own currency",
                percent(float(year.rows["changing"].astype(float).sum()), actual),
                "percent",
            ),
        ),
    )


@measure(
    id="B02", name="Security's share of IT spend",
    definition="Actual security spend of the fiscal year to the quarter's end, of IT spend in the same quarters. Beside it: of revenue, and for each employee.",
    why="Boards ask it. It says what is paid, not what is achieved, and peers count differently.", use="Explain it; never steer by it.",
    source="IANS; Gartner calls the ratio potentially misleading", unit="percent", direction="band", needs=("spend",), fields=("spend.actual", "spend.it_spend"),
    reduce=_lines("SUM(s.it_spend) AS it_spend", "SUM(s.revenue) AS revenue", "MAX(s.staff) AS staff"),
    dims={}, digits=1, kind="impact",
)  # fmt: skip
def spend_ratios(rows: pd.DataFrame, at: Moment) -> Value:
    """Give security spend as a share of IT spend."""
    year = _year(rows, at)
    if year.reason:
        return Value(reason=year.reason)
    known = year.rows[year.rows["it_spend"].notna()]
    if len(known) < len(year.rows):
        return Value(
            reason=f"IT spend is missing in {len(year.rows) - len(known)} of {len(year.rows)} quarters"
        )
    actual, it_spend, revenue = (
        year.sum("actual"),
        float(known["it_spend"].astype(float).sum()),
        float(known["revenue"].astype(float).sum()),
    )
    staff = float(known["staff"].iloc[-1])
    if it_spend <= 0:
        return Value(reason="IT spend of the year so far is zero")
    return Value(
        value=100 * actual / it_spend,
        numerator=actual,
        denominator=it_spend,
        n=len(known),
        parts=(
            Part("Of revenue", percent(actual, revenue), "percent"),
            Part("For each employee, year so far", actual / staff if staff > 0 else None, "money"),
        ),
    )


@measure(
    id="B03", name="Security posts vacant",
    definition="Planned security posts that are not filled at the quarter's end, of all planned. Beside it: endpoint agents deployed and healthy, so that what was bought and is not used shows.",
    why="Plans fail for want of people before they fail for want of money.", use="Vacant for two quarters: hire, buy the service or cut the plan.",
    source="reportkit", unit="percent", direction="down", needs=("spend",), fields=("spend.headcount_plan",),
    reduce="SELECT {group} AS grp, SUM(headcount_plan) AS plan, SUM(headcount_actual) AS actual, "
    "SUM(CASE WHEN headcount_plan IS NOT NULL AND headcount_actual IS NULL THEN 1 ELSE 0 END) AS unknown, "
    "(SELECT COUNT(*) FROM coverage WHERE control = 'edr' AND status IN ('ok', 'degraded')) AS deployed, "
    "(SELECT COUNT(*) FROM coverage WHERE control = 'edr' AND status = 'ok' AND last_ok >= {as_of} - INTERVAL '7' DAY) AS healthy "
    "FROM spend WHERE period = {period} GROUP BY {group}",
    dims={"unit": "unit_id"}, green=10, red=20, digits=1, kind="implementation",
)  # fmt: skip
def capacity(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of planned posts that are vacant."""
    plan, actual = (
        float(rows["plan"].astype(float).sum()),
        float(rows["actual"].astype(float).sum()),
    )
    if plan <= 0:
        return Value(reason="no posts are planned for this quarter", n=0)
    if unknown := int(rows["unknown"].sum()):
        return Value(reason=f"{unknown} lines have planned posts but not the filled ones", n=0)
    whole = set(rows["grp"]) == {""}
    deployed, healthy = (int(rows[name].iloc[0]) for name in ("deployed", "healthy"))
    return Value(
        value=100 * (1 - actual / plan),
        numerator=plan - actual,
        denominator=plan,
        n=round(plan),
        parts=(
            Part("Endpoint agents deployed", deployed, "count"),
            Part("of them healthy", percent(healthy, deployed), "percent"),
        )
        if whole
        else (),
    )
