"""What money over years is worth today, when it comes back, and what a control may cost at most."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant.checks import amount, share

FloatArray = npt.NDArray[np.float64]

#: Rates of return outside are no answer to a question that anybody asks.
_LOWEST, _HIGHEST = -0.99, 100.0


def annuity(rate: float, years: int) -> float:
    """Give what one unit of money at the end of each year is worth today.

    Args:
        rate: discount rate a year as a share, above -1.
        years: number of years, 1 or more.

    Raises:
        DataError: a rate of -100 % or less, or no year.
    """
    _rate(rate)
    if years < 1:
        raise DataError(f"{years} years is no horizon; give 1 or more.")
    return float(sum((1 + rate) ** -year for year in range(1, years + 1)))


def npv(rate: float, flows: npt.ArrayLike) -> FloatArray:
    """Give the net present value of yearly flows, the first of them today.

    Args:
        rate: discount rate a year as a share.
        flows: money by year along the last axis; what is paid is negative.
    """
    _rate(rate)
    money = np.asarray(flows, dtype=np.float64)
    return np.asarray(money @ (1 + rate) ** -np.arange(money.shape[-1], dtype=np.float64))


def payback(flows: npt.ArrayLike, rate: float = 0.0) -> FloatArray:
    """Give the years after which the flows are paid back and stay so; each year's flow comes evenly over it.

    Args:
        flows: money by year along the last axis, the first of them today.
        rate: 0 for the simple payback, else the discount rate for the discounted one.

    Returns:
        Years; 0 when nothing is ever owed, infinite when it is not paid back within the flows.
    """
    _rate(rate)
    money = np.asarray(flows, dtype=np.float64)
    single = money.ndim == 1
    money = np.atleast_2d(money) * (1 + rate) ** -np.arange(money.shape[-1], dtype=np.float64)
    balance = np.cumsum(money, axis=-1)
    owed = balance < 0
    last = money.shape[-1] - 1 - np.argmax(owed[:, ::-1], axis=-1)
    rows = np.arange(len(money))
    after = np.minimum(last + 1, money.shape[-1] - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        years = last - balance[rows, last] / money[rows, after]
    years = np.where(owed[:, -1], np.inf, np.where(owed.any(axis=-1), years, 0.0))
    return np.asarray(years[0] if single else years)


def irr(flows: npt.ArrayLike) -> FloatArray:
    """Give the internal rate of return: the discount rate at which the flows are worth nothing today.

    Args:
        flows: money by year along the last axis, the first of them today.

    Returns:
        Rate a year as a share; not a number where there is none, or more than one.

    Source:
        One root is sure where the flows change sign once (Descartes) or where their running sum, ending above zero,
        does (Norstrom 1972).
    """
    money = np.asarray(flows, dtype=np.float64)
    single = money.ndim == 1
    money = np.atleast_2d(money)
    running = np.cumsum(money, axis=-1)
    once = _turns(money) == 1
    sure = once | ((_turns(running) == 1) & (running[:, -1] > 0) & (money[:, 0] < 0))
    low = np.where(running[:, -1] > 0, 0.0, _LOWEST)
    low = np.where(once & (money[:, 0] > 0), _LOWEST, low)
    high = np.full(len(money), _HIGHEST)
    times = np.arange(money.shape[-1], dtype=np.float64)

    def worth(rate: FloatArray) -> FloatArray:
        return np.asarray((money * (1 + rate[:, None]) ** -times).sum(axis=-1))

    start = np.sign(worth(low))
    sure &= start * np.sign(worth(high)) <= 0
    for _ in range(80):
        middle = (low + high) / 2
        left = np.sign(worth(middle)) == start
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    rates = np.where(sure, (low + high) / 2, np.nan)
    return np.asarray(rates[0] if single else rates)


def _turns(values: FloatArray) -> npt.NDArray[np.intp]:
    """Count changes of sign along each row; a zero keeps the sign before it."""
    signs = np.sign(values)
    for column in range(1, signs.shape[1]):
        signs[:, column] = np.where(signs[:, column] == 0, signs[:, column - 1], signs[:, column])
    return np.asarray(((signs[:, 1:] != signs[:, :-1]) & (signs[:, :-1] != 0)).sum(axis=1))


def net_benefit(avoided: float, cost: float) -> float:
    """Give the absolute return on a security investment, in money: loss avoided minus cost, over the same time."""
    return avoided - cost


def rosi(avoided: float, cost: float) -> float:
    """Give the return on a security investment as a ratio: loss avoided minus cost, by cost; 0.4 is 40 %.

    Raises:
        DataError: a cost of 0 or less, to which nothing can be related.

    Source:
        ENISA, Introduction to Return on Security Investment (2012).
    """
    if not cost > 0:
        raise DataError(f"Cost is {cost:,g}; a return as a ratio needs a cost above 0.")
    return (avoided - cost) / cost


def gordon_loeb_limit(vulnerability: float, loss: float) -> float:
    """Give the most that is worth spending against one threat: the expected loss divided by e.

    It holds for the classes of the paper; later work has functions that need more. Read it as a line for sanity.

    Args:
        vulnerability: chance that the threat succeeds today.
        loss: what it costs then, in money, times the chance that it is tried.

    Source:
        Gordon, Loeb, The Economics of Information Security Investment (2002).
    """
    return share("Vulnerability", vulnerability) * amount("Loss", loss) / math.e


def gordon_loeb_optimum(vulnerability: float, loss: float, alpha: float, beta: float) -> float:
    """Give the best amount to spend where spending z leaves the vulnerability v / (alpha z + 1)^beta.

    Args:
        vulnerability: chance that the threat succeeds today.
        loss: what it costs then, in money, times the chance that it is tried.
        alpha: how soon money helps, above 0.
        beta: how much it helps, 1 or more.

    Raises:
        DataError: a productivity outside the class.

    Source:
        Gordon, Loeb (2002), class I.
    """
    if not (alpha > 0 and beta >= 1):
        raise DataError(
            f"Productivity alpha {alpha:g} and beta {beta:g} are not of the class; give alpha above 0 and beta of 1 or more."
        )
    at_risk = share("Vulnerability", vulnerability) * amount("Loss", loss)
    best: float = ((at_risk * beta * alpha) ** (1 / (beta + 1)) - 1) / alpha
    return max(best, 0.0)


def _rate(rate: float) -> None:
    if not (math.isfinite(rate) and rate > -1):
        raise DataError(f"Discount rate is {rate:g}; give a share above -1, for example 0.08.")
