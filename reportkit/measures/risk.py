"""Risk: what is above appetite, and how bad a year can be in money."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from reportkit import quant, sql
from reportkit.errors import DataError
from reportkit.measures.model import Moment, Value
from reportkit.measures.registry import measure
from reportkit.tables import unpack

if TYPE_CHECKING:
    from reportkit.view import View

YEARS = 200_000
SEED = 20_240_101
#: The board's "one year in twenty": the approved point the scorecard shows is the first at or below this chance.
ONE_IN_TWENTY = 0.05


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


#: Appetite and insurance are the firm's: a unit is held against an appetite of its own or none, and never netted with
#: a layer that it shares with the others.
_SCENARIOS = (
    "SELECT '' AS grp, s.*, "
    "(SELECT MAX(points) FROM thresholds WHERE kind = 'loss_appetite' AND COALESCE(scope, '') = {unit}) AS points, "
    "(SELECT MAX(retention) FROM insurance WHERE {unit} = '' AND (valid_to IS NULL OR valid_to >= {as_of})) AS retention, "
    "(SELECT MAX(limit_amount) FROM insurance WHERE {unit} = '' AND (valid_to IS NULL OR valid_to >= {as_of})) AS limit_amount "
    "FROM scenarios AS s WHERE s.state = 'current' ORDER BY s.scenario_id"
)


@measure(
    id="Q01", name="Annual loss expectancy",
    definition="Mean simulated loss of a year from all quantified scenarios in their current state, before insurance, with the 95 % "
    "interval of the simulation.",
    why="What risk costs in the long run.", use="Never alone: the mean hides the bad year.",
    source="Open FAIR O-RA", unit="money", direction="down", needs=("scenarios",), reduce=_SCENARIOS, noise="interval",
)  # fmt: skip
def annual_loss(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the mean simulated annual loss."""
    if rows.empty:
        return Value(reason="no scenario is quantified")
    curve = Portfolio.of(rows, at).gross
    width = 1.96 * curve.standard_error
    return Value(value=curve.ale, low=curve.ale - width, high=curve.ale + width, n=len(rows))


