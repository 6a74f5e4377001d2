"""How bad a year can be: loss exceedance, ALE, VaR and TVaR of a year's loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.exhibit import Exhibit
from reportkit.facts import Block
from reportkit.quant.checks import share
from reportkit.stats import LEVEL, Interval, wilson_band
from reportkit.stats.intervals import z_score

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Exceedance:
    """Probability that a year's loss is larger than given amounts.

    Attributes:
        loss: amounts, ascending, in money.
        probability: chance of a larger loss in a year, 0 to 1.
        low: lower end of the 95 % Wilson interval of the simulation; equal to probability when exact.
        high: upper end.
    """

    loss: FloatArray
    probability: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, eq=False, repr=False)
class LossCurve(Exhibit):
    """The distribution of a year's loss, simulated or exact.

    Attributes:
        loss: possible losses of a year, ascending, in money.
        mass: probability of each.
        years: simulated years behind the curve; None when it is exact.
    """

    loss: FloatArray
    mass: FloatArray
    years: int | None

    def __repr__(self) -> str:
        how = "exact" if self.years is None else f"{self.years:,} simulated years"
        return f"<LossCurve: {self.ale:,.0f} in a mean year, {self.value_at_risk(0.95):,.0f} or more in one of twenty, {how}>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit.showing import numbers

        return numbers.curve(self)

    @classmethod
    def from_losses(cls, losses: FloatArray) -> LossCurve:
        """Give the curve of simulated years, one loss per year, in any order.

        Raises:
            DataError: no years at all, or a loss that is negative or not a number.
        """
        ordered = np.sort(np.asarray(losses, dtype=np.float64).ravel())
        if ordered.size == 0:
            raise DataError("A loss curve needs at least one simulated year; none was given.")
        if not (ordered[0] >= 0 and math.isfinite(ordered[-1])):
            raise DataError(
                "A year's loss is negative or not a number; losses are amounts of 0 or more."
            )
        return cls(
            ordered, np.broadcast_to(np.float64(1 / ordered.size), ordered.shape), ordered.size
        )

    @property
    def ale(self) -> float:
        """Annual loss expectancy: the mean loss of a year."""
        return float((self.loss * self.mass).sum())

    @property
    def standard_deviation(self) -> float:
        """Standard deviation of a year's loss."""
        variance = float((np.square(self.loss - self.ale) * self.mass).sum())
        if self.years is not None and self.years > 1:
            variance *= self.years / (self.years - 1)
        return math.sqrt(variance)

    @property
    def standard_error(self) -> float:
        """Monte Carlo standard error of the ALE; 0 when exact."""
        return 0.0 if self.years is None else self.standard_deviation / math.sqrt(self.years)

    def probability_above(self, loss: float) -> float:
        """Chance that a year's loss is larger than ``loss``: P(loss > L)."""
        return float(self._above(np.array([loss]))[0])

    def exceedance(self, losses: FloatArray | None = None, points: int = 60) -> Exceedance:
        """Give the loss exceedance curve.

        Args:
            losses: amounts to ask for; by default a logarithmic grid over the losses that the curve can support.
            points: size of the default grid.
        """
        at = self.grid(points) if losses is None else np.asarray(losses, dtype=np.float64)
        chance = self._above(at)
        if self.years is None:
            return Exceedance(at, chance, chance, chance)
        return Exceedance(at, chance, *wilson_band(chance * self.years, self.years))

    def grid(self, points: int = 60) -> FloatArray:
        """Give amounts at equal steps of their logarithm, from the smallest losses to the last well-known ones.

        A simulated curve ends where only ten years are worse, never at the largest simulated loss, which grows with
        the number of years. An exact one ends at 1 in 100,000. Empty when no year has a loss.
        """
        rare = 1e-5 if self.years is None else min(10 / self.years, 0.5)
        high = self._quantile(1 - rare)
        positive = self.loss > 0
        if high <= 0:
            return np.empty(0)
        loss, reached = self.loss[positive], np.cumsum(self.mass[positive])
        low = float(loss[np.searchsorted(reached, 0.01 * reached[-1])])
        return np.geomspace(min(low, high), high, points)

    def value_at_risk(self, p: float) -> float:
        """Loss that a year does not exceed with probability ``p``: VaR, the lower quantile.

        Raises:
            DataError: a probability outside 0 to 1, or beyond what the curve can tell.
        """
        self._check_tail(p)
        return self._quantile(p)

    def tail_value_at_risk(self, p: float) -> float:
        """Mean loss of the worst ``1 - p`` of years: TVaR, also called expected shortfall.

        A year at the quantile counts only with the part that belongs to the worst ``1 - p``.

        Raises:
            DataError: a probability outside 0 to 1, or beyond what the curve can tell.

        Source:
            Acerbi, Tasche (2002).
        """
        self._check_tail(p)
        index = self._index(p)
        inside = max(float(self._reached[index]) - p, 0.0)
        beyond = float((self.loss[index + 1 :] * self.mass[index + 1 :]).sum())
        return (beyond + inside * float(self.loss[index])) / (1 - p)

    def value_at_risk_interval(self, p: float) -> Interval:
        """VaR with the 95 % interval of the simulation, by order statistics; no width when exact."""
        value = self.value_at_risk(p)
        if self.years is None:
            return Interval(value, value, value)
        half = z_score(LEVEL) * math.sqrt(self.years * p * (1 - p))
        low = max(math.floor(self.years * p - half) - 1, 0)
        high = min(math.ceil(self.years * p + half), self.years - 1)
        return Interval(value, float(self.loss[low]), float(self.loss[high]))

    def mapped(self, change: Callable[[FloatArray], FloatArray]) -> LossCurve:
        """Give the curve after a change that keeps the order of losses, such as an insurance cover."""
        return LossCurve(change(self.loss), self.mass, self.years)

    def _above(self, losses: FloatArray) -> FloatArray:
        place = np.searchsorted(self.loss, losses, side="right")
        return np.asarray(self._remaining[place])

    def _quantile(self, p: float) -> float:
        return float(self.loss[self._index(p)])

    def _index(self, p: float) -> int:
        # A cumulated probability may miss p by rounding alone.
        place = int(np.searchsorted(self._reached, p - 1e-12))
        return min(place, self.loss.size - 1)

    def _check_tail(self, p: float) -> None:
        share("Probability", p)
        last = float(self.mass[-1])
        if 1 - p < last * (1 - 1e-9):
            raise DataError(
                f"The curve cannot tell the worst {1 - p:.2g} of years; its last step is {last:.2g}. "
                "Ask for a smaller probability or simulate more years."
            )

    @cached_property
    def _reached(self) -> FloatArray:
        if self.years is not None:
            return np.arange(1, self.years + 1) / self.years
        return np.cumsum(self.mass)

    @cached_property
    def _remaining(self) -> FloatArray:
        if self.years is not None:
            return np.arange(self.years, -1, -1) / self.years
        return np.append(np.cumsum(self.mass[::-1])[::-1], 0.0)
