"""How long things take when some are not finished yet: Kaplan-Meier curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.stats.intervals import LEVEL, Interval, z_score
from reportkit.stats.tails import FloatArray

IntArray = npt.NDArray[np.int64]
Numbers = Sequence[float] | Sequence[int] | npt.NDArray[np.floating] | npt.NDArray[np.integer]


@dataclass(frozen=True)
class TimeInterval:
    """A time read off a curve and the interval around it.

    Attributes:
        value: the time; None when the curve never gets there.
        low: lower end; None when the band never gets there.
        high: upper end; None when the data do not bound it.
    """

    value: float | None
    low: float | None
    high: float | None


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
        return self._first(self.survival, p)

    def quantile_interval(self, p: float, level: float = LEVEL) -> TimeInterval:
        """Time by which a share ``p`` has finished, and the times the data cannot tell from it.

        Args:
            p: share, 0 to 1.
            level: confidence level, 0 to 1.

        Returns:
            The times at which the curve and the ends of its log-log band get there.

        Raises:
            DataError: a share or level outside 0 to 1.

        Source:
            Brookmeyer, Crowley (1982), with the log-log transform.
        """
        low, high = _log_log_band(self.survival, self.events, self.at_risk, level)
        return TimeInterval(self.quantile(p), self._first(low, p), self._first(high, p))

    def _first(self, curve: FloatArray, p: float) -> float | None:
        if not 0 < p < 1:
            raise DataError(
                f"Quantile {p:g} is not allowed; give a share between 0 and 1, such as 0.5."
            )
        reached = np.flatnonzero(curve <= 1 - p + 1e-9)
        return float(self.time[reached[0]]) if reached.size else None

    def interval(self, p: float) -> tuple[float | None, float | None]:
        """Give the 95 % interval of a quantile: where the two ends of the band reach it.

        Either end is None when its band never gets there; the upper one often does not while many are unfinished.

        Source:
            Brookmeyer, Crowley (1982), with the log-log band.
        """
        reached = [np.flatnonzero(band <= 1 - p + 1e-9) for band in (self.low, self.high)]
        low, high = (float(self.time[place[0]]) if place.size else None for place in reached)
        return low, high

    @property
    def median(self) -> float | None:
        """Time by which half have finished; None when not reached."""
        return self.quantile(0.5)

    @property
    def median_interval(self) -> TimeInterval:
        """The median with its 95 % interval."""
        return self.quantile_interval(0.5)

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
        pieces = self._areas(tau)
        return None if pieces is None else float(pieces.sum())

    def rmst_se(self, tau: float) -> float | None:
        """Standard error of ``rmst(tau)``, in the unit of time.

        None when the curve ends before ``tau``, or when nothing before ``tau`` tells how times spread.

        Source:
            Klein, Moeschberger (2003), 4.5: Greenwood's terms weighted by the area still to come.
        """
        pieces = self._areas(tau)
        if pieces is None:
            return None
        inside = self.time < tau
        to_come = np.cumsum(pieces[:0:-1])[::-1]
        terms = greenwood(self.events, self.at_risk)[inside]
        variance = float((to_come**2 * terms).sum())
        return math.sqrt(variance) if variance > 0 else None

    def rmst_interval(self, tau: float, level: float = LEVEL) -> Interval | None:
        """``rmst(tau)`` with its normal interval, cut to 0 and ``tau``; None where ``rmst_se`` is None."""
        area, error = self.rmst(tau), self.rmst_se(tau)
        if area is None or error is None:
            return None
        half = z_score(level) * error
        return Interval(area, max(area - half, 0.0), min(area + half, tau))

    def _areas(self, tau: float) -> FloatArray | None:
        if not tau >= 0:
            raise DataError(f"Horizon {tau:g} is negative; give a duration of 0 or more.")
        if tau > self.last and self.survival[-1] > 0:
            return None
        inside = self.time < tau
        edges = np.concatenate(([0.0], self.time[inside], [tau]))
        return np.asarray(np.diff(edges) * np.concatenate(([1.0], self.survival[inside])))


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
    distinct, (died, left) = tally(time, events, exits)
    n = int((died + left).sum())
    if n == 0:
        return None
    at_risk = n - np.concatenate(([0], np.cumsum(died + left)[:-1]))
    share = np.cumprod(1 - died / at_risk)
    low, high = _log_log_band(share, died, at_risk)
    return Survival(distinct, at_risk, died, share, low, high, n, int(died.sum()))


def tally(time: Numbers, *counts: Numbers) -> tuple[FloatArray, list[IntArray]]:
    """Counts per distinct duration, ascending, without durations at which nothing happened.

    Args:
        time: durations; the same duration may come several times.
        counts: one list of counts for each kind of end.

    Raises:
        DataError: negative durations or counts, or lists of different length.
    """
    days = np.asarray(time, dtype=np.float64).ravel()
    amounts = [np.asarray(count, dtype=np.int64).ravel() for count in counts]
    if any(amount.size != days.size for amount in amounts):
        sizes = " and ".join(str(amount.size) for amount in amounts)
        raise DataError(
            f"{days.size} durations came with {sizes} counts of events and exits; give lists of equal length."
        )
    if not np.isfinite(days).all():
        raise DataError(
            "A duration is not a finite number; leave out rows without a duration and count them apart."
        )
    if days.size and days.min() < 0:
        raise DataError(
            f"Duration {days.min():g} is negative; something ended before it began. Correct or reject these rows."
        )
    if any((amount < 0).any() for amount in amounts):
        raise DataError("A count of events or exits is negative; counts are 0 or more.")
    distinct, place = np.unique(days, return_inverse=True)
    sums = np.zeros((len(amounts), distinct.size), dtype=np.int64)
    for row, amount in zip(sums, amounts, strict=True):
        np.add.at(row, place, amount)
    some = sums.sum(axis=0) > 0
    return distinct[some], list(sums[:, some])


def greenwood(died: IntArray, at_risk: IntArray) -> FloatArray:
    """Greenwood's terms, whose sum is the variance of the logarithm of a curve."""
    # A step to 0 has no finite term; no share is left there for it to weigh on.
    return np.divide(
        died, at_risk * (at_risk - died), out=np.zeros(died.size), where=at_risk > died
    )


def _log_log_band(
    share: FloatArray, died: IntArray, at_risk: IntArray, level: float = LEVEL
) -> tuple[FloatArray, FloatArray]:
    low, high = np.full(share.size, np.nan), np.full(share.size, np.nan)
    inner = (share > 0) & (share < 1)
    spread = np.sqrt(np.cumsum(greenwood(died, at_risk)))[inner] / np.abs(np.log(share[inner]))
    factor = np.exp(z_score(level) * spread)
    low[inner], high[inner] = share[inner] ** factor, share[inner] ** (1 / factor)
    return low, high
