"""A decision of a quarter as a business case: options, effects and users of the tables, scenarios and cover of the view."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from reportkit.errors import DataError, UsageError, nearest
from reportkit.exhibit import Exhibit
from reportkit.quant.business_case import Appraisal, BusinessCase, Option
from reportkit.quant.controls import Effect, together
from reportkit.quant.estimate import NOTHING, Estimate
from reportkit.quant.friction import Impact, Ledger
from reportkit.quant.frontier import Choice, frontier
from reportkit.quant.insurance import AnnualLayer
from reportkit.quant.sensitivity import Swing, break_even, ranked, tornado

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.facts import Block
    from reportkit.quant.appetite import Appetite
    from reportkit.view import View

SEED = 20_240_103
_TABLES = ("options", "option_effects", "option_impacts")


@dataclass(frozen=True, eq=False, repr=False)
class Case(Exhibit):
    """A decision with its options in money.

    Attributes:
        view: where it is seen from.
        decision: the decision's row; empty when only its options are known.
        rows: row of each option, by its id, in the order of the tables.
        money: the options over scenarios, horizon and cover.
        recommended: id of the option that is asked for; empty when none is.
    """

    view: View
    decision: Mapping[str, Any]
    rows: Mapping[str, Mapping[str, Any]]
    money: BusinessCase
    recommended: str

    def __repr__(self) -> str:
        return f"<Case {self.title}: {', '.join(self.rows) or 'no options'}>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit.showing import numbers

        return numbers.case(self)

    @property
    def title(self) -> str:
        """What is decided."""
        return _text(self.decision.get("title")) or "Options"

    @property
    def appraised(self) -> tuple[Appraisal, ...]:
        """Every option held against doing nothing."""
        return self.money.appraise_all()

    @property
    def chosen(self) -> Appraisal:
        """The recommended option, else the one with the best mean."""
        if self.recommended:
            return self.money.appraise(self.recommended)
        return max(self.appraised, key=lambda a: a.spread_with_users.mean)

    @property
    def appetite(self) -> Appetite | None:
        """The approved loss points."""
        portfolio = self.view.portfolio()
        return portfolio.appetite if portfolio else None

    @cached_property
    def swings(self) -> tuple[Swing, ...]:
        """What each input of the chosen option does to its mean value."""
        return tornado(self.money, self.chosen.option)

    @cached_property
    def correlations(self) -> dict[str, float]:
        """Rank correlation of each input of the chosen option with its value."""
        return ranked(self.chosen)

    def break_even(self, name: str, *, users: bool = True) -> float | None:
        """Where the chosen option stops being worth it, see :func:`reportkit.quant.sensitivity.break_even`."""
        return break_even(self.money, self.chosen.option, name, users=users)

    @property
    def budget(self) -> float:
        """Money for what is asked for this quarter, in today's money; infinite when none is set."""
        return self.view.workspace.settings.finance.case_budget or math.inf

    @cached_property
    def asked_effects(self) -> tuple[Effect, ...]:
        """Effects of everything that is asked for this quarter, each counted once."""
        others = (of(self.view, name) for name in asked(self.view))
        chosen = [case.chosen.option for case in others if case]
        return together([self.chosen.option.effects, *(option.effects for option in chosen)])

    @cached_property
    def frontier(self) -> tuple[Choice, ...]:
        """Sets with one option of each decision that is asked for this quarter."""
        own = _text(self.decision.get("decision_id"))
        others = [of(self.view, name) for name in asked(self.view) if name != own]
        decisions = [self.money.options, *(case.money.options for case in others if case)]
        return frontier(self.money, [_named(options) for options in decisions], self.budget)

    def scenario(self, id_: str) -> str:
        """Name of a scenario."""
        return next((s.name for s in self.money.scenarios if s.id == id_), "") or id_

    def input(self, name: str) -> str:
        """Say an input of the chosen option in words."""
        if name in _INPUTS:
            return _INPUTS[name]
        option = self.chosen.option
        if name.startswith("rate "):
            return f"Events a year: {self.scenario(name.removeprefix('rate '))}"
        if name.startswith("minutes "):
            line = option.ledger.lines[int(name.removeprefix("minutes "))]
            return f"Minutes of {line.population.lower()}: {line.item.lower()}"
        effect = next(e for e in option.effects if " ".join(e.key) == name)
        what = "Events stopped" if effect.acts_on == "frequency" else "Loss of an event avoided"
        return f"{what}: {self.scenario(effect.scenario)}"


_INPUTS = {
    "once": "Cost at the start",
    "yearly": "Cost a year",
    "events": "What the years bring (chance)",
}


def _named(options: tuple[Option, ...]) -> list[Option]:
    return [option for option in options if not option.does_nothing]


def asked(view: View) -> list[str]:
    """Give the ids of this quarter's decisions whose options are given in money, those for decision first."""
    if not view.loads["options"] or not view.loads["decisions"]:
        return []
    rows = view.sql(
        "SELECT decision_id FROM decisions AS d WHERE EXISTS (SELECT 1 FROM options AS o WHERE o.decision_id = d.decision_id AND o.once_mode IS NOT NULL) "
        f"AND d.period = '{view.period.key}' ORDER BY CASE WHEN COALESCE(d.for_decision, TRUE) THEN 0 ELSE 1 END, d.decision_id"
    )
    return [str(name) for name in rows["decision_id"]]


