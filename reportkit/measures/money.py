"""Money and posts: what was spent against what was planned, and whether there is capacity."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from reportkit.measures.finishing import left_out, percent
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure

_MONEY = ("budget", "actual", "committed", "forecast", "it_spend", "revenue")
_OWN = "COALESCE(s.currency, {currency}) = {currency}"


def _money(column: str, what: str = "TRUE", name: str = "") -> str:
    """Sum a column of money: the organisation's own currency exactly, others at the rate in force on the day."""
    name = name or column
    return (
        f"SUM(CASE WHEN {_OWN} AND {what} THEN s.{column} END) AS {name}, "
        f"SUM(CASE WHEN NOT ({_OWN}) AND {what} THEN s.{column} * r.rate END) AS {name}_foreign"
    )


def _lines(*extra: str) -> str:
    """Sum budget lines by period. A budget counts where its actual is booked: what is not known yet was not saved."""
    sums = [
        _money(name, "s.actual IS NOT NULL" if name in {"budget", "forecast"} else "TRUE")
        for name in _MONEY
    ]
    some = " OR ".join(f"s.{name} IS NOT NULL" for name in _MONEY)
    return (
        "SELECT {group} AS grp, s.period AS period, "
        + ", ".join((*sums, *extra))
        + f", SUM(CASE WHEN NOT ({_OWN}) AND r.rate IS NULL AND ({some}) THEN 1 ELSE 0 END) AS unrated, "
        "SUM(CASE WHEN s.budget IS NOT NULL AND s.actual IS NULL THEN 1 ELSE 0 END) AS unbooked, SUM(CASE WHEN s.budget IS NULL AND s.actual IS NOT NULL THEN 1 ELSE 0 END) AS unplanned, "
        "(SELECT COUNT(actual) FROM spend AS this_quarter WHERE this_quarter.period = {period}) AS booked "
        "FROM spend AS s LEFT JOIN fx_rates AS r ON r.currency = s.currency AND r.to_currency = {currency} AND r.rate > 0 "
        "GROUP BY {group}, s.period ORDER BY 1, 2"
    )


@dataclass(frozen=True)
class _Year:
    """The fiscal year up to the quarter."""

    rows: pd.DataFrame
    reason: str = ""

    def sum(self, name: str) -> float:
        return self.known(name) or 0.0

    def known(self, name: str) -> float | None:
        """Give a sum; None where no line holds any of it."""
        both = self.rows[[name, f"{name}_foreign"]].astype(float)
        return float(both.sum().sum()) if both.notna().any(axis=None) else None


def _year(rows: pd.DataFrame, at: Moment) -> _Year:
    year = rows[
        rows["period"].str.startswith(f"{at.period.year}-") & (rows["period"] <= at.period.code)
    ]
    if year.empty or not int(year["booked"].iloc[0]):
        return _Year(year, "no spend of this quarter was loaded")
    if unrated := int(year["unrated"].sum()):
        return _Year(year, f"budget lines in another currency without a rate: {unrated}")
    return _Year(year)


def _lacking(year: _Year, at: Moment) -> str:
    """Say which quarters of the year hold nothing at all."""
    lacking = at.period.quarter - year.rows["period"].nunique()
    return f"quarters of the year without any line: {lacking}" if lacking else ""


#: Lines of the fiscal year up to the quarter, as :func:`_year` takes them.
_SPENT = {"spend": "SUBSTR(period, 1, 5) = SUBSTR({period}, 1, 5) AND period <= {period}"}
_DIMS = {"category": "s.category", "unit": "s.unit_id", "run_change": "s.run_change"}


@measure(
    id="B01", name="Spend against plan", amounts=True,
    definition="Actual spend of the fiscal year to the quarter's end minus budget of the same quarters, in per cent of that budget. Lines in another currency count at the "
    "rate in force on the day; without a rate there is no figure. A line without an actual yet counts on neither side and is named; what was spent without a budget counts as spent.",
    why="Too little spent is late delivery; too much is a surprise.", use="Outside the band: a reason and a forecast.",
    source="reportkit", unit="percent", direction="band", needs=("spend",), fields=("spend.actual", "spend.budget"),
    reduce=_lines(_money("actual", "s.run_change = 'change'", "changing")),
    dims=_DIMS, green=5, red=10, digits=1, kind="impact", counted=_SPENT,
)  # fmt: skip
def spend_against_plan(rows: pd.DataFrame, at: Moment) -> Value:
    """Give actual against budget of the fiscal year so far."""
    year = _year(rows, at)
    if year.reason:
        return Value(reason=year.reason)
    unbooked, unplanned = (int(year.rows[name].sum()) for name in ("unbooked", "unplanned"))
    budget, actual = year.sum("budget"), year.sum("actual")
    if budget <= 0:
        return Value(reason="the budget of the year so far is zero")
    whole = set(year.rows["grp"]) == {""}
    notes = (
        f"budget lines without an actual yet: {unbooked}" if unbooked else "",
        _lacking(year, at) if whole else "",
    )
    return Value(
        value=100 * (actual / budget - 1),
        numerator=actual,
        denominator=budget,
        n=int(year.rows["period"].nunique()),
        note="; ".join(filter(None, notes)),
        parts=(
            Part("Committed", year.known("committed"), "money"),
            Part("Forecast of the same quarters", year.known("forecast"), "money"),
            Part("Of it for change", percent(year.sum("changing"), actual), "percent"),
            Part("Lines spent without a budget", unplanned, "count"),
        ),
    )


