"""Whether groups differ: log-rank test, restricted means, rate ratio."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reportkit.errors import DataError
from reportkit.stats.durations import Survival
from reportkit.stats.intervals import LEVEL, Interval, check_count, one_tail, z_score
from reportkit.stats.tails import FloatArray, binomial_tails, chi_squared_tail, log_choose, root

# ---- durations -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LogRank:
    """Whether items finish at the same pace in every group.

    Attributes:
        statistic: chi-squared; 0 when each group has as many events as its share at risk lets expect.
        df: degrees of freedom.
        p: how often chance alone gives such a difference, 0 to 1.
        n: items of each group with a known duration.
        observed: items of each group that finished.
        expected: items of each group that would have finished at the common pace.
    """

    statistic: float
    df: int
    p: float
    n: tuple[int, ...]
    observed: tuple[int, ...]
    expected: tuple[float, ...]


def logrank(groups: Sequence[Survival | None]) -> LogRank | None:
    """Whether things take as long in one group as in another, unfinished items included.

    Most sensitive when one group finishes faster all along; curves that cross can hide a difference.

    Args:
        groups: two or more curves of ``kaplan_meier`` or ``kaplan_meier_counts``; None where nothing is known.

    Returns:
        The test, or None when no event tells two groups apart.

    Raises:
        DataError: fewer than two groups.

    Source:
        Mantel (1966); Peto, Peto (1972), with the hypergeometric variance.
    """
    return logrank_stratified([groups])


def logrank_stratified(strata: Sequence[Sequence[Survival | None]]) -> LogRank | None:
    """Whether groups differ once another difference, such as severity, is held still.

    Args:
        strata: for each stratum the same groups in the same order; None where a group has nothing known.

    Returns:
        The test over all strata, or None when no event tells two groups apart.

    Raises:
        DataError: fewer than two groups, or strata with different numbers of groups.

    Source:
        Kalbfleisch, Prentice (1980): deviations and variances are added over strata.
    """
    sizes = {len(groups) for groups in strata}
    if len(sizes) > 1:
        raise DataError(
            f"Strata hold {' and '.join(map(str, sorted(sizes)))} groups; give every stratum the same groups, None where one is empty."
        )
    size = sizes.pop() if sizes else 2
    if size < 2:
        raise DataError(f"A comparison of {size} group is not possible; give two or more.")
    expected, variance = np.zeros(size), np.zeros((size, size))
    for groups in strata:
        more, spread = _stratum(groups)
        expected, variance = expected + more, variance + spread
    seen = [[groups[place] for groups in strata] for place in range(size)]
    n = tuple(sum(curve.n for curve in curves if curve) for curves in seen)
    observed = tuple(sum(curve.n_events for curve in curves if curve) for curves in seen)
    statistic, df = _quadratic(np.asarray(observed) - expected, variance)
    if df == 0:
        return None
    p = chi_squared_tail(statistic, df)
    return LogRank(statistic, df, p, n, observed, tuple(map(float, expected)))


def _stratum(groups: Sequence[Survival | None]) -> tuple[FloatArray, FloatArray]:
    moments = [curve.time[curve.events > 0] for curve in groups if curve]
    time = np.unique(np.concatenate([np.empty(0), *moments]))
    at_risk, died = np.zeros((len(groups), time.size)), np.zeros(time.size)
    for row, curve in zip(at_risk, groups, strict=True):
        if curve:
            row[:] = np.append(curve.at_risk, 0)[np.searchsorted(curve.time, time)]
            finished = curve.events > 0
            died[np.searchsorted(time, curve.time[finished])] += curve.events[finished]
    n = at_risk.sum(axis=0)
    share = at_risk / n
    # The last item alone cannot differ from anyone.
    factor = died * np.divide(n - died, n - 1, out=np.zeros(n.size), where=n > 1)
    variance = -(share * factor) @ share.T
    np.fill_diagonal(variance, (share * (1 - share) * factor).sum(axis=1))
    return (share * died).sum(axis=1), variance


def _quadratic(gap: FloatArray, variance: FloatArray) -> tuple[float, int]:
    free = np.diag(variance) > 0
    if not free.any():
        return 0.0, 0
    scale = np.sqrt(np.diag(variance)[free])
    # Scaled to correlations, a direction without information has a root of 0 however the groups differ in size.
    roots, directions = np.linalg.eigh(variance[np.ix_(free, free)] / np.outer(scale, scale))
    told = roots > 1e-9
    along = directions[:, told].T @ (gap[free] / scale)
    return float((along**2 / roots[told]).sum()), int(told.sum())


def rmst_difference(
    first: Survival | None, second: Survival | None, tau: float, level: float = LEVEL
) -> Interval | None:
    """How much longer one group takes than another, counted up to ``tau`` (first minus second).

    Args:
        first: curve of one group; None where nothing is known.
        second: curve of the other.
        tau: horizon, in the unit of the curves.
        level: confidence level, 0 to 1.

    Returns:
        Difference of the restricted means and its normal interval, in the unit of the curves; None when a
        curve ends before ``tau`` or has no standard error.

    Raises:
        DataError: a negative horizon.

    Source:
        Royston, Parmar (2013).
    """
    if first is None or second is None:
        return None
    one, other = first.rmst(tau), second.rmst(tau)
    error, other_error = first.rmst_se(tau), second.rmst_se(tau)
    if one is None or other is None or error is None or other_error is None:
        return None
    gap, half = one - other, z_score(level) * math.hypot(error, other_error)
    return Interval(gap, gap - half, gap + half)


# ---- rates ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RateRatio(Interval):
    """How many times as often something happens here as there.

    Attributes:
        p: how often chance alone gives such a difference, 0 to 1; below 1 - level exactly where 1 lies outside the interval.
    """

    p: float


def rate_ratio(
    first: tuple[float, float], second: tuple[float, float], level: float = LEVEL
) -> RateRatio | None:
    """How many times as often events happen in one group as in another (first over second).

    Args:
        first: (count, exposure) of one period or group.
        second: (count, exposure) of the other.
        level: confidence level, 0 to 1.

    Returns:
        Ratio of the two rates with its exact interval, infinite above when the second count is 0; None
        without exposure on one side or without any event.

    Raises:
        DataError: a negative count or exposure.

    Source:
        Przyborowski, Wilenski (1940); interval by Clopper, Pearson (1934); p twice the smaller tail, Fay (2010).
    """
    for pair in (first, second):
        check_count(*pair)
    tail = one_tail(level)
    a, b = int(first[0]), int(second[0])
    if first[1] == 0 or second[1] == 0 or a + b == 0:
        return None
    choose, even = log_choose(a + b), first[1] / second[1]
    near = a / (b + 1)
    low = 0.0 if a == 0 else root(lambda odds: tail - binomial_tails(a, choose, odds)[1], near)
    high = (
        math.inf if b == 0 else root(lambda odds: binomial_tails(a, choose, odds)[0] - tail, near)
    )
    value = a / b if b else math.inf
    p = min(1.0, 2 * min(binomial_tails(a, choose, even)))
    return RateRatio(value / even, low / even, high / even, p)
