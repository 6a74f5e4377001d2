"""A year's loss from several scenarios: events are counted and their losses summed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant.exceedance import LossCurve
from reportkit.quant.streams import MAX_YEARS, Stream, place

if TYPE_CHECKING:
    from reportkit.quant.frequency import Frequency
    from reportkit.quant.insurance import AnnualLayer
    from reportkit.quant.severity import Severity

FloatArray = npt.NDArray[np.float64]

#: Simulated years unless another number is asked for.
YEARS = 200_000
#: Events drawn at once; what a batch needs stays in the processor's cache.
BATCH = 32_768
#: Most events that one scenario may be expected to have in a simulation.
MAX_DRAWS = 2_000_000_000


@dataclass(frozen=True)
class Scenario:
    """A way to lose money: how often it happens in a year, and what it costs when it does.

    Args:
        id: stable name; the luck of the simulation hangs on it, so all states of one scenario share it.
        frequency: distribution of the number of events in a year.
        severity: distribution of the loss of one event, in money.
        name: what readers call it.
        state: current, residual or the name of an option.
        insured: whether its losses fall under the insurance layer.
    """

    id: str
    frequency: Frequency
    severity: Severity
    name: str = ""
    state: str = "current"
    insured: bool = False

    def __post_init__(self) -> None:
        if not self.id:
            raise DataError("A scenario has no id; give each scenario a stable name.")

    @property
    def ale(self) -> float:
        """Annual loss expectancy in closed form."""
        return self.frequency.mean * self.severity.mean

    @property
    def standard_deviation(self) -> float:
        """Standard deviation of a year's loss in closed form."""
        counted = self.frequency.variance * self.severity.mean**2
        return math.sqrt(self.frequency.mean * self.severity.variance + counted)


@dataclass(frozen=True)
class Part:
    """What one scenario does in a simulation.

    Attributes:
        scenario: the scenario.
        ale: simulated mean loss of a year.
        standard_error: Monte Carlo standard error of the mean.
        probability: share of years with at least one loss.
    """

    scenario: Scenario
    ale: float
    standard_error: float
    probability: float


@dataclass(frozen=True, eq=False)
class Simulation:
    """Simulated years of a portfolio.

    Attributes:
        parts: each scenario's share, in the order given.
        total: loss of each year from all scenarios, in money, before insurance.
        insured: loss of each year from the insured scenarios alone.
        seed: seed of the simulation.
    """

    parts: tuple[Part, ...]
    total: FloatArray
    insured: FloatArray
    seed: int

    @property
    def years(self) -> int:
        """Number of simulated years."""
        return int(self.total.size)

    @property
    def curve(self) -> LossCurve:
        """Loss curve of the portfolio before insurance."""
        return LossCurve.from_losses(self.total)

    def net(self, layer: AnnualLayer) -> FloatArray:
        """Give the loss of each year after an insurance layer on the insured scenarios."""
        return np.asarray(self.total - layer.ceded(self.insured))

    def losses(self, scenario_id: str) -> FloatArray:
        """Give the loss of each year from one scenario; it is looked up again, not stored.

        Raises:
            DataError: no such scenario in this simulation.
        """
        for part in self.parts:
            if part.scenario.id == scenario_id:
                return annual_losses(part.scenario, self.years, self.seed)
        known = ", ".join(part.scenario.id for part in self.parts)
        raise DataError(f"Scenario {scenario_id!r} is not in this simulation; it holds {known}.")


@dataclass(frozen=True)
class Change:
    """What a change of state does to the mean loss of a year.

    Attributes:
        ale: mean loss before minus mean loss after; above 0 is an improvement.
        standard_error: Monte Carlo standard error of the difference, year by year.
    """

    ale: float
    standard_error: float


def annual_losses(scenario: Scenario, years: int = YEARS, seed: int = 1) -> FloatArray:
    """Give the simulated loss of each year from one scenario, in money."""
    return np.concatenate([losses for _, losses in _blocks(scenario, years, seed)])


