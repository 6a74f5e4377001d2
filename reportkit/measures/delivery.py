"""Projects and strategy: delivered when promised, worth their money, and in the service of the objectives."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from reportkit import quant
from reportkit.errors import DataError
from reportkit.measures.finishing import percent, share
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.register import HELD, OPEN
from reportkit.measures.registry import measure
from reportkit.measures.risk import converted
from reportkit.quant.rows import scenario_of
from reportkit.tables import unpack

Worlds = np.ndarray[Any, np.dtype[np.float64]]

_DIMS = {"unit": "unit_id", "objective": "objective_id"}
_ROWS = (
    "SELECT {group} AS grp, initiative_id, title, scenario_ids, cash_flows, milestones, budget, actual, benefits, currency, ended_at, health "
    "FROM initiatives ORDER BY 1, 2"
)


@measure(
    id="J01", name="Milestones met on the first plan",
    definition="Milestones of projects whose baseline date fell in the quarter and that were done by it, of all that fell due; a baseline moved during the quarter counts as it stood at its start, and is counted. "
    "Beside it: money spent of what was approved, and projects that say they are late or at risk.",
    why="Re-planned projects are always on plan.", use="A slipped milestone carries the risk it was to lower.",
    source="reportkit", unit="percent", direction="up", needs=("initiatives",), fields=("initiatives.milestones",),
    reduce=_ROWS, dims=_DIMS, green=85, red=70, noise="proportion", digits=1, kind="implementation", beside=("fx_rates",),
    counted={"initiatives": "milestones IS NOT NULL"},
    clock="The baseline date counts; done later, or not yet, is not met.",
)  # fmt: skip
def milestones(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of due milestones met by their baseline date."""
    due = met = moved = undated = 0
    start, end = at.period.start.isoformat(), at.as_of.isoformat()
    earlier = at.previous().sql("SELECT initiative_id, milestones FROM initiatives ORDER BY 1")
    before = {step: days[0] for step, days in _steps(earlier).items()}
    for step, (baseline, done) in _steps(rows).items():
        first = before.get(step, "") or baseline
        undated += not first
        moved += bool(baseline) and baseline != first
        if start <= first <= end:
            due += 1
            met += bool(done) and done <= first
    running = rows[rows["ended_at"].isna()]
    rates = _rates(running["currency"], at)
    budget, actual = (
        float((running[name].astype(float) * rates).sum()) for name in ("budget", "actual")
    )
    parts = (
        Part("Spent of what was approved, running projects", percent(actual, budget), "percent"),
        Part("Late or at risk", int(running["health"].isin(["late", "at_risk"]).sum()), "count"),
        Part("Running projects", len(running), "count"),
        Part("Baselines moved in the quarter", moved, "count"),
        Part("Milestones without a baseline", undated, "count"),
    )  # fmt: skip
    note = _unrated(running["currency"], rates, "running projects")
    return share(
        met, due, "no milestone fell due", parts, note and f"{note}; their money is left out"
    )


def _steps(rows: pd.DataFrame) -> dict[tuple[str, str, int], tuple[str, str]]:
    """Give the days of each milestone: baseline and done, empty where there is none.

    A milestone is known by its project, its title and, among those of one title, its place.
    """
    found: dict[tuple[str, str, int], tuple[str, str]] = {}
    for project, text in zip(rows["initiative_id"], rows["milestones"], strict=True):
        for step in unpack(text):
            title, place = str(step.get("title") or ""), 0
            while (project, title, place) in found:
                place += 1
            baseline, done = (str(step.get(name) or "")[:10] for name in ("baseline", "done"))
            found[project, title, place] = (baseline, done)
    return found


class Flow(NamedTuple):
    """Cash in (above zero) or out of one year, between low and high."""

    year: int
    low: float
    mode: float
    high: float


def _number(value: object, what: str) -> float:
    """Read a number that stands in a JSON column.

    Raises:
        DataError: it is none.
    """
    try:
        return float(str(value))
    except ValueError:
        raise DataError(f"{what} is {value!r}; give a number.") from None


