"""Estimates of people: who said what and when, how good their earlier ones were, and several joined into one."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from reportkit.errors import DataError
from reportkit.quant.checks import share
from reportkit.quant.severity import LogNormal
from reportkit.stats import Interval, wilson


@dataclass(frozen=True)
class Estimate:
    """A calibrated interval, as one person gave it.

    Args:
        quantity: what was estimated: the loss of a scenario, its rate.
        estimator: who gave it.
        dated: the day it was given.
        low: the amount it exceeds nearly always (for 90 %: in 95 of 100 cases), more than 0.
        high: the amount it exceeds hardly ever.
        rationale: the reasons, both ways.
        level: share of outcomes that the interval should hold.
        outcome: what it came to, once it is known.
    """

    quantity: str
    estimator: str
    dated: date
    low: float
    high: float
    rationale: str = ""
    level: float = 0.9
    outcome: float | None = None

    def __post_init__(self) -> None:
        try:
            self.distribution  # noqa: B018 - asked for its refusal
        except DataError as error:
            raise DataError(f"{self.estimator} on {self.quantity}: {error.message}") from None

    @property
    def distribution(self) -> LogNormal:
        """The lognormal of the interval."""
        return LogNormal.from_interval(self.low, self.high, self.level)


@dataclass(frozen=True)
class Calibration:
    """How an estimator's intervals held what came.

    Attributes:
        estimator: who.
        estimates: intervals whose outcome is known.
        below, inside, above: where the outcomes lay.
        level: share that should lie inside.
        coverage: share that did, with its 95 % interval.
        score: probability that a well calibrated person does this badly or worse, 0 to 1.
    """

    estimator: str
    estimates: int
    below: int
    inside: int
    above: int
    level: float
    coverage: Interval
    score: float

    @property
    def sentence(self) -> str:
        """The result in words."""
        word = (
            "too few to tell"
            if self.coverage.low <= self.level <= self.coverage.high and self.estimates < 20
            else "as it should be"
            if self.coverage.low <= self.level <= self.coverage.high
            else "over-confident"
            if self.coverage.high < self.level
            else "under-confident"
        )
        return f"{self.estimator}: {self.inside} of {self.estimates} outcomes lay inside ({self.coverage.value:.0%}, target {self.level:.0%}): {word}."


def calibration(estimates: Sequence[Estimate]) -> tuple[Calibration, ...]:
    """Score every estimator whose outcomes are known, best first.

    Source:
        Cooke, Experts in Uncertainty (1991): likelihood-ratio statistic of the three bins against chi-square.
    """
    found = []
    for name in sorted({e.estimator for e in estimates}):
        mine = [(e, e.outcome) for e in estimates if e.estimator == name and e.outcome is not None]
        if not mine:
            continue
        levels = {e.level for e, _ in mine}
        if len(levels) > 1:
            raise DataError(
                f"{name} gave intervals of {' and '.join(f'{x:.0%}' for x in sorted(levels))}; score each level on its own."
            )
        level = levels.pop()
        bins = (
            sum(outcome < e.low for e, outcome in mine),
            sum(e.low <= outcome <= e.high for e, outcome in mine),
            sum(outcome > e.high for e, outcome in mine),
        )
        coverage = wilson(bins[1], len(mine)) or Interval(0.0, 0.0, 1.0)
        found.append(Calibration(name, len(mine), *bins, level, coverage, _score(bins, level)))
    return tuple(sorted(found, key=lambda c: (-c.score, c.estimator)))


def _score(bins: tuple[int, int, int], level: float) -> float:
    """Give the chi-square tail, of two degrees of freedom, of 2·n times the relative information."""
    total, tail = sum(bins), (1 - level) / 2
    information = sum(
        n / total * math.log(n / total / p)
        for n, p in zip(bins, (tail, level, tail), strict=True)
        if n
    )
    return math.exp(-total * max(information, 0.0))


def performance_weights(past: Sequence[Estimate]) -> dict[str, float]:
    """Give each estimator's weight by the score of earlier estimates; together they are 1.

    Raises:
        DataError: nobody's outcomes are known.
    """
    scores = {c.estimator: c.score for c in calibration(past)}
    if not scores:
        raise DataError(
            "No estimate has an outcome yet; pool with equal weights until some are known."
        )
    whole = sum(scores.values())
    return {name: score / whole for name, score in scores.items()}


def pool(estimates: Sequence[Estimate], weights: Mapping[str, float] | None = None) -> LogNormal:
    """Join independent estimates of one quantity into one interval.

    The estimates are mixed, not averaged: where people disagree, the joint interval is wider than any of theirs.

    Args:
        estimates: one of each estimator, given before they talked to each other.
        weights: of each estimator; equal when None. One without a weight has none.

    Raises:
        DataError: no estimate, several quantities, one person twice, or weights that give nobody a voice.
    """
    if not estimates:
        raise DataError("No estimate was given; a pool needs at least one.")
    if len({e.quantity for e in estimates}) > 1:
        raise DataError("Estimates of several quantities cannot be joined; pool each by itself.")
    if len({e.estimator for e in estimates}) < len(estimates):
        raise DataError("One estimator is in the pool twice; keep the latest estimate of each.")
    given = [1.0 if weights is None else weights.get(e.estimator, 0.0) for e in estimates]
    if min(given) < 0 or sum(given) <= 0:
        raise DataError("No estimator has a weight above 0; give at least one a weight.")
    parts = [
        (weight / sum(given), e.distribution)
        for weight, e in zip(given, estimates, strict=True)
        if weight
    ]
    level = estimates[0].level
    ends = (_quantile(parts, (1 - level) / 2), _quantile(parts, (1 + level) / 2))
    return LogNormal.from_interval(*ends, level)


def _quantile(parts: list[tuple[float, LogNormal]], p: float) -> float:
    share("Probability", p)
    ends = [part.value_at_risk(p) for _, part in parts]
    low, high = math.log(min(ends)), math.log(max(ends))
    for _ in range(80):
        middle = (low + high) / 2
        at = np.array([math.exp(middle)])
        below = sum(weight * (1 - float(part.survival(at)[0])) for weight, part in parts)
        low, high = (middle, high) if below < p else (low, middle)
    return math.exp((low + high) / 2)


def stale(
    scenario: str, estimator: str, dated: date | None, on: date, left: Collection[str] = ()
) -> str | None:
    """Say in one sentence why an estimate should not be trusted today; None when nothing is wrong.

    Args:
        scenario: what was estimated.
        estimator: who gave it.
        dated: the day it was given.
        on: today.
        left: people who left.
    """
    if dated is None:
        return (
            f"{scenario}: no day is given on which it was estimated; date it, or estimate it anew."
        )
    months = (on.year - dated.year) * 12 + on.month - dated.month - (on.day < dated.day)
    if (on.year - 1, on.month, on.day) > (dated.year, dated.month, dated.day):
        return f"{scenario}: the estimate is {months} months old ({dated:%Y-%m-%d}); review it."
    if estimator and estimator in left:
        return f"{scenario}: {estimator}, who estimated it, has left; name an owner and review it."
    if not estimator:
        return f"{scenario}: nobody stands behind the estimate; name its estimator."
    return None
