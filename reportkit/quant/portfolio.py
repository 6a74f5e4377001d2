"""A year's loss from several scenarios: events are counted and their losses summed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.exhibit import Exhibit
from reportkit.facts import Block
from reportkit.quant.checks import share
from reportkit.quant.draws import Draws, check_length
from reportkit.quant.exceedance import LossCurve
from reportkit.quant.scenario import Scenario, check_portfolio

if TYPE_CHECKING:
    from reportkit.quant.draws import Dependence
    from reportkit.quant.insurance import Layer

FloatArray = npt.NDArray[np.float64]

#: Simulated years unless another number is asked for.
YEARS = 200_000
#: Years after which a simulation that has not settled ends.
MOST_YEARS = 5_000_000


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


@dataclass(frozen=True, eq=False, repr=False)
class Simulation(Exhibit):
    """Simulated years of a portfolio.

    Attributes:
        parts: each scenario's share, in the order given.
        total: loss of each year from all scenarios, in money, before insurance.
        insured: loss of each year from the insured scenarios alone.
        seed: seed of the simulation.
        dependence: what made scenarios share their luck; None when they were independent.
    """

    parts: tuple[Part, ...]
    total: FloatArray
    insured: FloatArray
    seed: int
    dependence: Dependence | None = None

    def __repr__(self) -> str:
        return f"<Simulation of {len(self.parts)} scenarios, {self.years:,} years, seed {self.seed}: {float(self.total.mean()):,.0f} in a mean year>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit.showing import numbers

        return numbers.simulation(self)

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenarios, in the order given."""
        return tuple(part.scenario for part in self.parts)

    @property
    def years(self) -> int:
        """Number of simulated years."""
        return int(self.total.size)

    @property
    def curve(self) -> LossCurve:
        """Loss curve of the portfolio before insurance."""
        return LossCurve.from_losses(self.total)

    @property
    def relative_error(self) -> float:
        """Standard error of the ALE as a share of it; 0 when nothing is lost."""
        mean = float(self.total.mean())
        if mean == 0:
            return 0.0
        if self.years == 1:
            return math.inf
        return float(self.total.std(ddof=1)) / math.sqrt(self.years) / mean

    def ceded(self, *layers: Layer) -> FloatArray:
        """Give what layers of insurance pay in each year for the insured scenarios.

        Several layers each see the whole loss, as the layers of a tower do.
        """
        paid = np.zeros(self.years)
        for layer in layers:
            if not layer.by_event:
                paid += layer.of_year(self.insured)
                continue
            sums = np.zeros(self.years)
            for scenario in self.scenarios:
                if scenario.insured:
                    draws = Draws(scenario, self.seed, self.dependence)
                    for span, losses in draws.blocks(0, self.years, layer.of_event):
                        sums[span] += losses
            paid += layer.of_year(sums)
        return np.minimum(paid, self.insured)

    def net(self, *layers: Layer) -> FloatArray:
        """Give the loss of each year after insurance of the insured scenarios."""
        return np.asarray(self.total - self.ceded(*layers))

    def losses(self, scenario_id: str) -> FloatArray:
        """Give the loss of each year from one scenario; it is looked up again, not stored.

        Raises:
            DataError: no such scenario in this simulation.
        """
        for scenario in self.scenarios:
            if scenario.id == scenario_id:
                return annual_losses(scenario, self.years, self.seed, self.dependence)
        known = ", ".join(scenario.id for scenario in self.scenarios)
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


def annual_losses(
    scenario: Scenario,
    years: int = YEARS,
    seed: int = 1,
    dependence: Dependence | None = None,
) -> FloatArray:
    """Give the simulated loss of each year from one scenario, in money."""
    check_length(scenario, years)
    losses = np.empty(years)
    for span, block in Draws(scenario, seed, dependence).blocks(0, years):
        losses[span] = block
    return losses


