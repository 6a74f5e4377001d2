"""A rate that is itself an estimate: each year draws its own, and the count spreads more than any fixed rate's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant.frequency import MAX_EVENTS, Frequency, NegativeBinomial, Poisson

if TYPE_CHECKING:
    from reportkit.quant.severity import Severity

FloatArray = npt.NDArray[np.float64]

#: Rates that stand for the whole range, at equal steps of probability.
NODES = 400
#: Most events a year that an uncertain rate may reach.
_MOST = 20_000


@dataclass(frozen=True)
class UncertainRate(Frequency):
    """Events that come independently of each other at a rate nobody knows exactly.

    The doubt about the rate (epistemic) and the luck of the year (aleatory) are mixed in the count; :meth:`given`
    separates them again.

    Args:
        rate: the estimate of the rate: a Pert, or a LogNormal of an interval.
        dispersion: k of a negative binomial count at each rate; None is a Poisson count.
    """

    rate: Severity
    dispersion: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self._rates[-1] <= _MOST:
            raise DataError(
                f"The uncertain rate reaches {self._rates[-1]:,.0f} events a year; at most {_MOST:,} are counted. Narrow the estimate."
            )
        self.given(0.5)

    def given(self, p: float) -> Frequency:
        """Give the count when the rate is the one that is not exceeded with probability ``p``."""
        return self._at(self.rate.value_at_risk(p))

    @property
    def mean(self) -> float:
        """Expected events a year."""
        return self.rate.mean

    @property
    def variance(self) -> float:
        """Variance of the yearly count: that of the year plus that of the rate."""
        squares = self.rate.variance + self.rate.mean**2
        clustered = 0.0 if self.dispersion is None else squares / self.dispersion
        return self.rate.mean + clustered + self.rate.variance

    def probabilities(self) -> FloatArray:
        """Probability of 0, 1, 2 ... events."""
        return self._mixture

    def generating(self, z: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
        """Expected value of ``z`` to the power of the count."""
        total = np.zeros_like(z)
        if self._mixture.size < 2 * NODES:
            for mass in self._mixture[::-1].tolist():
                total *= z
                total += mass
            return total
        for rate, weight in zip(self._rates.tolist(), self._weights.tolist(), strict=True):
            total += weight * self._at(rate).generating(z)
        return total

    def _at(self, rate: float) -> Frequency:
        if self.dispersion is None:
            return Poisson(min(rate, MAX_EVENTS))
        return NegativeBinomial(min(rate, MAX_EVENTS), self.dispersion)

    @cached_property
    def _cells(self) -> tuple[FloatArray, FloatArray]:
        # Each cell of probability is stood for by its own mean, so that the mixture keeps the mean rate exactly;
        # cells shrink towards the high end, where rates spread.
        p = np.sin(np.linspace(0, np.pi / 2, NODES + 1)) ** 2
        ends = np.concatenate(([0.0], self.rate.quantile(p[1:-1]), [math.inf]))
        survival = np.concatenate(([1.0], self.rate.survival(ends[1:-1]), [0.0]))
        limited = np.concatenate(([0.0], self.rate.limited_mean(ends[1:-1]), [self.rate.mean]))
        held = np.concatenate((ends[:-1] * survival[:-1], [0.0]))
        weights = -np.diff(survival)
        inside = np.diff(limited - held)
        return np.maximum(inside, 0.0) / np.maximum(weights, 1e-300), weights

    @property
    def _rates(self) -> FloatArray:
        return self._cells[0]

    @property
    def _weights(self) -> FloatArray:
        return self._cells[1]

    @cached_property
    def _mixture(self) -> FloatArray:
        parts = [self._at(rate).probabilities() for rate in self._rates.tolist()]
        total = np.zeros(max(part.size for part in parts))
        for part, weight in zip(parts, self._weights.tolist(), strict=True):
            total[: part.size] += weight * part
        return np.asarray(total / total.sum())
