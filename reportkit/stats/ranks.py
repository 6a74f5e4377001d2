"""How sure a median of few items is."""

from __future__ import annotations

from fractions import Fraction

from reportkit.stats.intervals import LEVEL, z_score
from reportkit.stats.tails import FloatArray


def median_interval(ordered: FloatArray, level: float = LEVEL) -> tuple[float | None, float | None]:
    """Give the exact interval of a median from order statistics.

    Args:
        ordered: values, ascending.
        level: confidence level, 0 to 1; the interval covers at least so much.

    Returns:
        Lower and upper end; None when there are too few items to say (fewer than six for 95 %).

    Source:
        David and Nagaraja, Order Statistics (2003), section 7.1: the sign test turned round.
    """
    z_score(level)
    n = len(ordered)
    # In whole numbers, each coefficient from the one before: exact for any n, and quick for many.
    most = int(Fraction((1 - level) / 2) * 2**n)
    tail, choose, rank = 0, 1, 0
    while rank < n:
        tail += choose
        if tail > most:
            break
        choose = choose * (n - rank) // (rank + 1)
        rank += 1
    if not rank:
        return None, None
    return float(ordered[rank - 1]), float(ordered[n - rank])
