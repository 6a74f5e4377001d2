"""Weaknesses: how many are open, how late, how fast they go."""

from __future__ import annotations

import pandas as pd

from reportkit import stats
from reportkit.measures.model import Moment, Value
from reportkit.measures.registry import measure

_DIMS = {"severity": "severity", "unit": "unit_id"}


@measure(
    id="V01",
    name="Open weaknesses",
    definition="Findings open at the end of the day: opened by then and neither fixed nor decommissioned by then. One finding is "
    "one weakness on one asset at one place. False positives, duplicates and out-of-scope findings never count; accepted ones stay open exposure.",
    why="The stock that has to be worked off.",
    use="Read beside scan coverage: better scanning finds more.",
    source="CIS Security Metrics; NIST SP 800-55",
    unit="count",
    direction="down",
    needs=("findings",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n FROM open_findings GROUP BY {group}",
    dims=_DIMS,
)
def open_weaknesses(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open findings."""
    n = int(rows["n"].sum())
    return Value(value=n, n=n)


@measure(
    id="V03",
    name="Known-exploited weaknesses overdue",
    definition="Open findings whose weakness stood in the catalogue of known exploited vulnerabilities by the day and whose "
    "catalogue due date has passed. The due date is the catalogue's own.",
    why="These are used in real attacks today.",
    use="Anything above zero needs a name and a date.",
    source="CISA Known Exploited Vulnerabilities catalogue",
    unit="count",
    direction="down",
    needs=("findings",),
    fields=("kev.date_added|findings.kev_date|findings.kev",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n, COUNT(DISTINCT asset_id) AS assets, "
    "SUM(CASE WHEN kev_due IS NULL THEN 1 ELSE 0 END) AS undated, SUM(CASE WHEN kev_due < {as_of} THEN 1 ELSE 0 END) AS late "
    "FROM open_findings WHERE kev GROUP BY {group}",
    dims=_DIMS,
    green=0,
    red=5,
)
def kev_overdue(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open known-exploited findings past the catalogue's due date."""
    listed, undated = int(rows["n"].sum()), int(rows["undated"].sum())
    note = f"{undated} listed findings have no due date in the catalogue" if undated else ""
    return Value(
        value=int(rows["late"].sum()),
        denominator=listed,
        numerator=int(rows["late"].sum()),
        n=listed,
        note=note,
    )


@measure(
    id="V04",
    name="Critical and high weaknesses fixed on time",
    definition="Of critical and high findings whose due date fell in the quarter, the share fixed on or before it. Accepted ones and "
    "those still open count as not met; decommissioned by the due date leave the cohort.",
    why="Counts what was promised, so that late items cannot hide by staying open.",
    use="Below target: more capacity, or fewer promises.",
    source="reportkit; due cohort after DefectDojo's and FedRAMP's service levels",
    unit="percent",
    direction="up",
    needs=("findings",),
    fields=("findings.due_original|thresholds.days",),
    reduce="SELECT {group} AS grp, COUNT(*) AS due, "
    "SUM(CASE WHEN state = 'fixed' AND closed <= due_original THEN 1 ELSE 0 END) AS met, "
    "SUM(CASE WHEN state = 'accepted' THEN 1 ELSE 0 END) AS accepted FROM findings "
    "WHERE severity IN ('critical', 'high') AND due_original >= {start} AND due_original <= {as_of} "
    "AND state IN ('open', 'reopened', 'accepted', 'fixed', 'decommissioned') "
    "AND NOT (state = 'decommissioned' AND closed <= due_original) GROUP BY {group}",
    dims=_DIMS,
    green=90,
    red=80,
    noise="proportion",
    digits=1,
)
def on_time(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of due critical and high findings that were fixed in time."""
    due, met = int(rows["due"].sum()), int(rows["met"].sum())
    return share(met, due, "no critical or high finding fell due")


def share(part: int, whole: int, none: str) -> Value:
    """Give a percentage with its Wilson interval, or the reason why there is none."""
    interval = stats.wilson(part, whole)
    if interval is None:
        return Value(reason=none, numerator=part, denominator=whole, n=0)
    return Value(
        value=100 * part / whole,
        numerator=part,
        denominator=whole,
        low=100 * interval.low,
        high=100 * interval.high,
        n=whole,
    )


#: Rows a survival curve is drawn from: one per duration, with fixes and censored ones, over the findings of 24 months.
SURVIVAL = (
    "SELECT {group} AS grp, DATE_DIFF('day', opened, COALESCE(closed, accepted_at, {as_of})) AS duration, "
    "SUM(CASE WHEN state = 'fixed' THEN 1 ELSE 0 END) AS events, "
    "SUM(CASE WHEN state = 'fixed' THEN 0 ELSE 1 END) AS exits FROM findings "
    "WHERE opened >= {as_of} - INTERVAL '730' DAY AND state IN ('open', 'reopened', 'accepted', 'fixed', 'decommissioned') "
    "AND COALESCE(closed, accepted_at, {as_of}) >= opened GROUP BY 1, 2 ORDER BY 1, 2"
)


@measure(
    id="V06",
    name="Median time to fix",
    definition="Kaplan-Meier median from first detection to verified fix, over findings opened in the last 24 months. Open, accepted "
    "and decommissioned findings are censored, so those that stay open count.",
    why="Averages of closed items fall when hard items stay open; this does not.",
    use="Compare with the service level of the severity.",
    source="Kaplan and Meier 1958",
    unit="days",
    direction="down",
    needs=("findings",),
    fields=("findings.opened", "findings.closed"),
    reduce=SURVIVAL,
    dims=_DIMS,
    noise="interval",
)
def time_to_fix(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the median survival of findings."""
    curve = stats.kaplan_meier_counts(
        rows["duration"].to_numpy(), rows["events"].to_numpy(), rows["exits"].to_numpy()
    )
    if curve is None:
        return Value(reason="no finding was opened in 24 months")
    note = "" if curve.median is not None else f"half are not fixed within {curve.last:.0f} days"
    return Value(
        value=curve.median,
        reason=note or None,
        n=curve.n,
        numerator=curve.n_events,
        denominator=curve.n,
    )


@measure(
    id="V09",
    name="Net flow of weaknesses",
    definition="Findings opened in the quarter minus findings fixed or decommissioned in it, reclassified ones left out.",
    why="Shows whether work keeps up with arrival.",
    use="Above zero for two quarters: capacity is missing.",
    source="reportkit",
    unit="count",
    direction="down",
    needs=("findings",),
    fields=("findings.opened",),
    reduce="SELECT {group} AS grp, SUM(CASE WHEN opened >= {start} THEN 1 ELSE 0 END) AS opened, "
    "SUM(CASE WHEN closed >= {start} THEN 1 ELSE 0 END) AS closed FROM findings "
    "WHERE state IN ('open', 'reopened', 'accepted', 'fixed', 'decommissioned') GROUP BY {group}",
    dims=_DIMS,
)
def net_flow(rows: pd.DataFrame, at: Moment) -> Value:
    """Give opened minus closed in the quarter."""
    opened, closed = int(rows["opened"].sum()), int(rows["closed"].sum())
    return Value(value=opened - closed, numerator=opened, denominator=closed, n=opened + closed)
