"""The regularised incomplete beta function on arrays, without what importing scipy costs."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_TINY = 1e-300
_CLOSE = 1e-15
_MOST_TERMS = 10_000


def regularised(a: float, b: float, x: FloatArray) -> FloatArray:
    """Probability that a beta variable with shapes ``a`` and ``b`` lies at or below each ``x`` between 0 and 1.

    Source:
        Continued fraction of DLMF 8.17.22, summed by Lentz's method.
    """
    x = np.clip(np.asarray(x, dtype=np.float64), 0.0, 1.0)
    # The fraction converges fast below the mean only; above it the mirror image is summed.
    mirrored = x > (a + 1) / (a + b + 2)
    result = np.where(mirrored, 1.0, 0.0)
    for side, first, second in ((~mirrored, a, b), (mirrored, b, a)):
        at = (1 - x if side is mirrored else x)[side]
        inner = at > 0
        share = np.zeros_like(at)
        share[inner] = _series(first, second, at[inner])
        result[side] = 1 - share if side is mirrored else share
    return result


def _series(a: float, b: float, x: FloatArray) -> FloatArray:
    if x.size == 0:
        return x
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) - math.log(a)
    front = np.exp(scale + a * np.log(x) + b * np.log1p(-x))
    c = np.ones_like(x)
    d = 1 / _away(1 - (a + b) * x / (a + 1))
    h = d.copy()
    for m in range(1, _MOST_TERMS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away(1 + term * d)
            c = _away(1 + term / c)
            h *= c * d
        if np.abs(c * d - 1).max() < _CLOSE:
            break
    return np.asarray(front * h)


def _away(x: FloatArray) -> FloatArray:
    return np.where(np.abs(x) < _TINY, _TINY, x)
