"""Which scenarios make the bad years: shares of TVaR that add up to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportkit.quant.draws import Draws

if TYPE_CHECKING:
    from reportkit.quant.portfolio import Simulation
    from reportkit.quant.scenario import Scenario

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Contribution:
    """What one scenario adds to the bad years.

    Attributes:
        scenario: the scenario.
        ale: its mean loss of a year.
        tail: its mean loss in the worst years of the whole portfolio; these sum to the portfolio's TVaR.
        share: tail as a share of the portfolio's TVaR, 0 to 1.
        mean_share: ALE as a share of the portfolio's.
    """

    scenario: Scenario
    ale: float
    tail: float
    share: float
    mean_share: float


def tail_contributions(simulation: Simulation, p: float = 0.95) -> tuple[Contribution, ...]:
    """Split the portfolio's TVaR among its scenarios, largest first.

    Args:
        simulation: simulated years.
        p: the worst ``1 - p`` of years are looked at.

    Raises:
        DataError: a probability outside 0 to 1, or beyond what the simulation can tell.

    Source:
        Euler allocation, Tasche (2000): E[X_i | S in the worst 1 - p]. Years at the quantile itself count with the
        part that belongs to the tail, as in TVaR.
    """
    value = simulation.curve.value_at_risk(p)
    total, years = simulation.total, simulation.years
    worst = np.flatnonzero(total > value)
    tied = np.flatnonzero(total == value) if value > 0 else np.empty(0, dtype=np.intp)
    inside = max((1 - p) * years - worst.size, 0.0)
    weights = np.concatenate(
        (np.ones(worst.size), np.full(tied.size, inside / tied.size if tied.size else 0.0))
    )
    at = np.concatenate((worst, tied)).astype(np.int64)
    tails = [
        _mean_in(Draws(part.scenario, simulation.seed, simulation.dependence), at, weights)
        / ((1 - p) * years)
        for part in simulation.parts
    ]
    whole, mean = sum(tails), sum(part.ale for part in simulation.parts)
    rows = [
        Contribution(
            part.scenario,
            part.ale,
            tail,
            tail / whole if whole else 0.0,
            part.ale / mean if mean else 0.0,
        )
        for part, tail in zip(simulation.parts, tails, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: (-row.tail, row.scenario.id)))


def _mean_in(draws: Draws, years: npt.NDArray[np.int64], weights: FloatArray) -> float:
    step = int(1e6 / max(draws.scenario.frequency.mean, 1.0)) or 1
    return sum(
        float(draws.yearly(years[i : i + step]) @ weights[i : i + step])
        for i in range(0, years.size, step)
    )
