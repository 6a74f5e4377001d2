"""The risk register: what is above appetite, what moved, what is late or stale."""

from __future__ import annotations

import pandas as pd

from reportkit.measures.finishing import left_out, share
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure

#: A risk is open until the day it is closed, whatever else its status says.
OPEN = "closed IS NULL AND COALESCE(status, 'open') = 'open'"
_LIMITS = (
    "(SELECT category, COALESCE(scope, '') AS scope, MIN(red) AS red, MIN(currency) AS currency FROM thresholds "
    "WHERE kind = 'risk_appetite' AND red IS NOT NULL GROUP BY category, COALESCE(scope, ''))"
)
#: Open risks beside the appetite of their category: of their unit, else of the firm. A score is never held against
#: money, and money of another currency only at a rate; ``exposure`` is missing where nothing can be compared.
HELD = (
    "(SELECT held.*, CASE WHEN measured_in = 'score' THEN CASE WHEN limit_currency IS NULL THEN residual END "
    "WHEN COALESCE(held.currency, {currency}) = COALESCE(limit_currency, {currency}) THEN residual ELSE residual * x.rate END AS exposure FROM ("
    "SELECT r.risk_id, r.unit_id, r.category, r.objective_id, r.measured_in, r.currency, r.residual, COALESCE(own.red, firm.red) AS appetite, "
    "CASE WHEN own.red IS NOT NULL THEN own.currency ELSE firm.currency END AS limit_currency FROM "
    f"(SELECT * FROM risks WHERE {OPEN}) AS r LEFT JOIN {_LIMITS} AS own ON own.category = r.category AND own.scope = r.unit_id "
    f"LEFT JOIN {_LIMITS} AS firm ON firm.category = r.category AND firm.scope = '') AS held "
    "LEFT JOIN fx_rates AS x ON x.currency = held.currency AND x.to_currency = COALESCE(limit_currency, {currency}) AND x.rate > 0)"
)


