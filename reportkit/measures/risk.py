"""Risk in money: what a year costs in the mean, how bad it can be, and what is accepted."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from reportkit import quant, sql
from reportkit.errors import DataError
from reportkit.exhibit import Exhibit
from reportkit.facts import Block
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure
from reportkit.quant.rows import scenario_of
from reportkit.tables import unpack

if TYPE_CHECKING:
    from reportkit.view import View

YEARS = 200_000
SEED = 20_240_101
#: The board's "one year in twenty": the approved point the scorecard shows is the first at or below this chance.
ONE_IN_TWENTY = 0.05


#: Appetite and insurance are the firm's: a unit is held against an appetite of its own or none, and never netted with
#: a layer that it shares with the others.
_APPETITE = "FROM thresholds WHERE kind = 'loss_appetite' AND COALESCE(scope, '') = {unit}"
#: A scenario comes once for each layer of insurance, or once where there is none.
_SCENARIOS = (
    "SELECT '' AS grp, s.*, CASE WHEN COALESCE(s.currency, {currency}) = {currency} THEN 1.0 ELSE x.rate END AS fx, "
    f"(SELECT MAX(points) {_APPETITE}) AS points, (SELECT MAX(currency) {_APPETITE}) AS points_currency, "
    "c.policy_id, c.retention, c.limit_amount, c.aggregate_limit, c.currency AS cover_currency, c.basis "
    "FROM scenarios AS s LEFT JOIN fx_rates AS x ON x.currency = s.currency AND x.to_currency = {currency} AND x.rate > 0 "
    "LEFT JOIN (SELECT * FROM insurance WHERE {unit} = '' AND (valid_to IS NULL OR valid_to >= {as_of})) AS c "
    "ON 1 = 1 WHERE s.state = 'current' ORDER BY s.scenario_id, c.policy_id"
)
#: What a loss before insurance counts; and beside it what it is held against.
_GROSS = {"scenarios": "state = 'current'"}
_APPROVED = {**_GROSS, "insurance": "{unit} = '' AND (valid_to IS NULL OR valid_to >= {as_of})", "thresholds": "kind = 'loss_appetite' AND COALESCE(scope, '') = {unit}"}  # fmt: skip
#: Of the normal numbers behind the counts of two scenarios of a group, where the result is shown with groups that move
#: together: half-way between independent and the same.
GROUP_CORRELATION = 0.5


@measure(
    id="Q01", name="Annual loss expectancy",
    definition="Mean simulated loss of a year from all quantified scenarios in their current state, before insurance, with the 95 % "
    "interval of the simulation. Money in another currency counts at the rate in force on the day; without a rate there is no figure.",
    why="What risk costs in the long run.", use="Never alone: the mean hides the bad year.",
    source="Open FAIR O-RA", unit="money", direction="down", needs=("scenarios",), reduce=_SCENARIOS, counted=_GROSS, noise="interval",
)  # fmt: skip
def annual_loss(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the mean simulated annual loss."""
    if rows.empty:
        return Value(reason="no scenario is quantified")
    curve = Portfolio.of(rows, at).gross
    width = 1.96 * curve.standard_error
    return Value(
        value=curve.ale,
        low=curve.ale - width,
        high=curve.ale + width,
        n=rows["scenario_id"].nunique(),
    )


