"""The risk register: what is above appetite, what moved, what is late or stale."""

from __future__ import annotations

import pandas as pd

from reportkit.measures.finishing import share
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure


@measure(
    id="R01", name="Risks above appetite",
    definition="Open risks whose residual exposure is above the approved appetite of their category on the day. Risks of a category "
    "without an approved appetite are not counted and are named.",
    why="Appetite is the board's own line.", use="Each one is treated, transferred or accepted by name.",
    source="NIST IR 8286", unit="count", direction="down", needs=("risks", "thresholds"), fields=("risks.residual",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n, SUM(CASE WHEN r.residual > t.red THEN 1 ELSE 0 END) AS above, "
    "SUM(CASE WHEN t.red IS NULL THEN 1 ELSE 0 END) AS unlimited FROM risks AS r LEFT JOIN "
    "(SELECT category, MIN(red) AS red FROM thresholds WHERE kind = 'risk_appetite' GROUP BY category) AS t ON t.category = r.category "
    "WHERE r.status = 'open' GROUP BY {group}",
    dims={"category": "r.category", "unit": "r.unit_id"}, green=0, red=3,
)  # fmt: skip
def above_appetite(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open risks above the appetite of their category."""
    n, above, unlimited = (int(rows[name].sum()) for name in ("n", "above", "unlimited"))
    if n and unlimited == n:
        return Value(reason="no appetite is approved for any category", n=n)
    return Value(
        value=above,
        numerator=above,
        denominator=n,
        n=n,
        note=f"{unlimited} risks have no approved appetite" if unlimited else "",
    )


@measure(
    id="R02", name="Open risks",
    definition="Open risks in the register at the end of the day. The movement beside it adds up: open at the quarter's start, new, closed, open at its end; "
    "of those open at both ends, how many had their residual exposure raised or lowered, and how many of these without a rationale.",
    why="A register that never moves is not used.", use="Ask why a score changed without a reason written down.",
    source="NIST IR 8286", unit="count", direction="down", needs=("risks",),
    reduce="SELECT {group} AS grp, risk_id, status, opened, closed, residual, rationale FROM risks "
    "WHERE status = 'open' OR closed >= {start} ORDER BY 1, 2",
    dims={"category": "category", "unit": "unit_id"},
)  # fmt: skip
def movement(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open risks, and say how the number came about."""
    before = (
        at.previous()
        .sql("SELECT risk_id, residual FROM risks WHERE status = 'open'")
        .set_index("risk_id")["residual"]
    )
    mine = rows.set_index("risk_id")
    now = mine[mine["status"] == "open"]
    # A risk that was closed in the quarter stood open before it; one that came and went within it never did.
    stayed = now.index.intersection(before.index)
    left = mine.index.difference(now.index).intersection(before.index)
    change = (now.loc[stayed, "residual"] - before.loc[stayed]).dropna()
    moved = change[change != 0].index
    silent = int(now.loc[moved, "rationale"].fillna("").str.strip().eq("").sum())
    return Value(
        value=len(now),
        n=len(now),
        parts=(
            Part("Open at the start", len(stayed) + len(left), "count"),
            Part("New", len(now) - len(stayed), "count"),
            Part("Closed", len(left), "count"),
            Part("Exposure raised", int((change > 0).sum()), "count"),
            Part("Exposure lowered", int((change < 0).sum()), "count"),
            Part("Changed without a rationale", silent, "count"),
        ),
    )


@measure(
    id="R03", name="Treatments done in time",
    definition="Risk treatments whose original due date fell in the quarter and that were done by it, of all that fell due. A date agreed later does not "
    "help, a cancelled treatment is not done; how often dates were moved is shown.",
    why="A treatment that is moved is a risk that is kept.", use="Each late one needs a new date with a reason, or an acceptance.",
    source="reportkit", unit="percent", direction="up", needs=("actions",), fields=("actions.due_original",),
    reduce="SELECT {group} AS grp, COUNT(*) AS due, SUM(CASE WHEN done_at <= due_original THEN 1 ELSE 0 END) AS met, "
    "SUM(COALESCE(retargets, 0)) AS retargets, SUM(CASE WHEN verified_at IS NOT NULL THEN 1 ELSE 0 END) AS verified FROM actions "
    "WHERE parent_type = 'risk' AND due_original >= {start} AND due_original <= {as_of} GROUP BY {group}",
    dims={"unit": "unit_id", "owner": "owner"}, green=85, red=70, noise="proportion", digits=1, kind="implementation",
    clock="Starts when the treatment is agreed, stops when it is done; the original date counts, whatever was agreed since.",
)  # fmt: skip
def treated(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of due treatments done by their original date."""
    due, met, moved, verified = (
        int(rows[name].sum()) for name in ("due", "met", "retargets", "verified")
    )
    return share(
        met,
        due,
        "no risk treatment fell due",
        (Part("Dates moved", moved, "count"), Part("Verified to work", verified, "count")),
    )


@measure(
    id="R04", name="Risks not looked at, or accepted for too long",
    definition="Open risks whose review date has passed without a review since, or whose acceptance has expired; a risk that is both counts once.",
    why="An acceptance that renews itself was decided by nobody.", use="Review, treat, or accept again by name.",
    source="NIST IR 8286", unit="count", direction="down", needs=("risks",), fields=("risks.review_due|risks.accepted_until",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n, SUM(CASE WHEN stale OR expired THEN 1 ELSE 0 END) AS both_, "
    "SUM(CASE WHEN stale THEN 1 ELSE 0 END) AS stale, SUM(CASE WHEN expired THEN 1 ELSE 0 END) AS expired FROM ("
    "SELECT unit_id, category, owner, review_due < {as_of} AND COALESCE(reviewed_at < review_due, TRUE) AS stale, accepted_until < {as_of} AS expired "
    "FROM risks WHERE status = 'open') AS seen GROUP BY {group}",
    dims={"category": "category", "unit": "unit_id", "owner": "owner"}, green=0, red=3, kind="implementation",
)  # fmt: skip
def stale(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open risks past their review or their acceptance."""
    n, both, old, expired = (int(rows[name].sum()) for name in ("n", "both_", "stale", "expired"))
    return Value(
        value=both, numerator=both, denominator=n, n=n,
        parts=(Part("Review overdue", old, "count"), Part("Acceptance expired", expired, "count")),
    )  # fmt: skip