@measure(
    id="Q02", name="Chance of a year above the approved loss",
    definition="Simulated probability that the losses of one year, net of insurance, exceed the approved amount: the first approved point "
    "with a chance of at most one year in twenty. The limit is the chance approved for that amount.",
    why="Says in the board's own terms whether a bad year is within appetite.", use="Above the limit: treat, insure more, or raise the appetite.",
    source="Open FAIR O-RA", unit="percent", direction="down", needs=("scenarios", "thresholds"), reduce=_SCENARIOS,
    noise="interval", digits=1,
)  # fmt: skip
def loss_above_appetite(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the chance of a yearly loss above the approved amount."""
    if rows.empty:
        return Value(reason="no scenario is quantified")
    portfolio = Portfolio.of(rows, at)
    if portfolio.appetite is None:
        return Value(reason="no loss appetite is approved for this scope", n=len(rows))
    point = headline_point(portfolio.appetite)
    check = next(p for p in portfolio.appetite.check(portfolio.net) if p.loss == point[0])
    return Value(
        value=100 * check.actual,
        low=100 * check.low,
        high=100 * check.high,
        n=len(rows),
        target=100 * check.allowed,
    )


def headline_point(appetite: quant.Appetite) -> tuple[float, float]:
    """Give the approved point a scorecard shows: the first with a chance of at most one year in twenty, else the last."""
    return next((p for p in appetite.points if p[1] <= ONE_IN_TWENTY), appetite.points[-1])


@dataclass(frozen=True, eq=False)
class Portfolio:
    """Quantified scenarios at a view: simulated, before and after insurance, beside the approved appetite.

    Attributes:
        names: title by scenario id.
        simulation: the simulated years.
        gross, net: loss curves before and after insurance.
        appetite: approved points, if any.
        insurance: the annual layer in force, if any.
        rows: the scenario rows.
    """

    names: dict[str, str]
    simulation: quant.Simulation
    gross: quant.LossCurve
    net: quant.LossCurve
    appetite: quant.Appetite | None
    insurance: quant.AnnualLayer | None
    rows: pd.DataFrame

    @classmethod
    def of(cls, rows: pd.DataFrame, at: Moment) -> Portfolio:
        """Simulate the scenarios of rows made by the measures' SELECT.

        Raises:
            DataError: a scenario that cannot be simulated, or one in another currency.
        """
        foreign = sorted({str(c) for c in rows["currency"].dropna()} - {at.currency})
        if foreign:
            raise DataError(
                f"Scenarios are in {', '.join(foreign)} but the organisation reports in {at.currency}; convert them."
            )
        scenarios = tuple(
            _scenario({str(k): v for k, v in row.items()}) for row in rows.to_dict("records")
        )
        first = rows.iloc[0]
        layer = (
            None
            if pd.isna(first["retention"])
            else quant.AnnualLayer(float(first["retention"]), float(first["limit_amount"]))
        )
        points = unpack(first["points"])
        simulation, gross, net = _simulated(scenarios, layer)
        names = dict(zip(rows["scenario_id"], rows["title"], strict=True))
        return cls(
            names,
            simulation,
            gross,
            net,
            quant.Appetite.from_pairs(points) if points else None,
            layer,
            rows,
        )


@lru_cache(maxsize=32)
def _simulated(
    scenarios: tuple[quant.Scenario, ...], layer: quant.AnnualLayer | None
) -> tuple[quant.Simulation, quant.LossCurve, quant.LossCurve]:
    """Simulate once for equal inputs: scenarios seldom change between quarters."""
    simulation = quant.simulate(scenarios, YEARS, SEED)
    gross = simulation.curve
    return simulation, gross, quant.LossCurve.from_losses(simulation.net(layer)) if layer else gross


def _scenario(row: dict[str, object]) -> quant.Scenario:
    def number(name: str, otherwise: float = float("nan")) -> float:
        value = row.get(name)
        return otherwise if value is None or value != value else float(str(value))

    name = str(row["scenario_id"])
    rate = number("rate")
    if rate != rate:
        low, mode, high = (number(f"rate_{x}") for x in ("low", "mode", "high"))
        if low != low or mode != mode or high != high:
            raise DataError(
                f"Scenario {name} has no rate; give rate, or rate_low, rate_mode and rate_high."
            )
        rate = quant.Pert(low, mode, high).mean
    kind = row.get("freq_dist") or "poisson"
    frequency: quant.Frequency = (
        quant.Bernoulli(rate) if kind == "bernoulli"
        else quant.NegativeBinomial(rate, number("dispersion")) if kind == "negbin" else quant.Poisson(rate)
    )  # fmt: skip
    cap = number("cap", float("inf"))
    if row.get("sev_dist") == "pert":
        severity: quant.Severity = quant.Pert(number("low"), number("mode"), number("high"))
    elif row.get("sev_dist") in {None, "lognormal_ci90"}:
        severity = quant.LogNormal.from_interval(number("low"), number("high"), cap=cap)
    else:
        raise DataError(
            f"Scenario {name} has severity {row.get('sev_dist')!r}; lognormal_ci90 and pert can be simulated."
        )
    return quant.Scenario(
        id=name,
        frequency=frequency,
        severity=severity,
        name=str(row.get("title") or name),
        insured=bool(row.get("insured") is True),
    )


def portfolio(view: View, state: str = "current") -> Portfolio | None:
    """Give the quantified scenarios of a view in a state, simulated; None when there are none."""
    rows = view.sql(
        _SCENARIOS.format(as_of=sql.day(view.as_of), unit=sql.quote(view.unit)).replace(
            "s.state = 'current'", f"s.state = '{state.replace(chr(39), '')}'"
        )
    )
    return None if rows.empty else Portfolio.of(rows, view)
