"""Audit findings: what is open, late, repeated."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reportkit import stats
from reportkit.measures.finishing import quantile, share
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure

#: An audit finding is open until independently verified closed or accepted by the committee.
OPEN = "verified_closed IS NULL AND accepted_at IS NULL AND COALESCE(state, 'open') NOT IN ('false_positive', 'duplicate')"
_DIMS = {"rating": "rating", "unit": "unit_id", "source": "audit_source"}


@measure(
    id="A01", name="Open audit findings",
    definition="Audit findings issued by the day and neither independently verified closed nor accepted by the committee by then.",
    why="The promises made to auditors.", use="Must reconcile with the last report.",
    source="reportkit", unit="count", direction="down", needs=("audits",),
    reduce=f"SELECT {{group}} AS grp, COUNT(*) AS n FROM audits WHERE {OPEN} GROUP BY {{group}}", dims=_DIMS,
)  # fmt: skip
def open_findings(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open audit findings."""
    n = int(rows["n"].sum())
    return Value(value=n, n=n)


@measure(
    id="A02", name="Audit findings past their first date",
    definition="Open audit findings whose original due date has passed; a new date agreed later does not help.",
    why="Moving a date does not close a finding.", use="Each one needs an owner in the room.",
    source="reportkit", unit="count", direction="down", needs=("audits",), fields=("audits.due_original",),
    reduce=f"SELECT {{group}} AS grp, COUNT(*) AS n, SUM(CASE WHEN due_original < {{as_of}} THEN 1 ELSE 0 END) AS late, "
    f"SUM(CASE WHEN due_current < {{as_of}} THEN 1 ELSE 0 END) AS late_now FROM audits WHERE {OPEN} GROUP BY {{group}}",
    dims=_DIMS, green=3, red=8,
)  # fmt: skip
def overdue(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open audit findings past their original due date."""
    late, n = int(rows["late"].sum()), int(rows["n"].sum())
    parts = (Part("Past the date agreed since", int(rows["late_now"].sum()), "count"),)
    return Value(value=late, numerator=late, denominator=n, n=n, parts=parts)


@measure(
    id="A03", name="Time to close an audit finding, half of them",
    definition="Kaplan-Meier median from the issue of the report to the independently verified closing, over findings issued in the 36 months to the day. Open ones, "
    "and those that only their owner calls closed, are censored on the day; those the committee accepted, when it did.",
    why="The average of closed ones falls while the hard ones wait.", use="The oldest are named to the committee.",
    source="Kaplan and Meier 1958", unit="days", direction="down", needs=("audits",), fields=("audits.opened", "audits.verified_closed"),
    reduce="SELECT {group} AS grp, finding_id, DATE_DIFF('day', opened, COALESCE(verified_closed, accepted_at, {as_of})) AS days, "
    "CASE WHEN verified_closed IS NOT NULL THEN 1 ELSE 0 END AS done, CASE WHEN " + OPEN + " THEN 1 ELSE 0 END AS still FROM audits "
    "WHERE opened >= {as_of} - INTERVAL '1095' DAY AND COALESCE(state, 'open') NOT IN ('false_positive', 'duplicate') ORDER BY 1, 2",
    dims=_DIMS, noise="interval",
    clock="Starts when the report is issued, stops when verified closed; closed by the owner alone is not closed.",
)  # fmt: skip
def time_to_close(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the median days to a verified closing."""
    good = rows[rows["days"] >= 0]
    wrong = len(rows) - len(good)
    curve = stats.kaplan_meier(good["days"].to_numpy(), good["done"].to_numpy().astype(bool))
    if curve is None:
        return Value(reason="no audit finding was issued in 36 months", n=0)
    ages = np.sort(good.loc[good["still"] == 1, "days"].to_numpy(dtype=float))
    closed = good.loc[good["done"] == 1, "days"]
    return Value(
        value=curve.median,
        n=curve.n,
        numerator=curve.n_events,
        denominator=curve.n,
        reason=None
        if curve.median is not None
        else f"half are not closed within {curve.last:,.0f} days",
        note=f"{wrong} findings closed before they were issued are left out" if wrong else "",
        parts=(
            Part("Nine in ten closed within", curve.p90, "days"),
            Part("Oldest open", float(ages[-1]) if len(ages) else None, "days"),
            Part("Median age of open", quantile(ages, np.ones(len(ages)), 0.5), "days"),
            Part(
                "Average of closed ones (as many tools print it)",
                float(closed.mean()) if len(closed) else None,
                "days",
            ),
        ),
    )


@measure(
    id="A04", name="Audit findings seen before",
    definition="Audit findings issued in the quarter that repeat an earlier one, or whose control had another finding issued in the 24 months before, of all issued in the quarter.",
    why="The same control failing twice was not mended.", use="Ask what the first remedy was.",
    source="reportkit", unit="percent", direction="down", needs=("audits",), fields=("audits.control_id|audits.repeat_of",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n, SUM(CASE WHEN repeat_of IS NOT NULL OR (control_id IS NOT NULL AND before_it >= opened - INTERVAL '730' DAY) "
    "THEN 1 ELSE 0 END) AS again, SUM(CASE WHEN control_id IS NULL AND repeat_of IS NULL THEN 1 ELSE 0 END) AS unmapped FROM ("
    "SELECT rating, unit_id, audit_source, opened, control_id, repeat_of, "
    "LAG(opened) OVER (PARTITION BY control_id ORDER BY opened, finding_id) AS before_it FROM audits "
    "WHERE COALESCE(state, 'open') NOT IN ('false_positive', 'duplicate')) AS seen WHERE opened >= {start} GROUP BY {group}",
    dims=_DIMS, noise="proportion", digits=1,
)  # fmt: skip
def repeated(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of new audit findings that repeat an earlier one."""
    n, again, unmapped = (int(rows[name].sum()) for name in ("n", "again", "unmapped"))
    return share(
        again,
        n,
        "no audit finding was issued in the quarter",
        (Part("Without a control named", unmapped, "count"),),
    )