def simulate(scenarios: Sequence[Scenario], years: int = YEARS, seed: int = 1) -> Simulation:
    """Simulate the yearly loss of scenarios that happen independently of each other.

    Args:
        scenarios: one state of each scenario.
        years: number of simulated years.
        seed: whole number of 0 or more; the same seed gives the same years.

    Raises:
        DataError: no scenario, the same scenario twice, or more events than can be counted.
    """
    check_portfolio(scenarios)
    total, insured = np.zeros(years), np.zeros(years)
    parts = []
    for scenario in scenarios:
        mean = squares = hit = 0.0
        for first, losses in _blocks(scenario, years, seed):
            span = slice(first, first + losses.size)
            total[span] += losses
            if scenario.insured:
                insured[span] += losses
            mean += float(losses.sum()) / years
            squares += float(np.square(losses).sum()) / years
            hit += float(np.count_nonzero(losses)) / years
        spread = max(squares - mean**2, 0.0) / max(years - 1, 1)
        parts.append(Part(scenario, mean, math.sqrt(spread), hit))
    return Simulation(tuple(parts), total, insured, seed)


def loss_curve(
    scenarios: Sequence[Scenario],
    method: Literal["simulation", "exact"] = "simulation",
    years: int = YEARS,
    seed: int = 1,
) -> LossCurve:
    """Give the loss curve of a portfolio, simulated or exact.

    Raises:
        DataError: as for simulate and exact.aggregate, or an unknown method.
    """
    if method == "simulation":
        return simulate(scenarios, years, seed).curve
    if method == "exact":
        from reportkit.quant.exact import aggregate

        return aggregate(scenarios)
    raise DataError(f"Method {method!r} is not known; choose simulation or exact.")


def change(before: Simulation, after: Simulation) -> Change:
    """How much smaller the mean loss is after a change of state, with the noise both share removed.

    Raises:
        DataError: simulations of different seed or length.
    """
    if (before.seed, before.years) != (after.seed, after.years):
        raise DataError(
            f"Simulations of {before.years:,} years (seed {before.seed}) and {after.years:,} years (seed {after.seed}) "
            "cannot be compared year by year; run both with the same years and seed."
        )
    gap = before.total - after.total
    error = float(gap.std(ddof=1)) / math.sqrt(gap.size) if gap.size > 1 else math.inf
    return Change(float(gap.mean()), error)


def check_portfolio(scenarios: Sequence[Scenario]) -> None:
    """Hold that a portfolio can be summed.

    Raises:
        DataError: no scenario, or the same scenario twice.
    """
    if not scenarios:
        raise DataError("A portfolio needs at least one scenario; none was given.")
    states: dict[str, str] = {}
    for scenario in scenarios:
        if scenario.id in states:
            raise DataError(
                f"Scenario {scenario.id!r} comes twice (states {states[scenario.id]} and {scenario.state}); "
                "sum one state of each scenario."
            )
        states[scenario.id] = scenario.state


def _blocks(scenario: Scenario, years: int, seed: int) -> Iterator[tuple[int, FloatArray]]:
    if not 0 < years <= MAX_YEARS:
        raise DataError(f"{years:,} years cannot be simulated; give 1 to {MAX_YEARS:,}.")
    if scenario.frequency.mean * years > MAX_DRAWS:
        raise DataError(
            f"Scenario {scenario.id!r} would have {scenario.frequency.mean * years:,.0f} events, more than "
            f"{MAX_DRAWS:,}; simulate fewer years or use method='exact'."
        )
    counts = Stream.named(seed, scenario.id, "count")
    amounts = Stream.named(seed, scenario.id, "severity")
    needed = scenario.frequency.thresholds()
    size = int(BATCH / max(scenario.frequency.mean, 1.0)) or 1
    for first in range(0, years, size):
        index = np.arange(first, min(first + size, years))
        hit, places = _events(counts.uniform(place(index)), needed, first)
        losses = scenario.severity.quantile(amounts.uniform(places))
        yield first, np.bincount(hit, weights=losses, minlength=index.size).astype(np.float64)


def _events(
    luck: FloatArray, needed: FloatArray, first: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint64]]:
    hit = np.flatnonzero(luck >= needed[0])
    years, places = [hit], [place(hit + first, 1)]
    # One round per event number: every year that is left has at least that many events.
    for event, bar in enumerate(needed[1:].tolist(), start=2):
        hit = hit[luck[hit] >= bar]
        if hit.size == 0:
            break
        years.append(hit)
        places.append(place(hit + first, event))
    return np.concatenate(years), np.concatenate(places)
