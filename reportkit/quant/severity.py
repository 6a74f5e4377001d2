"""How much one event costs."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant import normal
from reportkit.quant.beta import regularised
from reportkit.quant.checks import amount, rising, share

FloatArray = npt.NDArray[np.float64]
_NORMAL = NormalDist()

#: Widest lognormal: beyond it the high end is more than 10^17 times the low end.
MAX_SIGMA = 12


class Severity(ABC):
    """A distribution of the loss of one event, in money."""

    @property
    @abstractmethod
    def mean(self) -> float:
        """Expected loss of one event."""

    @property
    @abstractmethod
    def variance(self) -> float:
        """Variance of the loss of one event."""

    @abstractmethod
    def survival(self, loss: FloatArray) -> FloatArray:
        """Probability that one event costs more than each ``loss``."""

    @abstractmethod
    def quantile(self, p: FloatArray) -> FloatArray:
        """Loss that one event does not exceed with each probability ``p``, strictly between 0 and 1."""

    @abstractmethod
    def limited_mean(self, limit: FloatArray) -> FloatArray:
        """Expected loss of one event when nothing above each ``limit`` counts."""

    @property
    def stepped(self) -> bool:
        """Whether the loss takes single values, so that its survival function jumps."""
        return False

    def value_at_risk(self, p: float) -> float:
        """Loss that one event does not exceed with probability ``p``: the VaR of one event."""
        return float(self.quantile(np.array([share("Probability", p)]))[0])

    def tail_value_at_risk(self, p: float) -> float:
        """Mean of the worst ``1 - p`` of events: the TVaR of one event."""
        floor = self.value_at_risk(p)
        beyond = self.mean - float(self.limited_mean(np.array([floor]))[0])
        return floor + beyond / (1 - p)


@dataclass(frozen=True)
class LogNormal(Severity):
    """A loss whose logarithm is normal: mostly modest, sometimes very large.

    Args:
        mu: mean of the logarithm.
        sigma: standard deviation of the logarithm, more than 0.
        cap: the most that can be lost, for example the balance sheet; larger draws count as the cap.
    """

    mu: float
    sigma: float
    cap: float = math.inf

    def __post_init__(self) -> None:
        if not math.isfinite(self.mu) or not 0 < self.sigma <= MAX_SIGMA:
            raise DataError(
                f"Lognormal with mu {self.mu:g} and sigma {self.sigma:g} is not allowed; "
                f"sigma lies above 0 and up to {MAX_SIGMA}. Narrow the interval."
            )
        if not self.cap > 0:
            raise DataError(f"Cap is {self.cap:,.12g}; give an amount above 0.")

    @classmethod
    def from_interval(
        cls, low: float, high: float, level: float = 0.9, cap: float | None = None
    ) -> LogNormal:
        """Give the lognormal loss of a calibrated interval.

        Args:
            low: amount that one event exceeds nearly always (for 90 %: in 95 of 100 cases), more than 0.
            high: amount that it exceeds hardly ever (for 90 %: in 5 of 100 cases).
            level: share of events inside the interval.
            cap: the most that can be lost, at least ``high``.

        Raises:
            DataError: an interval upside down, a low end of 0 or less, or a cap below the high end.
        """
        if amount("Low end of the loss", low) == 0:
            raise DataError(
                "Low end of the loss is 0; a lognormal loss is above 0, give the smallest plausible amount."
            )
        rising("Loss interval", low, amount("High end of the loss", high))
        if cap is not None and not cap >= high:
            raise DataError(
                f"Cap {cap:,.12g} is below the high end {high:,.12g} of the loss interval; raise the cap or lower the interval."
            )
        width = 2 * _NORMAL.inv_cdf(0.5 + share("Level of the interval", level) / 2)
        return cls(
            (math.log(low) + math.log(high)) / 2,
            (math.log(high) - math.log(low)) / width,
            math.inf if cap is None else cap,
        )

    @classmethod
    def from_exceedance(cls, first: tuple[float, float], second: tuple[float, float]) -> LogNormal:
        """Give the lognormal loss through two points (loss, probability of more), the smaller loss first.

        Raises:
            DataError: losses that do not rise, or probabilities that do not fall.
        """
        rising("Losses", amount("Loss", first[0]), amount("Loss", second[0]))
        rising("Probabilities", share("Probability", second[1]), share("Probability", first[1]))
        a, b = (-_NORMAL.inv_cdf(p) for _, p in (first, second))
        sigma = math.log(second[0] / first[0]) / (b - a)
        return cls(math.log(first[0]) - a * sigma, sigma)

    @classmethod
    def from_moments(cls, mean: float, deviation: float) -> LogNormal:
        """Give the lognormal amount with this mean and standard deviation, both more than 0.

        Raises:
            DataError: a mean or a deviation of 0 or less.
        """
        if amount("Mean", mean) == 0 or amount("Standard deviation", deviation) == 0:
            raise DataError(
                f"Mean {mean:,.12g} and standard deviation {deviation:,.12g} must both be above 0; give a constant another way."
            )
        variance = math.log1p((deviation / mean) ** 2)
        return cls(math.log(mean) - variance / 2, math.sqrt(variance))

    @property
    def median(self) -> float:
        """Loss that half of the events exceed."""
        return min(math.exp(self.mu), self.cap)

    @property
    def mean(self) -> float:
        """Expected loss of one event, with the cap."""
        return self._moment(1)

    @property
    def variance(self) -> float:
        """Variance of the loss of one event, with the cap."""
        return self._moment(2) - self._moment(1) ** 2

    def _moment(self, order: int) -> float:
        whole = math.exp(order * self.mu + (order * self.sigma) ** 2 / 2)
        if math.isinf(self.cap):
            return whole
        z = (math.log(self.cap) - self.mu) / self.sigma
        above = math.erfc(z / math.sqrt(2)) / 2
        return whole * _NORMAL.cdf(z - order * self.sigma) + self.cap**order * above

    def survival(self, loss: FloatArray) -> FloatArray:
        """Probability that one event costs more than each ``loss``."""
        return np.where(loss < self.cap, normal.survival(self._standard(loss)), 0.0)

    def quantile(self, p: FloatArray) -> FloatArray:
        """Loss that one event does not exceed with each probability ``p``."""
        loss = normal.quantile(p)
        loss *= self.sigma
        loss += self.mu
        np.exp(loss, out=loss)
        return loss if math.isinf(self.cap) else np.minimum(loss, self.cap, out=loss)

    def limited_mean(self, limit: FloatArray) -> FloatArray:
        """Expected loss of one event when nothing above each ``limit`` counts."""
        reach = np.minimum(limit, self.cap)
        z = self._standard(reach)
        whole = math.exp(self.mu + self.sigma**2 / 2)
        with np.errstate(invalid="ignore"):
            above = np.where(np.isinf(reach), 0.0, reach * normal.survival(z))
        return np.asarray(whole * normal.survival(self.sigma - z) + above)

    def _standard(self, loss: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            return np.asarray((np.log(np.maximum(loss, 0.0)) - self.mu) / self.sigma)


@dataclass(frozen=True)
class Pert(Severity):
    """An amount between two hard limits with a most likely value: Vose's modified PERT.

    Also fits an uncertain rate. It has no tail beyond ``high``: use a lognormal where the worst is open.

    Args:
        low: smallest possible amount, 0 or more.
        mode: most likely amount.
        high: largest possible amount.
        gamma: weight of the mode; 4 is usual, less is less sure.

    Source:
        Vose, Risk Analysis (2008).
    """

    low: float
    mode: float
    high: float
    gamma: float = 4.0

    def __post_init__(self) -> None:
        rising("Range", amount("Low end", self.low), amount("High end", self.high))
        if not self.low <= self.mode <= self.high:
            raise DataError(
                f"Most likely value {self.mode:,.12g} lies outside the range {self.low:,.12g} to {self.high:,.12g}; put it inside."
            )
        if amount("Weight of the mode", self.gamma) == 0:
            raise DataError("Weight of the mode is 0; give a number above 0, usually 4.")

    @property
    def alpha(self) -> float:
        """First shape of the beta distribution underneath."""
        return 1 + self.gamma * (self.mode - self.low) / (self.high - self.low)

    @property
    def beta(self) -> float:
        """Second shape of the beta distribution underneath."""
        return 1 + self.gamma * (self.high - self.mode) / (self.high - self.low)

    @property
    def mean(self) -> float:
        """Expected amount."""
        return (self.low + self.gamma * self.mode + self.high) / (self.gamma + 2)

    @property
    def variance(self) -> float:
        """Variance of the amount."""
        return (self.mean - self.low) * (self.high - self.mean) / (self.gamma + 3)

    def survival(self, loss: FloatArray) -> FloatArray:
        """Probability of more than each ``loss``."""
        return regularised(self.beta, self.alpha, 1 - self._unit(loss))

    def quantile(self, p: FloatArray) -> FloatArray:
        """Amount not exceeded with each probability ``p``, read from a table to 1e-6 of the range."""
        return np.interp(p, *self._table)

    def limited_mean(self, limit: FloatArray) -> FloatArray:
        """Expected amount when nothing above each ``limit`` counts."""
        unit = self._unit(limit)
        reach = self.low + unit * (self.high - self.low)
        below = self.low * regularised(self.alpha, self.beta, unit)
        below += (self.mean - self.low) * regularised(self.alpha + 1, self.beta, unit)
        capped = np.minimum(limit, reach) * regularised(self.beta, self.alpha, 1 - unit)
        return np.where(limit < self.low, limit, below + capped)

    def _unit(self, loss: FloatArray) -> FloatArray:
        return np.clip((np.asarray(loss) - self.low) / (self.high - self.low), 0.0, 1.0)

    @property
    def _table(self) -> tuple[FloatArray, FloatArray]:
        reached, unit = _beta_table(self.alpha, self.beta)
        return reached, self.low + unit * (self.high - self.low)


@lru_cache(maxsize=64)
def _beta_table(alpha: float, beta: float) -> tuple[FloatArray, FloatArray]:
    """Give the distribution function of a beta variable, and where it was computed."""
    # Nodes crowd at both ends, where the quantile of a beta distribution is steep.
    unit = np.sin(np.linspace(0, np.pi / 2, 8193)) ** 2
    return regularised(alpha, beta, unit), unit
