"""Audit findings: what is open, late, repeated."""

from __future__ import annotations

import pandas as pd

from reportkit.measures.model import Moment, Value
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
    return Value(value=late, numerator=late, denominator=n, n=n)
