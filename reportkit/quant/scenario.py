"""A way to lose money: how often it is tried, whether it succeeds, and what it costs when it does."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reportkit.errors import DataError
from reportkit.quant.contest import Contest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportkit.quant.frequency import Frequency
    from reportkit.quant.severity import Severity


@dataclass(frozen=True)
class Secondary:
    """A further loss that a part of the events brings with it: fines, claims, customers who leave.

    Args:
        probability: share of events that bring it, 0 to 1.
        severity: what it costs when it comes, on top of the first loss of the same event.
    """

    probability: float
    severity: Severity

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise DataError(
                f"Share of events with a secondary loss is {self.probability:g}; give 0 to 1."
            )


@dataclass(frozen=True)
class Scenario:
    """A way to lose money: how often it happens in a year, and what it costs when it does.

    Args:
        id: stable name; the luck of the simulation hangs on it, so all states of one scenario share it.
        frequency: distribution of the number of events in a year (of attempts, where vulnerability is below 1).
        severity: distribution of the first loss of one event, in money.
        name: what readers call it.
        state: current, residual or the name of an option.
        insured: whether its losses fall under the insurance.
        secondary: a further loss on a share of the same events.
        vulnerability: share of attempts that become a loss, or the contest that decides each of them. A lower one
            leaves a subset of the same events, so before and after differ by what the control stops and nothing else.
        group: scenarios of one group share a cause, see :mod:`reportkit.quant.dependence`.
    """

    id: str
    frequency: Frequency
    severity: Severity
    name: str = ""
    state: str = "current"
    insured: bool = False
    secondary: Secondary | None = None
    vulnerability: float | Contest = 1.0
    group: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            raise DataError("A scenario has no id; give each scenario a stable name.")
        if not (isinstance(self.vulnerability, Contest) or 0 <= self.vulnerability <= 1):
            raise DataError(
                f"Scenario {self.id!r} has a vulnerability of {self.vulnerability:g}; give a share between 0 and 1."
            )

    @property
    def succeeding(self) -> float:
        """Share of attempts that become a loss."""
        if isinstance(self.vulnerability, Contest):
            return self.vulnerability.probability
        return self.vulnerability

    @property
    def rate(self) -> float:
        """Expected loss events a year."""
        return self.frequency.mean * self.succeeding

    @property
    def event_loss(self) -> float:
        """Expected loss of one event, secondary loss included."""
        more = self.secondary
        return self.severity.mean + (more.probability * more.severity.mean if more else 0.0)

    @property
    def ale(self) -> float:
        """Annual loss expectancy in closed form."""
        return self.rate * self.event_loss

    @property
    def standard_deviation(self) -> float:
        """Standard deviation of a year's loss in closed form."""
        v, more = self.succeeding, self.secondary
        counted = v**2 * self.frequency.variance + v * (1 - v) * self.frequency.mean
        variance = self.severity.variance
        if more:
            second = more.severity.variance + more.severity.mean**2
            variance += more.probability * second - (more.probability * more.severity.mean) ** 2
        return math.sqrt(self.rate * variance + counted * self.event_loss**2)

    def thinned(self, keep: float, state: str = "") -> Scenario:
        """Give the scenario after a control that stops events: a share ``keep`` of the same events remains.

        Raises:
            DataError: a share outside 0 to 1, or a vulnerability that is a contest (change its strengths instead).
        """
        if isinstance(self.vulnerability, Contest):
            raise DataError(
                f"Scenario {self.id!r} decides each attempt by a contest; raise a control's strength instead of thinning it."
            )
        if not 0 <= keep <= 1:
            raise DataError(
                f"Share of events that remains is {keep:g}; give 0 to 1 (0.4 where a control stops 60 %)."
            )
        return replace(self, vulnerability=self.vulnerability * keep, state=state or self.state)

    def scaled(self, factor: float, state: str = "") -> Scenario:
        """Give the scenario after a control that lets each event cost ``factor`` times as much, secondary loss included.

        Raises:
            DataError: a factor of 0 or less.
        """
        from reportkit.quant.shapes import Scaled

        more = self.secondary
        return replace(
            self,
            severity=Scaled(self.severity, factor),
            secondary=Secondary(more.probability, Scaled(more.severity, factor)) if more else None,
            state=state or self.state,
        )


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
