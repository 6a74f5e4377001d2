"""Audit findings: what is open, late, repeated."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reportkit import locale, stats
from reportkit.measures.finishing import left_out, quantile, share
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure

#: What never was a finding counts in no quarter.
_REAL = "COALESCE(state, 'open') NOT IN ('false_positive', 'duplicate')"
#: An audit finding is open until independently verified closed or accepted by the committee.
OPEN = f"verified_closed IS NULL AND accepted_at IS NULL AND {_REAL}"
#: The first of both ends it; what was verified on the day of its acceptance was closed.
_ACCEPTED = "accepted_at IS NOT NULL AND (verified_closed IS NULL OR accepted_at < verified_closed)"
_DIMS = {"rating": "rating", "unit": "unit_id", "source": "audit_source"}


@measure(
    id="A01", name="Open audit findings",
    definition="Audit findings issued by the day and neither independently verified closed nor accepted by the committee by then. The movement beside it adds up: open "
    "at the quarter's start, new, verified closed, accepted, open at its end. False positives and duplicates count in none of these and are shown apart.",
    why="The promises made to auditors.", use="Must reconcile with the last report.",
    source="reportkit", unit="count", direction="down", needs=("audits",),
    reduce="SELECT {group} AS grp, SUM(CASE WHEN ended IS NULL THEN 1 ELSE 0 END) AS n, SUM(CASE WHEN opened >= {start} THEN 0 WHEN ended < {start} THEN 0 ELSE 1 END) AS at_start, "
    "SUM(CASE WHEN opened >= {start} THEN 1 ELSE 0 END) AS new, SUM(CASE WHEN ended >= {start} AND NOT accepted THEN 1 ELSE 0 END) AS closed, "
    "SUM(CASE WHEN ended >= {start} AND accepted THEN 1 ELSE 0 END) AS accepted, SUM(CASE WHEN ended IS NULL AND state IN ('closed', 'accepted') THEN 1 ELSE 0 END) AS undated, "
    "0 AS never FROM (SELECT rating, unit_id, audit_source, opened, state, "
    f"{_ACCEPTED} AS accepted, CASE WHEN {_ACCEPTED} THEN accepted_at ELSE verified_closed END AS ended FROM audits WHERE {_REAL}) AS real_ GROUP BY {{group}} "
    "UNION ALL SELECT {group}, 0, 0, 0, 0, 0, 0, COUNT(*) FROM audits "
    f"WHERE NOT {_REAL} GROUP BY {{group}} ORDER BY 1, 2",
    dims=_DIMS,
    counted={"audits": OPEN},
)  # fmt: skip
def open_findings(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open audit findings, and say how the number came about."""
    n, at_start, new, closed, accepted, undated, never = (
        int(rows[name].sum())
        for name in ("n", "at_start", "new", "closed", "accepted", "undated", "never")
    )
    parts = (
        Part("Open at the start", at_start, "count"), Part("New", new, "count"), Part("Verified closed", closed, "count"),
        Part("Accepted", accepted, "count"), Part("False positives and duplicates, never counted", never, "count"),
    )  # fmt: skip
    note = left_out(
        (
            undated,
            "are called closed or accepted without a day and count as open",
            "is called closed or accepted without a day and counts as open",
        )
    )
    return Value(value=n, n=n, parts=parts, note=note)


