"""What measures of one kind have in common: shares with their interval, durations with what is not finished yet."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from reportkit import locale, stats
from reportkit.measures.model import Part, Value

Numbers = npt.NDArray[np.floating] | npt.NDArray[np.integer]


def share(part: int, whole: int, none: str, parts: Iterable[Part] = (), note: str = "") -> Value:
    """Give a percentage with its Wilson interval, or the reason why there is none."""
    interval = stats.wilson(part, whole)
    if interval is None:
        return Value(reason=none, numerator=part, denominator=whole, n=0, parts=tuple(parts), note=note)  # fmt: skip
    return Value(
        value=100 * part / whole,
        numerator=part,
        denominator=whole,
        low=100 * interval.low,
        high=100 * interval.high,
        n=whole,
        parts=tuple(parts),
        note=note,
    )


def percent(part: float, whole: float) -> float | None:
    """Give a percentage without an interval; None of nothing."""
    return 100 * part / whole if whole else None


def between(curve: stats.Survival, p: float) -> tuple[float | None, float | None]:
    """Give the 95 % interval of a quantile of a curve that reaches it."""
    return (None, None) if curve.quantile(p) is None else curve.interval(p)


def nine_in_ten(curve: stats.Survival | None, none: str, what: str, unit: str) -> Value:
    """Give the time by which nine in ten are finished.

    Args:
        curve: of the durations, or None when there are none.
        none: why there are none.
        what: what one of the ten is not, such as ``contained``.
        unit: of the durations, as a word.
    """
    if curve is None:
        return Value(reason=none, n=0)
    low, high = between(curve, 0.9)
    return Value(
        value=curve.p90,
        low=low,
        high=high,
        n=curve.n,
        numerator=curve.n_events,
        denominator=curve.n,
        reason=None
        if curve.p90 is not None
        else f"one in ten is not {what} within {locale.number(curve.last)} {unit}",
        parts=(
            Part("Median", curve.median, "hours" if unit == "hours" else "days"),
            Part("Not finished yet", 100 * curve.censored, "percent"),
        ),
    )


def left_out(*counts: tuple[int, str] | tuple[int, str, str]) -> str:
    """Say how many items a value does not rest on, each count with its words, and those for one where they differ; nothing of zeros."""
    return "; ".join(
        locale.plural(n, one[0] if one else many, many) for n, many, *one in counts if n
    )


def quantile(values: Numbers, counts: Numbers, p: float) -> float | None:
    """Give the value that a share ``p`` of items does not exceed, each value standing for so many items."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(counts[order])
    if not reached.size or reached[-1] <= 0:
        return None
    place = int(np.searchsorted(reached, p * reached[-1] - 1e-9))
    return float(values[order][place])