def _flows(text: object, project: str) -> list[Flow]:
    """Read the yearly cash flows of a project.

    Raises:
        DataError: a year without a most likely amount, or a range upside down; left out it would change the sum.
    """
    flows = []
    for flow in unpack(text):
        what = f"A cash flow of project {project}"
        if flow.get("year") is None or flow.get("mode") is None:
            raise DataError(f"{what} has no year or no mode: {flow}; give both.")
        mode = _number(flow["mode"], what)
        low, high = (
            mode if flow.get(name) is None else _number(flow[name], what)
            for name in ("low", "high")
        )
        if not low <= mode <= high:
            raise DataError(
                f"{what} has {low:,g}, {mode:,g}, {high:,g}; low, mode and high must rise."
            )
        flows.append(Flow(int(_number(flow["year"], what)), low, mode, high))
    return flows


def _rates(currencies: pd.Series[str], at: Moment) -> pd.Series[float]:
    """Give what money in each of some currencies is worth in the organisation's own on the day; missing without a rate."""
    own = currencies.isna() | (currencies == at.currency)
    if own.all():
        return pd.Series(1.0, index=currencies.index)
    found = at.sql("SELECT currency, to_currency, rate FROM fx_rates WHERE rate > 0")
    known = found[found["to_currency"] == at.currency].set_index("currency")["rate"].astype(float)
    return currencies.map(known).astype(float).where(~own, 1.0)


def _unrated(currencies: pd.Series[str], rates: pd.Series[float], what: str) -> str:
    """Say how many things are in a currency without a rate, or nothing."""
    lacking = currencies[rates.isna()]
    if lacking.empty:
        return ""
    names = ", ".join(sorted(set(lacking)))
    return f"{len(lacking)} of {len(currencies)} {what} are in {names} without a rate"


