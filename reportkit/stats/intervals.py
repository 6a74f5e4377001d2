"""How sure is a share, a count or a total: estimates with their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np

from reportkit.errors import DataError
from reportkit.stats.tails import FloatArray, binomial_tails, log_choose, poisson_cdf, root

#: Confidence level of every interval unless another is asked for.
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate and the interval around it.

    Attributes:
        value: the estimate.
        low: lower end.
        high: upper end.
    """

    value: float
    low: float
    high: float

    def contains(self, number: float) -> bool:
        """Whether a number lies in the interval, ends included."""
        return self.low <= number <= self.high


@cache
def z_score(level: float) -> float:
    """Half-width, in standard deviations, of a two-sided normal interval.

    Raises:
        DataError: a level outside 0 to 1.
    """
    if not 0 < level < 1:
        raise DataError(
            f"Interval level {level:g} is not allowed; give a share between 0 and 1, such as 0.95."
        )
    return NormalDist().inv_cdf(0.5 + level / 2)


# ---- shares --------------------------------------------------------------------------------------------------------


def wilson(successes: float, n: float, level: float = LEVEL) -> Interval | None:
    """How sure a share is: the Wilson score interval.

    Args:
        successes: 0 to ``n``.
        n: size of the group.
        level: confidence level, 0 to 1.

    Returns:
        Share and interval from 0 to 1, or None for an empty group.

    Raises:
        DataError: a negative count, or more successes than items.

    Source:
        Wilson (1927).
    """
    _check_share(successes, n)
    if n == 0:
        return None
    low, high = wilson_band(np.asarray([successes], dtype=np.float64), n, level)
    return Interval(successes / n, float(low[0]), float(high[0]))


def wilson_band(
    successes: FloatArray, n: float, level: float = LEVEL
) -> tuple[FloatArray, FloatArray]:
    """Wilson interval ends for many counts out of the same ``n`` (more than 0)."""
    z2 = z_score(level) ** 2
    share = successes / n
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * share * (1 - share) / n + z2**2 / (4 * n * n)) / (1 + z2 / n)
    # Rounding must not push the share itself out of its interval at 0 and 1.
    return np.clip(np.minimum(centre - half, share), 0, 1), np.clip(
        np.maximum(centre + half, share), 0, 1
    )


def newcombe(
    first: tuple[float, float], second: tuple[float, float], level: float = LEVEL
) -> Interval | None:
    """How far two independent shares differ (first minus second), with Newcombe's interval.

    Args:
        first: (successes, n) of one group.
        second: (successes, n) of the other.
        level: confidence level, 0 to 1.

    Returns:
        Difference and interval, or None when a group is empty.

    Source:
        Newcombe (1998), method 10.
    """
    a, b = wilson(*first, level), wilson(*second, level)
    if a is None or b is None:
        return None
    gap = a.value - b.value
    return Interval(
        gap,
        gap - math.hypot(a.value - a.low, b.high - b.value),
        gap + math.hypot(a.high - a.value, b.value - b.low),
    )


def proportions_differ(
    first: tuple[float, float], second: tuple[float, float], level: float = LEVEL
) -> bool | None:
    """Whether two shares differ by more than noise; None when a group is empty.

    Args:
        first: (successes, n) of one group.
        second: (successes, n) of the other.
        level: confidence level, 0 to 1.
    """
    gap = newcombe(first, second, level)
    return None if gap is None else not gap.contains(0)


def _check_share(successes: float, n: float) -> None:
    if not 0 <= successes <= n:
        raise DataError(
            f"{successes:g} out of {n:g} is not a share; the part must lie between 0 and the whole. Check the two counts."
        )


# ---- counts --------------------------------------------------------------------------------------------------------


def poisson_exact(count: int, exposure: float = 1.0, level: float = LEVEL) -> Interval | None:
    """How sure a rate is that comes from a count: the exact Poisson interval.

    Args:
        count: events seen.
        exposure: time or size over which they were counted.
        level: confidence level, 0 to 1.

    Returns:
        Rate per unit of exposure and its interval, or None without exposure.

    Raises:
        DataError: a negative count or exposure.

    Source:
        Garwood (1936).
    """
    check_count(count, exposure)
    tail = one_tail(level)
    if exposure == 0:
        return None
    low = 0.0 if count == 0 else root(lambda mu: poisson_cdf(count - 1, mu) - (1 - tail), count)
    high = root(lambda mu: poisson_cdf(count, mu) - tail, count)
    return Interval(count / exposure, low / exposure, high / exposure)


def counts_differ(
    first: tuple[float, float], second: tuple[float, float], level: float = LEVEL
) -> bool | None:
    """Whether two counts differ by more than noise, given the time or size each was counted over.

    Args:
        first: (count, exposure) of one period or group.
        second: (count, exposure) of the other.
        level: confidence level, 0 to 1.

    Returns:
        The answer of the exact conditional test, or None without exposure on one side.

    Raises:
        DataError: a negative count or exposure.

    Source:
        Przyborowski, Wilenski (1940): given the total, the first count is binomial.
    """
    for pair in (first, second):
        check_count(*pair)
    tail = one_tail(level)
    if first[1] == 0 or second[1] == 0:
        return None
    count, total = int(first[0]), int(first[0]) + int(second[0])
    if total == 0:
        return False
    return min(binomial_tails(count, log_choose(total), first[1] / second[1])) < tail


def check_count(count: float, exposure: float) -> None:
    """Refuse what is not a count over a time or size.

    Raises:
        DataError: a negative or broken count, or a negative exposure.
    """
    if not (count >= 0 and float(count).is_integer()):
        raise DataError(f"Count {count:g} is not allowed; give a whole number of 0 or more.")
    if not 0 <= exposure < math.inf:
        raise DataError(f"Exposure {exposure:g} is not allowed; give a time or size of 0 or more.")


def one_tail(level: float) -> float:
    """Share left outside an interval on each side.

    Raises:
        DataError: a level outside 0 to 1.
    """
    z_score(level)
    return (1 - level) / 2


# ---- how many are there --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Population:
    """How many there are in all, seen and unseen.

    Attributes:
        total: estimate of all.
        low: lower end of the 95 % interval, never below ``seen``.
        high: upper end.
        seen: distinct items in at least one list.
    """

    total: float
    low: float
    high: float
    seen: int


def chapman(n1: int, n2: int, m: int) -> Population | None:
    """How many there are in all, when two independent lists overlap.

    Lists that miss the same items make the estimate a lower bound.

    Args:
        n1: items on the first list.
        n2: items on the second list.
        m: items on both.

    Returns:
        The estimate, or None when either list is empty.

    Raises:
        DataError: negative counts, or an overlap larger than a list.

    Source:
        Chapman (1951); variance by Seber (1970); interval by Chao (1987).
    """
    if min(n1, n2, m) < 0 or m > min(n1, n2):
        raise DataError(
            f"Lists of {n1} and {n2} cannot share {m}; the overlap lies between 0 and the shorter list. Check the match."
        )
    if n1 == 0 or n2 == 0:
        return None
    seen = n1 + n2 - m
    total = (n1 + 1) * (n2 + 1) / (m + 1) - 1
    unseen = total - seen
    variance = (n1 + 1) * (n2 + 1) * (n1 - m) * (n2 - m) / ((m + 1) ** 2 * (m + 2))
    if unseen <= 0:
        return Population(total, total, total, seen)
    factor = math.exp(z_score(LEVEL) * math.sqrt(math.log1p(variance / unseen**2)))
    return Population(total, seen + unseen / factor, seen + unseen * factor, seen)
