"""How often a loss happens in a year."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant.checks import amount

FloatArray = npt.NDArray[np.float64]

#: Most events a year that are worth counting one by one.
MAX_EVENTS = 1_000_000


class Frequency(ABC):
    """A distribution of the number of events in a year."""

    @property
    @abstractmethod
    def mean(self) -> float:
        """Expected events a year."""

    @property
    @abstractmethod
    def variance(self) -> float:
        """Variance of the yearly count."""

    @abstractmethod
    def probabilities(self) -> FloatArray:
        """Probability of 0, 1, 2 ... events, until nothing worth counting is left."""

    @abstractmethod
    def generating(self, z: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
        """Expected value of ``z`` to the power of the count."""

    def thresholds(self) -> FloatArray:
        """Numbers that a uniform one must reach for the first, second, third ... event of a year."""
        reached = np.cumsum(self.probabilities())
        reached = reached[reached < 1]
        return np.append(reached, 1.0)


@dataclass(frozen=True)
class Poisson(Frequency):
    """Events that come independently of each other.

    Args:
        rate: expected events a year, 0 or more.
    """

    rate: float

    def __post_init__(self) -> None:
        _bounded("Rate", self.rate)

    @property
    def mean(self) -> float:
        """Expected events a year."""
        return self.rate

    @property
    def variance(self) -> float:
        """Variance of the yearly count."""
        return self.rate

    def probabilities(self) -> FloatArray:
        """Probability of 0, 1, 2 ... events."""
        if self.rate == 0:
            return np.ones(1)
        k = np.arange(1, math.ceil(self.rate + 12 * math.sqrt(self.rate) + 40))
        steps = np.concatenate(([0.0], np.cumsum(math.log(self.rate) - np.log(k))))
        return np.asarray(np.exp(steps - self.rate))

    def generating(self, z: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
        """Expected value of ``z`` to the power of the count."""
        return np.asarray(np.exp(self.rate * (z - 1)))


@dataclass(frozen=True)
class NegativeBinomial(Frequency):
    """Events that cluster: some years have many, others none.

    Args:
        rate: expected events a year, 0 or more.
        dispersion: k, more than 0; the variance is rate + rate²/k, so a small k clusters more.
    """

    rate: float
    dispersion: float

    def __post_init__(self) -> None:
        _bounded("Rate", self.rate)
        if amount("Dispersion", self.dispersion) == 0:
            raise DataError(
                "Dispersion is 0; give a number above 0, or use a Poisson frequency for no clustering."
            )

    @property
    def mean(self) -> float:
        """Expected events a year."""
        return self.rate

    @property
    def variance(self) -> float:
        """Variance of the yearly count."""
        return self.rate + self.rate**2 / self.dispersion

    def probabilities(self) -> FloatArray:
        """Probability of 0, 1, 2 ... events."""
        if self.rate == 0:
            return np.ones(1)
        none = -self.dispersion * math.log1p(self.rate / self.dispersion)
        again = -math.log1p(self.dispersion / self.rate)
        # In the tail the terms fall by the ratio exp(again); forty of its lifetimes leave less than 1e-16.
        last = math.ceil(self.rate + 12 * math.sqrt(self.variance) - 40 / again + 40)
        if last > 20 * MAX_EVENTS:
            raise DataError(
                f"Rate {self.rate:g} with dispersion {self.dispersion:g} clusters too strongly to count; "
                "raise the dispersion or lower the rate."
            )
        k = np.arange(1, last)
        steps = np.cumsum(np.log((self.dispersion + k - 1) / k) + again)
        return np.asarray(np.exp(none + np.concatenate(([0.0], steps))))

    def generating(self, z: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
        """Expected value of ``z`` to the power of the count."""
        return np.asarray((1 + self.rate / self.dispersion * (1 - z)) ** -self.dispersion)


@dataclass(frozen=True)
class Bernoulli(Frequency):
    """At most one event a year, and that is truly meant.

    Args:
        probability: chance of the event in a year, 0 to 1.
    """

    probability: float

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise DataError(
                f"Probability {self.probability:g} is not allowed; give 0 to 1, or use a Poisson rate for more events."
            )

    @property
    def mean(self) -> float:
        """Expected events a year."""
        return self.probability

    @property
    def variance(self) -> float:
        """Variance of the yearly count."""
        return self.probability * (1 - self.probability)

    def probabilities(self) -> FloatArray:
        """Probability of 0 and of 1 event."""
        return np.array([1 - self.probability, self.probability])

    def generating(self, z: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
        """Expected value of ``z`` to the power of the count."""
        return np.asarray(1 - self.probability + self.probability * z)


def _bounded(name: str, rate: float) -> None:
    if amount(name, rate) > MAX_EVENTS:
        raise DataError(
            f"{name} is {rate:,.12g} events a year; at most {MAX_EVENTS:,} are counted one by one."
        )
