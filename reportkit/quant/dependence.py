"""Scenarios that move together: a shared cause that hits several, or counts that rise together.

Either way each scenario alone keeps its rate, its count and its ALE; only bad years meet more often. Show the result
beside the independent one: the difference is what the assumption adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant.checks import amount
from reportkit.quant.draws import Source, bits_needed, looked_up, own_source
from reportkit.quant.frequency import Poisson
from reportkit.quant.normal import quantile
from reportkit.quant.streams import Stream, place

if TYPE_CHECKING:
    from reportkit.quant.draws import IntArray
    from reportkit.quant.scenario import Scenario

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GroupCopula:
    """Counts of one group rise together: a Gaussian copula with one factor for each group.

    Args:
        correlation: of the normal numbers behind the counts of two scenarios of a group, 0 to 1.
    """

    correlation: float

    def __post_init__(self) -> None:
        if not 0 <= self.correlation <= 1:
            raise DataError(
                f"Correlation {self.correlation:g} within a group is not allowed; give 0 to 1."
            )

    def sources(self, scenario: Scenario, seed: int) -> tuple[Source, ...]:
        """Give where the events of a scenario come from."""
        if not scenario.group:
            return (own_source(scenario, seed),)
        own = Stream.named(seed, scenario.id, "count")
        shared = Stream.named(seed, "group", scenario.group)
        common, alone = self.correlation**0.5, (1 - self.correlation) ** 0.5

        def luck(years: IntArray) -> FloatArray:
            places = place(years)
            return np.asarray(common * shared.normal(places) + alone * own.normal(places))

        return (Source(_normal_bars(scenario), luck),)


@dataclass(frozen=True, eq=False)
class GaussianCopula:
    """Counts rise together by a matrix of correlations.

    Args:
        ids: scenarios in the order of the matrix; all others stay independent.
        matrix: correlations of the normal numbers behind the counts, symmetric, 1 on the diagonal. Add new
            scenarios at the end: earlier ones then keep their luck.
    """

    ids: tuple[str, ...]
    matrix: FloatArray

    def __post_init__(self) -> None:
        given = np.asarray(self.matrix, dtype=np.float64)
        size = len(self.ids)
        if len(set(self.ids)) != size or given.shape != (size, size):
            raise DataError(
                f"The correlation matrix is {' x '.join(map(str, given.shape))} for {size} scenario ids; "
                "give one row and one column for each id, each id once."
            )
        if not (np.allclose(given, given.T) and np.allclose(np.diag(given), 1)):
            raise DataError(
                "The correlation matrix is not symmetric with 1 on its diagonal; mend it."
            )
        if float(np.linalg.eigvalsh(given).min()) < 1e-10:
            raise DataError(
                "The correlations contradict each other (the matrix is not positive definite); lower the largest ones."
            )

    @cached_property
    def _root(self) -> FloatArray:
        return np.asarray(np.linalg.cholesky(np.asarray(self.matrix, dtype=np.float64)))

    def sources(self, scenario: Scenario, seed: int) -> tuple[Source, ...]:
        """Give where the events of a scenario come from."""
        if scenario.id not in self.ids:
            return (own_source(scenario, seed),)
        row = self._root[self.ids.index(scenario.id)].tolist()
        loads = [
            (weight, Stream.named(seed, name, "count"))
            for weight, name in zip(row, self.ids, strict=True)
            if weight
        ]

        def luck(years: IntArray) -> FloatArray:
            places = place(years)
            return np.asarray(sum(weight * stream.normal(places) for weight, stream in loads))

        return (Source(_normal_bars(scenario), luck),)


@dataclass(frozen=True)
class SharedCause:
    """One event that hits several scenarios at once: a supplier fails, a product is exploited everywhere.

    Args:
        name: stable name; the luck of the cause hangs on it.
        rate: how often the cause happens in a year.
        shares: for each scenario the share of its own events that come from this cause. Each must come to at most
            one event for each time the cause happens.
    """

    name: str
    rate: float
    shares: Mapping[str, float] = field(hash=False)

    def __post_init__(self) -> None:
        if amount("Rate of the shared cause", self.rate) == 0:
            raise DataError("Rate of the shared cause is 0; give a rate above 0, or leave it out.")
        for name, part in self.shares.items():
            if not 0 <= part <= 1:
                raise DataError(
                    f"Share of scenario {name!r} in cause {self.name!r} is {part:g}; give 0 to 1."
                )

    def hits(self, scenario: Scenario) -> float:
        """Give the chance that the cause hits a scenario when it happens.

        Raises:
            DataError: a scenario that does not count as Poisson, or would be hit more than once.
        """
        part = self.shares.get(scenario.id, 0.0)
        if part and not isinstance(scenario.frequency, Poisson):
            raise DataError(
                f"Scenario {scenario.id!r} shares a cause but does not count as Poisson; use a Poisson rate, or a copula."
            )
        chance = part * scenario.frequency.mean / self.rate
        if chance > 1 + 1e-12:
            raise DataError(
                f"Cause {self.name!r} happens {self.rate:g} times a year and cannot bring {part * scenario.frequency.mean:g} events "
                f"of scenario {scenario.id!r}; raise its rate or lower the share."
            )
        return min(chance, 1.0)

    def sources(self, scenario: Scenario, seed: int) -> tuple[Source, ...]:
        """Give where the events of a scenario come from."""
        return SharedCauses((self,)).sources(scenario, seed)


@dataclass(frozen=True)
class SharedCauses:
    """Several shared causes that happen independently of each other.

    Args:
        causes: each with its own name.
    """

    causes: tuple[SharedCause, ...]

    def sources(self, scenario: Scenario, seed: int) -> tuple[Source, ...]:
        """Give where the events of a scenario come from.

        Raises:
            DataError: shares that sum to more than 1, or as for :meth:`SharedCause.hits`.
        """
        mine = [(cause, cause.hits(scenario)) for cause in self.causes]
        mine = [(cause, chance) for cause, chance in mine if chance > 0]
        if not mine:
            return (own_source(scenario, seed),)
        rest = 1 - sum(cause.shares[scenario.id] for cause, _ in mine)
        if rest < -1e-12:
            raise DataError(
                f"Shared causes bring {1 - rest:.0%} of the events of scenario {scenario.id!r}; shares sum to at most 100 %."
            )
        own = Stream.named(seed, scenario.id, "count")
        found = [
            Source(
                bits_needed(Poisson(max(rest, 0.0) * scenario.frequency.mean).thresholds()),
                looked_up(own),
            )
        ]
        for cause, chance in mine:
            found.append(
                Source(
                    bits_needed(Poisson(cause.rate).thresholds()),
                    looked_up(Stream.named(seed, "cause", cause.name)),
                    chance,
                    cause.name,
                )
            )
        return tuple(found)


def _normal_bars(scenario: Scenario) -> FloatArray:
    thresholds = scenario.frequency.thresholds()
    inner = thresholds[thresholds < 1]
    positive = np.maximum(inner, 1e-300)
    return np.where(inner > 0, quantile(positive), -np.inf)
