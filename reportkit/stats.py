"""Small statistics for counts, shares and durations, each with its uncertainty.

Nothing measured gives ``None``, never 0. NumPy is the only library needed: importing scipy costs a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Numbers = Sequence[float] | Sequence[int] | npt.NDArray[np.floating] | npt.NDArray[np.integer]

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
def _z(level: float) -> float:
    if not 0 < level < 1:
        raise DataError(
            f"Interval level {level:g} is not allowed; give a share between 0 and 1, such as 0.95."
        )
    return NormalDist().inv_cdf(0.5 + level / 2)


# ---- durations -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Survival:
    """How long things take when some are not finished yet: a Kaplan-Meier curve.

    Attributes:
        time: distinct durations, ascending, in the unit of the input.
        at_risk: items still watched just before each time.
        events: items finished at each time.
        survival: share not finished after each time.
        low: lower end of the log-log 95 % band; NaN where the share is 0 or 1 and the band is undefined.
        high: upper end of the same band.
        n: items with a known duration.
        n_events: items that finished.
        missing: items left out because their duration is unknown.
    """

    time: FloatArray
    at_risk: IntArray
    events: IntArray
    survival: FloatArray
    low: FloatArray
    high: FloatArray
    n: int
    n_events: int
    missing: int = 0

    @property
    def censored(self) -> float:
        """Share of items that had not finished when last seen, 0 to 1."""
        return 1 - self.n_events / self.n

    @property
    def last(self) -> float:
        """Longest duration seen; nothing is known beyond it unless every item has finished."""
        return float(self.time[-1])

    def quantile(self, p: float) -> float | None:
        """Time by which a share ``p`` (0 to 1) has finished; None when the curve never gets there."""
        if not 0 < p < 1:
            raise DataError(
                f"Quantile {p:g} is not allowed; give a share between 0 and 1, such as 0.5."
            )
        reached = np.flatnonzero(self.survival <= 1 - p + 1e-9)
        return float(self.time[reached[0]]) if reached.size else None

    @property
    def median(self) -> float | None:
        """Time by which half have finished; None when not reached."""
        return self.quantile(0.5)

    @property
    def p90(self) -> float | None:
        """Time by which nine in ten have finished; None when not reached."""
        return self.quantile(0.9)

    def at(self, time: float) -> float | None:
        """Share not finished after ``time``; None beyond the longest duration seen."""
        if time > self.last and self.survival[-1] > 0:
            return None
        index = int(np.searchsorted(self.time, time, side="right")) - 1
        return float(self.survival[index]) if index >= 0 else 1.0

    def rmst(self, tau: float) -> float | None:
        """Mean time to finish counted up to ``tau``: the area under the curve from 0 to ``tau``.

        Fit for comparing groups whose curves do not reach their median. None when the curve ends before ``tau``.

        Source:
            Royston, Parmar (2013), restricted mean survival time.
        """
        if tau < 0:
            raise DataError(f"Horizon {tau:g} is negative; give a duration of 0 or more.")
        if tau > self.last and self.survival[-1] > 0:
            return None
        inside = self.time < tau
        edges = np.concatenate(([0.0], self.time[inside], [tau]))
        heights = np.concatenate(([1.0], self.survival[inside]))
        return float(np.diff(edges) @ heights)


def kaplan_meier(
    durations: Numbers, observed: Sequence[bool] | npt.NDArray[np.bool_]
) -> Survival | None:
    """How long things take, from one duration per item.

    Args:
        durations: time from start to finish, or to the last look for what is not finished; NaN when unknown.
        observed: True where the item finished.

    Returns:
        The curve, or None when no duration is known.

    Raises:
        DataError: a negative duration, or lists of different length.
    """
    time = np.asarray(durations, dtype=np.float64).ravel()
    finished = np.asarray(observed).ravel()
    if time.size != finished.size:
        raise DataError(
            f"{time.size} durations came with {finished.size} states; give one state for each duration."
        )
    known = ~np.isnan(time)
    finished = finished[known].astype(bool)
    curve = kaplan_meier_counts(
        time[known], finished.astype(np.int64), (~finished).astype(np.int64)
    )
    if curve is None:
        return None
    return Survival(**{**vars(curve), "missing": int(time.size - known.sum())})


def kaplan_meier_counts(time: Numbers, events: Numbers, exits: Numbers) -> Survival | None:
    """How long things take, from counts per duration as a grouped query leaves them.

    At equal durations events come before exits: what is last seen on a day was still at risk on that day.

    Args:
        time: durations; the same duration may come several times.
        events: items that finished after that duration.
        exits: items last seen unfinished at that duration.

    Returns:
        The curve, or None when the counts are all 0.

    Raises:
        DataError: negative durations or counts, or lists of different length.

    Source:
        Kaplan, Meier (1958); variance by Greenwood; log-log band by Kalbfleisch, Prentice (1980).
    """
    days = np.asarray(time, dtype=np.float64).ravel()
    done = np.asarray(events, dtype=np.int64).ravel()
    gone = np.asarray(exits, dtype=np.int64).ravel()
    if not days.size == done.size == gone.size:
        raise DataError(
            f"{days.size} durations came with {done.size} event and {gone.size} exit counts; give lists of equal length."
        )
    if days.size and not np.isfinite(days).all():
        raise DataError(
            "A duration is not a finite number; leave out rows without a duration and count them apart."
        )
    if days.size and days.min() < 0:
        raise DataError(
            f"Duration {days.min():g} is negative; something ended before it began. Correct or reject these rows."
        )
    if days.size and min(done.min(), gone.min()) < 0:
        raise DataError("A count of events or exits is negative; counts are 0 or more.")
    distinct, place = np.unique(days, return_inverse=True)
    died = np.zeros(distinct.size, dtype=np.int64)
    left = np.zeros(distinct.size, dtype=np.int64)
    np.add.at(died, place, done)
    np.add.at(left, place, gone)
    some = died + left > 0
    distinct, died, left = distinct[some], died[some], left[some]
    n = int((died + left).sum())
    if n == 0:
        return None
    at_risk = n - np.concatenate(([0], np.cumsum(died + left)[:-1]))
    share = np.cumprod(1 - died / at_risk)
    low, high = _log_log_band(share, died, at_risk)
    return Survival(distinct, at_risk, died, share, low, high, n, int(died.sum()))


def _log_log_band(
    share: FloatArray, died: IntArray, at_risk: IntArray
) -> tuple[FloatArray, FloatArray]:
    low, high = np.full(share.size, np.nan), np.full(share.size, np.nan)
    inner = (share > 0) & (share < 1)
    # A step to 0 has no finite Greenwood term; those places stay NaN.
    terms = np.divide(
        died, at_risk * (at_risk - died), out=np.zeros(share.size), where=at_risk > died
    )
    spread = np.sqrt(np.cumsum(terms))[inner] / np.abs(np.log(share[inner]))
    factor = np.exp(_z(LEVEL) * spread)
    low[inner], high[inner] = share[inner] ** factor, share[inner] ** (1 / factor)
    return low, high


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
    z2 = _z(level) ** 2
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
    _check_count(count, exposure)
    if exposure == 0:
        return None
    tail = (1 - _check_level(level)) / 2
    low = 0.0 if count == 0 else _root(lambda mu: _poisson_cdf(count - 1, mu) - (1 - tail), count)
    high = _root(lambda mu: _poisson_cdf(count, mu) - tail, count)
    return Interval(count / exposure, low / exposure, high / exposure)


def counts_differ(
    first: tuple[int, float], second: tuple[int, float], level: float = LEVEL
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
    for count, exposure in (first, second):
        _check_count(count, exposure)
    if first[1] == 0 or second[1] == 0:
        return None
    n, share = first[0] + second[0], first[1] / (first[1] + second[1])
    if n == 0:
        return False
    k = np.arange(n + 1)
    mass = np.exp(_log_choose(n) + k * math.log(share) + (n - k) * math.log1p(-share))
    tail = (1 - _check_level(level)) / 2
    return bool(min(mass[: first[0] + 1].sum(), mass[first[0] :].sum()) < tail)


def _check_count(count: float, exposure: float) -> None:
    if not (count >= 0 and float(count).is_integer()):
        raise DataError(f"Count {count:g} is not allowed; give a whole number of 0 or more.")
    if not 0 <= exposure < math.inf:
        raise DataError(f"Exposure {exposure:g} is not allowed; give a time or size of 0 or more.")


def _check_level(level: float) -> float:
    _z(level)
    return level


def _log_factorials(n: int) -> FloatArray:
    return np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, n + 1, dtype=np.float64)))))


def _log_choose(n: int) -> FloatArray:
    logs = _log_factorials(n)
    return np.asarray(logs[n] - logs - logs[::-1])


def _poisson_cdf(count: int, mu: float) -> float:
    k = np.arange(count + 1)
    return float(np.exp(k * math.log(mu) - mu - _log_factorials(count)).sum())


def _root(falling: Callable[[float], float], near: float) -> float:
    low, high = 0.0, near + 1.0
    while falling(high) > 0:
        low, high = high, 2 * high
    # Sixty halvings exhaust the digits of a float.
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2


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
    factor = math.exp(_z(LEVEL) * math.sqrt(math.log1p(variance / unseen**2)))
    return Population(total, seen + unseen / factor, seen + unseen * factor, seen)