@measure(
    id="E01", name="Return on security investment", amounts=True,
    definition="Expected yearly loss avoided minus yearly cost, in per cent of that cost, over running projects whose scenarios are quantified as they are and as they will be. The loss avoided is the "
    "difference of the two mean losses; a scenario that several projects treat is counted once. The yearly cost is the approved budget spread over the years of the project's cash flows. "
    "Money in another currency counts at the rate in force on the day; without a rate there is no figure.",
    why="Finance asks it.", use="Never alone: it says nothing about the tail, and a case can be right below zero.",
    source="ENISA 2012, the ratio form", unit="percent", direction="up", needs=("initiatives", "scenarios"), fields=("initiatives.scenario_ids", "initiatives.budget"),
    reduce=_ROWS, dims={"objective": "objective_id"}, kind="impact", beside=("fx_rates",),
    counted={"initiatives": "ended_at IS NULL AND budget > 0 AND scenario_ids IS NOT NULL", "scenarios": "state IN ('current', 'residual')"},
)  # fmt: skip
def return_on_investment(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the loss avoided against its cost."""
    running = rows[rows["ended_at"].isna()]
    rates = _rates(running["currency"], at)
    if unrated := _unrated(running["currency"], rates, "running projects"):
        return Value(reason=unrated, n=0)
    states = at.sql(
        "SELECT * FROM scenarios WHERE state IN ('current', 'residual') ORDER BY scenario_id, state"
    )
    states = converted(states.assign(fx=_rates(states["currency"], at)))
    losses = {
        (str(row["scenario_id"]), str(row["state"])): scenario_of(
            {str(k): v for k, v in row.items()}
        ).ale
        for row in states.to_dict("records")
    }
    counted: set[str] = set()
    avoided = cost = 0.0
    used = 0
    for project, ids, flows, budget in zip(
        running["initiative_id"],
        running["scenario_ids"],
        running["cash_flows"],
        running["budget"].astype(float).fillna(0.0) * rates,
        strict=True,
    ):
        names = {
            name
            for name in str(ids or "").split("|")
            if {(name, "current"), (name, "residual")} <= losses.keys()
        }
        if not names or budget <= 0:
            continue
        used += 1
        cost += budget / max(len(_flows(flows, project)) - 1, 1)
        avoided += sum(
            losses[name, "current"] - losses[name, "residual"] for name in sorted(names - counted)
        )
        counted |= names
    if cost <= 0:
        return Value(
            reason="no running project has a budget and scenarios quantified before and after", n=0
        )
    return Value(
        value=100 * (avoided - cost) / cost, numerator=avoided, denominator=cost, n=used,
        parts=(
            Part("Loss avoided a year", avoided, "money"), Part("Cost a year", cost, "money"), Part("Net a year", avoided - cost, "money"),
            Part("Running projects that cannot be counted", len(running) - used, "count"),
        ),
    )  # fmt: skip


YEARS = 20_000
SEED = 20_240_102


def _worlds(flows: list[Flow], rate: float, seed: int) -> Worlds:
    """Discount the yearly flows in many possible worlds; each year is a PERT of its own between low and high."""
    chance = np.random.default_rng(seed)
    total = np.zeros(YEARS)
    for flow in flows:
        drawn = np.full(YEARS, flow.mode)
        if flow.low < flow.high:
            # The shape does not depend on where the range lies, and costs are below zero.
            pert = quant.Pert(0.0, flow.mode - flow.low, flow.high - flow.low)
            drawn = flow.low + (flow.high - flow.low) * chance.beta(pert.alpha, pert.beta, YEARS)
        total += drawn / (1 + rate) ** flow.year
    return total


def payback(flows: list[Flow]) -> float | None:
    """Give the years after which the mean flows have paid back what went out, spread evenly over each year.

    None when they never do, or nothing went out.
    """
    means: dict[int, float] = {}
    for flow in flows:
        mean = (flow.low + 4 * flow.mode + flow.high) / 6
        means[flow.year] = means.get(flow.year, 0.0) + mean
    running = 0.0
    for year, mean in sorted(means.items()):
        if running < 0 <= running + mean:
            return year - 1 - running / mean
        running += mean
    return None


@measure(
    id="E02", name="Net present value of running projects",
    definition="Sum of the mean net present values of running projects: yearly cash flows between low and high (PERT, years independent), discounted at the rate that Finance sets. "
    "Money in another currency counts at the rate in force on the day; without a rate there is no figure. "
    "Beside it: the chance that the sum is above zero, one case in ten at each end, the years to pay back, and how many projects pay back within their horizon.",
    why="Compares security with every other use of the money.", use="A wide range is a reason to ask what it depends on.",
    source="reportkit", unit="money", direction="up", needs=("initiatives",), fields=("initiatives.cash_flows",),
    reduce=_ROWS, dims={"objective": "objective_id"}, noise="interval", kind="impact", beside=("fx_rates",),
    counted={"initiatives": "ended_at IS NULL AND cash_flows IS NOT NULL"},
)  # fmt: skip
def net_present_value(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the net present value of the running projects' cash flows."""
    running = rows[rows["ended_at"].isna()]
    rates = _rates(running["currency"], at)
    if unrated := _unrated(running["currency"], rates, "running projects"):
        return Value(reason=unrated, n=0)
    cases = [
        [Flow(flow.year, *(rate * amount for amount in flow[1:])) for flow in flows]
        for project, text, rate in zip(
            running["initiative_id"], running["cash_flows"], rates, strict=True
        )
        if (flows := _flows(text, project))
    ]
    if not cases:
        return Value(reason="no running project has cash flows", n=0)
    total = np.zeros(YEARS)
    for place, flows in enumerate(cases):
        total += _worlds(flows, at.discount_rate, SEED + place)
    low, middle, high = (float(x) for x in np.quantile(total, [0.1, 0.5, 0.9]))
    error = 1.96 * float(total.std(ddof=1)) / YEARS**0.5
    mean = float(total.mean())
    return Value(
        value=mean, low=mean - error, high=mean + error, n=len(cases),
        parts=(
            Part("Chance that it is above zero", 100 * float((total > 0).mean()), "percent"), Part("One case in ten is below", low, "money"), Part("Half the cases are below", middle, "money"),
            Part("One case in ten is above", high, "money"), Part("Years to pay back, all together", payback([flow for flows in cases for flow in flows]), "ratio"),
            Part("Projects that pay back in their horizon", sum(payback(flows) is not None for flows in cases), "count"),
            Part("Running projects without cash flows", len(running) - len(cases), "count"),
            Part("Discount rate", 100 * at.discount_rate, "percent"),
        ),
    )  # fmt: skip


@measure(
    id="E03", name="Benefits realised",
    definition="Mean, over the benefits measured so far, of how far the indicator moved from where it stood towards what the case promised; 100 % is the promise, and more or less than that is shown "
    "as it is. A benefit without a starting point, or that promises no change, cannot be measured and is counted apart.",
    why="Cases are checked before approval and seldom after.", use="Learn for the next estimate.",
    source="reportkit", unit="percent", direction="up", needs=("initiatives",), fields=("initiatives.benefits",),
    reduce=_ROWS, dims=_DIMS, green=90, red=60, kind="impact",
    counted={"initiatives": "benefits IS NOT NULL"},
)  # fmt: skip
def benefits_realised(rows: pd.DataFrame, at: Moment) -> Value:
    """Give how much of the promised change was realised."""
    promised = [benefit for text in rows["benefits"] for benefit in unpack(text)]
    moved, still = [], 0
    for benefit in promised:
        stood, meant, became = (
            None
            if benefit.get(name) is None
            else _number(benefit[name], f"The {name} value of benefit {benefit.get('metric')}")
            for name in ("baseline", "expected", "realised")
        )
        if stood is None or meant is None or meant == stood:
            still += 1
        elif became is not None:
            moved.append((became - stood) / (meant - stood))
    parts = (
        Part("Benefits promised", len(promised), "count"), Part("Measured", len(moved), "count"),
        Part("Cannot be measured: no start, no promise, or a promise of no change", still, "count"),
    )  # fmt: skip
    if not moved:
        return Value(reason="no benefit was measured yet", n=0, parts=parts)
    return Value(
        value=100 * sum(moved) / len(moved),
        n=len(moved),
        parts=(*parts, Part("Smallest", 100 * min(moved), "percent")),
    )


@measure(
    id="G01", name="Objectives with their cyber risk in hand",
    definition="Strategic objectives that have an owner, at least one risk or project of security linked to them, and no linked open risk above the appetite of its category, of all objectives. "
    "Objectives with a linked risk that no appetite can be held against are shown apart.",
    why="Security that serves no objective is a cost.", use="An objective without a link has a blind spot, or needs nothing: say which.",
    source="NACD; reportkit", unit="percent", direction="up", needs=("objectives", "risks", "thresholds"),
    reduce="SELECT {group} AS grp, o.objective_id AS objective_id, MAX(CASE WHEN o.owner IS NOT NULL THEN 1 ELSE 0 END) AS owned, COUNT(l.objective_id) AS links, "
    "SUM(CASE WHEN l.above THEN 1 ELSE 0 END) AS above, SUM(CASE WHEN l.unheld THEN 1 ELSE 0 END) AS unheld FROM objectives AS o LEFT JOIN ("
    "SELECT objective_id, COALESCE(exposure > appetite, FALSE) AS above, exposure IS NULL OR appetite IS NULL AS unheld FROM " + HELD + " AS h "
    "UNION ALL SELECT objective_id, FALSE, FALSE FROM initiatives WHERE ended_at IS NULL) AS l ON l.objective_id = o.objective_id GROUP BY {group}, o.objective_id ORDER BY 1, 2",
    dims={}, green=100, red=60, noise="proportion",
    counted={"objectives": "", "risks": OPEN + " AND objective_id IS NOT NULL", "initiatives": "ended_at IS NULL AND objective_id IS NOT NULL", "thresholds": "kind = 'risk_appetite'"},
)  # fmt: skip
def objectives_covered(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of objectives whose cyber risk is owned, linked and within appetite."""
    linked, owned, within = rows["links"] > 0, rows["owned"] == 1, rows["above"].fillna(0) == 0
    parts = (
        Part("Without a linked risk or project", int((~linked).sum()), "count"), Part("Without an owner", int((~owned).sum()), "count"),
        Part("With a risk above appetite", int((~within).sum()), "count"), Part("With a risk that no appetite is held against", int((rows["unheld"].fillna(0) > 0).sum()), "count"),
    )  # fmt: skip
    return share(int((linked & owned & within).sum()), len(rows), "no objective is known", parts)


@measure(
    id="G02", name="Built with a security review",
    definition="Projects that went live in the 12 months to the day and had their security review by then, of all that went live; a later review is missed.",
    why="What is added afterwards costs a multiple.", use="No review, no go-live date.",
    source="reportkit", unit="percent", direction="up", needs=("initiatives",), fields=("initiatives.go_live",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n, SUM(CASE WHEN security_review_at <= go_live THEN 1 ELSE 0 END) AS met, "
    "SUM(CASE WHEN security_review_at > go_live THEN 1 ELSE 0 END) AS late FROM initiatives "
    "WHERE go_live > {as_of} - INTERVAL '12' MONTH AND go_live <= {as_of} GROUP BY {group}",
    dims=_DIMS, green=100, red=80, noise="proportion", kind="implementation",
    counted={"initiatives": "go_live > {as_of} - INTERVAL '12' MONTH AND go_live <= {as_of}"},
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