def simulate(
    scenarios: Sequence[Scenario],
    years: int = YEARS,
    seed: int = 1,
    dependence: Dependence | None = None,
) -> Simulation:
    """Simulate the yearly loss of a portfolio.

    Args:
        scenarios: one state of each scenario.
        years: number of simulated years.
        seed: whole number of 0 or more; the same seed gives the same years.
        dependence: what makes scenarios share their luck, see :mod:`reportkit.quant.dependence`; None is independent.

    Raises:
        DataError: no scenario, the same scenario twice, or more events than can be counted.
    """
    check_portfolio(scenarios)
    return _Tally(scenarios, seed, dependence).upto(years)


def simulate_until(
    scenarios: Sequence[Scenario],
    relative_error: float = 0.01,
    seed: int = 1,
    *,
    dependence: Dependence | None = None,
    most: int = MOST_YEARS,
) -> Simulation:
    """Simulate until the standard error of the ALE is small enough, and not until a number of years is.

    The simulation ends at ``most`` years in any case: look at ``relative_error`` of the result.

    Args:
        scenarios: one state of each scenario.
        relative_error: standard error of the ALE as a share of it, for example 0.01.
        seed: whole number of 0 or more.
        dependence: what makes scenarios share their luck.
        most: years after which it ends.

    Raises:
        DataError: as for simulate.
    """
    check_portfolio(scenarios)
    share("Relative error", relative_error)
    tally = _Tally(scenarios, seed, dependence)
    years = min(10_000, most)
    found = tally.upto(years)
    while found.relative_error > relative_error and years < most:
        # The error falls with the root of the years; a tenth more makes a second extension rare.
        wanted = years * (found.relative_error / relative_error) ** 2 * 1.1
        years = min(max(int(wanted), years + 10_000), 4 * years, most)
        found = tally.upto(years)
    return found


class _Tally:
    """Years simulated so far; more years continue where the last ended."""

    def __init__(
        self, scenarios: Sequence[Scenario], seed: int, dependence: Dependence | None
    ) -> None:
        self._draws = [Draws(scenario, seed, dependence) for scenario in scenarios]
        self._seed, self._dependence = seed, dependence
        self._total = self._insured = np.zeros(0)
        self._sums = np.zeros((len(scenarios), 3))

    def upto(self, years: int) -> Simulation:
        for draws in self._draws:
            check_length(draws.scenario, years)
        first = self._total.size
        self._total, self._insured = (
            np.concatenate((held, np.zeros(years - first))) for held in (self._total, self._insured)
        )
        for number, draws in enumerate(self._draws):
            for span, losses in draws.blocks(first, years):
                self._total[span] += losses
                if draws.scenario.insured:
                    self._insured[span] += losses
                self._sums[number] += (
                    losses.sum(),
                    float(np.square(losses).sum()),
                    np.count_nonzero(losses),
                )
        parts = tuple(
            _part(draws.scenario, losses, squares, int(hit), years)
            for draws, (losses, squares, hit) in zip(self._draws, self._sums.tolist(), strict=True)
        )
        return Simulation(
            parts, self._total.copy(), self._insured.copy(), self._seed, self._dependence
        )


def _part(scenario: Scenario, losses: float, squares: float, hit: int, years: int) -> Part:
    mean = losses / years
    spread = max(squares / years - mean**2, 0.0) / max(years - 1, 1)
    return Part(scenario, mean, math.sqrt(spread), hit / years)


def loss_curve(
    scenarios: Sequence[Scenario],
    method: Literal["simulation", "exact"] = "simulation",
    years: int = YEARS,
    seed: int = 1,
) -> LossCurve:
    """Give the loss curve of a portfolio of independent scenarios, simulated or exact.

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
    check_same_years(before, after)
    gap = before.total - after.total
    error = float(gap.std(ddof=1)) / math.sqrt(gap.size) if gap.size > 1 else math.inf
    return Change(float(gap.mean()), error)


def check_same_years(before: Simulation, after: Simulation) -> None:
    """Hold that two simulations can be compared year by year.

    Raises:
        DataError: simulations of different seed or length.
    """
    if (before.seed, before.years) != (after.seed, after.years):
        raise DataError(
            f"Simulations of {before.years:,} years (seed {before.seed}) and {after.years:,} years (seed {after.seed}) "
            "cannot be compared year by year; run both with the same years and seed."
        )
