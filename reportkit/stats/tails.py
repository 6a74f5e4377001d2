"""Tails of the distributions behind tests and intervals, and the search for a place in them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

FloatArray = npt.NDArray[np.float64]


def chi_squared_tail(statistic: float, df: int) -> float:
    """How often chance alone gives a chi-squared value of this size or more.

    Args:
        statistic: the value, 0 or more.
        df: degrees of freedom, 1 or more.

    Returns:
        The share of the distribution at and above the value, 0 to 1.

    Raises:
        DataError: a negative value, or degrees of freedom that are not a whole number of 1 or more.

    Source:
        Abramowitz, Stegun (1964), 26.4.4 and 26.4.5: finite sums, exact for whole degrees of freedom.
    """
    if df < 1 or int(df) != df:
        raise DataError(
            f"{df:g} degrees of freedom are not allowed; give a whole number of 1 or more."
        )
    if not statistic >= 0:
        raise DataError(f"Chi-squared {statistic:g} is not allowed; give a number of 0 or more.")
    if statistic == 0:
        return 1.0
    half = statistic / 2
    # Every term is positive, so nothing cancels; the logarithm keeps large values from overflowing.
    start, tail = (0.5, math.erfc(math.sqrt(half))) if df % 2 else (0.0, 0.0)
    for step in range(df // 2):
        power = start + step
        tail += math.exp(power * math.log(half) - half - math.lgamma(power + 1))
    return min(tail, 1.0)


def poisson_cdf(count: int, mu: float) -> float:
    """Chance of at most ``count`` events when ``mu`` (more than 0) are expected."""
    k = np.arange(count + 1)
    return float(np.exp(k * math.log(mu) - mu - _log_factorials(count)).sum())


def log_choose(n: int) -> FloatArray:
    """Logarithms of the binomial coefficients of ``n``, for 0 to ``n`` successes."""
    logs = _log_factorials(n)
    return np.asarray(logs[n] - logs - logs[::-1])


def binomial_tails(count: int, choose: FloatArray, odds: float) -> tuple[float, float]:
    """Chance of at most and of at least ``count`` successes.

    Args:
        count: successes, 0 to n.
        choose: ``log_choose(n)``, made once for a whole search.
        odds: odds of a success, more than 0.
    """
    mass = np.exp(
        choose + np.arange(choose.size) * math.log(odds) - (choose.size - 1) * math.log1p(odds)
    )
    return float(mass[: count + 1].sum()), float(mass[count:].sum())


def root(falling: Callable[[float], float], near: float) -> float:
    """Where a falling function of a positive number crosses 0, searched from around ``near``."""
    low, high = 0.0, near + 1.0
    while falling(high) > 0:
        low, high = high, 2 * high
    # Sixty halvings exhaust the digits of a float.
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2


def _log_factorials(n: int) -> FloatArray:
    return np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, n + 1, dtype=np.float64)))))
