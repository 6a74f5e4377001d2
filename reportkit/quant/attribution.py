"""Why a figure of the loss year moved between two quarters, in steps that add up to the whole move."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from reportkit.quant.draws import Draws
from reportkit.quant.portfolio import YEARS
from reportkit.quant.scenario import Scenario, check_portfolio

if TYPE_CHECKING:
    from reportkit.quant.draws import Dependence
    from reportkit.quant.insurance import Layer

FloatArray = npt.NDArray[np.float64]
Kind = Literal["model", "removed", "new", "input", "insurance", "simulation"]

#: Inputs of a scenario that can change a loss, with the words for them.
INPUTS = {
    "frequency": "frequency",
    "vulnerability": "vulnerability",
    "severity": "loss of an event",
    "secondary": "secondary loss",
    "insured": "insured or not",
    "group": "group",
}


@dataclass(frozen=True)
class Book:
    """What a quarter's figure rests on.

    Args:
        scenarios: one state of each scenario.
        layers: insurance in force.
        dependence: what makes scenarios share their luck.
        seed, years: of the simulation.
        told: the figure as it was published; None when it was not.
    """

    scenarios: tuple[Scenario, ...]
    layers: tuple[Layer, ...] = ()
    dependence: Dependence | None = None
    seed: int = 1
    years: int = YEARS
    told: float | None = None


@dataclass(frozen=True)
class Step:
    """One cause of the move.

    Attributes:
        kind: model, removed, new, input, insurance or simulation.
        scenario_id: the scenario it concerns; empty when it concerns all.
        what: the input that changed, in words.
        amount: what it adds to the figure.
    """

    kind: Kind
    scenario_id: str
    what: str
    amount: float


@dataclass(frozen=True)
class Attribution:
    """A move in steps.

    Attributes:
        opening: the figure of the quarter before: as told, where it was.
        closing: the figure of this quarter.
        steps: what moved it; together they are closing minus opening, but for the rounding of a sum.
    """

    opening: float
    closing: float
    steps: tuple[Step, ...]

    @property
    def rest(self) -> float:
        """What the steps leave unexplained: rounding only."""
        return math.fsum([self.closing, -self.opening, *(-step.amount for step in self.steps)])

    def of(self, kind: Kind) -> float:
        """Give the sum of the steps of a kind."""
        return math.fsum(step.amount for step in self.steps if step.kind == kind)


def mean_year(losses: FloatArray) -> float:
    """Give the ALE of simulated years."""
    return float(losses.mean())


def attribute(
    before: Book, after: Book, figure: Callable[[FloatArray], float] = mean_year
) -> Attribution:
    """Split the move of a figure between two quarters into what changed.

    Every change is applied once in the order removed, new, inputs, insurance and once in the opposite order; a step
    is the mean of both, so no change is favoured by its place and the steps add up. The model step is what today's
    model makes of the old inputs minus what was told; the simulation step is what another seed or length changes.

    Args:
        before: the quarter before.
        after: this quarter.
        figure: what is explained, from the net loss of each year: the mean, or a quantile, or a TVaR.

    Raises:
        DataError: as for simulate.
    """
    for book in (before, after):
        check_portfolio(book.scenarios)
    moves = list(_moves(before, after))
    touched = {move.id for move in moves}
    engine = _Engine(before, figure, touched)
    amounts = [0.0] * len(moves)
    start = end = engine.figure(_State.of(before))
    for order in (range(len(moves)), range(len(moves) - 1, -1, -1)):
        state, value = _State.of(before), start
        for place in order:
            state = moves[place].applied(state)
            there = engine.figure(state)
            amounts[place] += (there - value) / 2
            value = there
        end = value
    steps = [
        Step(move.kind, move.id, move.what, amount)
        for move, amount in zip(moves, amounts, strict=True)
    ]
    closing = end
    if (before.seed, before.years) != (after.seed, after.years):
        closing = _Engine(after, figure, set()).figure(_State.of(after))
        steps.append(Step("simulation", "", "seed or number of years", closing - end))
    if before.told is not None and before.told != start:
        steps.insert(0, Step("model", "", "model, on the inputs of before", start - before.told))
    opening = start if before.told is None else before.told
    return Attribution(opening, closing, tuple(steps))


@dataclass(frozen=True)
class _State:
    scenarios: dict[str, Scenario]
    layers: tuple[Layer, ...]
    dependence: Dependence | None

    @classmethod
    def of(cls, book: Book) -> _State:
        plain = {s.id: replace(s, name="", state="") for s in book.scenarios}
        return cls(plain, book.layers, book.dependence)


@dataclass(frozen=True)
class _Move:
    kind: Kind
    id: str
    what: str
    applied: Callable[[_State], _State]


def _moves(before: Book, after: Book) -> Iterable[_Move]:
    old, new = ({s.id: s for s in book.scenarios} for book in (before, after))
    for name in sorted(old.keys() - new.keys()):
        yield _Move("removed", name, "scenario", _without(name))
    for name in sorted(new.keys() - old.keys()):
        yield _Move("new", name, "scenario", _with(new[name]))
    for name in sorted(old.keys() & new.keys()):
        for field, words in INPUTS.items():
            value = getattr(new[name], field)
            if getattr(old[name], field) != value:
                yield _Move("input", name, words, _changed(name, field, value))
    if before.layers != after.layers:
        yield _Move(
            "insurance", "", "terms of the insurance", lambda s: replace(s, layers=after.layers)
        )
    if before.dependence != after.dependence:
        yield _Move(
            "model",
            "",
            "how scenarios depend on each other",
            lambda s: replace(s, dependence=after.dependence),
        )


def _without(name: str) -> Callable[[_State], _State]:
    return lambda s: replace(s, scenarios={k: v for k, v in s.scenarios.items() if k != name})


def _with(scenario: Scenario) -> Callable[[_State], _State]:
    plain = replace(scenario, name="", state="")
    return lambda s: replace(s, scenarios={**s.scenarios, plain.id: plain})


def _changed(name: str, field: str, value: Any) -> Callable[[_State], _State]:
    return lambda s: replace(
        s,
        scenarios={
            k: replace(v, **{field: value}) if k == name else v for k, v in s.scenarios.items()
        },
    )


class _Engine:
    """Figures of states; years of scenarios that no step touches are summed once."""

    def __init__(
        self, book: Book, figure: Callable[[FloatArray], float], touched: set[str]
    ) -> None:
        self._seed, self._years = book.seed, book.years
        self._figure = figure
        self._touched = touched
        self._kept: dict[object, FloatArray] = {}

    def figure(self, state: _State) -> float:
        total = self._sum(state, None, insured=False)
        paid = np.zeros(self._years)
        for layer in state.layers:
            paid += layer.of_year(self._sum(state, layer, insured=True))
        if state.layers:
            total = total - np.minimum(paid, self._sum(state, None, insured=True))
        return self._figure(total)

    def _sum(self, state: _State, layer: Layer | None, *, insured: bool) -> FloatArray:
        of_event = layer.of_event if layer is not None and layer.by_event else None
        fixed = (layer if of_event else None, insured, state.dependence, "fixed")
        if fixed not in self._kept:
            self._kept[fixed] = self._added(
                [s for s in state.scenarios.values() if s.id not in self._touched], fixed[:3]
            )
        total = self._kept[fixed].copy()
        for name in sorted(self._touched & state.scenarios.keys()):
            scenario = state.scenarios[name]
            if insured and not scenario.insured:
                continue
            key = (fixed[0], scenario, state.dependence)
            if key not in self._kept:
                self._kept[key] = self._added([scenario], (fixed[0], False, state.dependence))
            total += self._kept[key]
        return total

    def _added(
        self,
        scenarios: list[Scenario],
        how: tuple[Layer | None, bool, Dependence | None],
    ) -> FloatArray:
        layer, insured, dependence = how
        total = np.zeros(self._years)
        for scenario in scenarios:
            if insured and not scenario.insured:
                continue
            draws = Draws(scenario, self._seed, dependence)
            of_event = None if layer is None else layer.of_event
            for span, losses in draws.blocks(0, self._years, of_event):
                total[span] += losses
        return total
