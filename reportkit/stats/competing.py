"""How much ends in which way, when one end rules out the others: cumulative incidence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reportkit.errors import DataError
from reportkit.stats.durations import IntArray, Numbers, greenwood, tally
from reportkit.stats.intervals import LEVEL, z_score
from reportkit.stats.tails import FloatArray


@dataclass(frozen=True, eq=False)
class Incidence:
    """Share that has ended by one cause, while other causes compete for the same items.

    ``1 - Survival.survival`` with the other causes as exits answers another question, what would happen
    if they did not exist, and is never smaller.

    Attributes:
        cause: number of the cause, 1 or more.
        time: distinct durations, ascending, in the unit of the input.
        at_risk: items still watched just before each time.
        events: items that ended by this cause at each time.
        incidence: share that has ended by this cause after each time.
        se: standard error of that share.
        low: lower end of the complementary log-log 95 % band; NaN where the share is 0 or 1 and the band is undefined.
        high: upper end of the same band.
        survival: share that has not ended by any cause after each time.
        n: items with a known duration.
        n_events: items that ended by this cause.
        n_censored: items that had not ended when last seen.
        missing: items left out because their duration is unknown.
    """

    cause: int
    time: FloatArray
    at_risk: IntArray
    events: IntArray
    incidence: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    survival: FloatArray
    n: int
    n_events: int
    n_censored: int
    missing: int = 0

    @property
    def censored(self) -> float:
        """Share of items that had not ended by any cause when last seen, 0 to 1."""
        return self.n_censored / self.n

    @property
    def last(self) -> float:
        """Longest duration seen; nothing is known beyond it unless every item has ended."""
        return float(self.time[-1])

    def at(self, time: float) -> float | None:
        """Share that has ended by this cause after ``time``; None beyond the longest duration seen."""
        if time > self.last and self.survival[-1] > 0:
            return None
        index = int(np.searchsorted(self.time, time, side="right")) - 1
        return float(self.incidence[index]) if index >= 0 else 0.0

    def quantile(self, p: float) -> float | None:
        """Time by which a share ``p`` (0 to 1) of all has ended by this cause; None when it never gets there."""
        if not 0 < p < 1:
            raise DataError(
                f"Quantile {p:g} is not allowed; give a share between 0 and 1, such as 0.5."
            )
        reached = np.flatnonzero(self.incidence >= p - 1e-9)
        return float(self.time[reached[0]]) if reached.size else None


def aalen_johansen(
    durations: Numbers, cause: Numbers, causes: int | None = None
) -> dict[int, Incidence] | None:
    """How much has ended in which way after how long, from one duration per item.

    Args:
        durations: time from start to end, or to the last look for what has not ended; NaN when unknown.
        cause: how the item ended, 1, 2 and so on; 0 where it had not ended.
        causes: how many causes there are, so that one never seen has a curve too; the highest seen when left out.

    Returns:
        A curve for each cause by its number, or None when no duration is known.

    Raises:
        DataError: a negative duration, a cause that is not a whole number in range, or lists of different length.
    """
    time = np.asarray(durations, dtype=np.float64).ravel()
    kind = np.asarray(cause, dtype=np.float64).ravel()
    if time.size != kind.size:
        raise DataError(
            f"{time.size} durations came with {kind.size} causes; give one cause for each duration."
        )
    known = ~np.isnan(time)
    kind = kind[known]
    most = math.inf if causes is None else causes
    allowed = np.isfinite(kind) & (kind >= 0) & (kind <= most) & (kind == np.floor(kind))
    if not allowed.all():
        raise DataError(
            f"Cause {kind[~allowed][0]:g} is not allowed; give 0 for what has not ended and 1, 2 and so on for how it ended."
        )
    highest = int(kind.max(initial=1)) if causes is None else causes
    events = [(kind == number).astype(np.int64) for number in range(1, highest + 1)]
    missing = int(time.size - known.sum())
    return _curves(time[known], events, (kind == 0).astype(np.int64), missing)


def aalen_johansen_counts(
    time: Numbers, events: Sequence[Numbers], exits: Numbers
) -> dict[int, Incidence] | None:
    """How much has ended in which way after how long, from counts per duration as a grouped query leaves them.

    At equal durations events come before exits: what is last seen on a day was still at risk on that day.

    Args:
        time: durations; the same duration may come several times.
        events: for each cause, the items that ended by it after that duration; the first is cause 1.
        exits: items last seen unended at that duration.

    Returns:
        A curve for each cause by its number, or None when the counts are all 0.

    Raises:
        DataError: negative durations or counts, or lists of different length.

    Source:
        Aalen, Johansen (1978); variance by the delta method, Marubini, Valsecchi (1995), 10.3; complementary
        log-log band as in Beyersmann, Allignol, Schumacher (2012). With one cause all three are those of
        ``kaplan_meier``, seen from above.
    """
    return _curves(time, events, exits, 0)


def _curves(
    time: Numbers, events: Sequence[Numbers], exits: Numbers, missing: int
) -> dict[int, Incidence] | None:
    if not events:
        raise DataError("No cause was given; give the counts of at least one.")
    distinct, (*ended, left) = tally(time, *events, exits)
    gone = sum(ended, left)
    n = int(gone.sum())
    if n == 0:
        return None
    at_risk = n - np.concatenate(([0], np.cumsum(gone)[:-1]))
    died = gone - left
    share = np.cumprod(1 - died / at_risk)
    before = np.concatenate(([1.0], share[:-1]))
    shares = [np.cumsum(before * own / at_risk) for own in ended]
    curves = {}
    for place, own in enumerate(ended):
        # Not 1 minus its share: rounding would leave a remainder where there is none.
        rest = sum(shares[:place] + shares[place + 1 :], share)
        incidence = np.where(rest > 0, shares[place], 1.0)
        error = _standard_error(incidence, own, died, at_risk, before)
        error[rest == 0] = 0.0
        curves[place + 1] = Incidence(
            place + 1,
            distinct,
            at_risk,
            own,
            incidence,
            error,
            *_band(rest, error),
            share,
            n,
            int(own.sum()),
            int(left.sum()),
            missing,
        )
    return curves


def _standard_error(
    incidence: FloatArray, own: IntArray, died: IntArray, at_risk: IntArray, before: FloatArray
) -> FloatArray:
    # Sums over earlier times of (F(t) - F(s))² a(s) + b(s) - 2 (F(t) - F(s)) c(s), multiplied out to run once.
    overall = greenwood(died, at_risk)
    ratio = own / at_risk
    cross = before * ratio / at_risk
    variance = (
        incidence**2 * np.cumsum(overall)
        - 2 * incidence * np.cumsum(incidence * overall + cross)
        + np.cumsum(incidence**2 * overall)
        + np.cumsum(before * (1 - ratio) * cross)
        + 2 * np.cumsum(incidence * cross)
    )
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def _band(rest: FloatArray, error: FloatArray) -> tuple[FloatArray, FloatArray]:
    low, high = np.full(rest.size, np.nan), np.full(rest.size, np.nan)
    inner = error > 0
    log = np.log(rest[inner])
    factor = np.exp(z_score(LEVEL) * error[inner] / (rest[inner] * -log))
    low[inner], high[inner] = -np.expm1(log / factor), -np.expm1(log * factor)
    return low, high