@measure(
    id="Q02", name="Chance of a year above the approved loss",
    definition="Simulated probability that the losses of one year, net of insurance, exceed the approved amount: the first approved point "
    "with a chance of at most one year in twenty. The limit is the chance approved for that amount. Beside it: the same before insurance.",
    why="Says in the board's own terms whether a bad year is within appetite.", use="Above the limit: treat, insure more, or raise the appetite.",
    source="Open FAIR O-RA", unit="percent", direction="down", needs=("scenarios", "thresholds"), reduce=_SCENARIOS, counted=_APPROVED,
    noise="interval", digits=1,
)  # fmt: skip
def loss_above_appetite(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the chance of a yearly loss above the approved amount."""
    if rows.empty:
        return Value(reason="no scenario is quantified")
    portfolio = Portfolio.of(rows, at)
    if portfolio.appetite is None:
        return Value(
            reason="no loss appetite is approved for this scope", n=rows["scenario_id"].nunique()
        )
    point = headline_point(portfolio.appetite)
    check = next(p for p in portfolio.appetite.check(portfolio.net) if p.loss == point[0])
    return Value(
        value=100 * check.actual,
        low=100 * check.low,
        high=100 * check.high,
        n=rows["scenario_id"].nunique(),
        target=100 * check.allowed,
        parts=()
        if not portfolio.layers
        else (
            Part("Before insurance", 100 * portfolio.gross.probability_above(point[0]), "percent"),
        ),
    )


def _tail(rows: pd.DataFrame, at: Moment, figure: str) -> Value:
    """Give a figure of the bad years, before insurance, with its neighbours."""
    if rows.empty:
        return Value(reason="no scenario is quantified")
    portfolio = Portfolio.of(rows, at)

    def of(curve: quant.LossCurve, p: float) -> float:
        return curve.value_at_risk(p) if figure == "value at risk" else curve.tail_value_at_risk(p)

    parts: list[Part] = [Part("One year in a hundred", of(portfolio.gross, 0.99), "money")]
    if portfolio.layers:
        parts += [
            Part("After insurance", of(portfolio.net, 0.95), "money"),
            Part("One year in a hundred, after insurance", of(portfolio.net, 0.99), "money"),
        ]
    if figure == "value at risk":
        # A quantile of rare events is zero, and says nothing of them.
        parts.append(
            Part(
                "Mean of the worst year in a hundred",
                portfolio.gross.tail_value_at_risk(0.99),
                "money",
            )
        )
    interval = portfolio.gross.value_at_risk_interval(0.95) if figure == "value at risk" else None
    return Value(
        value=of(portfolio.gross, 0.95),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        n=rows["scenario_id"].nunique(),
        parts=tuple(parts),
    )


@measure(
    id="Q03", name="Loss of a bad year",
    definition="The yearly loss that is exceeded in one simulated year of twenty (value at risk 95 %), before insurance; beside it one year in a hundred, both "
    "after insurance, and the mean of the worst year in a hundred.",
    why="The size a reserve or a policy must carry.", use="Read with the mean beyond it: where events are rare the quantile alone can be zero.",
    source="Open FAIR O-RA", unit="money", direction="down", needs=("scenarios",), reduce=_SCENARIOS, counted=_GROSS, noise="interval", kind="impact",
)  # fmt: skip
def bad_year(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the value at risk of a year."""
    return _tail(rows, at, "value at risk")


@measure(
    id="Q04", name="Mean loss of the bad years",
    definition="The mean loss of the worst simulated year in twenty (expected shortfall 95 %), before insurance, with the years at the quantile itself split so that exactly "
    "one in twenty counts.",
    why="Says what happens when it happens.", use="A control that cuts the tail can be right although the mean hardly moves.",
    source="Acerbi and Tasche 2002", unit="money", direction="down", needs=("scenarios",), reduce=_SCENARIOS, counted=_GROSS, noise="interval", kind="impact",
)  # fmt: skip
def tail_loss(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the tail value at risk of a year."""
    return _tail(rows, at, "shortfall")


@measure(
    id="Q05", name="Largest breach of the loss appetite",
    definition="Largest gap, in percentage points, between the simulated chance of a yearly loss net of insurance and the approved chance, between the outermost "
    "approved points; below zero is room. Between points the approved curve is lognormal in the loss.",
    why="One point can be met while the curve is broken elsewhere.", use="Points above the curve are named to the board.",
    source="reportkit", unit="percent", direction="down", needs=("scenarios", "thresholds"), reduce=_SCENARIOS, counted=_APPROVED, green=0, red=0, digits=1, kind="impact",
)  # fmt: skip
def appetite_breach(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the largest excess over the approved loss curve."""
    if rows.empty:
        return Value(reason="no scenario is quantified")
    portfolio = Portfolio.of(rows, at)
    if portfolio.appetite is None:
        return Value(
            reason="no loss appetite is approved for this scope", n=rows["scenario_id"].nunique()
        )
    breached = portfolio.appetite.breaches(portfolio.net)
    parts: list[Part] = [
        Part("Approved points breached", len(breached), "count"),
        Part("Approved points", len(portfolio.appetite.points), "count"),
    ]
    parts += [Part("Breached at", point.loss, "money") for point in breached]
    return Value(
        value=100 * portfolio.appetite.largest_excess(portfolio.net),
        n=rows["scenario_id"].nunique(),
        parts=tuple(parts),
    )


@measure(
    id="R05", name="Loss that three scenarios carry", amounts=True,
    definition="Share of the mean yearly loss of all quantified scenarios that the three largest carry. Scores cannot be added up, so only money counts.",
    why="Where the money is decides where the next euro goes.", use="High: treat the three. Low: look for what they share.",
    source="reportkit", unit="percent", direction="down", needs=("scenarios",), reduce=_SCENARIOS, counted=_GROSS, digits=0, kind="impact",
)  # fmt: skip
def concentration(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of expected loss in the three largest scenarios."""
    if rows.empty:
        return Value(reason="no scenario is quantified")
    losses = sorted(
        (part.scenario.ale for part in Portfolio.of(rows, at).simulation.parts), reverse=True
    )
    top, total = sum(losses[:3]), sum(losses)
    if not total:
        return Value(reason="no scenario has an expected loss", n=len(losses))
    return Value(value=100 * top / total, numerator=top, denominator=total, n=len(losses))


def headline_point(appetite: quant.Appetite) -> tuple[float, float]:
    """Give the approved point a scorecard shows: the first with a chance of at most one year in twenty, else the last."""
    return next((p for p in appetite.points if p[1] <= ONE_IN_TWENTY), appetite.points[-1])


@dataclass(frozen=True, eq=False, repr=False)
class Portfolio(Exhibit):
    """Quantified scenarios at a view: simulated, before and after insurance, beside the approved appetite.

    Attributes:
        names: title by scenario id.
        simulation: the simulated years.
        gross, net: loss curves before and after insurance.
        appetite: approved points, if any.
        layers: layers of insurance in force.
        rows: the scenario rows, one each.
        currency: of all money in it.
    """

    names: dict[str, str]
    simulation: quant.Simulation
    gross: quant.LossCurve
    net: quant.LossCurve
    appetite: quant.Appetite | None
    layers: tuple[quant.Layer, ...]
    rows: pd.DataFrame
    currency: str = "EUR"

    @classmethod
    def of(cls, rows: pd.DataFrame, at: Moment) -> Portfolio:
        """Simulate the scenarios of rows made by the measures' SELECT.

        Raises:
            DataError: a scenario that cannot be simulated, or money in another currency without a rate.
        """
        covers = rows.dropna(subset=["policy_id"]).drop_duplicates("policy_id")
        layers = tuple(
            _layer(row, _rate(row["cover_currency"], "the insurance is", at))
            for row in covers.to_dict("records")
        )
        rows = converted(rows.drop_duplicates("scenario_id"))
        scenarios = tuple(
            scenario_of({str(k): v for k, v in row.items()}) for row in rows.to_dict("records")
        )
        first = rows.iloc[0]
        limit = _rate(first["points_currency"], "the loss appetite is", at)
        points = [(limit * loss, chance) for loss, chance in unpack(first["points"])]
        simulation, gross, net = _simulated(scenarios, layers, None)
        names = dict(zip(rows["scenario_id"], rows["title"], strict=True))
        return cls(
            names,
            simulation,
            gross,
            net,
            quant.Appetite.from_pairs(points) if points else None,
            layers,
            rows,
            at.currency,
        )

    def __repr__(self) -> str:
        from reportkit import locale

        mean = locale.here().money(self.net.ale, self.currency)
        return f"<Portfolio of {locale.plural(len(self.names), 'scenario')}: {mean} in a mean year after insurance>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit.showing import numbers

        return numbers.portfolio(self)

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups of at least two scenarios."""
        named = [s.group for s in self.simulation.scenarios if s.group]
        return tuple(sorted(name for name in set(named) if named.count(name) > 1))

    def together(self) -> tuple[quant.LossCurve, quant.LossCurve] | None:
        """Give the gross and net curves when scenarios of a group move together; None without a group."""
        if not self.groups:
            return None
        copula = quant.GroupCopula(GROUP_CORRELATION)
        _, gross, net = _simulated(self.simulation.scenarios, self.layers, copula)
        return gross, net


def _layer(row: dict[Hashable, Any], rate: float) -> quant.Layer:
    """Read one row of table ``insurance``, at what its currency is worth; without a basis it covers the whole year."""

    def amount(name: str, otherwise: float = math.inf) -> float:
        return otherwise if pd.isna(row[name]) else rate * float(row[name])

    retention = amount("retention", 0.0)
    if row["basis"] == "event":
        return quant.EventLayer(retention, amount("limit_amount"), amount("aggregate_limit"))
    return quant.AnnualLayer(retention, min(amount("limit_amount"), amount("aggregate_limit")))


#: Columns of a scenario that hold money.
_MONEY = ("low", "mode", "high", "cap", "secondary_low", "secondary_mode", "secondary_high")


def converted(rows: pd.DataFrame) -> pd.DataFrame:
    """Give scenarios in the organisation's currency, at the rate in force on the day, which stands in ``fx``.

    Raises:
        DataError: some are in a currency without a rate; left out they would make the loss smaller than it is.
    """
    lacking = rows[rows["fx"].isna()]
    if len(lacking):
        names = ", ".join(sorted(set(lacking["currency"])))
        raise DataError(f"{len(lacking)} of {len(rows)} scenarios are in {names} without a rate")
    if (rows["fx"] == 1).all():
        return rows
    money = {name: rows[name].astype(float) * rows["fx"] for name in _MONEY}
    seen: list[Any] = [
        "|".join(str(rate * float(part)) for part in str(losses).split("|") if part) if isinstance(losses, str) else None
        for losses, rate in zip(rows["losses"], rows["fx"], strict=True)
    ]  # fmt: skip
    return rows.assign(**money, losses=seen)


def _rate(currency: object, what: str, at: Moment) -> float:
    """Give what one unit of a currency is worth in the organisation's own."""
    if currency is None or currency != currency or currency == at.currency:
        return 1.0
    found = at.sql(
        f"SELECT rate FROM fx_rates WHERE currency = {sql.quote(str(currency))} AND to_currency = {sql.quote(at.currency)} AND rate > 0"
    )
    if found.empty:
        raise DataError(f"{what} in {currency} without a rate to {at.currency}")
    return float(found["rate"].iloc[0])


@lru_cache(maxsize=32)
def _simulated(
    scenarios: tuple[quant.Scenario, ...],
    layers: tuple[quant.Layer, ...],
    dependence: quant.GroupCopula | None,
) -> tuple[quant.Simulation, quant.LossCurve, quant.LossCurve]:
    """Simulate once for equal inputs: scenarios seldom change between quarters."""
    simulation = quant.simulate(scenarios, YEARS, SEED, dependence)
    gross = simulation.curve
    net = quant.LossCurve.from_losses(simulation.net(*layers)) if layers else gross
    return simulation, gross, net


def portfolio(view: View, state: str = "current", *, others: bool = False) -> Portfolio | None:
    """Give the quantified scenarios of a view in a state, simulated; None when there are none in it.

    Args:
        view: where and when.
        state: the state.
        others: scenarios that have no such state stand as they are today.
    """
    rows = view.sql(
        _SCENARIOS.format(
            as_of=sql.day(view.as_of), unit=sql.quote(view.unit), currency=sql.quote(view.currency)
        ).replace("s.state = 'current'", f"s.state IN ({sql.quote(state)}, 'current')")
    )
    there = rows["state"] == state
    if not there.any():
        return None
    if not others:
        return Portfolio.of(rows[there], view)
    changed = set(rows.loc[there, "scenario_id"])
    return Portfolio.of(rows[there | ~rows["scenario_id"].isin(changed)], view)
