"""Projects and strategy: delivered when promised, worth their money, and in the service of the objectives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reportkit import quant
from reportkit.measures.finishing import percent, share
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure
from reportkit.measures.risk import scenario_of
from reportkit.tables import unpack

_DIMS = {"unit": "unit_id", "objective": "objective_id"}
_ROWS = (
    "SELECT {group} AS grp, initiative_id, title, scenario_ids, cash_flows, milestones, budget, actual, benefits, currency, ended_at, health "
    "FROM initiatives ORDER BY 1, 2"
)


@measure(
    id="J01", name="Milestones met on the first plan",
    definition="Milestones of projects whose baseline date fell in the quarter and that were done by it, of all that fell due; a new plan does not move a baseline. "
    "Beside it: money spent of what was approved, and projects that say they are late or at risk.",
    why="Re-planned projects are always on plan.", use="A slipped milestone carries the risk it was to lower.",
    source="reportkit", unit="percent", direction="up", needs=("initiatives",), fields=("initiatives.milestones",),
    reduce=_ROWS, dims=_DIMS, green=85, red=70, noise="proportion", digits=1, kind="implementation",
    clock="The baseline date counts; done later, or not yet, is not met.",
)  # fmt: skip
def milestones(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of due milestones met by their baseline date."""
    due = met = 0
    start, end = at.period.start.isoformat(), at.as_of.isoformat()
    for text in rows["milestones"]:
        for step in unpack(text):
            if start <= str(step.get("baseline") or "") <= end:
                due += 1
                met += bool(step.get("done")) and str(step["done"]) <= str(step["baseline"])
    running = rows[rows["ended_at"].isna()]
    budget, actual = (
        float(running["budget"].astype(float).sum()),
        float(running["actual"].astype(float).sum()),
    )
    parts = (
        Part("Spent of what was approved, running projects", percent(actual, budget), "percent"),
        Part("Late or at risk", int(running["health"].isin(["late", "at_risk"]).sum()), "count"),
        Part("Running projects", len(running), "count"),
    )  # fmt: skip
    return share(met, due, "no milestone fell due", parts)


def _flows(text: object) -> list[dict[str, Any]]:
    return [flow for flow in unpack(text) if flow.get("mode") is not None]


