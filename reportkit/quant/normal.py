"""The normal distribution on arrays, without the second that importing scipy costs."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# Wichura (1988), algorithm AS 241: numerators and denominators, highest power first.
_CENTRE = (
    (
        2509.0809287301226727,
        33430.575583588128105,
        67265.770927008700853,
        45921.953931549871457,
        13731.693765509461125,
        1971.5909503065514427,
        133.14166789178437745,
        3.387132872796366608,
    ),
    (
        5226.495278852854561,
        28729.085735721942674,
        39307.89580009271061,
        21213.794301586595867,
        5394.1960214247511077,
        687.1870074920579083,
        42.313330701600911252,
        1.0,
    ),
)
_TAIL = (
    (
        7.7454501427834140764e-4,
        0.0227238449892691845833,
        0.24178072517745061177,
        1.27045825245236838258,
        3.64784832476320460504,
        5.7694972214606914055,
        4.6303378461565452959,
        1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9,
        5.475938084995344946e-4,
        0.0151986665636164571966,
        0.14810397642748007459,
        0.68976733498510000455,
        1.6763848301838038494,
        2.05319162663775882187,
        1.0,
    ),
)
_FAR = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
     0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
     0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
)  # fmt: skip

_erfc = np.frompyfunc(math.erfc, 1, 1)


def survival(z: FloatArray) -> FloatArray:
    """Probability that a standard normal number exceeds each ``z``; exact in the far tail."""
    return np.asarray(_erfc(np.asarray(z) / math.sqrt(2)), dtype=np.float64) / 2


def quantile(p: FloatArray) -> FloatArray:
    """Standard normal number that is not exceeded with each probability ``p``, strictly between 0 and 1.

    Source:
        Wichura (1988), algorithm AS 241, to 16 digits.
    """
    q = np.asarray(p, dtype=np.float64) - 0.5
    near = q * q
    np.subtract(0.180625, near, out=near)
    z = _ratio(_CENTRE, near)
    z *= q
    outer = np.flatnonzero(near < 0)
    if outer.size:
        side = p[outer]
        depth = np.sqrt(-np.log(np.minimum(side, 1 - side)))
        tail = _ratio(_TAIL, depth - 1.6)
        far = depth > 5
        if far.any():
            tail[far] = _ratio(_FAR, depth[far] - 5)
        z[outer] = np.copysign(tail, q[outer])
    return z


def _ratio(terms: tuple[tuple[float, ...], tuple[float, ...]], x: FloatArray) -> FloatArray:
    top, bottom = (_polynomial(part, x) for part in terms)
    top /= bottom
    return top


def _polynomial(terms: tuple[float, ...], x: FloatArray) -> FloatArray:
    total = terms[0] * x
    for term in terms[1:-1]:
        total += term
        total *= x
    total += terms[-1]
    return total