@measure(
    id="A02", name="Audit findings past their first date",
    definition="Open audit findings whose original due date has passed; a new date agreed later does not help.",
    why="Moving a date does not close a finding.", use="Each one needs an owner in the room.",
    source="reportkit", unit="count", direction="down", needs=("audits",), fields=("audits.due_original",),
    reduce=f"SELECT {{group}} AS grp, COUNT(*) AS n, SUM(CASE WHEN due_original < {{as_of}} THEN 1 ELSE 0 END) AS late, "
    "SUM(CASE WHEN COALESCE(due_current, due_original) < {as_of} THEN 1 ELSE 0 END) AS late_now, SUM(CASE WHEN due_original IS NULL THEN 1 ELSE 0 END) AS undated, "
    "SUM(CASE WHEN retargets IS NULL AND due_current <> due_original THEN 1 ELSE COALESCE(retargets, 0) END) AS retargets "
    f"FROM audits WHERE {OPEN} GROUP BY {{group}}",
    dims=_DIMS, green=3, red=8,
    counted={"audits": OPEN},
)  # fmt: skip
def overdue(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open audit findings past their original due date."""
    late, n, late_now, undated, moved = (
        int(rows[name].sum()) for name in ("late", "n", "late_now", "undated", "retargets")
    )
    parts = (
        Part("Past the date agreed since", late_now, "count"), Part("Dates moved", moved, "count"), Part("Without a first date", undated, "count"),
    )  # fmt: skip
    return Value(value=late, numerator=late, denominator=n, n=n, parts=parts)


@measure(
    id="A03", name="Time to close an audit finding, half of them",
    definition="Kaplan-Meier median from the issue of the report to the independently verified closing, over findings issued in the 36 months to the day. Open ones, "
    "and those that only their owner calls closed, are censored on the day; those the committee accepted, when it did. The oldest is the oldest of all open ones.",
    why="The average of closed ones falls while the hard ones wait.", use="The oldest are named to the committee.",
    source="Kaplan and Meier 1958", unit="days", direction="down", needs=("audits",), fields=("audits.opened", "audits.verified_closed"),
    reduce=f"SELECT {{group}} AS grp, finding_id, DATE_DIFF('day', opened, CASE WHEN {_ACCEPTED} THEN accepted_at ELSE COALESCE(verified_closed, {{as_of}}) END) AS days, "
    f"CASE WHEN verified_closed IS NOT NULL AND NOT ({_ACCEPTED}) THEN 1 ELSE 0 END AS done, CASE WHEN {OPEN} THEN 1 ELSE 0 END AS still, "
    f"CASE WHEN opened >= {{as_of}} - INTERVAL '36' MONTH THEN 1 ELSE 0 END AS recent FROM audits WHERE {_REAL} ORDER BY 1, 2",
    dims=_DIMS, noise="interval",
    clock="Starts when the report is issued, stops when verified closed; closed by the owner alone is not closed.",
    counted={"audits": _REAL + " AND opened >= {as_of} - INTERVAL '36' MONTH"},
)  # fmt: skip
def time_to_close(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the median days to a verified closing."""
    days = rows["days"]
    said = left_out(
        (
            int((days < 0).sum()),
            "findings that ended before they were issued are left out",
            "finding that ended before it was issued is left out",
        ),
        (
            int(days.isna().sum()),
            "findings without a day of issue are left out",
            "finding without a day of issue is left out",
        ),
    )
    good = rows[(days >= 0) & (rows["recent"] == 1)]
    curve = stats.kaplan_meier(good["days"].to_numpy(), good["done"].to_numpy().astype(bool))
    if curve is None:
        return Value(reason="no audit finding was issued in 36 months", n=0, note=said)
    # The oldest are the oldest of all, however long ago they were issued.
    ages = np.sort(rows.loc[(days >= 0) & (rows["still"] == 1), "days"].to_numpy(dtype=float))
    closed = good.loc[good["done"] == 1, "days"]
    return Value(
        value=curve.median,
        n=curve.n,
        numerator=curve.n_events,
        denominator=curve.n,
        reason=None
        if curve.median is not None
        else f"half are not closed within {locale.number(curve.last)} days",
        note=said,
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
    definition="Audit findings issued in the quarter that repeat an earlier one, or whose control had a finding issued on an earlier day of the 24 months before, of all issued in the quarter.",
    why="The same control failing twice was not mended.", use="Ask what the first remedy was.",
    source="reportkit", unit="percent", direction="down", needs=("audits",), fields=("audits.control_id|audits.repeat_of",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n, SUM(CASE WHEN repeat_of IS NOT NULL OR before_it >= opened - INTERVAL '24' MONTH "
    "THEN 1 ELSE 0 END) AS again, SUM(CASE WHEN control_id IS NULL AND repeat_of IS NULL THEN 1 ELSE 0 END) AS unmapped FROM ("
    "SELECT a.rating, a.unit_id, a.audit_source, a.opened, a.control_id, a.repeat_of, d.before_it FROM audits AS a LEFT JOIN ("
    # Several findings of one report are not repeats of each other.
    "SELECT control_id, opened, LAG(opened) OVER (PARTITION BY control_id ORDER BY opened) AS before_it FROM ("
    f"SELECT DISTINCT control_id, opened FROM audits WHERE control_id IS NOT NULL AND {_REAL}) AS days_) AS d "
    f"ON d.control_id = a.control_id AND d.opened = a.opened WHERE {_REAL}) AS seen WHERE opened >= {{start}} GROUP BY {{group}}",
    dims=_DIMS, noise="proportion", digits=1,
    counted={"audits": _REAL + " AND opened >= {start}"},
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