@measure(
    id="E01", name="Return on security investment",
    definition="Expected yearly loss avoided minus yearly cost, in per cent of that cost, over running projects whose scenarios are quantified as they are and as they will be. The loss avoided is the "
    "difference of the two mean losses; a scenario that several projects treat is counted once. The yearly cost is the approved budget spread over the years of the project's cash flows.",
    why="Finance asks it.", use="Never alone: it says nothing about the tail, and a case can be right below zero.",
    source="ENISA 2012, the ratio form", unit="percent", direction="up", needs=("initiatives", "scenarios"), fields=("initiatives.scenario_ids", "initiatives.budget"),
    reduce=_ROWS, dims={"objective": "objective_id"}, kind="impact",
)  # fmt: skip
def return_on_investment(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the loss avoided against its cost."""
    states = at.sql(
        "SELECT * FROM scenarios WHERE state IN ('current', 'residual') ORDER BY scenario_id, state"
    )
    losses = {
        (str(row["scenario_id"]), str(row["state"])): scenario_of(
            {str(k): v for k, v in row.items()}
        ).ale
        for row in states.to_dict("records")
    }
    counted: set[str] = set()
    avoided = cost = 0.0
    used = 0
    for row in rows[rows["ended_at"].isna()].fillna({"budget": 0}).to_dict("records"):
        names = {
            name
            for name in str(row["scenario_ids"] or "").split("|")
            if {(name, "current"), (name, "residual")} <= losses.keys()
        }
        years = max(len(_flows(row["cash_flows"])) - 1, 1)
        if not names or not row["budget"]:
            continue
        used += 1
        cost += float(row["budget"]) / years
        avoided += sum(
            losses[name, "current"] - losses[name, "residual"] for name in names - counted
        )
        counted |= names
    if cost <= 0:
        return Value(reason="no running project has scenarios quantified before and after", n=0)
    return Value(
        value=100 * (avoided - cost) / cost, numerator=avoided, denominator=cost, n=used,
        parts=(Part("Loss avoided a year", avoided, "money"), Part("Cost a year", cost, "money"), Part("Net a year", avoided - cost, "money")),
    )  # fmt: skip


YEARS = 20_000
SEED = 20_240_102


@dataclass(frozen=True)
class _Case:
    """A business case in many possible worlds: net present value in each."""

    worlds: np.ndarray[Any, np.dtype[np.float64]]
    payback: float | None


def _case(flows: list[dict[str, Any]], rate: float, seed: int) -> _Case:
    """Discount the yearly flows; each year is a PERT between low and high, independent of the others."""
    chance = np.random.default_rng(seed)
    total = np.zeros(YEARS)
    running, payback = 0.0, None
    for flow in flows:
        year, mode = int(flow["year"]), float(flow["mode"])
        low, high = float(flow.get("low", mode)), float(flow.get("high", mode))
        if low < high:
            # The shape does not depend on where the range lies, and costs are below zero.
            pert = quant.Pert(0.0, mode - low, high - low)
            drawn, mean = (
                low + (high - low) * chance.beta(pert.alpha, pert.beta, YEARS),
                low + pert.mean,
            )
        else:
            drawn, mean = np.full(YEARS, mode), mode
        total += drawn / (1 + rate) ** year
        before, running = running, running + mean
        if payback is None and running >= 0 > before and mean > 0:
            payback = year - 1 + (-before / mean)
    return _Case(total, payback)


@measure(
    id="E02", name="Net present value of running projects",
    definition="Sum of the mean net present values of running projects: yearly cash flows between low and high (PERT, years independent), discounted at the rate that Finance sets. "
    "Beside it: the chance that the sum is above zero, one case in ten at each end, and how many projects pay back within their horizon.",
    why="Compares security with every other use of the money.", use="A wide range is a reason to ask what it depends on.",
    source="reportkit", unit="money", direction="up", needs=("initiatives",), fields=("initiatives.cash_flows",),
    reduce=_ROWS, dims={"objective": "objective_id"}, noise="interval", kind="impact",
)  # fmt: skip
def net_present_value(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the net present value of the running projects' cash flows."""
    running = rows[rows["ended_at"].isna()]
    foreign = sorted({str(c) for c in running["currency"].dropna()} - {at.currency})
    if foreign:
        return Value(
            reason=f"projects are in {', '.join(foreign)}, the organisation reports in {at.currency}",
            n=0,
        )
    cases = [
        _case(flows, at.discount_rate, SEED + place)
        for place, text in enumerate(running["cash_flows"])
        if (flows := _flows(text))
    ]
    if not cases:
        return Value(reason="no running project has cash flows", n=0)
    total = np.sum([case.worlds for case in cases], axis=0)
    low, middle, high = (float(x) for x in np.quantile(total, [0.1, 0.5, 0.9]))
    error = 1.96 * float(total.std(ddof=1)) / YEARS**0.5
    mean = float(total.mean())
    return Value(
        value=mean, low=mean - error, high=mean + error, n=len(cases),
        parts=(
            Part("Chance that it is above zero", 100 * float((total > 0).mean()), "percent"), Part("One case in ten is below", low, "money"), Part("Half the cases are below", middle, "money"),
            Part("One case in ten is above", high, "money"), Part("Projects that pay back in their horizon", sum(case.payback is not None for case in cases), "count"),
            Part("Discount rate", 100 * at.discount_rate, "percent"),
        ),
    )  # fmt: skip


@measure(
    id="E03", name="Benefits realised",
    definition="Mean, over the benefits measured so far, of how far the indicator moved from where it stood towards what the case promised; 100 % is the promise, and more or less than that is shown "
    "as it is. A benefit without a starting point cannot be measured and is counted apart.",
    why="Cases are checked before approval and seldom after.", use="Learn for the next estimate.",
    source="reportkit", unit="percent", direction="up", needs=("initiatives",), fields=("initiatives.benefits",),
    reduce=_ROWS, dims=_DIMS, green=90, red=60, kind="impact",
)  # fmt: skip
def benefits_realised(rows: pd.DataFrame, at: Moment) -> Value:
    """Give how much of the promised change was realised."""
    promised = [benefit for text in rows["benefits"] for benefit in unpack(text)]
    moved = [
        (float(b["realised"]) - float(b["baseline"]))
        / (float(b["expected"]) - float(b["baseline"]))
        for b in promised
        if b.get("realised") is not None
        and b.get("baseline") is not None
        and b.get("expected") not in {None, b.get("baseline")}
    ]
    parts = (
        Part("Benefits promised", len(promised), "count"),
        Part("Measured", len(moved), "count"),
    )
    if not moved:
        return Value(reason="no benefit was measured yet", n=0, parts=parts)
    return Value(
        value=100 * sum(moved) / len(moved),
        n=len(moved),
        parts=(*parts, Part("Smallest", 100 * min(moved), "percent")),
    )


@measure(
    id="G01", name="Objectives with their cyber risk in hand",
    definition="Strategic objectives that have an owner, at least one risk or project of security linked to them, and no linked open risk above the appetite of its category, of all objectives.",
    why="Security that serves no objective is a cost.", use="An objective without a link has a blind spot, or needs nothing: say which.",
    source="NACD; reportkit", unit="percent", direction="up", needs=("objectives", "risks"),
    reduce="SELECT {group} AS grp, o.objective_id AS objective_id, MAX(CASE WHEN o.owner IS NOT NULL THEN 1 ELSE 0 END) AS owned, COUNT(l.objective_id) AS links, "
    "SUM(CASE WHEN l.above THEN 1 ELSE 0 END) AS above FROM objectives AS o LEFT JOIN ("
    "SELECT r.objective_id, COALESCE(r.residual > t.red, FALSE) AS above FROM risks AS r LEFT JOIN "
    "(SELECT category, MIN(red) AS red FROM thresholds WHERE kind = 'risk_appetite' GROUP BY category) AS t ON t.category = r.category WHERE r.status = 'open' "
    "UNION ALL SELECT objective_id, FALSE FROM initiatives WHERE ended_at IS NULL) AS l ON l.objective_id = o.objective_id GROUP BY {group}, o.objective_id ORDER BY 1, 2",
    dims={}, green=100, red=60, noise="proportion",
)  # fmt: skip
def objectives_covered(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of objectives whose cyber risk is owned, linked and within appetite."""
    linked, owned, within = rows["links"] > 0, rows["owned"] == 1, rows["above"].fillna(0) == 0
    parts = (
        Part("Without a linked risk or project", int((~linked).sum()), "count"), Part("Without an owner", int((~owned).sum()), "count"),
        Part("With a risk above appetite", int((~within).sum()), "count"),
    )  # fmt: skip
    return share(int((linked & owned & within).sum()), len(rows), "no objective is known", parts)


@measure(
    id="G02", name="Built with a security review",
    definition="Projects that went live in the 12 months to the day and had their security review by then, of all that went live; a later review is missed.",
    why="What is added afterwards costs a multiple.", use="No review, no go-live date.",
    source="reportkit", unit="percent", direction="up", needs=("initiatives",), fields=("initiatives.go_live",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n, SUM(CASE WHEN security_review_at <= go_live THEN 1 ELSE 0 END) AS met, "
    "SUM(CASE WHEN security_review_at > go_live THEN 1 ELSE 0 END) AS late FROM initiatives "
    "WHERE go_live > {as_of} - INTERVAL '365' DAY AND go_live <= {as_of} GROUP BY {group}",
    dims=_DIMS, green=100, red=80, noise="proportion", kind="implementation",
)  # fmt: skip
def built_in(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of go-lives that were reviewed before."""
    n, met, late = (int(rows[name].sum()) for name in ("n", "met", "late"))
    return share(
        met,
        n,
        "nothing went live in 12 months",
        (Part("Reviewed too late", late, "count"), Part("Never reviewed", n - met - late, "count")),
    )