@measure(
    id="B02", name="Security's share of IT spend", amounts=True,
    definition="Actual security spend of the fiscal year to the quarter's end, of IT spend in the same quarters. Beside it: of revenue, and for each employee.",
    why="Boards ask it. It says what is paid, not what is achieved, and peers count differently.", use="Explain it; never steer by it.",
    source="IANS; Gartner calls the ratio potentially misleading", unit="percent", direction="band", needs=("spend",), fields=("spend.actual", "spend.it_spend"),
    reduce=_lines("MAX(s.staff) AS staff"),
    dims={}, digits=1, kind="impact", counted=_SPENT,
)  # fmt: skip
def spend_ratios(rows: pd.DataFrame, at: Moment) -> Value:
    """Give security spend as a share of IT spend."""
    year = _year(rows, at)
    if year.reason:
        return Value(reason=year.reason)
    if lacking := _quarters_without(year, "it_spend"):
        return Value(reason=f"IT spend is missing in {lacking} of {len(year.rows)} quarters")
    actual, it_spend = year.sum("actual"), year.sum("it_spend")
    if it_spend <= 0:
        return Value(reason="IT spend of the year so far is zero")
    revenue = 0.0 if _quarters_without(year, "revenue") else year.sum("revenue")
    staff = float(year.rows["staff"].iloc[-1])
    unbooked = int(year.rows["unbooked"].sum())
    notes = (
        f"budget lines without an actual yet: {unbooked}" if unbooked else "",
        _lacking(year, at),
    )
    return Value(
        value=100 * actual / it_spend,
        numerator=actual,
        denominator=it_spend,
        n=len(year.rows),
        note="; ".join(filter(None, notes)),
        parts=(
            Part("Of revenue", percent(actual, revenue), "percent"),
            Part("For each employee, year so far", actual / staff if staff > 0 else None, "money"),
        ),
    )


def _quarters_without(year: _Year, name: str) -> int:
    return int((year.rows[name].isna() & year.rows[f"{name}_foreign"].isna()).sum())


@measure(
    id="B03", name="Security posts vacant",
    definition="Planned security posts that are not filled at the quarter's end, of all planned. Beside it: endpoint agents deployed and healthy, so that what was bought and is not used shows.",
    why="Plans fail for want of people before they fail for want of money.", use="Vacant for two quarters: hire, buy the service or cut the plan.",
    source="reportkit", unit="percent", direction="down", needs=("spend",), fields=("spend.headcount_plan",),
    reduce="SELECT {group} AS grp, SUM(headcount_plan) AS plan, SUM(headcount_actual) AS actual, "
    "SUM(CASE WHEN headcount_plan IS NOT NULL AND headcount_actual IS NULL THEN 1 ELSE 0 END) AS unknown, "
    "(SELECT COUNT(*) FROM coverage WHERE control = 'edr') AS observed, (SELECT COUNT(*) FROM coverage WHERE control = 'edr' AND status IN ('ok', 'degraded')) AS deployed, "
    "(SELECT COUNT(*) FROM coverage WHERE control = 'edr' AND status = 'ok' AND last_ok >= {as_of} - INTERVAL '7' DAY AND last_ok <= {as_of}) AS healthy "
    "FROM spend WHERE period = {period} GROUP BY {group}",
    dims={"unit": "unit_id"}, green=10, red=20, digits=1, kind="implementation",
    counted={"spend": "period = {period}"},
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
        return Value(
            reason=left_out(
                (
                    unknown,
                    "lines have planned posts but not the filled ones",
                    "line has planned posts but not the filled ones",
                )
            ),
            n=0,
        )
    whole = set(rows["grp"]) == {""}
    observed, deployed, healthy = (
        int(rows[name].iloc[0]) for name in ("observed", "deployed", "healthy")
    )
    return Value(
        value=100 * (1 - actual / plan),
        numerator=plan - actual,
        denominator=plan,
        n=round(plan),
        parts=(
            Part("Endpoint agents deployed", deployed if observed else None, "count"),
            Part("of them healthy", percent(healthy, deployed), "percent"),
        )
        if whole
        else (),
    )
