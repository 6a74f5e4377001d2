"""What an estimate may look like; everything else is refused in one sentence."""

from __future__ import annotations

import math

from reportkit.errors import DataError


def amount(name: str, value: float) -> float:
    """Give a number that is finite and not negative.

    Raises:
        DataError: anything else.
    """
    if not (math.isfinite(value) and value >= 0):
        raise DataError(f"{name} is {value:,.12g}; give a number of 0 or more.")
    return float(value)


def rising(name: str, low: float, high: float) -> None:
    """Hold that a range runs from a smaller to a larger number.

    Raises:
        DataError: ends that are equal or the wrong way round.
    """
    if not low < high:
        raise DataError(
            f"{name} runs from {low:,.12g} to {high:,.12g}; the low end must be smaller than the high end."
        )


def share(name: str, value: float) -> float:
    """Give a probability strictly between 0 and 1.

    Raises:
        DataError: anything else.
    """
    if not 0 < value < 1:
        raise DataError(f"{name} is {value:g}; give a probability between 0 and 1.")
    return float(value)