@measure(
    id="R01", name="Risks above appetite",
    definition="Open risks whose residual exposure is above the approved appetite of their category on the day. Risks of a category "
    "without an approved appetite, and those whose exposure is not known or not comparable with it, are not counted and are named. When an appetite was changed in "
    "the quarter, the number by the one before stands beside.",
    why="Appetite is the board's own line.", use="Each one is treated, transferred or accepted by name.",
    source="NIST IR 8286", unit="count", direction="down", needs=("risks", "thresholds"), fields=("risks.residual",),
    reduce="SELECT {group} AS grp, risk_id, unit_id, category, residual, exposure, appetite FROM " + HELD + " AS h ORDER BY 1, 2",
    dims={"category": "category", "unit": "unit_id"}, green=0, red=3,
    counted={"risks": OPEN, "thresholds": "kind = 'risk_appetite'"},
)  # fmt: skip
def above_appetite(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open risks above the appetite of their category."""
    exposure, appetite = rows["exposure"].astype(float), rows["appetite"].astype(float)
    n, unlimited = len(rows), int(appetite.isna().sum())
    if n and unlimited == n:
        return Value(reason="no appetite is approved for any category", n=n)
    lost = appetite.notna() & exposure.isna()
    blank = int((lost & rows["residual"].isna()).sum())
    other = int(lost.sum()) - blank
    said = left_out(
        (unlimited, "risks have no approved appetite", "risk has no approved appetite"),
        (blank, "have no residual exposure", "has no residual exposure"),
        (
            other,
            "are in a currency without a rate, or scored where the appetite is money",
            "is in a currency without a rate, or scored where the appetite is money",
        ),
    )
    if n and unlimited + blank + other == n:
        return Value(reason=f"no risk can be held against its appetite: {said}", n=n)
    above = int((exposure > appetite).sum())
    return Value(
        value=above, numerator=above, denominator=n, n=n, note=said, parts=_by_the_one_before(rows, exposure, appetite, at)
    )  # fmt: skip


def _by_the_one_before(
    rows: pd.DataFrame, exposure: pd.Series[float], appetite: pd.Series[float], at: Moment
) -> tuple[Part, ...]:
    """Count by the appetite a quarter ago, where it was another: a moved line is no treated risk."""
    earlier = at.previous().sql(f"SELECT category, scope, red FROM {_LIMITS} AS limits_")
    red = {(c, s): float(r) for c, s, r in earlier.itertuples(index=False)}
    then = pd.Series(
        [
            red.get((category, unit), red.get((category, "")))
            for category, unit in zip(rows["category"], rows["unit_id"], strict=True)
        ],
        dtype=float,
    )
    if not (then.notna() & appetite.notna() & (then != appetite)).any():
        return ()
    above = int((exposure > then.fillna(appetite)).sum())
    return (Part("Above, by the appetite of a quarter ago", above, "count"),)


@measure(
    id="R02", name="Open risks",
    definition="Open risks in the register at the end of the day. The movement beside it adds up: open at the quarter's start, new, closed, open at its end; "
    "of those open at both ends, how many had their residual exposure raised or lowered, and how many of these without a rationale.",
    why="A register that never moves is not used.", use="Ask why a score changed without a reason written down.",
    source="NIST IR 8286", unit="count", direction="down", needs=("risks",),
    reduce=f"SELECT {{group}} AS grp, risk_id, CASE WHEN {OPEN} THEN 1 ELSE 0 END AS still, opened, closed, residual, rationale FROM risks ORDER BY 1, 2",
    dims={"category": "category", "unit": "unit_id"},
    counted={"risks": OPEN},
)  # fmt: skip
def movement(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open risks, and say how the number came about."""
    before = (
        at.previous()
        .sql(f"SELECT risk_id, residual FROM risks WHERE {OPEN}")
        .set_index("risk_id")["residual"]
    )
    mine = rows.set_index("risk_id")
    now = mine[mine["still"] == 1]
    # A risk that was closed in the quarter stood open before it; one that came and went within it never did.
    stayed = now.index.intersection(before.index)
    closed = mine.index.difference(now.index).intersection(before.index)
    whole = set(rows["grp"]) <= {""}
    away = len(before.index.difference(mine.index)) if whole else 0
    come = now.loc[now.index.difference(before.index), "opened"]
    late = int((pd.to_datetime(come) < pd.Timestamp(at.period.start)).sum())
    change = (now.loc[stayed, "residual"] - before.loc[stayed]).dropna()
    moved = change[change != 0].index
    silent = int(now.loc[moved, "rationale"].fillna("").str.strip().eq("").sum())
    parts = [
        Part("Open at the start", len(stayed) + len(closed) + away, "count"),
        Part("New", len(come) - late, "count"),
        Part("Closed", len(closed), "count"),
        Part("Exposure raised", int((change > 0).sum()), "count"),
        Part("Exposure lowered", int((change < 0).sum()), "count"),
        Part("Changed without a rationale", silent, "count"),
    ]
    if late:
        parts.insert(2, Part("Opened earlier: came back, moved in or entered late", late, "count"))
    if away:
        parts.insert(-3, Part("Moved to another unit", away, "count"))
    return Value(value=len(now), n=len(now), parts=tuple(parts))


@measure(
    id="R03", name="Treatments done in time",
    definition="Risk treatments whose original due date fell in the quarter and that were done by it, of all that fell due. A date agreed later does not "
    "help, a cancelled treatment is not done, and neither is one that is called done without a day; how often dates were moved is shown.",
    why="A treatment that is moved is a risk that is kept.", use="Each late one needs a new date with a reason, or an acceptance.",
    source="reportkit", unit="percent", direction="up", needs=("actions",), fields=("actions.due_original",),
    reduce="SELECT {group} AS grp, SUM(falls) AS due, SUM(CASE WHEN done_at <= due_original AND COALESCE(status, 'open') <> 'cancelled' THEN falls ELSE 0 END) AS met, "
    "SUM(CASE WHEN retargets IS NULL AND due_current <> due_original THEN falls ELSE COALESCE(retargets, 0) * falls END) AS retargets, "
    "SUM(CASE WHEN verified_at IS NOT NULL THEN falls ELSE 0 END) AS verified, SUM(CASE WHEN done_at IS NULL AND status IN ('done', 'verified') THEN falls ELSE 0 END) AS undated, "
    "SUM(CASE WHEN due_original IS NULL AND done_at IS NULL AND COALESCE(status, 'open') = 'open' THEN 1 ELSE 0 END) AS endless FROM ("
    "SELECT *, CASE WHEN due_original >= {start} AND due_original <= {as_of} THEN 1 ELSE 0 END AS falls FROM actions WHERE parent_type = 'risk') AS treatments GROUP BY {group}",
    dims={"unit": "unit_id", "owner": "owner"}, green=85, red=70, noise="proportion", digits=1, kind="implementation",
    clock="Starts when the treatment is agreed, stops when it is done; the original date counts, whatever was agreed since.",
    counted={"actions": "parent_type = 'risk' AND due_original >= {start} AND due_original <= {as_of}"},
)  # fmt: skip
def treated(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of due treatments done by their original date."""
    due, met, moved, verified, undated, endless = (
        int(rows[name].sum())
        for name in ("due", "met", "retargets", "verified", "undated", "endless")
    )
    parts = (
        Part("Dates moved", moved, "count"),
        Part("Verified to work", verified, "count"),
        Part("Open without a first date", endless, "count"),
    )
    note = left_out(
        (
            undated,
            "are called done without a day and count as not met",
            "is called done without a day and counts as not met",
        )
    )
    return share(met, due, "no risk treatment fell due", parts, note)


@measure(
    id="R04", name="Risks not looked at, or accepted for too long",
    definition="Open risks whose review date has passed without a review since, or whose acceptance has expired; a risk that is both counts once.",
    why="An acceptance that renews itself was decided by nobody.", use="Review, treat, or accept again by name.",
    source="NIST IR 8286", unit="count", direction="down", needs=("risks",), fields=("risks.review_due|risks.accepted_until",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n, SUM(CASE WHEN stale OR expired THEN 1 ELSE 0 END) AS both_, "
    "SUM(CASE WHEN stale THEN 1 ELSE 0 END) AS stale, SUM(CASE WHEN expired THEN 1 ELSE 0 END) AS expired, "
    "SUM(CASE WHEN review_due IS NULL THEN 1 ELSE 0 END) AS unplanned, SUM(CASE WHEN response = 'accept' AND accepted_until IS NULL THEN 1 ELSE 0 END) AS endless FROM ("
    "SELECT unit_id, category, owner, review_due, accepted_until, response, review_due < {as_of} AND COALESCE(reviewed_at < review_due, TRUE) AS stale, accepted_until < {as_of} AS expired "
    f"FROM risks WHERE {OPEN}) AS seen GROUP BY {{group}}",
    dims={"category": "category", "unit": "unit_id", "owner": "owner"}, green=0, red=3, kind="implementation",
    counted={"risks": OPEN},
)  # fmt: skip
def stale(rows: pd.DataFrame, at: Moment) -> Value:
    """Count open risks past their review or their acceptance."""
    n, both, old, expired, unplanned, endless = (
        int(rows[name].sum()) for name in ("n", "both_", "stale", "expired", "unplanned", "endless")
    )
    return Value(
        value=both, numerator=both, denominator=n, n=n,
        parts=(
            Part("Review overdue", old, "count"), Part("Acceptance expired", expired, "count"),
            Part("Without a review date", unplanned, "count"), Part("Accepted without an end", endless, "count"),
        ),
    )  # fmt: skip