def largest(view: View) -> str:
    """Give the decision of this quarter whose recommended option costs most; empty when none is given in money.

    One that is only to be noted counts where there is no other.
    """
    ids = asked(view)
    if not ids:
        return ""
    noted = view.sql("SELECT decision_id FROM decisions WHERE for_decision = FALSE")["decision_id"]
    ids = [name for name in ids if name not in set(noted)] or ids
    years = view.workspace.settings.finance.horizon_years
    costs = view.sql(
        f"SELECT decision_id, MAX(COALESCE(once_mode, 0) + {years} * COALESCE(yearly_mode, 0)) AS cost FROM options WHERE recommended GROUP BY decision_id"
    ).set_index("decision_id")["cost"]
    return max(ids, key=lambda name: float(costs.get(name, 0.0)))


def of(view: View, decision: str = "") -> Case | None:
    """Give a decision as a business case, made once for a view; None when none is given in money.

    Args:
        view: where it is seen from.
        decision: id of the decision; empty for the largest that is asked for this quarter.

    Raises:
        UsageError: no such decision has options in money.
        DataError: options that are no case, or in another currency.
    """
    made: dict[str, Case | None] = vars(view).setdefault("_business_cases", {})
    name = decision or largest(view)
    if name not in made:
        made[name] = _case(view, name) if name else None
    return made[name]


def _case(view: View, decision: str) -> Case | None:
    portfolio = view.portfolio()
    if portfolio is None:
        return None
    options, effects, impacts = (_rows(view, table, decision) for table in _TABLES)
    if options.empty:
        known = sorted(set(view.table("options")["decision_id"]))
        raise UsageError(
            f"Decision {decision!r} has no options in money; {nearest(decision, known)}"
        )
    options = options.sort_values(["place", "option_id"])
    if view.unit:
        # A unit sees its own scenarios; what an option does elsewhere is not its to count.
        own_ids = [scenario.id for scenario in portfolio.simulation.scenarios]
        effects = effects[effects["scenario_id"].isin(own_ids)]
    for frame in (options, impacts):
        foreign = sorted({str(c) for c in frame["currency"].dropna()} - {view.currency})
        if foreign:
            raise DataError(
                f"Decision {decision} is given in {', '.join(foreign)} but the organisation reports in {view.currency}; convert it."
            )
    limits = {
        str(row["scope"]): float(row["red"])
        for row in _records(view.thresholds[view.thresholds["kind"] == "friction"])
        if _number(row["red"]) is not None
    }
    rows = {str(row["option_id"]): row for row in _records(options)}
    finance = view.workspace.settings.finance
    money = BusinessCase(
        scenarios=portfolio.simulation.scenarios,
        options=tuple(_option(row, effects, impacts, limits) for row in rows.values()),
        years=finance.horizon_years,
        rate=finance.discount_rate,
        cover=portfolio.layers,
        seed=SEED,
    )
    decisions = view.table("decisions") if view.loads["decisions"] else None
    own = {} if decisions is None else _first(decisions[decisions["decision_id"] == decision])
    best = [name for name, row in rows.items() if row["recommended"] is True]
    return Case(view, own or {"decision_id": decision}, rows, money, best[0] if best else "")


def _option(
    row: Mapping[str, Any],
    effects: pd.DataFrame,
    impacts: pd.DataFrame,
    limits: Mapping[str, float],
) -> Option:
    own = str(row["option_id"])
    lines = [_impact(line) for line in _records(impacts[impacts["option_id"] == own])]
    retention, limit = _number(row["retention"]), _number(row["limit_amount"])
    return Option(
        id=own,
        name=_text(row["name"]) or own,
        once=_estimate(row, "once_"),
        yearly=_estimate(row, "yearly_"),
        effects=tuple(
            Effect(str(e["scenario_id"]), str(e["control"]), _estimate(e, ""), e["acts_on"])
            for e in _records(effects[effects["option_id"] == own])
        ),
        ledger=Ledger.of(lines, limits),
        cover=None if retention is None else (AnnualLayer(retention, limit or math.inf),),
        delay=_number(row["delay_years"]) or 0.0,
    )


def _impact(row: Mapping[str, Any]) -> Impact:
    return Impact(
        population=str(row["population"]),
        item=str(row["item"]),
        people=_number(row["people"]) or 0.0,
        times=1.0 if (times := _number(row["times"])) is None else times,
        minutes=_estimate(row, "minutes_"),
        hourly=_number(row["hourly_cost"]) or 0.0,
        fee=_number(row["fee"]) or 0.0,
        once=row["once"] is True,
    )


def _estimate(row: Mapping[str, Any], prefix: str) -> Estimate:
    low, mode, high = (_number(row[f"{prefix}{part}"]) for part in ("low", "mode", "high"))
    if mode is None:
        mode = low if high is None else high if low is None else (low + high) / 2
    if mode is None:
        return NOTHING
    return Estimate(mode if low is None else low, mode, mode if high is None else high)


def _rows(view: View, table: str, decision: str) -> pd.DataFrame:
    rows = view.table(table)
    return rows[rows["decision_id"] == decision]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _first(frame: pd.DataFrame) -> dict[str, Any]:
    return next(iter(_records(frame)), {})


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(cast("float", value))


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value)
